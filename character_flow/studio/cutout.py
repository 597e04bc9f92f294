"""Where the product ends and the photograph begins: a mask from the picture's borders, or no mask when in doubt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from character_flow.studio import backdrop, regions
from character_flow.studio.backdrop import Backdrop
from character_flow.studio.colours import lab
from character_flow.studio.edges import soften
from character_flow.studio.regions import Mask

_SIDE = 400
_BUSY = 8.0
_RAGGED = "the outline is too ragged to trust"
_ASTRAY = "the outline does not follow the product's edge"
_LOST = "a part of the product may be lost in the background"
_ALIKE = "most of the product looks like its background"
_UNSURE = (_RAGGED, _ASTRAY, _LOST, _ALIKE)


@dataclass(frozen=True, slots=True)
class Cut:
    """A soft mask of the picture's size, or None with the reason why a photo card is the safer choice.

    `clean` is the picture with the background's colour taken out of its edges, to be shown with the mask. `stands`
    says that something does stand before an even ground, though its outline could not be made sure of.
    """

    mask: Image.Image | None
    reason: str
    clean: Image.Image | None = None
    stands: bool = False


def cut_out(picture: Image.Image, *, is_person: bool = False) -> Cut:
    """Return the mask of what stands before an even ground; the picture's own transparency is believed first.

    A person may leave the picture below and, there, at the sides; a product may not leave it.
    """
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        clear = float((np.asarray(alpha) < 16).mean())
        if 0.03 < clear < 0.97:
            return Cut(alpha, "the picture is transparent around the product", picture.convert("RGB"))
    flat = _flat(picture)
    small = flat.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    field = lab(np.asarray(small.filter(ImageFilter.GaussianBlur(0.8))))
    ground = backdrop.behind(field, upper_only=is_person)
    if ground.unevenness > _BUSY:
        return Cut(None, "the background is too busy to cut along")
    inside = _inside(field, ground, is_person=is_person)
    problem = _doubt(inside, ground, is_person=is_person)
    if problem:
        return Cut(None, problem, stands=problem in _UNSURE and _stands(inside))
    mask, clean = soften(flat, inside)
    return Cut(mask, "cut from an even background", clean)


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    flat = Image.new("RGB", picture.size, (255, 255, 255))
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat


def _inside(field: NDArray[np.float32], ground: Backdrop, *, is_person: bool) -> Mask:
    """Return what cannot be walked to from the border over ground and shadow."""
    # A white cap before a cream wall differs less than the wall's own fall-off of light, but it has an edge:
    # the ground ends where the picture is steep, not only where the colour is another.
    near = ground.near
    walkable = near & ~ground.edge
    first = regions.largest(regions.filled(~regions.reached(walkable, from_below=not is_person)))
    if not first.any():
        return first
    # What is white, grey or black before a wall of that kind is itself no more than the wall in another light.
    is_alike = float(ground.is_pale_shade[first].mean()) > 0.6
    shade = np.zeros_like(near) if is_person else _shade(ground, first) & ~(ground.edge & is_alike)
    inside = regions.filled(~regions.reached(walkable | shade, from_below=not is_person))
    inside = regions.largest(regions.opened(inside))
    inside = regions.filled(inside)
    if is_alike:
        inside = _peeled(inside, near & ~regions.grown(ground.edge, 1), steps=3)
    else:
        # Thin strips of ground stay caught between the product and the blocks of a JPEG; a white cap is thick.
        inside = _peeled(_without_strips(inside, ground), near, steps=2)
        inside = regions.closed(inside, 4)  # small bites out of a pale rim
    if not is_person and not is_alike:
        inside = _without_foot_shadow(inside, ground)
    through = _openings(inside, ground)
    if through.any():
        inside = _without_strips(inside & ~through, ground)
    return regions.largest(regions.opened(inside))


def _shade(ground: Backdrop, first: Mask) -> Mask:
    """Say where the ground is only darker, as in a cast shadow: same hue, soft, at the foot of what stands there."""
    rows = np.flatnonzero(first.any(axis=1))
    shade = ground.is_shaded & (ground.steep < 2.6)
    shade[: round(rows[0] + 0.70 * (rows[-1] - rows[0]))] = False
    return shade


def _peeled(inside: Mask, near: Mask, *, steps: int) -> Mask:
    """Take off rims that still show the background: an edge is a few pixels wide, both sides of it."""
    for _ in range(steps):
        inside = inside & ~(near & ~regions.shrunk(inside, 1))
    return inside


def _without_strips(inside: Mask, ground: Backdrop) -> Mask:
    """Take off thin strips of ground that lie along the outline; a gleam on a white cap leads inwards and stays."""
    strips = inside & ground.near
    thin = strips & ~regions.grown(regions.shrunk(strips, 5), 5)
    # The blocks of a JPEG have faint borders; where the border is sharp, a cap or a lid begins.
    gone = thin & ~_peeled(inside, thin & ~ground.sharp, steps=9)
    return inside & ~regions.mostly(thin, gone, share=0.6)


def _without_foot_shadow(inside: Mask, ground: Backdrop) -> Mask:
    """Take off the dark line of contact below the product: ground colour, only darker, seen from below."""
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return inside
    dull = ground.is_dark_ground.copy()
    dull[: round(rows[-1] - 0.10 * np.ptp(rows))] = False
    for _ in range(7):
        below = np.zeros_like(inside)
        below[:-1] = ~inside[1:]
        below[-1] = True
        inside = inside & ~(dull & below)
    return regions.opened(inside)


def _openings(inside: Mask, ground: Backdrop) -> Mask:
    """Return where one sees through: a cup's handle; not a white label or a gleam on a cap before a white ground.

    Those lie in the middle of a product; a handle's opening is bare ground at its side. A grip in the middle stays
    filled: better a little of the wall than a hole in the product.
    """
    bare = inside & ground.is_bare
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    out = np.zeros_like(inside)
    if not len(rows):
        return out
    high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    for part in regions.parts(bare, least=max(30, round(0.006 * high * wide))):
        x = float(np.where(part)[1].mean())
        aside = abs((x - columns[0]) / wide - 0.5) > 0.27
        rim = regions.grown(part, 4) & ~part
        # A gleam on a white cap fades into it; what one sees through ends at once, all the way round.
        is_cut = float(regions.grown(ground.edge, 3)[rim].mean()) > 0.85
        if is_cut and aside:
            out |= regions.grown(part, 2) & (part | ground.near | ground.edge)
    return out


def _doubt(inside: Mask, ground: Backdrop, *, is_person: bool) -> str:
    share = float(inside.mean())
    if share < 0.02:
        return "hardly anything stands out from the background"
    if share > 0.85:
        return "the product fills the whole picture"
    height = len(inside)
    lower = round(height * 0.45) if is_person else height
    rims = [inside[0], inside[:lower, 0], inside[:lower, -1], *([] if is_person else [inside[-1]])]
    if float(np.concatenate(rims).mean()) > 0.05:
        return "the product runs over the picture's border"
    rows, columns = np.where(inside)
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    if inside.sum() / box < 0.36:
        return _RAGGED
    if float((ground.near & inside).sum() / inside.sum()) > 0.93:
        return _ALIKE
    rim = inside & ~regions.shrunk(inside, 1)
    # An outline that runs where the picture shows no edge has lost or won a part.
    if float((~regions.grown(ground.edge, 2)[rim]).mean()) > 0.22:
        return _ASTRAY
    if _edges_left(inside, ground) > 0.12:
        return _LOST
    outside = ground.stands_out & ~regions.grown(inside, 4)
    if float(outside.sum()) > 0.25 * float(inside.sum()):
        return "more than one thing stands out from the background"
    return ""


def _stands(inside: Mask) -> bool:
    """Say whether what was found is one thing with ground all around it, not letters, stars or craters."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    height, width = inside.shape
    inset = min(rows[0] / height, 1 - (rows[-1] + 1) / height, columns[0] / width, 1 - (columns[-1] + 1) / width)
    share = np.ptp(rows) * np.ptp(columns) / inside.size
    return bool(inset > 0.02 and 0.03 < share < 0.75 and len(regions.parts(inside, least=20)) <= 2)


def _edges_left(inside: Mask, ground: Backdrop) -> float:
    """Return how long the edges are that lie outside, against the outline; a shadow's edges at the foot are none."""
    rows = np.flatnonzero(inside.any(axis=1))
    foot = np.zeros_like(inside)
    foot[round(rows[0] + 0.75 * np.ptp(rows)) :] = True
    lost = (
        ground.sharp & regions.grown(ground.is_other, 1) & ~regions.grown(inside, 3) & ~(foot & ground.is_dark_ground)
    )
    # Grain is specks, an edge is a line.
    lines = regions.largest(lost)
    outline = inside & ~regions.shrunk(inside, 1)
    return float(lines.sum() / max(1, outline.sum()))
