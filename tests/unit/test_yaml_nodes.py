"""What a YAML text says: the 1.2 core schema as JSON values, and one clear problem with its place for all else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from character_flow.errors import PlanError
from character_flow.yaml_nodes import MAX_DEPTH, Spot, find_spots, read_yaml


@pytest.mark.parametrize(
    "text",
    [
        "007",
        ".5",
        "5.",
        "+1",
        "0x1F",
        "0o17",
        "1_000",
        "9:16",
        "12:30:45",
        "2025-08-23",
        "2025-08-23T10:30:00Z",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        ".inf",
        "-.inf",
        ".nan",
        "NaN",
        "1e",
        "--",
        "tRUE",
        "nULL",
        "None",
        "=",
    ],
)
def test_what_is_no_number_of_json_is_text(text: str) -> None:
    assert read_yaml(f"a: {text}\n", path="p") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        ("3.10", 3.1),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("null", None),
        ("Null", None),
        ("~", None),
        ("", None),
        ("'007'", "007"),
        ('"True"', "True"),
        ("'null'", "null"),
        ('"3.10"', "3.10"),
        ("'\"quoted\"'", '"quoted"'),
        ("''", ""),
        ('"\\u2028\\t\\0"', "\u2028\t\0"),
        ("|\n  a: {# b\n   c\n", "a: {# b\n c\n"),
        (">-\n  a\n  b\n", "a b"),
        ("[]", []),
        ("{}", {}),
    ],
)
def test_a_value_has_the_type_the_core_schema_gives_it(text: str, value: JsonValue) -> None:
    made = read_yaml(f"a: {text}\n", path="p")
    assert made == {"a": value}
    assert isinstance(made, dict)
    assert type(made["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: {x: 2,\n  x: 3}\n", 3, 3, "duplicate key 'x', it stands at 2:5 already"),
        ("a: &x 1\n", 1, 4, "anchors are not supported (&x)"),
        ("a: *x\n", 1, 4, "aliases are not supported (*x), write the value out"),
        ("a: {<<: {b: 1}}\n", 1, 5, "merging with << is not supported, write the keys out"),
        ("a: !!str 1\n", 1, 4, "tags are not supported (tag:yaml.org,2002:str)"),
        ("a: !x {}\n", 1, 4, "tags are not supported (!x)"),
        ("a: 1\n---\nb: 1\n", 2, 1, "a plan file holds one document, here a second one begins"),
        ("a:\n  - b: {{ inputs.x }}\n", 2, 8, 'a text that begins with {{ must be quoted: "{{ ... }}"'),
        ("a: {{ inputs.x }} and more\n", 1, 4, 'a text that begins with {{ must be quoted: "{{ ... }}"'),
        ("a:\n  - {{ 'x' ~ 'y' }}\n", 2, 5, 'a text that begins with {{ must be quoted: "{{ ... }}"'),
        ("a: {{ @x }}\n", 1, 4, 'a text that begins with {{ must be quoted: "{{ ... }}"'),
        ("a:\n\t- b\n", 2, 1, "a tab cannot indent or separate here, use spaces"),
        ("1: a\n", 1, 1, 'a key must be text, quote it: "1"'),
        ("true: a\n", 1, 1, 'a key must be text, quote it: "true"'),
        ("[a]: b\n", 1, 1, "a key must be text"),
        ("a: 1e999\n", 1, 4, "1e999 is too large for a number"),
        ("a: " + "9" * 5000, 1, 4, "a number of 5,000 digits is too large"),
        ("a: \x00\n", 1, 4, "the character U+0000 is not allowed in a plan file, write \\u0000 in double quotes"),
        ("a: b\u2028c\n", 1, 5, "the character U+2028 is not allowed in a plan file, write \\u2028 in double quotes"),
        ("a: \ud800\n", 1, 4, "the character U+D800 is not allowed in a plan file, write \\uD800 in double quotes"),
        ("[" * 40_000, 1, 51, "nested deeper than 50 levels"),
        ("a: " + "{b: " * 60, 1, 4 + 4 * 49, "nested deeper than 50 levels"),
        ("- " * 40_000 + "a", 1, 101, "nested deeper than 50 levels"),
    ],
)
def test_what_a_plan_file_may_not_hold_is_one_problem_at_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read_yaml(text, path="p")
    assert [(p.line, p.column, p.message) for p in caught.value.problems] == [(line, column, message)]


@pytest.mark.parametrize(
    "text", ["a: 'x", "a: [1,", "a: b: c", "a: @x", "a: 1\n b: 2", "a: %x", "%FOO\na: 1", "- a\nb: 1", "}"]
)
def test_what_is_no_yaml_is_one_problem(text: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_yaml(text, path="p")
    assert [p.message.startswith("this is not YAML") for p in caught.value.problems] == [True]


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(PlanError, match="anchors are not supported"):
        read_yaml(bomb, path="p")


def test_nesting_up_to_the_limit_is_read() -> None:
    value: JsonValue = "x"
    for _ in range(MAX_DEPTH):
        value = [value]
    assert read_yaml(json.dumps(value), path="p") == value


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "null"])
def test_an_empty_text_is_null(text: str) -> None:
    assert read_yaml(text, path="p") is None


def test_spots_are_found_by_path_with_line_column_and_offsets_in_characters() -> None:
    text = 'é: {ü: [1, "🎬x"]}\r\nb:\r\n  - {c: d}\r\n  - [e]\r\n'
    spots = find_spots(text, [("é", "ü", 1), ("b", 0, "c"), ("b", 1, 0), ("é", "ü"), ("nowhere",), ()])
    assert spots.values == {
        (): Spot(1, 1, 0, 0),
        ("é", "ü"): Spot(1, 8, 7, 8),
        ("é", "ü", 1): Spot(1, 12, 11, 15),
        ("b", 0, "c"): Spot(3, 9, text.index("d}"), text.index("}\r\n  - [")),
        ("b", 1, 0): Spot(4, 6, text.index("e]"), text.index("]\r\n", 40)),
    }
    assert text[11:15] == '"🎬x"'
    assert spots.keys[("b", 0, "c")] == Spot(3, 6, text.index("c:"), text.index("c:") + 1)


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"),
    max_size=8,
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(_JSON)
def test_json_is_read_as_what_it_is(value: JsonValue) -> None:
    assert read_yaml(json.dumps(value, ensure_ascii=False), path="p") == value
