"""How a photograph presents: the picture of a custom character, moved like a hand-held camera, the product beside it.

Nobody's lips are moved: it is a photograph, and looks like one.
"""

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from character_flow.studio import darkroom, hold
from character_flow.studio.darkroom import Layout
from character_flow.studio.paint import lighter, shadow_of
from character_flow.studio.shot import Box, Boxes, Look, eased, lay

_ROOM_TO_MOVE = 1.08
_SMALLER = (1.0, 0.9, 0.8, 0.72, 0.64, 0.57, 0.5, 0.42, 0.35)


@dataclass(frozen=True, slots=True)
class _Camera:
    """The part of the world that is seen: its upper left corner, and how much of the world a pixel of film shows."""

    left: float
    top: float
    unit: float

    def seen(self, world: Image.Image, size: tuple[int, int]) -> Image.Image:
        box = (self.left, self.top, self.left + size[0] * self.unit, self.top + size[1] * self.unit)
        return world.resize(size, Image.Resampling.BILINEAR, box=box)

    def on_film(self, box: Box) -> Box:
        """Return where a box of the world lies on the film."""
        left, top, unit = self.left, self.top, self.unit
        return (box[0] - left) / unit, (box[1] - top) / unit, (box[2] - left) / unit, (box[3] - top) / unit


class PhotoShot:
    """A custom character: the photograph itself, moved slowly, with the product on a card; no moving lips."""

    def __init__(self, look: Look, *, avatar: Image.Image) -> None:
        self._size = look.size
        self._world = (round(look.size[0] * _ROOM_TO_MOVE), round(look.size[1] * _ROOM_TO_MOVE))
        plan = darkroom.layout(look.size)
        picture = darkroom.develop(avatar.convert("RGB"), self._world, plan=plan, accent=look.accent)
        self._ground, self._near = picture.ground, picture.near
        self._face, self._focus = picture.face, picture.focus
        self._card, self._card_box = self._beside(look, plan)

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: the camera closes in on the face, the product's card stays beside it."""
        frame = self._camera(seconds, share, near=self._near is None).seen(self._ground, self._size)
        if self._near is not None:
            # What is nearer moves more than the wall behind: that is depth.
            near = self._camera(seconds, share, near=True).seen(self._near, self._size)
            lay(frame, near, (0, 0))
        lay(frame, self._card, self._card_at(seconds))
        return frame

    def boxes(self, seconds: float, share: float) -> Boxes:
        """Return where face and product are; where no face was found, where one would be in a portrait."""
        left, top = self._card_at(seconds)
        inner = self._card_box
        product = (left + inner[0], top + inner[1], left + inner[2], top + inner[3])
        return Boxes(face=self._camera(seconds, share, near=True).on_film(self._face), product=product)

    def _camera(self, seconds: float, share: float, *, near: bool) -> _Camera:
        depth = 1.0 if near else 0.35
        zoom = 1.0 + (0.065 * eased(share) + 0.008 * math.sin(seconds * 0.9)) * depth
        (width, height), (wide, high) = self._size, self._world
        # Two hundredths stay beside the frame for the sway of the hand.
        unit = min(wide / width, high / height) / 1.02 / zoom
        room_x, room_y = wide - width * unit, high - height * unit
        at_x, at_y = self._focus[0] / wide, self._focus[1] / high
        sway_x, sway_y = 0.009 * wide * math.sin(seconds * 0.7), 0.009 * high * math.sin(seconds * 1.1 + 1)
        left, top = room_x * at_x + sway_x * depth, room_y * at_y + sway_y * depth
        return _Camera(min(max(0.0, left), room_x), min(max(0.0, top), room_y), unit)

    def _card_at(self, seconds: float) -> tuple[int, int]:
        sway = round(self._size[1] * 0.003 * math.sin(seconds * 1.7))
        return self._spot[0], self._spot[1] + sway

    def _beside(self, look: Look, plan: Layout) -> tuple[Image.Image, Box]:
        """Return the card and its bare box: the largest that stands clear of the face in some spot."""
        width, height = self._size
        head = self._head_all_along()
        for shrink in _SMALLER:
            card, inner = _sticker(look, widest=round(width * plan.card[0] * shrink),
                                   highest=round(height * plan.card[1] * shrink))  # fmt: skip
            for x, foot in plan.spots:
                wide, high = inner[2] - inner[0], inner[3] - inner[1]
                left = min(max(width * x - wide / 2, width * 0.035), width * 0.965 - wide)
                top = max(height * foot - high, height * 0.10)
                self._spot = (round(left - inner[0]), round(top - inner[1]))
                if not _overlap((left, top, left + wide, top + high), head):
                    return card, inner
        return card, inner

    def _head_all_along(self) -> Box:
        moments = [self._camera(seconds, share, near=True).on_film(self._face)
                   for seconds in (0.0, 1.5, 3.0, 4.5, 6.0) for share in (0.0, 1.0)]  # fmt: skip
        # Hair belongs to a head too, and a card right at the cheek looks like a slap.
        side, above, below = (share * (self._face[3] - self._face[1]) for share in (0.10, 0.30, 0.03))
        return (min(box[0] for box in moments) - side, min(box[1] for box in moments) - above,
                max(box[2] for box in moments) + side, max(box[3] for box in moments) + below)  # fmt: skip


def _sticker(look: Look, *, widest: int, highest: int) -> tuple[Image.Image, Box]:
    """Return the product on a pale card, slightly turned, with its shadow; and the card's box without the shadow."""
    rim = max(3, widest // 14)
    # Made at twice the size: a turned edge of single pixels would show its steps.
    turned = _card(look, widest=2 * widest, highest=2 * highest, rim=2 * rim).rotate(
        -2.5, Image.Resampling.BICUBIC, expand=True
    )
    turned = turned.resize((max(2, turned.width // 2), max(2, turned.height // 2)), Image.Resampling.BOX)
    blur = rim * 0.8
    shade = shadow_of(turned.getchannel("A"), blur=blur, alpha=0.42)
    pad = int(blur * 3)
    lift = max(0, pad - rim // 2)
    shade.alpha_composite(turned, (pad, lift))
    box = turned.getbbox() or (0, 0, *turned.size)
    return shade, (pad + box[0], lift + box[1], pad + box[2], lift + box[3])


def _card(look: Look, *, widest: int, highest: int, rim: int) -> Image.Image:
    if not look.product.cut:
        photo = hold.product_piece(look.product, widest=widest, highest=highest)
        ground = Image.new("RGBA", (photo.width + 4, photo.height + 4), (252, 250, 247, 0))
        ground.paste(photo, (2, 2), photo)
        return ground
    piece = hold.product_piece(look.product, widest=widest - 2 * rim, highest=highest - 2 * rim)
    tint = lighter(look.accent, 0.84)
    card = Image.new("RGBA", (max(piece.width, round(highest * 0.5)) + 2 * rim, piece.height + 2 * rim), (*tint, 0))
    pen = ImageDraw.Draw(card)
    pen.rounded_rectangle((2, 2, card.width - 3, card.height - 3), rim * 2, fill=(*tint, 255))
    card.alpha_composite(piece, ((card.width - piece.width) // 2, rim))
    return card


def _overlap(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
