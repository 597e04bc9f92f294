"""Who follows what: one thread a page or run follows its files, however many clients look on."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from pathlib import Path

from character_flow.errors import StreamCorruptError, StreamError
from character_flow.events import Event
from character_flow.gateway.expected import expected_times
from character_flow.gateway.standing import Frame, Standing, Writer
from character_flow.gateway.writers import writer_of
from character_flow.snapshot import Snapshot
from character_flow.stream.bells import Bells
from character_flow.stream.follow import Item, follow
from character_flow.stream.reading import observe, place_of
from character_flow.stream.stream import RunFolder, Stream
from character_flow.stream.tail import Tail

AGAIN_S = 0.5
QUIET_S = 15.0
_SPACING_S = 0.016
_SPACING_A_CLIENT_S = 0.004

Stamp = tuple[int, int, int]


class Channel:
    """One page or run, followed by a thread of its own; `frames` is what one client is sent."""

    def __init__(self, where: Stream | RunFolder, bells: Bells, loop: asyncio.AbstractEventLoop) -> None:
        self.where = where
        self.clients = 0
        self._bells, self._loop = bells, loop
        self._standing, self._lock = Standing(), threading.Lock()
        self._stop = threading.Event()
        self._news: set[asyncio.Event] = set()
        self._is_woken = False
        self._next_at = 0.0
        self._run_at_work: RunFolder | None = where if isinstance(where, RunFolder) else None
        self.is_ready = asyncio.Event()
        self._thread = threading.Thread(target=self._follow, name=f"follow-{self._name}", daemon=True)
        self._thread.start()

    @property
    def _name(self) -> str:
        return self.where.id if isinstance(self.where, RunFolder) else "page"

    def end(self) -> None:
        """End the thread and the clients' streams; from any thread, a signal handler too."""
        self._stop.set()
        self._loop.call_soon_threadsafe(self._ring)

    def join(self) -> None:
        """Wait for the thread of an ended channel."""
        self._thread.join()

    # On the thread.

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow_on()
            except Exception as error:  # noqa: BLE001  # whatever it is, those who look on are told, and it is tried again
                before = self._stamps(error)  # first: who is told may mend it at once
                self._tell(str(error) or type(error).__name__)
                while before and not self._stop.is_set() and self._stamps(error) == before:
                    self._stop.wait(AGAIN_S)
                self._stop.wait(AGAIN_S)

    def _follow_on(self) -> None:
        """Take in what is told; returns where the files must be read anew.

        What a reader says of a run whose writer died is in none of its events: when it goes on, that is taken back.
        """
        for item in self._items():
            if self._stop.is_set() or not self._take(item):
                return

    def _stamps(self, error: Exception) -> list[Stamp | None]:
        """What has to change first: a damaged line does not heal by being read again; another run on the page does."""
        if not isinstance(error, StreamCorruptError):
            return []
        paths = (error.path, self.where.page) if isinstance(self.where, Stream) else (error.path,)
        return [_stamp(path) for path in paths]

    def _items(self) -> Iterator[Item]:
        where = self.where
        if isinstance(where, Stream):
            yield from follow(where.folder, stop=self._stop, bells=self._bells, rest_s=_SPACING_S)
            return
        if not os.path.exists(where.journal):
            raise StreamError(gone(where), path=where.path)
        tail = Tail(where.journal)
        so_far = observe(tail.fold_all(), where)
        yield so_far
        yield from follow(where.path, after=so_far.cursor, stop=self._stop, bells=self._bells, rest_s=_SPACING_S)

    def _take(self, item: Snapshot | Event) -> bool:
        """Whether it fits what was told before: a run that was lost goes on."""
        is_another = isinstance(item, Snapshot)
        with self._lock:
            if not is_another and self._standing.head.outcome == "lost":
                return False
            self._standing.take(item)
        if is_another:
            self._at_another_run()
        self._wake()
        return True

    def _at_another_run(self) -> None:
        """A run is shown from its beginning, or as it stands: who writes it, and how long it took before."""
        with self._lock:
            snapshot = self._standing.head
        where = self.where
        run = where if isinstance(where, RunFolder) else place_of(where.folder).run_of(snapshot)
        self._run_at_work = run
        self.look()
        if run is not None and not snapshot.is_over:
            self._wake()
            expected = expected_times(run)
            with self._lock:
                self._standing.expected = expected
                self._standing.renew()

    def _tell(self, problem: str) -> None:
        with self._lock:
            if self._standing.problem == problem:
                return
            self._standing.problem = problem
            self._standing.renew()
        self._wake()

    def look(self) -> None:
        """Look at the writer's sign of life, and whether the run is still there; once a second while clients look."""
        run = self._run_at_work
        with self._lock:
            head = self._standing.head
        if isinstance(self.where, RunFolder) and not os.path.exists(self.where.journal):
            self._tell(gone(self.where))
            return
        writer = writer_of(run) if run is not None and not head.is_over else Writer()
        with self._lock:
            if writer.says == self._standing.writer.says:
                return
            self._standing.writer = writer
            self._standing.renew()
        self._wake()

    def _wake(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            with suppress(RuntimeError):  # the loop has ended, and with it everybody who would be woken
                self._loop.call_soon_threadsafe(self._woken)

    # On the event loop.

    def _woken(self) -> None:
        """Ring now, or a moment later where the last time was a moment ago: nobody reads faster than a screen."""
        wait = self._next_at - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self._ring)
        else:
            self._ring()

    def _ring(self) -> None:
        self._is_woken = False
        self._next_at = self._loop.time() + _SPACING_S + _SPACING_A_CLIENT_S * self.clients
        self.is_ready.set()
        for news in self._news:
            news.set()

    async def frames(self, cursor: str | None, *, quiet_s: float = QUIET_S) -> AsyncGenerator[Frame | None, None]:
        """Everything newer than a cursor, as it comes; None when there was nothing for a while."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            await self.is_ready.wait()
            with self._lock:
                seen = self._standing.version_at(cursor)
            while not self._stop.is_set():
                news.clear()
                frame = self.frame_after(seen)
                if frame is not None:
                    seen = frame.version
                    yield frame
                    continue
                try:
                    await asyncio.wait_for(news.wait(), quiet_s)
                except TimeoutError:
                    yield None
        finally:
            self._news.discard(news)

    def frame_after(self, seen: int) -> Frame | None:
        """What is newer than a version, from any thread."""
        with self._lock:
            return self._standing.frame_after(seen)


def gone(run: RunFolder) -> str:
    """What is said of a run that is not there."""
    return f"{run.path}: there is no such run here; it may have been deleted"


def _stamp(path: Path) -> Stamp | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    return None
