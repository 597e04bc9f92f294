"""Nine presenters of our own, drawn the same way every time, each with a manner of their own."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio import characters, figure, packshots
from character_flow.studio.cast import CAST, NAMES
from character_flow.studio.features import MOUTHS, VISEMES
from character_flow.studio.figure import Expression
from character_flow.studio.hands import FLAT, OPEN, POINTING, RELAXED, HandPose, draw_hand
from character_flow.studio.paint import LABEL, Canvas, save_png
from tests.unit.studio_pictures import ASSETS


def test_nine_characters_have_a_name_a_line_and_a_face_of_their_own() -> None:
    assert sorted(NAMES) == list(range(1, 10))
    assert len({name for name, _ in NAMES.values()}) == 9
    assert all(line.endswith(".") for _, line in NAMES.values())
    assert len({(who.skin, who.hair_style, who.top) for who in CAST.values()}) == 9
    assert len({who.manner for who in CAST.values()}) == 9


def test_every_character_greets_shows_or_points_in_the_first_frame_and_does_something_else_later() -> None:
    assert all(who.manner.gestures[0] != "rest" for who in CAST.values())
    assert all(len(set(who.manner.gestures)) >= 2 for who in CAST.values())


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


def test_each_mouth_each_blink_each_glance_and_each_brow_changes_the_face() -> None:
    head = figure.draw_head(CAST[1], scale=0.4)

    def drawn(expression: Expression) -> bytes:
        return head.face(expression).image.tobytes()

    assert len({drawn(Expression(VISEMES[mouth])) for mouth in MOUTHS}) == len(MOUTHS) == 7
    rest = VISEMES["rest"]
    states = [Expression(rest), Expression(rest, shut=0.4), Expression(rest, shut=1.0), Expression(rest, gaze=0.75),
              Expression(rest, lift=1.0)]  # fmt: skip
    assert len({drawn(state) for state in states}) == 5


@pytest.mark.parametrize("mouth", MOUTHS)
def test_a_closed_mouth_shows_no_dark_between_the_lips_and_an_open_one_does(mouth: str) -> None:
    head = figure.draw_head(CAST[9], scale=0.6)
    shape = next(known for known in MOUTHS if known == mouth)
    face = head.face(Expression(VISEMES[shape]))
    pixels = np.asarray(face.image.convert("RGBA").convert("RGB"), dtype=int)
    # The middle of the mouth, below the upper teeth: 452 + 12 units, seen from the neck at (500, 566).
    x, y = round(face.joint[0]), round(face.joint[1] + (452 + 12 - 566) * 0.6)
    patch = pixels[y - 2 : y + 3, x - 4 : x + 5].mean()
    assert (patch < 100) == (mouth in ("open", "wide", "round", "teeth")), patch


def _fingers_across(pose: HandPose, *, height: float) -> int:
    """Count the runs of skin on a line across the hand, `height` units above the wrist."""
    canvas = Canvas(300, 300, scale=1.0, origin=(150, 265))
    draw_hand(canvas, CAST[2], pose)
    row = np.asarray(canvas.finished().getchannel("A"))[round(265 - height)] > 200
    return int(np.count_nonzero(np.diff(row.astype(int)) == 1))


def test_an_open_hand_has_four_fingers_and_a_thumb_apart() -> None:
    assert _fingers_across(OPEN, height=185) == 4
    assert _fingers_across(OPEN, height=120) == 2  # palm and thumb


def test_a_pointing_hand_stretches_one_finger() -> None:
    assert _fingers_across(POINTING, height=205) == 1
    assert [curl > 0.8 for curl in POINTING.curls] == [False, True, True, True]


def test_between_two_poses_a_hand_turns_without_a_jump() -> None:
    areas = []
    for step in range(17):
        canvas = Canvas(300, 300, scale=0.4, origin=(150, 265))
        draw_hand(canvas, CAST[5], RELAXED.towards(OPEN, step / 16))
        areas.append(float(np.asarray(canvas.finished().getchannel("A"), dtype=float).sum() / 255))
    assert max(abs(after - before) for before, after in pairwise(areas)) < 0.16 * max(areas)
    assert FLAT.towards(OPEN, 1.0) == OPEN
