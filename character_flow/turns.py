"""Whose turn is it to decide: one thread at a time, told what happened meanwhile, and woken when something is due.

That is the thread that runs the plan; while it waits, it is the thread of a step that has just ended, which so starts
what follows without waking another (twice 20 to 75 us a step, measured).
"""

import queue
import threading
from collections.abc import Callable

from character_flow.timers import Timers


class Turns:
    """The turn, the news for whoever has it, and the timers he looks at."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.timers = Timers(clock)
        self._clock = clock
        self._news: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._is_wanted = False
        self._waits_until = 0.0

    def begin(self) -> None:
        """Take the turn for good: from here on it is let go only to wait, so that nobody decides after the end."""
        self._turn.acquire()

    def tell(self, news: Callable[[], None] = lambda: None) -> None:
        """Have the waiting thread do this; by itself it only wakes it. From any thread, and from signal handlers."""
        self._news.put(news)

    @property
    def has_news(self) -> bool:
        """Whether something was told that nobody has taken in."""
        return not self._news.empty()

    def wait(self, until: float) -> None:
        """Let go of the turn until there are news, which are taken in, or something is due; at the latest `until`."""
        self._waits_until = self.timers.next_due(until)
        news: Callable[[], None] | None = None
        self._turn.release()
        try:
            news = self._news.get(timeout=max(0.0, self._waits_until - self._clock()))
        except queue.Empty:
            pass
        finally:
            self._is_wanted = True
            self._turn.acquire()
            self._is_wanted = False
        if news is not None:
            news()

    def take(self) -> bool:
        """The turn, for a thread that is not the waiting one; False if somebody has it or waits for it."""
        return not self._is_wanted and self._turn.acquire(blocking=False)

    def give_back(self, *, is_quiet: bool) -> None:
        """After `take`: the waiting thread is woken, unless nothing changed for it (`is_quiet`) and nothing is due."""
        wakes = not is_quiet or self.timers.next_due(self._waits_until) < self._waits_until
        self._turn.release()
        if wakes:
            self.tell()
