"""What moves in a face: eyes that blink and look, brows that rise, lips that speak; each drawn from a few numbers."""

from dataclasses import dataclass
from typing import get_args

from character_flow.studio.cast import Person
from character_flow.studio.face import CENTRE, EYE_Y, EYES_X
from character_flow.studio.paint import RGB, Canvas, Fade, darker, lighter, mirrored, mix, oval, path
from character_flow.studio.speech import Mouth

MOUTHS: tuple[Mouth, ...] = get_args(Mouth)
_MOUTH_Y = 452.0
_INK = (46, 26, 30)
_CAVE = (92, 26, 34)


@dataclass(frozen=True, slots=True)
class Lips:
    """How a mouth stands, in units: half its width, opening above and below the middle, corners lifted, teeth 0..1."""

    half: float
    up: float
    down: float
    lift: float
    teeth: float

    @property
    def closed(self) -> bool:
        """True when no gap is seen between the lips."""
        return self.up + self.down < 1.5

    def parts(self) -> tuple[float, float, float, float, float]:
        """Return the five numbers in their order."""
        return self.half, self.up, self.down, self.lift, self.teeth


VISEMES: dict[Mouth, Lips] = {
    "rest": Lips(38, 0, 0, 8, 0), "smile": Lips(47, 0, 0, 16, 0), "small": Lips(32, 5, 10, 6, 0.5),
    "open": Lips(37, 8, 22, 6, 0.6), "wide": Lips(41, 10, 33, 7, 0.8), "round": Lips(23, 9, 16, 2, 0.0),
    "teeth": Lips(43, 7, 14, 9, 1.0),
}  # fmt: skip


def draw_eyes(canvas: Canvas, person: Person, *, shut: float, gaze: float) -> None:
    """Draw both eyes; `shut` 0 open .. 1 closed, `gaze` -1 left .. 1 right of the picture."""
    for x in EYES_X:
        outward = -1 if x < CENTRE else 1
        if shut > 0.85:
            _shut_eye(canvas, person, x)
        else:
            _open_eye(canvas, person, x, shut=shut, gaze=gaze)
        if person.lashes:
            _lashes(canvas, x, outward, drop=16 * shut, scale=person.eyes)


def _shut_eye(canvas: Canvas, person: Person, x: float) -> None:
    wide = 28 * person.eyes
    lid = path(f"M {x - wide} {EYE_Y + 3} Q {x} {EYE_Y + 21} {x + wide} {EYE_Y + 3}")
    canvas.shape([(px, py - 12) for px, py in lid], darker(person.skin, 0.25), alpha=0.3, blur=5)
    canvas.stroke(lid, _INK, width=7, taper=0.4)


def _open_eye(canvas: Canvas, person: Person, x: float, *, shut: float, gaze: float) -> None:
    y, size = EYE_Y, person.eyes
    wide, top = 30 * size, EYE_Y - 26 * size + 38 * shut
    low = EYE_Y + 20 - 2 * shut
    white = path(f"M {x - wide} {y + 3} C {x - wide * 0.6} {top} {x + wide * 0.6} {top} {x + wide} {y + 3} "
                 f"C {x + wide * 0.55} {low} {x - wide * 0.55} {low} {x - wide} {y + 3} Z")  # fmt: skip
    canvas.shape(white, Fade((214, 208, 212), (253, 251, 250)))
    centre, iris = x + gaze * 8, 17.5 * size
    canvas.shape(oval(centre, y, iris, iris), darker(person.iris, 0.55), inside=white)
    lit = mix(person.iris, (255, 208, 140), 0.24)
    canvas.shape(oval(centre, y + 1, iris - 2.4, iris - 2.4), Fade(darker(person.iris, 0.15), lit),
                 inside=white)  # fmt: skip
    canvas.shape(oval(centre, y + 9, 9, 4.5), lighter(person.iris, 0.55), alpha=0.55, blur=2.5, inside=white)
    canvas.shape(oval(centre, y, 8.2 * size, 8.6 * size), (16, 10, 14), inside=white)
    canvas.shape(oval(x, top + 7, wide, 9), (50, 30, 40), alpha=0.42, blur=3, inside=white)
    canvas.shape(oval(centre - 6.5, y - 6.5, 5.4, 5.4), (255, 255, 255), alpha=1 - 0.5 * shut, inside=white)
    canvas.shape(oval(centre + 6, y + 6.5, 2.6, 2.6), (255, 255, 255), alpha=0.75, inside=white)
    lid = path(
        f"M {x - wide - 2} {y + 3} C {x - wide * 0.6} {top - 3} {x + wide * 0.6} {top - 3} {x + wide + 2} {y + 3}"
    )
    canvas.stroke(lid, _INK, width=7.5, taper=0.35)
    fold_top = top - 6 - 6 * (1 - shut)
    fold = path(
        f"M {x - 27} {y - 13 + 8 * shut} C {x - 14} {fold_top} {x + 14} {fold_top} {x + 27} {y - 13 + 8 * shut}"
    )
    canvas.stroke(fold, darker(person.skin, 0.45), width=3, taper=0.2, alpha=0.6)
    under = path(f"M {x - 23} {y + 17} Q {x} {y + 26} {x + 23} {y + 17}")
    canvas.stroke(under, darker(person.skin, 0.4), width=3, taper=0.2, alpha=0.32 + 0.4 * person.age)


def _lashes(canvas: Canvas, x: float, outward: int, *, drop: float, scale: float) -> None:
    for reach, lift in ((29, -3), (23, -12), (14, -19)):
        start = (x + outward * reach * scale, EYE_Y + lift * (1 - drop / 16) * 0.8 + 3 + drop * 0.55)
        tip = (start[0] + outward * (12 - reach * 0.06), start[1] - 9 + drop)
        middle = ((start[0] + tip[0]) / 2 + outward * 2, (start[1] + tip[1]) / 2 + 2)
        canvas.stroke([start, middle, tip], _INK, width=3.4, taper=0.2)


def draw_brows(canvas: Canvas, person: Person, *, lift: float) -> None:
    """Draw both brows, `lift` 0 at rest .. 1 raised; glasses lie over them."""
    grey = person.beard or person.hair
    colour = mix(person.skin, (70, 46, 44), 0.75) if person.hair_style == "scarf" else darker(grey, 0.3)
    y = 303 - 12 * lift
    line = path(f"M 468 {y + 7} C 450 {y - 6 - 2 * lift} 424 {y - 9 - 3 * lift} 401 {y + 9}")
    for points in (line, mirrored(line, CENTRE)):
        canvas.stroke(points, colour, width=13 * person.brow_weight, taper=0.4, alpha=0.42, blur=2.5)
        canvas.stroke(points, colour, width=10.5 * person.brow_weight, taper=0.35, alpha=0.92)
        for at in range(2, len(points) - 1, 2):
            (px, py), out = points[at], -1 if points[at][0] < CENTRE else 1
            hair = [(px - out * 3, py + 4), (px + out * 1, py), (px + out * 7, py - 4)]
            canvas.stroke(hair, darker(colour, 0.35), width=2.6 * person.brow_weight, taper=0.2, alpha=0.5)
    if person.glasses:
        _glasses(canvas, person.glasses)


def _glasses(canvas: Canvas, colour: RGB) -> None:
    for x in EYES_X:
        ring = oval(x, EYE_Y + 2, 50, 47)
        # In two halves: a pen that comes back to where it began would leave a gap there.
        for half in (ring[:26], [*ring[24:], *ring[:2]]):
            canvas.stroke([(px + 3, py + 7) for px, py in half], (40, 20, 24), width=8, alpha=0.16, blur=4)
            canvas.stroke(half, colour, width=8)
        canvas.shape(ring, (255, 255, 255), alpha=0.08)
        canvas.stroke(ring[26:38], lighter(colour, 0.6), width=3, taper=0.1, alpha=0.7)
        canvas.shape(path(f"M {x - 26} {EYE_Y - 30} L {x - 14} {EYE_Y - 36} L {x - 34} {EYE_Y + 14} "
                          f"L {x - 40} {EYE_Y + 2} Z"), (255, 255, 255), alpha=0.22)  # fmt: skip
    canvas.stroke(path("M 486 342 Q 500 332 514 342"), colour, width=8)
    for stem in (path("M 390 338 L 368 330"), path("M 610 338 L 632 330")):
        canvas.stroke(stem, colour, width=9)


def draw_mouth(canvas: Canvas, person: Person, lips: Lips) -> None:
    """Draw the mouth; between any two ways it stands it changes without a jump."""
    half, up, down, lift, _ = lips.parts()
    y, tone = _MOUTH_Y, person.lips
    corner, top, bottom = y - lift, y - up, y + down + 1
    sunk = bottom + down * 0.3 + lift * 0.35
    left, right = CENTRE - half, CENTRE + half
    above = f"C {CENTRE - half * 0.5} {top - up * 0.3 + lift * 0.3} {CENTRE + half * 0.5} {top - up * 0.3 + lift * 0.3}"
    below = f"C {CENTRE + half * 0.6} {sunk} {CENTRE - half * 0.6} {sunk}"
    opening = path(f"M {left} {corner} {above} {right} {corner} {below} {left} {corner} Z")
    rest = 0.25 * corner + 0.75 * sunk
    canvas.shape(oval(CENTRE, rest + 25, 28, 6), darker(person.beard or person.skin, 0.4), alpha=0.36, blur=5)
    lower = path(f"M {left - 3} {corner + 1} C {CENTRE - half * 0.5} {bottom} {CENTRE + half * 0.5} {bottom} "
                 f"{right + 3} {corner + 1} C {CENTRE + half * 0.66} {sunk + 20} "
                 f"{CENTRE - half * 0.66} {sunk + 20} {left - 3} {corner + 1} Z")  # fmt: skip
    upper = path(f"M {left - 4} {corner} C {CENTRE - half * 0.45} {top - 10} {CENTRE - 14} {top - 15} "
                 f"{CENTRE} {top - 9} C {CENTRE + 14} {top - 15} {CENTRE + half * 0.45} {top - 10} "
                 f"{right + 4} {corner} C {CENTRE + half * 0.5} {top + 5 + lift * 0.3} "
                 f"{CENTRE - half * 0.5} {top + 5 + lift * 0.3} {left - 4} {corner} Z")  # fmt: skip
    canvas.shape(lower, Fade(darker(tone, 0.05), lighter(tone, 0.14)))
    canvas.shape(upper, Fade(darker(tone, 0.06), darker(tone, 0.22)))
    if not lips.closed:
        _inside(canvas, lips, opening)
    canvas.stroke(opening[:19], darker(tone, 0.6), width=4, taper=0.5, alpha=0.85 if lips.closed else 0.5)
    canvas.shape(oval(CENTRE - 5, rest + 8, half * 0.36, 3), lighter(tone, 0.75), alpha=0.5, blur=2.5)
    canvas.shape(oval(CENTRE - 8, top - 9, 8, 2.4), lighter(tone, 0.5), alpha=0.3, blur=2)
    if lift > 9:
        for side in (-1, 1):
            x = CENTRE + side * (half + 7)
            dimple = path(f"M {x} {corner - 8} Q {x + side * 6} {corner} {x + side} {corner + 8}")
            canvas.stroke(dimple, darker(person.skin, 0.42), width=4, taper=0.3, alpha=min(0.6, (lift - 9) * 0.1))


def _inside(canvas: Canvas, lips: Lips, opening: list[tuple[float, float]]) -> None:
    half, up, down, _, teeth = lips.parts()
    y = _MOUTH_Y
    canvas.shape(opening, Fade(darker(_CAVE, 0.45), _CAVE))
    tongue = oval(CENTRE, y + down + 6, half * 0.55, down * 0.5)
    canvas.shape(tongue, (204, 92, 92), alpha=min(1.0, down / 20), blur=2.5, inside=opening)
    if teeth > 0.05:
        edge = y - up * 0.2 + 3 + 7 * teeth
        row = path(f"M {CENTRE - half} {y - up - 20} L {CENTRE + half} {y - up - 20} "
                   f"L {CENTRE + half * 0.86} {edge - 6} Q {CENTRE} {edge + 4} "
                   f"{CENTRE - half * 0.86} {edge - 6} Z")  # fmt: skip
        canvas.shape(row, (251, 247, 241), alpha=min(1.0, teeth * 2), inside=opening)
    canvas.shape(oval(CENTRE, y - up - 3, half, 6), (60, 16, 24), alpha=0.4, blur=3, inside=opening)
