"""One attempt of a step while it is open: what its tool reports and asks, and how it is closed.

An attempt is closed under the recorder's lock before its end is recorded; after that nothing of it can reach the
journal. Progress and chunks are merged to one event each per 50 ms.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from character_flow import events
from character_flow.errors import RunCancelledError, ToolError
from character_flow.events import ArtifactRef, Event, Fact
from character_flow.plan import Step
from character_flow.tools.providers.base import Provider
from character_flow.tools.registry import Question

T = TypeVar("T")

MERGE_S = 0.05
CHUNK_CHARS = 12_000  # at most 4 bytes each, or 6 as an escape: a line stays below the journal's 64 KiB


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
    def lock(self) -> AbstractContextManager[object]: ...
    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None) -> Event: ...
    def flush_at(self, due: float, attempt: "OpenAttempt") -> None: ...
    def ask(self, attempt: "OpenAttempt", request_id: str, question: Question, answer: "Future[str]") -> None: ...
    def broke(self, error: BaseException) -> None: ...
    def shown(self, text: str) -> str: ...


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
        deadline: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.step, self.number, self.deadline = step, number, deadline
        self.started = clock()
        self._floor, self._workshop, self._clock = floor, workshop, clock
        self._asked = asked
        self._closed = threading.Event()
        self._folder: Path | None = None
        self._text: list[str] = []
        self._progress: tuple[int | None, str | None] | None = None
        self._flushed = self.started - MERGE_S
        self._flush_planned = False
        self.waiting: Future[str] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the attempt has ended."""
        return self._closed.is_set()

    @property
    def age_s(self) -> float:
        """Seconds since the attempt began."""
        return self._clock() - self.started

    def close(self) -> None:
        """Write what was merged, then refuse everything. The caller holds the lock and records the end."""
        self._flush()
        self._closed.set()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(RunCancelledError("the step was ended"))

    def abandon(self) -> None:
        """Refuse everything from now on; nothing more is written, for the disk refused or the process ends."""
        self._closed.set()

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
            self._text.append(self._floor.shown(text))
            self._flush_soon()

    def keep(self, path: Path, kind: str) -> ArtifactRef:
        """Make a file of this attempt durable, then tell about it."""
        self._check()
        reference = self._guard(lambda: self._workshop.keep(self.folder(), path, kind))
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
            self.waiting = answer
            self._floor.ask(self, f"{self.step.name}:{self._asked}", question, answer)
        return answer.result()

    def folder(self) -> Path:
        """The attempt's own folder."""
        if self._folder is None:
            self._check()
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
        if self._closed.is_set():
            raise RunCancelledError(f"step '{self.step.name}' attempt {self.number} is over")

    def _guard(self, call: Callable[[], T]) -> T:
        """A disk that refuses ends the run, not only this step."""
        try:
            return call()
        except ToolError:
            raise
        except Exception as error:
            self._floor.broke(error)
            raise RunCancelledError("the run cannot be written") from error

    def _flush_soon(self) -> None:
        due = self._flushed + MERGE_S
        if self._clock() >= due:
            self._guard(self._flush)
        elif not self._flush_planned:
            self._flush_planned = True
            self._floor.flush_at(due, self)

    def _flush(self) -> None:
        text, told = "".join(self._text), self._progress
        self._text, self._progress = [], None
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
