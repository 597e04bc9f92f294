"""What the product picture shows: cut-out, colours as people name them, shape, light, words on the pack."""

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from character_flow.studio.colours import colourfulness, lab, name_of, palette
from character_flow.studio.cutout import cut_out
from character_flow.studio.paint import RGB
from character_flow.studio.pictures import open_picture

Shape: TypeAlias = Literal["bottle", "tube", "box", "bag", "cup", "shoe", "item"]

DOUBTFUL = 0.5
_OCR_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ProductLook:
    """What can be seen of a product. `image` is RGBA: the cut-out trimmed to its box, or the whole photo."""

    image: Image.Image
    cut: bool
    cut_note: str
    colours: tuple[RGB, ...]
    colour_names: tuple[str, ...]
    shape: Shape
    confidence: float
    text: tuple[str, ...]
    light: str
    background: str
    finish: str
    accent: RGB
    size: tuple[int, int]


def read_product(path: Path) -> ProductLook:
    """Look at a product picture; raises a ToolError of one line where it cannot be opened."""
    return look_at(open_picture(path))


def look_at(picture: Image.Image) -> ProductLook:
    """Return what an opened picture (RGB or RGBA) shows."""
    cut = cut_out(picture)
    whole = picture.convert("RGBA")
    if cut.mask is None:
        image, mask = _opaque(whole), None
    else:
        whole.putalpha(cut.mask)
        image = whole.crop(cut.mask.point([0] * 40 + [255] * 216).getbbox() or (0, 0, *whole.size))
        mask = np.asarray(image.getchannel("A"), dtype=np.uint8) > 128
    pixels = np.asarray(image.convert("RGB"))
    seen = pixels[mask] if mask is not None else _middle(pixels).reshape(-1, 3)
    shades = palette(np.ascontiguousarray(seen))
    shape, confidence = _shape(mask) if mask is not None else ("item", 0.0)
    if confidence <= DOUBTFUL:
        shape = "item"  # a wrong word on an ad is worse than a neutral one: a half-seen cup was called a shoe
    return ProductLook(
        image=image,
        cut=mask is not None,
        cut_note=cut.reason,
        colours=tuple(colour for colour, _ in shades),
        colour_names=tuple(dict.fromkeys(name_of(colour) for colour, _ in shades)),
        shape=shape,
        confidence=confidence,
        text=_read_label(image),
        light=_light(pixels if mask is None else np.asarray(picture.convert("RGB"))),
        background=_background(picture, cut=mask is not None),
        finish=_finish(seen),
        accent=_accent(shades),
        size=picture.size,
    )


def _opaque(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    ground.alpha_composite(picture)
    return ground


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return pixels[height // 5 : height - height // 5, width // 5 : width - width // 5]


def _shape(mask: NDArray[np.bool_]) -> tuple[Shape, float]:
    """Name the shape by proportion and by how wide it is at the top, the middle and the bottom."""
    height, width = mask.shape
    tall = height / width
    rows = mask.sum(axis=1) / width
    band = max(1, height // 10)
    top, upper = float(np.median(rows[:band])), float(np.median(rows[: height * 3 // 10]))
    middle, foot = float(np.median(rows[height * 4 // 10 : height * 8 // 10])), float(np.median(rows[-band:]))
    solid = float(mask.mean())
    if tall > 1.5 and upper < 0.72 * middle:
        return "bottle", 0.8 if upper < 0.6 * middle else 0.65
    if tall > 2.0 and abs(top - foot) > 0.25:
        return "tube", 0.6
    if tall < 0.75 and solid < 0.75 and upper < 0.6:
        return "shoe", 0.5
    if 1.15 < tall <= 2.5 and solid > 0.8 and middle > top + 0.04:
        return "bag", 0.55
    if solid > 0.9 and 0.5 < tall <= 2.5:
        return "box", 0.6
    if 0.7 < tall < 1.5 and top > foot + 0.12 and solid > 0.6:
        return "cup", 0.5
    return "item", 0.3


def _light(pixels: NDArray[np.uint8]) -> str:
    grey = pixels.mean(axis=2)
    bright = float(grey.mean())
    half = grey.shape[1] // 2
    lean = float(grey[:, :half].mean() - grey[:, half:].mean())
    if bright > 190:
        return "bright, even light"
    if bright < 70:
        return "low, moody light"
    if abs(lean) > 18:
        return f"soft light from the {'left' if lean > 0 else 'right'}"
    return "soft, even light"


def _background(picture: Image.Image, *, cut: bool) -> str:
    pixels = np.asarray(picture.convert("RGB"))
    rim = np.concatenate([pixels[:4].reshape(-1, 3), pixels[-4:].reshape(-1, 3), pixels[:, :4].reshape(-1, 3),
                          pixels[:, -4:].reshape(-1, 3)])  # fmt: skip
    if picture.mode == "RGBA" and cut:
        return "a clear background"
    if not cut:
        return "a natural setting"
    red, green, blue = (int(v) for v in np.median(rim, axis=0))
    return f"a plain {name_of((red, green, blue))} background"


def _finish(seen: NDArray[np.uint8]) -> str:
    """Say glossy where the coloured parts carry strong highlights, matte where they do not, plain without colour."""
    field = lab(seen[:: max(1, len(seen) // 30_000)])
    coloured = field[np.hypot(field[:, 1], field[:, 2]) > 12][:, 0]
    if len(coloured) < 0.15 * len(field):
        return "plain"
    return "glossy" if float(np.percentile(coloured, 98) - np.median(coloured)) > 20 else "matte"


def _accent(shades: tuple[tuple[RGB, float], ...]) -> RGB:
    """Return the liveliest colour that is not a speck; a neutral warm one when all is grey."""
    scored = [(colourfulness(colour) * min(1.0, 0.35 + share), colour) for colour, share in shades if share > 0.03]
    lively = max(scored, default=(0.0, (128, 128, 130)))
    return lively[1] if lively[0] > 7 else (196, 128, 92)


def _read_label(image: Image.Image) -> tuple[str, ...]:
    """Return the lines tesseract reads on the pack; nothing where it is not installed, fails or hangs."""
    program = shutil.which("tesseract")
    if program is None:
        return ()
    page = Image.new("RGB", image.size, (255, 255, 255))
    page.paste(image, mask=image.getchannel("A"))
    page.thumbnail((1200, 1200))
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    try:
        answer = subprocess.run(
            [program, "stdin", "stdout", "--psm", "11", "-l", "eng"],
            input=buffer.getvalue(), capture_output=True, timeout=_OCR_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = [" ".join(line.split()) for line in answer.stdout.decode("utf-8", "replace").splitlines()]
    readable = [line for line in lines if sum(char.isalpha() for char in line) >= 3 and len(line) <= 40]
    return tuple(readable[:6])
