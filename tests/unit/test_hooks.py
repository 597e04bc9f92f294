"""Hooks see and never delay, and nothing they do hurts a run (DESIGN 5)."""

import threading
from pathlib import Path

import pytest

from character_flow.events import Chunk, Event, Fact, HookError, PlanCompleted, PlanStarted, StepCompleted
from character_flow.hooks import ExecutionHooks, HookChain
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import Seen, facts, run_text, story, wait_until

PLAN = "steps: [{name: one, tool: say}, {name: two, tool: say}]"


def event(fact: Fact, seq: int = 1) -> Event:
    return Event(seq, "2026-11-21T12:00:00+00:00", 0.0, 1, None, None, fact)


class BadWordsError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("even this fails")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("wrong"), "ValueError: wrong"),
        (SystemExit(3), "SystemExit: 3"),
        (BadWordsError(), "BadWordsError"),
    ],
)
def test_a_hook_that_raises_is_told_of_and_goes_on_seeing(tmp_path: Path, error: BaseException, message: str) -> None:
    class Raising(Seen):
        def before_step(self, event: Event) -> None:
            super().before_step(event)
            raise error

    runs: list[RunFolder] = []
    registry = ToolRegistry()

    @registry.tool("say")
    def say(ctx: ToolContext) -> None:  # a run that has ended is told of no fault
        wait_until(lambda: story(runs[0]).count("hook_error") == ["one", "two"].index(ctx.step) + 1)

    raising, other = Raising(), Seen()
    result = run_text(tmp_path, PLAN, registry, hooks=(raising, other), started=lambda engine, run: runs.append(run))
    told = [fact for fact in facts(result.run, HookError) if isinstance(fact, HookError)]
    assert result.exit_code == 0
    assert [(fact.hook, fact.hook_moment, fact.message) for fact in told] == [("Raising", "before_step", message)] * 2
    assert raising.moments == other.moments == [
        "before_plan plan_started", "before_step step_started", "after_step step_completed",
        "before_step step_started", "after_step step_completed", "after_plan plan_completed",
    ]  # fmt: skip
    assert story(result.run)[-1] == "plan_completed"


def test_hooks_are_called_in_order_before_and_in_reverse_after() -> None:
    calls: list[str] = []

    class Named(ExecutionHooks):
        def __init__(self, name: str) -> None:
            self._name = name

        def _note(self, event: Event) -> None:
            calls.append(f"{self._name} {event.fact.moment}")

        before_plan = before_step = during_step = after_step = after_plan = _note

    chain = HookChain([Named("a"), Named("b")])
    chain.start(lambda fault: None)
    for fact in (PlanStarted(), Chunk(text="x"), StepCompleted(), PlanCompleted(outcome="success")):
        chain.notify(event(fact))
    assert chain.settle(60)
    assert calls == [
        "a before_plan", "b before_plan", "a during_step", "b during_step",
        "b after_step", "a after_step", "b after_plan", "a after_plan",
    ]  # fmt: skip


def test_a_hook_that_takes_too_long_is_left_behind_and_the_others_go_on() -> None:
    """With a clock of the test's own: no test waits five seconds."""
    now = [0.0]
    entered, go_on = threading.Event(), threading.Event()
    faults: list[HookError] = []

    class Slow(ExecutionHooks):
        def before_plan(self, event: Event) -> None:
            entered.set()
            go_on.wait(60)

    slow, seen = Slow(), Seen()
    chain = HookChain([slow, seen], limit_s=5.0, clock=lambda: now[0])
    chain.start(faults.append)
    chain.notify(event(PlanStarted()))
    assert entered.wait(60)
    chain.check()
    assert faults == []
    now[0] = 5.0
    chain.check()
    chain.check()
    chain.notify(event(Chunk(text="x")))
    assert chain.settle(60)
    go_on.set()
    assert [(fault.hook, fault.message) for fault in faults] == [
        ("Slow", "took longer than 5 s; it sees no more of this run")
    ]
    assert seen.moments == ["before_plan plan_started", "during_step chunk"]


def test_faults_of_hooks_are_not_shown_to_hooks() -> None:
    seen = Seen()
    chain = HookChain([seen])
    chain.start(lambda fault: None)
    chain.notify(event(HookError(hook="H", hook_moment="before_plan", message="m")))
    assert chain.settle(60)
    assert seen.moments == []


def test_a_slow_hook_delays_no_step(tmp_path: Path) -> None:
    released = threading.Event()

    class Waiting(ExecutionHooks):
        def before_step(self, event: Event) -> None:
            released.wait(5)

    registry = ToolRegistry()

    @registry.tool("say")
    def say(ctx: ToolContext) -> None:
        if ctx.step == "two":  # reached although the hook still looks at step one
            assert not released.is_set()
            released.set()

    result = run_text(tmp_path, PLAN, registry, hooks=(Waiting(),))
    assert (result.exit_code, facts(result.run, HookError)) == (0, [])
