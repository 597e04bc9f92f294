"""What kind of thing has this outline: named where the outline is telling, `item` where it could be many things."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.regions import Mask, filled

Shape: TypeAlias = Literal["bottle", "tube", "box", "bag", "cup", "shoe", "phone", "item"]


@dataclass(frozen=True, slots=True)
class _Profile:
    """An outline in numbers: how wide it is (0..1 of its box) at heights counted from the top."""

    tall: float
    solid: float
    crown: float
    top: float
    upper: float
    middle: float
    lower: float
    foot: float
    sole: float
    taper: float
    bend: float
    lean: float
    opening: float


def shape_of(mask: Mask, lightness: NDArray[np.float32]) -> tuple[Shape, float]:
    """Return the shape and how sure it is, 0..1; `lightness` (0..100) tells a screen from a carton."""
    line = _profile(mask)
    if line.opening > 0.012 and 0.55 < line.tall < 1.6:
        return "cup", 0.75
    if line.tall > 1.5 and line.upper < 0.72 * line.middle:
        return "bottle", 0.8 if line.upper < 0.6 * line.middle else 0.65
    if line.tall > 1.75 and abs(line.taper) > 0.22:
        return "tube", 0.65
    if line.tall < 0.8 and line.solid < 0.82 and line.upper < 0.62 and line.foot > 0.85 and line.lean > 0.06:
        return "shoe", 0.65
    if _is_phone(line, mask, lightness):
        return "phone", 0.65
    if 1.15 < line.tall <= 2.5 and line.solid > 0.8 and line.middle > line.top + 0.04 and line.foot > 0.8:
        return "bag", 0.55
    if 0.8 < line.tall < 1.75 and line.taper < -0.10 and line.bend < 0.03 and line.solid > 0.72:
        return "cup", 0.6
    if line.solid > 0.9 and 0.5 < line.tall <= 2.6:
        # A can or a jar is round at its foot; a carton seen from the front is straight.
        return ("box", 0.6) if min(line.crown, line.sole) > 0.88 else ("item", 0.4)
    return "item", 0.3


def _is_phone(line: _Profile, mask: Mask, lightness: NDArray[np.float32]) -> bool:
    """Say whether this is a long slab with round corners and one dark, empty face."""
    is_slab = 1.7 < line.tall < 2.4 and line.solid > 0.935 and min(line.upper, line.middle, line.lower) > 0.95
    is_round = 0.3 < line.crown < 0.96 and 0.3 < line.sole < 0.96
    if not (is_slab and is_round):
        return False
    seen = lightness[mask]
    return float((seen < 30).mean()) > 0.6


def _profile(mask: Mask) -> _Profile:
    height, width = mask.shape
    outline = filled(mask)
    rows = outline.sum(axis=1) / width

    def between(first: float, last: float) -> float:
        return float(np.median(rows[int(height * first) : max(int(height * first) + 1, int(height * last))]))

    upper = outline[: max(1, height * 3 // 10)]
    columns = np.flatnonzero(upper.any(axis=0))
    lean = abs(float(columns.mean()) / width - 0.5) if len(columns) else 0.0
    # A straight side from top to foot: how much narrower or wider, and how far it bends from a line.
    heights = np.linspace(0.08, 0.92, 15)
    widths = np.array([between(at - 0.02, at + 0.02) for at in heights])
    slope, start = np.polyfit(heights, widths, 1)
    bend = float(np.abs(widths - (slope * heights + start)).mean())
    return _Profile(
        tall=height / width,
        solid=float(outline.mean()),
        crown=between(0.0, 0.014),
        top=between(0.0, 0.10),
        upper=between(0.0, 0.30),
        middle=between(0.4, 0.8),
        lower=between(0.7, 0.88),
        foot=between(0.88, 0.97),
        sole=between(0.986, 1.0),
        taper=float(slope),
        bend=bend,
        lean=lean,
        opening=float((outline & ~mask).mean()),
    )
