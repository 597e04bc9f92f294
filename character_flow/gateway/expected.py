"""How long it will take: what earlier runs of the same plan took."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from statistics import median

from pydantic import JsonValue

from character_flow.errors import StreamError
from character_flow.snapshot import Snapshot
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream

_LOOKED_AT = 40
_COUNTED = 10


def expected_times(run: RunFolder) -> dict[str, JsonValue] | None:
    """Medians of the latest completed runs of the same plan, `{"wall_s": s, "steps": {name: s}}`; None without any."""
    earlier = list(islice(_completed_before(run), _COUNTED))
    if not earlier:
        return None
    took: dict[str, list[float]] = defaultdict(list)
    for snapshot in earlier:
        for row in snapshot.steps:
            if row.status == "completed" and row.duration_s is not None and row.reused_from is None:
                took[row.name].append(row.duration_s)
    walls = [snapshot.duration_s for snapshot in earlier if snapshot.duration_s is not None]
    steps: dict[str, JsonValue] = {name: round(median(durations), 3) for name, durations in took.items()}
    return {"wall_s": round(median(walls), 3) if walls else None, "steps": steps}


def _completed_before(run: RunFolder) -> Iterator[Snapshot]:
    plan = _plan_part(run)
    same_plan = (other for other in run_folders(Stream(run.path.parent.parent)) if _plan_part(other) == plan)
    for other in islice(same_plan, _LOOKED_AT):
        if other == run:
            continue
        try:
            snapshot = read_snapshot(other.snapshot)
        except StreamError:
            continue
        if snapshot.status == "completed":
            yield snapshot


def _plan_part(run: RunFolder) -> str:
    """The plan's name inside a run's id, so that no file is opened for the runs of other plans."""
    return run.id.split("-", 1)[1].rpartition("-")[0]
