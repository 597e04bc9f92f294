"""What the product picture shows: cut-out, colours as people name them, shape, light, words on the pack."""

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from character_flow.studio import regions
from character_flow.studio.colours import accented, colourfulness, lab, name_of, palette
from character_flow.studio.cutout import Cut, cut_out
from character_flow.studio.paint import RGB
from character_flow.studio.pictures import open_picture
from character_flow.studio.silhouette import Shape, shape_of
from character_flow.studio.sitter import find_face

DOUBTFUL = 0.5
_PERSON = "the picture shows a person"
_OCR_SECONDS = 10
_UNLIKE = 9.0  # walls, noise, bricks, gravel and pages of text came to 0-6; things in a scene to 12 and more


@dataclass(frozen=True, slots=True)
class ProductLook:
    """What can be seen of a product. `image` is RGBA: the cut-out trimmed to its box, or the whole photo.

    `subject` is "none" where there is no product to be seen: a wall, a texture, noise, a person.
    """

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
    subject: Literal["product", "none"] = "product"


def read_product(path: Path) -> ProductLook:
    """Look at a product picture; raises a ToolError of one line where it cannot be opened."""
    return look_at(open_picture(path))


def look_at(picture: Image.Image) -> ProductLook:
    """Return what an opened picture (RGB or RGBA) shows."""
    cut = cut_out(picture)
    subject = _subject(picture, cut)
    if subject == "none":
        cut = Cut(None, _PERSON if _portrait(picture) else "no single product can be made out")
    image, mask = _shown(picture, cut)
    pixels = np.asarray(image.convert("RGB"))
    seen = pixels[regions.shrunk(mask, 2) if mask.mean() > 0.2 else mask] if cut.mask else _middle(pixels)
    shades = palette(np.ascontiguousarray(seen.reshape(-1, 3)))
    shape, confidence = _shape(mask, pixels) if cut.mask else ("item", 0.0)
    if confidence <= DOUBTFUL:
        shape = "item"  # a wrong word on an ad is worse than a neutral one: a half-seen cup was called a shoe
    return ProductLook(
        image=image,
        cut=cut.mask is not None,
        cut_note=cut.reason,
        colours=tuple(colour for colour, _ in shades),
        colour_names=tuple(dict.fromkeys(name_of(colour) for colour, _ in shades)),
        shape=shape,
        confidence=confidence,
        text=_read_label(image),
        light=_light(np.asarray(picture.convert("RGB"))),
        background=_background(picture, cut=cut.mask is not None),
        finish=_finish(seen.reshape(-1, 3)),
        accent=_accent(shades),
        size=picture.size,
        subject=subject,
    )


def _shown(picture: Image.Image, cut: Cut) -> tuple[Image.Image, regions.Mask]:
    """Return the cut-out trimmed to its box, or the whole photograph, with what of it is the product."""
    if cut.mask is None:
        whole = _opaque(picture.convert("RGBA"))
        return whole, np.ones((whole.height, whole.width), dtype=bool)
    whole = (cut.clean or picture).convert("RGBA")
    whole.putalpha(cut.mask)
    image = whole.crop(cut.mask.point([0] * 40 + [255] * 216).getbbox() or (0, 0, *whole.size))
    return image, np.asarray(image.getchannel("A"), dtype=np.uint8) > 128


def _shape(mask: regions.Mask, pixels: NDArray[np.uint8]) -> tuple[Shape, float]:
    # Outlines need no more than a few hundred pixels.
    step = max(1, max(mask.shape) // 500)
    return shape_of(mask[::step, ::step], lab(pixels[::step, ::step])[..., 0])


def _subject(picture: Image.Image, cut: Cut) -> Literal["product", "none"]:
    """Say whether there is a product: cut out and nobody, or something the borders of the photograph have not."""
    if cut.mask is not None:
        return "none" if _is_bust(cut.mask) and _portrait(picture) else "product"
    if _portrait(picture):
        return "none"
    return "product" if cut.stands or _unlike_borders(picture) > _UNLIKE else "none"


def _portrait(picture: Image.Image) -> bool:
    face = find_face(picture)
    return face is not None and face.height > 0.10 * picture.height


def _is_bust(mask: Image.Image) -> bool:
    """Say whether the outline could be a head above shoulders: narrow above, wide below."""
    rows = (np.asarray(mask.crop(mask.getbbox())) > 128).mean(axis=1)
    count = len(rows)
    return bool(np.median(rows[: max(1, count // 5)]) < 0.75 * np.median(rows[count * 3 // 4 :]))


def _unlike_borders(picture: Image.Image) -> float:
    """Return how far the middle is from all that is at the borders: light that falls off, or a pattern, is near."""
    field = lab(np.asarray(picture.convert("RGB").resize((96, 96), Image.Resampling.BOX)))
    blocks = field.reshape(8, 12, 8, 12, 3).mean(axis=(1, 3))
    border = np.concatenate([blocks[0], blocks[-1], blocks[1:-1, 0], blocks[1:-1, -1]])
    away = np.linalg.norm(blocks[2:6, 2:6, None] - border[None, None], axis=-1)
    return float(np.sort(np.sort(away, axis=-1)[..., :6].mean(axis=-1).ravel())[-5:].mean())


def _opaque(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    ground.alpha_composite(picture)
    return ground


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return pixels[height // 5 : height - height // 5, width // 5 : width - width // 5]


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
    return accented(lively[1]) if lively[0] > 7 else (196, 128, 92)


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
