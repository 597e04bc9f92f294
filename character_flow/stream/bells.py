"""When is it worth a look: the system's word (watchdog) that a folder changed, for any number of followers."""

import errno
import logging
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Identity = tuple[int, int]


class Doorbell:
    """Rings when something changes in a watched folder. Where the system has no bell to give, it never rings."""

    def __init__(self, bells: "Bells | None") -> None:
        self._rung = threading.Event()
        self._bells = bells if bells is not None else Bells()
        self._is_own = bells is None
        self._watched: dict[Path, tuple[Identity, Callable[[], None]]] = {}

    def __enter__(self) -> "Doorbell":
        return self

    def __exit__(self, *_error: object) -> None:
        self.watch(set())
        if self._is_own:
            self._bells.stop()

    def silence(self) -> None:
        """Before looking: what rings from now on is news."""
        self._rung.clear()

    def wait(self, timeout_s: float) -> None:
        """Until it rings, but no longer than this."""
        self._rung.wait(timeout_s)

    def watch(self, folders: set[Path]) -> None:
        """Ring for these folders and no others; one that was removed and made again is another folder."""
        found = {folder: identity for folder in folders if (identity := _identity(folder)) is not None}
        for folder in [known for known, (identity, _) in self._watched.items() if found.get(known) != identity]:
            _identity_seen, unwatch = self._watched.pop(folder)
            unwatch()
        for folder in found.keys() - self._watched.keys():
            unwatch_it = self._bells.watch(folder, found[folder], self._rung.set)
            if unwatch_it is not None:
                self._watched[folder] = (found[folder], unwatch_it)


def _identity(folder: Path) -> Identity | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None


@dataclass(slots=True)
class _Bell:
    """One folder under watch, and all who want to hear of it."""

    identity: Identity
    rings: list[Callable[[], None]]
    unschedule: Callable[[], None]


class Bells:
    """The system's watch over folders, shared by any number of followers: one observer, one watch a folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bells: dict[Path, _Bell] = {}
        self._observer: _Observer | None = None
        self._is_broken = False

    @property
    def is_working(self) -> bool:
        """Whether the system tells of changes here; if not, followers look by themselves."""
        return not self._is_broken

    def watch(self, folder: Path, identity: Identity, ring: Callable[[], None]) -> Callable[[], None] | None:
        """Ring when something changes in this folder, until what is returned is called. None: there is no bell."""
        with self._lock:
            bell = self._bells.get(folder)
            if bell is not None and bell.identity == identity:
                bell.rings.append(ring)
            elif not self._hang(folder, identity, [*(bell.rings if bell else ()), ring]):
                return None
        return lambda: self._unwatch(folder, ring)

    def _hang(self, folder: Path, identity: Identity, rings: list[Callable[[], None]]) -> bool:
        self._take_down(folder)
        if self._is_broken:
            return False
        try:
            self._observer = self._observer or _start_observer()
            unschedule = self._observer.schedule(folder, lambda: [ring() for ring in tuple(rings)])
        except OSError as error:
            # Too many watches on this machine, or a system without them. A folder that is gone is only that.
            self._is_broken = error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES)
            return False
        self._bells[folder] = _Bell(identity, rings, unschedule)
        return True

    def _take_down(self, folder: Path) -> None:
        bell = self._bells.pop(folder, None)
        if bell is not None:
            with suppress(OSError, KeyError):  # its watch may have ended with the folder
                bell.unschedule()

    def _unwatch(self, folder: Path, ring: Callable[[], None]) -> None:
        with self._lock:
            bell = self._bells.get(folder)
            if bell is None or ring not in bell.rings:
                return
            bell.rings.remove(ring)
            if not bell.rings:
                self._take_down(folder)

    def stop(self) -> None:
        """No bell rings any more; the observer's threads have ended."""
        with self._lock:
            self._bells.clear()
            self._is_broken = True  # who still follows looks by himself
            observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()


@dataclass(frozen=True, slots=True)
class _Observer:
    schedule: Callable[[Path, Callable[[], object]], Callable[[], None]]
    stop: Callable[[], None]


def _start_observer() -> _Observer:
    # loaded only where somebody follows: 30 ms, and threads of its own
    from watchdog.events import (
        FileCreatedEvent,
        FileDeletedEvent,
        FileModifiedEvent,
        FileMovedEvent,
        FileSystemEvent,
        FileSystemEventHandler,
    )
    from watchdog.observers import Observer

    # It calls it an error, on the terminal of whoever follows, when a watch is taken down while it has news.
    logging.getLogger("watchdog.observers").setLevel(logging.CRITICAL)

    class Ringer(FileSystemEventHandler):
        def __init__(self, ring: Callable[[], object]) -> None:
            self._ring = ring

        def on_any_event(self, event: FileSystemEvent) -> None:
            self._ring()

    # Not the opening and closing of files: our own reading would ring.
    kinds: list[type[FileSystemEvent]] = [
        FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent,
    ]  # fmt: skip
    observer = Observer()
    observer.start()

    def schedule(folder: Path, ring: Callable[[], object]) -> Callable[[], None]:
        watched = observer.schedule(Ringer(ring), str(folder), recursive=False, event_filter=kinds)
        return lambda: observer.unschedule(watched)

    def stop() -> None:
        observer.stop()
        observer.join()

    return _Observer(schedule, stop)
