"""Where the product ends and the photograph begins: a mask from the picture's borders, or no mask when in doubt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from character_flow.studio.colours import lab

_SIDE = 420
_NEAR = 9.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A soft mask of the picture's size, or None with the reason why a photo card is the safer choice."""

    mask: Image.Image | None
    reason: str


def cut_out(picture: Image.Image) -> Cut:
    """Return the product's mask; the picture's own transparency is believed first."""
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        clear = float((np.asarray(alpha) < 16).mean())
        if 0.03 < clear < 0.97:
            return Cut(alpha, "the picture is transparent around the product")
    flat = Image.new("RGB", picture.size, (255, 255, 255))
    flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    small = flat.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    field = lab(np.asarray(small.filter(ImageFilter.GaussianBlur(0.6))))
    gap, spread = _from_ground(field)
    if spread > 14:
        return Cut(None, "the background is too busy to cut along")
    steep = _steepness(field)
    # A white cap before a cream wall differs less than the wall's own fall-off of light, but it has an edge:
    # the ground ends where the picture is steep, not only where the colour is another.
    edge = steep > max(1.15, 3.0 * float(np.median(steep)))
    near = np.linalg.norm(gap, axis=2) < max(_NEAR, 2.2 * spread)
    inside = _largest_part(_filled_holes(~_reached((near & ~edge) | _shade(gap, steep))))
    inside = _without_foot_shadow(_peeled(inside, near), gap)
    problem = _doubt(inside, near, steep)
    if problem:
        return Cut(None, problem)
    return Cut(_soft(inside, picture.size), "cut from an even background")


def _from_ground(field: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return each pixel's Lab distance vector from the expected ground, and how uneven the border is."""
    height, width, _ = field.shape
    rim = max(2, min(height, width) // 40)
    sides = (field[:rim], field[-rim:], field[:, :rim], field[:, -rim:])
    means = [np.median(side.reshape(-1, 3), axis=0) for side in sides]
    # Light usually falls off across a backdrop: the expected ground is blended from the four sides.
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    over = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    expected = ((1 - down) * means[0] + down * means[1] + (1 - over) * means[2] + over * means[3]) / 2
    edge = np.concatenate([(side - mean).reshape(-1, 3) for side, mean in zip(sides, means, strict=True)])
    spread = float(np.percentile(np.linalg.norm(edge, axis=1), 70))
    return field - expected, spread


def _steepness(field: NDArray[np.float32]) -> NDArray[np.float32]:
    across = np.gradient(field, axis=1)
    down = np.gradient(field, axis=0)
    return np.asarray(np.sqrt((across**2).sum(axis=2) + (down**2).sum(axis=2)), dtype=np.float32)


def _shade(gap: NDArray[np.float32], steep: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say where the ground is only darker, as in a cast shadow: same hue, soft, in the lower part."""
    chroma = np.hypot(gap[..., 1], gap[..., 2])
    shade = (gap[..., 0] < 0) & (gap[..., 0] > -40) & (chroma < 7) & (steep < 2.6)
    shade[: round(len(shade) * 0.74)] = False
    return shade


def _reached(ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the ground that can be walked to from the border: spread until nothing changes."""
    seen = np.zeros_like(ground)
    seen[0], seen[-1], seen[:, 0], seen[:, -1] = ground[0], ground[-1], ground[:, 0], ground[:, -1]
    while True:
        grown = _swept(seen, ground)
        if bool((grown == seen).all()):
            return seen
        seen = grown


def _swept(seen: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Spread along whole rows and columns at once: a run of allowed pixels is taken if any of it was seen."""
    grown = seen & allowed
    for axis in (0, 1):
        lines = grown if axis == 1 else grown.T
        permitted = allowed if axis == 1 else allowed.T
        runs = np.cumsum(~permitted, axis=1) + np.arange(len(lines))[:, None] * (lines.shape[1] + 1)
        hit = np.zeros(int(runs.max()) + 1, dtype=bool)
        hit[runs[lines]] = True
        spread = hit[runs] & permitted
        grown = spread if axis == 1 else spread.T
    return np.ascontiguousarray(grown)


def _filled_holes(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ~_reached(~inside)


def _largest_part(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest connected part and what is at least a fifth of it; dust goes."""
    left, parts = inside.copy(), []
    for _ in range(12):
        if not left.any():
            break
        seed = np.zeros_like(left)
        row, column = np.unravel_index(int(np.argmax(left)), left.shape)
        seed[row, column] = True
        while True:
            grown = _swept(seed, left)
            if bool((grown == seed).all()):
                break
            seed = grown
        parts.append(seed)
        left &= ~seed
    if not parts:
        return inside
    largest = max(int(part.sum()) for part in parts)
    kept = [part for part in parts if int(part.sum()) >= largest / 5]
    return np.asarray(np.logical_or.reduce(kept))


def _peeled(inside: NDArray[np.bool_], near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take off up to three rims that still show the background: an edge is a few pixels wide, both sides of it."""
    for _ in range(3):
        core = np.asarray(Image.fromarray((inside * 255).astype(np.uint8)).filter(ImageFilter.MinFilter(3))) > 0
        inside = inside & ~(near & ~core)
    return inside


def _without_foot_shadow(inside: NDArray[np.bool_], gap: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Take off the dark line of contact below the product: ground colour, only darker, seen from below."""
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return inside
    dull = (np.hypot(gap[..., 1], gap[..., 2]) < 8) & (gap[..., 0] < 4) & (gap[..., 0] > -66)
    dull[: round(rows[-1] - 0.10 * np.ptp(rows))] = False
    for _ in range(7):
        below = np.zeros_like(inside)
        below[:-1] = ~inside[1:]
        below[-1] = True
        inside = inside & ~(dull & below)
    return inside


def _doubt(inside: NDArray[np.bool_], near: NDArray[np.bool_], steep: NDArray[np.float32]) -> str:
    share = float(inside.mean())
    if share < 0.04:
        return "hardly anything stands out from the background"
    if share > 0.85:
        return "the product fills the whole picture"
    rim = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    if float(rim.mean()) > 0.12:
        return "the product runs over the picture's border"
    rows, columns = np.where(inside)
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    if inside.sum() / box < 0.38:
        return "the outline is too ragged to trust"
    if float((near & inside).sum() / inside.sum()) > 0.80:
        return "most of the product looks like its background"
    picture = Image.fromarray((inside * 255).astype(np.uint8))
    border = inside & (np.asarray(picture.filter(ImageFilter.MinFilter(3))) == 0)
    strong = Image.fromarray(np.clip(steep * 20, 0, 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))
    # An outline that runs where the picture shows no edge has lost or won a part.
    if float((np.asarray(strong)[border] < 24).mean()) > 0.22:
        return "the outline does not follow the product's edge"
    return ""


def _soft(inside: NDArray[np.bool_], size: tuple[int, int]) -> Image.Image:
    mask = Image.fromarray((inside * 255).astype(np.uint8))
    # One pixel in, then soft: the rim of a photograph carries the colour of its background.
    mask = mask.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.MinFilter(3))
    large = mask.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(max(size) / 400))
    return large.point([max(0, min(255, round((v - 88) * 255 / 80))) for v in range(256)])
