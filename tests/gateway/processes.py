"""Runs by processes of their own, that wait at a gate until a test opens it, dies on them or asks them something."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from character_flow.background import start_run
from character_flow.stream.liveness import read_owner, state_of
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.served import wait_until

PLAN = """
name: Waits at a gate
steps:
  - {name: first, tool: function, with: {call: "gatework:first"}}
  - {name: second, tool: function, with: {call: "gatework:second"}}
output: "{{ steps.first.output }} {{ steps.second.output }}"
"""
ASKING = """
name: Asks
steps:
  - {name: colour, tool: ask, with: {question: "Which colour?", kind: choice, choices: [red, blue]}}
  - {name: word, tool: ask, with: {question: "Which word?"}}
output: "{{ steps.colour.output }} {{ steps.word.output }}"
"""
MODULE = """
import time
from pathlib import Path

GATE = Path(__file__).with_name("gate")

def first(ctx):
    with GATE.with_name("calls").open("a") as calls:
        calls.write("first ")
    path = ctx.folder / "words.txt"
    path.write_text("some words")
    ctx.artifact(path, "file")
    return "one"

def second(ctx):
    ctx.progress(10, "waiting at the gate")
    while not GATE.exists() and not ctx.cancelled:
        time.sleep(0.01)
    return "two"
"""


def gated_run(folder: Path, *, plan: str = PLAN) -> RunFolder:
    """Start a run that waits in its second step; in a folder of its own beside the stream."""
    beside = folder / "plans"
    beside.mkdir(exist_ok=True)
    (beside / "gatework.py").write_text(MODULE)
    (beside / "gated.yaml").write_text(plan)
    return start_run(Stream(folder), beside / "gated.yaml")


def open_gate(folder: Path) -> None:
    """Let the second step end, now and in every later process."""
    (folder / "plans" / "gate").touch()


def calls(folder: Path) -> str:
    """Which first steps were really done, by their own word."""
    return (folder / "plans" / "calls").read_text()


def pid_of(run: RunFolder) -> int:
    """The process that holds a run."""
    owner = read_owner(run.owner)
    assert owner is not None
    assert owner.pid != os.getpid()
    return owner.pid


def kill(run: RunFolder) -> None:
    """kill -9 the run's process."""
    os.kill(pid_of(run), signal.SIGKILL)


def end_all(folder: Path) -> None:
    """No process of a test outlives it."""
    for path in (folder / "runs").glob("*-*-*"):
        owner = read_owner(path / "owner.json")
        if owner is not None and owner.pid != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(owner.pid, signal.SIGKILL)
            wait_until(lambda: state_of(path / "owner.json").kind != "alive")  # noqa: B023  # called in this round
