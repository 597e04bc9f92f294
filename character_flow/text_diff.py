"""How two texts differ: line by line, and within a changed line word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[str, bool]
"""A piece of a line, and whether it is on this side only."""

_MOST_LINES = 3_000
_MOST_WORDS = 600
_ALIKE = 0.4
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line and the side it is on; `parts` are its pieces, joined they are its text."""

    kind: Literal["same", "only_a", "only_b"]
    text: str
    parts: tuple[Part, ...]


def diff_texts(a: str, b: str) -> tuple[DiffLine, ...]:
    """Every line of both texts in order; where they part, first the lines of `a`, then those of `b`."""
    left, right = a.splitlines(), b.splitlines()
    begin = _alike(left, right)
    end = _alike(left[begin:][::-1], right[begin:][::-1])
    stop_a, stop_b = len(left) - end, len(right) - end
    return (
        *map(_same, left[:begin]),
        *_between(left[begin:stop_a], right[begin:stop_b]),
        *map(_same, left[stop_a:]),
    )


def _alike(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines are the same from the start on: nearly all, as a rule, and cheap to find."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _between(a: Sequence[str], b: Sequence[str]) -> Iterator[DiffLine]:
    if max(len(a), len(b)) > _MOST_LINES:  # to match thousands of lines takes minutes, and nobody reads the result
        yield from (_only("only_a", line) for line in a)
        yield from (_only("only_b", line) for line in b)
        return
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from map(_same, a[a1:a2])
        else:
            yield from _replaced(a[a1:a2], b[b1:b2])


def _replaced(a: Sequence[str], b: Sequence[str]) -> Iterator[DiffLine]:
    pairs = [_words(x, y) for x, y in zip(a, b, strict=False)]
    for at, line in enumerate(a):
        yield DiffLine("only_a", line, pairs[at][0]) if at < len(pairs) else _only("only_a", line)
    for at, line in enumerate(b):
        yield DiffLine("only_b", line, pairs[at][1]) if at < len(pairs) else _only("only_b", line)


def _words(a: str, b: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The pieces of two lines that stand for each other; whole where they have little in common."""
    left, right = _WORDS.findall(a), _WORDS.findall(b)
    whole = ((a, True),), ((b, True),)
    if max(len(left), len(right)) > _MOST_WORDS:
        return whole
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return whole
    parts_a: list[Part] = []
    parts_b: list[Part] = []
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        is_changed = kind != "equal"
        parts_a += [("".join(left[a1:a2]), is_changed)] if a2 > a1 else []
        parts_b += [("".join(right[b1:b2]), is_changed)] if b2 > b1 else []
    return tuple(parts_a), tuple(parts_b)


def _same(line: str) -> DiffLine:
    return DiffLine("same", line, ((line, False),))


def _only(kind: Literal["only_a", "only_b"], line: str) -> DiffLine:
    return DiffLine(kind, line, ((line, True),))
