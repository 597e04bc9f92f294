"""How a cut-out gets a soft, clean edge: how much of each rim pixel is product, and its colour without the ground's."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from character_flow.studio import regions
from character_flow.studio.regions import Mask

Field = NDArray[np.float32]


def soften(picture: Image.Image, inside: Mask) -> tuple[Image.Image, Image.Image]:
    """Return the soft mask at the picture's size, and the picture with the ground's colour gone from its rim."""
    scale = max(1.0, picture.width / inside.shape[1])
    reach = scale * 1.6
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    high, wide = inside.shape
    # Only the product's surroundings are worked on, in pixels of the picture and of the mask.
    pad = 10
    box = (
        int(max(0, columns[0] - pad) * picture.width / wide),
        int(max(0, rows[0] - pad) * picture.height / high),
        min(picture.width, round((columns[-1] + 1 + pad) * picture.width / wide)),
        min(picture.height, round((rows[-1] + 1 + pad) * picture.height / high)),
    )
    part = (box[0] * wide / picture.width, box[1] * high / picture.height,
            min(wide, box[2] * wide / picture.width), min(high, box[3] * high / picture.height))  # fmt: skip

    def enlarged(mask: Mask, blur: float) -> Image.Image:
        size = (box[2] - box[0], box[3] - box[1])
        large = Image.fromarray((mask * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC, box=part)
        return large.filter(ImageFilter.GaussianBlur(blur))

    sure = enlarged(regions.shrunk(inside, 2), reach * 0.35)
    never = enlarged(~regions.grown(inside, 2), reach * 0.35)
    shape = enlarged(inside, reach * 0.65)
    shape = shape.point([max(0, min(255, round((v - 78) * 255 / 110))) for v in range(256)])
    share, colours = _matted(picture.crop(box), sure, never, shape, reach=reach)
    mask = Image.new("L", picture.size)
    mask.paste(share, box[:2])
    clean = picture.copy()
    clean.paste(colours, box[:2])
    return mask, clean


def _matted(
    picture: Image.Image, sure: Image.Image, never: Image.Image, shape: Image.Image, *, reach: float
) -> tuple[Image.Image, Image.Image]:
    """Between what is surely product and surely ground, a pixel is as much product as its colour says."""
    known = np.asarray(sure) > 240
    outside = np.asarray(never) > 240
    band = ~known & ~outside
    share = np.where(known, 255, 0).astype(np.uint8)
    pixels = np.array(picture)
    if not band.any():
        return Image.fromarray(share), picture
    front = _spread(picture, known, band, reach * 2.4)
    back = _spread(picture, outside, band, reach * 2.4)
    seen = pixels[band].astype(np.float32)
    towards = front - back
    length = (towards**2).sum(axis=1)
    by_colour = np.clip(((seen - back) * towards).sum(axis=1) / np.maximum(length, 1.0), 0, 1)
    # A thin rim of a third colour, a phone's frame, is no mixture of the two: it is product if it is not ground.
    away = np.sqrt(((seen - back) ** 2).sum(axis=1))
    off = np.sqrt(((seen - back - by_colour[:, None] * towards) ** 2).sum(axis=1))
    by_colour = np.where(off > 22, np.maximum(by_colour, np.clip((away - 14) / 46, 0, 1)), by_colour)
    # A white pack on a white ground has no colour to go by: there its outline decides.
    trust = np.clip((np.sqrt(length) - 24) / 40, 0, 1)
    by_shape = np.asarray(shape, dtype=np.float32)[band] / 255
    mixed = trust * by_colour * np.clip(by_shape * 4, 0, 1) + (1 - trust) * by_shape
    mixed = np.clip((mixed - 0.10) / 0.80, 0, 1)
    share[band] = np.rint(mixed * 255).astype(np.uint8)
    held = np.clip((mixed - 0.55) / 0.40, 0, 1)[:, None]
    pixels[band] = np.rint(seen * held + front * (1 - held)).astype(np.uint8)
    soft = Image.fromarray(share).filter(ImageFilter.GaussianBlur(0.5))
    return soft, Image.fromarray(pixels)


def _spread(picture: Image.Image, known: Mask, wanted: Mask, blur: float) -> Field:
    """Carry the known colours into the wanted pixels: the mean of what is known nearby."""
    mask = Image.fromarray((known * 255).astype(np.uint8))
    only = Image.new("RGB", picture.size)
    only.paste(picture, mask=mask)
    colours = np.asarray(only.filter(ImageFilter.GaussianBlur(blur)), dtype=np.uint8)[wanted].astype(np.float32)
    amount = np.asarray(mask.filter(ImageFilter.GaussianBlur(blur)), dtype=np.uint8)[wanted].astype(np.float32) / 255
    far = amount < 0.03
    spread = np.clip(colours / np.maximum(amount, 0.02)[:, None], 0, 255)
    if far.any():
        everywhere = np.asarray(picture)[known]
        spread[far] = everywhere.mean(axis=0) if len(everywhere) else 128
    return np.asarray(spread, dtype=np.float32)
