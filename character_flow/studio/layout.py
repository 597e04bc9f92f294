"""Where words may stand: the safe areas of each format, and the best free place for captions and the draft mark.

Vertical feeds lay their own words over a film. Measured on a 1080 x 1920 screen, the apps' published guides ask to keep
free: above, about 110-250 px (clock, tabs, search); below, 320-480 px (name, caption, sound, buttons, progress bar);
right, about 120-140 px (like, comment, share). Text therefore keeps out of the upper 12 %, the lower 20 % and the right
12 % at 9:16. Square and wide films play with controls only while touched: 5 % all round, 8 % below.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from character_flow.studio.shot import Box

_TALL, _OTHER = (0.06, 0.12, 0.88, 0.80), (0.05, 0.05, 0.95, 0.92)


@dataclass(frozen=True, slots=True)
class Place:
    """A free rectangle for captions: they stand in its middle, at most this wide and high."""

    centre: tuple[int, int]
    widest: int
    highest: int


def is_tall(size: tuple[int, int]) -> bool:
    """Say whether the film is upright, as feeds on telephones show it."""
    return size[1] > size[0] * 1.2


def is_wide(size: tuple[int, int]) -> bool:
    """Say whether the film lies, so that words stand beside pictures rather than above."""
    return size[0] > size[1] * 1.2


def safe_area(size: tuple[int, int]) -> Box:
    """Return the part of the frame where text may stand, in pixels."""
    left, top, right, bottom = _TALL if is_tall(size) else _OTHER
    return left * size[0], top * size[1], right * size[0], bottom * size[1]


def caption_size(size: tuple[int, int]) -> int:
    """Return how high caption letters are at most, in pixels."""
    return max(12, round(min(size[0] / 720, size[1] / 1280 * 1.3) * 56))


def union(boxes: Sequence[Box | None]) -> Box | None:
    """Return the smallest box that holds all of them; None where there is none."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    lefts, tops, rights, bottoms = zip(*known, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlap(first: Box, second: Box) -> bool:
    """Say whether two boxes have a part in common."""
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def caption_place(size: tuple[int, int], *, face: Box | None, product: Box | None) -> Place:
    """Return where captions stand while face and product stay within these boxes: below both where there is room."""
    safe = safe_area(size)
    gap = size[1] * 0.008
    taken = [(box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap) for box in (face, product) if box is not None]
    nominal = caption_size(size)
    wanted = (min(safe[2] - safe[0], nominal * 11.0), nominal * 3.4)
    best = max(_free(safe, taken), key=lambda entry: _worth(entry, wanted), default=(safe, 0.1))[0]
    left, top, right, bottom = best
    high = min(bottom - top, wanted[1] * 1.25)
    # Where there is more room than needed: at 75 % of the height, where eyes rest between face and buttons.
    middle = min(max(size[1] * 0.75, top + high / 2), bottom - high / 2)
    wide = min(right - left, nominal * 13.0)
    across = min(max(size[0] * 0.5, left + wide / 2), right - wide / 2)
    return Place((round(across), round(middle)), int(wide), int(high))


def _free(safe: Box, taken: Sequence[Box]) -> list[tuple[Box, float]]:
    """Return rectangles of the safe area that touch nothing, each with how welcome it is."""
    left, top, right, bottom = safe
    whole = union(taken)
    if whole is None:
        return [((left, top, right, bottom), 1.0)]
    face, last = taken[0], taken[-1]
    rooms = [
        ((left, max(top, whole[3]), right, bottom), 1.0),
        ((left, max(top, face[3]), min(right, last[0]), bottom), 0.8),
        ((max(left, last[2]), max(top, face[3]), right, bottom), 0.8),
        ((left, top, min(right, whole[0]), bottom), 0.75),
        ((max(left, whole[2]), top, right, bottom), 0.75),
        ((left, top, right, min(bottom, whole[1])), 0.6),
    ]
    return [(room, liked) for room, liked in rooms
            if room[0] < room[2] and room[1] < room[3] and not any(overlap(room, box) for box in taken)]  # fmt: skip


def _worth(entry: tuple[Box, float], wanted: tuple[float, float]) -> float:
    (left, top, right, bottom), liked = entry
    # What fits half the height still takes one line, what fits half the width makes letters half as large.
    return liked * min(1.0, (right - left) / wanted[0]) * math.sqrt(min(1.0, (bottom - top) / wanted[1]))


def mark_place(
    size: tuple[int, int], sign: tuple[int, int], *, face: Box | None, product: Box | None
) -> tuple[int, int]:
    """Return where the draft mark's upper left corner stands: above at the left, or at the right if that is freer."""
    left, top, right, _ = (round(edge) for edge in safe_area(size))
    taken = [box for box in (_with_hair(face), product) if box is not None]
    corners = [(left, top), (right - sign[0], top)]
    covered = [sum(_shared((x, y, x + sign[0], y + sign[1]), box) for box in taken) for x, y in corners]
    return corners[covered.index(min(covered))]


def _with_hair(face: Box | None) -> Box | None:
    if face is None:
        return None
    wide, high = face[2] - face[0], face[3] - face[1]
    return face[0] - wide * 0.3, face[1] - high * 0.5, face[2] + wide * 0.3, face[3]


def _shared(first: Box, second: Box) -> float:
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, across) * max(0.0, down)
