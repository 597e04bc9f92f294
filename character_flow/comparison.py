"""What is different: two runs side by side - what went in, what each step gave, how long it took and what it cost."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import JsonValue

from character_flow.errors import StreamError
from character_flow.events import ArtifactRef
from character_flow.file_book import renamed
from character_flow.given import kept_inputs
from character_flow.json_text import canonical_json
from character_flow.snapshot import Snapshot, StepRun
from character_flow.stream.outputs import read_outputs
from character_flow.stream.reading import observe, read_snapshot
from character_flow.stream.stream import RunFolder
from character_flow.text_diff import DiffLine, diff_texts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """One thing on both sides."""

    a: T
    b: T

    @property
    def same(self) -> bool:
        """Whether both are equal."""
        return self.a == self.b


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """An input: what was given on each side (null where it was not), and whether that is the same.

    Of a picture or file it is what a person gave, a path or an address; the same means equal bytes.
    """

    name: str
    a: JsonValue
    b: JsonValue
    same: bool


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A step, matched by its name. Where it is on one side only, the other has None everywhere.

    `output` is the whole JSON of each side, paths relative to the run folder; `output_same` compares files by their
    bytes. `text_diff` tells two texts, or the outlines of two different values, line by line.
    """

    name: str
    task: str
    in_a: bool
    in_b: bool
    status: Pair[str | None]
    duration_s: Pair[float | None]
    cost_usd: Pair[float | None]
    attempts: Pair[int | None]
    error: Pair[str | None]
    output: Pair[JsonValue]
    output_same: bool
    text_diff: tuple[DiffLine, ...]
    media: Pair[tuple[ArtifactRef, ...]]

    @property
    def same(self) -> bool:
        """Whether the step ended alike and gave the same on both sides, however long it took."""
        alike = self.in_a == self.in_b and self.status.same and self.error.same
        return alike and self.output_same and self.media_same

    @property
    def media_same(self) -> bool:
        """Whether the files a step made have the same kinds and bytes, whatever they are called."""
        a, b = (sorted((ref.kind, ref.sha256) for ref in side) for side in (self.media.a, self.media.b))
        return a == b


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of one side."""

    duration_s: float | None
    cost_usd: float | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, and all in which they differ or not; inputs and steps in the order of the first, then what is new."""

    a: Snapshot
    b: Snapshot
    inputs: tuple[ValueDifference, ...]
    steps: tuple[StepDifference, ...]
    output: Pair[JsonValue]
    output_same: bool
    totals: Pair[Totals]


def compare_runs(a: RunFolder, b: RunFolder) -> Comparison:
    """Hold two runs against each other, of one plan or of two. StreamError where one cannot be read at all."""
    left, right = _Side(a), _Side(b)
    return Comparison(
        left.snapshot,
        right.snapshot,
        tuple(_input(name, left, right) for name in _names(left.values, right.values)),
        tuple(_step(name, left, right) for name in _names(left.rows, right.rows)),
        Pair(left.outputs.plan, right.outputs.plan),
        _equal(left.by_content(left.outputs.plan), right.by_content(right.outputs.plan)),
        Pair(left.totals, right.totals),
    )


class _Side:
    """One of the two runs, read whole."""

    def __init__(self, run: RunFolder) -> None:
        self.snapshot = observe(read_snapshot(run.path), run)
        if not self.snapshot.steps:
            raise StreamError(f"{run.journal}: nothing of this run can be read, so nothing compared", path=run.journal)
        self.values, self.files = kept_inputs(run)
        self.outputs = read_outputs(run)
        self.rows = {row.name or str(row.step_number): row for row in self.snapshot.steps}
        self._hashes = {f"inputs/{record.name}": record.sha256 for record in self.files.values()}
        self._hashes |= {ref.path: ref.sha256 for refs in self.outputs.artifacts.values() for ref in refs}

    def by_content(self, value: JsonValue) -> JsonValue:
        """A value in which each file stands for its bytes, wherever it lies."""
        return renamed(value, self._hashes)

    def output(self, row: StepRun | None) -> JsonValue:
        """What a step gave, if it has come to an end; an output that is gone is told as such."""
        if row is None or row.status != "completed":
            return None
        return self.outputs.values.get(row.step_number, row.output)

    def media(self, row: StepRun | None) -> tuple[ArtifactRef, ...]:
        """The files a step made."""
        return () if row is None else self.outputs.artifacts.get(row.step_number, ())

    @property
    def totals(self) -> Totals:
        """The sums of this side."""
        head = self.snapshot
        return Totals(head.duration_s, head.cost_usd, sum(row.attempt for row in head.steps))


def _names(a: Iterable[str], b: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*a, *b]))


def _input(name: str, left: _Side, right: _Side) -> ValueDifference:
    a, b = (side.files[name].given if name in side.files else side.values.get(name) for side in (left, right))
    if name in left.files and name in right.files:
        same = left.files[name].sha256 == right.files[name].sha256
    else:
        same = _equal(a, b) and (name in left.files) == (name in right.files)
    return ValueDifference(name, a, b, same)


def _step(name: str, left: _Side, right: _Side) -> StepDifference:
    a, b = left.rows.get(name), right.rows.get(name)
    output = Pair(left.output(a), right.output(b))
    same = _equal(left.by_content(output.a), right.by_content(output.b))
    return StepDifference(
        name,
        next((row.task for row in (a, b) if row is not None), ""),
        a is not None,
        b is not None,
        _both(a, b, lambda row: row.status),
        _both(a, b, lambda row: row.duration_s),
        _both(a, b, lambda row: row.cost_usd),
        _both(a, b, lambda row: row.attempt),
        _both(a, b, lambda row: row.error),
        output,
        same,
        _text_diff(output, same=same),
        Pair(left.media(a), right.media(b)),
    )


def _both(a: StepRun | None, b: StepRun | None, of: Callable[[StepRun], T | None]) -> Pair[T | None]:
    return Pair(None if a is None else of(a), None if b is None else of(b))


def _equal(a: JsonValue, b: JsonValue) -> bool:
    """As JSON, in which 1 is not true, and an object has no order."""
    return canonical_json(a) == canonical_json(b)


def _text_diff(output: Pair[JsonValue], *, same: bool) -> tuple[DiffLine, ...]:
    is_text = isinstance(output.a, str) or isinstance(output.b, str)
    if same and not is_text:
        return ()
    return diff_texts(_shown(output.a), _shown(output.b))


def _shown(value: JsonValue) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "\n".join(_outline(value))


def _outline(value: JsonValue, mark: str = "", indent: str = "") -> Iterator[str]:
    """A value as lines that can be told apart one by one; a text of several lines takes as many."""
    if isinstance(value, dict | list) and value:
        inner = indent
        if mark:
            yield f"{indent}{mark}"
            inner = f"{indent}  "
        named = [(f"{key}:", item) for key, item in value.items()] if isinstance(value, dict) else None
        for name, item in named if named is not None else [("-", item) for item in value]:
            yield from _outline(item, name, inner)
        return
    lines = value.splitlines() if isinstance(value, str) else [json.dumps(value)]
    if len(lines) == 1:
        yield f"{indent}{mark} {lines[0]}".rstrip()
        return
    yield f"{indent}{mark}"
    yield from (f"{indent}  {line}" for line in lines)
