"""Who writes while the viewer is measured: a stranger replacing a whole file, or a real run in a process of its own."""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this checkout, installed or not

from bench._viewer_probe import stamp  # noqa: E402 - after the path is set
from character_flow.app import RunOptions, run_plan  # noqa: E402 - after the path is set
from character_flow.tools.registry import ToolContext, ToolRegistry  # noqa: E402 - after the path is set

tools = ToolRegistry()
_called_at: list[float] = []


def replace_page(folder: Path, token: str, *, steps: int = 8, running: int = 4) -> None:
    """Somebody else's plan_stream.json, written aside and renamed: the documented keys, and a message that is new."""
    now = datetime.now(UTC).isoformat()
    rows = [
        {
            "step_number": number, "task": f"Step number {number}", "tool_id": "text.generate",
            "status": "completed" if number < running else "running" if number == running else "pending",
            "started_at": now if number <= running else None, "completed_at": now if number < running else None,
            "output": f"The output of step {number}. " * 6 if number < running else None,
            "message": token if number == running else None,
        }
        for number in range(1, steps + 1)
    ]  # fmt: skip
    content = {
        "status": "running", "plan_name": "Written by somebody else", "total_steps": steps, "current_step": running,
        "started_at": now, "last_updated": now, "progress": 100 * (running - 1) // steps, "steps": rows,
    }  # fmt: skip
    aside = folder / "plan_stream.json.new"
    aside.write_text(json.dumps(content), encoding="utf-8")
    os.replace(aside, folder / "plan_stream.json")


@tools.tool("bench.quick")
def quick(ctx: ToolContext, *, number: int) -> str:
    """A step that costs nothing but itself."""
    _called_at.append(time.perf_counter())
    return f"The output of step {number}"


@tools.tool("bench.stamped")
def stamped(ctx: ToolContext, *, number: int, pause_s: float) -> str:
    """A step whose output says when it was given."""
    time.sleep(pause_s)
    return stamp(number)


@tools.tool("bench.tell")
def tell(ctx: ToolContext) -> str:
    """Say something new as often as `told.json` asks, `[updates, pause_s]`, each time it is another one."""
    asked: object = None
    number, rng = 0, random.Random(1)
    while not (ctx.plan_folder / "enough").exists():
        text = _read(ctx.plan_folder / "told.json")
        if text in (None, asked):
            time.sleep(0.005)
            continue
        asked = text
        updates, pause_s = json.loads(text or "[0, 0]")
        for _ in range(updates):
            number += 1
            ctx.progress(None, stamp(number))
            time.sleep(pause_s * rng.uniform(0.8, 1.2))
    return "told"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


class Run:
    """A real run that says something new when it is asked to: `steps` quick ones, the middle one tells."""

    def __init__(self, folder: Path, work: Path, *, steps: int = 8, durability: str = "none") -> None:
        self._work = work
        work.mkdir()
        self.told = 0
        rows = _rows(steps, "bench.quick")
        rows[steps // 2 - 1] = {"name": "told", "task": "Tell", "tool": "bench.tell"}
        self._process = _start(folder, work, rows, durability)

    def tell(self, updates: int, pause_s: float) -> None:
        """Ask for so many updates with such pauses between them; returns at once."""
        self.told += updates
        aside = self._work / "told.new"
        aside.write_text(json.dumps([updates, pause_s]), encoding="utf-8")
        os.replace(aside, self._work / "told.json")

    def end(self) -> None:
        """Let it complete."""
        (self._work / "enough").touch()
        if self._process.wait(120):
            raise RuntimeError("the run failed")


def stamped_run(folder: Path, work: Path, *, steps: int, pause_s: float) -> "subprocess.Popen[bytes]":
    """A real, durable run whose steps end one after the other, each with a stamp as its output."""
    work.mkdir()
    rows = _rows(steps, "bench.stamped", pause_s=pause_s)
    return _start(folder, work, rows, "full")


def step_cost_ms(folder: Path, work: Path, *, steps: int) -> float:
    """What a durable step costs its writer."""
    work.mkdir()
    rows = _rows(steps, "bench.quick")
    process = _start(folder, work, rows, "full")
    if process.wait(300):
        raise RuntimeError("the run failed")
    return float((work / "cost").read_text())


def _rows(steps: int, tool: str, **arguments: JsonValue) -> list[JsonValue]:
    return [
        {"name": f"s{number}", "task": f"Step number {number}", "tool": tool, "with": {"number": number, **arguments}}
        for number in range(1, steps + 1)
    ]


def _start(folder: Path, work: Path, rows: Sequence[JsonValue], durability: str) -> "subprocess.Popen[bytes]":
    (work / "plan.yaml").write_text(json.dumps({"name": "A measured run", "steps": rows}), encoding="utf-8")
    words = [str(work / "plan.yaml"), str(folder), durability]
    return subprocess.Popen([sys.executable, __file__, *words], stdin=subprocess.DEVNULL)


def main() -> int:
    """Be the process of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("durability")
    asked = parser.parse_args()
    options = RunOptions(folder=asked.folder, tools=tools, durability=asked.durability)
    result = run_plan(asked.plan, {}, options=options)
    if len(_called_at) > 1:
        cost_ms = 1000 * (_called_at[-1] - _called_at[0]) / (len(_called_at) - 1)
        (asked.plan.parent / "cost").write_text(str(cost_ms))
    return result.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
