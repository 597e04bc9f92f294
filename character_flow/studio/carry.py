"""How a presenter carries the product: gripped round its side or resting on the hand, as one part with the forearm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from character_flow.studio import arms, hands
from character_flow.studio.body import shoulder
from character_flow.studio.cast import Person
from character_flow.studio.hold import product_piece
from character_flow.studio.paint import Canvas, Point, shadow_of
from character_flow.studio.product import ProductLook
from character_flow.studio.puppet import FINE, Part, part_of

_SLIM = 265.0
_LARGE = 62_000.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a product may be held, in units of the figure: nothing right of `right`, nothing of it below `foot`."""

    right: float
    foot: float
    slim: tuple[float, float]
    wide: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Carried:
    """Forearm, hand and product as one part about the elbow; `product` are its corners in pixels from the elbow."""

    part: Part
    elbow: Point
    product: tuple[Point, Point]


def carried(look: ProductLook, who: Person, *, scale: float, reach: Reach) -> Carried:
    """Draw the product in the presenter's hand; `scale` is pixels a unit."""
    piece = _piece(look, reach.slim, scale)
    if look.cut and piece.height > 1.15 * piece.width:
        piece = _piece(look, (min(reach.slim[0], _SLIM), reach.slim[1]), scale)  # upright: as broad as a hand can grip
    flat = not look.cut or piece.width > _SLIM * scale + 1
    if flat or piece.height < reach.slim[1] * scale * 0.62:
        piece = _piece(look, reach.wide, scale)
        flat = not look.cut or piece.width > _SLIM * scale + 1
    elif piece.width * piece.height < _LARGE * scale * scale:
        # What is very slim is shown longer: it must still be seen.
        piece = _piece(look, (reach.slim[0], reach.slim[1] * 1.25), scale)
    wide, high = piece.width / scale, piece.height / scale
    if flat:
        # The hand lies under the middle; thumb and wrist stay in the picture.
        left = min(reach.right - wide, reach.right - 150 - wide * 0.58)
        left = max(left, reach.right - wide - 60)
        grip = (left + wide * 0.58, reach.foot)
        wrist = (grip[0] + 92, grip[1] + 78)
    else:
        row = round(piece.height * 0.78)
        edge = _edge(piece, row) / scale
        left = reach.right - 118 - edge
        grip = (left + edge, reach.foot - high * 0.22)
        wrist = (grip[0] + 48, grip[1] + 98)
    corner = (left, reach.foot - high)
    # Where the hand is far out or low the elbow follows, as far as the upper arm can.
    far = shoulder(who, 1)
    elbow = (min(max(wrist[0] + 14, far[0] + 24), far[0] + 165), max(1118.0, wrist[1] + 190))
    return _drawn(look, who, piece, scale=scale, flat=flat, grip=grip, wrist=wrist, elbow=elbow, corner=corner)


def _drawn(
    look: ProductLook,
    who: Person,
    piece: Image.Image,
    *,
    scale: float,
    flat: bool,
    grip: Point,
    wrist: Point,
    elbow: Point,
    corner: Point,
) -> Carried:
    wide = piece.width / scale
    left = min(corner[0], grip[0] - 120) - 60
    top = min(corner[1], grip[1] - 120) - 40
    right, bottom = max(corner[0] + wide, elbow[0] + 90, grip[0] + 170) + 30, elbow[1] + 120

    def canvas() -> Canvas:
        return Canvas(right - left, bottom - top, scale=scale, origin=(-left, -top))

    behind = canvas()
    arms.draw_forearm(behind, who, elbow=elbow, wrist=wrist)
    front = canvas()
    if flat:
        hands.draw_tray_behind(behind, who, x=grip[0], y=grip[1])
        hands.draw_tray(front, who, x=grip[0], y=grip[1])
    else:
        hands.draw_grip_behind(behind, who, x=grip[0], y=grip[1])
        across = _width(piece, round(piece.height * 0.78)) / scale
        hands.draw_grip(front, who, x=grip[0], y=grip[1], reach=min(118.0, 0.62 * across))
    sheet = behind.finished()
    at = (round((corner[0] - left) * scale), round((corner[1] - top) * scale))
    shade = shadow_of(piece.getchannel("A"), blur=max(2.0, 11 * scale), alpha=0.38)
    pad = (shade.width - piece.width) // 2
    _over(sheet, shade, (at[0] - pad - round(8 * scale), at[1] - pad + round(12 * scale)))
    _over(sheet, piece, at)
    sheet.alpha_composite(front.finished())
    joint = ((elbow[0] - left) * scale, (elbow[1] - top) * scale)
    first = (at[0] - joint[0], at[1] - joint[1])
    return Carried(part_of(sheet, joint, grain=FINE), elbow, (first, (first[0] + piece.width, first[1] + piece.height)))


def _piece(look: ProductLook, limits: tuple[float, float], scale: float) -> Image.Image:
    return product_piece(look, widest=max(8, round(limits[0] * scale)), highest=max(8, round(limits[1] * scale)))


def _filled(piece: Image.Image, row: int) -> NDArray[np.intp]:
    alpha = np.asarray(piece.getchannel("A"))[max(0, row - 6) : row + 7].max(axis=0)
    return np.flatnonzero(alpha > 96)


def _edge(piece: Image.Image, row: int) -> int:
    filled = _filled(piece, row)
    return int(filled[-1]) if len(filled) else piece.width


def _width(piece: Image.Image, row: int) -> int:
    filled = _filled(piece, row)
    return int(filled[-1] - filled[0]) if len(filled) else piece.width


def _over(sheet: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    source = (max(0, -at[0]), max(0, -at[1]))
    if source[0] < layer.width and source[1] < layer.height:
        sheet.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), source)
