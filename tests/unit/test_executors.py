"""Where steps run: daemon threads that nobody waits for, or the caller's own (DESIGN 5)."""

import threading
from concurrent.futures import Future

import pytest

from character_flow.executors import DaemonExecutor, InlineExecutor


def test_calls_run_side_by_side_on_daemon_threads() -> None:
    executor = DaemonExecutor()
    together = threading.Barrier(4)

    def call() -> tuple[int, bool]:
        return together.wait(60), threading.current_thread().daemon

    found = [future.result(60) for future in [executor.submit(call) for _ in range(4)]]
    assert sorted(found) == [(number, True) for number in range(4)]
    executor.shutdown()


def test_what_follows_at_once_needs_no_second_thread() -> None:
    executor = DaemonExecutor()
    threads: set[int] = set()
    over = threading.Event()

    def call(left: int) -> None:
        threads.add(threading.get_ident())
        if left:
            return
        over.set()

    def follow(left: int) -> None:
        future = executor.submit(call, left)
        if left:
            future.add_done_callback(lambda done: follow(left - 1))

    follow(20)
    assert over.wait(60)
    assert len(threads) <= 2  # the first may have ended before its callback was set
    executor.shutdown()


def test_a_call_that_hangs_takes_no_slot_and_no_shutdown_waits_for_it() -> None:
    executor = DaemonExecutor()
    go_on = threading.Event()
    hung = executor.submit(go_on.wait, 60)
    assert executor.submit(lambda: "other").result(60) == "other"
    executor.shutdown()
    assert not hung.done()
    go_on.set()
    assert hung.result(60)
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(lambda: None)


@pytest.mark.parametrize("make", [DaemonExecutor, InlineExecutor])
@pytest.mark.parametrize("error", [ValueError("v"), SystemExit(3)])
def test_the_future_carries_whatever_a_call_raises(
    make: type[DaemonExecutor | InlineExecutor], error: BaseException
) -> None:
    def call() -> None:
        raise error

    future: Future[None] = make().submit(call)
    assert future.exception(60) is error


def test_inline_runs_on_the_callers_thread() -> None:
    assert InlineExecutor().submit(threading.get_ident).result(0) == threading.get_ident()
