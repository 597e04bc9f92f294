"""Where steps run: a `concurrent.futures.Executor` on daemon threads, or inline for tests."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def _perform(future: Future[T], call: Callable[[], T], done: Callable[[], None] = lambda: None) -> None:
    """Call, and tell the future; `done` is called just before."""
    if not future.set_running_or_notify_cancel():
        done()
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  # the future carries it to whoever asks
        done()
        future.set_exception(error)
    else:
        done()
        future.set_result(result)


class DaemonExecutor(Executor):
    """Daemon threads, one more whenever none is idle: a tool that never returns holds neither a slot nor the process.

    The standard pool joins its threads at exit, so a hung tool would keep the process alive.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = 0
        self._threads = 0
        self._is_shut = False
        self._lock = threading.Lock()
        self._begin_one()  # the first step need not wait for it
        self._idle = 1

    def _begin_one(self) -> None:
        threading.Thread(target=self._run, name=f"step-{self._threads + 1}", daemon=True).start()
        self._threads += 1

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run the call on a daemon thread."""
        with self._lock:
            if self._is_shut:
                raise RuntimeError("this executor is shut down")
            if self._idle:
                self._idle -= 1
            else:
                self._begin_one()
        future: Future[T] = Future()
        self._work.put(lambda: _perform(future, lambda: fn(*args, **kwargs), self._rest))
        return future

    def _rest(self) -> None:
        """The thread is as good as idle before its result is known: what follows at once needs no other thread."""
        with self._lock:
            self._idle += 1

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # an idle thread must not keep the last result alive

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001, FBT002  # as in the base class
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Let idle threads end; never waits, a busy one ends by itself or with the process."""
        with self._lock:
            self._is_shut = True
        for _ in range(self._threads):
            self._work.put(None)


class InlineExecutor(Executor):
    """Runs each call at once on the caller's thread: for tests. Questions and timeouts need real threads."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run the call before returning."""
        future: Future[T] = Future()
        _perform(future, lambda: fn(*args, **kwargs))
        return future
