"""What readers see: a thread that writes the board's newest durable state to the page and the run's snapshot.

A snapshot is a view, so a step never waits for it. A rewrite begins at once when the last began 50 ms ago or more, else
when they are over, later if rewrites would take more than a twentieth of the time.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from character_flow.board import Board
from character_flow.errors import StreamError
from character_flow.stream.files import real_path, replace_file, sync_folder

INTERVAL_S = 0.05
_SHARE = 20  # one part of the time for rewrites, the rest for the run: their syncs hold up those of the journal


def pause_after(took_s: float, *, interval_s: float) -> float:
    """Seconds between the end of a rewrite that took so long and the beginning of the next."""
    return max(interval_s, took_s * _SHARE) - took_s


class Publisher:
    """Rewrites `targets` with the bytes of `board` after each `poke()`; `lock` is the one under which it changes."""

    def __init__(
        self,
        board: Board,
        lock: AbstractContextManager[object],
        *,
        targets: Sequence[Path],
        durable: bool,
        interval_s: float = INTERVAL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._lock = lock
        self._targets = tuple(targets)
        self._durable = durable
        self._interval_s = interval_s
        self._monotonic = monotonic
        self._news = threading.Event()
        self._stop = threading.Event()
        self._problems: dict[Path, StreamError] = {}
        self._rests_until = monotonic()
        self.failures = 0
        self.rewrites = 0
        self._thread = threading.Thread(target=self._run, name="character-flow-publisher", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> StreamError | None:
        """Why the last rewrite of a target failed; None when all are up to date. The next rewrite tries again."""
        return next(iter(tuple(self._problems.values())), None)

    def poke(self) -> None:
        """The board has changed, and its events are durable. Costs nothing while a rewrite is due anyway."""
        if not self._news.is_set():
            self._news.set()

    def finish(self) -> StreamError | None:
        """Write the last state to every target before returning; returns what still fails."""
        self._stop.set()
        self._news.set()
        self._thread.join()
        self._rewrite()
        if self._durable:
            for target in self._targets:
                with suppress(StreamError):  # a rewrite that failed has said so
                    sync_folder(real_path(target).parent)
        return self.problem

    def publish(self) -> None:
        """Rewrite now, on the caller's thread: before a run's first step, so that readers see it whole at once."""
        began = self._monotonic()
        self._rewrite()
        ended = self._monotonic()
        self._rests_until = ended + pause_after(ended - began, interval_s=self._interval_s)

    def _run(self) -> None:
        while True:
            self._news.wait()
            if self._stop.wait(max(0.0, self._rests_until - self._monotonic())):
                return  # finish() writes the last state itself
            self._news.clear()
            self.publish()
            if self._stop.is_set():  # set before the news just cleared: nobody would ring again
                return

    def _rewrite(self) -> None:
        with self._lock:
            frozen = self._board.freeze()
        content = frozen.to_bytes()
        with self._lock:
            self._board.keep_bytes(frozen)
        for target in self._targets:
            try:
                replace_file(target, content, durable=self._durable)
            except StreamError as error:
                self.failures += 1
                self._problems[target] = error
            else:
                self._problems.pop(target, None)
        self.rewrites += 1
