"""Whether a file is a picture one can work with: its true format, its size, all of it there; loads Pillow."""

import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile

from character_flow.errors import ToolError

MIN_SIDE = 16
MAX_PIXELS = 50_000_000
# Pillow's name of a format -> the extension; MPO is the JPEG of cameras that take two pictures at once.
FORMATS: Mapping[str, str] = {
    "PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tiff",
}  # fmt: skip
_OPENED = tuple(kind for kind in FORMATS if kind != "MPO")  # Pillow opens MPO, two JPEGs in one, as JPEG
_KINDS = "a PNG, JPEG, WebP, GIF, BMP or TIFF picture"
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture file turned out to be; `extension` is that of its content, whatever its name says."""

    extension: str
    width: int
    height: int


def check_picture(source: bytes | Path) -> Picture:
    """The picture's format and size; raises ToolError with what is wrong and what would be right.

    The first frame of an animation counts. Memory stays below what 50 megapixels need.
    """
    if isinstance(source, bytes):
        return _checked(BytesIO(source), source[:16])
    try:
        with source.open("rb") as file:
            head = file.read(16)
            file.seek(0)
            return _checked(file, head)
    except OSError as error:
        raise ToolError(f"cannot be read: {error.strerror or error}") from None


def _checked(file: BinaryIO, head: bytes) -> Picture:
    if not head:
        raise ToolError(f"is empty, {_KINDS} is needed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is decided here: pixels, odd EXIF
        try:
            image = Image.open(file, formats=_OPENED)
        except Image.DecompressionBombError:
            raise ToolError(f"has more than {MAX_PIXELS:,} pixels, give a smaller picture") from None
        except _BROKEN:
            raise ToolError(f"is no picture: {_looks_like(head)}, {_KINDS} is needed") from None
        with image:
            width, height = image.size
            _check_size(width, height)
            try:
                _read_through(image)
            except _BROKEN as error:
                shown = " ".join(str(error).split())
                raise ToolError(f"is a damaged {image.format} picture ({shown}), give a whole one") from None
    return Picture(FORMATS[str(image.format)], width, height)


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise ToolError(f"is {width}x{height} pixels, at least {MIN_SIDE} on each side are needed")
    if width * height > MAX_PIXELS:
        raise ToolError(
            f"is {width}x{height} pixels, above {MAX_PIXELS // 1_000_000} megapixels, give a smaller picture"
        )


def _read_through(image: ImageFile.ImageFile) -> None:
    if image.format == "JPEG":
        image.draft("RGB", (64, 64))  # reads every byte, keeps an eighth of the pixels
    image.load()


def _looks_like(head: bytes) -> str:
    if head.startswith((b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML")):
        return "it is a web page"
    if head.lstrip().startswith((b"<svg", b"<?xml")):
        return "it is an SVG or XML text"
    if head.startswith(b"%PDF"):
        return "it is a PDF"
    if head[4:8] == b"ftyp":
        return "it is a HEIC, AVIF or video file"
    is_text = all(byte in (9, 10, 13) or 32 <= byte < 127 for byte in head)
    return "it is a text" if is_text else "its content is of no known kind"
