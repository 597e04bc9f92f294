"""How a photograph presents: the picture of a custom character, moved slowly, with the product beside it."""

import math

from PIL import Image, ImageDraw, ImageFilter

from character_flow.studio import hold
from character_flow.studio.paint import darker, lighter, shadow_of
from character_flow.studio.shot import Look, camera, eased, lay


class PhotoShot:
    """A custom character: the photograph itself, moved slowly, with the product on a card; no moving lips."""

    def __init__(self, look: Look, *, avatar: Image.Image) -> None:
        self._size = look.size
        self._world = (round(look.size[0] * 1.08), round(look.size[1] * 1.08))
        width, height = self._world
        photo = avatar.convert("RGB")
        cover = max(width / photo.width, height / photo.height)
        ground = photo.resize((round(photo.width * cover), round(photo.height * cover)))
        left = (ground.width - width) // 2
        blurred = ground.crop((left, 0, left + width, height)).filter(ImageFilter.GaussianBlur(height / 40))
        world = Image.blend(blurred, Image.new("RGB", blurred.size, darker(look.accent, 0.4)), 0.35)
        fit = min(width / photo.width, height * 0.74 / photo.height)
        sharp = photo.resize((round(photo.width * fit), round(photo.height * fit)), Image.Resampling.LANCZOS)
        fade = Image.linear_gradient("L").resize((sharp.width, max(2, sharp.height // 5)))
        mask = Image.new("L", sharp.size, 255)
        mask.paste(fade.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, sharp.height - fade.height))
        world.paste(sharp, ((width - sharp.width) // 2, 0), mask)
        self._photo = world
        self._sticker = _sticker(look, widest=round(look.size[0] * 0.34), highest=round(look.size[1] * 0.22))

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: the camera closes in on the upper half, the product card stays in its corner."""
        frame = camera(self._photo, self._size, 1.0 + 0.08 * eased(share), at=(0.5, 0.3))
        width, height = self._size
        sway = round(height * 0.003 * math.sin(seconds * 1.7))
        at = (width - self._sticker.width - round(width * 0.03), round(height * 0.69) - self._sticker.height + sway)
        lay(frame, self._sticker, at)
        return frame


def _sticker(look: Look, *, widest: int, highest: int) -> Image.Image:
    """Return the product on a white card with round corners and a shadow, slightly turned."""
    piece = hold.product_piece(look.product, widest=widest, highest=highest)
    rim = max(4, widest // 12)
    card = Image.new("RGBA", (max(piece.width, highest // 2) + 2 * rim, piece.height + 2 * rim))
    tint = (*lighter(look.accent, 0.82), 255)
    ImageDraw.Draw(card).rounded_rectangle((0, 0, card.width - 1, card.height - 1), rim * 2, fill=tint)
    card.alpha_composite(piece, ((card.width - piece.width) // 2, rim))
    turned = card.rotate(-3, Image.Resampling.BICUBIC, expand=True)
    shade = shadow_of(turned.getchannel("A"), blur=rim * 0.7, alpha=0.4)
    pad = int(rim * 0.7 * 3)
    shade.alpha_composite(turned, (pad, pad - rim // 3))
    return shade
