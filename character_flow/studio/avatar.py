"""How a custom character's picture is framed: the face in the upper middle, 3:4, every pixel the photographer's."""

from pathlib import Path

from PIL import Image

from character_flow.studio.paint import save_png
from character_flow.studio.sitter import Face, find_face

AVATAR = (720, 960)
_GROUND = (236, 230, 226)
# Of the frame's height: how high a face is best, and where its middle lies.
_FACE_HIGH = 0.25
_FACE_AT = 0.36
_LEAST_HIGH = 600  # a smaller piece would have to be blown up


def make_avatar(picture: Image.Image, out_png: Path) -> Path:
    """Frame a custom character picture as a presenter, 720 x 960 PNG; a photograph stays a photograph."""
    return save_png(framed(picture), out_png)


def framed(picture: Image.Image) -> Image.Image:
    """Return the part of the picture that shows the presenter, RGB, 720 x 960, the largest face well inside."""
    flat = Image.new("RGB", picture.size, _GROUND)
    flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    face = find_face(flat)
    box = _around(flat.size, face) if face else _upper_middle(flat.size)
    return flat.resize(AVATAR, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _upper_middle(size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Faces sit in the upper part of portraits: what must go is cut from the sides, or more from below."""
    high = _highest(size)
    wide = high * AVATAR[0] / AVATAR[1]
    left, top = (size[0] - wide) / 2, (size[1] - high) * 0.25
    return left, top, left + wide, top + high


def _around(size: tuple[int, int], face: Face) -> tuple[float, float, float, float]:
    most = _highest(size)
    high = min(most, max(face.height / _FACE_HIGH, min(most, _LEAST_HIGH)))
    wide = high * AVATAR[0] / AVATAR[1]
    left = min(max(0.0, face.middle[0] - wide / 2), size[0] - wide)
    top = min(max(0.0, face.middle[1] - high * _FACE_AT), size[1] - high)
    return left, top, left + wide, top + high


def _highest(size: tuple[int, int]) -> float:
    return min(float(size[1]), size[0] * AVATAR[1] / AVATAR[0])
