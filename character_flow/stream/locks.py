"""Who may write: the lock of a run, that of the page with the right to publish on it, and that of claims.

Lock files are never deleted: a lock on a deleted file and one on its successor are two locks.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from character_flow.errors import StreamBusyError, StreamError
from character_flow.stream.files import make_folder, real_path, refusals, remove_temp_files
from character_flow.stream.liveness import Owner, read_owner, this_process, write_owner
from character_flow.stream.stream import RunFolder, Stream

WAIT_S = 0.25
_POLL_S = 0.01
_INBOX_GRACE_S = 60.0
_CLAIM_WAIT_S = 10.0


class Held:
    """A lock that is held, and the owner file that says by whom. Acquired and released on one thread."""

    def __init__(self, let_go: Callable[[], None], *, owner_path: Path, owner: Owner) -> None:
        self._let_go = let_go
        self._guard = threading.Lock()
        self.owner_path = owner_path
        self.owner: Owner | None = owner
        write_owner(owner_path, owner)

    def declare(self, owner: Owner) -> None:
        """Say more precisely who holds it (the run, the epoch)."""
        with self._guard:
            self.owner = owner
            write_owner(self.owner_path, owner)

    def beat(self) -> None:
        """A sign of life; puts a lost owner file back. What the disk refuses is the journal's to report."""
        with self._guard, suppress(StreamError):
            if self.owner is None:
                return
            try:
                os.utime(self.owner_path)
            except OSError:
                write_owner(self.owner_path, self.owner)

    def release(self) -> None:
        """Let go: first of the owner file, so that a successor's is never removed."""
        with self._guard:
            if self.owner is None:
                return
            self.owner = None
            with suppress(OSError):
                self.owner_path.unlink()
            self._let_go()

    def __enter__(self) -> "Held":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold(path: Path, *, owner_path: Path, owner: Owner, wait_s: float = WAIT_S) -> Held:
    """Take a lock, trying for `wait_s`, and write the owner file at once.

    Raises StreamBusyError naming who holds it, StreamError when the folder cannot be written. Children do not inherit
    the lock: its descriptor is closed in them.
    """
    # loaded only where a lock is taken: 50 ms
    from filelock import FileLock, Timeout

    # Not thread-local: with filelock's default, release() on another thread silently does nothing.
    lock = FileLock(path, thread_local=False, fallback_to_soft=False, preserve_lock_file=True, poll_interval=_POLL_S)
    with refusals(path):
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise StreamBusyError(_busy(path, owner_path), path=path) from None
    try:
        return Held(lock.release, owner_path=owner_path, owner=owner)
    except BaseException:
        lock.release()
        raise


def _busy(path: Path, owner_path: Path) -> str:
    owner = read_owner(owner_path)
    who = str(owner) if owner is not None else "another process"
    return f"{path.parent}: in use by {who}; wait for it to end, or use another folder with --dir"


def hold_page(stream: Stream, *, owner: Owner | None = None, wait_s: float = WAIT_S) -> Held:
    """Take the right to publish on the page; makes a missing folder, removes what dead writers left."""
    make_folder(stream.folder, durable=True)
    held = hold(stream.page_lock, owner_path=stream.page_owner, owner=owner or this_process(), wait_s=wait_s)
    remove_temp_files(real_path(stream.page).parent)
    return held


def hold_run(run: RunFolder, *, owner: Owner | None = None, wait_s: float = WAIT_S) -> Held:
    """Take a run; clears what dead writers left in its folders."""
    held = hold(run.lock, owner_path=run.owner, owner=owner or this_process(run.id), wait_s=wait_s)
    for folder in (run.path, run.inputs, run.outcomes, *_folders_in(run.artifacts)):
        remove_temp_files(folder)
    remove_temp_files(run.inbox, older_than_s=_INBOX_GRACE_S)  # senders of commands hold no lock
    return held


def _folders_in(folder: Path) -> tuple[Path, ...]:
    with suppress(OSError):
        return tuple(path for path in folder.iterdir() if path.is_dir())
    return ()


class Claims:
    """Held for a moment, by one run of a folder at a time: to see that nobody has a prediction, and to claim it."""

    def __init__(self, stream: Stream, *, wait_s: float = _CLAIM_WAIT_S) -> None:
        self._path, self._wait_s = stream.claims_lock, wait_s
        self._let_go: Callable[[], None] | None = None

    def __enter__(self) -> None:
        """Wait for it; StreamBusyError where somebody never lets go."""
        # loaded only where a lock is taken: 50 ms
        from filelock import FileLock, Timeout

        # Each time anew: a lock object may be held several times by the process that holds it, also by its threads.
        lock = FileLock(
            self._path, thread_local=False, fallback_to_soft=False, preserve_lock_file=True, poll_interval=_POLL_S
        )
        with refusals(self._path):
            try:
                lock.acquire(timeout=self._wait_s)
            except Timeout:
                problem = f"{self._path}: another process has held it for {self._wait_s:g} s; try again"
                raise StreamBusyError(problem, path=self._path) from None
        self._let_go = lock.release

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            let_go()
