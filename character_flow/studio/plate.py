"""How a frame is kept for the encoder: light in full size, colour in half, so that camera and captions cost half.

A frame as RGB has three full planes to scale and must then be converted; as the encoder's own planes it has one and a
half, and what does not change is converted once.
"""

from dataclasses import dataclass
from threading import local

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from character_flow.studio.shot import Box, View

_mine = local()
_BOX, _BILINEAR = Image.Resampling.BOX, Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True)
class Piece:
    """What is laid on plates: its planes and how much they cover; made once from an RGBA picture."""

    planes: tuple[Image.Image, Image.Image, Image.Image]
    cover: tuple[Image.Image, Image.Image]


@dataclass(frozen=True, slots=True)
class Plate:
    """A frame as three planes: light, and two of colour with half the sides."""

    planes: tuple[Image.Image, Image.Image, Image.Image]

    def seen(self, part: Box, size: tuple[int, int]) -> "Plate":
        """Return the part of this plate as a new one of the given (even) size."""
        light, blue, red = self.planes
        low = (size[0] // 2, size[1] // 2)
        half = tuple(min(edge / 2, float(most)) for edge, most in zip(part, blue.size * 2, strict=True))
        box = (half[0], half[1], half[2], half[3])
        return Plate((light.resize(size, _BILINEAR, box=part), blue.resize(low, _BILINEAR, box=box),
                      red.resize(low, _BILINEAR, box=box)))  # fmt: skip

    def copy(self) -> "Plate":
        """Return a plate that can be laid on without changing this one."""
        light, blue, red = self.planes
        return Plate((light.copy(), blue.copy(), red.copy()))

    def lay(self, piece: Piece, at: tuple[int, int]) -> None:
        """Lay a piece on this plate, its upper left corner at `at`, rounded down to even pixels."""
        left, top = at[0] // 2, at[1] // 2
        for plane, layer, cover, unit in zip(self.planes, piece.planes, (piece.cover[0], *[piece.cover[1]] * 2),
                                             (2, 1, 1), strict=True):  # fmt: skip
            plane.paste(layer, (left * unit, top * unit), cover)

    def pixels(self) -> NDArray[np.uint8]:
        """Return the planes one after the other, as rows of the width: what encoders call yuv420p."""
        width, height = self.planes[0].size
        whole = b"".join(plane.tobytes() for plane in self.planes)
        return np.frombuffer(whole, dtype=np.uint8).reshape(height * 3 // 2, width)


def plate_of(picture: Image.Image) -> Plate:
    """Return an RGB picture as a plate."""
    return Plate(_planes(np.asarray(picture), "yuv420p"))


def piece_of(picture: Image.Image) -> Piece:
    """Return an RGBA picture as a piece; it grows to even sides."""
    width, height = (picture.width + 1) // 2 * 2, (picture.height + 1) // 2 * 2
    even = Image.new("RGBA", (width, height))
    even.paste(picture)
    # Colour is averaged by what is covered (Pillow multiplies alpha in), so that no dark seam stands round edges.
    small = even.resize((width // 2, height // 2), _BOX)
    light = _planes(np.asarray(even.convert("RGB")), "yuv444p")[0]
    _, blue, red = _planes(np.asarray(small.convert("RGB")), "yuv444p")
    return Piece((light, blue, red), (even.getchannel("A"), small.getchannel("A")))


def yuv_of(pixels: NDArray[np.uint8]) -> av.VideoFrame:
    """Return an RGB frame as the encoder wants it."""
    return _converted(pixels, "yuv420p")


def picture_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return what `Plate.pixels` gave as an RGB picture."""
    frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    return Image.fromarray(_converter("rgb24").reformat(frame, format="rgb24", threads=1).to_ndarray())


def _converted(pixels: NDArray[np.uint8], format_: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    # The colours of high definition, said in the file: players guess otherwise, and a product's colour would shift.
    # One thread: several frames are made at a time anyway, and threads begun for each would wait for one another.
    return _converter(format_).reformat(
        frame, format=format_, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
    )


def _converter(format_: str) -> VideoReformatter:
    """Return this thread's converter, kept with its tables: they serve one thread at a time."""
    kept: dict[str, VideoReformatter] = _mine.__dict__
    if format_ not in kept:
        kept[format_] = VideoReformatter()
    return kept[format_]


def _planes(pixels: NDArray[np.uint8], format_: str) -> tuple[Image.Image, Image.Image, Image.Image]:
    light, blue, red = (_plane(plane) for plane in _converted(pixels, format_).planes)
    return light, blue, red


def _plane(plane: av.video.plane.VideoPlane) -> Image.Image:
    return Image.frombuffer("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)


class Camera:
    """Makes plates of views; the world of a still view is converted once and kept while that shot lasts."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._kept: tuple[Image.Image, Plate] | None = None

    def plate(self, view: View) -> Plate:
        """Return what is seen; the caller may lay pieces on it."""
        world = self._world(view)
        whole: Box = (0.0, 0.0, float(self._size[0]), float(self._size[1]))
        if view.world.size == self._size and view.part == whole:
            return world.copy()
        return world.seen(view.part, self._size)

    def _world(self, view: View) -> Plate:
        kept = self._kept
        if kept is not None and kept[0] is view.world:
            return kept[1]
        world = plate_of(view.world)
        if view.still:
            # Two threads may both convert once: each works on its own, either may be kept.
            self._kept = (view.world, world)
        return world
