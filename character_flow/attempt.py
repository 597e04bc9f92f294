"""One attempt of a step while it is open: what its tool reports and asks, and how it is closed.

An attempt is closed under the recorder's lock before its end is recorded; after that nothing of it can reach the
journal. Progress and chunks are merged to one event each per 50 ms.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from character_flow import events
from character_flow.errors import RunCancelledError, StreamError
from character_flow.events import ArtifactRef, Event, Fact
from character_flow.plan import Step
from character_flow.tools.providers.base import Provider
from character_flow.tools.registry import Question, ToolContext

T = TypeVar("T")

MERGE_S = 0.05
# A journal line holds 64 KiB, and a character written as two escapes, as beside a lone surrogate, takes 12 bytes.
CHUNK_CHARS = 5_000
MESSAGE_CHARS = 4_000
REASON_CHARS = 1_000
KIND_CHARS = 100


class Workshop(Protocol):
    """Where a run's tools work: folders, durable files, providers. The engine itself knows no files."""

    def folder(self, step: str, attempt: int) -> Path:
        """The attempt's own folder, made if missing."""

    def keep(self, folder: Path, path: Path, kind: str) -> ArtifactRef:
        """Make a file in `folder` durable; the reference holds its live path. ToolError if it lies elsewhere."""

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.step, self.number = step, number
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
        )

    @property
    def is_closed(self) -> bool:
        """Whether the attempt has ended."""
        return self._closed

    @property
    def age_s(self) -> float:
        """Seconds since the attempt began."""
        return self._clock() - self.started

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
        reference = self._guard(lambda: self._workshop.keep(folder, path, kind[:KIND_CHARS]))
        with self._floor.lock:
            self._check()
            fact = events.ArtifactMade(**self._workshop.on_disk(reference).model_dump())
            self._guard(lambda: self._floor.emit(fact, step=self.step.number, attempt=self.number))
        return reference

    def ask(self, question: Question) -> str:
        """Ask and wait; the engine shows one question at a time."""
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
