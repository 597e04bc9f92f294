"""How a product is shown: its size in the shot, as a cut-out or a photo card, and its shadow on the table."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from character_flow.studio.paint import darker, shadow_of
from character_flow.studio.product import ProductLook


def product_piece(look: ProductLook, *, widest: int, highest: int) -> Image.Image:
    """Return the product as it is shown, RGBA, within the limits: the cut-out, or a photo card with a white rim."""
    source = look.image if look.cut else _card(look.image, long_side=max(widest, highest))
    scale = min(widest / source.width, highest / source.height)
    size = (max(2, round(source.width * scale)), max(2, round(source.height * scale)))
    return source.resize(size, Image.Resampling.LANCZOS)


def _card(photo: Image.Image, *, long_side: int) -> Image.Image:
    shown = photo.copy()
    # Very long pictures would make a card nobody recognises: at most 4:5 or 5:4 of the middle is shown.
    width, height = shown.size
    across, high = min(width, round(height * 1.25)), min(height, round(width * 1.3))
    left, top = (width - across) // 2, (height - high) // 2
    shown = shown.crop((left, top, left + across, top + high))
    inner = max(8, long_side)
    scale = inner / max(shown.size)
    shown = shown.resize((max(2, round(shown.width * scale)), max(2, round(shown.height * scale))))
    rim = max(3, round(long_side * 0.035))
    card = Image.new("RGBA", (shown.width + 2 * rim, shown.height + 2 * rim))
    pen = ImageDraw.Draw(card)
    pen.rounded_rectangle((0, 0, card.width - 1, card.height - 1), rim * 2, fill=(252, 250, 247, 255))
    mask = Image.new("L", shown.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, shown.width - 1, shown.height - 1), round(rim * 1.2), fill=255)
    card.paste(shown.convert("RGB"), (rim, rim), mask)
    return card


def _over(sheet: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    source = (max(0, -at[0]), max(0, -at[1]))
    sheet.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), source)


def stand(ground: Image.Image, piece: Image.Image, *, centre: int, foot: int) -> tuple[int, int, int, int]:
    """Stand the product on the ground with contact shadow, cast shadow and a faint reflection; return its box."""
    left, top = centre - piece.width // 2, foot - piece.height
    sheet = ground.convert("RGBA")
    mask = piece.getchannel("A")
    mirror = piece.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    depth = max(2, round(piece.height * 0.22))
    fading = (
        Image.linear_gradient("L").resize((piece.width, depth)).point([round((255 - v) * 0.20) for v in range(256)])
    )
    mirror = mirror.crop((0, 0, piece.width, depth)).filter(ImageFilter.GaussianBlur(piece.width / 90))
    faint = Image.new("L", mirror.size)
    faint.paste(fading, mask=mirror.getchannel("A"))
    mirror.putalpha(faint)
    _over(sheet, mirror, (left, foot - 2))
    cast = mask.resize((piece.width, max(2, round(piece.height * 0.16)))).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    lean = cast.transform((round(cast.width * 1.6), cast.height), Image.Transform.AFFINE,
                          (1, -cast.width * 0.5 / cast.height, 0, 0, 1, 0), Image.Resampling.BILINEAR)  # fmt: skip
    shade = shadow_of(lean, blur=piece.width * 0.05, alpha=0.30)
    pad = int(piece.width * 0.05 * 3)
    _over(sheet, shade, (left - pad, foot - pad - round(cast.height * 0.10)))
    contact = Image.new("L", (piece.width, max(4, round(piece.width * 0.07))))
    bottom = np.flatnonzero(np.asarray(mask)[-max(2, piece.height // 30) :].max(axis=0) > 96)
    first, last = (int(bottom[0]), int(bottom[-1])) if len(bottom) else (0, piece.width)
    ImageDraw.Draw(contact).ellipse((first, 0, max(first + 2, last), contact.height - 1), fill=255)
    blur = piece.width * 0.022
    dark = shadow_of(contact, blur=blur, alpha=0.62)
    _over(sheet, dark, (left - int(blur * 3), foot - contact.height // 2 - int(blur * 3)))
    _over(sheet, piece, (left, top))
    ground.paste(sheet.convert("RGB"))
    return left, top, left + piece.width, foot


def podium(ground: Image.Image, *, centre: int, foot: int, width: int, colour: tuple[int, int, int]) -> None:
    """Draw a low round podium whose upper face lies under `foot`."""
    height = max(4, width // 9)
    deep = max(4, width // 7)
    canvas = Image.new("RGBA", (width * 2, (height * 2 + deep) * 2))
    pen = ImageDraw.Draw(canvas)
    w, h, d = width * 2, height * 4, deep * 2
    pen.ellipse((0, d, w - 1, d + h - 1), fill=(*darker(colour, 0.35), 255))
    pen.rectangle((0, h // 2, w - 1, d + h // 2), fill=(*darker(colour, 0.35), 255))
    pen.ellipse((0, 0, w - 1, h - 1), fill=(*colour, 255))
    small = canvas.resize((width, height * 2 + deep), Image.Resampling.LANCZOS)
    sheet = ground.convert("RGBA")
    _over(sheet, small, (centre - width // 2, foot - height))
    ground.paste(sheet.convert("RGB"))
