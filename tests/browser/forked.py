"""Processes that begin with everything loaded: forked from one that imported it once, half a second quicker each.

What loading itself does is seen by the tests that start `python main.py` and `streamlit run` as they are.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.browser.loaded"])


class Forked:
    """`python WORDS` in a process of its own, asked for as a `subprocess.Popen` is."""

    def __init__(self, words: Sequence[str], *, environ: Mapping[str, str], log: Path) -> None:
        # A daemon: should the tests end early, it is ended with them and not waited for.
        self._process = _CONTEXT.Process(target=_become, args=(list(words), dict(environ), log), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _become(words: list[str], environ: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    said, nothing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin = os.fdopen(0, closefd=False)
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")
