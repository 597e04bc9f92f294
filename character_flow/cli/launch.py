"""How a run is executed here: signals, somebody who shows it, and the last words, around the engine."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from character_flow import events
from character_flow.app import RunOptions, RunResult
from character_flow.cli import ending
from character_flow.cli.channels import Keyboard, deliver, deliver_now, is_terminal, reserved
from character_flow.cli.faces import Face, JournalLines, PlainLines
from character_flow.cli.money_words import cost_of, left_lines, provider_line
from character_flow.cli.options import Start
from character_flow.cli.showing import Asking, Showing
from character_flow.cli.signals import Signals
from character_flow.cli.speech import complain, say
from character_flow.engine import Engine
from character_flow.errors import StreamError
from character_flow.events import Event
from character_flow.hooks import ExecutionHooks
from character_flow.run_state import RunState
from character_flow.snapshot import InputRequest
from character_flow.stream.inbox import new_command
from character_flow.stream.journal import last_event, read_events
from character_flow.stream.reading import folded
from character_flow.stream.stream import RunFolder

_LET_GO_S = 0.1
_SHOW_CURSOR = b"\x1b[?25h\r\n"


@dataclass(frozen=True)
class Manner:
    """How a run is to be shown, and what the user is told to type afterwards."""

    start: Start
    folder: Path | None = None
    """--dir as it was given: it belongs into every command that is told."""
    yes: bool = False
    quiet: bool = False
    as_lines: bool = False
    tell_provider: bool = False
    budget_usd: float | None = None
    plan: Path | None = None
    has_token: bool = False
    begun: Callable[[RunFolder], object] = lambda run: None

    @property
    def asks(self) -> bool:
        """Whether there is a person to ask."""
        can = os.name != "nt" and is_terminal(0) and is_terminal(1)
        return can and not self.quiet and not self.as_lines

    def words(self, *words: str) -> str:
        """A command to type next."""
        return self.start.words(*words, folder=self.folder)


def in_foreground(
    execute: Callable[[RunOptions], RunResult], options: RunOptions, *, manner: Manner, signals: Signals
) -> int:
    """Execute a run, show it, say how it ended, and return the exit code. `execute` is one of app's functions."""
    with ExitStack() as held:
        fd = held.enter_context(reserved()) if manner.as_lines or manner.quiet else 1
        watched = _Watched(manner, fd, signals)
        signals.last_words = watched.last_words
        wired = replace(options, hooks=(*options.hooks, watched), started=watched.started, creating=signals.hold)
        try:
            result = execute(wired)
        except StreamError as error:
            watched.close()
            return watched.broken(error)
        except BaseException:
            watched.close()
            raise
        watched.close()
        if result.problem is not None and not result.run.journal.exists():
            complain(f"{result.run.path}: the run's folder was removed while it ran; nothing of this run is kept")
            return StreamError.exit_code
        _last_words(result, manner, watched, fd)
    return result.exit_code


class _Watched(ExecutionHooks):
    """What goes on around one run from the moment its lock is held: signals reach it, and it is shown."""

    def __init__(self, manner: Manner, fd: int, signals: Signals) -> None:
        self._manner, self._fd, self._signals = manner, fd, signals
        self._showing: Showing | None = None
        self._keyboard = Keyboard()
        self.run: RunFolder | None = None
        self.state = RunState.fresh(0)
        """Where the run is; to be read once it is over."""
        self.fault: events.StepError | None = None
        self.notes: list[str] = []
        self._take_default: Callable[[InputRequest], object] | None = None

    def started(self, engine: Engine, run: RunFolder) -> None:
        """The run's lock is held, its first event durable."""
        self._signals.stop_with(engine.stop)
        self.run, self.state = run, engine.state
        self._manner.begun(run)
        so_far = folded(run.journal)
        self._tell_provider(run, [row.tool_id for row in so_far.steps])
        asking = None
        if self._manner.asks:
            elsewhere, folder = self._elsewhere(run), run.path.resolve()
            asking = Asking(lambda request, text: _answer(engine, run, request, text), say, elsewhere, folder)
        face = self._face(run)
        self._showing = Showing(face, asking=asking, wakeup=self._signals.wakeup)
        self._showing.put(so_far)
        if self._manner.yes:
            self._take_default = lambda request: _answer(engine, run, request, request.default or "", by="default")

    def _face(self, run: RunFolder) -> Face:
        if self._manner.as_lines:
            return JournalLines(run.journal, self._fd)
        if self._manner.quiet:
            return Face()
        if is_terminal(1) and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
            from character_flow.cli.live import LiveList  # rich, 70 ms: the first event is on the disk by now

            return LiveList(keyboard=self._keyboard)
        return PlainLines(run, answer_with=self._elsewhere(run))

    def _elsewhere(self, run: RunFolder) -> tuple[str, ...]:
        return (self._manner.words("answer", short_id(run)), "ANSWER")

    def _tell_provider(self, run: RunFolder, tools: Sequence[str]) -> None:
        uses_models = any(tool not in ("function", "ask") for tool in tools)
        head = next(iter(read_events(run.journal))).fact
        if not uses_models or self._manner.quiet or self._manner.as_lines or not isinstance(head, events.PlanHead):
            return
        if self._manner.tell_provider or head.provider not in ("", "offline"):
            line = provider_line(
                run, head, self.state, has_token=self._manner.has_token, budget_usd=self._manner.budget_usd
            )
            if is_terminal(1):
                say(line, "dim")
            else:
                print(line, flush=True)

    def _take(self, event: Event) -> None:
        fact = event.fact
        if isinstance(fact, events.StepError) and fact.final and not fact.continued and self.fault is None:
            self.fault = fact
        if isinstance(fact, events.StepCompleted):
            self.notes += [note for note in ending.notes_of(fact.output) if note not in self.notes]
        if self._take_default is not None and isinstance(fact, events.InputRequested) and fact.default is not None:
            self._take_default(InputRequest(step=event.step or 0, **fact.model_dump()))
        if self._showing is not None:
            self._showing.put(event)

    before_plan = before_step = during_step = after_step = after_plan = _take

    def close(self) -> None:
        """Everything is shown and the terminal is free again."""
        showing, self._showing = self._showing, None
        if showing is not None:
            showing.close()

    def last_words(self) -> None:
        """The process ends at once: the cursor comes back, and the run's name is told."""
        self._keyboard.restore()
        if is_terminal(1):
            deliver_now(1, _SHOW_CURSOR)
        if self.run is not None:
            told = f"stopped at once; go on with: {self._manner.words('resume', short_id(self.run))}\n"
            deliver_now(2, told.encode())

    def broken(self, error: StreamError) -> int:
        """The disk refused: say so, and what can be done; before the run was made that is all there is to say."""
        if self.run is None:
            raise error
        complain(str(error))
        for step, prediction_id in error.unwritten:
            settle = self._manner.words("settle", short_id(self.run), step, "--adopt", prediction_id)
            complain(f"a paid call was made and its id could not be written: {settle}")
        complain(
            f"run {self.run.id} is kept up to there; go on with: {self._manner.words('resume', short_id(self.run))}"
        )
        return error.exit_code


def _answer(engine: Engine, run: RunFolder, request: InputRequest, text: str, *, by: str = "terminal") -> None:
    last = last_event(run.journal)
    epoch = last.epoch if last is not None else 1
    engine.post(new_command("answer", epoch=epoch, by=by, request_id=request.request_id, value=text))


def _last_words(result: RunResult, manner: Manner, watched: _Watched, fd: int) -> None:
    if result.problem is not None:
        complain(f"the run is whole, but not its snapshot: {result.problem}")
    if manner.as_lines:
        return
    if manner.quiet:
        if result.exit_code == 0:
            deliver(fd, f"{ending.result_of(result.output)}\n".encode(errors="replace"))
        else:
            complain(result.snapshot.error or f"stopped; go on with: {manner.words('resume', short_id(result.run))}")
            for line, _style in _unsettled(result, manner, watched):
                complain(line.strip())
        return
    if is_terminal(1):
        for text, style in _told(result, manner, watched):
            say(text, style)
    else:
        print("\n".join(text for text, _style in _told(result, manner, watched)), flush=True)


def _unsettled(result: RunResult, manner: Manner, watched: _Watched) -> list[ending.Line]:
    """What still costs, or may: calls that go on, and calls of which nobody knows."""
    cancel = manner.words("cancel", short_id(result.run))
    return [
        *left_lines(watched.state.calls, cancel=cancel),
        *ending.settling(result.snapshot, _words(result, manner)),
    ]


def _told(result: RunResult, manner: Manner, watched: _Watched) -> list[ending.Line]:
    snapshot, run = result.snapshot, result.run
    cost = cost_of(watched.state.calls)
    if result.exit_code == 0:
        words = _words(result, manner)
        return ending.completed(result.output, snapshot, words, run=run.path, notes=watched.notes, cost=cost)
    if snapshot.outcome == "cancelled":
        last = last_event(run.journal)
        fact = last.fact if last is not None else None
        by = (fact.signal or fact.by) if isinstance(fact, events.PlanCancelled) else "somebody"
        left = list(left_lines(watched.state.calls, cancel=manner.words("cancel", short_id(run))))
        return ending.cancelled(snapshot, _words(result, manner), by=by, run=run.path, cost=cost, left=left)
    reason = watched.fault.reason if watched.fault is not None else None
    return ending.failed(snapshot, _words(result, manner), reason=reason, run=run.path, cost=cost)


def _words(result: RunResult, manner: Manner) -> ending.Words:
    run, steps = result.run, result.snapshot.steps
    late = steps[-2].name if len(steps) > 1 else steps[-1].name if steps else "STEP"
    return ending.Words(
        show=manner.words("show", "last"),
        resume=manner.words("resume", short_id(run)),
        resume_from=manner.words("resume", short_id(run), "--from", late, "-i", "NAME=VALUE"),
        mend_plan=manner.words("resume", short_id(run), "--plan", str(manner.plan or "PLAN.yaml")),
        settle=lambda step, *how: manner.words("settle", short_id(run), step, *how),
    )


def short_id(run: RunFolder) -> str:
    """What is enough to name a run: the six signs its id ends with."""
    return run.id.rpartition("-")[2]


def leave(code: int) -> int:
    """The exit code; ends the process at once where a tool's thread would hold it."""
    main = threading.main_thread()
    for thread in threading.enumerate():
        if thread is not main and _holds(thread):
            thread.join(_LET_GO_S)
            if thread.is_alive():
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                os._exit(code)
    return code


def _holds(thread: threading.Thread) -> bool:
    """A daemon thread does not, but one inside a tool may hold the interpreter's lock when it is torn down."""
    return not thread.daemon or thread.name.startswith("step-")
