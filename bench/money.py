"""Whether anything is ever paid twice: a run of three paid steps is killed at every point it passes, and resumed.

Prints one JSON object: kills and troubles, how the runs ended, and every broken promise. `--quick` takes a sample.
Needs fork; ends with code 1 where a promise was broken.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python bench/money.py` looks at this checkout, installed or not

from tests.faults import paid_matrix as matrix  # noqa: E402
from tests.faults.paid_faults import every_trouble, suffered  # noqa: E402
from tests.faults.paid_runs import Nursery  # noqa: E402

SEED = 5


def measure(folder: Path, *, is_quick: bool, workers: int) -> dict[str, object]:
    """The whole matrix; `is_quick` takes every eighth point and trouble."""
    began = time.perf_counter()
    step, rng, numbers = (8 if is_quick else 1), random.Random(SEED), count()
    with Nursery() as nursery:
        points = matrix.every_point(folder / "traced", nursery)
    troubles = list(every_trouble(places=1 if is_quick else 3))[::step]

    def new() -> Path:
        return folder / str(next(numbers))

    with matrix.nurseries(workers) as each:
        once = each(lambda nursery, point: matrix.killed_at(point, new(), nursery), points[::step])
        in_flight = [one.name for one in once if one.was_in_flight]
        hidden = each(lambda nursery, point: matrix.killed_unlisted(point, new(), nursery), in_flight)
        seconds = [(point, rng.randrange(1, 300)) for point in (*points[:: 2 * step], *in_flight)]
        double = each(lambda nursery, at: matrix.killed_twice(*at, new(), nursery), seconds)
        both = each(lambda nursery, point: matrix.resumed_by_two(point, new(), nursery), points[:: 4 * step])
        troubled = each(lambda nursery, trouble: suffered(trouble, new(), nursery), troubles)
    told = [*once, *hidden, *double, *both]
    charged = [one for one in (*once, *both) if one.was_charged]  # of two kills, the second may be in another call
    return {
        "bench": "money",
        "points of a run": len(points),
        "kills": sum(one.kills for one in told),
        "troubles": len(troubled),
        "table": {
            "killed once": _row(once),
            "killed once, and the service lists nothing": _row(hidden),
            "killed, and its resume too": _row(double),
            "killed, then two resumes at once": _row(both),
            "trouble between run and service": _ended(one.code for one in troubled),
        },
        "charged in flight, and listed": len(charged),
        "of those uncertain": sum(one.code == 3 for one in charged),
        "points not passed again": sum(one.kills == 0 for one in once),
        "broken promises": [[one.name, *one.problems] for one in told if one.problems]
        + [[one.name, *one.problems] for one in troubled if one.problems],
        "seconds": round(time.perf_counter() - began, 1),
    }


def _row(told: Sequence[matrix.Told]) -> dict[str, int]:
    return {
        "runs": len(told),
        "kills": sum(one.kills for one in told),
        "with a call in flight": sum(one.was_in_flight for one in told),
        **_ended(one.code for one in told),
        "broken promises": sum(bool(one.problems) for one in told),
    }


def _ended(codes: Iterable[int]) -> dict[str, int]:
    words = {0: "completed", 3: "uncertain"}
    return dict(sorted(Counter(words.get(code, f"code {code}") for code in codes).items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every eighth point and trouble")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--dir", default=".", help="where the runs are kept meanwhile; a RAM disk is quicker")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-money-", dir=asked.dir) as scratch:
        result = measure(Path(scratch).resolve(), is_quick=asked.quick, workers=asked.workers)
    print(json.dumps(result, indent=1))
    sys.exit(1 if result["broken promises"] else 0)
