"""What a presenter's face looks like: head, eyes open and shut, brows, six mouths, each a layer of its own."""

from typing import Literal, TypeAlias, get_args

from character_flow.studio.cast import Person
from character_flow.studio.paint import (
    RGB,
    Canvas,
    Fade,
    Point,
    darker,
    lighter,
    loop,
    mirrored,
    mix,
    oval,
    path,
)
from character_flow.studio.speech import Mouth

Eyes: TypeAlias = Literal["open", "half", "shut"]
MOUTHS: tuple[Mouth, ...] = get_args(Mouth)

CENTRE = 500.0
CHIN = 520.0
_EYE_Y = 348.0
_EYES_X = (438.0, 562.0)
_MOUTH_Y = 452.0
_INK = (46, 26, 30)


def outline(person: Person) -> list[Point]:
    """Return the outline of the face from temple to chin."""
    jaw = 60 * person.jaw
    half = 132 + 4 * person.jaw
    left, right = CENTRE - half, CENTRE + half
    return path(
        f"M {left} 320 C {left - 2} 165 {right + 2} 165 {right} 320 "
        f"C {right + 2} 400 {right - 18} 455 {CENTRE + jaw} 500 "
        f"C {CENTRE + jaw * 0.62} {CHIN + 4} {CENTRE - jaw * 0.62} {CHIN + 4} {CENTRE - jaw} 500 "
        f"C {left + 18} 455 {left - 2} 400 {left} 320 Z"
    )


def draw_head(canvas: Canvas, person: Person) -> None:
    """Draw ears, skin, light and shade, nose, beard and the marks of age; no eyes, brows or mouth."""
    skin, face = person.skin, outline(person)
    if person.hair_style != "bald":
        # Between hairline and skin there is hair, never the wall behind.
        canvas.shape(oval(CENTRE, 284, 135 + 3 * person.jaw, 136), darker(person.hair, 0.2))
    if person.hair_style != "scarf":
        for side in (1, -1):
            ear = loop([(632, 318), (654, 322), (656, 356), (640, 392), (626, 384)])
            ear = ear if side == 1 else mirrored(ear, CENTRE)
            canvas.shape(ear, Fade(skin, darker(skin, 0.18)))
            inner = loop([(638, 332), (647, 338), (646, 356), (637, 372), (634, 352)])
            canvas.shape(inner if side == 1 else mirrored(inner, CENTRE), darker(skin, 0.22), blur=2)
    canvas.shape(face, Fade(lighter(skin, 0.06), darker(skin, 0.05)))
    canvas.shape(oval(662, 420, 78, 190), darker(skin, 0.34), alpha=0.5, blur=24, inside=face)
    canvas.shape(oval(500, 540, 130, 34), darker(skin, 0.3), alpha=0.45, blur=16, inside=face)
    canvas.shape(oval(440, 262, 70, 40), lighter(skin, 0.5), alpha=0.4, blur=24, inside=face)
    for x in (418.0, 582.0):
        canvas.shape(oval(x, 412, 32, 22), mix(skin, person.lips, 0.75), alpha=0.34, blur=14, inside=face)
    canvas.shape(oval(424, 396, 22, 12), lighter(skin, 0.6), alpha=0.35, blur=10, inside=face)
    for x in _EYES_X:
        canvas.shape(oval(x, _EYE_Y - 6, 38, 24), darker(skin, 0.25), alpha=0.28, blur=10, inside=face)
    if person.stubble:
        _stubble(canvas, person, face)
    if person.beard:
        _beard(canvas, person, face)
    _nose(canvas, person)
    if person.age > 0.2:
        _age(canvas, person)
    if person.freckles:
        _freckles(canvas, person)


def _nose(canvas: Canvas, person: Person) -> None:
    skin = person.skin
    canvas.shape(path("M 508 330 C 512 368 528 392 526 408 C 520 420 506 420 500 418 Z"), darker(skin, 0.22),
                 alpha=0.45, blur=5)  # fmt: skip
    canvas.stroke(path("M 472 408 C 476 418 486 414 490 419 C 496 425 506 425 511 419 C 516 414 525 418 529 408"),
                  darker(skin, 0.45), width=5, taper=0.3, alpha=0.8)  # fmt: skip
    canvas.shape(oval(494, 392, 10, 13), lighter(skin, 0.7), alpha=0.5, blur=6)


def _age(canvas: Canvas, person: Person) -> None:
    ink, alpha = darker(person.skin, 0.34), 0.55 * person.age
    for line in ("M 440 432 C 430 446 426 458 428 472", "M 404 402 C 412 408 424 411 436 409"):
        points = path(line)
        for stroke in (points, mirrored(points, CENTRE)):
            canvas.stroke(stroke, ink, width=5, taper=0.2, alpha=alpha, blur=1)
    for y in (248, 264):
        wrinkle = path(f"M 440 {y + 3} C 470 {y - 5} 530 {y - 5} 560 {y + 3}")
        canvas.stroke(wrinkle, ink, width=4, taper=0.2, alpha=alpha * 0.7, blur=1)


def _freckles(canvas: Canvas, person: Person) -> None:
    spots = [(408, 396), (424, 404), (440, 394), (432, 414), (452, 406), (414, 416), (466, 398), (486, 386)]
    for x, y in spots:
        for place in ((x, y), (1003 - x, y + 2)):
            canvas.shape(oval(*place, 2.8, 2.4), mix(person.skin, (150, 80, 44), 0.6), alpha=0.6)


def _stubble(canvas: Canvas, person: Person, face: list[Point]) -> None:
    shade = path("M 372 400 C 400 470 430 426 500 424 C 570 426 600 470 628 400 L 620 560 L 380 560 Z")
    canvas.shape(shade, person.hair, alpha=0.2, blur=12, inside=face)


def _beard(canvas: Canvas, person: Person, face: list[Point]) -> None:
    colour = person.beard or person.hair
    beard = path(
        "M 362 350 C 372 392 392 412 420 424 C 446 432 470 424 500 432 C 530 424 554 432 580 424 "
        "C 608 412 628 392 638 350 C 646 440 616 520 566 540 C 530 560 470 560 434 540 "
        "C 384 520 354 440 362 350 Z"
    )
    canvas.shape(beard, Fade(lighter(colour, 0.08), darker(colour, 0.15)), blur=2.5)
    for x in range(400, 604, 22):
        lean = (x - 500) * 0.2
        strand = path(f"M {x} 476 Q {x + lean} 505 {x + lean * 0.6} 532")
        canvas.stroke(strand, lighter(colour, 0.25), width=4, taper=0.1, alpha=0.3)


def draw_eyes(canvas: Canvas, person: Person, state: Eyes) -> None:
    """Draw both eyes open, half shut or shut, with lids and lashes."""
    for x in _EYES_X:
        outward = -1 if x < CENTRE else 1
        if state == "shut":
            lid = path(f"M {x - 27} {_EYE_Y + 2} Q {x} {_EYE_Y + 18} {x + 27} {_EYE_Y + 2}")
            canvas.stroke(lid, _INK, width=7, taper=0.4)
        else:
            _open_eye(canvas, person, x, drop=10 if state == "half" else 0)
        if person.lashes:
            _lashes(canvas, x, outward, shut=state == "shut")


def _open_eye(canvas: Canvas, person: Person, x: float, *, drop: float) -> None:
    y, top = _EYE_Y, _EYE_Y - 23 + drop
    white = path(f"M {x - 29} {y + 3} C {x - 18} {top} {x + 18} {top} {x + 29} {y + 3} "
                 f"C {x + 16} {y + 19} {x - 16} {y + 19} {x - 29} {y + 3} Z")  # fmt: skip
    canvas.shape(white, Fade((226, 222, 224), (252, 250, 250)))
    canvas.shape(oval(x, y, 16.5, 17), Fade(darker(person.iris, 0.35), lighter(person.iris, 0.2)), inside=white)
    canvas.shape(oval(x, y, 8, 8.5), (18, 12, 16), inside=white)
    canvas.shape(oval(x - 6, y - 7, 5, 5), (255, 255, 255), inside=white)
    canvas.shape(oval(x + 6, y + 6, 2.6, 2.6), (255, 255, 255), alpha=0.7, inside=white)
    canvas.shape(oval(x, top + 5, 30, 8), (60, 40, 50), alpha=0.35, blur=3, inside=white)
    lid = path(f"M {x - 31} {y + 3} C {x - 18} {top - 3} {x + 18} {top - 3} {x + 31} {y + 3}")
    canvas.stroke(lid, _INK, width=7.5, taper=0.35)
    fold = path(f"M {x - 26} {y - 14} C {x - 14} {y - 29} {x + 14} {y - 29} {x + 26} {y - 14}")
    canvas.stroke(fold, darker(person.skin, 0.42), width=3, taper=0.2, alpha=0.6)
    under = path(f"M {x - 22} {y + 15} Q {x} {y + 24} {x + 22} {y + 15}")
    canvas.stroke(under, darker(person.skin, 0.4), width=3, taper=0.2, alpha=0.35 + 0.4 * person.age)


def _lashes(canvas: Canvas, x: float, outward: int, *, shut: bool) -> None:
    y = _EYE_Y + (8 if shut else 0)
    for reach, lift in ((28, -3), (22, -12)):
        start = (x + outward * reach, y + lift * 0.6 + 3)
        tip = (start[0] + outward * 12, start[1] + (8 if shut else -9))
        middle = ((start[0] + tip[0]) / 2 + outward * 2, (start[1] + tip[1]) / 2 + 2)
        canvas.stroke([start, middle, tip], _INK, width=5, taper=0.3)


def draw_brows(canvas: Canvas, person: Person, *, raised: bool) -> None:
    """Draw both brows, lifted when `raised`; glasses lie over them."""
    grey = person.beard or person.hair
    colour = mix(person.skin, (70, 46, 44), 0.75) if person.hair_style == "scarf" else darker(grey, 0.3)
    y = 302 - (11 if raised else 0)
    line = path(f"M 466 {y + 6} C 448 {y - 7} 424 {y - 9} 402 {y + 8}")
    for points in (line, mirrored(line, CENTRE)):
        canvas.stroke(points, colour, width=12 * person.brow_weight, taper=0.45, alpha=0.95)
    if person.glasses:
        _glasses(canvas, person.glasses)


def _glasses(canvas: Canvas, colour: RGB) -> None:
    for x in _EYES_X:
        ring = oval(x, _EYE_Y + 2, 50, 47)
        canvas.shape(ring, (255, 255, 255), alpha=0.10)
        canvas.stroke([*ring, ring[0]], colour, width=8)
        canvas.shape(path(f"M {x - 28} {_EYE_Y - 28} L {x - 14} {_EYE_Y - 36} L {x - 34} {_EYE_Y + 14} "
                          f"L {x - 40} {_EYE_Y + 2} Z"), (255, 255, 255), alpha=0.28)  # fmt: skip
    canvas.stroke(path("M 486 342 Q 500 332 514 342"), colour, width=8)
    for stem in (path("M 390 338 L 368 330"), path("M 610 338 L 632 330")):
        canvas.stroke(stem, colour, width=9)


def draw_mouth(canvas: Canvas, person: Person, mouth: Mouth) -> None:
    """Draw one mouth shape: rest, smile, small, open, wide (ah), round (oh), teeth (ee, f, s)."""
    y = _MOUTH_Y
    lip, cave = person.lips, (92, 26, 34)
    if mouth in ("rest", "smile"):
        _closed(canvas, person, smile=mouth == "smile")
        return
    half, up, down = {"small": (30, 7, 12), "open": (36, 9, 24), "wide": (40, 11, 36), "round": (21, 15, 24),
                      "teeth": (42, 8, 15)}[mouth]  # fmt: skip
    opening = path(f"M {CENTRE - half} {y} C {CENTRE - half * 0.5} {y - up * 1.3} {CENTRE + half * 0.5} "
                   f"{y - up * 1.3} {CENTRE + half} {y} C {CENTRE + half * 0.62} {y + down * 1.3} "
                   f"{CENTRE - half * 0.62} {y + down * 1.3} {CENTRE - half} {y} Z")  # fmt: skip
    lips = loop([(CENTRE - half - 8, y), (CENTRE - half * 0.4, y - up - 10), (CENTRE, y - up - 6),
                 (CENTRE + half * 0.4, y - up - 10), (CENTRE + half + 8, y),
                 (CENTRE + half * 0.5, y + down + 10), (CENTRE, y + down + 14),
                 (CENTRE - half * 0.5, y + down + 10)])  # fmt: skip
    canvas.shape(lips, Fade(darker(lip, 0.08), lip))
    canvas.shape(opening, Fade(darker(cave, 0.35), cave))
    if mouth in ("wide", "open"):
        canvas.shape(oval(CENTRE, y + down + 4, half * 0.6, down * 0.55), (206, 96, 96), blur=2, inside=opening)
    if mouth != "round":
        teeth = path(f"M {CENTRE - half} {y - up - 6} L {CENTRE + half} {y - up - 6} L {CENTRE + half * 0.8} "
                     f"{y + (9 if mouth == 'teeth' else 2)} Q {CENTRE} {y + (13 if mouth == 'teeth' else 6)} "
                     f"{CENTRE - half * 0.8} {y + (9 if mouth == 'teeth' else 2)} Z")  # fmt: skip
        canvas.shape(teeth, (250, 246, 240), inside=opening)
    canvas.shape(oval(CENTRE, y + down + 9, half * 0.4, 3), lighter(lip, 0.5), alpha=0.4, blur=3)


def _closed(canvas: Canvas, person: Person, *, smile: bool) -> None:
    y, lip = _MOUTH_Y, person.lips
    half, lift = (46, 15) if smile else (37, 7)
    upper = path(f"M {CENTRE - half} {y - lift} C {CENTRE - 20} {y - 9} {CENTRE - 12} {y - 12} {CENTRE} {y - 6} "
                 f"C {CENTRE + 12} {y - 12} {CENTRE + 20} {y - 9} {CENTRE + half} {y - lift} "
                 f"Q {CENTRE} {y + lift} {CENTRE - half} {y - lift} Z")  # fmt: skip
    lower = path(f"M {CENTRE - half + 6} {y - lift + 4} Q {CENTRE} {y + lift} {CENTRE + half - 6} {y - lift + 4} "
                 f"C {CENTRE + 22} {y + 21} {CENTRE - 22} {y + 21} {CENTRE - half + 6} {y - lift + 4} Z")  # fmt: skip
    canvas.shape(lower, Fade(lip, lighter(lip, 0.12)))
    canvas.shape(upper, darker(lip, 0.14))
    seam = path(f"M {CENTRE - half - 3} {y - lift - 1} Q {CENTRE} {y + lift} {CENTRE + half + 3} {y - lift - 1}")
    canvas.stroke(seam, darker(lip, 0.55), width=4.5, taper=0.5)
    canvas.shape(oval(CENTRE - 4, y + 11, 15, 3), lighter(lip, 0.7), alpha=0.45, blur=3)
    canvas.shape(oval(CENTRE, y + 30, 26, 5), darker(person.skin, 0.35), alpha=0.35, blur=5)
    if smile:
        for side in (-1, 1):
            x = CENTRE + side * (half + 6)
            dimple = path(f"M {x} {y - lift - 8} Q {x + side * 6} {y - lift} {x + side * 1} {y - lift + 7}")
            canvas.stroke(dimple, darker(person.skin, 0.4), width=4, taper=0.3, alpha=0.6)
