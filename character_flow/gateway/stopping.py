"""How the server stops at once: a server waits for its connections, and a stream never ends by itself."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PATIENCE_S = 0.5


@contextmanager
def ending_streams(end: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `end` first, and then whatever they did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        end()
        earlier = before[signal.Signals(number)]
        _limit_patience(earlier)
        if callable(earlier):
            earlier(number, frame)

    try:
        for number in before:
            signal.signal(number, stop)
    except ValueError:  # not the main thread: whoever runs the server there stops it himself
        yield
        return
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _limit_patience(handler: object) -> None:
    """A tab that sleeps reads no more, not even the end of its stream: uvicorn, asked to, cuts it off.

    Whoever started uvicorn (Streamlit) did not say how long it may wait; the handler it has hung up leads to it.
    """
    config: Any = getattr(getattr(handler, "__self__", None), "config", None)
    if getattr(config, "timeout_graceful_shutdown", 0) is None:
        config.timeout_graceful_shutdown = PATIENCE_S
