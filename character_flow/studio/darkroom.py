"""How a photograph is prepared for the film: filling it, before a wall or as a print, the face well placed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from character_flow.studio.cutout import cut_out
from character_flow.studio.paint import RGB, darker, lighter, shadow_of, vertical_fade
from character_flow.studio.shot import Box
from character_flow.studio.sitter import Face, find_face

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things go in a film of some format, in shares of its width and height."""

    face_at: tuple[float, float]
    face_high: tuple[float, float]  # at least and at most
    chin: float  # not lower than this: below come the product and what is said
    frame: Box  # where a print hangs
    card: tuple[float, float]  # the product's card, at most so wide and high
    spots: tuple[tuple[float, float], ...]  # the middle of the card's lower edge, the best first


_TALL = Layout((0.5, 0.30), (0.22, 0.33), 0.52, (0.07, 0.075, 0.93, 0.56), (0.36, 0.22), ((0.76, 0.70), (0.24, 0.70)))
_SQUARE = Layout((0.37, 0.40), (0.32, 0.42), 0.64, (0.06, 0.07, 0.60, 0.74), (0.30, 0.42), ((0.80, 0.70), (0.2, 0.70)))
_WIDE = Layout((0.34, 0.42), (0.36, 0.46), 0.70, (0.09, 0.07, 0.46, 0.80), (0.26, 0.58), ((0.74, 0.76), (0.86, 0.72)))


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph ready to be filmed: the ground, what stands nearer (RGBA) if anything does, and the face's box.

    The camera may close in on `focus`.
    """

    ground: Image.Image
    near: Image.Image | None
    face: Box
    focus: tuple[float, float]


def layout(size: Size) -> Layout:
    """Return where things go in a film of this size."""
    ratio = size[0] / size[1]
    return _TALL if ratio < 0.8 else _SQUARE if ratio < 1.3 else _WIDE


def develop(photo: Image.Image, world: Size, *, plan: Layout, accent: RGB) -> Picture:
    """Prepare an RGB photograph for a world of this size; where no face is found, one is expected above the middle."""
    face = find_face(photo) or _expected_face(photo)
    mask = _person(photo, face)
    if mask is not None:
        return _standing(mask, world, plan=plan, face=face, accent=accent)
    if _may_fill(photo.size, world, plan=plan, face=face):
        return _filling(photo, world, plan=plan, face=face)
    return _print(photo, world, plan=plan, face=face, accent=accent)


def _may_fill(photo: Size, world: Size, *, plan: Layout, face: Face) -> bool:
    """Say whether the photograph can fill the film without the face becoming too large or too low."""
    cover = max(world[0] / photo[0], world[1] / photo[1])
    top = min(0.0, max(world[1] - photo[1] * cover, plan.face_at[1] * world[1] - face.middle[1] * cover))
    high = face.height * cover / world[1]
    is_beside = face.left > 0 and face.right < photo[0]
    return high <= plan.face_high[1] and (face.bottom * cover + top) / world[1] <= plan.chin and is_beside


def _filling(photo: Image.Image, world: Size, *, plan: Layout, face: Face) -> Picture:
    cover = max(world[0] / photo.width, world[1] / photo.height)
    scale = max(cover, plan.face_high[0] * world[1] / face.height)
    shown, at = _placed(photo, scale, face, room=(0, 0, *world), aim=plan.face_at)
    ground = Image.new("RGB", world)
    ground.paste(shown, at)
    box = _moved(face, scale, at)
    return Picture(ground, None, box, _middle(box))


def _print(photo: Image.Image, world: Size, *, plan: Layout, face: Face, accent: RGB) -> Picture:
    """Hang the photograph as a print, white rim and shadow, before itself out of focus."""
    width, height = world
    left, top, right, bottom = (round(share * side) for share, side in zip(plan.frame, (*world, *world), strict=True))
    room = (left, top, right, bottom)
    cover = max((right - left) / photo.width, (bottom - top) / photo.height)
    scale = max(cover, min(0.9 * plan.face_high[0], 0.36 * (bottom - top) / height) * height / face.height)
    shown, at = _placed(photo, scale, face, room=room, aim=(0.5, 0.42))
    rim, radius = max(2, round(min(world) * 0.011)), max(3, round(min(world) * 0.035))
    sheet = Image.new("RGBA", world)
    outer = _rounded(world, (left - rim, top - rim, right + rim, bottom + rim), radius + rim)
    shade = shadow_of(outer, blur=rim * 2.5, alpha=0.45)
    pad = int(rim * 2.5 * 3)
    sheet.alpha_composite(shade, (0, 0), (pad, pad - rim, pad + width, pad - rim + height))
    sheet.paste((252, 250, 247, 255), mask=outer)
    laid = Image.new("RGB", world)
    laid.paste(shown, at)
    sheet.paste(laid, mask=_rounded(world, room, radius))
    return Picture(_blurred(photo, world, accent), sheet, _moved(face, scale, at), _middle(room))


def _standing(
    person: tuple[Image.Image, Image.Image], world: Size, *, plan: Layout, face: Face, accent: RGB
) -> Picture:
    """Stand the sitter before a wall, cut off by the film's lower edge and never above it."""
    clean, mask = person
    width, height = world
    down_to = (1 - plan.face_at[1]) * height / max(1.0, clean.height - face.middle[1])
    scale = min(max(plan.face_high[0] * height / face.height, down_to), plan.face_high[1] * height / face.height)
    cut = clean.convert("RGBA")
    cut.putalpha(mask)
    size = (round(clean.width * scale), round(clean.height * scale))
    at = (round(plan.face_at[0] * width - face.middle[0] * scale),
          max(round(plan.face_at[1] * height - face.middle[1] * scale), height - size[1]))  # fmt: skip
    if width <= size[0]:
        at = (_held(at[0], size[0], 0, width), at[1])
    shown = cut.resize(size, Image.Resampling.LANCZOS)
    box = _moved(face, scale, at)
    shown.putalpha(ImageChops.multiply(shown.getchannel("A"), _feather(size, at, world=world, face=box)))
    sheet = Image.new("RGBA", world)
    sheet.paste(shown, at)
    return Picture(_studio(world, accent), sheet, box, _middle(box))


def _placed(
    photo: Image.Image, scale: float, face: Face, *, room: tuple[int, int, int, int], aim: tuple[float, float]
) -> tuple[Image.Image, tuple[int, int]]:
    """Return the photograph at this scale and its corner: the face where it is wanted, but no gap in the room."""
    size = (round(photo.width * scale), round(photo.height * scale))
    left = room[0] + aim[0] * (room[2] - room[0]) - face.middle[0] * scale
    top = room[1] + aim[1] * (room[3] - room[1]) - face.middle[1] * scale
    at = (_held(left, size[0], room[0], room[2]), _held(top, size[1], room[1], room[3]))
    return photo.resize(size, Image.Resampling.LANCZOS), at


def _held(start: float, length: int, first: int, last: int) -> int:
    return round(min(first, max(last - length, start)))


def _moved(face: Face, scale: float, at: tuple[int, int]) -> Box:
    return (face.left * scale + at[0], face.top * scale + at[1],
            face.right * scale + at[0], face.bottom * scale + at[1])  # fmt: skip


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _rounded(world: Size, box: tuple[int, int, int, int], radius: int) -> Image.Image:
    """Return a mask of a box with smooth round corners."""
    wide, high = box[2] - box[0], box[3] - box[1]
    sheet = Image.new("L", (wide * 2, high * 2))
    ImageDraw.Draw(sheet).rounded_rectangle((0, 0, wide * 2 - 1, high * 2 - 1), radius * 2, fill=255)
    mask = Image.new("L", world)
    mask.paste(sheet.resize((wide, high), Image.Resampling.BOX), box[:2])
    return mask


def _expected_face(photo: Image.Image) -> Face:
    """Return where a face would be in a portrait: above the middle."""
    width, height = photo.size
    high = min(height * 0.25, width * 0.35)
    return Face(width / 2 - high * 0.4, height * 0.36 - high / 2, width / 2 + high * 0.4, height * 0.36 + high / 2, 0.0)


def _person(photo: Image.Image, face: Face) -> tuple[Image.Image, Image.Image] | None:
    """Return picture and mask of the sitter where cutting is safe: an even wall, and the whole head inside."""
    if face.likeness == 0:
        return None
    cut = cut_out(photo, is_person=True)
    if cut.mask is None or cut.clean is None:
        return None
    inside = np.asarray(cut.mask) > 128
    box = [max(0, round(side)) for side in (face.left, face.top, face.right, face.bottom)]
    head = inside[box[1] : box[3], box[0] : box[2]]
    inset = max(1, head.shape[1] // 4)  # beside the chin there is wall
    is_whole = float(head[:, inset:-inset].mean()) > 0.97
    # Shoulders leave the picture below; a bust that floats was cut wrongly.
    stands = float(inside[-1].mean()) > 0.25
    return (cut.clean, cut.mask) if is_whole and stands and inside.mean() < 0.85 else None


def _feather(size: tuple[int, int], at: tuple[int, int], *, world: tuple[int, int], face: Box) -> Image.Image:
    """Return how much of the photograph shows: it fades where it ends inside the film, never over the face."""
    (width, height), (left, top) = size, at
    most = max(2.0, 0.16 * min(size))

    def fade(length: int, before: float, after: float, *, at_start: bool, at_end: bool) -> NDArray[np.float32]:
        along, shown = np.arange(length, dtype=np.float32), np.ones(length, dtype=np.float32)
        if at_start:
            shown *= np.clip(along / min(most, max(2.0, before)), 0, 1)
        if at_end:
            shown *= np.clip((length - 1 - along) / min(most, max(2.0, after)), 0, 1)
        return shown

    across = fade(width, face[0] - left, left + width - face[2], at_start=left > 0, at_end=left + width < world[0])
    down = fade(height, face[1] - top, top + height - face[3], at_start=top > 0, at_end=top + height < world[1])
    both = across[None, :] * down[:, None]
    return Image.fromarray(np.rint(both * both * (3 - 2 * both) * 255).astype(np.uint8))


def _blurred(photo: Image.Image, world: tuple[int, int], accent: RGB) -> Image.Image:
    """Return a ground out of the photograph itself: large, out of focus, a little of the product's colour in it."""
    small = (max(2, world[0] // 8), max(2, world[1] // 8))
    cover = max(small[0] / photo.width, small[1] / photo.height)
    wide, high = small[0] / cover, small[1] / cover
    left, top = (photo.width - wide) / 2, (photo.height - high) * 0.4
    ground = photo.resize(small, Image.Resampling.BOX, box=(left, top, left + wide, top + high))
    soft = ground.filter(ImageFilter.GaussianBlur(small[1] / 9)).resize(world, Image.Resampling.BICUBIC)
    return Image.blend(soft, Image.new("RGB", world, darker(accent, 0.45)), 0.35)


def _studio(world: tuple[int, int], accent: RGB) -> Image.Image:
    """Return a plain wall in a pale tone of the product's colour, lit from the upper left."""
    pale = lighter(accent, 0.72)
    wall = vertical_fade(world, (lighter(pale, 0.25), pale, darker(pale, 0.16)))
    glow = Image.new("L", (world[0] // 8 + 1, world[1] // 8 + 1))
    reach = round(min(glow.size) * 0.55)
    at = (round(glow.width * 0.42), round(glow.height * 0.34))
    ImageDraw.Draw(glow).ellipse((at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach), fill=120)
    light = glow.filter(ImageFilter.GaussianBlur(reach * 0.45)).resize(world, Image.Resampling.BICUBIC)
    wall.paste(Image.new("RGB", world, (255, 255, 255)), mask=light)
    return wall
