"""Processes that begin with everything loaded: forked from one that imported it once, half a second quicker each.

What loading itself does is seen by the tests that start `python main.py` and `streamlit run` as they are.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.loaded"])
_ONE_AT_A_TIME = threading.Lock()
"""A start also looks after the processes of other threads, and an exit code can be read once."""


class Forked:
    """`python WORDS` in a process of its own, asked for as a `subprocess.Popen` is; what it says goes to `log`."""

    def __init__(self, words: Sequence[str], *, environ: Mapping[str, str] | None = None, log: Path | None = None):
        # A daemon: should the tests end early, it is ended with them and not waited for.
        told = (list(words), dict(environ or os.environ), log)
        self._process = _CONTEXT.Process(target=_become, args=told, daemon=True)
        with _ONE_AT_A_TIME:
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        with _ONE_AT_A_TIME:
            return self._process.exitcode

    def wait(self, timeout: float = 600.0) -> int:
        """The exit code, once it has ended."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout)
            time.sleep(0.002)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _become(words: list[str], environ: dict[str, str], log: Path | None) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    if log is not None:
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(said, 1)
        os.dup2(said, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")
