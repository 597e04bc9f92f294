"""How somebody outside gets his will: cancels a run or answers its question, whether its process is alive or not.

A living writer is asked through the run's inbox, and its journal tells what it did. Where nobody holds the run, the
caller takes the run's lock and writes the same events himself.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from character_flow import events
from character_flow.errors import StreamBusyError, StreamError, UsageError
from character_flow.events import Event
from character_flow.questions import answer_problem, meant_answer
from character_flow.run_state import RunState
from character_flow.snapshot import InputRequest, Snapshot
from character_flow.stream.inbox import Command, new_command, send
from character_flow.stream.journal import Journal, last_event
from character_flow.stream.liveness import read_owner, state_of, this_process
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.reading import folded, read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from character_flow.stream.tail import Tail
from character_flow.streaming_hooks import StreamingHooks, recording

WAIT_S = 10.0
_LOOK_S = 0.02
_ALIVE_S = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request: who carried it out."""

    by: Literal["writer", "here"]
    """`writer`: the run's own process accepted it. `here`: nobody held the run, so it was done by the caller."""


def cancel_run(run: RunFolder, by: str, *, wait_s: float = WAIT_S) -> Reply:
    """Cancel a run. UsageError when it has ended, StreamBusyError when its process does not obey within `wait_s`."""
    command = new_command("cancel", epoch=_epoch(run), by=by)
    return _carry_out(run, command, wait_s, _cancel_here)


def answer_run(run: RunFolder, value: str, *, by: str, wait_s: float = WAIT_S) -> Reply:
    """Answer a run's open question. UsageError when nothing is asked or it will not do; else as `cancel_run`."""
    request = folded(run.journal).input_request
    if request is not None:
        _check_answer(request, value)
    request_id = request.request_id if request is not None else None
    command = new_command("answer", epoch=_epoch(run), by=by, request_id=request_id, value=value)
    return _carry_out(run, command, wait_s, _answer_here)


def _epoch(run: RunFolder) -> int:
    """The epoch the run's holder works in: declared by him, or already written in."""
    owner, last = read_owner(run.owner), last_event(run.journal)
    return max(owner.epoch if owner is not None else 1, last.epoch if last is not None else 1)


def _check_answer(request: InputRequest, value: str) -> None:
    fact = events.InputRequested(**request.model_dump(exclude={"step"}))
    problem = answer_problem(fact, value)
    if problem is not None:
        raise UsageError(problem)


# A living writer.


def _carry_out(run: RunFolder, command: Command, wait_s: float, do_here: Callable[["_Taken", Command], None]) -> Reply:
    deadline = time.monotonic() + wait_s
    while True:
        last = last_event(run.journal)
        if last is not None and isinstance(last.fact, events.PlanEnd):
            raise UsageError(f"run {run.id} has ended already: {_how(last)}")
        if state_of(run.owner).kind != "alive" and _try_here(run, command, do_here):
            return Reply("here")
        if _asked(run, command, deadline):
            return Reply("writer")
        if time.monotonic() >= deadline:
            told = f"has not taken the {command.kind} within {wait_s:g} s; it lies in its inbox"
            raise StreamBusyError(f"run {run.id}: {read_owner(run.owner) or 'its process'} {told}", path=run.path)


def _how(end: Event) -> str:
    fact = end.fact
    if isinstance(fact, events.PlanCancelled):
        return f"cancelled by {fact.signal or fact.by}"
    return str(getattr(fact, "outcome", end.type))


def _try_here(run: RunFolder, command: Command, do_here: Callable[["_Taken", Command], None]) -> bool:
    """Do it under the run's lock; False when somebody else has just taken the run."""
    try:
        with _taken(run) as taken:
            (run.inbox / f"{command.id}.json").unlink(missing_ok=True)
            do_here(taken, command)
    except StreamBusyError:
        return False
    return True


def _asked(run: RunFolder, command: Command, deadline: float) -> bool:
    """Put the command into the inbox and wait for the journal; False when the writer is gone or time is up."""
    tail = Tail(run.journal)
    for _event in tail.read():
        pass
    send(run, command)
    look_at = time.monotonic() + _ALIVE_S
    while (now := time.monotonic()) < deadline:
        for event in tail.read():
            if _is_obeyed(event, command, run):
                return True
        if now >= look_at:
            look_at = now + _ALIVE_S
            if state_of(run.owner).kind in ("dead", "none"):
                return False
        time.sleep(_LOOK_S)
    return False


def _is_obeyed(event: Event, command: Command, run: RunFolder) -> bool:
    match event.fact:
        case events.CommandAccepted(command_id=command.id):
            return True
        case events.CommandRefused(command_id=command.id, reason=reason):
            raise UsageError(f"run {run.id} refused: {reason}")
        case events.PlanEnd():
            raise UsageError(f"run {run.id} has ended meanwhile: {_how(event)}")
    return False


# Nobody holds the run.


@dataclass(frozen=True)
class _Taken:
    """A run whose lock is held here: what happened in it, and the recorder of what comes now."""

    run: RunFolder
    happened: Sequence[Event]
    recorder: StreamingHooks

    @property
    def state(self) -> RunState:
        return RunState.replayed(self.snapshot.total_steps, self.happened)

    @property
    def snapshot(self) -> Snapshot:
        return self.recorder.snapshot


@contextmanager
def _taken(run: RunFolder) -> Iterator[_Taken]:
    """The run's lock, and the page's where it is free and shows this run; snapshots are rewritten at the end."""
    stream = Stream(run.path.parent.parent)
    with ExitStack() as held:
        lock = held.enter_context(hold_run(run))
        happened: list[Event] = []
        journal = Journal.open(run.journal, durable=True, each=happened.append)
        held.callback(journal.close)
        lock.declare(this_process(run.id, journal.epoch))
        page = None
        if _shows(stream, run):
            with suppress(StreamBusyError):
                held.enter_context(hold_page(stream, owner=this_process(run.id, journal.epoch)))
                page = stream.page
        with recording(run, journal, happened, page=page, durable=True) as recorder:
            yield _Taken(run, happened, recorder)


def _shows(stream: Stream, run: RunFolder) -> bool:
    """Whether the page is this run's: it shows it, or was taken for it by a process that died before it could."""
    owner = read_owner(stream.page_owner)
    if owner is not None and owner.run_id == run.id:
        return True
    try:
        return read_snapshot(stream.page).run_id == run.id
    except StreamError:
        return False


def _cancel_here(taken: _Taken, command: Command) -> None:
    state, record = taken.state, taken.recorder.record
    if state.ended:
        raise UsageError(f"run {taken.run.id} has ended already: {_how(taken.happened[-1])}")
    running = [(number, step.attempt) for number, step in enumerate(state.steps, 1) if step.condition == "running"]
    state.apply(record(events.CommandAccepted(command_id=command.id, kind="cancel", by=command.by)))
    for number, attempt in running:
        record(events.StepCancelled(reason=f"cancelled by {command.by}"), step=number, attempt=attempt)
    record(events.PlanCancelled(by=command.by, duration_s=state.worked_before_s))


def _answer_here(taken: _Taken, command: Command) -> None:
    request = taken.snapshot.input_request
    if request is None:
        raise UsageError(f"run {taken.run.id} is asking nothing")
    value = command.value or ""
    _check_answer(request, value)
    attempt = taken.state.step(request.step).attempt
    fact = events.InputRequested(**request.model_dump(exclude={"step"}))
    record = taken.recorder.record
    record(events.CommandAccepted(command_id=command.id, kind="answer", by=command.by))
    received = events.InputReceived(request_id=request.request_id, value=meant_answer(fact, value), by=command.by)
    record(received, step=request.step, attempt=attempt)
