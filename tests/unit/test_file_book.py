"""How values look live, on disk, hashed and shown: paths relative, secrets by name."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from character_flow.events import ArtifactRef
from character_flow.file_book import FileBook, renamed, texts_in

SHA = "ab" * 32


def book(folder: Path = Path("/runs/r1"), **secrets: str) -> FileBook:
    made = FileBook(folder, secrets=secrets)
    made.add("inputs/picture.png", SHA)
    return made


def test_a_path_is_absolute_live_relative_on_disk_and_its_content_in_a_key() -> None:
    live: JsonValue = {"a": ["/runs/r1/inputs/picture.png", 1], "b": "see /runs/r1/inputs/picture.png"}
    kept: JsonValue = {"a": ["inputs/picture.png", 1], "b": "see /runs/r1/inputs/picture.png"}
    assert book().disk(live) == kept
    assert book().live(kept) == live
    assert book().hashed(live) == {"a": [f"sha256:{SHA}", 1], "b": "see /runs/r1/inputs/picture.png"}


def test_an_artifact_is_known_from_then_on() -> None:
    known = book()
    reference = known.ref(ArtifactRef(path="artifacts/one-1/x.png", kind="image", sha256=SHA, bytes=5))
    assert reference.path == "/runs/r1/artifacts/one-1/x.png"
    assert known.disk([reference.path]) == ["artifacts/one-1/x.png"]


def test_a_secret_is_only_its_name_in_texts_keys_and_hashes() -> None:
    known = book(token="abc", longer="abcdef")
    assert known.shown("abc abcdef") == "[secret token] [secret longer]"
    value: JsonValue = {"abc": ["x abcdef", None]}
    assert known.disk(value) == known.hashed(value) == {"[secret token]": ["x [secret longer]", None]}


def test_an_empty_secret_hides_nothing() -> None:
    assert book(token="").shown("abc") == "abc"


@given(st.text("abcx", max_size=60), st.integers(1, 7))
def test_a_secret_cut_into_pieces_is_hidden_as_if_it_came_whole(text: str, size: int) -> None:
    known = book(one="abca", two="cc")
    told, held = "", ""
    for start in range(0, len(text), size):
        shown, held = known.shown_part(held + text[start : start + size])
        told += shown
        assert len(held) < 4
    shown, held = known.shown_part(held, is_last=True)
    assert held == ""
    assert "abca" not in told + shown
    if "abca" not in text and "cc" not in text:
        assert told + shown == text


def test_names_are_replaced_wherever_a_whole_text_is_one() -> None:
    value: JsonValue = {"a": ["old", "older", 5], "old": None}
    assert renamed(value, {"old": "new"}) == {"a": ["new", "older", 5], "old": None}
    assert list(texts_in(value)) == ["old", "older"]
