"""Whether anything is lost by kill -9: 1,000 kills of real runs at random moments, each run resumed until it completed.

Prints one JSON object; a broken promise ends it with the assertion that found it. `--kills N` for another number.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python bench/kill.py` looks at this checkout, installed or not


def measure(kills: int, folder: Path) -> dict[str, object]:
    """Runs and kills until there were enough."""
    from tests.faults.killing import Outcome, run_until_complete

    began = time.perf_counter()
    done: list[Outcome] = []
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for seeds in _batches():
            done += pool.map(lambda seed: run_until_complete(folder / str(seed), seed=seed, longest_s=0.12), seeds)
            if sum(outcome.kills for outcome in done) >= kills:
                break
    return {
        "bench": "kill",
        "kills": sum(outcome.kills for outcome in done),
        "runs": len(done),
        "processes": sum(outcome.processes for outcome in done),
        "snapshots looked at": sum(outcome.looks for outcome in done),
        "broken promises": 0,  # the first would have ended this
        "seconds": round(time.perf_counter() - began, 1),
    }


def _batches() -> Iterator[list[int]]:
    numbers = count()
    while True:
        yield [next(numbers) for _ in range(8)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-kill-", dir=".") as scratch:
        print(json.dumps(measure(asked.kills, Path(scratch).absolute()), indent=1))
