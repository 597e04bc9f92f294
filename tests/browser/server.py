"""How a test starts the viewer: `streamlit run stream_viewer.py`, a process on a free port, as a person does."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from tests.forked import Forked
from tests.ports import kept_port

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


def free_port() -> int:
    """A port nobody listens on."""
    with kept_port() as port:
        return port


def wait_for(is_so: Callable[[], bool], what: str, *, deadline_s: float = DEADLINE_S) -> None:
    """Wait for a condition, with a deadline."""
    until = time.monotonic() + deadline_s
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"it never came to that: {what}")
        time.sleep(0.02)


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment, in which nothing can spend money and everything is kept in `folder`."""
    environ = {
        name: value for name, value in os.environ.items()
        if name != "REPLICATE_API_TOKEN" and not name.startswith(("CHARACTER_FLOW_", "STREAMLIT_"))
    }  # fmt: skip
    return environ | {"CHARACTER_FLOW_DIR": str(folder), "PYTHONPATH": str(ROOT), **(more or {})}


def started(
    words: Sequence[str], *, environ: Mapping[str, str], log: Path, is_forked: bool
) -> "subprocess.Popen[bytes] | Forked":
    """`python WORDS` at the project's root, what it says in `log`."""
    if is_forked:
        return Forked(words, environ=environ, log=log)
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=dict(environ), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )


class Viewer:
    """The server of one folder. It can be stopped and started again on the same port; `is_forked`: loaded before."""

    def __init__(
        self,
        folder: Path,
        *,
        script: str = "stream_viewer.py",
        more: Mapping[str, str] | None = None,
        port: int | None = None,
        is_forked: bool = False,
    ) -> None:
        self.folder, self.port = folder, port or free_port()
        self._script, self._more, self._is_forked = script, more, is_forked
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def url(self) -> str:
        """Where it is opened."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that serves."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder.parent / f"viewer-{self.port}.log"

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        words = ["-m", "streamlit", "run", self._script, "--server.port", str(self.port)]
        self._process = started(
            words, environ=environment(self.folder, self._more), log=self.log, is_forked=self._is_forked
        )
        try:
            wait_for(self._answers, "the viewer starts")
        except AssertionError as error:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{error}; it said: {self.log.read_text()}") from None
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=DEADLINE_S) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Ctrl-C, and the end of it."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the viewer did not end: {self.log.read_text()}") from None
        finally:
            self._process = None

    def get(self, path: str) -> JsonValue:
        """What the gateway answers."""
        with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
            value: JsonValue = json.load(answer)
            return value

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:  # that it ends by Ctrl-C, and how soon, other tests see
            self._process.kill()
            self._process.wait()
            self._process = None
