"""Which runs there are, as rows of a list: what a person chooses a run by, read again only where it changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from pydantic import JsonValue

from character_flow.archive import is_pinned
from character_flow.snapshot import Snapshot
from character_flow.stream.runs import run_folders, seen
from character_flow.stream.stream import RunFolder, Stream

STATES: Mapping[str, str] = {
    "running": "Running",
    "waiting": "Waiting",
    "success": "Completed",
    "completed_with_issues": "Completed with issues",
    "failed": "Failed",
    "uncertain": "Uncertain",
    "cancelled": "Cancelled",
    "lost": "Lost",
    "unreadable": "Unreadable",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list. `state` is a key of STATES; `thumbnail` the path of a picture in the run's folder."""

    id: str
    plan: str
    title: str
    state: str
    started_at: str | None
    duration_s: float | None
    cost_usd: float | None
    steps: int
    error: str | None
    thumbnail: str | None
    pinned: bool = False

    @property
    def label(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def is_over(self) -> bool:
        """Whether its end is written; a lost run has none."""
        return self.state not in ("running", "waiting", "lost", "unreadable")

    def to_json(self) -> dict[str, JsonValue]:
        """As the list in the browser reads it."""
        picture = file_url(self.id, self.thumbnail) if self.thumbnail else None
        return {**asdict(self), "label": self.label, "thumbnail": picture}


def file_url(run_id: str, path: str) -> str:
    """Where the server gives a file of a run, from the server's root."""
    return f"/plan/runs/{quote(run_id)}/files/{quote(path)}"


_Stamp = tuple[int, int, int]
_known: dict[Path, tuple[_Stamp, RunRow]] = {}


def run_rows(stream: Stream) -> tuple[RunRow, ...]:
    """All runs: pinned ones first, then newest first. StreamError when the folder of runs cannot be listed."""
    folders = run_folders(stream)
    rows = [run_row(run) for run in folders]
    _forget(stream, folders)
    return tuple(sorted(rows, key=lambda row: not row.pinned))


def run_row(run: RunFolder) -> RunRow:
    """One run as a row. What has ended is read once, until its file changes: thousands are listed in no time."""
    stamp = _stamp(run.snapshot)
    known = _known.get(run.path)
    if known is not None and known[0] == stamp:
        row = known[1]
    else:
        row = _row(seen(run), run)
        if stamp is not None and row.is_over:
            _known[run.path] = (stamp, row)
    return RunRow(**{**asdict(row), "pinned": is_pinned(run)})


def state_of_snapshot(snapshot: Snapshot) -> tuple[str, str]:
    """A key of STATES and its words."""
    unreadable = snapshot.status == "error" and snapshot.outcome is None and not snapshot.plan_name
    told = "unreadable" if unreadable else snapshot.outcome or snapshot.status
    state = _STATE_OF_STATUS.get(told, told)
    return state, STATES[state]


def _row(snapshot: Snapshot, run: RunFolder) -> RunRow:
    pictures = [artifact.path for artifact in snapshot.artifacts if artifact.kind == "image"]
    return RunRow(
        id=run.id,
        plan=snapshot.plan_id or run.id[17:-7],
        title=snapshot.plan_name or snapshot.plan_id or run.id[17:-7],
        state=state_of_snapshot(snapshot)[0],
        started_at=snapshot.started_at,
        duration_s=snapshot.duration_s,
        cost_usd=snapshot.cost_usd,
        steps=snapshot.total_steps,
        error=snapshot.error,
        thumbnail=pictures[0] if pictures else None,
    )


# A snapshot written by somebody else's hooks has a status and no outcome.
_STATE_OF_STATUS = {"completed": "success", "error": "failed"}


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _forget(stream: Stream, folders: Iterable[RunFolder]) -> None:
    """Runs that are gone take no memory."""
    gone = {path for path in tuple(_known) if path.parent == stream.runs} - {run.path for run in folders}
    for path in gone:
        _known.pop(path, None)


def filtered(
    rows: Iterable[RunRow], *, text: str = "", plan: str | None = None, state: str | None = None
) -> list[RunRow]:
    """The rows of a plan, in a state, that hold every word of `text` somewhere, whatever its case."""
    words = text.casefold().split()
    return [
        row
        for row in rows
        if plan in (None, row.plan)
        and state in (None, row.state)
        and all(word in f"{row.id} {row.title} {row.label} {row.error or ''}".casefold() for word in words)
    ]
