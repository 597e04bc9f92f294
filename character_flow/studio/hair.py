"""What is on a presenter's head: the hair behind the neck and the hair over the brow, nine styles."""

import math
from collections.abc import Callable

from character_flow.studio import face
from character_flow.studio.cast import Person
from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, loop, mirrored, oval, path


def draw_back(canvas: Canvas, person: Person) -> None:
    """Draw what hangs behind neck and shoulders; nothing for short hair."""
    back = {"long": _back_long, "afro": _back_afro, "bob": _back_bob, "bun": _back_bun, "scarf": _back_scarf}
    draw = back.get(person.hair_style)
    if draw is not None:
        draw(canvas, person.hair)


def draw_front(canvas: Canvas, person: Person) -> None:
    """Draw what lies over forehead and temples, with its shadow on the skin."""
    front: dict[str, Callable[[Canvas, Person], None]] = {
        "long": _front_long, "tousled": _front_tousled, "afro": _front_afro, "undercut": _front_undercut,
        "bob": _front_bob, "short": _front_short, "scarf": _front_scarf, "bald": _front_bald, "bun": _front_bun,
    }  # fmt: skip
    front[person.hair_style](canvas, person)
    if person.earrings and person.hair_style != "scarf":
        _earrings(canvas, person.earrings)


def _mass(canvas: Canvas, points: list[Point], hair: RGB) -> None:
    canvas.shape(points, Fade(lighter(hair, 0.10), darker(hair, 0.22)))
    canvas.shape(oval(436, 168, 76, 26), lighter(hair, 0.55), alpha=0.26, blur=16, inside=points)
    canvas.shape(oval(640, 250, 50, 130), darker(hair, 0.6), alpha=0.35, blur=24, inside=points)


def _strands(canvas: Canvas, lines: list[str], hair: RGB, *, inside: list[Point], light: float = 0.32) -> None:
    """Comb the hair along the lines: broad lights and shades first, fine strands over them."""
    guides = [path(line) for line in lines]
    for number, line in enumerate(guides):
        tone = lighter(hair, light) if number % 2 == 0 else darker(hair, 0.5)
        canvas.stroke(line, tone, width=15, taper=0.05, alpha=0.40, blur=4, inside=inside)
    for number, line in enumerate(guides):
        for strand in range(6):
            # Strands lie beside their guide, close at the root and further apart at the tip.
            shift = (strand - 2.5) * 7 + 2 * ((number * 5 + strand * 3) % 4 - 1.5)
            count = len(line) - 1
            fine = [(x + shift * (0.35 + 0.65 * i / count), y + abs(shift) * 0.25) for i, (x, y) in enumerate(line)]
            tone = lighter(hair, light + 0.12) if strand % 2 == number % 2 else darker(hair, 0.45)
            canvas.stroke(fine, tone, width=2.8, taper=0.1, alpha=0.34, inside=inside)


def _brow_shadow(canvas: Canvas, person: Person, points: list[Point]) -> None:
    lowered = [(x, y + 12) for x, y in points]
    canvas.shape(lowered, darker(person.skin, 0.5), alpha=0.42, blur=8, inside=face.outline(person))


def _sides(canvas: Canvas, points: list[Point], hair: RGB) -> None:
    for outline in (points, mirrored(points, face.CENTRE)):
        _mass(canvas, outline, hair)


def _back_long(canvas: Canvas, hair: RGB) -> None:
    mass = loop([(500, 138), (610, 160), (668, 250), (680, 370), (706, 480), (700, 600), (716, 700), (668, 760),
                 (600, 730), (500, 640), (400, 730), (332, 760), (284, 700), (300, 600), (294, 480), (320, 370),
                 (332, 250), (390, 160)])  # fmt: skip
    canvas.shape(mass, Fade(darker(hair, 0.1), darker(hair, 0.35)))
    _strands(canvas, ["M 318 420 C 300 520 330 600 310 720", "M 350 440 C 336 540 362 620 346 744",
                      "M 682 420 C 700 520 670 600 690 720", "M 650 440 C 664 540 638 620 654 744"],
             hair, inside=mass)  # fmt: skip


def _back_afro(canvas: Canvas, hair: RGB) -> None:
    canvas.shape(oval(500, 276, 214, 206), Fade(lighter(hair, 0.12), darker(hair, 0.2)))
    for ring, (reach_x, reach_y, count) in enumerate(((206, 196, 30), (186, 178, 26), (150, 146, 20))):
        for number in range(count):
            turn = 2 * math.pi * (number + 0.5 * ring) / count
            x, y = 500 + reach_x * math.sin(turn), 274 - reach_y * math.cos(turn)
            size = 25 + 6 * ((number * 7 + ring * 3) % 4) / 3
            light = 0.05 + 0.12 * max(0.0, math.cos(turn + 0.6))
            canvas.shape(oval(x, y, size, size * 0.94), Fade(lighter(hair, light), darker(hair, 0.12)))
            if number % 2 == ring % 2:
                curl = oval(x - 2, y - 2, size * 0.55, size * 0.5)[18:42]
                canvas.stroke(curl, lighter(hair, 0.32), width=4, taper=0.1, alpha=0.30, blur=1)


def _back_bob(canvas: Canvas, hair: RGB) -> None:
    mass = loop([(500, 140), (612, 164), (668, 260), (682, 380), (690, 470), (676, 532), (610, 548), (500, 540),
                 (390, 548), (324, 532), (310, 470), (318, 380), (332, 260), (388, 164)])  # fmt: skip
    canvas.shape(mass, Fade(darker(hair, 0.08), darker(hair, 0.3)))


def _back_bun(canvas: Canvas, hair: RGB) -> None:
    bun = loop([(500, 42), (560, 58), (590, 108), (566, 160), (500, 178), (434, 160), (410, 108), (440, 58)])
    _mass(canvas, bun, hair)
    _strands(canvas, ["M 440 120 C 460 70 540 70 556 110", "M 452 140 C 480 100 530 96 566 136",
                      "M 470 60 C 510 80 540 120 530 160"], hair, inside=bun)  # fmt: skip


def _back_scarf(canvas: Canvas, hair: RGB) -> None:
    mass = loop([(500, 132), (618, 156), (680, 260), (688, 400), (676, 520), (690, 620), (640, 690), (500, 710),
                 (360, 690), (310, 620), (324, 520), (312, 400), (320, 260), (382, 156)])  # fmt: skip
    canvas.shape(mass, Fade(lighter(hair, 0.04), darker(hair, 0.25)))


def _front_long(canvas: Canvas, person: Person) -> None:
    fringe = path("M 512 212 C 470 226 396 244 372 340 C 366 420 340 470 336 560 C 306 470 320 380 330 300 "
                  "C 340 200 420 132 506 140 C 600 132 664 200 672 300 C 680 380 694 470 664 560 "
                  "C 660 470 634 420 628 340 C 612 268 560 232 512 212 Z")  # fmt: skip
    _brow_shadow(canvas, person, fringe)
    _mass(canvas, fringe, person.hair)
    _strands(canvas, ["M 508 176 C 440 196 360 240 346 420", "M 500 160 C 420 176 350 230 336 380",
                      "M 516 176 C 580 204 640 250 652 420", "M 522 158 C 600 180 656 240 664 380",
                      "M 360 350 C 350 420 336 470 340 520"], person.hair, inside=fringe)  # fmt: skip


def _front_tousled(canvas: Canvas, person: Person) -> None:
    mass = path("M 362 316 C 350 250 352 190 392 158 C 404 120 460 104 496 120 C 540 96 600 116 614 152 "
                "C 652 182 654 250 640 316 C 634 286 628 262 612 244 C 600 252 580 252 566 240 "
                "C 548 258 516 258 498 240 C 480 258 446 262 424 244 C 396 256 372 280 362 316 Z")  # fmt: skip
    _brow_shadow(canvas, person, mass)
    _mass(canvas, mass, person.hair)
    _strands(canvas, ["M 420 236 C 400 190 430 140 500 136", "M 470 246 C 450 190 480 150 540 132",
                      "M 540 240 C 520 200 550 150 600 156", "M 600 236 C 590 200 610 180 630 210",
                      "M 380 270 C 372 220 390 180 430 150"], person.hair, inside=mass)  # fmt: skip


def _front_afro(canvas: Canvas, person: Person) -> None:
    edge = loop([(500, 172), (570, 182), (622, 226), (644, 296), (652, 250), (640, 190), (590, 140), (500, 120),
                 (410, 140), (360, 190), (348, 250), (356, 296), (378, 226), (430, 182)])  # fmt: skip
    _brow_shadow(canvas, person, edge)
    _mass(canvas, edge, person.hair)
    for x, y in ((360, 270), (372, 232), (396, 202), (428, 182), (464, 172), (500, 170), (536, 172), (572, 182),
                 (604, 202), (628, 232), (640, 270)):  # fmt: skip
        canvas.shape(oval(x, y - 6, 23, 21), Fade(lighter(person.hair, 0.16), person.hair))
    for x, y in ((420, 120), (470, 100), (530, 96), (350, 170), (590, 122), (640, 170), (390, 150), (560, 140)):
        canvas.shape(oval(x, y, 22, 12), lighter(person.hair, 0.4), alpha=0.25, blur=6)


def _front_undercut(canvas: Canvas, person: Person) -> None:
    sides = path("M 364 330 C 354 270 358 216 392 190 L 408 226 C 384 250 376 290 372 338 Z")
    for outline in (sides, mirrored(sides, face.CENTRE)):
        canvas.shape(outline, person.hair, alpha=0.82)
    mass = path("M 384 236 C 376 170 420 112 510 114 C 600 112 640 160 630 226 C 610 238 590 220 560 214 "
                "C 500 204 440 246 384 236 Z")  # fmt: skip
    _brow_shadow(canvas, person, mass)
    _mass(canvas, mass, person.hair)
    _strands(canvas, ["M 396 226 C 410 170 460 130 540 130", "M 430 232 C 450 190 500 160 580 150",
                      "M 490 214 C 520 190 570 176 616 190"], person.hair, inside=mass, light=0.3)  # fmt: skip


def _front_bob(canvas: Canvas, person: Person) -> None:
    mass = path("M 470 206 C 430 232 384 252 372 330 C 370 400 362 460 374 522 C 340 530 322 520 318 490 "
                "C 306 400 322 300 332 270 C 350 180 420 130 506 136 C 600 132 656 190 670 270 "
                "C 682 330 694 420 682 490 C 676 522 656 530 628 520 C 640 460 632 400 630 330 "
                "C 618 268 540 244 470 206 Z")  # fmt: skip
    _brow_shadow(canvas, person, mass)
    _mass(canvas, mass, person.hair)
    _strands(canvas, ["M 470 170 C 400 210 350 270 344 480", "M 480 158 C 400 180 340 250 332 420",
                      "M 486 168 C 560 220 640 260 654 480", "M 500 156 C 590 190 660 250 668 430"],
             person.hair, inside=mass, light=0.55)  # fmt: skip


def _front_short(canvas: Canvas, person: Person) -> None:
    mass = path("M 362 342 C 350 260 352 176 420 142 C 470 120 540 118 586 142 C 650 176 650 260 638 342 "
                "C 630 300 628 268 610 238 C 560 216 440 216 390 238 C 372 268 370 300 362 342 Z")  # fmt: skip
    _brow_shadow(canvas, person, mass)
    _mass(canvas, mass, person.hair)
    _strands(canvas, ["M 392 226 C 400 180 440 150 500 142", "M 440 216 C 450 180 490 160 560 150",
                      "M 500 212 C 520 180 560 170 610 186"], person.hair, inside=mass, light=0.25)  # fmt: skip


def _front_bald(canvas: Canvas, person: Person) -> None:
    top = face.outline(person)
    canvas.shape(oval(446, 206, 62, 24), (255, 255, 255), alpha=0.34, blur=14, inside=top)
    fringe = path("M 358 362 C 350 318 354 280 370 248 C 378 262 386 296 380 350 C 376 358 366 364 358 362 Z")
    for side in (1, -1):
        outline = fringe if side == 1 else mirrored(fringe, face.CENTRE)
        canvas.shape(outline, person.hair, alpha=0.72, blur=2)
        for number in range(12):
            x, y = 362 + (number % 4) * 5, 268 + number * 7.5
            strand = [(x, y), (x + 1, y + 12), (x - 2, y + 24)]
            tone = lighter(person.hair, 0.35) if number % 2 else darker(person.hair, 0.35)
            canvas.stroke(strand if side == 1 else mirrored(strand, face.CENTRE), tone, width=3, taper=0.2, alpha=0.45,
                          inside=outline)  # fmt: skip


def _front_bun(canvas: Canvas, person: Person) -> None:
    mass = path("M 364 330 C 346 250 360 140 500 134 C 640 140 654 250 636 330 C 630 280 610 236 560 206 "
                "C 520 190 470 192 436 208 C 392 236 372 280 364 330 Z")  # fmt: skip
    _brow_shadow(canvas, person, mass)
    _mass(canvas, mass, person.hair)
    _strands(canvas, ["M 376 280 C 390 210 440 160 496 146", "M 420 222 C 440 180 470 160 500 150",
                      "M 624 280 C 610 210 560 160 504 146", "M 580 222 C 560 180 530 160 500 150"],
             person.hair, inside=mass)  # fmt: skip
    lock = path("M 366 316 C 352 360 356 400 346 446 C 366 410 374 360 372 310 Z")
    _sides(canvas, lock, person.hair)


def _front_scarf(canvas: Canvas, person: Person) -> None:
    cloth = person.hair
    hood = path("M 500 130 C 610 130 682 210 686 340 C 690 440 690 520 650 590 C 610 560 628 500 632 420 "
                "C 636 330 630 230 500 218 C 370 230 364 330 368 420 C 372 500 390 560 350 590 "
                "C 310 520 310 440 314 340 C 318 210 390 130 500 130 Z")  # fmt: skip
    _brow_shadow(canvas, person, hood)
    _mass(canvas, hood, cloth)
    wrap = path("M 366 440 C 376 512 430 522 500 524 C 570 522 624 512 634 440 C 690 500 716 600 690 690 "
                "C 620 740 400 750 310 684 C 290 600 310 500 366 440 Z")  # fmt: skip
    canvas.shape(wrap, Fade(lighter(cloth, 0.06), darker(cloth, 0.16)))
    _strands(canvas, ["M 350 560 C 420 640 560 650 660 560", "M 330 620 C 420 700 580 700 680 620",
                      "M 372 500 C 430 580 560 590 630 500", "M 500 140 C 400 160 346 240 340 360",
                      "M 500 160 C 600 176 650 240 660 360"], cloth,
             inside=[*hood, *wrap], light=0.3)  # fmt: skip
    canvas.stroke(path("M 350 560 C 420 640 560 650 660 560"), darker(cloth, 0.3), width=7, taper=0.1, alpha=0.6)
    canvas.stroke(path("M 372 500 C 440 590 520 640 640 660"), darker(cloth, 0.3), width=6, taper=0.1, alpha=0.5)


def _earrings(canvas: Canvas, colour: RGB) -> None:
    for x in (356, 644):
        ring = oval(x, 420, 17, 25)
        for half in (ring[:26], [*ring[24:], *ring[:2]]):
            canvas.stroke(half, darker(colour, 0.25), width=7)
        for half in (ring[:26], [*ring[24:], *ring[:2]]):
            canvas.stroke(half, colour, width=4.5)
