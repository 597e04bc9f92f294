"""Which callable is behind a tool id, and how one call of it ends."""

import errno
import pickle
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import (
    ProviderError,
    RetryableToolError,
    RunCancelledError,
    ToolError,
    UncertainCallError,
    UnkeptResultError,
    UsageError,
)
from character_flow.tools.registry import (
    StepCall,
    StepFault,
    StepOutcome,
    Tool,
    ToolContext,
    ToolRegistry,
    fault_of,
    perform,
)


class Desk:
    """Nobody reports here; it is only told when a tool is done."""

    def __init__(self) -> None:
        self.done = 0

    def succeeded(self) -> None:
        self.done += 1


def call(tool: Tool, **arguments: JsonValue) -> StepOutcome:
    made, desk = StepCall("r", "one", 1, 1, "my.tool", arguments), Desk()
    context = ToolContext(desk, run_id="r", step="one", attempt=1, plan_folder=Path())  # type: ignore[arg-type]
    outcome = perform(made, tool, context)
    assert desk.done == (outcome.fault is None)
    return outcome


def test_a_tool_is_found_by_its_id_and_a_later_registry_wins() -> None:
    first, second = ToolRegistry(), ToolRegistry()
    first.tool("a")(len)
    first.tool("b")(len)
    second.tool("a")(abs)
    merged = first.merged([second])
    assert (list(merged), merged["a"], merged["b"], "c" in merged) == (["a", "b"], abs, len, False)
    with pytest.raises(UsageError, match="tool 'a' is registered twice"):
        first.tool("a")(abs)
    with pytest.raises(UsageError, match="no tool 'c' is registered; there are a, b"):
        merged["c"]


def test_what_a_tool_returns_comes_back_as_json() -> None:
    outcome = call(lambda ctx, *, x: (Path("a"), x), x=5)
    assert (outcome.output, outcome.fault) == (["a", 5], None)
    assert outcome.duration_s >= 0


def one(ctx: ToolContext, *, size: int, colour: str = "red") -> None:
    """Takes what most tools take."""


def open_ended(ctx: ToolContext, size: int, **others: JsonValue) -> None:
    """Takes anything more."""


class NoKey:
    """A callable that cannot be the key of a table."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, ctx: ToolContext, *, size: int) -> int:
        return size


@pytest.mark.parametrize(
    ("tool", "given", "problem"),
    [
        (one, {"size": 1}, None),
        (one, {"size": 1, "colour": "blue"}, None),
        (one, {}, "tool 'my.tool': missing a required argument: 'size'; it takes: size, colour"),
        (one, {"size": 1, "form": 2}, "got an unexpected keyword argument 'form'; it takes: size, colour"),
        (open_ended, {"size": 1, "form": 2}, None),
        (open_ended, {"form": 2}, "missing a required argument: 'size'"),
        (lambda ctx: None, {"form": 2}, "it takes: nothing"),
        (NoKey(), {"size": 3}, None),
        (NoKey(), {}, "missing a required argument: 'size'"),
    ],
)
def test_arguments_that_do_not_fit_are_told_before_the_tool_begins(
    tool: Tool, given: dict[str, JsonValue], problem: str | None
) -> None:
    for _ in range(2):  # the second time from memory
        fault = call(tool, **given).fault
        assert (fault is None) == (problem is None)
        assert problem is None or (fault is not None and problem in fault.message)


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ToolError("no"), StepFault("tool", "no")),
        (RetryableToolError("later"), StepFault("tool", "later", retryable=True)),
        (ProviderError("503", provider="p", retryable=True), StepFault("tool", "503", retryable=True)),
        (ProviderError("422", provider="p"), StepFault("tool", "422")),
        (RunCancelledError("over"), StepFault("cancelled", "over")),
        (UncertainCallError("who knows"), StepFault("uncertain", "who knows")),
        (UnkeptResultError("paid and lost"), StepFault("bad_output", "paid and lost", charged=True)),
        (KeyError("x"), StepFault("bug", "KeyError: 'x'")),
        (ConnectionResetError("cut"), StepFault("bug", "ConnectionResetError: cut", retryable=True)),
        (TimeoutError(), StepFault("bug", "TimeoutError: TimeoutError", retryable=True)),
        (MuteError(), StepFault("bug", "MuteError: MuteError")),
        (
            OSError(errno.ENOSPC, "No space", "/a", None, "/b"),
            StepFault("tool", "the disk is full at /b; free some space, then resume the run"),
        ),
        (OSError(errno.EDQUOT, "Quota"), StepFault("tool", "the disk is full; free some space, then resume the run")),
    ],
)
def test_only_some_errors_can_pass(error: BaseException, fault: StepFault) -> None:
    assert fault_of(error) == fault


def test_a_mistake_in_a_tool_names_its_line() -> None:
    def mistaken(ctx: ToolContext) -> None:
        raise ZeroDivisionError("a mistake")

    fault = call(mistaken).fault
    assert fault is not None
    assert fault.message.startswith("ZeroDivisionError: a mistake (test_registry.py:")


@pytest.mark.parametrize(
    "value",
    [
        StepCall("r", "one", 1, 2, "t", {"a": [1, None]}),
        StepOutcome(1.5, output={"a": 1}),
        StepOutcome(0.0, fault=StepFault("tool", "m", retryable=True)),
    ],
)
def test_what_travels_to_an_executor_and_back_can_be_pickled(value: object) -> None:
    """HOUSE 4."""
    assert pickle.loads(pickle.dumps(value)) == value
