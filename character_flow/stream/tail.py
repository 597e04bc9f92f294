"""What is new in a journal: whole lines only, each once, while somebody may be in the middle of writing one."""

import os
import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from character_flow.board import Board
from character_flow.errors import StreamCorruptError, UsageError
from character_flow.events import Event, PlanEnd
from character_flow.snapshot import Snapshot
from character_flow.stream.files import refusals
from character_flow.stream.journal_line import decode_line

PATIENCE_S = 1.0

_CURSOR = re.compile(r"(?:([A-Za-z0-9_.-]*):)?(\d+)\.(\d+)")


def split_cursor(cursor: str) -> tuple[str | None, int, int]:
    """Run id (None where the cursor names none), epoch and seq. UsageError for what is no cursor."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise UsageError(f"{cursor!r} is not a cursor; cursors look like 1.42 or 20261120T210530Z-ugc_ad-3f9a1c:1.42")
    return match[1], int(match[2]), int(match[3])


class Tail:
    """A reader's place in a journal. It holds no half lines: what is not whole is read again from its start."""

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._bad_since: tuple[int, float] | None = None
        self.last: Event | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._offset = self._file_id = 0
        self._bad_since = None
        self.last = None

    @property
    def is_at_end(self) -> bool:
        """Whether the last event read is the plan's end."""
        return self.last is not None and isinstance(self.last.fact, PlanEnd)

    def go_after(self, epoch: int, seq: int) -> bool:
        """Stand behind the event with this place; False, and back at the start, when the journal does not hold it."""
        self._rewind()
        if seq <= 0:
            return seq == 0
        try:
            with self._path.open("rb") as file:
                before = sum(map(len, islice(file, seq - 1)))
                line = file.readline()
                event = decode_line(line)
                if (event.seq, event.epoch) != (seq, epoch) or not line.endswith(b"\n"):
                    return False
                self._offset, self._file_id = before + len(line), os.fstat(file.fileno()).st_ino
        except (OSError, ValueError):
            return False
        self.last = event
        return True

    def fold_all(self) -> Snapshot:
        """The snapshot of all whole lines there are; what is read next comes after it."""
        self._rewind()
        board = Board()
        for event in self.read():
            board.apply(event)
        return board.snapshot()

    def has_moved(self) -> bool:
        """Whether the file is another one than was read so far, or shorter: its place has to be found again."""
        try:
            status = self._path.stat()
        except OSError:
            return False  # gone, perhaps for a moment
        if self._offset == 0:
            return False
        if status.st_ino != self._file_id or status.st_size < self._offset:
            return True
        return self._bad_since is not None and not self._is_still_behind_last()

    def _is_still_behind_last(self) -> bool:
        """In doubt: a new file may have the number of the one that was removed."""
        last = self.last
        other = Tail(self._path)
        return last is not None and other.go_after(last.epoch, last.seq) and other._offset == self._offset

    def read(self) -> Iterator[Event]:
        """The events not read before, up to the last whole line; nothing when there is no file.

        A line that cannot be read is given a second, in case it is still being written; then StreamCorruptError.
        """
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with refusals(self._path), file:
            self._file_id = os.fstat(file.fileno()).st_ino
            file.seek(self._offset)
            for line in file:
                event = self._decode(line) if line.endswith(b"\n") else None
                if event is None:
                    return
                self._offset += len(line)
                self._bad_since = None
                self.last = event
                yield event

    def _decode(self, line: bytes) -> Event | None:
        expected = self.last.seq + 1 if self.last is not None else 1
        try:
            event = decode_line(line)
            if event.seq != expected:
                raise ValueError(f"its seq is {event.seq} where {expected} belongs")
        except ValueError as error:
            self._be_patient(expected, str(error))
            return None
        return event

    def _be_patient(self, number: int, problem: str) -> None:
        now = self._monotonic()
        if self._bad_since is None or self._bad_since[0] != self._offset:
            self._bad_since = (self._offset, now)
        if now - self._bad_since[1] >= PATIENCE_S:
            message = f"{self._path}:{number}: line {number} is damaged: {problem}"
            raise StreamCorruptError(message, path=self._path, line=number)
