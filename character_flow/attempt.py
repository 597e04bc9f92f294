"""One attempt of a step while it is open: what its tool reports and asks, and how it is closed.

An attempt is closed under the recorder's lock before its end is recorded; after that nothing of it can reach the
journal. Progress and chunks are merged to one event each per 50 ms.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import JsonValue

from character_flow import events
from character_flow.errors import RunCancelledError, StreamError, ToolError, UncertainCallError
from character_flow.events import ArtifactRef, Event, Fact
from character_flow.paid import Hit, PaidCalls, Paying, Result
from character_flow.paid_functions import FUNCTION, PaidFunctions, Shelf, cached_as
from character_flow.plan import Step
from character_flow.recall import Recall, as_answer, as_result
from character_flow.run_state import CALL_AGAIN, CallState
from character_flow.tools.providers.base import Answer, Call, Prediction, Provider
from character_flow.tools.registry import PaidFunction, Question, ToolContext

T = TypeVar("T")

MERGE_S = 0.05
# A journal line holds 64 KiB, and a character written as two escapes, as beside a lone surrogate, takes 12 bytes.
CHUNK_CHARS = 5_000
MESSAGE_CHARS = 4_000
REASON_CHARS = 1_000
KIND_CHARS = 100


class Workshop(Shelf, Protocol):
    """Where a run's tools work: folders, durable files, providers. The engine itself knows no files."""

    def folder(self, step: str, attempt: int) -> Path:
        """The attempt's own folder, made if missing."""

    def keep(self, folder: Path, path: Path, kind: str) -> ArtifactRef:
        """Make a file in `folder` durable; the reference holds its live path. ToolError if it lies elsewhere."""

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""

    def cancel(self, provider: str, prediction_id: str) -> Prediction | None:
        """Stop a prediction: how it stands then, None where its provider could not be asked; never raises."""

    def on_disk(self, reference: ArtifactRef) -> ArtifactRef:
        """The reference as the journal keeps it."""


class Floor(Protocol):
    """What an attempt needs of the engine it runs on."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The recorder's lock."""

    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None) -> Event:
        """Record, apply, tell."""

    def flush_at(self, due: float, attempt: "OpenAttempt") -> None:
        """Have the attempt write what it merged when it is due."""

    def ask(self, attempt: "OpenAttempt", request_id: str, question: Question, answer: "Future[str]") -> None:
        """Put a question; the answer comes through the future."""

    def broke(self, error: BaseException) -> None:
        """The disk refused."""

    def shown(self, text: str) -> str:
        """A text as it may be recorded."""

    def shown_part(self, text: str, *, is_last: bool) -> tuple[str, str]:
        """A piece of a longer text as it may be recorded, and what must wait for the next piece."""


class OpenAttempt:
    """The desk of one tool call; the engine closes it, once, whatever the tool is doing."""

    def __init__(
        self,
        floor: Floor,
        workshop: Workshop,
        step: Step,
        *,
        number: int,
        asked: int,
        calls: Mapping[int, CallState],
        paying: Paying,
        key: str = "",
        feedback: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.step, self.number = step, number
        self.calls = calls
        self._paying, self._key, self._feedback = paying, key, feedback
        self._made: list[tuple[Path, str]] = []
        self._is_ending = False
        self.started = clock()
        self._floor, self._workshop, self._clock = floor, workshop, clock
        self._asked = asked
        self._closed = False
        self._folder: Path | None = None
        self._text: list[str] = []
        self._held = ""
        self._progress: tuple[int | None, str | None] | None = None
        self._flushed = self.started - MERGE_S
        self._flush_planned = False
        self._waiting: list[Future[str]] = []

    # Made when they are first needed: most attempts pay for nothing.

    @cached_property
    def _paid(self) -> PaidCalls:
        return PaidCalls(self, self.calls, self._paying)

    @cached_property
    def _function(self) -> PaidFunctions:
        return PaidFunctions(self._paid, self.calls, self._workshop, step=self.step.name, attempt=self.number)

    @cached_property
    def _recall(self) -> Recall:
        cache, may_take = self._paying.cache if self.step.cache else None, self.number == 1 and self._feedback is None
        return Recall(cache, self.step.name, may_take=may_take, folder=self.folder, tell=self._tell_hit)

    def context(self, run_id: str, *, plan_folder: Path) -> ToolContext:
        """What the tool is given."""
        deadline = None if self.step.timeout_s is None else self.started + self.step.timeout_s
        return ToolContext(
            self,
            run_id=run_id,
            step=self.step.name,
            attempt=self.number,
            plan_folder=plan_folder,
            deadline=deadline,
            is_paid=self.step.paid,
        )

    @property
    def is_closed(self) -> bool:
        """Whether the attempt has ended."""
        return self._closed

    @property
    def age_s(self) -> float:
        """Seconds since the attempt began."""
        return self._clock() - self.started

    def stop_calls(self) -> bool:
        """Let no further paid call leave. False while one is in flight: the attempt goes on until that is over."""
        with self._floor.lock:
            if "_paid" in self.__dict__ and self._paid.in_flight:
                return False
            self._is_ending = True
            return True

    @property
    def is_looking(self) -> bool:
        """Whether a lost call is being looked for: a timeout waits for that, what ends the run does not."""
        return "_paid" in self.__dict__ and self._paid.is_looking

    def place(self, provider: Provider, call: Call) -> tuple[int, str]:
        """Make a call, or take up an earlier attempt's; what costs nothing is called without ceremony."""
        self._check()
        if self.step.paid:
            raise self._refusal("a paid function pays for what it calls itself; call models in steps of their own")
        if not provider.is_paid:
            return 0, provider.submit(call)
        placed = self._guard(lambda: self._paid.place(provider, call))
        if placed.is_reattached:
            told = events.PredictionReattached(call=placed.number, id=placed.id)
            self._guard(lambda: self._paid.record(told))
        return placed.number, placed.id

    def settle(self, number: int, prediction: Prediction) -> None:
        """Tell how a call ended."""
        if number:
            self._check()
            self._guard(lambda: self._paid.settle(number, prediction))

    def known_answer(self, provider: Provider, call: Call) -> tuple[Prediction, Answer] | None:
        """What an equal call was answered in an earlier run, where the step allows that and a new one would cost."""
        hit = self._recall.find(provider.name, call) if provider.is_paid else None
        return None if hit is None else as_answer(hit.result)

    def answered(self, provider: Provider, call: Call, number: int, answer: Answer) -> None:
        """Remember what a call was answered; it is kept for other runs if the step succeeds."""
        known = self.calls.get(number)
        if known is not None:
            self._recall.remember(provider.name, call, known, as_result(known.id or "", answer))

    def succeeded(self) -> None:
        """The tool has done its work: keep what was answered where the step allows that. Never raises."""
        if "_recall" in self.__dict__:
            self._recall.keep()

    def pay(self, function: PaidFunction) -> JsonValue:
        """Call a function that costs money, or take up what an earlier attempt made of it."""
        self._check()
        call = Call(FUNCTION, function.name, function.arguments, self._key, self._key)
        cached = cached_as(function, call)
        hit = self._recall.find(FUNCTION, cached)
        if hit is not None:
            for path, kind in hit.result.files:
                self.keep(path, kind)
            return hit.result.output
        output = self._guard(lambda: self._function.call(function, call))
        result = Result(self.prediction_id or "", output=output, files=tuple(self._made))
        self._recall.remember(FUNCTION, cached, self._function.known, result)
        return output

    def submitted(self, prediction_id: str) -> None:
        """Make the id of what a paid function bought durable."""
        self._guard(lambda: self._function.submitted(prediction_id))

    @property
    def prediction_id(self) -> str | None:
        """The id of what a paid function bought."""
        return self._function.prediction_id

    def _tell_hit(self, hit: Hit) -> None:
        number = self._paid.next_number()
        told = events.CacheHit(call=number, key=hit.key, age_s=hit.age_s, saved_usd=hit.saved_usd)
        self._guard(lambda: self._paid.record(told))

    @property
    def left_running(self) -> str | None:
        """The ids of the predictions that a signal leaves running: a resume goes on with them. None without any."""
        return ", ".join(call.id or "" for call in self.calls.values() if call.is_open) or None

    def cancel_calls(self) -> str | None:
        """Stop what is at work at a provider, and record how it ended; the ids of what may go on all the same."""
        left: list[str] = []
        for number, call in self.calls.items():
            if call.is_open and call.id is not None:
                now = self._workshop.cancel(call.intent.provider, call.id)
                if now is None:
                    left.append(call.id)
                elif now.status in CALL_AGAIN:  # one that succeeded waits to be fetched
                    cost = self._paying.purse.prices.actual(call.intent.model, now.metrics, status=now.status)
                    self._emit(events.PredictionSettled(call=number, id=call.id, status=now.status, cost_usd=cost))
        return ", ".join(left) or None

    # What paid calls need of the attempt (paid.Books).

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The recorder's lock."""
        return self._floor.lock

    def record(self, fact: Fact) -> None:
        """Make a fact of this attempt durable. An id that cannot be written goes with the error, to be told."""
        try:
            self._emit(fact)
        except StreamError as error:
            if isinstance(fact, events.PredictionSubmitted):
                error.unwritten = (*error.unwritten, (self.step.name, fact.id))
            raise

    def check_open(self) -> None:
        """Raise RunCancelledError when no call may be made any more."""
        self._check()
        if self._is_ending:
            raise RunCancelledError(f"step '{self.step.name}' attempt {self.number} is being ended")

    def close(self) -> None:
        """Write what was merged, then refuse everything. The caller holds the lock and records the end."""
        self._flush(is_last=True)
        self.abandon()

    def abandon(self) -> None:
        """Refuse everything from now on; nothing more is written, for the disk refused or the process ends."""
        self._closed = True
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(RunCancelledError("the step was ended"))

    def progress(self, percent: int | None, message: str | None) -> None:
        """Keep the newest percent and message; they are written within 50 ms."""
        with self._floor.lock:
            self._check()
            old = self._progress or (None, None)
            shown = self._floor.shown(message)[: events.TEXT_CHARS] if message is not None else old[1]
            self._progress = (old[0] if percent is None else percent, shown)
            self._flush_soon()

    def chunk(self, text: str) -> None:
        """Add to the text being written; it is written within 50 ms."""
        with self._floor.lock:
            self._check()
            self._text.append(text)
            self._flush_soon()

    def keep(self, path: Path, kind: str) -> ArtifactRef:
        """Make a file of this attempt durable, then tell about it."""
        self._check()
        folder = self.folder()
        try:
            reference = self._guard(lambda: self._workshop.keep(folder, path, kind[:KIND_CHARS]))
        except ToolError as error:
            raise self._refusal(str(error)) from None
        with self._floor.lock:
            self._check()
            fact = events.ArtifactMade(**self._workshop.on_disk(reference).model_dump())
            self._guard(lambda: self._floor.emit(fact, step=self.step.number, attempt=self.number))
        self._made.append((Path(reference.path), reference.kind))
        return reference

    def ask(self, question: Question) -> str:
        """Ask and wait; the engine shows one question at a time."""
        if self.step.paid:
            raise self._refusal("a paid function cannot ask a person; ask in a step above")
        answer: Future[str] = Future()
        with self._floor.lock:
            self._check()
            self._asked += 1
            self._waiting.append(answer)
            self._floor.ask(self, f"{self.step.name}:{self._asked}", question, answer)
        try:
            return answer.result()
        finally:
            self._waiting.remove(answer)

    def folder(self) -> Path:
        """The attempt's own folder."""
        self._check()
        if self._folder is None:
            self._folder = self._guard(lambda: self._workshop.folder(self.step.name, self.number))
        return self._folder

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""
        self._check()
        return self._workshop.provider(kind)

    def flush(self) -> None:
        """Write what was merged, if the attempt is still open."""
        with self._floor.lock:
            self._flush_planned = False
            if not self.is_closed:
                self._flush()

    def _check(self) -> None:
        if self._closed:
            raise RunCancelledError(f"step '{self.step.name}' attempt {self.number} is over")

    def _refusal(self, problem: str) -> ToolError:
        """An error of ours is not the word of a paid function that is being called: it may have paid already."""
        if self.step.paid and self._paid.in_flight:
            return UncertainCallError(f"{problem}; nobody knows whether the step has paid by now")
        return ToolError(problem)

    def _guard(self, call: Callable[[], T]) -> T:
        """A disk that refuses ends the run, not only this step."""
        try:
            return call()
        except StreamError as error:
            self._floor.broke(error)
            raise RunCancelledError("the run cannot be written") from error

    def _flush_soon(self) -> None:
        due = self._flushed + MERGE_S
        if self._clock() >= due:
            self._guard(self._flush)
        elif not self._flush_planned:
            self._flush_planned = True
            self._floor.flush_at(due, self)

    def _flush(self, *, is_last: bool = False) -> None:
        if not (self._text or self._held or self._progress):
            return
        text, self._held = self._floor.shown_part(self._held + "".join(self._text), is_last=is_last)
        told, self._text, self._progress = self._progress, [], None
        if not text and told is None:
            return
        self._flushed = self._clock()
        for start in range(0, len(text), CHUNK_CHARS):
            self._emit(events.Chunk(text=text[start : start + CHUNK_CHARS]))
        if told is not None:
            percent, message = told
            self._emit(events.Progress(percent=percent, message=message, plan_percent=plan_percent(self.step, percent)))

    def _emit(self, fact: Fact) -> None:
        self._floor.emit(fact, step=self.step.number, attempt=self.number)


def plan_percent(step: Step, percent: int | None) -> int | None:
    """The plan's own percent at this percent of a step: its mark, or the place in its span; None without marks."""
    if step.progress is None or percent is None:
        return None
    if isinstance(step.progress, int):
        return step.progress
    first, last = step.progress
    return first + (last - first) * percent // 100
