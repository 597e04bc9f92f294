"""Where the face is in a photograph: found by skin and by the pattern of eyes, nose and mouth, or honestly not found.

No trained model: a face is a patch of skin with something else around it, with two dark eyes beside a lighter bridge
of the nose. In colour it finds faces that look at the camera and fill a tenth of the picture or more. Profiles, and
faces lit by coloured light, are missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from character_flow.studio.colours import lab

_SIDE = 240  # the picture is searched at this size
_WINDOW = 24  # a face in the search: from the forehead to the chin
_RIM = 14  # what surrounds it: hair, ears, wall
_OVER = 8  # a third of a face may lie outside the picture
_AROUND = _WINDOW + 2 * _RIM
_STEP = 1.15
_CLEAR = 0.83  # furs, wood and cardboard came to 0.78; faces to 0.89 and more

Field = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture, from the hairline to the chin in its pixels; `likeness` ranks faces of one picture."""

    left: float
    top: float
    right: float
    bottom: float
    likeness: float

    @property
    def height(self) -> float:
        """How high the face is."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """How wide the face is."""
        return self.right - self.left

    @property
    def middle(self) -> tuple[float, float]:
        """Where the middle of the face lies."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def find_face(picture: Image.Image) -> Face | None:
    """Return the largest face that is clearly one, or None."""
    faces = find_faces(picture)
    if not faces:
        return None
    clear = [face for face in faces if face.likeness >= max(_CLEAR, 0.7 * faces[0].likeness)]
    return max(clear, key=lambda face: face.height, default=None)


def find_faces(picture: Image.Image) -> tuple[Face, ...]:
    """Return the faces that look at the camera, the likeliest first; none overlaps another."""
    if picture.mode == "RGBA":
        flat = Image.new("RGB", picture.size, (255, 255, 255))
        flat.paste(picture, mask=picture.getchannel("A"))
        picture = flat
    scale = _SIDE / max(picture.size)
    size = (max(_WINDOW, round(picture.width * scale)), max(_WINDOW, round(picture.height * scale)))
    base = picture.convert("RGB").resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    # A grey picture says nothing of skin, and eyes alone are seen in coins, bricks and leaves.
    if float(np.ptp(np.asarray(base.resize((48, 48)), dtype=np.float64), axis=2).mean()) < 5:
        return ()
    if float((_skin(np.asarray(base)) > 0.5).mean()) < 0.006:
        return ()
    ranked = sorted(_candidates(base), key=lambda face: -face.likeness)
    kept: list[Face] = []
    for face in ranked[:40]:
        if _is_apart(face, kept) and _has_eyes(base, face):
            kept.append(face)
    across, down = picture.width / size[0], picture.height / size[1]
    return tuple(_whole(face, across, down) for face in kept[:6])


def _whole(face: Face, across: float, down: float) -> Face:
    """Return the face in pixels of the picture it came from, grown from the features to hairline and chin."""
    high, wide = face.height * 0.10, face.width * 0.02
    return Face((face.left - wide) * across, (face.top - high) * down, (face.right + wide) * across,
                (face.bottom + high) * down, face.likeness)  # fmt: skip


def _is_apart(face: Face, others: list[Face]) -> bool:
    (x, y), half = face.middle, 0.5
    return all(
        abs(x - other.middle[0]) > half * max(face.width, other.width)
        or abs(y - other.middle[1]) > half * max(face.height, other.height)
        for other in others
    )


def _candidates(base: Image.Image) -> Iterator[Face]:
    """Yield the best places of each size: the picture is made smaller, the window stays."""
    scale = 1.0
    while min(base.size) * scale >= _WINDOW * 0.9:
        size = (max(1, round(base.width * scale)), max(1, round(base.height * scale)))
        small = base if scale == 1 else base.resize(size, Image.Resampling.BOX)
        # Larger faces are likelier the sitter's; sitters' faces are rarely in the lower half.
        rows = (np.arange(size[1] + 2 * _OVER - _WINDOW + 1)[:, None] - _OVER + _WINDOW / 2) / size[1]
        field = _likeness(small) * (1 - 0.35 * np.clip(rows - 0.45, 0, 1)) * 1.5 * (_WINDOW / scale) ** 0.15
        for _ in range(5):
            row, column = (int(at) for at in np.unravel_index(int(np.argmax(field)), field.shape))
            left, top = (column - _OVER) / scale, (row - _OVER) / scale
            yield Face(left, top, left + _WINDOW / scale, top + _WINDOW / scale, float(field[row, column]))
            near = _WINDOW // 3
            field[max(0, row - near) : row + near, max(0, column - near) : column + near] = 0
        scale /= _STEP


def _likeness(small: Image.Image) -> Field:
    """Return for each place of the window how much it is like a face: features, skin inside, none around."""
    pad = _RIM + _OVER
    rgb = np.pad(np.asarray(small), ((pad, pad), (pad, pad), (0, 0)), "edge")
    features = _features(np.asarray(Image.fromarray(rgb).convert("L"), dtype=np.float64))
    skin = _skin(rgb)
    inside, around = _slid(skin, _INSIDE, _AROUND_FACE)
    height, width = inside.shape
    features = features[_RIM : _RIM + height, _RIM : _RIM + width]
    blob = np.where(inside > 0.68, inside, 0.0) * (1 - 0.8 * np.clip(around, 0, 1))
    return np.asarray(np.clip(features + 0.15, 0, None) * blob)


def _skin(rgb: NDArray[np.uint8]) -> Field:
    """Return 0..1 where the colour could be skin: from pale to dark the hue stays between pink and yellow-brown."""
    field = lab(rgb).astype(np.float64)
    light, a, b = field[..., 0], field[..., 1], field[..., 2]
    hue, chroma = np.degrees(np.arctan2(b, a)), np.hypot(a, b)
    likely = np.clip(1 - np.maximum(0, np.abs(hue - 50) - 22) / 14, 0, 1)
    coloured = np.clip((chroma - 6) / 6, 0, 1) * np.clip((48 - chroma) / 10, 0, 1)
    return np.asarray(likely * coloured * np.clip((light - 12) / 10, 0, 1))


def _has_eyes(base: Image.Image, face: Face) -> bool:
    """Say whether there are two dark eyes, a lighter bridge between them, and cheeks of one lightness."""
    box = (round(face.left), round(face.top), round(face.right), round(face.bottom))
    window = base.crop(box).resize((48, 48), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
    light = lab(np.asarray(window))[..., 0]
    eyes = [float(np.percentile(light[12:21, x - 5 : x + 6], 15)) for x in (14, 34)]
    cheeks = [float(light[24:32, x - 4 : x + 5].mean()) for x in (14, 34)]
    bridge = float(light[14:23, 22:27].mean())
    darker = [cheek - eye for cheek, eye in zip(cheeks, eyes, strict=True)]
    return min(darker) > 9.5 and bridge - max(eyes) > 7 and abs(cheeks[0] - cheeks[1]) < 16


def _features(grey: Field) -> Field:
    """Return how well the pattern of eyes, nose and mouth fits each place, -1..1, whatever the light."""
    even = _evened(grey)
    mean, fit = _slid(even, _WEIGHT, _WEIGHT * _PATTERN)
    (square,) = _slid(even * even, _WEIGHT)
    return np.asarray(fit / np.sqrt(np.maximum(square - mean * mean, 1e-4)))


def _evened(grey: Field) -> Field:
    """Take out light and shade: what is left is each pixel against its neighbours."""
    detail = grey - _softened(grey)
    return np.asarray(detail / np.sqrt(_softened(detail * detail) + 16.0))


def _softened(field: Field, *, reach: int = 5) -> Field:
    for _ in range(2):
        sums = np.pad(field, ((reach + 1, reach), (reach + 1, reach)), "edge").cumsum(0).cumsum(1)
        full = 2 * reach + 1
        field = (sums[full:, full:] - sums[:-full, full:] - sums[full:, :-full] + sums[:-full, :-full]) / full**2
    return field


def _slid(field: Field, *kernels: Field) -> tuple[Field, ...]:
    """Return for each square kernel the sum of field x kernel wherever the kernel lies inside the field."""
    (height, width), side = field.shape, len(kernels[0])
    # Transforms of sizes with only small factors are several times quicker.
    shape = ((height + side) // 16 * 16 + 16, (width + side) // 16 * 16 + 16)
    seen = np.fft.rfft2(field, shape)
    inside = (slice(side - 1, height), slice(side - 1, width))
    return tuple(np.fft.irfft2(seen * np.fft.rfft2(kernel[::-1, ::-1], shape), shape)[inside] for kernel in kernels)


def _pattern() -> Field:
    """Return the features as we draw them: dark brows, eyes, nostrils, mouth; light forehead, bridge, cheeks, chin."""
    rows, columns = np.mgrid[0:_WINDOW, 0:_WINDOW].astype(np.float64)
    half = (_WINDOW - 1) / 2
    y, x = (rows - half) / half, (columns - half) / half

    def spot(at: tuple[float, float], wide: float, high: float) -> Field:
        return np.asarray(np.exp(-(((x - at[0]) / wide) ** 2 + ((y - at[1]) / high) ** 2) / 2))

    drawn = 0.4 * spot((0, -0.32), 0.10, 0.22) + 0.3 * spot((0, 0.80), 0.25, 0.12) + 0.45 * spot((0, -0.78), 0.45, 0.14)
    drawn -= 0.5 * spot((0, 0.50), 0.30, 0.09)
    for side in (-1, 1):
        drawn += 0.5 * spot((side * 0.45, 0.08), 0.18, 0.16) - 0.9 * spot((side * 0.42, -0.34), 0.20, 0.11)
        drawn -= 0.3 * spot((side * 0.50, -0.48), 0.18, 0.09) + 0.35 * spot((side * 0.16, 0.18), 0.08, 0.06)
        drawn -= 0.5 * spot((side * 0.95, 0.0), 0.12, 0.6)
    return np.asarray(drawn)


def _weight() -> Field:
    rows, columns = np.mgrid[0:_WINDOW, 0:_WINDOW].astype(np.float64)
    half = (_WINDOW - 1) / 2
    oval = np.exp(-((((columns - half) / 11) ** 2 + ((rows - half) / 12) ** 2) ** 3))
    return np.asarray(oval / oval.sum())


def _ovals() -> tuple[Field, Field]:
    """Return the face and the ring around it, open below where the neck is; each sums to one."""
    rows, columns = np.mgrid[0:_AROUND, 0:_AROUND].astype(np.float64)
    half = (_AROUND - 1) / 2
    y, x = rows - half, columns - half
    face = (x / 9) ** 2 + ((y + 0.5) / 11.5) ** 2 < 1
    ring = ((x / 17) ** 2 + ((y + 2) / 19) ** 2 < 1) & ((x / 12.5) ** 2 + ((y + 1) / 16) ** 2 >= 1) & (y < 8)
    return face / face.sum(), ring / ring.sum()


_WEIGHT = _weight()
_INSIDE, _AROUND_FACE = _ovals()


def _normal(pattern: Field) -> Field:
    even = _evened(np.pad(pattern * 60, 6))[6:-6, 6:-6]
    even = even - (_WEIGHT * even).sum()
    return np.asarray(even / np.sqrt((_WEIGHT * even * even).sum()))


_PATTERN = _normal(_pattern())
