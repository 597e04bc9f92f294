"""Nine presenters of our own, drawn the same way every time; a custom picture stays the picture it is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio import characters, packshots
from character_flow.studio.cast import CAST, NAMES
from character_flow.studio.face import MOUTHS, Eyes
from character_flow.studio.paint import LABEL, save_png
from character_flow.studio.pictures import open_picture
from tests.unit.studio_pictures import ASSETS, photo


def test_nine_characters_have_a_name_a_line_and_a_face_of_their_own() -> None:
    assert sorted(NAMES) == list(range(1, 10))
    assert len({name for name, _ in NAMES.values()}) == 9
    assert all(line.endswith(".") for _, line in NAMES.values())
    assert len({(who.skin, who.hair_style, who.top) for who in CAST.values()}) == 9


def _gap(first: Path, second: Path) -> float:
    # Another release of the font renderer may move the edge of a letter by a level, never a feature of the drawing.
    pixels = [np.asarray(Image.open(path).convert("RGB"), dtype=float) for path in (first, second)]
    return float(np.abs(pixels[0] - pixels[1]).mean())


def test_the_shipped_portraits_are_what_the_command_draws(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "character_flow.studio.characters", str(tmp_path)], cwd=ASSETS.parents[1], check=False
    )
    assert done.returncode == 0
    drawn = sorted(tmp_path.iterdir())
    assert [path.name for path in drawn] == [f"{number}.png" for number in range(1, 10)]
    assert max(_gap(path, ASSETS / "characters" / path.name) for path in drawn) < 0.3


def test_a_portrait_is_drawn_the_same_to_the_byte_each_time(tmp_path: Path) -> None:
    first, second = (save_png(characters.portrait(9), tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert first == second


def test_the_shipped_product_pictures_are_what_the_command_draws(tmp_path: Path) -> None:
    assert packshots.main([str(tmp_path)]) == 0
    drawn = sorted(tmp_path.iterdir())
    assert [path.name for path in drawn] == ["product.png", "product_2.png"]
    assert max(_gap(path, ASSETS / path.name) for path in drawn) < 0.3


def test_every_picture_we_ship_says_what_it_is() -> None:
    shipped = sorted(ASSETS.rglob("*.png"))
    assert len(shipped) == 11
    for path in shipped:
        with Image.open(path) as picture:
            assert picture.info["Comment"] == LABEL, path


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_the_command_without_a_folder_says_how_to_use_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert characters.main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m character_flow.studio.characters OUT_DIR\n"


def test_an_unknown_character_is_refused_with_the_choices() -> None:
    with pytest.raises(ToolError, match="character 10 does not exist; choose one of 1 Maya, 2 Leo"):
        characters.person(10)


def test_each_mouth_each_blink_and_each_brow_changes_the_face() -> None:
    figure = characters.draw_figure(CAST[1], scale=0.25)
    faces = {figure.head(mouth, "open", raised=False).tobytes() for mouth in MOUTHS}
    assert len(faces) == len(MOUTHS) == 7
    states: tuple[tuple[Eyes, bool], ...] = (("open", False), ("half", False), ("shut", False), ("open", True))
    blinks = {figure.head("rest", eyes, raised=raised).tobytes() for eyes, raised in states}
    assert len(blinks) == 4


@pytest.mark.parametrize("size", [(300, 900), (900, 300), (512, 512), (64, 64)])
def test_any_custom_picture_becomes_a_presenter_of_one_size(tmp_path: Path, size: tuple[int, int]) -> None:
    source = open_picture(photo("astronaut")).resize(size)
    made = characters.make_avatar(source, tmp_path / "avatar.png")
    with Image.open(made) as avatar:
        assert (avatar.size, avatar.mode, avatar.info["Comment"]) == ((720, 960), "RGB", LABEL)


def test_a_custom_photograph_keeps_its_own_pixels(tmp_path: Path) -> None:
    source = open_picture(photo("astronaut"))
    made = characters.make_avatar(source, tmp_path / "avatar.png")
    kept = np.asarray(Image.open(made).resize((384, 512)), dtype=float)
    cropped = np.asarray(source.convert("RGB").crop((64, 0, 448, 512)), dtype=float)
    assert float(np.abs(kept - cropped).mean()) < 6
