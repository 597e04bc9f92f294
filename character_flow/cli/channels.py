"""Where output goes: standard streams that never end a run, whatever happens to whoever reads them."""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class _Tolerant(io.RawIOBase):
    """A descriptor to write to. Once nobody reads it any more, what is written is dropped."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def write(self, content: bytes | memoryview) -> int:  # type: ignore[override]  # Buffer has a name from 3.12 on
        deliver(self._fd, content)
        return len(content)


def deliver(fd: int, content: bytes | memoryview) -> bool:
    """Write everything, waiting as long as the reader does; False when nobody reads any more (EPIPE, EIO)."""
    rest = memoryview(content)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:  # a descriptor shared with a program that made it non-blocking
            select.select([], [fd], [], 1.0)
        except OSError:
            return False
    return True


def deliver_now(fd: int, content: bytes) -> None:
    """Write what can be written at once: a terminal that stands still must not hold a process that wants to end."""
    with suppress(OSError, ValueError):
        was_blocking = os.get_blocking(fd)
        os.set_blocking(fd, False)
        try:
            os.write(fd, content)
        finally:
            os.set_blocking(fd, was_blocking)  # the shell shares this descriptor's flags


def tolerant(fd: int) -> TextIO:
    """A text stream on a descriptor that drops what cannot be delivered; what cannot be encoded is replaced."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    buffer = io.BufferedWriter(_Tolerant(fd))  # type: ignore[type-var]  # typeshed wants a protocol RawIOBase fits
    return io.TextIOWrapper(buffer, encoding=encoding, errors="replace", line_buffering=True)


def fill_missing_descriptors() -> None:
    """Open 0, 1 and 2 where the caller closed them: else the next file we open would become standard output."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def guard() -> None:
    """From here on nothing printed by anybody in this process can raise; not where somebody replaced the streams."""
    fill_missing_descriptors()
    if sys.stdout is sys.__stdout__:
        sys.stdout = tolerant(1)
    if sys.stderr is sys.__stderr__:
        sys.stderr = tolerant(2)


@contextmanager
def reserved() -> Iterator[int]:
    """A descriptor of the real standard output; what anybody else prints goes to standard error meanwhile.

    For output that a program reads: a tool, or a program a tool starts, may print what it likes.
    """
    flush()
    real = os.dup(1)
    os.set_inheritable(real, False)
    os.dup2(2, 1)
    try:
        yield real
    finally:
        flush()
        os.dup2(real, 1)
        os.close(real)


def flush() -> None:
    """Deliver what was printed, as far as anybody takes it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


def is_terminal(fd: int) -> bool:
    """Whether a person may be at this descriptor."""
    try:
        return os.isatty(fd)
    except OSError:
        return False


class Keyboard:
    """The echo of a terminal: off while a list is redrawn in place, which a typed key or ^C would tear."""

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._before: list[Any] | None = None

    def hush(self) -> None:
        """Show no keys from here on; does nothing where there is no terminal."""
        try:
            import termios  # not on Windows
        except ImportError:
            return
        if self._before is not None:
            return
        try:
            self._before = termios.tcgetattr(self._fd)
            quiet = list(self._before)
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(self._fd, termios.TCSANOW, quiet)
        except (termios.error, OSError, ValueError):
            self._before = None

    def restore(self) -> None:
        """As it was."""
        before, self._before = self._before, None
        if before is not None:
            import termios  # it was there a moment ago

            with suppress(termios.error, OSError, ValueError):
                termios.tcsetattr(self._fd, termios.TCSANOW, before)
