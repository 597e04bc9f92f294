"""What may start now, and how every attempt ends: runs a plan's steps; knows no files and no HTTP.

One thread - the caller of `run` - decides and records; tools run on an executor and report through their attempt.
Every event is recorded first, then applied to the run's state, then queued for the hooks, all under one lock.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from pydantic import JsonValue

from character_flow import events
from character_flow.attempt import OpenAttempt, plan_percent
from character_flow.errors import ToolError
from character_flow.events import Event, Fact
from character_flow.hooks import HookChain
from character_flow.plan import Plan, Step
from character_flow.questions import Questions
from character_flow.rendering import Rendering
from character_flow.run_state import RunState
from character_flow.schedule import Schedule
from character_flow.surroundings import CommandLike, Surroundings
from character_flow.timers import Timers
from character_flow.tools.registry import Question, StepCall, StepFault, StepOutcome, ToolContext, perform
from character_flow.verdict import backoff_s, verdict_on

POLL_S = 0.25
HOOKS_SETTLE_S = 0.1
HOOKS_END_S = 5.0


@dataclass(frozen=True, slots=True)
class _Stop:
    by: str
    signal: str | None = None


class Engine:
    """Runs one plan once. `run` blocks; `stop` and `post` may be called from any thread, `stop` by signal handlers."""

    def __init__(
        self,
        plan: Plan,
        state: RunState,
        around: Surroundings,
        *,
        executor: Executor,
        hooks: HookChain | None = None,
        max_parallel: int = 16,
        first_backoff_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._plan, self._state, self._around = plan, state, around
        self._executor, self._hooks, self._max_parallel = executor, hooks or HookChain(), max_parallel
        self._first_backoff_s, self._clock, self._jitter = first_backoff_s, clock, jitter
        self._rendering = Rendering(plan, state, around)
        self._news: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers = Timers(clock)
        self._open: dict[int, OpenAttempt] = {}
        self._promised = 0
        self._failed: tuple[Step, str] | None = None
        self._stopping: _Stop | None = None
        self._broken: BaseException | None = None
        self._questions = Questions(self._emit_at, self._timers.after)
        self._thread_id = 0

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The recorder's lock: whoever holds it sees no event between two of its own."""
        return self._around.recorder.lock

    def run(self, opening: Sequence[tuple[Fact, int | None]], *, recorded: Sequence[Event] = ()) -> Event:
        """Record the opening facts (with their step), run to an end, and return the event of that end.

        Hooks are shown `recorded` first: what was written for this process before the engine had the recorder.
        Raises what the recorder raises (DurabilityError): then nothing more was written.
        """
        self._thread_id = threading.get_ident()
        self._began = self._clock()
        self._next_poll = self._began
        for event in recorded:
            self._hooks.notify(event)
        try:
            for fact, step in opening:
                attempt = self._state.step(step).attempt if step is not None else None
                self.emit(fact, step=step, attempt=attempt)
            self._hooks.start(self._hook_failed)
            if self._state.cancel_by is not None:  # accepted by a process that did not live to carry it out
                self._stop_for(_Stop(by=self._state.cancel_by))
            self._schedule = Schedule(self._plan, self._state)
            while not self._is_done():
                self._start_ready()
                self._take_news()
            return self._end()
        finally:
            for attempt_left in self._open.values():
                attempt_left.abandon()

    def stop(self, signal: str) -> None:
        """End the run as that signal does: predictions are left running. Safe inside a signal handler."""
        self._news.put(partial(self._stop_for, _Stop(by="signal", signal=signal)))

    def post(self, command: CommandLike) -> None:
        """Give the run a command without a file."""
        self._news.put(partial(self._obey, command))

    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None) -> Event:
        """Record, apply, tell."""
        with self.lock:
            event = self._around.recorder.record(fact, step=step, attempt=attempt)
            self._state.apply(event)
            self._hooks.notify(event)
        return event

    def _emit_at(self, fact: Fact, step: int, attempt: int) -> Event:
        return self.emit(fact, step=step, attempt=attempt)

    # What attempts need of the engine (attempt.Floor).

    def flush_at(self, due: float, attempt: OpenAttempt) -> None:
        """Have the attempt write what it merged when it is due."""
        self._news.put(partial(self._timers.after, due - self._clock(), attempt.flush))

    def ask(self, attempt: OpenAttempt, request_id: str, question: Question, answer: "Future[str]") -> None:
        """Answer from the journal, or queue the question."""
        known = self._state.answers.get(request_id)
        if known is not None:
            answer.set_result(known)
        elif threading.get_ident() == self._thread_id:
            answer.set_exception(ToolError("a question needs an executor with threads; this one runs steps inline"))
        else:
            self._questions.add(attempt, request_id, question, answer)
            self._news.put(lambda: None)

    def broke(self, error: BaseException) -> None:
        """The disk refused: nothing more may be written; the run ends with this error."""
        self._news.put(partial(self._break, error))

    def shown(self, text: str) -> str:
        """A text without the values of secrets."""
        return self._around.book.shown(text)

    # The loop.

    def _is_done(self) -> bool:
        if self._broken is not None:
            raise self._broken
        if self._stopping is not None:
            return True
        if self._open or self._promised:
            return False
        return self._failed is not None or not self._schedule.has_ready

    def _start_ready(self) -> None:
        """Fill the free slots; a step waiting for its next attempt keeps its slot."""
        while self._failed is None and len(self._open) + self._promised < self._max_parallel:
            number = self._schedule.take()
            if number is None:
                return
            self._begin(self._plan.steps[number - 1])

    def _take_news(self) -> None:
        if not self._open and not self._promised and self._news.empty():
            return
        due = self._timers.next_due(self._next_poll)
        try:
            self._news.get(timeout=max(0.0, due - self._clock()))()
        except queue.Empty:
            pass
        now = self._clock()
        self._timers.run_due(now)
        if now >= self._next_poll:
            self._next_poll = now + POLL_S
            self._poll()
        if self._questions.are_waiting:
            with self.lock:
                self._questions.advance()

    def _poll(self) -> None:
        self._hooks.check()
        inbox = self._around.inbox
        for command in inbox.pending() if inbox is not None else ():
            self._obey(command)
            if inbox is not None:
                inbox.delete(command.id)

    def _obey(self, command: CommandLike) -> None:
        """Obeying begins with `command_accepted`; a command already obeyed changes nothing."""
        if command.id in self._state.obeyed or self._stopping is not None:
            return
        about = {"command_id": command.id, "kind": command.kind, "by": command.by}
        with self.lock:
            refusal = self._refusal(command)
            if refusal is not None:
                self.emit(events.CommandRefused(**about, reason=refusal))
                return
            self.emit(events.CommandAccepted(**about))
            if command.kind == "answer":
                self._questions.give(command.value or "", command.by)
            else:
                self._stop_for(_Stop(by=command.by))

    def _refusal(self, command: CommandLike) -> str | None:
        if command.kind == "answer":
            return self._questions.refusal(command.request_id, command.value)
        return None if command.kind == "cancel" else f"a running plan cannot be asked to {command.kind!r}"

    def _stop_for(self, stop: _Stop) -> None:
        self._stopping = self._stopping or stop

    def _break(self, error: BaseException) -> None:
        self._broken = self._broken or error

    def _hook_failed(self, fault: events.HookError) -> None:
        with self.lock:
            if not self._state.ended:
                self.emit(fault)

    # One attempt: begin, end, and what its failure leads to.

    def _begin(self, step: Step) -> None:
        state = self._state.step(step.number)
        try:
            if not self._rendering.is_needed(step):
                self._skip(step)
                return
            arguments = self._rendering.arguments(step)
            message = self._rendering.message(step)
        except ToolError as error:
            self._end_failed(self._start(step, "", None), StepFault("template", str(error)))
            return
        key = self._rendering.key(step, arguments)
        if state.recheck and state.condition == "completed" and state.key == key:
            self._unchanged(step)
            return
        reused = self._around.reuse(step, key) if state.attempt == 0 else None
        if reused is not None:
            self.emit(reused, step=step.number)
            self._schedule.over(step.number)
            return
        self._submit(step, self._start(step, key, message), arguments)

    def _skip(self, step: Step) -> None:
        state = self._state.step(step.number)
        if state.recheck and state.condition == "skipped":
            self._unchanged(step)
            return
        mark = None if step.progress is None else 0
        self.emit(events.StepSkipped(reason=f"not needed: {step.when}", plan_percent=mark), step=step.number)
        self._unchanged(step)

    def _unchanged(self, step: Step) -> None:
        self._state.step(step.number).recheck = False
        self._schedule.over(step.number)

    def _start(self, step: Step, key: str, message: str | None) -> OpenAttempt:
        state = self._state.step(step.number)
        number = state.attempt + 1
        fact = events.StepStarted(
            name=step.name,
            tool=step.tool,
            with_key=key,
            message=message,
            plan_percent=plan_percent(step, 0),
        )
        self.emit(fact, step=step.number, attempt=number)
        deadline = None if step.timeout_s is None else self._clock() + step.timeout_s
        attempt = OpenAttempt(
            self,
            self._around.workshop,
            step,
            number=number,
            asked=state.asked,
            deadline=deadline,
            clock=self._clock,
        )
        self._open[step.number] = attempt
        if step.timeout_s is not None:
            self._timers.after(step.timeout_s, partial(self._time_out, attempt))
        return attempt

    def _submit(self, step: Step, attempt: OpenAttempt, arguments: Mapping[str, JsonValue]) -> None:
        run_id = self._around.run_id
        context = ToolContext(
            attempt,
            run_id=run_id,
            step=step.name,
            attempt=attempt.number,
            plan_folder=self._around.plan_folder,
            deadline=attempt.deadline,
        )
        call = StepCall(run_id, step.name, step.number, attempt.number, step.tool, arguments)
        future = self._executor.submit(perform, call, self._around.tools[step.tool], context)
        future.add_done_callback(lambda done: self._news.put(partial(self._take_outcome, attempt, done)))

    def _take_outcome(self, attempt: OpenAttempt, done: "Future[StepOutcome]") -> None:
        if attempt.is_closed:
            return
        outcome, step = done.result(), attempt.step
        if outcome.fault is not None:
            self._end_failed(attempt, outcome.fault)
            return
        output = self._around.book.disk(outcome.output)
        mark = plan_percent(step, 100)
        self._close(attempt, events.StepCompleted(output=output, duration_s=outcome.duration_s, plan_percent=mark))
        self._schedule.over(step.number)

    def _close(self, attempt: OpenAttempt, end: events.StepEnd) -> None:
        with self.lock:
            attempt.close()
            self._open.pop(attempt.step.number, None)
            self.emit(end, step=attempt.step.number, attempt=attempt.number)

    def _time_out(self, attempt: OpenAttempt) -> None:
        if not attempt.is_closed:
            message = f"took longer than its timeout of {attempt.step.timeout_s:g} s"
            self._end_failed(attempt, StepFault("timeout", message, retryable=True))

    def _end_failed(self, attempt: OpenAttempt, fault: StepFault) -> None:
        step, state, message = attempt.step, self._state.step(attempt.step.number), self.shown(fault.message)
        verdict = verdict_on(step, state, fault, plan_has_failed=self._failed is not None)
        end = events.StepError(
            reason=fault.reason,
            message=message,
            final=verdict in ("go_on", "fail"),
            continued=verdict == "go_on",
            duration_s=attempt.age_s,
        )
        self._close(attempt, end)
        if verdict == "again":
            self._try_again(step, message)
        elif verdict == "back":
            self._send_back(step, message)
        elif verdict == "go_on":
            self._schedule.over(step.number)
        else:
            self._failed = self._failed or (step, message)

    def _try_again(self, step: Step, message: str) -> None:
        state = self._state.step(step.number)
        delay_s = backoff_s(state.used, first_s=self._first_backoff_s, jitter=self._jitter())
        fact = events.StepRetried(next_attempt=state.attempt + 1, reason=message, delay_s=delay_s)
        self.emit(fact, step=step.number)
        self._promised += 1
        self._timers.after(delay_s, partial(self._begin_promised, step))

    def _begin_promised(self, step: Step) -> None:
        self._promised -= 1
        self._begin(step)

    def _send_back(self, step: Step, message: str) -> None:
        restart, recheck = self._schedule.sent_back(step)
        fact = events.StepRetried(
            next_attempt=self._state.step(restart[0]).attempt + 1,
            reason=message,
            feedback=message,
            restart=restart,
            recheck=recheck,
        )
        self.emit(fact, step=step.number)
        self._schedule.rebuild()

    # The end of the plan.

    def _end(self) -> Event:
        if self._stopping is not None:
            return self._cancel(self._stopping)
        self._hooks.settle(HOOKS_SETTLE_S)
        if self._failed is None:
            return self._finish(self._completed())
        step, message = self._failed
        sentence = f"step '{step.name}' ({step.task}): {message}"
        return self._finish(
            events.PlanFailed(outcome="failed", message=sentence, failed_step=step.number, duration_s=self._worked_s())
        )

    def _completed(self) -> events.PlanEnd:
        try:
            output = self._rendering.output()
        except ToolError as error:
            return events.PlanFailed(outcome="failed", message=self.shown(str(error)), duration_s=self._worked_s())
        issues = any(step.condition == "continued" for step in self._state.steps)
        return events.PlanCompleted(
            outcome="completed_with_issues" if issues else "success",
            output=self._around.book.disk(output),
            duration_s=self._worked_s(),
        )

    def _cancel(self, stop: _Stop) -> Event:
        reason = stop.signal or f"cancelled by {stop.by}"
        for attempt in list(self._open.values()):
            self._close(attempt, events.StepCancelled(reason=reason, duration_s=attempt.age_s))
        return self._finish(events.PlanCancelled(by=stop.by, signal=stop.signal, duration_s=self._worked_s()))

    def _finish(self, end: events.PlanEnd) -> Event:
        event = self.emit(end)
        self._hooks.settle(HOOKS_END_S)
        return event

    def _worked_s(self) -> float:
        return self._state.worked_before_s + self._clock() - self._began
