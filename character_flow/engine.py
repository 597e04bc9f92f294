"""What may start now, and how every attempt ends: runs a plan's steps; knows no files and no HTTP.

One thread at a time decides, whoever has the turn (turns.py).
Every event is recorded first, then applied to the run's state, then queued for the hooks, all under one lock.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from functools import partial

from pydantic import JsonValue

from character_flow import events
from character_flow.attempt import MESSAGE_CHARS, OpenAttempt, plan_percent
from character_flow.commands import Commands, Stop
from character_flow.ending import end_of
from character_flow.errors import CharacterFlowError, StreamError, ToolError
from character_flow.events import Event, Fact
from character_flow.hooks import HookChain
from character_flow.ledger import Ledger
from character_flow.plan import Plan, Step
from character_flow.questions import Questions
from character_flow.rendering import Rendering
from character_flow.resume import in_lines
from character_flow.run_state import RunState
from character_flow.schedule import Schedule
from character_flow.surroundings import CommandLike, Surroundings
from character_flow.tools.registry import (
    Question,
    StepCall,
    StepFault,
    StepOutcome,
    fault_of,
    outcome_of,
    perform,
)
from character_flow.turns import Turns
from character_flow.verdict import backoff_s, failed_attempt, sent_back, stopped_attempt, verdict_on

POLL_S = 0.25
LANDING_S = 0.05
HOOKS_SETTLE_S = 0.1
HOOKS_END_S = 5.0


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
        self._ledger = Ledger(around.recorder, state, self._hooks)
        self.emit, self.lock = self._ledger.emit, self._ledger.lock
        self._rendering = Rendering(plan, state, around)
        self._schedule = Schedule(plan, state)
        self._turns = Turns(clock)
        self._timers = self._turns.timers
        self._open: dict[int, OpenAttempt] = {}
        self._failed: tuple[Step, str] | None = None
        self._stopping: Stop | None = None
        self._broken: BaseException | None = None
        known, path_of = state.answers, around.book.path_of
        self._questions = Questions(self._emit_at, self._timers.after, known=known, shown=self.shown, path_of=path_of)
        self._commands = Commands(self, state, self._questions, inbox=around.inbox, stop=self._stop_for)
        self._thread_id = 0
        self._began = self._next_poll = 0.0

    def run(self, opening: Sequence[tuple[Fact, int | None]], *, recorded: Sequence[Event] = ()) -> Event:
        """Record the opening facts (with their step), run to an end, and return the event of that end.

        Hooks are shown `recorded` first: what was written for this process before the engine had the recorder.
        Raises what the recorder raises (DurabilityError): then nothing more was written.
        """
        self._turns.begin()
        self._thread_id = threading.get_ident()
        self._began = self._next_poll = self._clock()
        for event in recorded:
            self._hooks.notify(event)
        try:
            for fact, step in opening:
                attempt = self._state.step(step).attempt if step is not None else None
                self.emit(fact, step=step, attempt=attempt)
            self._hooks.start(self._hook_failed)
            if self._state.cancel_by is not None:  # accepted by a process that did not live to carry it out
                self._stop_for(Stop(by=self._state.cancel_by))
            self._schedule.rebuild()
            while not self._is_done():
                self._start_ready()
                self._take_news()
            return self._end()
        except StreamError as error:
            self._let_calls_land(error)
            raise
        finally:
            for attempt_left in self._open.values():
                attempt_left.abandon()

    @property
    def state(self) -> RunState:
        """Where the run is; read it with the lock held."""
        return self._state

    def stop(self, signal: str) -> None:
        """End the run as that signal does: predictions are left running. Safe inside a signal handler."""
        self._turns.tell(partial(self._stop_for, Stop(by="signal", signal=signal)))

    def post(self, command: CommandLike) -> None:
        """Give the run a command without a file."""
        self._turns.tell(partial(self._commands.obey, command))

    def _emit_at(self, fact: Fact, step: int, attempt: int) -> Event:
        return self.emit(fact, step=step, attempt=attempt)

    # What attempts need of the engine (attempt.Floor).

    def flush_at(self, due: float, attempt: OpenAttempt) -> None:
        """Have the attempt write what it merged when it is due."""
        self._turns.tell(lambda: self._timers.after(due - self._clock(), attempt.flush))

    def ask(self, attempt: OpenAttempt, request_id: str, question: Question, answer: "Future[str]") -> None:
        """Answer from the journal, or queue the question."""
        known = self._state.answers.get(request_id)
        if known is not None:
            answer.set_result(known)
        elif threading.get_ident() == self._thread_id:
            answer.set_exception(ToolError("a question needs an executor with threads; this one runs steps inline"))
        else:
            self._questions.add(attempt, request_id, question, answer)
            self._turns.tell()

    def broke(self, error: BaseException) -> None:
        """The disk refused: nothing more may be written; the run ends with this error."""
        self._break(error)  # at once: whatever fails next only follows from it
        self._turns.tell()

    def shown(self, text: str) -> str:
        """A text as it may be recorded: without the values of secrets, and short enough for a line."""
        return self._around.book.shown(text)[:MESSAGE_CHARS]

    def shown_part(self, text: str, *, is_last: bool) -> tuple[str, str]:
        """A piece of a longer text without the values of secrets, and the end that may be the start of one."""
        return self._around.book.shown_part(text, is_last=is_last)

    # The loop.

    def _is_done(self) -> bool:
        if self._broken is not None:
            raise self._broken
        if self._stopping is not None:
            return all(attempt.stop_calls() for attempt in list(self._open.values()))
        if self._open or self._schedule.held:
            return False
        return self._failed is not None or not self._schedule.has_ready

    def _start_ready(self) -> None:
        """Fill the free slots; a step waiting for its next attempt keeps its slot."""
        while (
            self._failed is None
            and self._stopping is None
            and len(self._open) + len(self._schedule.held) < self._max_parallel
        ):
            number = self._schedule.take()
            if number is None:
                return
            self._begin(self._plan.steps[number - 1])

    def _take_news(self) -> None:
        if not self._open and not self._schedule.held and not self._turns.has_news:
            return
        self._ledger.settle()
        self._turns.wait(self._next_poll)
        now = self._clock()
        self._timers.run_due(now)
        if now >= self._next_poll:
            self._next_poll = now + POLL_S
            self._hooks.check()
            self._commands.poll()
        if self._questions.are_waiting:
            with self.lock:
                self._questions.advance()

    def _came_back(self, attempt: OpenAttempt, done: "Future[StepOutcome]") -> None:
        """A step's thread has its outcome: it goes on itself if nobody has the turn or waits for it."""
        if not self._turns.take():
            self._turns.tell(partial(self._take_outcome, attempt, done))
            return
        try:
            self._take_outcome(attempt, done)
            self._start_ready()
            self._ledger.settle()
        except BaseException as error:  # noqa: BLE001  # raised again by `run`
            self._break(error)
        self._turns.give_back(is_quiet=bool(self._open) and self._broken is None)

    def _stop_for(self, stop: Stop) -> None:
        self._stopping = self._stopping or stop

    def _break(self, error: BaseException) -> None:
        with self.lock:
            first = self._broken = self._broken or error
            if first is not error and isinstance(first, StreamError) and isinstance(error, StreamError):
                first.unwritten = tuple(dict.fromkeys((*first.unwritten, *error.unwritten)))

    def _let_calls_land(self, error: StreamError) -> None:
        """Paid calls on their way end by their own timeout; an id that comes now is told with the error."""
        self._break(error)
        while not all(attempt.stop_calls() for attempt in list(self._open.values())):
            time.sleep(LANDING_S)
        if isinstance(self._broken, StreamError):
            error.unwritten = self._broken.unwritten

    def _hook_failed(self, fault: events.HookError) -> None:
        try:
            with self.lock:
                if not self._state.ended:
                    self.emit(fault)
        except CharacterFlowError as error:  # on the hooks' thread nobody else would hear of it
            self.broke(error)

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
        if state.recheck and state.condition in ("completed", "continued") and state.key == key:
            self._leave(step)
            return
        if state.attempt == 0 and state.feedback is None:
            reused = self._around.reuse(step, lambda told: self._rendering.key_told(step, told) if told else key)
            if reused is not None:
                self._take_over(step, reused)
                return
        self._submit(step, self._start(step, key, message), arguments)

    def _take_over(self, step: Step, reused: events.StepReused) -> None:
        for fact in in_lines(reused):
            self.emit(fact, step=step.number)
        self._schedule.over(step.number)

    def _skip(self, step: Step) -> None:
        state = self._state.step(step.number)
        if not (state.recheck and state.condition == "skipped"):
            mark = plan_percent(step, 0)
            reason = self.shown(f"not needed: {step.when}")
            self.emit(events.StepSkipped(reason=reason, plan_percent=mark), step=step.number)
        self._leave(step)

    def _leave(self, step: Step) -> None:
        """It stays as it is. Told to nobody: a resume that has not seen this looks once more, and finds the same."""
        self._state.step(step.number).recheck = False
        self._schedule.over(step.number)

    def _start(self, step: Step, key: str, message: str | None) -> OpenAttempt:
        state = self._state.step(step.number)
        number = state.attempt + 1
        fact = events.StepStarted(
            name=step.name, tool=step.tool, with_key=key, message=message, plan_percent=plan_percent(step, 0)
        )
        self.emit(fact, step=step.number, attempt=number)
        attempt = OpenAttempt(
            self, self._around.workshop, step, number=number, asked=state.asked, calls=state.calls,
            paying=self._around.paying, key=key, feedback=state.feedback, clock=self._clock,
        )  # fmt: skip
        self._open[step.number] = attempt
        if step.timeout_s is not None:
            self._timers.after(step.timeout_s, partial(self._time_out, step, number))
        return attempt

    def _submit(self, step: Step, attempt: OpenAttempt, arguments: Mapping[str, JsonValue]) -> None:
        run_id = self._around.run_id
        context = attempt.context(run_id, plan_folder=self._around.plan_folder)
        call = StepCall(run_id, step.name, step.number, attempt.number, step.tool, arguments)
        try:
            future = self._executor.submit(perform, call, self._around.tools[step.tool], context)
        except Exception as error:  # noqa: BLE001  # whatever the executor says, the attempt has begun and must end
            self._end_failed(attempt, fault_of(error))
            return
        future.add_done_callback(partial(self._came_back, attempt))

    def _take_outcome(self, attempt: OpenAttempt, done: "Future[StepOutcome]") -> None:
        if attempt.is_closed:
            return
        if attempt.is_looking or not attempt.stop_calls():  # on a thread the tool left behind
            self._timers.after(POLL_S, partial(self._take_outcome, attempt, done))
            return
        outcome, step = outcome_of(done), attempt.step
        if outcome.fault is not None:
            self._end_failed(attempt, outcome.fault)
            return
        output = self._around.book.disk(outcome.output)
        mark = plan_percent(step, 100)
        end = events.StepCompleted(output=output, duration_s=outcome.duration_s, plan_percent=mark)
        self._close(attempt, end, later=True)  # until what follows it is known, or that nothing does
        self._schedule.over(step.number)

    def _close(self, attempt: OpenAttempt, end: events.StepEnd, *, later: bool = False) -> None:
        with self.lock:
            attempt.close()
            self._open.pop(attempt.step.number, None)
            self.emit(end, step=attempt.step.number, attempt=attempt.number, later=later)

    def _time_out(self, step: Step, number: int) -> None:
        attempt = self._open.get(step.number)
        if attempt is not None and attempt.number == number:
            is_looking = attempt.is_looking  # for a lost call: the step's time begins anew when that is known
            if is_looking or not attempt.stop_calls():  # a request's own timeout ends what is in flight
                wait_s = step.timeout_s if is_looking and step.timeout_s else POLL_S
                self._timers.after(wait_s, partial(self._time_out, step, number))
                return
            message = f"took longer than its timeout of {step.timeout_s:g} s"
            self._end_failed(attempt, StepFault("timeout", message, retryable=True))

    def _end_failed(self, attempt: OpenAttempt, fault: StepFault) -> None:
        step, state, message = attempt.step, self._state.step(attempt.step.number), self.shown(fault.message)
        verdict = verdict_on(step, state, fault, plan_has_failed=self._failed is not None)
        end = failed_attempt(fault, verdict, message=message, duration_s=attempt.age_s)
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
        self._schedule.hold(step.number)
        self._timers.after(delay_s, partial(self._begin_again, step))

    def _begin_again(self, step: Step) -> None:
        """Even if another step has failed meanwhile: this attempt was announced."""
        if self._schedule.release(step.number):
            self._begin(step)

    def _send_back(self, step: Step, message: str) -> None:
        restart, recheck = self._schedule.sent_back(step)
        next_attempt = self._state.step(restart[0]).attempt + 1
        fact = sent_back(message, next_attempt=next_attempt, restart=restart, recheck=recheck)
        self.emit(fact, step=step.number)
        self._schedule.rebuild()

    # The end of the plan.

    def _end(self) -> Event:
        stop = self._stopping
        if stop is not None:
            reason = stop.signal or f"cancelled by {stop.by}"
            for attempt in list(self._open.values()):
                left = attempt.cancel_calls() if stop.signal is None else attempt.left_running
                state = self._state.step(attempt.step.number)
                end = stopped_attempt(state, reason=reason, left_running=left, duration_s=attempt.age_s)
                self._close(attempt, end)
            return self._finish(events.PlanCancelled(by=stop.by, signal=stop.signal, duration_s=self._worked_s()))
        self._hooks.settle(HOOKS_SETTLE_S)
        ended = end_of(self._state, self._rendering, self._around, failed=self._failed, duration_s=self._worked_s())
        return self._finish(ended)

    def _finish(self, end: events.PlanEnd) -> Event:
        event = self.emit(end)
        self._hooks.settle(HOOKS_END_S)
        return event

    def _worked_s(self) -> float:
        return self._state.worked_before_s + self._clock() - self._began
