"""How a picture somebody gives us is opened: any usual format, upright, of bounded size, or one clear line why not."""

import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from character_flow.errors import ToolError

LARGEST_AREA = 50_000_000
SMALLEST_SIDE = 16
LOAD_SIDE = 2000
_LYING = (5, 6, 7, 8)  # EXIF: turned by a quarter


def check_picture(path: Path) -> tuple[int, int, str]:
    """Return width and height, upright, and format of a picture; raise a ToolError that says what is wrong."""
    with _opened(path) as picture:
        width, height, kind = picture.width, picture.height, picture.format or "unknown"
        _loaded(picture, path)
        is_lying = picture.getexif().get(ExifTags.Base.Orientation) in _LYING
    return (height, width, kind) if is_lying else (width, height, kind)


def open_picture(path: Path) -> Image.Image:
    """Return the first frame, upright, as RGB or RGBA, no side over 2,000 pixels; raise a ToolError otherwise."""
    with _opened(path) as picture:
        _loaded(picture, path)
        upright = ImageOps.exif_transpose(picture)
    coloured = _eight_bit(upright)
    coloured.thumbnail((LOAD_SIDE, LOAD_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if min(coloured.size) < 4:
        raise ToolError(f"{path}: is too narrow for its length; use a picture of usual proportions")
    return coloured


def _opened(path: Path) -> Image.Image:
    if path.is_dir():
        raise ToolError(f"{path}: is a folder; name a picture file")
    try:
        with warnings.catch_warnings():
            # Our own limit is tighter than Pillow's and has a message of its own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path)
    except FileNotFoundError:
        raise ToolError(f"{path}: no such picture; check the path") from None
    except UnidentifiedImageError:
        raise ToolError(f"{path}: is not a picture; use PNG, JPEG, WebP or GIF") from None
    except Image.DecompressionBombError:
        raise ToolError(f"{path}: too large; at most {LARGEST_AREA // 1_000_000} megapixels") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise ToolError(f"{path}: cannot be read as a picture ({_one_line(error)})") from None
    width, height = picture.size
    if min(width, height) < SMALLEST_SIDE:
        picture.close()
        raise ToolError(f"{path}: {width}x{height} is too small; each side needs {SMALLEST_SIDE} pixels or more")
    if width * height > LARGEST_AREA:
        picture.close()
        raise ToolError(
            f"{path}: {width}x{height} is too large; at most {LARGEST_AREA // 1_000_000} megapixels, make it smaller"
        )
    return picture


def _loaded(picture: Image.Image, path: Path) -> None:
    # A JPEG is decoded at an eighth to a half where that is still enough: less memory, less time.
    picture.draft(None, (LOAD_SIDE, LOAD_SIDE))
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise ToolError(f"{path}: the picture is damaged or cut off ({_one_line(error)}); save it again") from None


def _eight_bit(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        return _deep_grey(picture)
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
    if picture.mode == "RGBa":
        return picture.convert("RGBA")
    return picture.convert("RGBA" if has_alpha else "RGB")


def _deep_grey(picture: Image.Image) -> Image.Image:
    # Pillow clips 16 bits to 8 on conversion, which turns most photographs white; the top byte is meant.
    field = np.asarray(picture, dtype=np.float32)
    top = float(field.max(initial=1.0))
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else max(65535.0, top)
    grey = np.clip(np.nan_to_num(field) / full * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
