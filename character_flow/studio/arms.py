"""What an arm looks like: upper arm and forearm between two points, sleeves, cuffs and folds."""

import math

from character_flow.studio.cast import Person
from character_flow.studio.hands import curved, tapered
from character_flow.studio.paint import RGB, Canvas, Point, darker, lighter

UPPER = 385.0
FOREARM = 300.0
_SHOULDER, _ELBOW, _WRIST = 146.0, 116.0, 62.0


def draw_upper(canvas: Canvas, person: Person, *, start: Point, end: Point) -> None:
    """Draw the upper arm from the shoulder's joint to the elbow."""
    thick = 0.5 + 0.5 * person.build
    widths = (_SHOULDER * thick, 132 * thick, _ELBOW * thick)
    if person.sleeve == "short":
        _limb(canvas, person.skin, start, end, (widths[0] * 0.9, 104 * thick, 92 * thick))
        hem = _along(start, end, 0.56)
        _limb(canvas, person.top, start, hem, (widths[0], 144 * thick, 134 * thick))
        _band(canvas, person.top, start, end, at=0.545, width=134 * thick)
        return
    _limb(canvas, person.top, start, end, widths)
    _folds(canvas, person.top, start, end, widths=widths, places=(0.62, 0.74, 0.86))


def draw_forearm(canvas: Canvas, person: Person, *, elbow: Point, wrist: Point) -> None:
    """Draw the forearm from the elbow to the wrist, with the sleeve the person wears."""
    thick = 0.5 + 0.5 * person.build
    arm = (92 * thick, 88 * thick, _WRIST * thick)
    # What is in front of the body throws its shadow on it.
    cast = tapered([(elbow[0] + 4, elbow[1] + 12), (wrist[0] + 10, wrist[1] + 12)], (_ELBOW * thick, arm[2] * 1.1))
    canvas.shape(cast, (24, 12, 20), alpha=0.26, blur=13)
    _limb(canvas, person.skin, elbow, wrist, arm)
    if person.sleeve == "short":
        return
    until = 0.36 if person.sleeve == "rolled" else 0.90
    ends = 104 * thick if person.sleeve == "rolled" else 84 * thick
    cuff = _along(elbow, wrist, until)
    widths = (_ELBOW * thick, (_ELBOW * 0.5 + ends * 0.5) * 1.04, ends)
    _limb(canvas, person.top, elbow, cuff, widths, flat=True)
    places = (0.12, 0.26, 0.44, 0.66) if until > 0.5 else (0.2, 0.5)
    _folds(canvas, person.top, elbow, cuff, widths=widths, places=places)
    _band(canvas, person.top, elbow, wrist, at=until - 0.02, width=ends * 1.04)


def _along(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _limb(
    canvas: Canvas, tone: RGB, start: Point, end: Point, widths: tuple[float, float, float], *, flat: bool = False
) -> None:
    """Draw one smooth limb: light from the upper left, shade on the other side."""
    line = curved(start, _along(start, end, 0.5), end)
    thick = [_width(widths, i / 9) for i in range(10)]
    outline = tapered(line, thick)
    if flat:
        outline = outline[:10] + outline[21:]  # a sleeve ends in a straight hem, not in a round tip
    canvas.shape(outline, tone)
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    nx, ny = -math.sin(turn), math.cos(turn)
    if nx * -0.8 + ny * -0.6 < 0:
        nx, ny = -nx, -ny
    away = [(x - nx * w * 0.42, y - ny * w * 0.42) for (x, y), w in zip(line, thick, strict=True)]
    near = [(x + nx * w * 0.26, y + ny * w * 0.26) for (x, y), w in zip(line, thick, strict=True)]
    edge = [(x + nx * w * 0.47, y + ny * w * 0.47) for (x, y), w in zip(line, thick, strict=True)]
    canvas.shape(tapered(away, [w * 0.52 for w in thick]), darker(tone, 0.5), alpha=0.52, blur=11, inside=outline)
    canvas.shape(tapered(near, [w * 0.26 for w in thick]), lighter(tone, 0.4), alpha=0.28, blur=10, inside=outline)
    canvas.shape(tapered(edge, [8.0] * 10), lighter(tone, 0.6), alpha=0.30, blur=3.5, inside=outline)


def _width(widths: tuple[float, float, float], share: float) -> float:
    low, middle, high = widths
    return low + (middle - low) * share * 2 if share < 0.5 else middle + (high - middle) * (share * 2 - 1)


def _folds(
    canvas: Canvas,
    tone: RGB,
    start: Point,
    end: Point,
    *,
    widths: tuple[float, float, float],
    places: tuple[float, ...],
) -> None:
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    ux, uy, nx, ny = math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn)
    for number, place in enumerate(places):
        (x, y), half = _along(start, end, place), _width(widths, place) * 0.46
        side = 1 if number % 2 else -1
        a = (x + nx * half * side, y + ny * half * side)
        c = (x - nx * half * 0.35 * side + ux * 16, y - ny * half * 0.35 * side + uy * 16)
        b = (x + ux * 22, y + uy * 22)
        canvas.stroke(curved(a, b, c), darker(tone, 0.5), width=13, taper=0.05, alpha=0.30, blur=5)
        lit = curved((a[0] - ux * 8, a[1] - uy * 8), (b[0] - ux * 8, b[1] - uy * 8), (c[0] - ux * 8, c[1] - uy * 8))
        canvas.stroke(lit, lighter(tone, 0.4), width=8, taper=0.05, alpha=0.20, blur=4)


def _band(canvas: Canvas, tone: RGB, start: Point, end: Point, *, at: float, width: float) -> None:
    """Draw a cuff or hem across the limb."""
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    ux, uy, nx, ny = math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn)
    (x, y), half = _along(start, end, at), width / 2
    left, right = (x + nx * half, y + ny * half), (x - nx * half, y - ny * half)
    middle = (x + ux * 12, y + uy * 12)
    # Straight at both ends, like everything that goes round an arm.
    hem = tapered(curved(left, middle, right), [30.0] * 10)
    cuff = hem[:10] + hem[21:31]
    canvas.shape([(px + ux * 7, py + uy * 7) for px, py in cuff], darker(tone, 0.8), alpha=0.28, blur=5)
    canvas.shape(cuff, lighter(tone, 0.08))
    canvas.shape(
        tapered(curved(middle, middle, right), [30.0] * 10), darker(tone, 0.5), alpha=0.28, blur=8, inside=cuff
    )
    seam = [(px - ux * 9, py - uy * 9) for px, py in curved(left, middle, right)]
    canvas.stroke(seam, darker(tone, 0.45), width=2.5, alpha=0.4, inside=cuff)
