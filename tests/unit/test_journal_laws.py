"""The look at journals that all engine tests rely on can fail: it sees each broken law."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from character_flow.plan import Plan, parse_plan
from tests.faults.killing import check_nothing_twice
from tests.journal_laws import Line, check_calls, check_places, check_run, check_steps, raw_lines
from tests.unit.small_runs import run_text

PLAN = """
steps:
  - {name: one, tool: function, with: {call: "builtins:dict"}}
  - {name: two, tool: ask, with: {question: Q, default: d, timeout_s: 0.01}}
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """A good run: started 1, completed 1, started 2, asked, answered, completed 2, ended."""
    return raw_lines(run_text(tmp_path_factory.mktemp("good"), PLAN).run)


@pytest.fixture
def plan() -> Plan:
    return parse_plan(PLAN, path="p.yaml", plan_id="p")


def look(lines: list[Line], plan: Plan) -> None:
    check_places(lines)
    check_steps(lines, plan, max_parallel=1)
    check_nothing_twice(lines)


BROKEN: dict[str, Callable[[list[Line]], list[Line]]] = {
    "a gap": lambda lines: [*lines[:2], *lines[3:]],
    "an end that is missing": lambda lines: [*lines[:2], *renumbered(lines[3:], 3)],
    "two ends": lambda lines: renumbered([*lines[:3], lines[2], *lines[3:]], 1),
    "an attempt out of turn": lambda lines: [lines[0], replace(lines[1], attempt=2), *lines[2:]],
    "a need not over": lambda lines: renumbered([lines[0], *lines[3:7], *lines[1:3], lines[-1]], 1),
    "an event after an end": lambda lines: renumbered([*lines[:3], chunk(lines[1]), *lines[3:]], 1),
    "a clock that goes back": lambda lines: [*lines[:-1], replace(lines[-1], mono=0.0)],
    "an event after the plan's end": lambda lines: renumbered([*lines, chunk(lines[1])], 1),
    "a finished step done again": lambda lines: renumbered(
        [*lines[:3], replace(lines[1], attempt=2), replace(lines[2], attempt=2), *lines[3:]], 1
    ),
    "an outcome that does not fit": lambda lines: [
        *lines[:-1], replace(lines[-1], data=lines[-1].data | {"outcome": "completed_with_issues"})
    ],
}  # fmt: skip


def renumbered(lines: list[Line], first: int) -> list[Line]:
    return [replace(line, seq=seq, mono=float(seq)) for seq, line in enumerate(lines, first)]


def chunk(started: Line) -> Line:
    return replace(started, type="chunk", data={"text": "x"})


def test_a_good_journal_keeps_every_law(lines: list[Line], plan: Plan) -> None:
    assert [line.type for line in lines] == [
        "plan_started", "step_started", "step_completed", "step_started", "input_requested", "input_received",
        "step_completed", "plan_completed",
    ]  # fmt: skip
    look(lines, plan)


@pytest.mark.parametrize("how", BROKEN)
def test_each_broken_law_is_seen(lines: list[Line], plan: Plan, how: str) -> None:
    with pytest.raises(AssertionError):
        look(BROKEN[how](lines), plan)


@pytest.mark.parametrize("what", ["journal", "snapshot"])
def test_files_that_do_not_fit_each_other_are_seen(tmp_path: Path, plan: Plan, what: str) -> None:
    run = run_text(tmp_path, PLAN).run
    path = run.journal if what == "journal" else run.snapshot
    content = path.read_bytes().replace(b"plan_started", b"plan_begun", 1)
    path.write_bytes(content.replace(b'"progress":100', b'"progress":99'))
    with pytest.raises((AssertionError, json.JSONDecodeError)):
        check_run(run, plan)


def told(*facts: str) -> list[Line]:
    """A step's lines as `kind call id status`, e.g. `intended 1`, `submitted 1 a`, `settled 1 succeeded`."""
    lines = []
    for seq, fact in enumerate(facts, 1):
        kind, number, *rest = fact.split()
        more = {"submitted": ("id",), "settled": ("status", "id")}.get(kind, ())
        known = {"intended": "prediction", "submitted": "prediction", "settled": "prediction"}.get(kind, "step")
        values = {"call": int(number), **dict(zip(more, rest, strict=False))}
        lines.append(Line(seq, float(seq), 1, f"{known}_{kind}", 1, 1, values | {"restart": [1]}))
    return lines


def test_a_call_may_be_made_anew_only_where_the_first_came_to_nothing() -> None:
    good = {
        ("intended 1", "submitted 1 a", "settled 1 failed a", "intended 1", "submitted 1 b"): {"a", "b"},
        ("intended 1", "settled 1 refused", "intended 1", "intended 2", "uncertain 0"): set(),
        ("intended 1", "submitted 1 a", "settled 1 succeeded a", "completed 0", "retried 0", "intended 1"): {"a"},
    }
    assert {facts: check_calls(told(*facts)) for facts in good} == good


@pytest.mark.parametrize(
    "facts",
    [
        ("intended 1", "intended 1"),
        ("intended 1", "submitted 1 a", "intended 1"),
        ("intended 1", "submitted 1 a", "settled 1 succeeded a", "intended 1"),
        ("intended 1", "submitted 1 a", "submitted 1 b"),
        ("intended 1", "submitted 1 a", "settled 1 failed a", "settled 1 failed a"),
        ("intended 1", "submitted 1 a", "settled 1 succeeded b"),
        ("intended 1", "intended 2", "submitted 1 a", "submitted 2 a"),
        ("intended 1", "settled 1 succeeded"),
        ("intended 1", "completed 0"),
        ("intended 1", "submitted 1 a", "completed 0"),
        ("intended 1", "submitted 1 a", "settled 1 failed a", "uncertain 0"),
    ],
)
def test_each_broken_law_of_paid_calls_is_seen(facts: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        check_calls(told(*facts))
