"""Kills a real process of a run again and again, resumes it until it completes, and looks at what is left.

The plan has side by side steps, chunks, artifacts, questions of copy and a `retry_from`; its tools note every start and
every end in a file of their own, synced, so that what ran twice can be seen without believing the journal.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from character_flow.app import RunOptions, resume_run, run_plan
from character_flow.errors import RetryableToolError
from character_flow.plan import load_plan
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.forked import Forked
from tests.journal_laws import Line, check_run, raw_lines

PLAN = """
name: To be killed
steps:
  - {name: start, tool: kill.write, with: {words: 3}}
  - {name: left, needs: [start], tool: kill.make, with: {words: 2}}
  - {name: right, needs: [start], tool: kill.write, with: {words: 4, told: "{{ feedback }}"}}
  - {name: other, needs: [right], tool: kill.write, with: {words: 2, right: "{{ steps.right.output }}"}}
  - name: check
    needs: [right]
    tool: kill.check
    with: {text: "{{ steps.right.output }}"}
    retry_from: {step: right, at_most: 2}
  - name: joined
    needs: [left, check, other]
    tool: kill.write
    with: {words: 1, file: "{{ steps.left.output.path }}", text: "{{ steps.right.output }}"}
output: "{{ steps.joined.output }}"
"""
tools = ToolRegistry()


def _note(ctx: ToolContext, what: str) -> None:
    """One line in a file beside the plan, durable before the tool goes on."""
    fd = os.open(ctx.plan_folder / "notes.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(fd, json.dumps([what, ctx.step, ctx.attempt]).encode() + b"\n")
    os.fsync(fd)
    os.close(fd)


@tools.tool("kill.write")
def write(ctx: ToolContext, *, words: int, told: str | None = None, **used: str) -> str:
    """Some words, shown one by one; more of them with feedback."""
    _note(ctx, "began")
    text = ""
    for number in range(words + (5 if told else 0)):
        text += f"word{number} "
        ctx.chunk(f"word{number} ")
        ctx.progress(10 * number, f"word {number}")
        time.sleep(0.002)
    _note(ctx, "ended")
    return text


@tools.tool("kill.make")
def make(ctx: ToolContext, *, words: int) -> dict[str, object]:
    """A file."""
    _note(ctx, "began")
    path = ctx.folder / "words.txt"
    path.write_text("word " * words)
    made = ctx.artifact(path, "file")
    _note(ctx, "ended")
    return {**made}


@tools.tool("kill.check")
def check(ctx: ToolContext, *, text: str) -> str:
    """Refuses a short text."""
    if len(text.split()) < 6:
        raise RetryableToolError("too short")
    return "good"


@dataclass(frozen=True)
class Outcome:
    """What one run went through."""

    kills: int
    processes: int
    looks: int


def run_until_complete(folder: Path, *, seed: int, longest_s: float, most_kills: int = 6) -> Outcome:
    """Kill processes of one run at random moments until it has completed; every promise is held against the files."""
    folder.mkdir(parents=True)
    plan = folder / "plan.yaml"
    plan.write_text(PLAN)
    rng = random.Random(seed)
    kills = processes = looks = 0
    while True:
        child = Forked(["-m", "tests.faults.killing", str(folder)])
        processes += 1
        until = time.monotonic() + (rng.uniform(0, longest_s) if kills < most_kills else 60)
        while child.poll() is None and time.monotonic() < until:
            looks += _look(folder)
            time.sleep(0.001)
        child.kill()
        code = child.wait()
        kills += code == -signal.SIGKILL
        looks += _look(folder)
        if code != -signal.SIGKILL:
            assert code == 0
            break
    _check(folder, plan)
    return Outcome(kills, processes, looks)


def _look(folder: Path) -> int:
    """Whoever looks, whenever: what is there is whole."""
    try:
        content = (folder / "plan_stream.json").read_bytes()
    except FileNotFoundError:
        return 0
    assert json.loads(content)["status"] in ("running", "completed")
    return 1


def _check(folder: Path, plan: Path) -> None:
    (run,) = run_folders(Stream(folder))
    lines = check_run(run, load_plan(plan, tools=tools))
    assert lines[-1].type == "plan_completed"
    assert (folder / "plan_stream.json").read_bytes() == run.snapshot.read_bytes()
    _check_notes(folder, run)
    left = {path.name for path in run.path.iterdir()}
    assert not {name for name in left if name.startswith(".tmp")}, "what dead writers left is removed"


def _check_notes(folder: Path, run: RunFolder) -> None:
    """No attempt ran twice, by what the tools themselves wrote down."""
    notes = [json.loads(line) for line in (folder / "notes.jsonl").read_text().splitlines()]
    assert max(Counter(map(tuple, notes)).values()) == 1
    check_nothing_twice(raw_lines(run))


def check_nothing_twice(lines: list[Line]) -> None:
    """No step runs again after it finished, but for those that were sent back since their last attempt began."""
    begun: dict[int, int] = {}
    finished: set[int] = set()
    for line in lines:
        for number in (*line.data.get("restart", ()), *line.data.get("recheck", ())):
            begun.pop(number, None)
        if line.step is not None and line.type == "step_started":
            assert line.step not in finished or line.step not in begun, f"step {line.step} ran again"
            begun[line.step] = line.seq
            finished.discard(line.step)
        elif line.step is not None and line.type == "step_completed":
            finished.add(line.step)


def go(folder: Path, *, durability: str = "full") -> int:
    """Start the run, or go on with it: what each process does."""
    options = RunOptions(folder=folder, tools=tools, first_backoff_s=0.001, durability=durability)
    runs = run_folders(Stream(folder))
    result = resume_run(runs[0].id, options=options) if runs else run_plan(folder / "plan.yaml", options=options)
    return result.exit_code


if __name__ == "__main__":
    from character_flow.errors import UsageError

    try:
        code = go(Path(sys.argv[1]))
    except UsageError as error:  # killed after the plan's end, before it could say so
        code = 0 if "has completed" in str(error) else 2
    sys.exit(code)
