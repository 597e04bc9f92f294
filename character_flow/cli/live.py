"""A run on a terminal, live: the step list redrawn in place, about ten times a second while something moves."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from character_flow import events
from character_flow.board import Board
from character_flow.cli.channels import Keyboard
from character_flow.cli.faces import Face, is_ascii_only
from character_flow.cli.frame import Look, frame
from character_flow.cli.words import one_line
from character_flow.events import Event

_FRAME_S = 0.08


def make_console() -> Console:
    """The terminal as rich draws on it: texts are texts, nothing in them is markup."""
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=False)


class LiveList(Face):
    """The face for a terminal. `clock` tells the moment it draws, in seconds since 1970."""

    tick_s: float | None = 0.1

    def __init__(
        self,
        console: Console | None = None,
        *,
        keyboard: Keyboard | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._console = console or make_console()
        self._keyboard = keyboard or Keyboard()
        self._clock = clock
        self._is_ascii = is_ascii_only(self._console.encoding)
        self._live: Live | None = None
        self._note = ""
        self._began_at: str | None = None
        self._running: set[int] = set()
        self._drawn_at = 0.0

    def begin(self, board: Board) -> None:
        """The list as it stands."""
        total = board.head.total_steps
        self._running = {number for number in range(1, total + 1) if board.row(number).status == "running"}
        self._draw(board)

    def show(self, event: Event, board: Board) -> None:
        """Take one event in; drawn at once unless the last frame is very young."""
        if isinstance(event.fact, events.PlanStarted | events.PlanResumed):
            self._began_at = event.ts
        if event.step is not None:
            is_running = board.row(event.step).status == "running"
            (self._running.add if is_running else self._running.discard)(event.step)
        if isinstance(event.fact, events.CommandRefused):
            self._note = f"{event.fact.kind} refused: {one_line(event.fact.reason)}"
        self.tick(board)

    def tick(self, board: Board) -> None:
        """The spinner turns, the clock ticks; a frame that is very young stays."""
        if time.monotonic() - self._drawn_at >= _FRAME_S:
            self._draw(board)

    def note(self, text: str, board: Board) -> None:
        """A line below the list."""
        self._note = text
        self._draw(board)

    def pause(self) -> None:
        """Take the list away, so that a question has the terminal."""
        if self._live is not None:
            self._live.transient = True
        self._stop()

    def resume(self, board: Board) -> None:
        """Draw the list below what was asked and answered."""
        self._console.line()
        self._draw(board)

    def end(self, board: Board) -> None:
        """Leave the last frame standing."""
        self._note = ""
        self._draw(board)
        self._stop()

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._keyboard.restore()

    def _draw(self, board: Board) -> None:
        if not board.head.total_steps:
            return
        self._drawn_at = time.monotonic()
        turn = int(self._drawn_at * 10)
        look = Look(self._console.size, self._is_ascii, turn, self._began_at, self._note, self._clock())
        drawn = frame(board, tuple(self._running), look)
        if self._live is None:
            self._keyboard.hush()
            self._live = Live(drawn, console=self._console, auto_refresh=False, vertical_overflow="crop")
            self._live.start(refresh=True)
        else:
            self._live.update(drawn, refresh=True)
