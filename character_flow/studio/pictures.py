"""How a picture somebody gives us is opened: any usual format, upright, of bounded size, or one clear line why not."""

import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from character_flow.errors import ToolError

LARGEST_AREA = 50_000_000
SMALLEST_SIDE = 16
LOAD_SIDE = 1600
_LYING = (5, 6, 7, 8)  # EXIF: turned by a quarter
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def check_picture(path: Path) -> tuple[int, int, str]:
    """Return width and height, upright, and format of a picture; raise a ToolError that says what is wrong."""
    with _opened(path) as picture:
        width, height, kind = picture.width, picture.height, picture.format or "unknown"
        _loaded(picture, path)
        is_lying = picture.getexif().get(ExifTags.Base.Orientation) in _LYING
    return (height, width, kind) if is_lying else (width, height, kind)


def open_picture(path: Path) -> Image.Image:
    """Return the first frame, upright, as RGB or RGBA, no side over 1,600 pixels; raise a ToolError otherwise."""
    with _opened(path) as picture:
        _loaded(picture, path)
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
        coloured = _reduced(picture)
    coloured.thumbnail((LOAD_SIDE, LOAD_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    turn = _TURNS.get(orientation)
    if min(coloured.size) < 4:
        raise ToolError(f"{path}: is too narrow for its length; use a picture of usual proportions")
    return coloured.transpose(turn) if turn is not None else coloured


def _reduced(picture: Image.Image) -> Image.Image:
    """Return the picture as RGB or RGBA, brought near the wanted size strip by strip: whole copies cost too much."""
    factor = max(picture.size) // (2 * LOAD_SIDE)
    if factor < 2 or min(picture.size) < 4 * factor:
        return _eight_bit(picture)
    top = _brightest(picture)
    size = (-(-picture.width // factor), -(-picture.height // factor))
    sheet: Image.Image | None = None
    step = 64 * factor
    for row in range(0, picture.height, step):
        box = (0, row, picture.width, min(picture.height, row + step))
        strip = _eight_bit(picture.crop(box), brightest=top).reduce(factor)
        sheet = sheet or Image.new(strip.mode, size)
        sheet.paste(strip, (0, row // factor))
    return sheet if sheet is not None else _eight_bit(picture)


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


def _eight_bit(picture: Image.Image, *, brightest: float | None = None) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        return _deep_grey(picture, _brightest(picture) if brightest is None else brightest)
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
    if picture.mode == "RGBa":
        return picture.convert("RGBA")
    return picture.convert("RGBA" if has_alpha else "RGB")


def _brightest(picture: Image.Image) -> float:
    """Return the largest value of a deep grey picture; of others nobody asks."""
    if not picture.mode.startswith(("I", "F")):
        return 255.0
    return float(np.nanmax(np.asarray(picture, dtype=np.float32), initial=1.0))


def _deep_grey(picture: Image.Image, brightest: float) -> Image.Image:
    # Pillow clips 16 bits to 8 on conversion, which turns most photographs white; the top byte is meant.
    field = np.asarray(picture, dtype=np.float32)
    full = 1.0 if brightest <= 1 else 255.0 if brightest <= 255 else max(65535.0, brightest)
    grey = np.clip(np.nan_to_num(field) / full * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
