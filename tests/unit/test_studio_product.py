"""What is seen on a product picture: outline, colours from the product and not its ground, shape, light."""

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from character_flow.studio import product
from character_flow.studio.colours import accented, contrast, lab, name_of, until_readable
from character_flow.studio.cutout import cut_out
from character_flow.studio.product import look_at, read_product
from tests.unit.studio_pictures import ASSETS, COFFEE_BAG, PRODUCT, drawn_product, photo
from tests.unit.studio_products import SHAPES, drawn, missed, outline

_COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


def test_the_shipped_bottle_is_cut_out_whole_with_its_white_cap_and_label() -> None:
    look = read_product(PRODUCT)
    assert (look.cut, look.shape, look.finish) == (True, "bottle", "glossy")
    assert look.colour_names[:2] == ("teal", "white")
    mask = np.asarray(look.image.getchannel("A")) > 128
    # The cap (upper fifth, centre) and both edges of the white label are there.
    assert mask[mask.shape[0] // 10, mask.shape[1] // 2]
    label = mask[round(mask.shape[0] * 0.7)]
    assert label.mean() > 0.95
    assert abs(look.image.height / look.image.width - 935 / 300) < 0.2


def test_the_shipped_coffee_bag_is_cut_out_without_its_shadow() -> None:
    look = read_product(COFFEE_BAG)
    assert (look.cut, look.shape) == (True, "bag")
    assert look.image.width < 470, "the shadow right of the bag is not part of it"


def test_a_plain_box_is_cut_to_its_outline_and_named() -> None:
    look = look_at(drawn_product((40, 96, 200), (240, 240, 238)))
    assert look.cut
    assert (look.shape, look.colour_names) == ("box", ("blue",))
    assert abs(look.image.width - 200) <= 6
    assert abs(look.image.height - 300) <= 6
    assert look.background == "a plain white background"


def test_transparency_is_believed_before_anything_is_guessed() -> None:
    picture = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    picture.paste((48, 146, 72, 255), (100, 60, 200, 240))
    look = look_at(picture)
    assert look.cut
    assert look.image.size == (100, 180)
    assert look.background == "a clear background"


@pytest.mark.parametrize("ground", [(232, 228, 222), (40, 42, 48)])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_cut_to_a_hundredth_and_named(shape: str, ground: tuple[int, int, int]) -> None:
    picture = drawn(shape, colour=(178, 60, 48), ground=ground)
    cut = cut_out(picture)
    assert cut.mask is not None, cut.reason
    assert missed(cut.mask, shape, at=(0, 0)) < 0.015
    look = look_at(picture)
    assert (look.cut, look.shape, look.subject) == (True, shape, "product")


@pytest.mark.parametrize("shape", ["bottle", "cup"])
def test_the_edge_of_a_cut_out_is_soft_and_shows_nothing_of_the_ground(shape: str) -> None:
    look = look_at(drawn(shape, colour=(178, 40, 40), ground=(70, 190, 90)))
    pixels = np.asarray(look.image, dtype=float)
    alpha = pixels[..., 3]
    rim = (alpha > 20) & (alpha < 235)
    assert rim.sum() > 200, "soft: some pixels are partly product"
    green = pixels[..., 1] - pixels[..., 0]
    assert float((green[alpha > 20] > 0).mean()) < 0.002, "no green halo"


def test_a_cups_handle_is_seen_through_and_a_white_label_is_not() -> None:
    cup, bottle = look_at(drawn("cup")), look_at(drawn("bottle", ground=(246, 245, 243)))
    through = np.asarray(cup.image.getchannel("A"))
    height, width = through.shape
    assert through[round(height * 0.46), round(width * 0.80)] == 0
    label = np.asarray(bottle.image.getchannel("A"))
    assert label[round(label.shape[0] * 0.62), label.shape[1] // 2 - 20 : label.shape[1] // 2 + 20].min() > 250


@pytest.mark.parametrize("shape", SHAPES)
def test_white_on_white_is_cut_well_or_shown_as_a_photo_card(shape: str) -> None:
    picture = drawn(shape, colour=(224, 223, 220), ground=(246, 245, 243))
    cut = cut_out(picture)
    assert cut.mask is None or missed(cut.mask, shape, at=(0, 0)) < 0.10
    look = look_at(picture)
    assert look.cut or look.cut_note
    assert look.colour_names[0] in ("white", "silver", "black")


@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0])
def test_the_grain_of_a_camera_does_not_spoil_the_outline(noise: float) -> None:
    cut = cut_out(drawn("bottle", noise=noise))
    assert cut.mask is not None, cut.reason
    assert missed(cut.mask, "bottle", at=(0, 0)) < 0.03


@pytest.mark.parametrize("side", [40, 120, 1600])
def test_tiny_and_large_pictures_are_cut_alike(side: int) -> None:
    small = drawn("box").resize((round(side * 0.75), side), Image.Resampling.LANCZOS)
    look = look_at(small)
    assert look.cut
    assert abs(look.image.height / look.image.width - 430 / 260) < (0.2 if side == 40 else 0.1)
    assert look.colour_names[0] == "teal"


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "LA"])
def test_a_picture_of_any_colour_mode_is_cut(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("box.jpg" if mode == "CMYK" else "box.png")
    picture = drawn("box", noise=0.0)
    (picture.quantize(256) if mode == "P" else picture.convert(mode)).save(path)
    look = read_product(path)
    assert (look.cut, look.shape) == (True, "box")


def test_a_product_lying_on_its_side_by_exif_is_seen_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn("bottle").transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif, quality=92)
    assert read_product(tmp_path / "turned.jpg").shape == "bottle"


@pytest.mark.parametrize("scene", ["brick", "grass", "motorcycle_left", "coffee"])
def test_a_product_photographed_in_a_scene_is_a_photo_card_and_still_a_product(scene: str) -> None:
    ground = Image.open(photo(scene)).convert("RGB").resize((600, 800))
    if scene != "coffee":
        ground.paste(drawn("bottle", colour=(178, 60, 48)), mask=outline("bottle"))
    look = look_at(ground)
    assert (look.cut, look.subject, look.shape) == (False, "product", "item")
    assert look.cut_note
    assert look.image.size == look.size


@pytest.mark.parametrize(
    "name", ["brick", "grass", "gravel", "coins", "text", "page", "moon", "hubble_deep_field", "chessboard_GRAY"]
)
def test_walls_textures_and_pages_hold_no_product(name: str) -> None:
    look = read_product(photo(name))
    assert (look.subject, look.cut, look.shape) == ("none", False, "item")
    assert look.cut_note == "no single product can be made out"


@pytest.mark.parametrize("path", [photo("astronaut"), ASSETS / "characters" / "4.png"], ids=["photograph", "drawing"])
def test_a_person_is_no_product(path: Path) -> None:
    look = read_product(path)
    assert (look.subject, look.cut, look.cut_note) == ("none", False, "the picture shows a person")


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "motorcycle_left", "camera"])
def test_a_photograph_taken_in_a_scene_is_shown_as_a_photo_card(name: str) -> None:
    look = read_product(photo(name))
    assert not look.cut
    assert look.cut_note == "the background is too busy to cut along"
    assert look.image.size == look.size
    assert look.shape == "item"


def test_a_disc_on_black_that_nobody_here_drew_is_cut_out_whole() -> None:
    look = read_product(photo("retina"))
    alpha = np.asarray(look.image.getchannel("A")) > 128
    assert look.cut
    assert abs(look.image.width / look.image.height - 1) < 0.03
    assert abs(float(alpha.mean()) - np.pi / 4) < 0.02


def test_colours_come_from_the_product_and_not_from_its_ground() -> None:
    for ground in ((240, 200, 60), (60, 90, 200), (30, 30, 30)):
        assert look_at(drawn("tube", colour=(178, 40, 40), ground=ground)).colour_names[0] in ("red", "dark red")


@given(_COLOURS)
@settings(max_examples=40)
def test_an_accent_is_neither_black_nor_white_to_the_eye(colour: tuple[int, int, int]) -> None:
    light = float(lab(np.array(accented(colour), dtype=np.uint8))[0])
    assert 25 < light < 83


def test_a_cup_photographed_in_a_cafe_is_red() -> None:
    assert read_product(photo("coffee")).colour_names[0] == "red"


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (200, 300), (0, 0, 0)),
        Image.new("RGB", (200, 300), (255, 255, 255)),
        Image.fromarray(np.random.default_rng(3).integers(0, 255, (300, 200, 3), dtype=np.uint8)),
        drawn_product((40, 96, 200), (240, 240, 238)).crop((120, 200, 280, 400)),
    ],
    ids=["black", "white", "noise", "product fills it"],
)
def test_a_picture_without_a_product_on_a_ground_is_never_cut(picture: Image.Image) -> None:
    look = look_at(picture)
    assert (look.cut, look.subject) == (False, "none")


def test_a_product_over_the_border_is_not_cut() -> None:
    picture = drawn_product((40, 96, 200), (240, 240, 238)).crop((0, 300, 400, 600))
    assert cut_out(picture).reason == "the product runs over the picture's border"


@given(_COLOURS, _COLOURS)
@settings(max_examples=60)
def test_a_marker_can_always_be_read(colour: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    assert contrast(until_readable(colour, on=ground), ground) >= 4.5


@pytest.mark.parametrize(
    ("colour", "name"),
    [((20, 20, 22), "black"), ((250, 250, 250), "white"), ((30, 128, 128), "teal"), ((30, 40, 90), "navy"),
     ((210, 30, 40), "red"), ((248, 215, 60), "yellow"), ((120, 75, 45), "brown")],
)  # fmt: skip
def test_colours_are_named_as_people_name_them(colour: tuple[int, int, int], name: str) -> None:
    assert name_of(colour) == name


def _fake_tesseract(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_words_on_the_pack_are_read_where_tesseract_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake_tesseract(tmp_path, monkeypatch, "cat > /dev/null; printf 'ONDARA\\n\\n  FACE   MIST \\n--\\n'")
    assert read_product(PRODUCT).text == ("ONDARA", "FACE MIST")


@pytest.mark.parametrize("script", ["exit 3", "cat > /dev/null; exec sleep 30"])
def test_a_broken_or_hanging_tesseract_only_costs_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(product, "_OCR_SECONDS", 0.3)
    _fake_tesseract(tmp_path, monkeypatch, script)
    assert read_product(PRODUCT).text == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_blocks_of_a_jpeg_do_not_spoil_the_outline(tmp_path: Path, shape: str) -> None:
    drawn(shape).save(tmp_path / "product.jpg", quality=75)
    look = read_product(tmp_path / "product.jpg")
    assert (look.cut, look.shape) == (True, shape)
