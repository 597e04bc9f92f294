"""What a presenter's trunk looks like: neck, shoulders and chest, with light from the window and folds in the cloth."""

from character_flow.studio import face
from character_flow.studio.cast import Person
from character_flow.studio.clothes import draw_top
from character_flow.studio.hands import curved
from character_flow.studio.paint import Canvas, Fade, Point, darker, lighter, oval, path

FOOT = 1560.0


def shoulder(person: Person, side: int) -> Point:
    """Return the joint of the shoulder: side -1 is on the left of the picture, 1 on the right."""
    return (face.CENTRE + side * 214 * person.build, 748.0)


def trunk(person: Person) -> list[Point]:
    """Return the outline of neck line, shoulders and chest down to y = FOOT."""
    b = person.build
    waist, hip = (200, 212) if person.lashes else (218, 220)

    # As far out as the arm that grows on it, or its soft upper end would be seen against the room.
    out = 216 * b + 81 * (0.5 + 0.5 * b)

    def at(side: int, units: float) -> float:
        return face.CENTRE + side * units * b

    return path(
        f"M 430 586 C 404 632 {at(-1, 140)} 646 {at(-1, 208)} 676 "
        f"C {at(-1, 262)} 700 {face.CENTRE - out} 742 {face.CENTRE - out} 806 "
        f"C {face.CENTRE - out} 858 {at(-1, 236)} 880 {at(-1, 222)} 930 C {at(-1, 212)} 1030 {at(-1, waist)} 1120 "
        f"{at(-1, waist)} 1240 C {at(-1, waist)} 1340 {at(-1, hip)} 1440 {at(-1, hip)} {FOOT} L {at(1, hip)} {FOOT} "
        f"C {at(1, hip)} 1440 {at(1, waist)} 1340 {at(1, waist)} 1240 C {at(1, waist)} 1120 {at(1, 212)} 1030 "
        f"{at(1, 222)} 930 C {at(1, 236)} 880 {face.CENTRE + out} 858 {face.CENTRE + out} 806 "
        f"C {face.CENTRE + out} 742 {at(1, 262)} 700 "
        f"{at(1, 208)} 676 C {at(1, 140)} 646 596 632 570 586 Z"
    )


def draw_body(canvas: Canvas, person: Person) -> None:
    """Draw neck, shoulders and clothes; arms and hands are layers of their own."""
    _neck(canvas, person)
    shape, cloth = trunk(person), person.top
    canvas.shape(shape, Fade(lighter(cloth, 0.08), darker(cloth, 0.22)))
    _modelling(canvas, person, shape)
    draw_top(canvas, person, shape)
    _folds(canvas, person, shape)
    canvas.stroke(shape[18:60], lighter(cloth, 0.7), width=9, taper=0.2, alpha=0.55, blur=3, inside=shape)


def _modelling(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth, b = person.top, person.build
    canvas.shape(oval(face.CENTRE + 190 * b, 1050, 120, 420), darker(cloth, 0.55), alpha=0.42, blur=50, inside=shape)
    canvas.shape(oval(face.CENTRE - 80 * b, 800, 120, 90), lighter(cloth, 0.45), alpha=0.26, blur=40, inside=shape)
    canvas.shape(oval(500, 610, 150, 44), darker(cloth, 0.6), alpha=0.40, blur=18, inside=shape)
    for side in (-1, 1):
        canvas.shape(oval(face.CENTRE + side * 212 * b, 704, 64, 24), lighter(cloth, 0.5), alpha=0.26, blur=16,
                     inside=shape)  # fmt: skip
        if person.lashes:
            canvas.shape(oval(face.CENTRE + side * 92 * b, 966, 84, 22), darker(cloth, 0.5), alpha=0.24, blur=16,
                         inside=shape)  # fmt: skip
            canvas.shape(oval(face.CENTRE + side * 92 * b - 12, 890, 60, 34), lighter(cloth, 0.5), alpha=0.16, blur=22,
                         inside=shape)  # fmt: skip
        # Where the arm lies against the ribs it is always dark.
        pit = path(f"M {face.CENTRE + side * 206 * b} 830 C {face.CENTRE + side * 190 * b} 960 "
                   f"{face.CENTRE + side * 186 * b} 1080 {face.CENTRE + side * 186 * b} 1250")  # fmt: skip
        canvas.stroke(pit, darker(cloth, 0.6), width=38, taper=0.3, alpha=0.36, blur=14, inside=shape)


def _folds(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth, b = person.top, person.build
    # From the armpit to the chest, and where cloth gathers at the waist: units from the middle, then heights.
    folds = (
        (-1, (205, 852), (140, 884), (74, 880)), (1, (205, 852), (144, 886), (84, 892)),
        (-1, (206, 892), (150, 946), (96, 950)), (1, (206, 902), (160, 962), (110, 972)),
        (-1, (200, 1150), (110, 1226), (40, 1208)), (1, (200, 1130), (110, 1230), (24, 1226)),
        (-1, (200, 1216), (130, 1302), (64, 1290)), (1, (200, 1222), (140, 1308), (76, 1302)),
    )  # fmt: skip
    for side, *knots in folds:
        start, bend, end = ((face.CENTRE + side * x * b, y) for x, y in knots)
        points = curved(start, bend, end, steps=14)
        canvas.stroke(points, darker(cloth, 0.5), width=17, taper=0.05, alpha=0.30, blur=7, inside=shape)
        lit = [(x, y - 15) for x, y in points]
        canvas.stroke(lit, lighter(cloth, 0.4), width=11, taper=0.05, alpha=0.20, blur=6, inside=shape)


def _neck(canvas: Canvas, person: Person) -> None:
    skin, width = person.skin, 62 * (0.86 + 0.14 * person.build) * (1.08 if person.build > 1 else 1)
    neck = path(f"M {500 - width} 440 C {500 - width} 540 {500 - width - 6} 580 416 614 L 440 720 L 560 720 "
                f"L 584 614 C {500 + width + 6} 580 {500 + width} 540 {500 + width} 440 Z")  # fmt: skip
    canvas.shape(neck, Fade(darker(skin, 0.12), darker(skin, 0.02)))
    canvas.shape(oval(506, 526, 104, 48), darker(skin, 0.55), alpha=0.5, blur=14, inside=neck)
    for x in (1, -1):
        tendon = path(f"M {500 - 30 * x} 590 Q {500 - 20 * x} 640 {500 - 9 * x} 672")
        canvas.stroke(tendon, darker(skin, 0.35), width=6, taper=0.2, alpha=0.4, blur=2)
