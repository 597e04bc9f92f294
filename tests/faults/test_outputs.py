"""Whatever a tool returns, the run has one clear line for it and goes on or ends in order (issue: Bad input)."""

import json
import resource
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel, JsonValue

from character_flow import events
from character_flow.stream.stream import read_output
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import facts, run_text

pytestmark = pytest.mark.faults
PLAN = """
steps: [{name: one, tool: give}, {name: two, tool: take, with: {given: "{{ steps.one.output }}"}}]
output: "{{ steps.one.output }}"
"""


def giving(value: object, taken: list[JsonValue] | None = None) -> ToolRegistry:
    registry = ToolRegistry()

    @registry.tool("give")
    def give(ctx: ToolContext) -> object:
        return value

    @registry.tool("take")
    def take(ctx: ToolContext, *, given: JsonValue) -> None:
        if taken is not None:
            taken.append(given)

    return registry


def itself() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


class Raising(dict[str, object]):
    def items(self):  # type: ignore[no-untyped-def]
        raise RuntimeError("not now")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"items": [1, 2, 3, float("nan")]}, "output.items[3]: nan is not a JSON value"),
        (float("inf"), "output: inf is not a JSON value"),
        (b"bytes", "output: bytes is not a JSON value"),
        ({"a": {1, 2}}, "output.a: set is not a JSON value"),
        ({"a": object()}, "output.a: object is not a JSON value"),
        ({1: "x"}, "output: the key 1 is not a text"),
        (itself(), "nested deeper than 200 levels, or refers to itself"),
        (10**5_000, "output: a whole number of more than 4,200 digits"),
        (Raising(), "not now"),
    ],
    ids=["nan", "inf", "bytes", "set", "object", "key", "itself", "digits", "raising"],
)
def test_what_is_no_json_value_is_refused_with_its_place(tmp_path: Path, value: object, problem: str) -> None:
    result = run_text(tmp_path, PLAN, giving(value))
    (fact,) = facts(result.run, events.StepError)
    assert isinstance(fact, events.StepError)
    assert (result.exit_code, fact.reason) == (1, "bad_output")
    assert problem in fact.message


@dataclass
class Point:
    x: int
    at: Path


class Model(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Point(1, Path("a/b")), {"x": 1, "at": "a/b"}),
        (Model(name="m"), {"name": "m"}),
        ((1, None, True), [1, None, True]),
        ("NUL \0 and half a pair \ud83d", "NUL \0 and half a pair \ud83d"),
        ("\U0001f600" * 5_400 + "\ud83d", "\U0001f600" * 5_400 + "\ud83d"),
        ("\0" * 12_000, "\0" * 12_000),
        (10**4_000, 10**4_000),
        ("x" * 10_000_000, "x" * 10_000_000),
    ],
    ids=["dataclass", "model", "tuple", "surrogate", "escapes", "nuls", "digits", "10 MB"],
)
def test_what_can_be_kept_arrives_whole_at_the_next_step_and_at_the_end(
    tmp_path: Path, value: object, kept: JsonValue
) -> None:
    taken: list[JsonValue] = []
    result = run_text(tmp_path, PLAN, giving(value, taken))
    assert (result.exit_code, taken == [kept], result.output == kept) == (0, True, True)
    row = result.snapshot.steps[0]
    assert row.output_ref is not None
    assert read_output(result.run, row.output_ref) == kept
    assert len(row.output or "") <= 2_000


def test_a_hundred_megabytes_take_no_more_than_some_copies_of_them(tmp_path: Path) -> None:
    """Kept beside the journal; only a preview is shown."""
    value = ["x" * 1_000_000] * 100
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run_text(tmp_path, "steps: [{name: one, tool: give}]", giving(value))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    row = result.snapshot.steps[0]
    assert (result.exit_code, row.output_ref) == (0, "outcomes/one-1.json")
    assert json.loads((result.run.path / "outcomes/one-1.json").read_bytes()) == value
    assert result.run.journal.stat().st_size < 10_000
    assert grown_mb < 800


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\ud83d" + "\U0001f600" * 100_000, "\0" * 100_000])
def test_an_error_of_any_length_fits_a_line(tmp_path: Path, text: str) -> None:
    registry = ToolRegistry()

    @registry.tool("write")
    def write(ctx: ToolContext, *, told: str | None) -> None:
        pass

    @registry.tool("check")
    def check(ctx: ToolContext) -> None:
        from character_flow.errors import RetryableToolError

        ctx.progress(5, text)
        raise RetryableToolError(text)

    plan = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - {name: check, tool: check, attempts: 2, retry_from: {step: draft, at_most: 1}}
"""
    result = run_text(tmp_path, plan, registry)
    assert result.exit_code == 1
    assert (result.snapshot.steps[1].error or "").startswith(text[:2_000])
