"""How somebody outside gets his will: cancels a run, answers its question, or says what became of a paid call.

A living writer is asked through the run's inbox, and its journal tells what it did. Where nobody holds the run, the
caller takes the run's lock and writes the same events himself.
"""

import re
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from character_flow import events
from character_flow.config import Settings, read_settings
from character_flow.errors import StreamBusyError, UsageError
from character_flow.events import Event
from character_flow.held_run import HeldRun, RunningCalls, held
from character_flow.questions import answer_problem, meant_answer
from character_flow.run_state import INTERRUPTED, OVER, RunState, StepState
from character_flow.snapshot import InputRequest
from character_flow.stream.inbox import Command, new_command, send
from character_flow.stream.journal import last_event, read_events
from character_flow.stream.liveness import read_owner, state_of
from character_flow.stream.locks import Claims
from character_flow.stream.reading import folded
from character_flow.stream.runs import claimed_predictions
from character_flow.stream.stream import RunFolder, Stream
from character_flow.stream.tail import Tail

WAIT_S = 10.0
_LOOK_S = 0.02
_ALIVE_S = 0.5
_PREDICTION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request: who carried it out."""

    by: Literal["writer", "here"]
    """`writer`: the run's own process accepted it. `here`: nobody held the run, so it was done by the caller."""
    stopped: tuple[str, ...] = ()
    """Predictions of the run that were stopped at their provider, by the caller."""
    left: tuple[str, ...] = ()
    """Predictions that may go on at their provider, for it could not be asked: there is no token, or no answer."""


def cancel_run(run: RunFolder, by: str, *, wait_s: float = WAIT_S, settings: Settings | None = None) -> Reply:
    """Cancel a run, and what it left running at a provider. `settings` hold the token; None: the environment's.

    UsageError when it has ended and left nothing, StreamBusyError when its process does not obey within `wait_s`.
    """
    command = new_command("cancel", epoch=_epoch(run), by=by)
    with closing(RunningCalls(settings or read_settings(), run)) as calls:
        if _has_left_running(run):
            with held(run) as taken:
                _cancel_left(taken, command, calls)
            reply = Reply("here")
        else:
            reply = _carry_out(run, command, wait_s, partial(_cancel_here, calls=calls))
    return replace(reply, stopped=tuple(calls.stopped), left=tuple(calls.left))


def answer_run(run: RunFolder, value: str, *, by: str, request_id: str | None = None, wait_s: float = WAIT_S) -> Reply:
    """Answer a run's open question, or with `request_id` that question and no other.

    UsageError when nothing is asked, something else is asked by now, or the answer will not do; else as `cancel_run`.
    """
    request = folded(run.journal).input_request
    if request_id is not None and (request is None or request.request_id != request_id):
        raise UsageError("that question has been answered meanwhile")
    if request is not None:
        _check_answer(request, value)
        request_id = request.request_id
    command = new_command("answer", epoch=_epoch(run), by=by, request_id=request_id, value=value)
    return _carry_out(run, command, wait_s, _answer_here)


def settle_run(
    run: RunFolder,
    step: str,
    *,
    adopt: str | None = None,
    charge_again: bool = False,
    skip: bool = False,
    by: str,
) -> Reply:
    """Say what became of a step's call whose fate nobody knows; a resume goes on from there.

    Exactly one of: `adopt`, the call is the provider's prediction of this id; `charge_again`, a new call may be made;
    `skip`, the step is left out. UsageError where that cannot be, StreamBusyError while somebody holds the run.
    """
    if [adopt is not None, charge_again, skip].count(True) != 1:
        raise UsageError("settle takes exactly one of: adopt with an id, charge again, skip")
    if adopt is not None and not _PREDICTION_ID.fullmatch(adopt):
        raise UsageError(f"{adopt[:80]!r} is no id of a prediction")
    command, stream = new_command("settle", epoch=_epoch(run), by=by), Stream(run.path.parent.parent)
    with held(run) as taken, Claims(stream) if adopt is not None else nullcontext():
        if adopt is not None and adopt in claimed_predictions(stream):
            raise UsageError(f"prediction {adopt} is some run's own already; one call cannot be taken up by two steps")
        _settle_here(taken, command, step, adopt=adopt, skip=skip)
    return Reply("here")


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


def _carry_out(run: RunFolder, command: Command, wait_s: float, do_here: Callable[[HeldRun, Command], None]) -> Reply:
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


def _try_here(run: RunFolder, command: Command, do_here: Callable[[HeldRun, Command], None]) -> bool:
    """Do it under the run's lock; False when somebody else has just taken the run."""
    try:
        with held(run) as taken:
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


def _cancel_here(taken: HeldRun, command: Command, *, calls: RunningCalls) -> None:
    state, record = taken.state, taken.recorder.record
    if state.ended:
        raise UsageError(f"run {taken.run.id} has ended already: {_how(taken.happened[-1])}")
    running = [(number, step) for number, step in enumerate(state.steps, 1) if step.condition == "running"]
    state.apply(record(events.CommandAccepted(command_id=command.id, kind="cancel", by=command.by)))
    _settle(taken, state, _stopped(state, calls))
    for number, step in running:
        if step.has_lost_call:
            message = "its process ended while a paid call was on its way: nobody knows whether it was made"
            end: events.StepEnd = events.StepUncertain(reason="uncertain", message=message)
        else:
            left = ", ".join(call.id for call in step.calls.values() if call.id in calls.left and call.id) or None
            end = events.StepCancelled(reason=f"cancelled by {command.by}", left_running=left)
        record(end, step=number, attempt=step.attempt)
    record(events.PlanCancelled(by=command.by, duration_s=state.worked_before_s))


def _has_left_running(run: RunFolder) -> bool:
    """Whether a run has ended and something of it may be at work at a provider."""
    last = last_event(run.journal)
    if last is None or not isinstance(last.fact, events.PlanEnd):
        return False
    state = RunState.replayed(folded(run.journal).total_steps, read_events(run.journal))
    return any(call.is_open for call in state.calls)


def _cancel_left(taken: HeldRun, command: Command, calls: RunningCalls) -> None:
    """Stop what an ended run left behind; it stays ended as it was, and nothing is told where nothing was to stop."""
    state, record = taken.state, taken.recorder.record
    stopped = _stopped(state, calls)
    if not calls.stopped and not calls.left:
        raise UsageError(f"run {taken.run.id} has ended already: {_how(taken.happened[-1])}")
    if calls.stopped:
        state.apply(record(events.CommandAccepted(command_id=command.id, kind="cancel", by=command.by)))
        _settle(taken, state, stopped)
        end = _last_end(taken)
        if isinstance(end, events.PlanCancelled):
            end = events.PlanCancelled(by=command.by, duration_s=state.worked_before_s)
        record(end)


def _last_end(taken: HeldRun) -> events.PlanEnd:
    return next(event.fact for event in reversed(taken.happened) if isinstance(event.fact, events.PlanEnd))


def _stopped(state: RunState, calls: RunningCalls) -> list[tuple[int, events.PredictionSettled]]:
    """Stop what goes on at a provider: how each call ended, with its step, as far as it is known at once.

    Also a call of an earlier take: one whose step was sent back while its prediction went on.
    """
    ended = [(call.step, calls.stop(call)) for call in state.calls if call.is_open]
    return [(step, settled) for step, settled in ended if settled is not None]


def _settle(taken: HeldRun, state: RunState, ended: Sequence[tuple[int, events.PredictionSettled]]) -> None:
    for step, settled in ended:
        state.apply(taken.recorder.record(settled, step=step, attempt=state.step(step).attempt))


def _settle_here(taken: HeldRun, command: Command, name: str, *, adopt: str | None, skip: bool) -> None:
    state, run = taken.state, taken.run
    number, task = _step_named(taken, name)
    step = state.step(number)
    said = {id_ for of_step, id_ in _said_ids(taken.happened) if of_step == number}
    lost = _lost_calls(step, said, is_adopting=adopt is not None)
    if not lost:
        known = next((call.id for call in step.calls.values() if call.is_open), None)
        why = f"its call is prediction {known}" if known else f"it is {step.condition}"
        raise UsageError(f"run {run.id}: step '{name}' has no call whose fate is unknown, {why}")

    def record(fact: events.Fact, attempt: int | None = None) -> None:
        state.apply(taken.recorder.record(fact, step=number if attempt is not None else None, attempt=attempt))

    record(events.CommandAccepted(command_id=command.id, kind="settle", by=command.by))
    if step.condition == "running":
        message = "the process that ran it ended before it did"
        record(events.StepError(reason=INTERRUPTED, message=message, final=False), step.attempt)
    if adopt is not None:
        record(events.PredictionSubmitted(call=lost[0], id=adopt), step.attempt)
        how = f"its call is prediction {adopt}"
    else:
        for of_attempt in lost:
            settled = events.PredictionSettled(call=of_attempt, id=step.calls[of_attempt].id, status="abandoned")
            record(settled, step.attempt)
        how = "it is skipped" if skip else "it may be called again"
    if skip:
        record(events.StepSkipped(reason=f"skipped by {command.by}: nobody knows whether it was called"), step.attempt)
    if state.ended:
        told = f"step '{name}' ({task}) is settled: {how}; resume goes on"
        taken.recorder.record(_ended_again(taken, state, settled=number, message=told))


def _step_named(taken: HeldRun, name: str) -> tuple[int, str]:
    """A step's number and task."""
    rows = taken.snapshot.steps
    for row in rows:
        if row.name == name:
            return row.step_number, row.task
    names = ", ".join(row.name for row in rows)
    raise UsageError(f"run {taken.run.id} has no step {name!r}; its steps are {names}")


def _said_ids(happened: Sequence[Event]) -> set[tuple[int | None, str]]:
    """The ids that a person said, with their step: each `settle` has an epoch of its own."""
    settled = {
        event.epoch
        for event in happened
        if isinstance(event.fact, events.CommandAccepted) and event.fact.kind == "settle"
    }
    submitted = (event for event in happened if event.epoch in settled)
    return {(event.step, event.fact.id) for event in submitted if isinstance(event.fact, events.PredictionSubmitted)}


def _lost_calls(step: StepState, said: Collection[str], *, is_adopting: bool) -> list[int]:
    """The calls whose fate nobody knows; of an uncertain step also those that only the provider could tell of.

    Also one whose id a person said, until its end is known: it may have been mistyped.
    """
    lost = [number for number, call in sorted(step.calls.items()) if call.is_in_flight]
    if not lost and step.condition not in OVER:
        lost = [number for number, call in sorted(step.calls.items()) if call.is_open and call.id in said]
    if lost or is_adopting or step.condition != "uncertain":
        return lost
    return [number for number, call in sorted(step.calls.items()) if call.status is None]


def _ended_again(taken: HeldRun, state: RunState, *, settled: int, message: str) -> events.PlanEnd:
    """The run stays ended, and may have other steps that are uncertain."""
    fact = _last_end(taken)
    if isinstance(fact, events.PlanCancelled):
        return fact.model_copy(update={"duration_s": state.worked_before_s})
    still = [number for number, step in enumerate(state.steps, 1) if step.condition == "uncertain"]
    return events.PlanFailed(
        outcome="uncertain" if still else "failed",
        message=message,
        failed_step=still[0] if still else settled,
        duration_s=state.worked_before_s,
    )


def _answer_here(taken: HeldRun, command: Command) -> None:
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
