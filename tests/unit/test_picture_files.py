"""Whether a file is a picture: what is wrong is said in one line, whatever the file's name claims."""

import random
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from character_flow.errors import ToolError
from character_flow.picture_files import Picture, check_picture


def picture(format: str, size: tuple[int, int] = (64, 48), *, mode: str = "RGB") -> bytes:
    noise = Image.frombytes("L", size, random.Random(1).randbytes(size[0] * size[1])).convert(mode)
    kept = BytesIO()
    noise.save(kept, format)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("format", "extension"),
    [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif"), ("BMP", "bmp"), ("TIFF", "tiff")],
)
def test_a_picture_is_known_by_its_content(format: str, extension: str, tmp_path: Path) -> None:
    path = tmp_path / "named.wrongly.txt"
    path.write_bytes(picture(format))
    assert check_picture(path) == check_picture(path.read_bytes()) == Picture(extension, 64, 48)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_pixels_will_do(mode: str) -> None:
    kept = BytesIO()
    Image.new(mode, (64, 48)).save(kept, "TIFF" if mode == "CMYK" else "PNG")
    assert check_picture(kept.getvalue()).width == 64


def test_of_an_animation_the_first_frame_counts() -> None:
    kept = BytesIO()
    frames = [Image.new("RGB", (64, 48), color) for color in ("red", "green", "blue")]
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    assert check_picture(kept.getvalue()) == Picture("gif", 64, 48)


def test_a_very_wide_picture_of_sane_area_will_do() -> None:
    assert check_picture(picture("PNG", (12_000, 100))) == Picture("png", 12_000, 100)


def _claiming(width: int, height: int) -> bytes:
    """A small BMP whose header claims to be larger."""
    content = bytearray(picture("BMP"))
    content[18:22], content[22:26] = width.to_bytes(4, "little"), height.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, "),
        (b"just a text, named .png\n", "is no picture: it is a text, "),
        (b"<!DOCTYPE html><html></html>", "is no picture: it is a web page, "),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no picture: it is an SVG or XML text, "),
        (b"%PDF-1.7\n\xff\xff", "is no picture: it is a PDF, "),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "is no picture: it is a HEIC, AVIF or video file, "),
        (bytes(range(200, 256)), "is no picture: its content is of no known kind, "),
        (b"\x89PNG\r\n\x1a\n", "is no picture: "),
        (picture("PNG", (1, 1)), "is 1x1 pixels, at least 16 on each side are needed"),
        (picture("PNG", (500, 15)), "is 500x15 pixels, at least 16 on each side are needed"),
        (picture("JPEG")[:-400], "is a damaged JPEG picture ("),
        (picture("PNG")[:-800], "is a damaged PNG picture ("),
        (picture("WEBP")[:-200], "is "),
        (picture("GIF")[:-500], "is a damaged GIF picture ("),
        (_claiming(10_000, 5_001), "is 10000x5001 pixels, above 50 megapixels, give a smaller picture"),
        (_claiming(30_000, 30_000), "has more than 50,000,000 pixels, give a smaller picture"),
        (_claiming(9_000, 5_001), "is a damaged BMP picture ("),
    ],
)
def test_what_is_no_usable_picture_is_said_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        check_picture(content)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def _told(content: bytes) -> str:
    try:
        return check_picture(content).extension
    except ToolError as error:
        return str(error)


def test_a_jpeg_with_a_hole_at_any_place_ends_well_or_in_one_line() -> None:
    whole = picture("JPEG", (64, 64))
    told = [_told(whole[:cut] + whole[cut + 40 :]) for cut in range(0, len(whole), 97)]
    assert [line for line in told if "\n" in line or not line.startswith(("jpg", "is "))] == []
    assert len(set(told)) > 1


def test_a_path_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^cannot be read: No such file or directory$"):
        check_picture(tmp_path / "missing.png")
    with pytest.raises(ToolError, match=r"^cannot be read: Is a directory$"):
        check_picture(tmp_path)
