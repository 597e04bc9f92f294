"""Who else wants to know: execution hooks, and the chain that calls several without ever delaying or hurting a run.

The stream's own recorder is not in this chain: the engine calls it itself, first, at every moment. The hooks here see
events that are already durable, in order, on one daemon thread. A hook that raises is reported and goes on seeing
events; one that takes longer than the limit is reported, left behind on its thread, and sees no more.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import get_args

from character_flow.events import Event, HookError, Moment

MOMENTS: tuple[Moment, ...] = get_args(Moment)
_REVERSED: frozenset[Moment] = frozenset({"after_step", "after_plan"})


class ExecutionHooks:
    """Override what you want to see; every method gets the durable event of its moment."""

    def before_plan(self, event: Event) -> None:
        """The plan started, or was resumed."""

    def before_step(self, event: Event) -> None:
        """An attempt of a step started."""

    def during_step(self, event: Event) -> None:
        """Any event of none of the other four moments: progress, chunks, artifacts, questions, retries, commands."""

    def after_step(self, event: Event) -> None:
        """An attempt ended, or a step was skipped or reused."""

    def after_plan(self, event: Event) -> None:
        """The plan ended, well or not."""


class HookChain:
    """Calls several hooks on one daemon thread: before and during in order, after in reverse."""

    def __init__(
        self,
        hooks: Sequence[ExecutionHooks] = (),
        *,
        limit_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hooks = list(hooks)
        self._limit_s = limit_s
        self._clock = clock
        self._report: Callable[[HookError], None] = lambda fault: None
        self._queue: queue.SimpleQueue[tuple[Event, list[ExecutionHooks]] | threading.Event] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._call: tuple[float, ExecutionHooks, Event, list[ExecutionHooks]] | None = None
        self._thread: threading.Thread | None = None

    def start(self, report: Callable[[HookError], None]) -> None:
        """Begin to call hooks; `report` is given each fault, from the chain's thread or from `check`."""
        self._report = report
        if self._hooks:
            self._spawn(())

    def notify(self, event: Event) -> None:
        """Queue an event; returns at once. Faults of hooks are not shown to hooks."""
        if self._hooks and not isinstance(event.fact, HookError):
            self._queue.put((event, self._in_order(event)))

    def check(self) -> None:
        """Leave behind a hook that has been running for longer than the limit."""
        with self._lock:
            call = self._call
            if call is None or self._clock() - call[0] < self._limit_s:
                return
            _, slow, event, rest = call
            self._call = None
            self._hooks = [hook for hook in self._hooks if hook is not slow]
            self._spawn([(event, rest)])
        message = f"took longer than {self._limit_s:g} s; it sees no more of this run"
        self._report(_fault(slow, event, message))

    def settle(self, timeout_s: float) -> bool:
        """Wait until the hooks have seen everything queued so far; False when that took too long."""
        if not self._hooks:
            return True
        seen = threading.Event()
        self._queue.put(seen)
        return seen.wait(timeout_s)

    def _in_order(self, event: Event) -> list[ExecutionHooks]:
        return self._hooks[::-1] if event.fact.moment in _REVERSED else list(self._hooks)

    def _spawn(self, first: Sequence[tuple[Event, list[ExecutionHooks]]]) -> None:
        self._thread = threading.Thread(target=self._run, args=(list(first),), name="hooks", daemon=True)
        self._thread.start()

    def _run(self, first: list[tuple[Event, list[ExecutionHooks]]]) -> None:
        while True:
            item = first.pop(0) if first else self._queue.get()
            if isinstance(item, threading.Event):
                item.set()
            elif not self._call_all(*item):
                return

    def _call_all(self, event: Event, hooks: list[ExecutionHooks]) -> bool:
        """Call these hooks; False when this thread was given up on the way."""
        while hooks:
            hook = hooks.pop(0)
            if not any(hook is one for one in self._hooks):
                continue
            with self._lock:
                call = self._call = (self._clock(), hook, event, hooks)
            fault = _call_one(hook, event)
            with self._lock:
                if self._call is not call:
                    return False
                self._call = None
            if fault is not None:
                self._report(fault)
        return True


def _call_one(hook: ExecutionHooks, event: Event) -> HookError | None:
    try:
        getattr(hook, event.fact.moment)(event)
    except BaseException as error:  # noqa: BLE001  # a hook may do anything, SystemExit included; the run goes on
        return _fault(hook, event, _words_of(error))
    return None


def _words_of(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # somebody else's __str__
        return type(error).__name__


def _fault(hook: ExecutionHooks, event: Event, message: str) -> HookError:
    return HookError(hook=type(hook).__name__, hook_moment=event.fact.moment, message=message[:2_000])
