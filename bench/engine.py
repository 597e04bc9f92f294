"""What a durable step costs: our engine beside the bare appends of the same bytes, and beside rewriting the snapshot.

Prints one JSON object. Each size runs in a process of its own; ratios are within one process. `--quick` ends at 1,000
steps, `--torn` also reads the snapshot 1,000,000 times while runs rewrite it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python bench/engine.py` measures this checkout, installed or not

SIZES = (10, 100, 1_000, 10_000, 100_000)
RUNS = ((1_000, 7), (10_000, 3))
BARS = {
    "durable step over bare appends": 2.0,
    "ms a step without fsync": 0.15,
    "a step at 100,000 over one at 1,000": 1.3,
    "journal bytes a step beyond payload": 600.0,
    "max RSS at 100,000 steps, MB": 800.0,
    "plan wall time over critical path": 1.02,
    "torn reads": 0.0,
}
Figures = Mapping[str, float]


def chain(steps: int, *, durability: str, folder: str) -> Figures:
    """One size, each run in a process of its own; the middle one of several, more where they are short."""
    times = next((times for longest, times in RUNS if steps <= longest), 1)
    runs = [_child("bench/_chain.py", str(steps), durability, folder=folder) for _ in range(times)]
    return sorted(runs, key=lambda run: run["over_bare" if durability == "full" else "ms_a_step"])[len(runs) // 2]


def naive(steps: int, *, folder: str) -> Figures:
    """The hook that reads and rewrites the whole snapshot at the start and the end of each step, not even synced."""
    path = Path(folder, "naive.json")
    rows: list[dict[str, object]] = [
        {"step_number": number, "task": f"S{number}", "tool_id": "bench.link", "status": "pending", "output": None}
        for number in range(1, steps + 1)
    ]
    path.write_text(json.dumps({"status": "running", "steps": rows}))
    written = 0
    began = time.perf_counter()
    for number in range(steps):
        for status in ("running", "completed"):
            snapshot = json.loads(path.read_text())
            snapshot["steps"][number] |= {"status": status, "output": f"link {number} of a chain"}
            written += path.write_text(json.dumps(snapshot, indent=2))
    took = time.perf_counter() - began
    path.unlink()
    return {"steps": steps, "ms_a_step": round(1000 * took / steps, 4), "bytes_a_step": round(written / steps)}


def wall_over_critical_path(folder: str) -> Figures:
    """Two branches of waits side by side, joined at the end, against the longer one."""
    from bench._chain import between, run_text

    long, short = (0.4, 0.3, 0.5), (0.2, 0.3)
    lines = ["name: Branches", "steps:"]
    for branch, waits in (("a", long), ("b", short)):
        for number, seconds in enumerate(waits):
            needs = f"[{branch}{number - 1}]" if number else "[]"
            lines.append(
                f"- {{name: {branch}{number}, tool: bench.wait, needs: {needs}, with: {{seconds: {seconds}}}}}"
            )
    lines.append("- {name: joined, tool: bench.wait, needs: [a2, b1], with: {seconds: 0.3}}")
    ratios = []
    for attempt in range(3):
        place = Path(folder, f"branches-{attempt}")
        place.mkdir()
        result = run_text("\n".join(lines) + "\n", place)
        ratios.append(between(result.run.journal.read_bytes().splitlines()) / (sum(long) + 0.3))
    return {"critical_path_s": sum(long) + 0.3, "ratio": round(min(ratios), 4), "worst_of_3": round(max(ratios), 4)}


def _child(script: str, *arguments: str, folder: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(ROOT / script), *arguments],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(*, quick: bool, torn: bool, folder: str) -> dict[str, object]:
    """All figures."""
    sizes = SIZES[:3] if quick else SIZES
    durable = [chain(steps, durability="full", folder=folder) for steps in sizes]
    unsynced = [chain(steps, durability="none", folder=folder) for steps in sizes]
    by_size = {int(run["steps"]): run for run in durable}
    wall = wall_over_critical_path(folder)
    reached: dict[str, float | None] = {
        "durable step over bare appends": max(run["over_bare"] for run in durable),
        "ms a step without fsync": max(run["ms_a_step"] for run in unsynced if run["steps"] >= 1_000),
        "journal bytes a step beyond payload": max(run["bytes_a_step_beyond_payload"] for run in durable),
        "plan wall time over critical path": wall["ratio"],
    }
    if not quick:
        growth = by_size[100_000]["ms_a_step"] / by_size[1_000]["ms_a_step"]
        reached["a step at 100,000 over one at 1,000"] = round(growth, 3)
        reached["max RSS at 100,000 steps, MB"] = by_size[100_000]["max_rss_mb"]
    torn_reads = _child("bench/_torn.py", "1000000", folder=folder) if torn else None
    if torn_reads is not None:
        reached["torn reads"] = torn_reads["torn"]
    return {
        "bench": "engine",
        "durable": durable,
        "durability none": unsynced,
        "naive whole-snapshot rewrite": [naive(steps, folder=folder) for steps in sizes if steps <= 1_000],
        "wall time": wall,
        "torn reads": torn_reads,
        "reached": reached,
        "bars": {name: bar for name, bar in BARS.items() if name in reached},
        "holds": {name: value is not None and value <= BARS[name] for name, value in reached.items()},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="sizes up to 1,000 only")
    parser.add_argument("--torn", action="store_true", help="read the snapshot 1,000,000 times meanwhile")
    parser.add_argument("--in", dest="where", default=".", help="measure the disk this folder is on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.where) as scratch:
        print(json.dumps(measure(quick=asked.quick, torn=asked.torn, folder=scratch), indent=1))
