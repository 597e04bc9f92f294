"""What the engine promises (DESIGN 5), above all: each attempt ends in exactly one way, on every path."""

import random
import tempfile
import threading
import time
from concurrent.futures import Executor, Future
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from character_flow import events
from character_flow.app import RunOptions, RunResult, resume_run, run_plan
from character_flow.attempt import MERGE_S
from character_flow.engine import Engine
from character_flow.errors import RetryableToolError, RunCancelledError, ToolError
from character_flow.events import Event
from character_flow.hooks import ExecutionHooks
from character_flow.plan import load_plan
from character_flow.run_state import RunState
from character_flow.stream.inbox import new_command, send
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.journal_laws import check_run
from tests.unit.small_runs import (
    OnEvent,
    Seen,
    check_result,
    events_of,
    facts,
    let_time_pass,
    options_for,
    run_text,
    story,
    until_taken_in,
    wait_until,
)

tools = ToolRegistry()
KINDS = ("ok", "ok", "ok", "talk", "talk", "make", "fail", "retry", "bug", "nan", "exit", "hang", "pass_through")


@tools.tool("act")
def act(ctx: ToolContext, *, seed: int, luck: float, **given: JsonValue) -> JsonValue:
    """Behaves at random, but the same each time for the same seed, step and attempt."""
    rng = random.Random(f"{seed}/{ctx.step}/{ctx.attempt}")
    kind = "ok" if rng.random() < luck else rng.choice(KINDS)
    match kind:
        case "talk":
            for number in range(rng.randrange(5)):
                ctx.progress(rng.randrange(100), f"part {number}")
                ctx.chunk(f"word {number} ")
        case "make":
            path = ctx.folder / "made.txt"
            path.write_text(f"{seed} {ctx.step}")
            return ctx.artifact(path, "file")
        case "fail":
            raise ToolError("it cannot be done")
        case "retry":
            raise RetryableToolError(f"not good enough, try {ctx.attempt}")
        case "bug":
            raise ZeroDivisionError("a mistake in the tool")
        case "nan":
            return {"items": [1, float("nan")]}
        case "exit":
            raise SystemExit(3)
        case "hang":
            deadline = time.monotonic() + 5
            while not ctx.cancelled and time.monotonic() < deadline:
                time.sleep(0.001)
        case "pass_through":
            return dict(given)
    return f"{ctx.step} {rng.randrange(3)}"


def random_plan(rng: random.Random, seed: int) -> dict[str, JsonValue]:
    """A plan of 1 to 8 steps that uses what plans may use."""
    names = [f"s{number}" for number in range(1, rng.randrange(1, 9) + 1)]
    back: dict[str, str] = {}
    for place, name in enumerate(names):
        if place and rng.random() < 0.3:
            back[name] = rng.choice(names[:place])
    steps: list[JsonValue] = []
    for place, name in enumerate(names):
        with_: dict[str, JsonValue] = {"seed": seed, "luck": 0.6}
        step: dict[str, JsonValue] = {"name": name, "tool": "act", "with": with_, "timeout": 0.08}
        above = names[:place]
        for other in above:
            if rng.random() < 0.3:
                with_[other] = f"{{{{ steps.{other}.output }}}}"
        if rng.random() < 0.5:
            step["needs"] = [other for other in above if rng.random() < 0.3]
        if above and rng.random() < 0.25:
            step["when"] = f"{{{{ steps.{rng.choice(above)}.output is not none }}}}"
        if name in back.values():
            with_["told"] = "{{ feedback }}"
        if name in back:
            step["retry_from"] = {"step": back[name], "at_most": rng.randrange(1, 3)}
        if rng.random() < 0.4:
            step["attempts"] = rng.randrange(2, 4)
        if rng.random() < 0.4:
            step["on_error"] = "continue"
        if rng.random() < 0.2:
            step["message"] = f"{name} is at work"
        steps.append(step)
    return {"name": f"Random {seed}", "steps": steps}


class Disturber(ExecutionHooks):
    """Cancels or signals after some events."""

    def __init__(self, engine: Engine, after: int, kind: str) -> None:
        self._engine, self._left, self._kind = engine, after, kind

    def _count(self, event: Event) -> None:
        self._left -= 1
        if self._left == 0 and self._kind == "signal":
            self._engine.stop("SIGTERM")
        elif self._left == 0:
            command = new_command("cancel", epoch=event.epoch, by="test")
            self._engine.post(command)
            self._engine.post(command)

    before_plan = before_step = during_step = after_step = after_plan = _count


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9))
def test_every_attempt_of_any_plan_ends_in_exactly_one_way_whatever_its_tools_do(seed: int) -> None:
    """DESIGN 2: seq, attempts, ends, fold == snapshot; W0-04, W0-14, W0-20. Interrupted at random, then resumed."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:  # a late tool may still write
        folder = Path(temporary)
        path = folder / "plan.yaml"
        path.write_text(yaml.safe_dump(random_plan(rng, seed), sort_keys=False))
        max_parallel = rng.randrange(1, 5)
        engines: list[Engine] = []
        later: list[Disturber] = []

        class Relay(ExecutionHooks):
            def before_step(self, event: Event) -> None:
                later[-1]._count(event)

            during_step = after_step = before_step

        def started(engine: Engine, run: RunFolder) -> None:
            engines.append(engine)
            later.append(Disturber(engine, rng.randrange(1, 40), rng.choice(["signal", "cancel"])))

        options = RunOptions(
            folder=folder,
            tools=tools,
            durability="none",
            max_parallel=max_parallel,
            hooks=[Relay()],
            first_backoff_s=0.002,
            started=started,
        )
        result = run_plan(path, options=options)
        for _ in range(4):
            check_end(result, folder, plan_path=path, engine=engines[-1], max_parallel=max_parallel)
            if result.exit_code == 0:
                break
            result = resume_run(result.run.id, options=options)
        assert [engine.state.ended for engine in engines] == [True] * len(engines)


def check_end(result: RunResult, folder: Path, *, plan_path: Path, engine: Engine, max_parallel: int) -> None:
    plan = load_plan(plan_path, tools=tools)
    lines = check_run(result.run, plan, max_parallel=max_parallel)
    assert result.problem is None
    assert (folder / "plan_stream.json").read_bytes() == result.run.snapshot.read_bytes()
    codes = {"plan_completed": 0, "plan_error": 1, "plan_cancelled": 143}
    cancelled_by_command = lines[-1].type == "plan_cancelled" and "signal" not in lines[-1].data
    assert result.exit_code == (1 if cancelled_by_command else codes[lines[-1].type])
    learnt = RunState.replayed(len(plan.steps), read_events(result.run.journal))
    for step in learnt.steps + engine.state.steps:
        step.recheck = False  # that a finished step was looked at again is told to nobody
    assert learnt == engine.state


SIMPLE = """
name: Simple
steps:
  - {name: one, tool: say, with: {text: first}}
  - {name: two, tool: say, with: {text: "{{ steps.one.output }} second"}}
output: "{{ steps.two.output }}"
"""


def sayer() -> ToolRegistry:
    registry = ToolRegistry()

    @registry.tool("say")
    def say(ctx: ToolContext, *, text: JsonValue, **others: JsonValue) -> JsonValue:
        return text

    return registry


def test_a_plan_tells_its_story_in_this_order_and_hooks_see_each_moment(tmp_path: Path) -> None:
    """S0-10 to S0-13, S0-33: before and after the plan and each step."""
    first, second = Seen(), Seen()
    result = run_text(tmp_path, SIMPLE, sayer(), hooks=(first, second))
    assert (result.exit_code, result.output) == (0, "first second")
    assert story(result.run) == [
        "plan_started", "step_started 1.1", "step_completed 1.1", "step_started 2.1", "step_completed 2.1",
        "plan_completed",
    ]  # fmt: skip
    assert first.moments == second.moments == [
        "before_plan plan_started", "before_step step_started", "after_step step_completed",
        "before_step step_started", "after_step step_completed", "after_plan plan_completed",
    ]  # fmt: skip


def test_steps_that_need_nothing_of_each_other_run_side_by_side_up_to_the_limit(tmp_path: Path) -> None:
    together = threading.Barrier(3)
    running, most = set[str](), [0]
    lock = threading.Lock()
    registry = ToolRegistry()

    @registry.tool("meet")
    def meet(ctx: ToolContext) -> None:
        with lock:
            running.add(ctx.step)
            most[0] = max(most[0], len(running))
        together.wait(60)
        with lock:
            running.discard(ctx.step)

    steps = "".join(f"  - {{name: s{number}, tool: meet, needs: []}}\n" for number in range(1, 7))
    result = run_text(tmp_path, f"name: Six\nsteps:\n{steps}", registry, max_parallel=3)
    assert (result.exit_code, most[0]) == (0, 3)


def test_a_merge_reads_the_branch_that_ran(tmp_path: Path) -> None:
    """W0-20: a skipped step is over, and its output is null."""
    text = """
name: Merge
inputs: {custom: {type: boolean}}
steps:
  - {name: avatar, tool: say, needs: [], when: "{{ inputs.custom }}", with: {text: made}}
  - {name: preset, tool: say, needs: [], when: "{{ not inputs.custom }}", with: {text: chosen}}
  - {name: merged, tool: say, with: {text: "{{ steps.avatar.output or steps.preset.output }}"}}
output: {picture: "{{ steps.merged.output }}", avatar: "{{ steps.avatar.output }}"}
"""
    result = run_text(tmp_path, text, sayer(), inputs={"custom": False})
    assert result.output == {"picture": "chosen", "avatar": None}
    assert [row.status for row in result.snapshot.steps] == ["skipped", "completed", "completed"]
    assert story(result.run)[1] == "step_skipped 1"


def failing(errors: dict[int, Exception]) -> ToolRegistry:
    """Raises what is given for an attempt, else returns the attempt's number."""
    registry = sayer()

    @registry.tool("try")
    def attempt(ctx: ToolContext) -> int:
        if ctx.attempt in errors:
            raise errors[ctx.attempt]
        return ctx.attempt

    return registry


def test_an_error_that_can_pass_is_tried_again_after_a_pause(tmp_path: Path) -> None:
    """S0-48: each retry is announced with the reason of the failure it follows."""
    registry = failing({1: RetryableToolError("busy"), 2: ConnectionError("gone")})
    result = run_text(tmp_path, "steps: [{name: one, tool: try, attempts: 3}]", registry)
    assert result.exit_code == 0
    assert story(result.run)[1:-1] == [
        "step_started 1.1", "step_error 1.1", "step_retried 1", "step_started 1.2", "step_error 1.2",
        "step_retried 1", "step_started 1.3", "step_completed 1.3",
    ]  # fmt: skip
    retried = [fact for fact in facts(result.run, events.StepRetried) if isinstance(fact, events.StepRetried)]
    assert [(fact.next_attempt, fact.reason) for fact in retried] == [(2, "busy"), (3, retried[1].reason)]
    assert retried[1].reason.startswith("ConnectionError: gone (test_engine.py:")
    assert 0.005 <= retried[0].delay_s <= 0.01 <= retried[1].delay_s <= 0.02


def test_an_error_that_cannot_pass_is_not_tried_again(tmp_path: Path) -> None:
    for error in (ToolError("no"), ValueError("a mistake")):
        folder = tmp_path / type(error).__name__
        folder.mkdir()
        result = run_text(folder, "steps: [{name: one, tool: try, attempts: 3}]", failing({1: error}))
        assert result.exit_code == 1
        assert story(result.run)[1:] == ["step_started 1.1", "step_error 1.1", "plan_error"]
        assert str(error) in (result.snapshot.error or "")


def test_a_step_that_may_fail_leaves_a_plan_completed_with_issues(tmp_path: Path) -> None:
    text = """
steps:
  - {name: one, tool: try, on_error: continue}
  - {name: two, tool: say, with: {text: "{{ steps.one.output or 'without' }}"}}
output: "{{ steps.two.output }}"
"""
    result = run_text(tmp_path, text, failing({1: ToolError("no")}))
    assert (result.exit_code, result.output, result.snapshot.outcome) == (0, "without", "completed_with_issues")
    assert [row.status for row in result.snapshot.steps] == ["error", "completed"]


def test_when_a_step_fails_those_that_run_are_finished_and_nothing_new_starts(tmp_path: Path) -> None:
    """DESIGN 5; W0-04."""
    registry = sayer()
    failed = threading.Event()

    @registry.tool("fail")
    def fail(ctx: ToolContext) -> None:
        raise ToolError("no")

    @registry.tool("outlast")
    def outlast(ctx: ToolContext) -> str:
        assert failed.wait(60)
        return "finished"

    text = """
steps:
  - {name: bad, tool: fail, needs: []}
  - {name: slow, tool: outlast, needs: []}
  - {name: never, tool: say, needs: [slow], with: {text: x}}
"""
    seen = OnEvent("step_error", lambda event: failed.set())
    result = run_text(tmp_path, text, registry, hooks=(seen,))
    assert result.exit_code == 1
    assert story(result.run)[-3:] == ["step_error 1.1", "step_completed 2.1", "plan_error"]
    assert [row.status for row in result.snapshot.steps] == ["error", "completed", "pending"]


def test_a_tool_that_never_returns_is_ended_by_its_timeout_and_can_report_nothing_more(tmp_path: Path) -> None:
    late: list[type[BaseException]] = []
    over = threading.Event()
    registry = ToolRegistry()

    @registry.tool("hang")
    def hang(ctx: ToolContext) -> None:
        wait_until(lambda: ctx.cancelled)
        calls = (
            lambda: ctx.progress(50, "late"), lambda: ctx.chunk("late"), lambda: ctx.ask("late?"),
            lambda: ctx.artifact(tmp_path / "x", "file"), lambda: ctx.provider("text"),
        )  # fmt: skip
        for call in calls:
            try:
                call()
            except RunCancelledError as error:
                late.append(type(error))
        over.set()

    result = run_text(tmp_path, "steps: [{name: one, tool: hang, timeout: 0.05}]", registry)
    assert result.exit_code == 1
    assert "took longer than its timeout of 0.05 s" in (result.snapshot.error or "")
    size = result.run.journal.stat().st_size
    assert over.wait(60)
    assert late == [RunCancelledError] * 5
    assert result.run.journal.stat().st_size == size


BACK = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - {name: aside, tool: count, needs: [draft], with: {of: aside, text: "{{ steps.draft.output.shape }}"}}
  - {name: changed, tool: count, needs: [draft], with: {of: changed, text: "{{ steps.draft.output.text }}"}}
  - {name: middle, tool: count, needs: [draft], with: {of: middle, text: same}}
  - name: check
    tool: judge
    needs: [middle, aside, changed]
    with: {text: "{{ steps.draft.output.text }}"}
    retry_from: {step: draft, at_most: 2}
"""


def sending_back(wanted: int) -> tuple[ToolRegistry, list[str]]:
    registry, counted = ToolRegistry(), list[str]()

    @registry.tool("write")
    def write(ctx: ToolContext, *, told: str | None) -> JsonValue:
        return {"text": f"text {ctx.attempt}, told {told}", "shape": "round"}

    @registry.tool("count")
    def count(ctx: ToolContext, *, of: str, text: str) -> str:
        counted.append(of)
        return text

    @registry.tool("judge")
    def judge(ctx: ToolContext, *, text: str) -> str:
        if ctx.attempt < wanted:
            raise RetryableToolError(f"not good: {ctx.attempt}")
        return text

    return registry, counted


def test_retry_from_runs_the_way_again_with_the_reason_as_feedback(tmp_path: Path) -> None:
    """A9; the way from the target to the failing step runs again."""
    registry, counted = sending_back(3)
    result = run_text(tmp_path, BACK, registry, max_parallel=1)
    assert result.exit_code == 0
    (fact,) = [event.fact for event in events_of(result.run) if event.step == 5 and event.type == "step_completed"]
    assert isinstance(fact, events.StepCompleted)
    assert fact.output == "text 3, told not good: 2"
    assert sorted(counted) == ["aside"] * 3 + ["changed"] * 3 + ["middle"] * 3


def test_a_finished_step_off_the_way_runs_again_only_if_it_is_called_otherwise(tmp_path: Path) -> None:
    """DESIGN 4: other finished dependents only if their rendered `with` changed."""
    registry, counted = sending_back(2)
    result = run_text(
        tmp_path, BACK.replace("needs: [middle, aside, changed]", "needs: [middle]"), registry, max_parallel=1
    )
    assert result.exit_code == 0
    assert sorted(counted) == ["aside", "changed", "changed", "middle", "middle"]


def test_retry_from_has_a_limit(tmp_path: Path) -> None:
    registry, _ = sending_back(9)
    result = run_text(tmp_path, BACK, registry)
    assert result.exit_code == 1
    assert result.snapshot.error == "step 'check' (Check): not good: 3"
    assert [row.attempt for row in result.snapshot.steps] == [3] * 5


def test_an_announced_attempt_waits_for_what_was_sent_back_meanwhile(tmp_path: Path) -> None:
    """It must not be called with the outputs of a step that is being done again: they are null by then."""
    registry = ToolRegistry()
    given: list[str | None] = []
    engines: list[Engine] = []
    aside_failed = threading.Event()

    @registry.tool("write")
    def write(ctx: ToolContext, *, told: str | None) -> str:
        if ctx.attempt > 1:
            let_time_pass(engines[0], 100)  # longer than the pause before the other step's next attempt
            until_taken_in(engines[0])
        return f"text {ctx.attempt}"

    @registry.tool("aside")
    def aside(ctx: ToolContext, *, text: str | None) -> str:
        given.append(text)
        if ctx.attempt == 1:
            raise RetryableToolError("once more")
        return "done"

    @registry.tool("check")
    def check(ctx: ToolContext) -> None:
        if ctx.attempt == 1:
            assert aside_failed.wait(60)
            raise RetryableToolError("again")

    text = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - {name: other, tool: aside, needs: [draft], attempts: 2, with: {text: "{{ steps.draft.output }}"}}
  - {name: check, tool: check, needs: [draft], retry_from: {step: draft, at_most: 1}}
"""
    result = run_text(
        tmp_path, text, registry, hooks=(OnEvent("step_retried", lambda event: aside_failed.set()),),
        started=lambda engine, run: engines.append(engine), first_backoff_s=60,
    )  # fmt: skip
    assert (result.exit_code, given) == (0, ["text 1", "text 2"])


def test_progress_follows_the_plans_marks_and_never_falls(tmp_path: Path) -> None:
    """A4, S1-07, W0-14."""
    registry = sayer()

    @registry.tool("work")
    def work(ctx: ToolContext) -> None:
        for percent in (50, 20, 100):
            ctx.progress(percent, f"{percent} %")
            time.sleep(0.06)  # longer than what is merged to one event

    text = """
steps:
  - {name: load, tool: say, progress: 10, with: {text: x}}
  - {name: generate, tool: work, progress: [30, 50]}
  - {name: format, tool: say, progress: 60, with: {text: x}}
"""
    result = run_text(tmp_path, text, registry)
    marks = [getattr(event.fact, "plan_percent", None) for event in events_of(result.run)]
    assert marks == [None, 10, 10, 30, 40, 34, 50, 50, 60, 60, None]
    assert result.snapshot.progress == 100


def test_chunks_are_merged_and_joined_they_are_the_text(tmp_path: Path) -> None:
    """A7; DESIGN 3.3: one event a step per 50 ms, and no line above 64 KiB whatever the characters."""
    pieces = [f"{number} " for number in range(2_000)] + ["\0" * 30_000, "\ud800" + "\U0001f600" * 30_000, "end"]
    registry = ToolRegistry()

    @registry.tool("talk")
    def talk(ctx: ToolContext) -> None:
        for piece in pieces:
            ctx.chunk(piece)

    result = run_text(tmp_path, "steps: [{name: one, tool: talk}]", registry)
    chunks = [event.fact.text for event in events_of(result.run) if isinstance(event.fact, events.Chunk)]
    assert result.exit_code == 0
    assert "".join(chunks) == "".join(pieces)
    duration_s = result.snapshot.steps[0].duration_s
    assert duration_s is not None
    assert len(chunks) < 50 + duration_s / MERGE_S
    assert result.snapshot.steps[0].text == "".join(pieces)[-2_000:]


def test_a_signal_ends_the_run_with_its_own_code_and_leaves_it_resumable(tmp_path: Path) -> None:
    """DESIGN 3.9."""
    registry = sayer()
    engines: list[Engine] = []

    @registry.tool("stop")
    def stop(ctx: ToolContext) -> str:
        if ctx.attempt == 1:
            engines[0].stop("SIGTERM")
            wait_until(lambda: ctx.cancelled)
        return "now"

    text = "steps: [{name: one, tool: say, with: {text: x}}, {name: two, tool: stop}]"
    result = run_text(tmp_path, text, registry, started=lambda engine, run: engines.append(engine))
    assert (result.exit_code, result.snapshot.outcome) == (143, "cancelled")
    assert story(result.run)[-2:] == ["step_cancelled 2.1", "plan_cancelled"]
    resumed = resume_run(result.run.id, options=options_for(tmp_path, registry))
    check_result(resumed)
    assert resumed.exit_code == 0
    assert story(resumed.run)[-4:] == ["plan_resumed", "step_started 2.2", "step_completed 2.2", "plan_completed"]


def test_a_cancel_in_the_inbox_is_obeyed_once(tmp_path: Path) -> None:
    """DESIGN 3.7: accepted, then deleted; a repeat of its id, and one of an older epoch, are no-ops."""
    registry = ToolRegistry()
    runs: list[RunFolder] = []
    cancel_id = "00000000-aaaa"

    @registry.tool("cancelled")
    def cancelled(ctx: ToolContext) -> None:
        if ctx.attempt == 1:
            send(runs[0], new_command("cancel", epoch=1, by="test", command_id=cancel_id))
            wait_until(lambda: ctx.cancelled)

    result = run_text(
        tmp_path, "steps: [{name: one, tool: cancelled}]", registry, started=lambda engine, run: runs.append(run)
    )
    assert (result.exit_code, list(result.run.inbox.iterdir())) == (1, [])
    assert story(result.run)[2:] == ["command_accepted", "step_cancelled 1.1", "plan_cancelled"]
    send(result.run, new_command("cancel", epoch=2, by="test", command_id=cancel_id))
    send(result.run, new_command("cancel", epoch=1, by="test"))
    resumed = resume_run(result.run.id, options=options_for(tmp_path, registry))
    assert resumed.exit_code == 0
    assert list(result.run.inbox.iterdir()) == []
    assert "command_accepted" not in story(result.run)[5:]


def test_a_cancel_that_was_accepted_and_not_carried_out_is_carried_out_by_the_next_holder(tmp_path: Path) -> None:
    result = run_text(tmp_path, SIMPLE, sayer())
    lines = result.run.journal.read_bytes().splitlines(keepends=True)
    result.run.journal.write_bytes(b"".join(lines[:2]))
    with closing(Journal.open(result.run.journal, durable=False)) as journal:
        journal.append(events.CommandAccepted(command_id="c1", kind="cancel", by="viewer"))
    resumed = resume_run(result.run.id, options=options_for(tmp_path, sayer()))
    check_result(resumed)
    assert resumed.exit_code == 1
    assert story(result.run)[2:] == ["command_accepted", "plan_resumed", "step_error 1.1", "plan_cancelled"]


def test_what_is_no_command_or_none_that_can_be_obeyed_is_refused_with_the_reason(tmp_path: Path) -> None:
    registry = ToolRegistry()
    runs: list[RunFolder] = []

    @registry.tool("wait")
    def wait(ctx: ToolContext) -> None:
        send(runs[0], new_command("clear", epoch=1, by="test"))
        (runs[0].inbox / "0123456789abcdef.json").write_text("no command")
        wait_until(lambda: len([line for line in story(runs[0]) if line == "command_refused"]) == 2)

    result = run_text(
        tmp_path, "steps: [{name: one, tool: wait}]", registry, started=lambda engine, run: runs.append(run)
    )
    refused = [fact for fact in facts(result.run, events.CommandRefused) if isinstance(fact, events.CommandRefused)]
    assert (result.exit_code, {fact.kind for fact in refused}) == (0, {"clear", "unreadable"})
    assert "a running plan cannot be asked to 'clear'" in {fact.reason for fact in refused}


class BrokenExecutor(Executor):
    """Refuses the first call and loses the second."""

    def __init__(self, calls: int) -> None:
        self._calls = calls

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        self._calls += 1
        if self._calls == 1:
            raise RuntimeError("can't start new thread")
        lost: Future[object] = Future()
        lost.cancel()
        lost.set_running_or_notify_cancel()
        return lost


@pytest.mark.parametrize("calls", [1, 2])
def test_an_executor_that_fails_ends_the_step_and_not_the_engine(tmp_path: Path, calls: int) -> None:
    result = run_text(tmp_path, SIMPLE, sayer(), executor=lambda: BrokenExecutor(calls - 1))
    assert (result.exit_code, story(result.run)[-2:]) == (1, ["step_error 1.1", "plan_error"])
