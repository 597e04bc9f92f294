"""Any usual picture is opened upright and in bounds; a bad one is refused with one line that names it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio.pictures import LOAD_SIDE, check_picture, open_picture
from tests.unit.studio_pictures import drawn_product

_RED, _WHITE = (200, 34, 40), (255, 255, 255)


def _refused(path: Path) -> str:
    messages = set()
    for attempt in (check_picture, open_picture):
        with pytest.raises(ToolError) as caught:
            attempt(path)
        messages.add(str(caught.value))
    assert len(messages) == 1, "checking and opening say the same"
    message = messages.pop()
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_a_missing_picture_is_refused_by_name(tmp_path: Path) -> None:
    assert _refused(tmp_path / "none.png") == "no such picture; check the path"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert _refused(tmp_path) == "is a folder; name a picture file"


def test_a_text_named_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("I am no picture")
    assert _refused(path) == "is not a picture; use PNG, JPEG, WebP or GIF"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert _refused(path) == "is not a picture; use PNG, JPEG, WebP or GIF"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(tmp_path: Path, kind: str) -> None:
    whole = tmp_path / "whole"
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole, kind)
    path = tmp_path / f"cut.{kind.lower()}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    message = _refused(path)
    assert message.startswith(("the picture is damaged or cut off", "cannot be read as a picture"))


def test_a_picture_of_one_pixel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(path)
    assert _refused(path) == "1x1 is too small; each side needs 16 pixels or more"


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (12_000, 12_000)).save(path)
    assert _refused(path) == "12000x12000 is too large; at most 50 megapixels, make it smaller"


def test_a_thin_line_of_a_picture_is_refused_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    Image.new("RGB", (45_000, 16)).save(path)
    assert check_picture(path) == (45_000, 16, "PNG")
    with pytest.raises(ToolError, match="too narrow"):
        open_picture(path)


def test_a_picture_12000_pixels_wide_is_brought_to_a_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "wide.jpg"
    Image.new("RGB", (12_000, 1_000), _RED).save(path)
    assert check_picture(path) == (12_000, 1_000, "JPEG")
    opened = open_picture(path)
    assert opened.mode == "RGB"
    assert opened.width == LOAD_SIDE
    assert abs(opened.height - LOAD_SIDE / 12) <= 1


def test_a_rotated_photograph_is_opened_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    turned = drawn_product(_RED, _WHITE)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(path, exif=exif)
    assert open_picture(path).size == (600, 400)
    assert check_picture(path) == (600, 400, "JPEG")


@pytest.mark.parametrize(
    ("mode", "suffix", "expected"),
    [
        ("CMYK", "jpg", "RGB"),
        ("L", "jpg", "RGB"),
        ("1", "png", "RGB"),
        ("P", "png", "RGB"),
        ("P", "gif", "RGB"),
        ("LA", "png", "RGBA"),
        ("RGBA", "png", "RGBA"),
        ("RGBA", "webp", "RGBA"),
        ("I;16", "png", "RGB"),
        ("I", "tiff", "RGB"),
        ("F", "tiff", "RGB"),
    ],
)
def test_every_usual_pixel_format_is_opened(tmp_path: Path, mode: str, suffix: str, expected: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    source = drawn_product(_RED, _WHITE)
    picture = source.convert("L").convert("I").point(lambda v: v * 257).convert(mode) if mode == "I;16" else None
    picture = picture or source.convert(mode)
    if expected == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(path)
    opened = open_picture(path)
    assert (opened.mode, opened.size) == (expected, (400, 600))


def test_sixteen_bit_grey_keeps_its_light(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((64, 64), 32_768, dtype=np.uint16)).save(path)
    assert open_picture(path).getpixel((5, 5)) == (127, 127, 127)


def test_a_palette_with_a_transparent_entry_keeps_its_transparency(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    picture = Image.new("P", (32, 32), 0)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.save(path, transparency=0)
    opened = open_picture(path)
    assert opened.mode == "RGBA"
    assert opened.getpixel((3, 3)) == (255, 0, 0, 0)


def test_the_first_frame_of_an_animation_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)
    assert open_picture(path).getpixel((10, 10)) == (255, 0, 0)


@pytest.mark.parametrize(("kind", "mode"), [("png", "RGB"), ("png", "P"), ("png", "I;16"), ("tiff", "F")])
def test_a_huge_picture_is_brought_down_strip_by_strip_with_the_same_result(
    tmp_path: Path, kind: str, mode: str
) -> None:
    path = tmp_path / f"huge.{kind}"
    ramp = Image.linear_gradient("L").resize((6800, 900))
    deep = np.asarray(ramp, dtype=np.uint16) * 257
    picture = Image.fromarray(deep) if mode == "I;16" else ramp.convert(mode)
    picture.save(path)
    opened = open_picture(path)
    assert opened.size[0] == LOAD_SIDE
    shades = [opened.getpixel((800, y)) for y in (2, opened.height // 2, opened.height - 3)]
    expected = [2 / opened.height * 255, 127, 255 - 2 / opened.height * 255]
    for shade, wanted in zip(shades, expected, strict=True):
        assert isinstance(shade, tuple)
        assert max(abs(value - wanted) for value in shade) < 6


_PEAK = """
import resource, sys
from pathlib import Path
from character_flow.studio.product import read_product
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
look = read_product(Path(sys.argv[1]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, *look.size, look.cut)
"""


@pytest.mark.parametrize(("size", "most"), [((1200, 1600), 150), ((6000, 8000), 350)])
def test_the_memory_for_a_product_is_bounded_whatever_the_picture(
    tmp_path: Path, size: tuple[int, int], most: int
) -> None:
    # Of 48 megapixels in PNG there is no decoding in parts: the decoded picture itself takes 192 MB.
    path = tmp_path / "product.png"
    drawn_product(_RED, (240, 240, 238)).resize(size).save(path, compress_level=1)
    done = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
    peak, *rest = done.stdout.split()
    assert rest == ["1200", "1600", "True"]
    assert float(peak) < most
