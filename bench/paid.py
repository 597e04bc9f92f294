"""What it costs to never pay twice: the time of a paid step over a bare call, and the memory a large output takes.

Prints one JSON object. The service is the tests' own, in a process of its own, and answers at once; beside our paid
steps the real client makes the same requests bare, in turns with them. `--quick` takes fewer steps and downloads.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python bench/paid.py` measures this checkout, installed or not

from bench._paid_runs import FILM_MODEL, WORDS_MODEL, Figures  # noqa: E402 - after the path is set
from tests.fake_replicate import TOKEN  # noqa: E402 - after the path is set

SMALL, LARGE = 2_000_000, 200_000_000
OVERHEAD_MS, GROWTH_MIB = 4.0, 10.0


@contextmanager
def service() -> Iterator[str]:
    """The fake in a process of its own, whose texts are there at once; its address."""
    words = [sys.executable, "-m", "tests.fake_replicate", "--port", "0"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = f"http://127.0.0.1:{process.stdout.readline().strip()}"
            _say(address, {"model": WORDS_MODEL, "pieces": ["A teal ", "bottle"], "times": -1})
            yield address
        finally:
            process.terminate()


def _say(address: str, script: dict[str, object]) -> None:
    told = urllib.request.Request(f"{address}/_fake/script", json.dumps(script).encode(), method="POST")
    urllib.request.urlopen(told).close()


def _child(what: str, amount: int, *, address: str, folder: str) -> Figures:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REPLICATE_")}
    own = {"PYTHONPATH": str(ROOT), "REPLICATE_BASE_URL": address, "REPLICATE_API_TOKEN": TOKEN}
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/_paid_runs.py"), what, str(amount)],
        cwd=folder, env=kept | own, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: Figures = json.loads(done.stdout)
    return found


def memory(address: str, folder: str, *, rounds: int) -> Figures:
    """The peak of a process that downloads a small output, and of one that downloads a large one, in turns."""
    peaks: dict[int, list[float]] = {SMALL: [], LARGE: []}
    for _ in range(rounds):
        for size, found in peaks.items():
            _say(address, {"model": FILM_MODEL, "output": "video", "size": size})
            told = _child("download", size, address=address, folder=folder)
            assert told["bytes"] == size
            found.append(_number(told["peak_mib"]))
    small, large = (statistics.median(found) for found in peaks.values())
    return {
        "rounds": rounds,
        "peak_mib_at_2_mb": round(small, 1),
        "peak_mib_at_200_mb": round(large, 1),
        "growth_mib": round(large - small, 1),
    }


def _number(figure: float | list[float]) -> float:
    assert not isinstance(figure, list)
    return figure


def measure(*, steps: int, downloads: int, folder: str) -> dict[str, object]:
    """All figures, and the bars."""
    with service() as address:
        time = _child("overhead", steps, address=address, folder=folder)
        held = memory(address, folder, rounds=downloads)
    rows = [
        ("a paid step over a bare call, ms", _number(time["overhead_ms"]), OVERHEAD_MS),
        ("peak memory, 200 MB output over 2 MB, MiB more", _number(held["growth_mib"]), GROWTH_MIB),
    ]
    bars = [{"what": what, "measured": value, "bar": bar, "holds": value <= bar} for what, value, bar in rows]
    return {
        "benchmark": "paid", "time": time, "memory": held, "bars": bars,
        "within_bars": all(bar["holds"] for bar in bars),
    }  # fmt: skip


def main() -> int:
    """Print the figures, and end with 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--in", dest="where", default=".", help="measure the disk this folder is on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.where) as scratch:
        steps, downloads = (20, 1) if asked.quick else (100, 3)
        told = measure(steps=steps, downloads=downloads, folder=str(Path(scratch).absolute()))
    print(json.dumps(told))
    return 0 if told["within_bars"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
