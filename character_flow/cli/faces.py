"""Who shows a run: a face for terminals, one for logs, one for programs. A face is told each event, in order."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from character_flow import events
from character_flow.board import Board
from character_flow.cli.channels import deliver
from character_flow.cli.words import count, one_line
from character_flow.durations import took
from character_flow.events import Event
from character_flow.stream.stream import RunFolder

_COPY_BYTES = 1 << 20
_EVERY_PERCENT = 25
_COUNTED = re.compile(r"[0-9]+")


class Face:
    """Draws a run; called by one thread only. This one shows nothing: each face draws what it can."""

    tick_s: float | None = None
    """How often `tick` wants to be called, or None."""

    def begin(self, board: Board) -> None:
        """What is known before the first event; again when another run follows."""

    def show(self, event: Event, board: Board) -> None:
        """One more event; the board has it already."""

    def tick(self, board: Board) -> None:
        """Time has passed."""

    def note(self, text: str, board: Board) -> None:
        """Something to tell that is no event."""

    def pause(self) -> None:
        """Leave the terminal to a question."""

    def resume(self, board: Board) -> None:
        """The question is over."""

    def end(self, board: Board) -> None:
        """Nothing more will come."""


class JournalLines(Face):
    """Copies the journal's bytes to a descriptor as they come: what a program reads is what is on the disk."""

    def __init__(self, journal: Path, fd: int) -> None:
        self._journal, self._fd = journal, fd
        self._offset = 0
        self._is_read = True

    def begin(self, board: Board) -> None:
        """Everything there is already."""
        self._copy()

    def show(self, event: Event, board: Board) -> None:
        """Everything that is new."""
        self._copy()

    def end(self, board: Board) -> None:
        """The last lines, which hooks are not told of."""
        self._copy()

    def _copy(self) -> None:
        if not self._is_read:
            return
        with self._journal.open("rb") as file:
            file.seek(self._offset)
            while content := file.read(_COPY_BYTES):
                whole = content[: content.rfind(b"\n") + 1]
                self._is_read = deliver(self._fd, whole)
                self._offset += len(whole)
                if not self._is_read or len(whole) < len(content):
                    return


class PlainLines(Face):
    """One line an event: for logs, pipes and terminals that cannot move the cursor."""

    def __init__(self, run: RunFolder | None = None, *, answer_with: Sequence[str] = ()) -> None:
        self._run = run
        self._answer_with = answer_with
        self._told: dict[int, tuple[str | None, int]] = {}

    def begin(self, board: Board) -> None:
        """The plan's name, and its steps with their tools."""
        head = board.head
        if not head.total_steps:
            return
        self._say(f"{one_line(head.plan_name)}: {count(head.total_steps, 'step')}, run {head.run_id or '-'}")
        for number in range(1, head.total_steps + 1):
            row = board.row(number)
            status = "" if row.status == "pending" else f" - {row.status}"
            self._say(f"  {number}. {one_line(row.task)} ({one_line(row.tool_id)}){status}")
        if head.is_over:
            why = f": {one_line(head.error)}" if head.error else ""
            self._say(f"{head.outcome or head.status} after {took(head.duration_s) or 'an unknown time'}{why}")

    def show(self, event: Event, board: Board) -> None:
        """One line, or none for what is only of use to look at live."""
        told = self._line(event, board)
        if told:
            self._say(f"{event.mono:7.1f} s  {told}")

    def note(self, text: str, board: Board) -> None:
        """One line."""
        self._say(text)

    def _say(self, text: str) -> None:
        print(text, flush=True)

    def _line(self, event: Event, board: Board) -> str | None:
        if event.step is None:
            return self._of_plan(event, board)
        row = board.row(event.step)
        told = row.message if isinstance(event.fact, events.CacheHit) else self._of_step(event, event.step)
        return told and f"{event.step}/{board.head.total_steps} {one_line(row.task)}: {told}"

    def _of_plan(self, event: Event, board: Board) -> str | None:
        match event.fact:
            case events.PlanStarted():
                return f"started in {self._run.path}" if self._run is not None else "started"
            case events.PlanResumed() as fact:
                return f"taken up again by {one_line(fact.by)}"
            case events.CommandAccepted() as fact:
                return f"{one_line(fact.kind)} asked for by {one_line(fact.by)}"
            case events.CommandRefused() as fact:
                return f"{one_line(fact.kind)} by {one_line(fact.by)} refused: {one_line(fact.reason)}"
            case events.HookError() as fact:
                return f"hook {one_line(fact.hook)} failed: {one_line(fact.message)}"
            case events.PlanCompleted() as fact:
                return f"done in {took(fact.duration_s)}"
            case events.PlanFailed() as fact:
                return f"{fact.outcome} after {took(fact.duration_s)}: {one_line(fact.message)}"
            case events.PlanCancelled() as fact:
                return f"cancelled by {fact.signal or one_line(fact.by)} after {took(fact.duration_s)}"
        return None

    def _of_step(self, event: Event, number: int) -> str | None:
        match event.fact:
            case events.StepStarted() as fact:
                self._told.pop(number, None)
                attempt = f" (attempt {event.attempt})" if (event.attempt or 1) > 1 else ""
                return f"started{attempt}" + (f": {one_line(fact.message)}" if fact.message else "")
            case events.Progress() as fact:
                return self._progress(fact, number)
            case events.ArtifactMade(kind="preview"):
                return None  # to be looked at, where one can look
            case events.ArtifactMade() as fact:
                return f"made {one_line(fact.kind)} {one_line(fact.path)}"
            case events.PredictionReattached() as fact:
                return f"re-attached to prediction {one_line(fact.id)}"
            case events.InputRequested() as fact:
                return self._asked(fact)
            case events.InputReceived() as fact:
                return f"answered by {one_line(fact.by)}: {one_line(fact.value, limit=200)}"
            case events.StepRetried() as fact:
                back = "goes back" if fact.restart else f"tries again in {took(fact.delay_s)}"
                return f"{back}: {one_line(fact.reason)}"
            case events.StepSkipped():
                return "skipped, not needed"
            case events.StepReused() as fact:
                return f"taken over from {one_line(fact.from_run)}"
            case events.StepCompleted() as fact:
                return f"completed in {took(fact.duration_s)}"
            case events.StepError() as fact:
                word = "failed" if fact.final else "attempt failed"
                return f"{word} after {took(fact.duration_s)}: {one_line(fact.message)}"
            case events.StepCancelled() as fact:
                return f"cancelled by {one_line(fact.reason.removeprefix('cancelled by '))}"
            case events.StepUncertain() as fact:
                return f"uncertain: {one_line(fact.message)}"
        return None

    def _progress(self, fact: events.Progress, number: int) -> str | None:
        message, percent = self._told.get(number, (None, 0))
        is_new = fact.message is not None and _COUNTED.sub("", fact.message) != _COUNTED.sub("", message or "")
        is_further = fact.percent is not None and fact.percent // _EVERY_PERCENT > percent // _EVERY_PERCENT
        self._told[number] = (fact.message or message, max(percent, fact.percent or 0))
        if not is_new and not is_further:
            return None
        told = [f"{fact.percent}%"] if fact.percent is not None else []
        return " ".join([*told, *([one_line(fact.message)] if fact.message else [])])

    def _asked(self, fact: events.InputRequested) -> str:
        numbered = [f"{number} {one_line(choice, limit=80)}" for number, choice in enumerate(fact.choices, 1)]
        told = "; ".join(numbered) if fact.options else ", ".join(map(one_line, fact.choices))
        choices = f" ({told})" if told else ""
        how = f" - answer with: {' '.join(self._answer_with)}" if self._answer_with else ""
        return f"asks: {one_line(fact.prompt, limit=500)}{choices}{how}"


def is_ascii_only(encoding: str | None) -> bool:
    """Whether a stream can show ASCII only."""
    try:
        "⠋✅".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return os.environ.get("TERM") == "linux"
