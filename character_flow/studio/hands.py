"""What a hand looks like: five fingers and a palm from a few numbers, and the two ways it holds a product."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from character_flow.studio.cast import Person
from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, loop, mix, oval, path

# Index to little finger, thumb side at +x: where each begins, how long and how thick it is (units).
_ROOTS: tuple[Point, ...] = ((37, -112), (13, -121), (-12, -118), (-36, -104))
_LENGTHS = (108, 122, 112, 88)
_THICK = (33.0, 34.0, 32.5, 28.0)
_FAN = (1.0, 0.32, -0.36, -1.15)


@dataclass(frozen=True, slots=True)
class HandPose:
    """How a hand stands, fingers up from the wrist at (0, 0).

    `curls` 0 straight .. 1 in the fist, index to little finger; `spread` and `thumb` are degrees; `turn` runs
    from 1 (the palm is seen, thumb on the right) to -1 (the back is seen, thumb on the left).
    """

    curls: tuple[float, float, float, float]
    spread: float
    thumb: float
    turn: float

    def towards(self, other: "HandPose", share: float) -> "HandPose":
        """Return the pose that lies `share` (0..1) of the way to the other."""
        a, b, c, d = (x + (y - x) * share for x, y in zip(self.curls, other.curls, strict=True))
        return HandPose(
            (a, b, c, d),
            self.spread + (other.spread - self.spread) * share,
            self.thumb + (other.thumb - self.thumb) * share,
            self.turn + (other.turn - self.turn) * share,
        )


OPEN = HandPose((0.02, 0.0, 0.05, 0.10), 11, 46, 1.0)
RELAXED = HandPose((0.22, 0.26, 0.30, 0.34), 4, 40, -1.0)
POINTING = HandPose((0.0, 0.86, 0.92, 0.96), 3, 42, -1.0)
FLAT = HandPose((0.05, 0.04, 0.06, 0.10), 5, 42, -1.0)


def tapered(points: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """Return the outline of a limb along the points, as thick as told at each, with round ends."""
    left: list[Point] = []
    right: list[Point] = []
    count = len(points)
    for i, (x, y) in enumerate(points):
        before, after = points[max(0, i - 1)], points[min(count - 1, i + 1)]
        along = math.atan2(after[1] - before[1], after[0] - before[0])
        half = widths[i] / 2
        left.append((x - math.sin(along) * half, y + math.cos(along) * half))
        right.append((x + math.sin(along) * half, y - math.cos(along) * half))
    first = math.atan2(points[1][1] - points[0][1], points[1][0] - points[0][0])
    last = math.atan2(points[-1][1] - points[-2][1], points[-1][0] - points[-2][0])
    return [
        *left,
        *_cap(points[-1], last, widths[-1] / 2),
        *right[::-1],
        *_cap(points[0], first + math.pi, widths[0] / 2),
    ]


def _cap(at: Point, along: float, half: float) -> list[Point]:
    turns = [along + math.pi / 2 - math.pi * step / 12 for step in range(1, 12)]
    return [(at[0] + half * math.cos(turn), at[1] + half * math.sin(turn)) for turn in turns]


def curved(start: Point, bend: Point, end: Point, *, steps: int = 9) -> list[Point]:
    """Return points of the curve from start to end that leans towards `bend`."""
    line: list[Point] = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
        line.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return line


def nail_of(person: Person) -> RGB:
    """Return the colour of a person's finger nails."""
    return mix(person.skin, person.lips, 0.8) if person.lashes else lighter(person.skin, 0.28)


def draw_hand(canvas: Canvas, person: Person, pose: HandPose) -> None:
    """Draw a free hand, wrist at (0, 0), fingers upwards."""
    # Seen on its edge a hand still has a thickness.
    across = math.copysign(max(0.34, abs(pose.turn)), pose.turn)
    fingers = [_finger_line(pose, number, across) for number in range(4)]
    thumb = _thumb_line(pose, across)
    palm = [(x * across, y) for x, y in loop([(-29, 16), (-40, -30), (-52, -76), (-52, -108), (-30, -122), (10, -132),
                                              (46, -122), (54, -96), (50, -50), (31, 16)])]  # fmt: skip
    seen = pose.turn > 0
    for line in (*fingers, [(0.0, 0.0), (0.0, -90.0)]):
        cast = tapered([(x + 5, y + 9) for x, y in line], [34 if len(line) > 2 else 80 * abs(across)] * len(line))
        canvas.shape(cast, (24, 12, 20), alpha=0.10, blur=9)
    if not seen:
        _digit(canvas, person, thumb, (40, 34, 31, 27), curl=0.0, nail=True)
    for number in (3, 2, 1, 0):
        thick = _THICK[number] * (0.86 + 0.14 * abs(across))
        _digit(canvas, person, fingers[number], (thick, thick * 0.98, thick * 0.9, thick * 0.74),
               curl=pose.curls[number], nail=not seen)  # fmt: skip
    skin = person.skin
    inner = mix(lighter(skin, 0.10), person.lips, 0.08)
    canvas.shape(
        palm, Fade(lighter(skin, 0.07), darker(skin, 0.05)) if not seen else Fade(inner, mix(inner, skin, 0.6))
    )
    if seen:
        _palm_lines(canvas, person, palm, across)
        _digit(canvas, person, thumb, (46, 38, 32, 27), curl=0.0, nail=False)
        # The ball of the thumb is one with the palm: no edge where they meet.
        canvas.shape(oval(16 * across, -32, 25 * abs(across), 32), mix(inner, skin, 0.25), blur=7, inside=palm)
        canvas.shape(oval(30 * across, -58, 15 * abs(across), 26), lighter(skin, 0.3), alpha=0.3, blur=9)
    else:
        _knuckles(canvas, person, palm, across, pose)


def _finger_line(pose: HandPose, number: int, across: float) -> list[Point]:
    x, y = _ROOTS[number]
    curl = pose.curls[number]
    lean = math.radians(pose.spread * _FAN[number])
    long = _LENGTHS[number] * (1 - 0.70 * curl)
    bow = (4 if number < 2 else -4) * (1 - curl)
    tip = (x + long * math.sin(lean), y - long * math.cos(lean))
    middle = ((x + tip[0]) / 2 + bow, (y + tip[1]) / 2)
    return [(px * across, py) for px, py in curved((x, y + 26), middle, tip)]


def _thumb_line(pose: HandPose, across: float) -> list[Point]:
    lean = math.radians(pose.thumb)
    root = (26.0, -34.0)
    joint = (root[0] + 52 * math.sin(lean), root[1] - 52 * math.cos(lean))
    # The last joint bends back towards the fingers.
    bent = lean * 0.62
    tip = (joint[0] + 50 * math.sin(bent), joint[1] - 50 * math.cos(bent))
    return [(px * across, py) for px, py in curved(root, joint, tip)]


def _digit(
    canvas: Canvas,
    person: Person,
    line: list[Point],
    widths: tuple[float, float, float, float],
    *,
    curl: float,
    nail: bool,
) -> None:
    skin, count = person.skin, len(line)
    thick = [_between(widths, i / (count - 1)) for i in range(count)]
    outline = tapered(line, thick)
    canvas.shape([(x + 3, y + 5) for x, y in outline], darker(skin, 0.7), alpha=0.22, blur=5)
    canvas.shape(outline, darker(skin, 0.20 + 0.10 * curl))
    body = tapered([(x - 1.6, y - 1.2) for x, y in line], [w - 4.5 for w in thick])
    canvas.shape(body, mix(lighter(skin, 0.08), darker(skin, 0.10), curl), blur=1.6, inside=outline)
    shine = tapered([(x - w * 0.16, y) for (x, y), w in zip(line[2:-1], thick[2:-1], strict=True)],
                    [w * 0.30 for w in thick[2:-1]])  # fmt: skip
    canvas.shape(shine, lighter(skin, 0.45), alpha=0.30 * (1 - 0.5 * curl), blur=4, inside=outline)
    if curl < 0.55:
        for place in (0.42, 0.70):
            _crease(canvas, person, line, thick, round(place * (count - 1)), inside=outline)
    if nail and curl < 0.5:
        _nail(canvas, person, line, thick[-1])


def _between(widths: Sequence[float], share: float) -> float:
    place = share * (len(widths) - 1)
    low = min(int(place), len(widths) - 2)
    return widths[low] + (widths[low + 1] - widths[low]) * (place - low)


def _crease(
    canvas: Canvas, person: Person, line: list[Point], thick: list[float], at: int, *, inside: list[Point]
) -> None:
    (x, y), half = line[at], thick[at] * 0.34
    along = math.atan2(line[at + 1][1] - line[at - 1][1], line[at + 1][0] - line[at - 1][0])
    nx, ny = -math.sin(along) * half, math.cos(along) * half
    mark = curved((x - nx, y - ny), (x + math.cos(along) * 4, y + math.sin(along) * 4), (x + nx, y + ny), steps=5)
    canvas.stroke(mark, darker(person.skin, 0.42), width=2.6, taper=0.2, alpha=0.45, inside=inside)


def _nail(canvas: Canvas, person: Person, line: list[Point], thick: float) -> None:
    (x, y), (bx, by) = line[-1], line[-3]
    long = max(1e-6, math.hypot(x - bx, y - by))
    ux, uy = (x - bx) / long, (y - by) / long
    tip, root = (x + ux * thick * 0.30, y + uy * thick * 0.30), (x - ux * thick * 0.28, y - uy * thick * 0.28)
    plate = tapered([root, tip], [thick * 0.56, thick * 0.50])
    canvas.shape(plate, nail_of(person), alpha=0.95)
    canvas.shape(tapered([(root[0] - 2, root[1]), (tip[0] - 2, tip[1])], [3, 3]), (255, 255, 255), alpha=0.45, blur=1.5)


def _palm_lines(canvas: Canvas, person: Person, palm: list[Point], across: float) -> None:
    ink = darker(person.skin, 0.36)
    for line in (
        "M 44 -92 C 14 -96 -6 -70 2 -4",
        "M 50 -100 C 20 -92 -10 -86 -34 -70",
        "M -46 -92 C -20 -84 4 -96 14 -114",
    ):
        canvas.stroke([(x * across, y) for x, y in path(line)], ink, width=3, taper=0.15, alpha=0.45, inside=palm)
    canvas.shape(
        oval(-34 * across, -44, 16 * abs(across), 40), darker(person.skin, 0.2), alpha=0.28, blur=10, inside=palm
    )


def _knuckles(canvas: Canvas, person: Person, palm: list[Point], across: float, pose: HandPose) -> None:
    skin = person.skin
    for number, (x, y) in enumerate(_ROOTS):
        spot = oval(x * across, y + 8, 11, 9)
        canvas.shape(spot, lighter(skin, 0.32), alpha=0.40 + 0.25 * pose.curls[number], blur=5)
        gap = path(f"M {(x - 13) * across} {y + 2} C {(x - 12) * across} {y + 20} {(x - 10) * across} {y + 34} "
                   f"{(x - 8) * across} {y + 48}")  # fmt: skip
        if number < 3:
            canvas.stroke(gap, darker(skin, 0.4), width=5, taper=0.1, alpha=0.32, blur=2, inside=palm)
    canvas.shape(oval(-42 * across, -50, 14, 50), darker(skin, 0.3), alpha=0.3, blur=9, inside=palm)


def draw_grip_behind(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw what lies behind a slim product gripped at its right edge x: the palm and the thumb's tip."""
    skin = person.skin
    hand = path(f"M {x - 30} {y - 66} C {x + 10} {y - 92} {x + 76} {y - 74} {x + 96} {y - 30} "
                f"C {x + 112} {y + 10} {x + 104} {y + 70} {x + 78} {y + 116} L {x + 14} {y + 118} "
                f"C {x - 20} {y + 100} {x - 40} {y + 40} {x - 30} {y - 66} Z")  # fmt: skip
    canvas.shape(hand, Fade(lighter(skin, 0.05), darker(skin, 0.14), across=True))


def draw_grip(canvas: Canvas, person: Person, *, x: float, y: float, reach: float) -> None:
    """Draw four fingers wrapped round the product's front from the edge at x, `reach` units to the left."""
    skin = person.skin
    back = path(f"M {x + 2} {y - 78} C {x + 30} {y - 96} {x + 74} {y - 84} {x + 94} {y - 44} "
                f"C {x + 112} {y - 4} {x + 106} {y + 60} {x + 80} {y + 124} L {x + 14} {y + 122} "
                f"C {x + 16} {y + 60} {x - 6} {y + 20} {x + 2} {y - 78} Z")  # fmt: skip
    canvas.shape(back, Fade(lighter(skin, 0.05), darker(skin, 0.20), across=True))
    canvas.shape(oval(x + 92, y + 20, 18, 76), darker(skin, 0.45), alpha=0.35, blur=12, inside=back)
    for number, length in reversed(tuple(enumerate((0.92, 1.0, 0.97, 0.82)))):
        thick = 40.0 if number < 3 else 34.0
        _wrapped(
            canvas, person, tip=x - reach * length, base=x + 56 - number * 5, top=y - 74 + number * 42, thick=thick
        )


def _wrapped(canvas: Canvas, person: Person, *, tip: float, base: float, top: float, thick: float) -> None:
    skin, low = person.skin, top + thick
    finger = path(
        f"M {base} {top - 3} C {base - 40} {top - 6} {tip + 40} {top - 2} {tip + 17} {top} "
        f"C {tip - 7} {top + 4} {tip - 7} {low - 4} {tip + 17} {low} "
        f"C {tip + 40} {low + 1} {base - 40} {low + 4} {base} {low + 4} "
        f"C {base + 20} {low + 2} {base + 20} {top} {base} {top - 3} Z"
    )
    canvas.shape([(px - 5, py + 9) for px, py in finger], darker(skin, 0.8), alpha=0.34, blur=6)
    canvas.shape(finger, Fade(lighter(skin, 0.11), darker(skin, 0.15)))
    canvas.shape(oval((tip + base) / 2, top + thick * 0.26, (base - tip) * 0.36, 5), lighter(skin, 0.5), alpha=0.32,
                 blur=4, inside=finger)  # fmt: skip
    canvas.stroke(path(f"M {tip + 10} {low - 2} C {tip + 40} {low} {base - 40} {low + 3} {base + 6} {low + 3}"),
                  darker(skin, 0.5), width=4, taper=0.2, alpha=0.5)  # fmt: skip
    canvas.shape(oval(base + 2, top + thick * 0.42, 16, 12), lighter(skin, 0.35), alpha=0.35, blur=6)
    canvas.shape(oval(tip + 15, top + thick * 0.47, 12, 10.5), darker(skin, 0.25), alpha=0.5)
    canvas.shape(oval(tip + 14, top + thick * 0.46, 11.5, 9.5), nail_of(person), alpha=0.95)
    canvas.shape(oval(tip + 12, top + thick * 0.38, 5, 2.4), (255, 255, 255), alpha=0.6, blur=1.2)
    joint = (tip + base) / 2 + 6
    for shift in (0, 5):
        crease = path(
            f"M {joint + shift} {top + 10} Q {joint + shift - 6} {top + thick / 2} {joint + shift} {low - 10}"
        )
        canvas.stroke(crease, darker(skin, 0.4), width=2.4, taper=0.2, alpha=0.32)


def draw_tray_behind(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw the flat hand under a wide product that ends at y: the fingers behind its lower edge."""
    skin = person.skin
    palm = path(f"M {x - 96} {y - 8} C {x - 40} {y - 34} {x + 60} {y - 40} {x + 118} {y - 10} "
                f"C {x + 140} {y + 20} {x + 130} {y + 56} {x + 96} {y + 66} C {x + 30} {y + 60} {x - 60} {y + 40} "
                f"{x - 96} {y - 8} Z")  # fmt: skip
    canvas.shape(palm, Fade(darker(skin, 0.10), darker(skin, 0.26)))


def draw_tray(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw what is before a wide product resting on the hand: the fingers under its edge, the thumb in front."""
    skin = person.skin
    for dx, dy, long, tone in ((16, 44, 118, 0.22), (4, 26, 150, 0.13), (0, 7, 158, 0.0)):
        line = curved((x + 92 + dx, y + dy + 14), (x - 10 + dx, y + dy + 8), (x + 70 - long + dx, y + dy - 4))
        outline = tapered(line, [40 - 12 * (i / 9) ** 1.6 for i in range(10)])
        canvas.shape([(px, py + 7) for px, py in outline], darker(skin, 0.8), alpha=0.26, blur=6)
        canvas.shape(outline, Fade(lighter(darker(skin, tone), 0.10), darker(skin, 0.14 + tone)))
        canvas.shape(
            oval(x + 66 - long + dx, y + dy - 5, 9, 8), nail_of(person), alpha=0.9 if tone == 0 else 0.4, inside=outline
        )
    heel = path(f"M {x + 36} {y + 14} C {x + 60} {y - 20} {x + 116} {y - 22} {x + 134} {y + 16} "
                f"C {x + 146} {y + 50} {x + 138} {y + 84} {x + 120} {y + 104} L {x + 60} {y + 96} "
                f"C {x + 30} {y + 70} {x + 20} {y + 40} {x + 36} {y + 14} Z")  # fmt: skip
    canvas.shape(heel, Fade(lighter(skin, 0.06), darker(skin, 0.16), across=True))
    line = curved((x + 92, y + 34), (x + 70, y - 30), (x + 18, y - 62))
    outline = tapered(line, [62 - 30 * (i / 9) ** 0.8 for i in range(10)])
    canvas.shape([(px - 6, py + 9) for px, py in outline], darker(skin, 0.8), alpha=0.32, blur=7)
    canvas.shape(outline, Fade(lighter(skin, 0.11), darker(skin, 0.12)))
    canvas.shape(oval(x + 84, y - 4, 16, 26), lighter(skin, 0.4), alpha=0.3, blur=8, inside=outline)
    nail = tapered([(x + 32, y - 56), (x + 13, y - 66)], [19, 17])
    canvas.shape(nail, nail_of(person), alpha=0.95)
    canvas.shape(oval(x + 20, y - 67, 6, 2.4), (255, 255, 255), alpha=0.55, blur=1.2)
    canvas.stroke(path(f"M {x + 52} {y - 58} Q {x + 60} {y - 44} {x + 58} {y - 30}"), darker(skin, 0.4), width=2.6,
                  taper=0.2, alpha=0.4)  # fmt: skip
