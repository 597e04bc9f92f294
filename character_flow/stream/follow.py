"""What happens next: a run, or whatever is published on a page, followed live by any number of readers.

The system's word that a folder changed (watchdog) is only a doorbell, rung to look sooner: readers look at the files
four times a second anyway. Readers take no lock and write nothing.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from character_flow.errors import StreamError
from character_flow.events import Event, PlanEnd
from character_flow.snapshot import Snapshot
from character_flow.stream.bells import Bells, Doorbell
from character_flow.stream.files import real_path, refusal
from character_flow.stream.liveness import state_of
from character_flow.stream.reading import Place, observe, parse_snapshot, place_of
from character_flow.stream.stream import RunFolder
from character_flow.stream.tail import Tail, split_cursor

LOOK_S = 0.25
_LIVENESS_S = 1.0
_PATIENCE_S = 1.0
_TICK_NS = 50_000_000
_STORM = 8
_STORM_REST_S = 0.05
_HEAD_BYTES = 16 * 1024
_NOWHERE = (0, -1)

Item = Snapshot | Event


def follow(
    path: Path,
    *,
    after: str | None = None,
    until_end: bool = False,
    stop: threading.Event | None = None,
    look_s: float = LOOK_S,
    rest_s: float = 0.0,
    bells: Bells | None = None,
) -> Iterator[Item]:
    """Everything after a cursor, as it happens; waits for more until `stop` is set, or with `until_end` the plan ends.

    A run's folder yields its events, from the first on when there is no cursor. The folder of a stream (or its
    plan_stream.json) yields the snapshot and then events, and moves on to the next run published there by its snapshot;
    somebody else's snapshot, without a journal, is yielded each time it changes. A cursor that is not in the journal
    gets the snapshot again, and so does a run whose writer died: as `lost`. Raises UsageError for what is no cursor,
    StreamError for what cannot be read, StreamCorruptError for a damaged line.

    Looks at least every `look_s` seconds, and not again within `rest_s` of a look that found something: who draws for
    people need not see each event alone. In a storm of them such a reader looks twenty times a second and is deaf to
    the bell: to hear each of thousands of events a second takes the processor from their writer.
    """
    place = place_of(path)
    source = _RunNews(place.run, after) if place.run is not None else _PageNews(place, after)
    halt = stop if stop is not None else threading.Event()
    is_storm = False
    with Doorbell(bells) as bell:
        while not halt.is_set():
            bell.watch(set() if is_storm else source.folders())
            bell.silence()
            looked, found = time.monotonic(), 0
            for item in source.news():
                found += 1
                yield item
                if halt.is_set() or (until_end and _is_end(item)):
                    return
            if until_end and source.is_over:
                return
            was_storm, is_storm = is_storm, rest_s > 0 and found > (0 if is_storm else _STORM)
            if is_storm:
                halt.wait(max(0.0, looked + _STORM_REST_S - time.monotonic()))
            elif not was_storm:
                bell.wait(look_s)
                if found:
                    halt.wait(max(0.0, looked + rest_s - time.monotonic()))


def _is_end(item: Item) -> bool:
    return item.is_over if isinstance(item, Snapshot) else isinstance(item.fact, PlanEnd)


def cursor_of(item: Item, *, before: str | None = None) -> str:
    """Where a reader stands who has seen this item of `follow`; `before` is where he stood before it.

    A page's cursor names the run: `<run_id>:<epoch>.<seq>`. A run's own is `<epoch>.<seq>`.
    """
    if isinstance(item, Snapshot):
        return f"{item.run_id}:{item.cursor}"
    run_id = split_cursor(before)[0] if before else None
    return item.cursor if run_id is None else f"{run_id}:{item.cursor}"


class _News(Protocol):
    """Something that may have news."""

    @property
    def is_over(self) -> bool: ...

    def folders(self) -> set[Path]: ...

    def news(self) -> Iterator[Item]: ...


class _RunNews:
    """News of one run: events of its journal, and once that its writer is gone."""

    def __init__(self, run: RunFolder, after: str | None, *, told_lost: bool = False) -> None:
        self.run = run
        self._tail = Tail(run.journal)
        self._after: tuple[int, int] | None = None if after is None else _place_in(run, after)
        self._lost_at = self._after if told_lost else None
        self._look_at = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come unless somebody resumes the run."""
        return self._tail.is_at_end or (self._lost_at is not None and self._lost_at == self._place())

    def _place(self) -> tuple[int, int]:
        last = self._tail.last
        return (last.epoch, last.seq) if last is not None else (0, 0)

    def folders(self) -> set[Path]:
        return {self.run.path}

    def news(self) -> Iterator[Item]:
        if self._tail.has_moved():
            self._after = self._place()
        if self._after is not None:
            if not os.path.exists(self.run.journal):
                return
            wanted, self._after = self._after, None
            if not self._tail.go_after(*wanted):
                yield self._tail.fold_all()
        yield from self._tail.read()
        yield from self._lost()

    def _lost(self) -> Iterator[Snapshot]:
        """The snapshot of a run whose writer is gone, once."""
        now = time.monotonic()
        if self._tail.last is None or self.is_over or now < self._look_at:
            return
        self._look_at = now + _LIVENESS_S
        if state_of(self.run.owner).kind not in ("dead", "none"):
            return
        snapshot = observe(Snapshot(), self.run)
        if snapshot.outcome == "lost" and (snapshot.epoch, snapshot.seq) == self._place():
            self._lost_at = self._place()  # had events come meanwhile, they would go first
            yield snapshot


def _place_in(run: RunFolder, cursor: str) -> tuple[int, int]:
    """Epoch and seq; no place at all for another run's cursor."""
    run_id, epoch, seq = split_cursor(cursor)
    return (epoch, seq) if run_id in (None, run.id) else _NOWHERE


class _PageNews:
    """News of a page: of the run it shows, and of the next one."""

    def __init__(self, place: Place, after: str | None) -> None:
        self._place = place
        self._after = None if after is None else (split_cursor(after)[0], after)
        self._content: bytes | None = None
        self._shown: Snapshot | None = None
        self._run: _RunNews | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._bad_since: float | None = None

    @property
    def is_over(self) -> bool:
        if self._run is not None:
            return self._run.is_over
        return self._shown is not None and self._shown.is_over

    def folders(self) -> set[Path]:
        page = self._place.page
        return {page.parent, real_path(page).parent} | (self._run.folders() if self._run else set())

    def news(self) -> Iterator[Item]:
        try:
            snapshot = self._changed()
        except FileNotFoundError:
            yield from self._cleared()
            snapshot = None
        if snapshot is not None:
            run = self._place.run_of(snapshot)
            if run is None:
                self._run, self._shown = None, snapshot
                yield snapshot
            elif self._run is None or self._run.run != run:
                yield from self._move_on(run, snapshot)
        if self._run is not None:
            yield from self._run.news()

    def _move_on(self, run: RunFolder, snapshot: Snapshot) -> Iterator[Item]:
        if self._run is not None:
            yield from self._run.news()  # what the run before still has to tell
        after, self._after = self._after, None
        if after is not None and after[0] == run.id:
            self._run = _RunNews(run, after[1])
            return
        self._shown = observe(snapshot, run)
        self._run = _RunNews(run, self._shown.cursor, told_lost=self._shown.outcome == "lost")
        yield self._shown

    def _cleared(self) -> Iterator[Snapshot]:
        """Nothing is on the page. If its run is still at work it will be back; else it was cleared."""
        self._stamp = self._content = None
        if self._run is not None and not self._run.is_over:
            return
        if self._shown is None or self._shown != Snapshot():
            self._run, self._shown = None, Snapshot()
            yield self._shown

    def _changed(self) -> Snapshot | None:
        """The page's snapshot if its bytes are new. Others may be writing it: half a page is given a second."""
        page = self._place.page
        try:
            stamp = _stamp(page)
            if (stamp is not None and stamp == self._stamp) or self._shows_same_run():
                self._stamp, self._bad_since = stamp, None
                return None
            content = page.read_bytes()
            snapshot = parse_snapshot(content, page) if content != self._content else None
        except FileNotFoundError:
            raise
        except OSError as error:
            self._complain(refusal(error, page), patience_s=0.0)
            return None
        except StreamError as error:
            self._complain(error, patience_s=_PATIENCE_S)
            return None
        self._stamp, self._content, self._bad_since = stamp, content, None
        return snapshot

    def _shows_same_run(self) -> bool:
        """Whether the page still shows the run that is followed: its news come from its journal."""
        if self._run is None:
            return False
        with self._place.page.open("rb") as file:
            return f'"run_id":"{self._run.run.id}"'.encode() in file.read(_HEAD_BYTES)

    def _complain(self, error: StreamError, *, patience_s: float) -> None:
        if self._run is not None and not self._run.is_over:
            return  # the run's own files tell more than the page
        now = time.monotonic()
        self._bad_since = self._bad_since if self._bad_since is not None else now
        if now - self._bad_since >= patience_s:
            raise error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes when the file does. None for a file changed just now: its clock ticks in steps of milliseconds."""
    status = path.stat()
    if abs(time.time_ns() - status.st_mtime_ns) < _TICK_NS:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
