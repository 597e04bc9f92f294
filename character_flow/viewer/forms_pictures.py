"""How pictures are shown beside a form: previews turned as the camera was held, and portraits one can choose from."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from character_flow.errors import ToolError
from character_flow.input_specs import InputSpec
from character_flow.plan import Plan

PORTRAITS = Path("assets/characters")
"""A plan's folder may hold portraits here: of the first integer or choice input that has exactly as many values as
there are pictures, each named after its value (`3.png`, `anna.jpg`), the form shows pictures instead of values."""

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
_MOST_PORTRAITS = 60
_PREVIEW_SIDE = 720
_PORTRAIT_SIDE = 300


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture made small for the page, and the size of the original as it is seen."""

    content: bytes
    width: int
    height: int


def preview(source: Path | bytes) -> Preview:
    """A small copy of a picture; ToolError with what is wrong with it. Of a file it is kept until the file changes."""
    if isinstance(source, bytes):
        return _small(source, _PREVIEW_SIDE)
    try:
        found = source.stat()
    except (OSError, ValueError):
        raise ToolError("cannot be read") from None
    return _kept_preview(str(source), (found.st_mtime_ns, found.st_size, found.st_ino), _PREVIEW_SIDE)


def portraits_of(plan: Plan, folder: Path) -> Mapping[str, Mapping[int | str, Path]]:
    """The input whose values have portraits, and the picture of each value; see PORTRAITS for the rule."""
    pictures = _pictures(folder / PORTRAITS)
    for name, spec in plan.inputs.items():
        values = _values(spec, len(pictures))
        if values and {str(value) for value in values} == set(pictures):
            return {name: {value: pictures[str(value)] for value in values}}
    return {}


def portrait_address(picture: Path) -> str | None:
    """A portrait as a `data:` address for a style sheet, in base64; None when it is no picture."""
    try:
        found = picture.stat()
        small = _kept_preview(str(picture), (found.st_mtime_ns, found.st_size, found.st_ino), _PORTRAIT_SIDE)
    except (OSError, ToolError):
        return None
    return f"data:image/webp;base64,{base64.b64encode(small.content).decode()}"


def _pictures(folder: Path) -> dict[str, Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    found = {Path(name).stem: folder / name for name in names if Path(name).suffix.lower() in _ENDINGS}
    return found if len(found) <= _MOST_PORTRAITS else {}


def _values(spec: InputSpec, count: int) -> Sequence[int | str]:
    if spec.type == "choice" and spec.choices is not None and len(spec.choices) == count:
        return spec.choices
    if spec.type == "integer" and spec.min is not None and spec.max is not None:
        values = range(int(spec.min), int(spec.max) + 1)
        return values if len(values) == count else ()
    return ()


@lru_cache(maxsize=48)
def _kept_preview(path: str, stamp: tuple[int, int, int], side: int) -> Preview:
    return _small(Path(path), side)


def _small(source: bytes | Path, side: int) -> Preview:
    from PIL import Image, ImageOps  # only when there is a picture to show

    from character_flow.picture_files import check_picture  # loads Pillow too

    picture = check_picture(source)
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
            image.draft("RGB", (side * 2, side * 2))
            held = image.size
            turned = ImageOps.exif_transpose(image)
            is_on_its_side = turned.size != held and turned.size == held[::-1]
            turned = turned.convert("RGBA" if turned.mode in ("RGBA", "LA", "PA", "P") else "RGB")
            turned.thumbnail((side, side))
            target = BytesIO()
            turned.save(target, "WEBP", quality=86)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ToolError(f"cannot be shown ({' '.join(str(error).split())})") from None
    size = (picture.height, picture.width) if is_on_its_side else (picture.width, picture.height)
    return Preview(target.getvalue(), *size)
