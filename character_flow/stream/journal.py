"""What was recorded: one event a line, appended durably, checked when read.

One system call writes a line and it is synced before the next, so only the last line can be torn: half a line without
its end. `ts` is the wall clock as it is, even where it was set back; durations come from `mono`.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from character_flow.errors import DurabilityError, StreamCorruptError, StreamError
from character_flow.events import (
    SCHEMA_VERSION,
    Event,
    Fact,
    PlanEnd,
    PlanQueued,
    PlanStarted,
)
from character_flow.stream.files import keep_bytes, refusal, refusals, sync, write_all
from character_flow.stream.journal_line import decode_line, encode_event

LINE_BYTES = 64 * 1024
RESERVE_BYTES = 128 * 1024

_READ_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


def read_events(path: Path, *, strict: bool = True) -> Iterator[Event]:
    """The events of a journal in order. A torn last line is ignored; a missing journal is a StreamError.

    Anything else that is bad raises StreamCorruptError with the line, or with `strict=False` ends the reading.
    """
    try:
        for event, _end in checked_events(path):
            yield event
    except StreamCorruptError:
        if strict:
            raise


def checked_events(path: Path) -> Iterator[tuple[Event, int]]:
    """Each event and where its line ends in the file, in bytes; a torn last line is ignored, as by `read_events`."""
    end, seq, epoch = 0, 0, 1
    for number, line in enumerate(_lines(path), 1):
        if not line.endswith(b"\n") and b"\0" not in line:
            return  # torn: no line of ours holds a zero, so a tail with zeroes was not torn by us
        try:
            event = decode_line(line)
            _check_place(event, after_seq=seq, after_epoch=epoch)
        except ValueError as error:
            raise _corrupt(path, number, str(error)) from None
        end, seq, epoch = end + len(line), event.seq, event.epoch
        yield event, end


def _lines(path: Path) -> Iterator[bytes]:
    with refusals(path), path.open("rb", buffering=_READ_BYTES) as file:
        yield from file


def _check_place(event: Event, *, after_seq: int, after_epoch: int) -> None:
    if event.seq != after_seq + 1:
        raise ValueError(f"its seq is {event.seq} where {after_seq + 1} belongs")
    if event.epoch < after_epoch:
        raise ValueError(f"its epoch goes back from {after_epoch} to {event.epoch}")


def _corrupt(path: Path, number: int, problem: str) -> StreamCorruptError:
    remedy = "nothing was changed; `resume --salvage` makes a new run from the readable lines"
    return StreamCorruptError(f"{path}:{number}: line {number} is damaged: {problem}; {remedy}", path=path, line=number)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What can still be read of a damaged journal: events in rising seq, and a sentence for each bad line."""

    events: tuple[Event, ...]
    problems: tuple[str, ...]


def salvage_events(path: Path) -> Salvage:
    """Every line that is whole, whatever lies between; the seq may have gaps."""
    found: list[Event] = []
    problems: list[str] = []
    for number, line in enumerate(_lines(path), 1):
        try:
            event = decode_line(line)
            if found and event.seq <= found[-1].seq:
                raise ValueError(f"its seq {event.seq} was already there")
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
        else:
            found.append(event)
    return Salvage(tuple(found), tuple(problems))


def last_event(path: Path) -> Event | None:
    """The event of the last whole line, read from the end; None when there is none or it cannot be read."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        tail = b""
        size = LINE_BYTES
        while True:
            start = max(0, end - size)
            file.seek(start)
            tail = file.read(end - start)
            whole = tail[: tail.rfind(b"\n") + 1]
            begin = whole.rfind(b"\n", 0, -1) + 1
            if begin or start == 0:
                return decode_line(whole[begin:]) if whole else None
            size *= 8
    return None


class Journal:
    """The writer's end of a journal. Not for several threads at once: its owner brings the lock."""

    def __init__(
        self,
        path: Path,
        fd: int,
        *,
        durable: bool,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.path = path
        self._fd = fd
        self._durable = durable
        self._now = now
        self._monotonic = monotonic
        self._began = monotonic()
        self._seq, self._epoch, self._size = 0, 1, 0
        self._queued = False
        self._over = False
        self._is_settled = True
        self._broken: str | None = None

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        durable: bool,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> "Journal":
        """A new, empty journal and its reserve beside it. StreamError when there is one already."""
        _keep_reserve(path, durable=durable)
        with refusals(path):
            try:
                fd = os.open(path, _flags() | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError:
                raise StreamError(f"{path}: there is a journal already", path=path) from None
        return cls(path, fd, durable=durable, now=now, monotonic=monotonic)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        durable: bool,
        each: Callable[[Event], object] | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> "Journal":
        """Take a run's journal up again: synced before it is believed, checked, its torn tail cut off.

        `each` is called with every event on the way. What is appended next begins a new epoch, but for the
        `plan_started` after a lone `plan_queued`. Raises StreamCorruptError, DurabilityError or StreamError.
        """
        with refusals(path):
            fd = os.open(path, _flags())
        journal = cls(path, fd, durable=durable, now=now, monotonic=monotonic)
        try:
            journal._take_up(each)
        except BaseException:
            os.close(fd)
            raise
        return journal

    def _take_up(self, each: Callable[[Event], object] | None) -> None:
        if self._durable:
            with refusals(self.path):
                sync(self._fd)
        last: Event | None = None
        for last, end in checked_events(self.path):
            if last.seq == 1:
                check_version(last.fact, self.path)
            self._size = end
            if each is not None:
                each(last)
        if last is None:
            problem = "holds no event: the run was cut short before it began; start it again"
            raise StreamError(f"{self.path}: {problem}", path=self.path)
        with refusals(self.path):
            if os.fstat(self._fd).st_size > self._size:
                self._cut()
        if not os.path.exists(_reserve(self.path)):
            _keep_reserve(self.path, durable=self._durable)
        self._seq = last.seq
        self._queued = last.seq == 1 and isinstance(last.fact, PlanQueued)
        self._epoch = last.epoch if self._queued else last.epoch + 1
        if self._queued:
            self._began -= last.mono

    @property
    def epoch(self) -> int:
        """The epoch of the next event. (Queued: 2 if anything but `plan_started` comes first.)"""
        return self._epoch

    @property
    def seq(self) -> int:
        """The seq of the last event."""
        return self._seq

    @property
    def size(self) -> int:
        """Bytes of all whole lines."""
        return self._size

    def moved(self, path: Path) -> None:
        """Its folder was renamed: this is where it is now."""
        self.path = path

    def append(self, fact: Fact, *, step: int | None = None, attempt: int | None = None, later: bool = False) -> Event:
        """Record a fact; durable once this returns, or with `later` once `settle` does or the next append.

        DurabilityError: the disk refused; nothing can be recorded here any more. ValueError: the line would be longer
        than 64 KiB (only a run's first may be) or holds no JSON; nothing was written.
        """
        if self._broken is not None:
            raise DurabilityError(self._broken, path=self.path)
        epoch = self._epoch + 1 if self._queued and not isinstance(fact, PlanStarted) else self._epoch
        ts = self._now().isoformat(timespec="microseconds")
        mono = round(self._monotonic() - self._began, 6)
        event = Event(self._seq + 1, ts, mono, epoch, step, attempt, fact)
        line = encode_event(event)
        if len(line) > LINE_BYTES and self._seq:
            raise ValueError(f"{event.type}: the line has {len(line)} bytes, {LINE_BYTES} may be")
        self.settle()
        self._write(line)
        self._seq, self._epoch, self._queued = event.seq, epoch, False
        self._size += len(line)
        self._over = isinstance(fact, PlanEnd)
        self._is_settled = False
        if not later:
            self.settle()
        return event

    @property
    def is_settled(self) -> bool:
        """Whether every line is durable."""
        return self._is_settled

    def settle(self) -> None:
        """Make the last line durable, if it is not."""
        if self._is_settled:
            return
        if self._broken is not None:
            raise DurabilityError(self._broken, path=self.path)
        if self._durable:
            try:
                sync(self._fd)
            except OSError as error:
                # The kernel may have dropped the pages it could not write and call them clean: a second fsync
                # would lie. The line stays where it is: it happened, and a resume syncs before it believes.
                raise self._break(error) from error
        self._is_settled = True

    def _write(self, line: bytes) -> None:
        if os.fstat(self._fd).st_nlink == 0:
            raise self._break(OSError(errno.ENOENT, "the journal was removed while the run was writing it"))
        problem = self._try_to_write(line)
        if problem is not None and problem.errno in _FULL:
            self._make_room()
            problem = self._try_to_write(line)
        if problem is not None:
            with suppress(OSError):
                self._cut()
            raise self._break(problem)

    def _try_to_write(self, line: bytes) -> OSError | None:
        try:
            written = os.write(self._fd, line)
            if written != len(line):
                write_all(self._fd, line[written:])  # the system says why only when asked for the rest
        except OSError as error:
            return error
        return None

    def _make_room(self) -> None:
        """Cut off the half line, and give the disk back what was put aside for this moment."""
        try:
            self._cut()
            _reserve(self.path).unlink(missing_ok=True)
        except OSError as error:
            raise self._break(error) from error

    def _cut(self) -> None:
        os.ftruncate(self._fd, self._size)
        if self._durable:
            sync(self._fd)

    def _break(self, error: OSError) -> StreamError:
        told = refusal(error, self.path)
        self._broken = str(told)
        return DurabilityError(str(told), path=self.path)

    def close(self) -> None:
        """Let go of the file. After a plan's end the reserve has done its duty and is removed."""
        if self._fd < 0:
            return
        with suppress(StreamError):
            self.settle()
        os.close(self._fd)
        self._fd = -1
        self._broken = f"{self.path}: this journal is closed"
        if self._over:
            with suppress(OSError):
                _reserve(self.path).unlink(missing_ok=True)


def _flags() -> int:
    return os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)


def _reserve(path: Path) -> Path:
    return path.with_name("reserve")


def _keep_reserve(path: Path, *, durable: bool) -> None:
    """Random bytes: a file system that compresses would keep no room for zeroes."""
    keep_bytes(_reserve(path), os.urandom(RESERVE_BYTES), durable=durable)


def check_version(fact: Fact, path: Path) -> None:
    """StreamError when a newer version wrote this first line: it may be looked at, never gone on with."""
    version = fact.to_json().get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        problem = f"written by a newer version (schema {version}, this one writes {SCHEMA_VERSION})"
        raise StreamError(f"{path}: {problem}; it can be shown, go on with that version", path=path)
