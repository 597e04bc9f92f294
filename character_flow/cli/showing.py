"""How a run is shown while it goes on: one thread that owns the terminal, draws the run and asks its questions.

Hooks and watchers only put events into its queue, so a terminal that stands still never delays a run.
"""

import queue
import select
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from character_flow.board import Board
from character_flow.cli.faces import Face
from character_flow.cli.question import AtTerminal
from character_flow.events import Event, InputReceived
from character_flow.snapshot import InputRequest, Snapshot


@dataclass(frozen=True)
class Asking:
    """How questions are asked at this terminal: who gets the answer, who prints, and what to type elsewhere."""

    answer: Callable[[InputRequest, str], object]
    say: Callable[[str, str], None]
    elsewhere: tuple[str, ...] = ()
    folder: Path = Path()
    """The run's own, from which pictures to pick are told."""


class Showing:
    """Shows what is put into it, on a thread of its own, until `close`."""

    def __init__(self, face: Face, *, asking: Asking | None = None, wakeup: socket.socket | None = None) -> None:
        self._face, self._asking, self._wakeup = face, asking, wakeup
        self._items: queue.SimpleQueue[Event | Snapshot | str | None] = queue.SimpleQueue()
        self._bell, self._ring = socket.socketpair()  # not a pipe: Windows can only select sockets
        self._bell.setblocking(False)
        self._ring.setblocking(False)
        self._board = Board()
        self._question: AtTerminal | None = None
        self._left_open: set[str] = set()
        self._answered_by = ""
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
        self._thread.start()

    def put(self, item: Event | Snapshot | str) -> None:
        """Show an event, how everything stands, or a note; returns at once."""
        self._items.put(item)
        self._wake()

    def close(self) -> None:
        """Show what is left, and let go of the terminal."""
        self._items.put(None)
        self._wake()
        self._thread.join()
        self._bell.close()
        self._ring.close()

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # full: it is awake
            self._ring.send(b"!")

    def _run(self) -> None:
        is_open = True
        while is_open:
            ready = self._wait()
            if self._wakeup is not None and self._wakeup.fileno() in ready:
                self._stopping()
            if self._bell.fileno() in ready:
                _drain(self._bell)
            is_open = self._take_all()
            if is_open:
                self._go_on(ready)
        self._face.end(self._board)

    def _go_on(self, ready: list[int]) -> None:
        self._ask()
        if self._question is None:
            self._face.tick(self._board)
        elif sys.stdin.fileno() in ready:
            self._read_answer()

    def _wait(self) -> list[int]:
        sources = [self._bell.fileno()]
        if self._wakeup is not None and not self._is_stopping:
            sources.append(self._wakeup.fileno())
        if self._question is not None:
            sources.append(sys.stdin.fileno())
        ready, _, _ = select.select(sources, [], [], None if self._question is not None else self._face.tick_s)
        return ready

    def _take_all(self) -> bool:
        """Show all that is waiting; False once `close` was called."""
        is_open = True
        while True:
            try:
                item = self._items.get_nowait()
            except queue.Empty:
                break
            if item is None:
                is_open = False
            elif isinstance(item, str):
                self._face.note(item, self._board)
            else:
                self._take(item)
        request = self._board.head.input_request
        if self._question is not None and (request is None or request.request_id != self._question.request.request_id):
            self._end_question(f"answered by {self._answered_by}" if self._answered_by else "nobody is asked any more")
        return is_open

    def _take(self, item: Event | Snapshot) -> None:
        if isinstance(item, Snapshot):
            self._board = Board(item)
            self._face.begin(self._board)
            return
        is_first = not self._board.head.total_steps
        self._board.apply(item)
        if isinstance(item.fact, InputReceived):
            self._answered_by = item.fact.by
        if self._question is None:
            if is_first:
                self._face.begin(self._board)
            self._face.show(item, self._board)

    def _stopping(self) -> None:
        self._is_stopping = True
        if self._question is not None:
            self._end_question("not answered")
        self._face.note("stopping; press Ctrl-C again to stop at once", self._board)

    def _ask(self) -> None:
        request = self._board.head.input_request
        if request is None or self._asking is None or self._question is not None or self._is_stopping:
            return
        if request.request_id not in self._left_open:
            self._answered_by = ""
            self._face.pause()
            asking = self._asking
            self._question = AtTerminal(
                request, asking.say, who=self._who(request), elsewhere=asking.elsewhere, folder=asking.folder
            )
            self._question.put()

    def _who(self, request: InputRequest) -> str:
        in_plan = 1 <= request.step <= self._board.head.total_steps
        return f"step {request.step}, {self._board.row(request.step).task}," if in_plan else "the run"

    def _read_answer(self) -> None:
        question = self._question
        if question is None or self._asking is None:
            return
        answer = question.read()
        if answer is not None:
            self._left_open.add(question.request.request_id)
            self._asking.answer(question.request, answer)
        if answer is not None or question.is_given_up:
            self._left_open.add(question.request.request_id)
            self._question = None
            self._face.resume(self._board)

    def _end_question(self, why: str) -> None:
        if self._question is not None:
            self._question.over(why)
            self._question = None
            self._face.resume(self._board)


def _drain(bell: socket.socket) -> None:
    with suppress(BlockingIOError):
        while bell.recv(4096):
            pass
