"""How a drawing becomes clean pixels: smooth paths, gradients, soft shadows, drawn large and brought down once."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from PIL.PngImagePlugin import PngInfo

RGB: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]
LABEL = "Offline draft made by character_flow"

_CURVE_STEPS = 18


@dataclass(frozen=True, slots=True)
class Fade:
    """A linear gradient over a shape's own box: from `start` to `end`, downwards or to the right."""

    start: RGB
    end: RGB
    across: bool = False


Fill: TypeAlias = RGB | Fade


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Return the colour that lies `share` (0..1) of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: RGB, share: float) -> RGB:
    """Return the colour mixed with a warm black."""
    return mix(colour, (24, 14, 22), share)


def lighter(colour: RGB, share: float) -> RGB:
    """Return the colour mixed with white."""
    return mix(colour, (255, 255, 255), share)


def path(text: str) -> list[Point]:
    """Return the outline of a drawing path: absolute `M x y`, `L x y`, `Q x y x y`, `C x y x y x y`, `Z`."""
    points: list[Point] = []
    command = "M"
    numbers: list[float] = []
    need = {"M": 2, "L": 2, "Q": 4, "C": 6}
    for token in text.replace(",", " ").split():
        if token in "MLQCZ":
            command = token
            continue
        numbers.append(float(token))
        if len(numbers) == need[command]:
            points.extend(_segment(command, points, numbers))
            numbers = []
    return points


def _segment(command: str, points: Sequence[Point], numbers: Sequence[float]) -> list[Point]:
    pairs = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]
    if command in "ML":
        return pairs
    knots = [points[-1], *pairs]
    return [_bezier(knots, step / _CURVE_STEPS) for step in range(1, _CURVE_STEPS + 1)]


def _bezier(knots: Sequence[Point], t: float) -> Point:
    level = list(knots)
    while len(level) > 1:
        level = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(level)]
    return level[0]


def loop(points: Sequence[Point]) -> list[Point]:
    """Return a closed smooth outline through all the points."""
    count = len(points)
    outline: list[Point] = []
    for i in range(count):
        before, here, there, after = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        outline += [_bezier((here, first, second, there), step / 10) for step in range(10)]
    return outline


def oval(x: float, y: float, rx: float, ry: float) -> list[Point]:
    """Return the outline of an ellipse about (x, y)."""
    turns = np.linspace(0, 2 * np.pi, 49)[:-1]
    return [(x + rx * float(np.cos(a)), y + ry * float(np.sin(a))) for a in turns]


def mirrored(points: Iterable[Point], axis: float) -> list[Point]:
    """Return the outline seen in a mirror standing at x = axis."""
    return [(2 * axis - x, y) for x, y in points]


class Canvas:
    """A transparent sheet of `width` x `height` units; `scale` pixels a unit in the finished picture.

    `origin` is where the drawing's (0, 0) lies on the sheet, in units.
    """

    def __init__(
        self, width: float, height: float, *, scale: float, oversample: int = 2, origin: Point = (0.0, 0.0)
    ) -> None:
        self._done = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._unit, self._oversample = scale * oversample, oversample
        self._origin = origin
        self.sheet = Image.new("RGBA", (self._done[0] * oversample, self._done[1] * oversample))

    def shape(
        self,
        points: Sequence[Point],
        fill: Fill,
        *,
        alpha: float = 1.0,
        blur: float = 0.0,
        inside: Sequence[Point] | None = None,
    ) -> None:
        """Fill an outline; `blur` (units) softens its edge, `inside` cuts it off at another outline."""
        pad = blur * 3
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = self._box(min(xs) - pad, min(ys) - pad, max(xs) + pad, max(ys) + pad)
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        mask = self._soft(points, box, blur * self._unit) if blur else self._mask(points, box)
        if inside is not None:
            mask = ImageChops.multiply(mask, self._mask(inside, box))
        if alpha < 1:
            mask = mask.point([round(v * alpha) for v in range(256)])
        layer = _filled(fill, mask.size)
        layer.putalpha(mask)
        self.sheet.alpha_composite(layer, (box[0], box[1]))

    def stroke(
        self,
        points: Sequence[Point],
        colour: RGB,
        *,
        width: float,
        alpha: float = 1.0,
        blur: float = 0.0,
        inside: Sequence[Point] | None = None,
        taper: float = 1.0,
    ) -> None:
        """Draw an open line of round pen; `taper` is the pen's share of width at both ends."""
        self.shape(_ribbon(points, width, taper), colour, alpha=alpha, blur=blur, inside=inside)

    def paste(self, picture: Image.Image, x: float, y: float, width: float) -> None:
        """Lay a picture with its upper left corner at (x, y), brought to `width` units."""
        across = max(1, round(width * self._unit))
        high = max(1, round(picture.height * across / picture.width))
        piece = picture.convert("RGBA").resize((across, high), Image.Resampling.LANCZOS)
        self.sheet.alpha_composite(piece, (round(x * self._unit), round(y * self._unit)))

    def finished(self) -> Image.Image:
        """Return the picture at its final size, RGBA."""
        by = self._oversample
        done = Image.new("RGBA", self._done)
        box = self.sheet.getbbox()
        if box is not None:
            # Most sheets are mostly empty: only what is drawn is brought down (a head's part: 2 ms instead of 19).
            left, top, right, bottom = box[0] // by, box[1] // by, -(-box[2] // by), -(-box[3] // by)
            done.paste(self.sheet.crop((left * by, top * by, right * by, bottom * by)).reduce(by), (left, top))
        return done

    def _box(self, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
        unit, (dx, dy) = self._unit, self._origin
        return (
            max(0, int((left + dx) * unit) - 1),
            max(0, int((top + dy) * unit) - 1),
            min(self.sheet.width, int((right + dx) * unit) + 2),
            min(self.sheet.height, int((bottom + dy) * unit) + 2),
        )

    def _soft(self, points: Sequence[Point], box: tuple[int, int, int, int], blur: float) -> Image.Image:
        # What is blurred has no fine detail: drawn small, blurred small and brought up it looks the same, sooner.
        coarse = max(1, min(8, int(blur / 2.5)))
        size = (max(1, -(-(box[2] - box[0]) // coarse)), max(1, -(-(box[3] - box[1]) // coarse)))
        dx, dy = self._origin
        outline = [
            (((x + dx) * self._unit - box[0]) / coarse, ((y + dy) * self._unit - box[1]) / coarse) for x, y in points
        ]
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(blur / coarse))
        if coarse == 1:
            return mask
        grown = mask.resize((size[0] * coarse, size[1] * coarse), Image.Resampling.BILINEAR)
        return grown.crop((0, 0, box[2] - box[0], box[3] - box[1]))

    def _mask(self, points: Sequence[Point], box: tuple[int, int, int, int]) -> Image.Image:
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        dx, dy = self._origin
        outline = [((x + dx) * self._unit - box[0], (y + dy) * self._unit - box[1]) for x, y in points]
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        return mask


def _filled(fill: Fill, size: tuple[int, int]) -> Image.Image:
    if not isinstance(fill, Fade):
        return Image.new("RGB", size, fill)
    ramp = Image.linear_gradient("L")
    if fill.across:
        ramp = ramp.transpose(Image.Transpose.ROTATE_90)
    ramp = ramp.resize(size)
    return Image.composite(Image.new("RGB", size, fill.end), Image.new("RGB", size, fill.start), ramp)


def _ribbon(points: Sequence[Point], width: float, taper: float) -> list[Point]:
    line = np.asarray(points, dtype=float)
    ahead = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-6)[:, None]
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length
    along = np.linspace(0, np.pi, len(line))
    half = (width / 2) * (taper + (1 - taper) * np.sin(along))[:, None]
    left, right = line + normal * half, line - normal * half
    end_cap = _cap(line[-1], normal[-1], float(half[-1, 0]))
    start_cap = _cap(line[0], -normal[0], float(half[0, 0]))
    outline = [*map(tuple, left), *end_cap, *map(tuple, right[::-1]), *start_cap]
    return [(float(x), float(y)) for x, y in outline]


def _cap(centre: NDArray[np.float64], normal: NDArray[np.float64], half: float) -> list[Point]:
    first = float(np.arctan2(normal[1], normal[0]))
    turns = np.linspace(first, first - np.pi, 9)[1:-1]
    return [(float(centre[0] + half * np.cos(a)), float(centre[1] + half * np.sin(a))) for a in turns]


def vertical_fade(size: tuple[int, int], colours: Sequence[RGB]) -> Image.Image:
    """Return an RGB picture that passes through the colours from top to bottom, without banding."""
    width, height = size
    stops = np.linspace(0, 1, len(colours))
    rows = np.linspace(0, 1, height)
    columns = [np.interp(rows, stops, [colour[i] for colour in colours]) for i in range(3)]
    field = np.stack(columns, axis=1)[:, None, :]
    noise = np.random.Generator(np.random.PCG64(7))
    picture = np.empty((height, width, 3), dtype=np.uint8)
    # By bands of rows: as one field of floats, a picture of a megapixel would take 80 MB for a moment.
    for top in range(0, height, 64):
        rows_here = field[top : top + 64]
        # Half a level of fixed noise hides the steps that eight bits would show on a smooth wall.
        band = rows_here + (noise.random((len(rows_here), width, 1)) - 0.5)
        np.clip(np.rint(band, out=band), 0, 255, out=band)
        picture[top : top + 64] = band
    return Image.fromarray(picture)


def shadow_of(mask: Image.Image, *, blur: float, alpha: float, colour: RGB = (20, 12, 24)) -> Image.Image:
    """Return the soft shadow of a mask as an RGBA picture padded by 3 x blur on every side."""
    pad = int(blur * 3)
    room = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    room.paste(mask, (pad, pad))
    soft = room.filter(ImageFilter.GaussianBlur(blur)).point([round(v * alpha) for v in range(256)])
    layer = Image.new("RGBA", soft.size, (*colour, 255))
    layer.putalpha(soft)
    return layer


def png(picture: Image.Image) -> bytes:
    """Return a PNG that says it is an offline draft; the same picture always gives the same bytes."""
    made = io.BytesIO()
    _save(picture, made)
    return made.getvalue()


def save_png(picture: Image.Image, out: Path) -> Path:
    """Write what `png` gives."""
    _save(picture, out)
    return out


def _save(picture: Image.Image, out: Path | io.BytesIO) -> None:
    label = PngInfo()
    label.add_text("Comment", LABEL)
    picture.save(out, "PNG", pnginfo=label, compress_level=4)
