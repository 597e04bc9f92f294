"""One measured run: a chain of N steps on our engine, and the same bytes written bare; in a process of its own."""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.tools.registry import ToolContext, ToolRegistry

SHORT, ROUNDS = 100, 21
SYNC = getattr(os, "fdatasync", os.fsync)

tools = ToolRegistry()


@tools.tool("bench.link")
def link(ctx: ToolContext, *, before: str) -> str:
    """What came before, counted on: a small output, different in each step."""
    return f"link {int(before.split()[1]) + 1} of a chain"


@tools.tool("bench.wait")
def wait(ctx: ToolContext, *, seconds: float) -> None:
    """Work that takes a known time and no processor."""
    time.sleep(seconds)


def chain_text(steps: int) -> str:
    """A plan in which every step holds one `{{ steps.<previous>.output }}` of its own."""
    lines = ["name: A chain", "steps:", "- {name: s1, tool: bench.link, with: {before: link 0}}"]
    lines += [
        f'- {{name: s{number}, tool: bench.link, with: {{before: "{{{{ steps.s{number - 1}.output }}}}"}}}}'
        for number in range(2, steps + 1)
    ]
    return "\n".join(lines) + "\n"


def run_text(text: str, folder: Path, *, durability: str = "full", max_parallel: int = 16) -> RunResult:
    """Run a plan given as text."""
    plan = folder / "plan.yaml"
    plan.write_text(text)
    options = RunOptions(folder=folder / "stream", tools=tools, durability=durability, max_parallel=max_parallel)
    result = run_plan(plan, options=options)
    if result.exit_code != 0:
        raise SystemExit(f"the plan ended with {result.exit_code}: {result.snapshot.error}")
    return result


def write_bare(lines: list[bytes], path: Path, *, durable: bool) -> float:
    """Append these lines, one system call and one sync each: the floor. Returns seconds."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    began = time.perf_counter()
    for line in lines:
        os.write(fd, line)
        if durable:
            SYNC(fd)
    took = time.perf_counter() - began
    os.close(fd)
    path.unlink()
    return took


def between(lines: list[bytes]) -> float:
    """Seconds from the start of the first step to the plan's end, which is recorded when the last step is durable."""
    first, last = json.loads(lines[1]), json.loads(lines[-1])
    return float(last["mono"]) - float(first["mono"])


def measure_chain(steps: int, *, durable: bool) -> dict[str, float | int]:
    """Milliseconds a step on our engine and bare, bytes a step, and the memory the whole took.

    A run of 10 or 100 steps is over in milliseconds: several in one process, and the middle one counts. What a process
    does once, loading and first use, is in none of them and has a benchmark of its own, `bench/startup.py`.
    """
    if steps > SHORT:
        return _measured(steps, durable=durable)
    runs = sorted((_measured(steps, durable=durable) for _ in range(ROUNDS)), key=lambda run: run["over_bare"])
    return runs[ROUNDS // 2]


def _measured(steps: int, *, durable: bool) -> dict[str, float | int]:
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        began = time.perf_counter()
        result = run_text(chain_text(steps), folder, durability="full" if durable else "none")
        wall = time.perf_counter() - began
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        lines = result.run.journal.read_bytes().splitlines(keepends=True)
        step_lines = lines[1:-1]  # what comes before the first step and after the last is not a step's
        payload = sum(len(json.dumps(json.loads(line)["data"].get("output", ""))) for line in step_lines)
        passes = 2 if durable else 5
        bare = sum(write_bare(step_lines, folder / "bare", durable=durable) for _ in range(passes)) / passes
        ours = between(lines)
        return {
            "steps": steps,
            "ms_a_step": round(1000 * ours / steps, 4),
            "bare_ms_a_step": round(1000 * bare / steps, 4),
            "over_bare": round(ours / bare, 3),
            "bytes_a_step_beyond_payload": round((sum(map(len, step_lines)) - payload) / steps, 1),
            "max_rss_mb": round(rss_mb, 1),
            "load_and_close_s": round(wall - ours, 3),
        }
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    print(json.dumps(measure_chain(int(sys.argv[1]), durable=sys.argv[2] == "full")))
