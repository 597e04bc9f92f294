"""How a run outlives whoever asked for it: it is executed by a process of its own, in a session of its own."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from character_flow.app import RunOptions, queue_run
from character_flow.stream.stream import RunFolder, Stream


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of the wish to go on with a run: the run that is at work now, or why none is."""

    run_id: str = ""
    exit_code: int = 0
    problem: str = ""


def start_run(
    stream: Stream,
    plan: Path | str,
    inputs: Mapping[str, JsonValue] | None = None,
    *,
    words: Sequence[str] = (),
    options: RunOptions | None = None,
) -> RunFolder:
    """Queue a run and start the process that executes it; returns at once. `words` are further options of `run`.

    Raises before anything was created: PlanError, InputError, UsageError. The run publishes if the page is free.
    """
    run = queue_run(plan, inputs, options=options or RunOptions(folder=stream.folder))
    with run.log.open("ab") as log:
        _let_go(_detached(["run", "--run-id", run.id, *words], stream, log=log.fileno()))
    return run


def start_resume(stream: Stream, run_id: str, *, from_step: str | None = None, words: Sequence[str] = ()) -> Resumed:
    """Start a process that goes on with a run, or with a new one that takes over from it; waits until it has begun.

    `words` are further options of `resume`. What refuses to begin is told with its line and exit code, never raised.
    """
    reader, writer = os.pipe()
    started = ["resume", run_id, "--report-to", str(writer), *words]
    started += ["--from", from_step] if from_step else []
    with tempfile.TemporaryFile() as early:
        try:
            child = _detached(started, stream, log=early.fileno(), keep=(writer,))
        finally:
            os.close(writer)
        with open(reader, encoding="utf-8") as told:
            begun = told.read().strip()
        if begun:
            _let_go(child)
            return Resumed(run_id=begun)
        code = child.wait()
        early.seek(0)
        return Resumed(exit_code=code, problem=early.read().decode(errors="replace").strip())


def _detached(words: Sequence[str], stream: Stream, *, log: int, keep: Sequence[int] = ()) -> "subprocess.Popen[bytes]":
    """A process in a session of its own, so that no terminal's end ends it; its output goes to `log`."""
    return subprocess.Popen(
        [sys.executable, "-m", "character_flow", *words, "--dir", str(stream.folder)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=_importable(),
        pass_fds=keep,
        start_new_session=True,
    )


def _let_go(child: "subprocess.Popen[bytes]") -> None:
    """Nobody waits for it; a thread takes its exit code, so that a starter that lives on keeps no zombies."""
    threading.Thread(target=child.wait, name=f"child-{child.pid}", daemon=True).start()


def _importable() -> dict[str, str]:
    """The environment, in which a package that is not installed is found where this process found it."""
    root = str(Path(__file__).resolve().parents[1])
    environ = dict(os.environ)
    if Path(root, "main.py").is_file():  # a checkout; an installed package is found anyway
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environ.get("PYTHONPATH")]))
    return environ
