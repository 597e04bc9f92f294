"""What is seen on a product picture: outline, colours from the product and not its ground, shape, light."""

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from character_flow.studio import product
from character_flow.studio.colours import contrast, name_of, until_readable
from character_flow.studio.cutout import cut_out
from character_flow.studio.product import look_at, read_product
from tests.unit.studio_pictures import COFFEE_BAG, PRODUCT, drawn_product, photo

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


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea"])
def test_a_photograph_taken_in_a_scene_is_shown_as_a_photo_card(name: str) -> None:
    look = read_product(photo(name))
    assert not look.cut
    assert look.cut_note
    assert look.image.size == look.size
    assert look.shape == "item"


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
    assert cut_out(picture).mask is None


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
