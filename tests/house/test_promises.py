"""docs/promises.md lists every promise once; one said to be kept is cited by the test that keeps it."""

import re
from collections.abc import Mapping
from functools import cache

from tests.house.sources import ROOT

LAST = {
    "S0": 62, "S1": 51, "S2": 53, "S3": 37, "S4": 33,
    "W0": 25, "W1": 12, "W2": 13, "W3": 8, "W4": 12,
}  # fmt: skip
ALL_IDS = [f"{product}-{number:02}" for product, last in LAST.items() for number in range(1, last + 1)]
_ROW = re.compile(r"^\| ([SW]\d-\d\d) \| (.*) \| (.*) \|$", re.MULTILINE)
_STATE = re.compile(r"(kept|planned)( \([^)]+\))?")
_CITED = re.compile(r"\b[SW]\d-\d\d\b")


def _rows() -> list[tuple[str, str, str]]:
    return _ROW.findall((ROOT / "docs/promises.md").read_text(encoding="utf-8"))


@cache
def _cited() -> Mapping[str, set[str]]:
    """Each id that some test cites, with the files that cite it."""
    cited: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.name != "test_promises.py":
            for name in _CITED.findall(path.read_text(encoding="utf-8")):
                cited.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return cited


def test_every_promise_is_listed_once_in_its_order() -> None:
    assert [name for name, _, _ in _rows()] == ALL_IDS


def test_every_promise_is_a_sentence_with_a_state() -> None:
    wrong = [
        name for name, sentence, state in _rows()
        if len(sentence.split()) < 4 or not sentence.endswith(".") or not _STATE.fullmatch(state)
    ]  # fmt: skip
    assert wrong == []


def test_every_kept_promise_is_cited_by_the_test_that_keeps_it() -> None:
    kept = [name for name, _, state in _rows() if state.startswith("kept")]
    assert kept
    assert [name for name in kept if name not in _cited()] == []


def test_no_test_cites_a_promise_that_does_not_exist() -> None:
    assert {name: files for name, files in _cited().items() if name not in ALL_IDS} == {}
