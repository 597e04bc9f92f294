"""What a shot is: a piece of the advert that draws its frames one by one, and what all shots share."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PIL import Image

from character_flow.studio.paint import RGB
from character_flow.studio.product import ProductLook

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the film."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Where the face and the product are in one frame; None where the shot shows none."""

    face: Box | None = None
    product: Box | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A drawn world, RGB, and the part of it that the camera sees; `still`: the world is the same in every frame."""

    world: Image.Image
    part: Box
    still: bool = False

    def picture(self, size: tuple[int, int]) -> Image.Image:
        """Return what is seen as a picture of this size."""
        return self.world.resize(size, Image.Resampling.BILINEAR, box=self.part)

    def seen(self, box: Box, size: tuple[int, int]) -> Box:
        """Return where a box of the world lies in the film, in pixels of the film, cut at its edges."""
        left, top, right, bottom = self.part
        across, down = size[0] / (right - left), size[1] / (bottom - top)
        x0, y0, x1, y1 = box
        return (max(0.0, (x0 - left) * across), max(0.0, (y0 - top) * down),
                min(float(size[0]), (x1 - left) * across), min(float(size[1]), (y1 - top) * down))  # fmt: skip


class Shot(Protocol):
    """A piece of the advert: asked for frames by the second of the film and its share (0..1) of the shot."""

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one RGB frame of the film's size, without caption and mark."""


@runtime_checkable
class ViewedShot(Protocol):
    """A shot that hands out its world and camera: half the drawing is saved, as only the encoder's planes are made."""

    def view(self, seconds: float, share: float) -> View:
        """Return what `frame` would draw, before the camera."""


@runtime_checkable
class BoxedShot(Protocol):
    """A shot that knows where face and product are, so that no caption covers them."""

    def boxes(self, seconds: float, share: float) -> Boxes:
        """Return the boxes of the frame at this second, in pixels of the film."""


@dataclass(frozen=True, slots=True)
class Look:
    """What all shots share: the film's size, the product and the accent colour."""

    size: tuple[int, int]
    product: ProductLook
    accent: RGB


@runtime_checkable
class PosedShot(Protocol):
    """A shot of somebody whose eyes and mouth are known, so that the thumbnail is not taken in a blink."""

    def shut(self, seconds: float) -> float:
        """Return how far the eyes are shut, 0..1."""

    def mouth(self, seconds: float) -> str:
        """Return the shape of the mouth."""


def eased(share: float) -> float:
    """Return 0..1 with a slow start and a slow end."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def view(world: Image.Image, zoom: float, *, at: tuple[float, float], still: bool = False) -> View:
    """Return the camera's part of the world: `zoom` 1 shows all; `at` (0..1) is the point it closes in on."""
    wide, high = world.width / zoom, world.height / zoom
    left, top = (world.width - wide) * at[0], (world.height - high) * at[1]
    return View(world, (left, top, left + wide, top + high), still)


def camera(world: Image.Image, size: tuple[int, int], zoom: float, *, at: tuple[float, float]) -> Image.Image:
    """Return the part of the world the camera sees: `zoom` 1 shows all; `at` (0..1) is the point it closes in on."""
    return view(world, zoom, at=at).picture(size)


def lay(frame: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    """Lay an RGBA picture on a frame, its upper left corner at `at`."""
    frame.paste(layer, at, layer)
