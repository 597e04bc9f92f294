"""What a presenter's head looks like: ears, skin, light and shade, nose, beard and the marks of age."""

import math

from character_flow.studio.cast import Person
from character_flow.studio.paint import (
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

CENTRE = 500.0
CHIN = 520.0
CROWN = 190.0
EYE_Y = 348.0
EYES_X = (438.0, 562.0)


def outline(person: Person) -> list[Point]:
    """Return the outline of the face from temple to chin."""
    jaw = 60 * person.jaw
    half = 132 + 4 * person.jaw
    left, right = CENTRE - half, CENTRE + half
    # A bare skull is seen to its top; under hair it ends sooner.
    dome = 118 if person.hair_style == "bald" else 165
    return path(
        f"M {left} 320 C {left - 2} {dome} {right + 2} {dome} {right} 320 "
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
    canvas.shape(face, Fade(lighter(skin, 0.08), darker(skin, 0.05)))
    _light(canvas, person, face)
    if person.stubble:
        _stubble(canvas, person, face)
    if person.beard:
        _beard(canvas, person, face)
    _nose(canvas, person)
    if person.age > 0.2:
        _age(canvas, person)
    if person.freckles:
        _freckles(canvas, person)


def _light(canvas: Canvas, person: Person, face: list[Point]) -> None:
    """Light from the upper left: shade on the far cheek and under the jaw, a bright edge on the near side."""
    skin = person.skin
    canvas.shape(oval(668, 400, 84, 210), darker(skin, 0.42), alpha=0.55, blur=26, inside=face)
    canvas.shape(oval(500, 544, 140, 36), darker(skin, 0.4), alpha=0.5, blur=16, inside=face)
    canvas.shape(oval(366, 250, 40, 90), darker(skin, 0.25), alpha=0.3, blur=20, inside=face)
    canvas.shape(oval(450, 262, 74, 40), lighter(skin, 0.55), alpha=0.42, blur=24, inside=face)
    for x in (416.0, 584.0):
        canvas.shape(oval(x, 414, 36, 24), mix(skin, person.lips, 0.8), alpha=0.36, blur=14, inside=face)
    canvas.shape(oval(420, 392, 24, 12), lighter(skin, 0.65), alpha=0.40, blur=9, inside=face)
    canvas.shape(oval(572, 394, 16, 8), lighter(skin, 0.55), alpha=0.22, blur=8, inside=face)
    canvas.shape(oval(490, 496, 26, 12), lighter(skin, 0.5), alpha=0.28, blur=9, inside=face)
    for x in EYES_X:
        canvas.shape(oval(x, EYE_Y - 8, 42, 26), darker(skin, 0.30), alpha=0.34, blur=10, inside=face)
        canvas.shape(oval(x, EYE_Y - 34, 34, 7), lighter(skin, 0.4), alpha=0.25, blur=6, inside=face)
    # The face begins at the right temple: its last part is the cheek on the window's side.
    rim = [point for point in face if point[0] < CENTRE - 62 and 330 < point[1] < 505]
    canvas.stroke(rim, lighter(skin, 0.7), width=8, taper=0.1, alpha=0.5, blur=3, inside=face)


def _nose(canvas: Canvas, person: Person) -> None:
    skin, wide = person.skin, person.nose
    side = path(f"M 507 330 C 511 366 {500 + 30 * wide} 390 {500 + 27 * wide} 408 C 520 421 506 421 500 418 Z")
    canvas.shape(side, darker(skin, 0.30), alpha=0.46, blur=5)
    canvas.stroke(
        path("M 491 338 C 490 360 491 374 492 386"), lighter(skin, 0.6), width=8, taper=0.2, alpha=0.32, blur=3
    )
    canvas.shape(oval(500, 423, 26 * wide, 7), darker(skin, 0.45), alpha=0.4, blur=5)
    w = 28 * wide
    canvas.stroke(
        path(f"M {500 - w} 405 C {500 - w + 2} 418 {500 - w * 0.5} 414 {500 - w * 0.34} 419 C {500 - w * 0.12} 425 "
             f"{500 + w * 0.18} 425 {500 + w * 0.38} 419 C {500 + w * 0.5} 414 {500 + w - 2} 418 {500 + w} 405"),
        darker(skin, 0.5), width=4.6, taper=0.25, alpha=0.75)  # fmt: skip
    for x in (-0.36, 0.38):
        canvas.shape(oval(500 + w * x, 416, 5.5, 3), darker(skin, 0.65), alpha=0.5, blur=1.2)
    canvas.shape(oval(494, 395, 9 * wide, 11), lighter(skin, 0.75), alpha=0.5, blur=5)
    canvas.shape(oval(491, 391, 3.4, 4), (255, 255, 255), alpha=0.4, blur=1.6)


def _age(canvas: Canvas, person: Person) -> None:
    ink, alpha = darker(person.skin, 0.36), 0.55 * person.age
    lines = [
        "M 403 352 C 396 350 390 346 385 341",
        "M 403 358 C 396 359 390 358 384 356",
        "M 416 378 C 428 385 446 385 456 379",
    ]
    if person.beard is None:
        lines.append("M 440 430 C 430 444 426 456 428 470")
    for line in lines:
        points = path(line)
        for stroke in (points, mirrored(points, CENTRE)):
            canvas.stroke(stroke, ink, width=4, taper=0.2, alpha=alpha, blur=1)
    for y in (246, 264):
        wrinkle = path(f"M 440 {y + 3} C 470 {y - 5} 530 {y - 5} 560 {y + 3}")
        canvas.stroke(wrinkle, ink, width=4, taper=0.2, alpha=alpha * 0.7, blur=1.5)


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
        "M 364 352 C 372 396 388 420 418 432 C 440 440 452 424 478 424 C 490 424 494 430 500 430 "
        "C 506 430 510 424 522 424 C 548 424 560 440 582 432 C 612 420 628 396 636 352 "
        "C 648 440 622 516 570 540 C 530 562 470 562 430 540 C 378 516 352 440 364 352 Z"
    )
    canvas.shape(beard, colour, alpha=0.35, blur=7)
    canvas.shape(beard, Fade(lighter(colour, 0.10), darker(colour, 0.18)), blur=1.6)
    canvas.shape(oval(626, 470, 50, 90), darker(colour, 0.6), alpha=0.4, blur=18, inside=beard)
    # Hair grows down and outwards; many thin strokes read as a beard, a few thick ones as paint.
    for number in range(64):
        turn = math.pi * (0.02 + 0.96 * number / 63)
        deep = 0.80 + 0.17 * ((number * 7) % 5) / 4
        x, y = CENTRE - 128 * math.cos(turn) * deep, 432 + 104 * math.sin(turn) * deep
        long = 22 + 12 * ((number * 5) % 4) / 3
        lean = -math.cos(turn) * 0.35
        tone = lighter(colour, 0.30) if number % 3 else darker(colour, 0.45)
        strand = path(f"M {x} {y - long * 0.6} Q {x + lean * long * 0.2} {y} {x + lean * long} {y + long * 0.5}")
        canvas.stroke(strand, tone, width=3.4, taper=0.1, alpha=0.34, inside=beard)
    for side in (-1, 1):
        for number in range(7):
            x = CENTRE + side * (8 + number * 9)
            strand = path(f"M {x} 424 Q {x + side * 5} 432 {x + side * 10} {438 + number}")
            canvas.stroke(strand, lighter(colour, 0.28), width=3, taper=0.1, alpha=0.35, inside=beard)
    bare = oval(CENTRE, 456, 45, 15)
    canvas.shape(bare, mix(person.skin, colour, 0.25), blur=5)
