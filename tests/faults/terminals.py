"""Real processes for tests: the command line on a pseudo terminal one can type into, and without one."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
MAIN = (sys.executable, str(ROOT / "main.py"))
PATIENCE_S = 60.0

JOBS = '''
import os, threading
from pathlib import Path
from character_flow import Question, ToolError

def echo(ctx, text="done"):
    return text

def fail(ctx, message="it cannot be done"):
    raise ToolError(message)

def bug(ctx):
    return 1 / 0

def until(ctx, path):
    """Ends when there is a file."""
    wait = threading.Event()
    while not Path(path).exists() and not ctx.cancelled:
        wait.wait(0.01)
    return "seen"

def draw(ctx):
    path = ctx.folder / "drawn.txt"
    path.write_text("drawn")
    return ctx.artifact(path, "file")

def hang(ctx):
    threading.Event().wait()

def noisy(ctx):
    print("NOISE from python")
    os.system("echo NOISE from a program 2>/dev/null")
    return "quiet"
'''

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def plan(folder: Path, *steps: str, name: str = "small", inputs: str = "", output: str = "") -> Path:
    """A plan file beside the functions above; each step is the inner text of a YAML flow mapping."""
    (folder / "jobs.py").write_text(JOBS, encoding="utf-8")
    lines = [f"inputs: {inputs}"] if inputs else []
    lines += ["steps:", *(f"  - {{{step}}}" for step in steps)]
    lines += [f'output: "{output}"'] if output else []
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def step(name: str, call: str, *, more: str = "", **given: object) -> str:
    """A function step for `plan`."""
    arguments = "".join(f", {key}: {value}" for key, value in given.items())
    return f"name: {name}, tool: function, with: {{call: 'jobs:{call}'{arguments}}}{more}"


def environment(**more: str) -> dict[str, str]:
    """The surroundings of a process under test: nothing of ours, colours as they come, this Python's environment."""
    left_out = ("CHARACTER_FLOW_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    activated = os.pathsep.join((os.path.dirname(sys.executable), kept.get("PATH", os.defpath)))
    return {**kept, "PATH": activated, "TERM": "xterm-256color", **more}


def run(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command without a terminal, to its end."""
    return subprocess.run(
        [*MAIN, *words],
        cwd=cwd, env=environment(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def start(*words: str, cwd: Path, **more: str) -> "subprocess.Popen[str]":
    """A command without a terminal, in a session of its own."""
    return subprocess.Popen(
        [*MAIN, *words],
        cwd=cwd, env=environment(**more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Look until it is so; fails after a while."""
    deadline = time.monotonic() + PATIENCE_S
    looking = select.poll()
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        looking.poll(10)


def only_run(folder: Path) -> Path:
    """The folder of the one run there is."""
    runs = [path for path in (folder / "runs").iterdir() if not path.name.startswith(".")]
    assert len(runs) == 1
    return runs[0]


def has_event(folder: Path, kind: str, *, times: int = 1) -> bool:
    """Whether some journal holds so many events of this type. A run in the making, which is hidden, may be gone yet."""
    journals = folder.glob("runs/[!.]*/journal.jsonl")
    return any(path.read_text("utf-8").count(f'"type":"{kind}"') >= times for path in journals)


class Terminal:
    """A command on a pseudo terminal of its own."""

    def __init__(
        self, *words: str, cwd: Path, rows: int = 24, columns: int = 80, env: Mapping[str, str] | None = None
    ) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [*MAIN, *words],
            cwd=cwd, env=environment(**(env or {})), stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one thread: no lock is held
        )  # fmt: skip
        os.close(slave)
        self._is_open = True
        self.raw = b""
        self._read_to = 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def text(self) -> str:
        """All that was printed, without escapes."""
        return _ESCAPE.sub("", self.raw.decode("utf-8", "replace")).replace("\r", "")

    @property
    def lines(self) -> list[str]:
        """Every line that was drawn, those drawn over each other too."""
        return re.split(r"[\r\n]+", _ESCAPE.sub("", self.raw.decode("utf-8", "replace")))

    def until(self, text: str) -> str:
        """Read until this was printed after what was waited for before; returns what was printed since."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.text.find(text, self._read_to)) < 0:
            assert time.monotonic() < deadline, f"never printed: {text!r} in {self.text[self._read_to :]!r}"
            if not self._read():
                raise AssertionError(f"ended before {text!r}: {self.text[self._read_to :]!r}")
        since, self._read_to = self.text[self._read_to : found], found + len(text)
        return since

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        if self._is_open:
            self._is_open = False
            os.close(self._master)

    def end(self) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self._is_open and self._read():
            assert time.monotonic() < deadline, f"never ended: {self.text[-2000:]!r}"
        return self.process.wait(timeout=PATIENCE_S)

    def _read(self) -> bool:
        """Whether there may be more."""
        if not select.select([self._master], [], [], 0.2)[0]:
            return True
        try:
            content = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody is at the other end any more
            return False
        self.raw += content
        return bool(content)
