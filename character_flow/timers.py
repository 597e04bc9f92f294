"""What is due later: calls that one thread makes when their time has come."""

import heapq
import itertools
from collections.abc import Callable


class Timers:
    """Calls by due time (seconds of the caller's clock); used by one thread only."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = itertools.count()

    def after(self, delay_s: float, call: Callable[[], None]) -> None:
        """Have `call` made once, `delay_s` seconds from now."""
        heapq.heappush(self._due, (self._clock() + delay_s, next(self._ticket), call))

    def next_due(self, latest: float) -> float:
        """When the next call is due, at the latest `latest`."""
        return min(self._due[0][0], latest) if self._due else latest

    def run_due(self, now: float) -> None:
        """Make every call that is due."""
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
