"""Products drawn for the studio's tests: seven shapes, shaded and with a shadow, before any even ground."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

_SIZE = (600, 800)
_LARGE = (1200, 1600)
Pen = ImageDraw.ImageDraw
RGB = tuple[int, int, int]


def _bottle(pen: Pen) -> None:
    pen.rounded_rectangle((430, 620, 770, 1360), 70, fill=255)
    pen.polygon([(450, 680), (540, 470), (660, 470), (750, 680)], fill=255)
    pen.rounded_rectangle((535, 280, 665, 500), 18, fill=255)


def _box(pen: Pen) -> None:
    pen.rectangle((340, 480, 860, 1340), fill=255)


def _tube(pen: Pen) -> None:
    pen.polygon([(400, 280), (800, 280), (700, 1220), (500, 1220)], fill=255)
    pen.rounded_rectangle((500, 1210, 700, 1370), 20, fill=255)


def _bag(pen: Pen) -> None:
    pen.polygon([(400, 380), (800, 380), (850, 520), (860, 1350), (340, 1350), (350, 520)], fill=255)
    pen.rectangle((400, 300, 800, 390), fill=255)


def _cup(pen: Pen) -> None:
    pen.ellipse((700, 760, 1010, 1130), fill=255)
    pen.ellipse((760, 825, 945, 1065), fill=0)
    pen.polygon([(300, 660), (800, 660), (760, 1240), (340, 1240)], fill=255)
    pen.ellipse((340, 1200, 760, 1280), fill=255)


def _shoe(pen: Pen) -> None:
    pen.polygon([(180, 760), (250, 720), (420, 740), (560, 850), (760, 960), (960, 1010), (1020, 1080), (1020, 1180),
                 (180, 1180)], fill=255)  # fmt: skip
    pen.rounded_rectangle((165, 1150, 1035, 1240), 40, fill=255)


def _phone(pen: Pen) -> None:
    pen.rounded_rectangle((390, 380, 810, 1260), 66, fill=255)


_OUTLINES: Mapping[str, Callable[[Pen], None]] = {
    "bottle": _bottle, "box": _box, "tube": _tube, "bag": _bag, "cup": _cup, "shoe": _shoe, "phone": _phone,
}  # fmt: skip
SHAPES = tuple(_OUTLINES)


def outline(shape: str) -> Image.Image:
    """The true mask of a drawn product, 600 x 800."""
    sheet = Image.new("L", _LARGE)
    _OUTLINES[shape](ImageDraw.Draw(sheet))
    return sheet.resize(_SIZE, Image.Resampling.BOX)


def drawn(
    shape: str, *, colour: RGB = (46, 120, 116), ground: RGB = (232, 228, 222), noise: float = 1.5
) -> Image.Image:
    """The product as a camera would see it: light from the left, a shadow at its foot, a little noise."""
    mask = outline(shape)
    width, height = _SIZE
    fall = np.linspace(1.03, 0.93, height)[:, None, None] * np.linspace(1.01, 0.98, width)[None, :, None]
    wall = np.asarray(ground, dtype=float) * fall
    foot = mask.getbbox() or (0, 0, 1, 1)
    shade = Image.new("L", _SIZE)
    ImageDraw.Draw(shade).ellipse((foot[0] - 10, foot[3] - 16, foot[2] + 46, foot[3] + 14), fill=90)
    wall *= 1 - np.asarray(shade.filter(ImageFilter.GaussianBlur(9)), dtype=float)[..., None] / 255
    across = np.clip((np.arange(width) - foot[0]) / (foot[2] - foot[0]), 0, 1)
    body = np.asarray(colour, dtype=float) * (1.12 - 0.45 * np.abs(across - 0.35))[None, :, None] + np.zeros_like(wall)
    share = np.asarray(mask, dtype=float)[..., None] / 255
    seen = wall * (1 - share) + body * share
    seen += np.random.default_rng(11).normal(0, noise, seen.shape)
    picture = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))
    if shape == "phone":
        inner = mask.filter(ImageFilter.MinFilter(9)).filter(ImageFilter.MinFilter(9))
        picture.paste((16, 18, 24), mask=inner)
    if shape in ("bottle", "box", "tube", "bag"):
        _label(picture, foot)
    return picture


def _label(picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    middle, top = (box[0] + box[2]) // 2, box[1] + (box[3] - box[1]) * 55 // 100
    pen = ImageDraw.Draw(picture)
    half = (box[2] - box[0]) // 5
    pen.rectangle((middle - half, top, middle + half, top + 90), fill=(246, 244, 240))
    for row in range(3):
        pen.rectangle((middle - half + 12, top + 16 + row * 24, middle + half - 12 - row * 8, top + 24 + row * 24),
                      fill=(60, 60, 66))  # fmt: skip


def missed(found: Image.Image, shape: str, *, at: tuple[int, int]) -> float:
    """How much of both outlines differs, as a share of the true one; `found` is a mask laid at `at`."""
    sheet = Image.new("L", _SIZE)
    sheet.paste(found, at)
    gap = np.asarray(ImageChops.difference(sheet, outline(shape)), dtype=float)
    return float(gap.sum() / np.asarray(outline(shape), dtype=float).sum())
