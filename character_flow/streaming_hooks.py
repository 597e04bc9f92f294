"""How a run gets onto the disk: what the engine calls first at every moment, and what must not fail silently.

Each fact is appended to the journal, durable when `record` returns; then the board is changed, and the publisher is
told to rewrite `plan_stream.json`. What cannot be recorded must not go on: `record` raises, and the engine stops.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from character_flow import events
from character_flow.board import Board
from character_flow.errors import StreamError
from character_flow.events import Event, Fact
from character_flow.json_text import preview, to_json_bytes
from character_flow.snapshot import Snapshot
from character_flow.stream.journal import Journal
from character_flow.stream.publisher import Publisher
from character_flow.stream.stream import RunFolder, keep_outcome

INLINE_BYTES = 32 * 1024
_WITH_OUTPUT = (events.StepCompleted, events.StepReused, events.PlanCompleted, events.PredictionSettled)


@contextmanager
def recording(
    run: RunFolder, journal: Journal, happened: Sequence[Event], *, page: Path | None, durable: bool
) -> "Iterator[StreamingHooks]":
    """The recorder of a run whose lock is held, and of the page where it publishes; made here and nowhere else.

    It knows what happened so far, publishes that at once, and its last snapshot is written on the way out.
    """
    board, lock = Board(), threading.RLock()
    for event in happened:
        board.apply(event)
    targets = [run.snapshot] + ([page] if page is not None else [])
    publisher = Publisher(board, lock, targets=targets, durable=durable)
    publisher.publish()
    names = [row.name for row in board.snapshot().steps]
    try:
        yield StreamingHooks(run, journal, board, publisher, lock=lock, names=names, durable=durable)
    finally:
        publisher.finish()


class StreamingHooks:
    """The recorder of one run: the only one who writes its journal and its snapshots."""

    def __init__(
        self,
        run: RunFolder,
        journal: Journal,
        board: Board,
        publisher: Publisher,
        *,
        lock: threading.RLock,
        names: Sequence[str],
        durable: bool,
    ) -> None:
        self._run, self._journal, self._board, self._publisher = run, journal, board, publisher
        self._names, self._durable = names, durable
        self._unseen: list[Event] = []
        self.lock = lock

    def record(self, fact: Fact, *, step: int | None = None, attempt: int | None = None, later: bool = False) -> Event:
        """Make a fact durable and visible; an output too big for a line goes to a file of its own first.

        With `later` it is written, and durable and visible before the next one is written, or by `settle`.
        """
        with self.lock:
            try:
                if isinstance(fact, _WITH_OUTPUT):
                    name = "plan" if step is None else self._names[step - 1]
                    fact = self._within_a_line(fact, name, attempt or 0)
                event = self._journal.append(fact, step=step, attempt=attempt, later=later)
                self._unseen.append(event)
            finally:
                if self._journal.is_settled:
                    self._show()
        return event

    def settle(self) -> None:
        """Make durable and visible what was left for later."""
        with self.lock:
            self._journal.settle()
            self._show()

    @property
    def is_settled(self) -> bool:
        """Whether all that was recorded is durable."""
        return self._journal.is_settled

    def _show(self) -> None:
        """Let readers see what is durable."""
        for event in self._unseen:
            self._board.note(event)
        self._unseen.clear()
        self._publisher.poke()

    @property
    def snapshot(self) -> Snapshot:
        """How the run stands now."""
        with self.lock:
            return self._board.snapshot()

    @property
    def problem(self) -> StreamError | None:
        """Why the last rewrite of a snapshot failed, if it did."""
        return self._publisher.problem

    def _within_a_line(
        self,
        fact: events.StepCompleted | events.StepReused | events.PlanCompleted | events.PredictionSettled,
        name: str,
        attempt: int,
    ) -> Fact:
        if _is_small(fact.output):
            return fact
        content = to_json_bytes(fact.output)
        if len(content) <= INLINE_BYTES:
            return fact
        ref = keep_outcome(self._run, name, attempt=attempt, content=content, durable=self._durable)
        if isinstance(fact, events.PredictionSettled):  # nobody is shown it: the step's own end follows
            return fact.model_copy(update={"output": None, "output_ref": ref})
        shown = preview(fact.output, limit=events.PREVIEW_CHARS)
        return fact.model_copy(update={"output": None, "output_ref": ref, "preview": shown})


def _is_small(output: JsonValue) -> bool:
    """Surely short enough for a line, without encoding it first: a character is at most two escapes, 12 bytes."""
    return output is None or (isinstance(output, str | int | float) and len(str(output)) * 12 <= INLINE_BYTES)
