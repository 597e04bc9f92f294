"""Where a process can be killed: every write, sync, rename and message of it, found by tracing, not by guessing.

`CrashPoints.watch` puts itself around what the interpreter offers for that, and an audit hook counts whatever goes
another way. A point is named by what happens there ("after write runs/RUN/journal.jsonl #7"), so that it is found again
in another run, whose threads may be a little faster or slower.
"""

# ruff: noqa: ANN401  # what stands in for functions of the system takes whatever they take
import builtins
import io
import json
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_AUDITED = {"os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate"}
_TALK = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_VAGUE = (
    (re.compile(r"\.tmp-[\w-]+"), ".tmp"),
    (re.compile(r"runs/[^/ ]+"), "runs/RUN"),
    (re.compile(r"[0-9a-f]{24}p0"), "ID"),
)
_FILE_CALLS = ("replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir")
_FD_CALLS = ("fsync", "fdatasync", "ftruncate")


class CrashPoints:
    """Counts the points a process passes, and kills it at one of them: at its name, or at its number from 1."""

    def __init__(self, folder: Path, *, die_at: str | int | None = None) -> None:
        self.passed: list[str] = []
        self._folder, self._die_at = str(folder), die_at
        self._numbers: Counter[str] = Counter()
        self._files: dict[int, str] = {}
        self._asked: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()
        self._lock = threading.RLock()
        self._here = threading.local()
        self._kill = os.kill

    def save(self, path: Path) -> None:
        """Write down what was passed."""
        self._here.inside = True
        path.write_text(json.dumps(self.passed), encoding="utf-8")

    def watch(self) -> None:
        """From now on every point of this process counts; there is no way back."""
        for name in _FILE_CALLS:
            self._wrap_file_call(name)
        for name in _FD_CALLS:
            if hasattr(os, name):
                self._wrap_fd_call(name)
        self._wrap_open()
        self._wrap_write()
        self._wrap_buffered()
        self._wrap_sockets()
        sys.addaudithook(self._audit)

    # What a point is.

    def around(self, what: str, call: Callable[[], T], half: Callable[[], object] | None = None) -> T:
        """Do something that can be cut: a point before it, one after it, and one in the middle where it has halves."""
        if getattr(self._here, "inside", False):
            return call()
        self._here.inside = True
        try:
            name = self._named(what)
            self._pass(f"before {name}")
            if half is not None and self._is_here(f"half of {name}"):
                half()
                self._die()
            result = call()
            self._pass(f"after {name}")
            return result
        finally:
            self._here.inside = False

    def _named(self, what: str) -> str:
        for pattern, plain in _VAGUE:
            what = pattern.sub(plain, what)
        with self._lock:
            self._numbers[what] += 1
            return f"{what} #{self._numbers[what]}"

    def _is_here(self, point: str) -> bool:
        with self._lock:
            self.passed.append(point)
            return self._die_at in (point, len(self.passed))

    def _pass(self, point: str) -> None:
        if self._is_here(point):
            self._die()

    def _die(self) -> None:
        self._kill(os.getpid(), signal.SIGKILL)

    # What is put around what.

    def _inner(self, path: object) -> str | None:
        """A path as it is named in points; None outside of the folder, where nothing of the run is."""
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        text = os.fsdecode(path)
        return (text.removeprefix(self._folder).lstrip("/") or ".") if text.startswith(self._folder) else None

    def _wrap_file_call(self, name: str) -> None:
        plain = getattr(os, name)

        def wrapped(path: Any, *rest: Any, **named: Any) -> Any:
            inner = self._inner(path)
            target = self._inner(rest[0]) if rest else None
            if inner is None and target is None:
                return plain(path, *rest, **named)
            arrow = f" to {target}" if target is not None else ""
            return self.around(f"{name} {inner}{arrow}", lambda: plain(path, *rest, **named))

        setattr(os, name, wrapped)

    def _wrap_fd_call(self, name: str) -> None:
        plain = getattr(os, name)

        def wrapped(fd: int, *rest: Any) -> Any:
            return self.around(f"{name} {self._files.get(fd, 'a file')}", lambda: plain(fd, *rest))

        setattr(os, name, wrapped)

    def _wrap_open(self) -> None:
        plain, plain_close = os.open, os.close

        def wrapped(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            inner = self._inner(path) or "a file elsewhere"
            if flags & _WRITES:
                fd = self.around(f"open {inner}", lambda: plain(path, flags, *rest, **named))
            else:
                fd = plain(path, flags, *rest, **named)
            self._files[fd] = inner
            return fd

        def wrapped_close(fd: int) -> None:
            self._files.pop(fd, None)
            plain_close(fd)

        os.open, os.close = wrapped, wrapped_close

    def _wrap_write(self) -> None:
        plain = os.write

        def wrapped(fd: int, content: Any) -> int:
            if fd not in self._files:
                return plain(fd, content)
            half = (lambda: plain(fd, content[: len(content) // 2])) if len(content) > 1 else None
            return self.around(f"write {self._files[fd]}", lambda: plain(fd, content), half)

        os.write = wrapped

    def _wrap_buffered(self) -> None:
        plain, points = io.open, self

        class Traced(io.FileIO):
            def write(self, content: Any, /) -> int:
                name, own = points._inner(self.name), super().write
                half = (lambda: own(content[: len(content) // 2])) if len(content) > 1 else None
                return points.around(f"write {name}", lambda: own(content), half)

        def wrapped(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
            inner = self._inner(file)
            if inner is None or "b" not in mode or "+" in mode or "r" in mode:
                opened = plain(file, mode, buffering, *rest, **named)
                if inner is not None:
                    self._files[opened.fileno()] = inner
                return opened
            raw = self.around(f"open {inner}", lambda: Traced(os.fspath(file), mode.replace("b", "")))
            return raw if buffering == 0 else io.BufferedWriter(raw)

        builtins.open = io.open = wrapped

    def _wrap_sockets(self) -> None:
        kind: Any = socket.socket
        connect, send, sendall, recv = kind.connect, kind.send, kind.sendall, kind.recv

        def told(own: socket.socket, content: Any) -> str:
            line = re.match(rb"([A-Z]+ [^? ]+)", bytes(content[:400]))
            if line is not None:
                self._asked[own] = line[1].decode("ascii", "replace")
            return self._asked.get(own, "something")

        def wrapped_connect(own: Any, address: Any) -> Any:
            return self.around("connect", lambda: connect(own, address))

        def wrapped_send(own: Any, content: Any, *flags: int) -> Any:
            half = (lambda: send(own, content[: len(content) // 2], *flags)) if len(content) > 1 else None
            return self.around(f"send {told(own, content)}", lambda: send(own, content, *flags), half)

        def wrapped_sendall(own: Any, content: Any, *flags: int) -> Any:
            half = (lambda: sendall(own, content[: len(content) // 2], *flags)) if len(content) > 1 else None
            return self.around(f"send {told(own, content)}", lambda: sendall(own, content, *flags), half)

        def wrapped_recv(own: Any, *rest: Any) -> Any:
            asked = self._asked.get(own)
            if asked is None:
                return recv(own, *rest)
            return self.around(f"hear {asked}", lambda: recv(own, *rest))

        kind.connect, kind.send, kind.sendall, kind.recv = wrapped_connect, wrapped_send, wrapped_sendall, wrapped_recv

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Whatever writes past all that is a point of its own."""
        if getattr(self._here, "inside", False):
            return
        if event == "open":
            is_write = isinstance(args[2], int) and args[2] & _WRITES
            if is_write and self._inner(args[0]) is not None:
                self._pass_audited(f"open {self._inner(args[0])}")
        elif event in _AUDITED and (inner := self._inner(args[0])) is not None:
            self._pass_audited(f"{event} {inner}")
        elif event in _TALK:
            self._pass_audited(event)

    def _pass_audited(self, what: str) -> None:
        self._here.inside = True
        try:
            self._pass(f"before {self._named(what)}")
        finally:
            self._here.inside = False
