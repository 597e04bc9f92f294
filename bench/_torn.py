"""Reads a run's snapshot N times while the run rewrites it; how many were empty or not whole JSON."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._chain import chain_text, run_text

STEPS = 200


def count(reads: int) -> dict[str, int]:
    """Reads until there were enough, whatever the runs do."""
    with tempfile.TemporaryDirectory(prefix="torn-", dir=Path.cwd()) as temporary:
        page = Path(temporary, "stream", "plan_stream.json")
        writer = subprocess.Popen([sys.executable, __file__, "write", temporary])
        try:
            while not page.exists():
                if writer.poll() is not None:
                    raise SystemExit("the writer ended before it had written anything")
            return _read(page, reads)
        finally:
            writer.kill()
            writer.wait()


def _read(page: Path, reads: int) -> dict[str, int]:
    torn, states, seen = 0, 0, b""
    for _ in range(reads):
        content = page.read_bytes()
        if content == seen:
            continue  # read whole once already
        try:
            torn += json.loads(content)["status"] not in ("running", "completed")
        except (ValueError, KeyError, TypeError):
            torn += 1
        states, seen = states + 1, content
    return {"reads": reads, "torn": torn, "states": states}


if __name__ == "__main__":
    if sys.argv[1] == "write":
        while True:
            run_text(chain_text(STEPS), Path(sys.argv[2]))
    print(json.dumps(count(int(sys.argv[1]))))
