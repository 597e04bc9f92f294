"""How long one waits: for the help, and for the first event of a run; whole processes, medians, one JSON object.

Each is also given as a multiple of `python -c pass`, measured in between, so that machines can be compared.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAIN = (sys.executable, str(ROOT / "main.py"))
ROUNDS = 9
BARS = {"help_s": 0.3, "first_event_s": 0.5}


def _whole(environ: Mapping[str, str], *command: str) -> float:
    """Seconds from starting a process to its end."""
    began = time.monotonic()
    subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def _first_event(environ: Mapping[str, str]) -> float:
    """Seconds from starting `main.py --yes --json` to having read its first event, which is durable by then."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        process = subprocess.Popen(
            [*MAIN, "--yes", "--json", "--dir", folder],
            env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        took = time.monotonic() - began
        process.terminate()
        process.communicate()
        return took


def _medians(environ: Mapping[str, str]) -> dict[str, float]:
    """The median of each measure, all taken in turns."""
    kinds: dict[str, Callable[[], float]] = {
        "bare_python_s": lambda: _whole(environ, sys.executable, "-c", "pass"),
        "help_s": lambda: _whole(environ, *MAIN, "--help"),
        "first_event_s": lambda: _first_event(environ),
    }
    for measure in kinds.values():
        measure()  # the first round writes byte code, as the first start of an installed program does
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _round in range(ROUNDS):
        for name, measure in kinds.items():
            taken[name].append(measure())
    return {name: round(statistics.median(times), 4) for name, times in taken.items()}


def main() -> int:
    """Print the medians, and end with 1 when a bar is missed."""
    with tempfile.TemporaryDirectory() as byte_code:
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        medians = _medians(environ | {"PYTHONPYCACHEPREFIX": byte_code})
    bare = medians["bare_python_s"]
    told = {
        "benchmark": "startup",
        "rounds": ROUNDS,
        **medians,
        "help_over_bare": round(medians["help_s"] / bare, 1),
        "first_event_over_bare": round(medians["first_event_s"] / bare, 1),
        "bars": BARS,
        "within_bars": all(medians[name] <= bar for name, bar in BARS.items()),
    }
    print(json.dumps(told))
    return 0 if told["within_bars"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
