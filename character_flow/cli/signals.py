"""What Ctrl-C does: before a run is made the command ends and nothing was created; in a run a flag is set.

SIGINT, SIGTERM and SIGHUP. While a run is under way handlers never raise: the first signal asks the engine to stop,
which ends in order; a second Ctrl-C ends the process at once.
"""

import os
import signal
import socket
from collections.abc import Callable
from types import FrameType, TracebackType

EXIT_CODES = {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}
_NAMES = tuple(name for name in EXIT_CODES if hasattr(signal, name))


class Interrupted(BaseException):
    """A signal came before a run was made; `exit_code` is the one it ends a command with.

    Not a KeyboardInterrupt, which typer turns into a silent exit with 130, whatever the signal was.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.exit_code = EXIT_CODES[name]


class Signals:
    """The handlers of one command, from entering to leaving; `wakeup` becomes readable when a signal comes."""

    def __init__(self, *, at_once: Callable[[int], object] = os._exit) -> None:
        self._at_once = at_once
        self._stop: Callable[[str], object] | None = None
        self._is_held = False
        self._before: dict[signal.Signals, object] = {}
        self.first: str | None = None
        self.last_words: Callable[[], object] = lambda: None
        """Called before the process ends at once: puts the terminal right."""
        self.wakeup, self._wake = socket.socketpair()
        self.wakeup.setblocking(False)
        self._wake.setblocking(False)

    def __enter__(self) -> "Signals":
        for name in _NAMES:
            number = signal.Signals[name]
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:  # nohup: whoever started us wants it ignored
                self._before[number] = before
                signal.signal(number, self._came)
        self._wakeup_before = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup_before)
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what getsignal gave
        self.wakeup.close()
        self._wake.close()

    def hold(self) -> None:
        """A run is being made: from here on a signal waits for `stop_with`."""
        self._is_held = True

    def stop_with(self, stop: Callable[[str], object]) -> None:
        """From here on a signal calls `stop(name)`; one that came meanwhile does so now."""
        self._is_held, self._stop = True, stop
        if self.first is not None:
            stop(self.first)

    def _came(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if not self._is_held:
            raise Interrupted(name)
        if self.first is not None:
            if name == "SIGINT":
                self.last_words()
                self._at_once(EXIT_CODES[name])
            return
        self.first = name
        if self._stop is not None:
            self._stop(name)
