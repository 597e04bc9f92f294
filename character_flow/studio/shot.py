"""What a shot is: a piece of the advert that draws its frames one by one, and what all shots share."""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from character_flow.studio.paint import RGB
from character_flow.studio.product import ProductLook


class Shot(Protocol):
    """A piece of the advert: asked for frames by the second of the film and its share (0..1) of the shot."""

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one RGB frame of the film's size, without caption and mark."""


@dataclass(frozen=True, slots=True)
class Look:
    """What all shots share: the film's size, the product and the accent colour."""

    size: tuple[int, int]
    product: ProductLook
    accent: RGB


def eased(share: float) -> float:
    """Return 0..1 with a slow start and a slow end."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def camera(world: Image.Image, size: tuple[int, int], zoom: float, *, at: tuple[float, float]) -> Image.Image:
    """Return the part of the world the camera sees: `zoom` 1 shows all; `at` (0..1) is the point it closes in on."""
    wide, high = world.width / zoom, world.height / zoom
    left, top = (world.width - wide) * at[0], (world.height - high) * at[1]
    return world.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + wide, top + high))


def lay(frame: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    """Lay an RGBA picture on a frame, its upper left corner at `at`."""
    frame.paste(layer, at, layer)
