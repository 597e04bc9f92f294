"""A custom character's photograph: the face is found and stays in sight, the product never covers it, no lip moves."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from character_flow.studio import darkroom
from character_flow.studio.avatar import framed, make_avatar
from character_flow.studio.paint import LABEL
from character_flow.studio.photo import PhotoShot
from character_flow.studio.pictures import open_picture
from character_flow.studio.product import ProductLook, read_product
from character_flow.studio.shot import Box, Look
from character_flow.studio.sitter import find_face, find_faces
from tests.unit.studio_pictures import ASSETS, COFFEE_BAG, PRODUCT, photo

_FORMATS = ((180, 320), (240, 240), (320, 180))
# Eyes and mouth of the astronaut, from brow to chin, read off the photograph by hand.
_FACE = (183, 72, 262, 158)


@pytest.fixture(scope="module")
def astronaut() -> Image.Image:
    return open_picture(photo("astronaut"))


@pytest.fixture(scope="module")
def before_a_wall(astronaut: Image.Image) -> Image.Image:
    """The same person, cut along a line drawn by hand, before an even wall."""
    mask = Image.new("L", astronaut.size)
    ImageDraw.Draw(mask).polygon(
        [(186, 60), (178, 110), (196, 140), (205, 170), (150, 180), (120, 215), (60, 300), (20, 511), (420, 511),
         (400, 330), (330, 215), (285, 185), (260, 160), (282, 140), (298, 90), (285, 40), (250, 8), (210, 12)],
        fill=255,
    )  # fmt: skip
    fall = np.linspace(1.05, 0.92, 512)[:, None, None] * np.array((196, 206, 214))
    wall = fall + np.random.default_rng(1).normal(0, 2, (512, 512, 3))
    picture = Image.fromarray(np.clip(wall, 0, 255).astype(np.uint8))
    picture.paste(astronaut, mask=mask.filter(ImageFilter.GaussianBlur(1)))
    return picture


@pytest.fixture(scope="module")
def products() -> tuple[ProductLook, ...]:
    return read_product(PRODUCT), read_product(COFFEE_BAG), read_product(photo("coffee"))


def _overlap(first: Box, second: Box) -> float:
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, wide) * max(0.0, high)


def _is_on_the_face(found: Box, *, true: Box) -> bool:
    both, union = _overlap(found, true), (found[2] - found[0]) * (found[3] - found[1])
    union += (true[2] - true[0]) * (true[3] - true[1]) - both
    return both / union > 0.4


def _found(picture: Image.Image) -> Box:
    face = find_face(picture)
    assert face is not None
    return face.left, face.top, face.right, face.bottom


def test_a_face_is_found_where_it_is(astronaut: Image.Image) -> None:
    assert _is_on_the_face(_found(astronaut), true=_FACE)


@pytest.mark.parametrize(
    "box",
    [(150, 0, 300, 200), (0, 30, 512, 330), (0, 60, 400, 512), (190, 0, 512, 512)],
    ids=["close", "landscape", "hair cut off", "face at the left border"],
)
def test_a_face_is_found_in_any_framing(astronaut: Image.Image, box: tuple[int, int, int, int]) -> None:
    true = (_FACE[0] - box[0], _FACE[1] - box[1], _FACE[2] - box[0], _FACE[3] - box[1])
    assert _is_on_the_face(_found(astronaut.crop(box)), true=true)


def test_a_face_is_found_in_the_mirror_in_half_the_light_and_tilted(astronaut: Image.Image) -> None:
    mirrored = (512 - _FACE[2], _FACE[1], 512 - _FACE[0], _FACE[3])
    assert _is_on_the_face(_found(ImageOps.mirror(astronaut)), true=mirrored)
    assert _is_on_the_face(_found(astronaut.point([v // 2 for v in range(256)] * 3)), true=_FACE)
    assert _is_on_the_face(_found(astronaut.rotate(5, center=(222, 115))), true=_FACE)


@pytest.mark.parametrize("number", range(1, 10))
def test_our_own_portraits_of_every_skin_have_a_face_in_the_upper_middle(number: int) -> None:
    left, top, right, bottom = _found(Image.open(ASSETS / "characters" / f"{number}.png"))
    assert 180 < (left + right) / 2 < 270
    assert 120 < (top + bottom) / 2 < 330


def test_of_several_faces_the_largest_is_the_presenter(astronaut: Image.Image) -> None:
    group = Image.new("RGB", (900, 512), (90, 110, 120))
    near, far = astronaut.crop((110, 0, 400, 330)), astronaut.crop((110, 0, 400, 330)).resize((203, 231))
    group.paste(far, (100, 100))
    group.paste(near, (500, 100))
    assert len(find_faces(group)) >= 2
    assert _found(group)[0] > 500


@pytest.mark.parametrize(
    "name",
    ["coffee", "chelsea", "rocket", "motorcycle_left", "retina", "ihc", "color", "brick", "coins", "text", "page"],
)
def test_no_face_is_seen_where_there_is_none(name: str) -> None:
    assert find_face(open_picture(photo(name))) is None


def test_a_profile_is_honestly_not_found_and_the_upper_middle_is_shown() -> None:
    picture = open_picture(photo("camera"))
    assert find_face(picture) is None
    kept = np.asarray(framed(picture).resize((384, 512)), dtype=float)
    middle = np.asarray(picture.convert("RGB").crop((64, 0, 448, 512)), dtype=float)
    assert float(np.abs(kept - middle).mean()) < 6


@pytest.mark.parametrize("size", [(300, 900), (900, 300), (512, 512), (64, 64)])
def test_any_custom_picture_becomes_a_presenter_of_one_size(tmp_path: Path, size: tuple[int, int]) -> None:
    made = make_avatar(open_picture(photo("astronaut")).resize(size), tmp_path / "avatar.png")
    with Image.open(made) as avatar:
        assert (avatar.size, avatar.mode, avatar.info["Comment"]) == ((720, 960), "RGB", LABEL)


@pytest.mark.parametrize(
    "box", [(0, 0, 512, 512), (0, 0, 512, 300), (130, 0, 320, 512)], ids=["square", "landscape", "portrait"]
)
def test_the_presenters_face_is_in_the_upper_middle_of_the_frame(
    astronaut: Image.Image, box: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = _found(framed(astronaut.crop(box)))
    assert 0.35 * 720 < (left + right) / 2 < 0.65 * 720
    assert 0.18 * 960 < (top + bottom) / 2 < 0.5 * 960


def test_a_photograph_keeps_its_own_pixels(astronaut: Image.Image) -> None:
    face = np.asarray(framed(astronaut).resize((384, 512)), dtype=float)
    gaps = [
        float(np.abs(face - np.asarray(astronaut.crop((left, 0, left + 384, 512)), dtype=float)).mean())
        for left in range(20, 50)
    ]
    assert min(gaps) < 6


def test_transparency_becomes_a_plain_wall(astronaut: Image.Image) -> None:
    clear = astronaut.convert("RGBA")
    clear.putalpha(Image.new("L", clear.size))
    assert framed(clear).getpixel((10, 10)) == (236, 230, 226)


def test_before_an_even_wall_the_person_is_cut_out_and_else_never(
    astronaut: Image.Image, before_a_wall: Image.Image
) -> None:
    plan = darkroom.layout((180, 320))
    cut = darkroom.develop(framed(before_a_wall), (180, 320), plan=plan, accent=(60, 120, 110))
    kept = darkroom.develop(framed(astronaut), (180, 320), plan=plan, accent=(60, 120, 110))
    assert kept.near is None
    assert cut.near is not None
    alpha = np.asarray(cut.near.getchannel("A")) / 255
    left, top, right, bottom = (round(side) for side in cut.face)
    assert alpha[top:bottom, left + (right - left) // 4 : right - (right - left) // 4].mean() > 0.95
    assert alpha[:20, :60].max() < 0.05, "the wall is gone"
    assert alpha[-4:, 60:120].min() > 0.95, "nobody floats: the body goes down to the film's edge"


@pytest.mark.parametrize("size", _FORMATS)
@pytest.mark.parametrize(
    "box",
    [(0, 0, 512, 512), (150, 0, 300, 200), (190, 0, 512, 512), (0, 30, 512, 330)],
    ids=["whole", "close", "at the border", "landscape"],
)
def test_face_and_product_stay_in_sight_and_apart_in_every_format(
    astronaut: Image.Image, products: tuple[ProductLook, ...], size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    avatar = framed(astronaut.crop(box))
    for product in (products[0], products[2]):
        shot = PhotoShot(Look(size, product, product.accent), avatar=avatar)
        for seconds, share in ((0.0, 0.0), (1.4, 0.3), (3.1, 0.7), (5.0, 1.0)):
            boxes = shot.boxes(seconds, share)
            assert boxes.face is not None
            assert boxes.product is not None
            assert _overlap(boxes.face, boxes.product) == 0
            left, top, right, bottom = boxes.product
            assert min(left, top) >= 0
            assert right <= size[0]
            assert bottom <= 0.8 * size[1]
            middle = (boxes.face[0] + boxes.face[2]) / 2, (boxes.face[1] + boxes.face[3]) / 2
            assert 0.1 * size[0] < middle[0] < 0.7 * size[0]
            assert boxes.face[1] > 0
            assert boxes.face[3] < 0.74 * size[1]


@pytest.mark.parametrize("size", _FORMATS)
def test_the_boxes_are_where_the_picture_shows_them(
    astronaut: Image.Image, products: tuple[ProductLook, ...], size: tuple[int, int]
) -> None:
    large = (size[0] * 2, size[1] * 2)
    shot = PhotoShot(Look(large, products[0], products[0].accent), avatar=framed(astronaut))
    frame, boxes = shot.frame(2.0, 0.5), shot.boxes(2.0, 0.5)
    assert frame.size == large
    assert boxes.face is not None
    assert _is_on_the_face(_found(frame), true=boxes.face)


def test_the_picture_is_never_still_and_never_jumps(astronaut: Image.Image, products: tuple[ProductLook, ...]) -> None:
    shot = PhotoShot(Look((180, 320), products[0], products[0].accent), avatar=framed(astronaut))
    frames = [np.asarray(shot.frame(n / 12, n / 48), dtype=float) for n in range(48)]
    gaps = [float(np.abs(after - before).mean()) for before, after in pairwise(frames)]
    assert min(gaps) > 0.05
    assert max(gaps) < 6
    assert float(np.abs(frames[0] - frames[-1]).mean()) > 5


def test_the_same_photograph_gives_the_same_frames(astronaut: Image.Image, products: tuple[ProductLook, ...]) -> None:
    look = Look((180, 320), products[0], products[0].accent)
    first, second = (PhotoShot(look, avatar=framed(astronaut)).frame(1.0, 0.4).tobytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["camera", "chelsea"])
@pytest.mark.parametrize("size", _FORMATS)
def test_without_a_face_the_product_still_keeps_clear_of_the_upper_middle(
    products: tuple[ProductLook, ...], size: tuple[int, int], name: str
) -> None:
    shot = PhotoShot(Look(size, products[0], products[0].accent), avatar=framed(open_picture(photo(name))))
    boxes = shot.boxes(0.0, 0.0)
    assert boxes.face is not None
    assert boxes.product is not None
    assert _overlap(boxes.face, boxes.product) == 0
