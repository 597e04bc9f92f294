"""How a drawn part is laid on a picture: turned about its joint, moved by parts of a pixel, quick enough for film."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from character_flow.studio.paint import Point

FINE = 3
_PHASES = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a figure: colours multiplied by their alpha (mode RGBa), and its joint in pixels of the film.

    `grain` 1: turned with smoothing. `grain` 3: the picture is three times as large and smooth, so that the nearest
    of its pixels is as good, and quicker; worth it for what is drawn once and turned in every frame.
    """

    image: Image.Image
    joint: Point
    grain: int = 1


def part_of(picture: Image.Image, joint: Point, *, grain: int = 1) -> Part:
    """Make a part of an RGBA drawing; what is empty around it is cut off."""
    left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
    box = (left - 2, top - 2, right + 2, bottom + 2)
    image = picture.crop(box).convert("RGBa")
    if grain > 1:
        image = image.resize((image.width * grain, image.height * grain), Image.Resampling.BICUBIC)
    return Part(image, (joint[0] - box[0], joint[1] - box[1]), grain)


def lay_turned(world: Image.Image, part: Part, at: Point, turn: float, *, stretch: float = 1.0) -> None:
    """Lay a part with its joint at `at`, turned clockwise by `turn` radians, `stretch` times as long upwards."""
    cos, sin, grain = math.cos(turn), math.sin(turn), part.grain
    corners = [turned(at, (x - part.joint[0], (y - part.joint[1]) * stretch), turn)
               for x in (0, part.image.width / grain) for y in (0, part.image.height / grain)]  # fmt: skip
    left = max(0, math.floor(min(x for x, _ in corners)))
    top = max(0, math.floor(min(y for _, y in corners)))
    right = min(world.width, math.ceil(max(x for x, _ in corners)))
    bottom = min(world.height, math.ceil(max(y for _, y in corners)))
    if right <= left or bottom <= top:
        return
    dx, dy = left - at[0], top - at[1]
    matrix = tuple(grain * number for number in (
        cos, sin, part.joint[0] + cos * dx + sin * dy,
        -sin / stretch, cos / stretch, part.joint[1] + (cos * dy - sin * dx) / stretch))  # fmt: skip
    smoothing = Image.Resampling.BILINEAR if grain == 1 else Image.Resampling.NEAREST
    drawn = part.image.transform((right - left, bottom - top), Image.Transform.AFFINE, matrix, smoothing)
    world.paste(drawn, (left, top), drawn)


def turned(at: Point, offset: Point, turn: float) -> Point:
    """Return the point that lies at `offset` from `at` after turning clockwise by `turn` radians."""
    cos, sin = math.cos(turn), math.sin(turn)
    return (at[0] + offset[0] * cos - offset[1] * sin, at[1] + offset[0] * sin + offset[1] * cos)


def bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


class Riser:
    """A large layer that moves up and down only: prepared at quarters of a pixel, so that laying it is a copy."""

    def __init__(self, picture: Image.Image, at: tuple[int, int]) -> None:
        left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
        whole = picture.crop((left, top - 1, right, bottom + 1)).convert("RGBa")
        self._at = (at[0] + left, at[1] + top - 1)
        self._phases = [whole, *(_lowered(whole, step / _PHASES) for step in range(1, _PHASES))]

    def lay(self, world: Image.Image, lower: float) -> None:
        """Lay the layer, `lower` pixels further down."""
        steps = round(lower * _PHASES)
        layer = self._phases[steps % _PHASES]
        world.paste(layer, (self._at[0], self._at[1] + steps // _PHASES), layer)


def _lowered(layer: Image.Image, share: float) -> Image.Image:
    return layer.transform(layer.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -share), Image.Resampling.BILINEAR)
