"""How a value becomes JSON text: strict, one line, and told where it cannot."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from character_flow.json_text import MAX_DEPTH, canonical_json, preview, to_json_bytes, to_json_value


class _Colour(Enum):
    RED = "red"


class _Mood(StrEnum):
    GOOD = "good"


class _Level(IntEnum):
    HIGH = 3


class _Model(BaseModel):
    path: Path


@dataclass
class _Row:
    when: date
    model: _Model


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=())), inner),
    max_leaves=10,
)  # fmt: skip


@given(_JSON)
def test_any_json_value_is_one_line_and_nothing_is_lost(value: JsonValue) -> None:
    written = to_json_bytes(value)
    assert (json.loads(written), b"\n" in written) == (value, False)
    assert json.loads(canonical_json(value)) == value
    assert to_json_value(value) == value


def test_text_is_compact_utf_8_and_half_a_character_an_escape() -> None:
    assert to_json_bytes({"a": ["é", None]}) == '{"a":["é",null]}'.encode()
    assert to_json_bytes("é\ud800") == b'"\\u00e9\\ud800"'


def test_a_value_that_refers_to_itself_is_refused_in_one_short_line() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared below
        to_json_value(_circle())
    place = "output" + "[0]" * 18
    assert str(caught.value) == f"{place}...: nested deeper than {MAX_DEPTH} levels, or refers to itself"


def test_what_hashes_are_made_of_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": "é"}) == canonical_json({"a": "é", "b": 1}) == b'{"a":"\\u00e9","b":1}'


def test_nan_is_never_written() -> None:
    for write in (to_json_bytes, canonical_json):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write([float("nan")])


def test_what_tools_return_becomes_json() -> None:
    row = _Row(date(2026, 11, 20), _Model(path=Path("/a/b")))
    value = {"row": (row, _Colour.RED, _Mood.GOOD, _Level.HIGH), "at": datetime(2026, 11, 20, tzinfo=UTC), "n": 1.5}
    assert to_json_value(value) == {
        "row": [{"when": "2026-11-20", "model": {"path": "/a/b"}}, "red", "good", 3],
        "at": "2026-11-20T00:00:00+00:00", "n": 1.5,
    }  # fmt: skip


def _circle() -> list[object]:
    circle: list[object] = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"items": [1, 2, {"x": float("nan")}]}, "output.items[2].x: nan is not a JSON value"),
        ([float("inf")], "output[0]: inf is not a JSON value"),
        ({"a": b"bytes"}, "output.a: bytes is not a JSON value"),
        ({1, 2}, "output: set is not a JSON value"),
        ({"a": {5: 1}}, "output.a: the key 5 is not a text"),
        (object(), "output: object is not a JSON value"),
        (_Row, "output: type is not a JSON value"),
        (_circle(), f"nested deeper than {MAX_DEPTH} levels, or refers to itself"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared below
        to_json_value(value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, None), ("é" * 9, "ééééé"), (7, "7"), (True, "true"), ({"a": 1}, '{\n  "'), ([], "[]")],
)
def test_people_are_shown_a_text_or_its_json_cut_short(value: JsonValue, shown: str | None) -> None:
    assert preview(value, limit=5) == shown


def test_a_mapping_of_any_kind_is_a_json_object() -> None:
    class Readonly(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return 1

        def __iter__(self):  # type: ignore[no-untyped-def]  # the standard library says it
            return iter("ab")

        def __len__(self) -> int:
            return 2

    assert to_json_value(Readonly()) == {"a": 1, "b": 1}
