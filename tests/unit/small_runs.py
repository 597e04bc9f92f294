"""Small plans run in a folder of the test's own: what the engine's tests share."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.engine import Engine
from character_flow.events import Event, Fact
from character_flow.executors import DaemonExecutor
from character_flow.hooks import ExecutionHooks
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import ToolRegistry
from tests.journal_laws import check_run

DEADLINE_S = 60.0


def run_text(
    folder: Path,
    text: str,
    tools: ToolRegistry | None = None,
    *,
    inputs: dict[str, JsonValue] | None = None,
    hooks: tuple[ExecutionHooks, ...] = (),
    max_parallel: int = 16,
    started: Callable[[Engine, RunFolder], None] = lambda engine, run: None,
    executor: Callable[[], Executor] = DaemonExecutor,
    first_backoff_s: float = 0.01,
) -> RunResult:
    """Run a plan given as text; what it left is held against every law."""
    path = folder / "plan.yaml"
    path.write_text(text)
    options = options_for(folder, tools, hooks=hooks, max_parallel=max_parallel, started=started)
    options = replace(options, executor=executor, first_backoff_s=first_backoff_s)
    result = run_plan(path, inputs, options=options)
    check_result(result)
    return result


def options_for(
    folder: Path,
    tools: ToolRegistry | None = None,
    *,
    hooks: tuple[ExecutionHooks, ...] = (),
    max_parallel: int = 16,
    started: Callable[[Engine, RunFolder], None] = lambda engine, run: None,
) -> RunOptions:
    """Quick, not durable, and with short pauses between attempts."""
    return RunOptions(
        folder=folder, tools=tools, durability="none", hooks=hooks, max_parallel=max_parallel,
        first_backoff_s=0.01, started=started,
    )  # fmt: skip


def check_result(result: RunResult) -> None:
    """Hold a run against every law of the journal."""
    from character_flow.plan import parse_plan  # as executed, from its own folder

    plan = parse_plan(result.run.plan.read_text(), path="plan.yaml", plan_id="plan")
    check_run(result.run, plan)


def events_of(run: RunFolder) -> list[Event]:
    """The run's events."""
    return list(read_events(run.journal))


def story(run: RunFolder) -> list[str]:
    """The run's event types, those of a step with its number and attempt: `step_started 1.1`."""
    return [
        event.type + (f" {event.step}" if event.step else "") + (f".{event.attempt}" if event.attempt else "")
        for event in events_of(run)
    ]


def facts(run: RunFolder, kind: type[Fact]) -> list[Fact]:
    """The facts of one kind."""
    return [event.fact for event in events_of(run) if isinstance(event.fact, kind)]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


def let_time_pass(engine: Engine, seconds: float) -> None:
    """Have what an engine at work waits for be due so much sooner: timeouts, pauses, questions. Returns at once."""
    timers = engine._timers

    def pass_it() -> None:
        timers._due = [(due - seconds, ticket, call) for due, ticket, call in timers._due]

    engine._turns.tell(pass_it)


def until_taken_in(engine: Engine) -> None:
    """Wait until an engine at work has done what it was told so far, and what was due then."""
    taken_in = threading.Event()
    engine._turns.tell(taken_in.set)
    assert taken_in.wait(DEADLINE_S), "the engine does not listen"


@dataclass
class Seen(ExecutionHooks):
    """Notes the moments it saw."""

    moments: list[str] = field(default_factory=list)

    def before_plan(self, event: Event) -> None:
        self.moments.append(f"before_plan {event.type}")

    def before_step(self, event: Event) -> None:
        self.moments.append(f"before_step {event.type}")

    def during_step(self, event: Event) -> None:
        self.moments.append(f"during_step {event.type}")

    def after_step(self, event: Event) -> None:
        self.moments.append(f"after_step {event.type}")

    def after_plan(self, event: Event) -> None:
        self.moments.append(f"after_plan {event.type}")


@dataclass
class OnEvent(ExecutionHooks):
    """Does something once, when the first event of a type is seen."""

    kind: str
    call: Callable[[Event], None]
    _is_done: bool = False

    def _see(self, event: Event) -> None:
        if event.type == self.kind and not self._is_done:
            self._is_done = True
            self.call(event)

    before_plan = before_step = during_step = after_step = after_plan = _see


class Running:
    """A run on a thread of its own, for tests that talk to it meanwhile."""

    def __init__(self, call: Callable[[], RunResult]) -> None:
        self._call = call
        self._result: RunResult | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001  # shown to whoever waits
            self._error = error

    def result(self) -> RunResult:
        """How it ended."""
        self._thread.join(DEADLINE_S)
        if self._error is not None:
            raise self._error
        assert self._result is not None, "the run does not end"
        return self._result
