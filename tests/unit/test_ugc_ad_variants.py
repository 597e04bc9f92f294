"""What only the variants of an ad need: who says what, what is picked from, and what is packed."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.ugc_ad_variants import pack_variants, posters
from tests.unit.small_runs import run_text


def said(number: int, seed: int | None = None) -> dict[str, JsonValue]:
    return {"dialog": f"words {number}", "seed": seed, "option": {"label": f"Dialog {number}", "text": "..."}}


def lined_up(folder: Path, **changes: JsonValue) -> tuple[int, list[dict[str, JsonValue]], str]:
    """The exit code, what `line_up` gives in a run, and the run's error."""
    given: dict[str, JsonValue] = {
        "call": "character_flow.tools.ugc_ad_variants:line_up",
        "variants": 3, "vary": "hook", "character": {"path": "face.png", "preset": 2}, "avatar": None, "others": "",
        "dialogs": [said(1, 4), said(2, 5), said(3, 7)], "first": None, "seed": 4, "portraits": "assets/characters",
    }  # fmt: skip
    step: JsonValue = {"name": "line_up", "tool": "function", "with": {**given, **changes}}
    result = run_text(folder, json.dumps({"steps": [step], "output": "{{ steps.line_up.output }}"}))
    output = result.output if isinstance(result.output, list) else []
    return result.exit_code, [row for row in output if isinstance(row, dict)], result.snapshot.error or ""


def seen(rows: list[dict[str, JsonValue]]) -> list[tuple[JsonValue, ...]]:
    return [(row["number"], row["preset"], row["dialog"], row["seed"]) for row in rows]


def test_variants_of_the_hook_have_one_face_and_each_its_own_words_and_seed(tmp_path: Path) -> None:
    code, rows, _ = lined_up(tmp_path)
    assert (code, seen(rows)) == (0, [(1, 2, "words 1", 4), (2, 2, "words 2", 5), (3, 2, "words 3", 7)])
    assert rows[2]["label"] == "Variant 3: character 2, seed 7"


def test_the_dialog_a_person_picked_comes_first(tmp_path: Path) -> None:
    _, rows, _ = lined_up(tmp_path, first={"index": 2, "text": "...", "file": None}, variants=2)
    assert seen(rows) == [(1, 2, "words 3", 7), (2, 2, "words 1", 4)]


def test_words_a_person_wrote_are_said_in_every_variant_which_differ_by_their_seed(tmp_path: Path) -> None:
    _, rows, _ = lined_up(tmp_path, dialogs=[said(1), None, None], avatar={"path": "avatar.png"}, variants=2,
                          character={"path": "mine.png", "preset": None})  # fmt: skip
    assert seen(rows) == [(1, None, "words 1", 4), (2, None, "words 1", 5)]
    assert [row["character"] for row in rows] == ["avatar.png", "avatar.png"]
    assert rows[0]["label"] == "Variant 1: your character, seed 4"


@pytest.mark.parametrize(
    ("preset", "others", "presets"),
    [(2, "", [2, 5, 8]), (9, "", [9, 3, 6]), (2, "7", [2, 7, 5]), (2, "2, 4 9", [2, 4, 9]), (None, "", [None, 1, 4])],
)
def test_variants_of_the_character_say_the_same_words_with_other_faces(
    tmp_path: Path, preset: int | None, others: str, presets: list[int | None]
) -> None:
    _, rows, _ = lined_up(tmp_path, vary="character", others=others, character={"path": "face.png", "preset": preset})
    assert [row["preset"] for row in rows] == presets
    assert {(row["dialog"], row["seed"]) for row in rows} == {("words 1", 4)}
    assert [Path(str(row["character"])).name for row in rows[1:]] == [f"character-{n}.png" for n in presets[1:]]


def test_a_character_that_is_none_of_the_nine_is_told(tmp_path: Path) -> None:
    code, _, error = lined_up(tmp_path, vary="character", others="4, ten")
    assert code == 1
    assert "other_characters: 'ten' is not one of 1 to 9" in error


ROWS: list[dict[str, JsonValue]] = [
    {"number": n, "label": f"Variant {n}", "character": "face.png", "preset": 1, "dialog": f"words {n}", "seed": n}
    for n in (1, 2)
]
FILMS: list[dict[str, JsonValue] | None] = [
    {"path": "1.mp4", "id": "a", "status": "succeeded", "thumbnail": "1.jpg"},
    {"path": "2.mp4", "id": "b", "status": "succeeded"},
    None,
]


def test_one_picks_from_thumbnails_or_from_the_videos_that_have_none() -> None:
    assert posters(ROWS, FILMS) == [
        {"label": "Variant 1", "text": "words 1", "file": "1.jpg"},
        {"label": "Variant 2", "text": "words 2", "file": "2.mp4"},
    ]


def test_the_final_object_is_the_picked_one_and_holds_them_all() -> None:
    packed = pack_variants("about", "product.png", ROWS, FILMS, {"index": 1, "text": None, "file": "2.mp4"})
    assert {key: value for key, value in packed.items() if key != "variants"} == {
        "product_description": "about", "dialog": "words 2", "character_url": "face.png",
        "product_url": "product.png", "id": "b", "status": "succeeded", "video": "2.mp4", "picked": 2,
    }  # fmt: skip
    variants = packed["variants"]
    assert isinstance(variants, list)
    assert [(row["number"], row["seed"], row["video"]) for row in variants if isinstance(row, dict)] == [
        (1, 1, "1.mp4"), (2, 2, "2.mp4"),
    ]  # fmt: skip
    alone = pack_variants("about", "product.png", ROWS[:1], [FILMS[0], None, None], None)
    assert (alone["picked"], alone["video"]) == (1, "1.mp4")
    with pytest.raises(ToolError, match="was not made"):
        pack_variants("about", "product.png", ROWS, [None, None, None], None)
