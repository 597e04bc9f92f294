"""Which runs are there: all of them, newest first, and the one a person means by a part of its id."""

import difflib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from character_flow.errors import StreamError, UsageError
from character_flow.snapshot import Snapshot
from character_flow.stream.files import refusals
from character_flow.stream.reading import folded, observe, read_snapshot
from character_flow.stream.stream import RUN_ID, RunFolder, Stream


def list_runs(stream: Stream) -> tuple[Snapshot, ...]:
    """Every run as a reader sees it, newest first. One that cannot be read is there too, as an error that says why."""
    return tuple(seen(run) for run in run_folders(stream))


def seen(run: RunFolder) -> Snapshot:
    """How one run stands, as a reader may say it; one that cannot be read is an error that says why."""
    try:
        return observe(_kept_snapshot(run) or _from_journal(run), run)
    except StreamError as error:
        return Snapshot(status="error", run_id=run.id, plan_run_id=run.id, run_dir=f"runs/{run.id}", error=str(error))


def _kept_snapshot(run: RunFolder) -> Snapshot | None:
    """What snapshot.json says; None when it says nothing of this run: it is only a view, the journal knows."""
    with suppress(StreamError):
        snapshot = read_snapshot(run.snapshot)
        return snapshot if snapshot.run_id == run.id else None
    return None


def _from_journal(run: RunFolder) -> Snapshot:
    snapshot = folded(run.journal)
    if snapshot.run_id:
        return snapshot
    raise StreamError(
        f"{run.journal}: its first line cannot be read; nothing of this run can be shown", path=run.journal
    )


def run_folders(stream: Stream) -> tuple[RunFolder, ...]:
    """The folders of all runs, newest first."""
    found: list[tuple[str, int, str]] = []
    with refusals(stream.runs), suppress(FileNotFoundError):
        for path in stream.runs.iterdir():
            if RUN_ID.fullmatch(path.name):
                found.append((path.name[:16], _made_at(path), path.name))
    return tuple(RunFolder(stream.runs / name) for _second, _made, name in sorted(found, reverse=True))


def _made_at(run: Path) -> int:
    """Orders runs of the same second: inputs.json is written once, when a run is made."""
    try:
        return (run / "inputs.json").stat().st_mtime_ns
    except OSError:
        return 0


def find_run(stream: Stream, text: str) -> RunFolder:
    """The run meant by its id, the only one that begins or ends with `text`, or "last". UsageError for none or many."""
    runs = run_folders(stream)
    if not runs:
        raise UsageError(f"{stream.runs}: there are no runs yet")
    if text == "last":
        return runs[0]
    wanted = Path(text).name
    ids = [run.id for run in runs]
    matching = [run_id for run_id in ids if run_id == wanted] or [
        run_id for run_id in ids if wanted and (run_id.startswith(wanted) or run_id.endswith(wanted))
    ]
    if len(matching) == 1:
        return stream.run(matching[0])
    raise UsageError(_which(text, matching, ids))


def _which(text: str, matching: Sequence[str], ids: Sequence[str]) -> str:
    if matching:
        more = ", ..." if len(matching) > 3 else ""
        return f"{len(matching)} runs are meant by {text!r}: {', '.join(matching[:3])}{more}"
    near = difflib.get_close_matches(text, [*ids, *(run_id[-6:] for run_id in ids)], n=1, cutoff=0.5)
    return f"there is no run {text!r}; did you mean {near[0] if near else ids[0]!r}?"


_CALL = re.compile(rb'"type":"prediction_(intended|submitted)","step":(\d+),.*?"call":(\d+)(?:,"id":"([^"\\]*)")?')


def claimed_predictions(stream: Stream) -> frozenset[str]:
    """The ids of all predictions that some run here has called its own; what cannot be read claims nothing."""
    claimed: set[bytes] = set()
    for run in run_folders(stream):
        with suppress(OSError), run.journal.open("rb") as file:
            claimed.update(_claimed(file))
    return frozenset(claim.decode(errors="replace") for claim in claimed)


def _claimed(lines: Iterable[bytes]) -> set[bytes]:
    """The ids in a journal. One that a person has mended is not claimed: the last id of a call counts."""
    claimed: set[bytes] = set()
    newest: dict[tuple[bytes, bytes], bytes] = {}
    for line in lines:
        found = _CALL.search(line)
        if found is None:
            continue
        what, step, call, claim = found.groups()
        if what == b"intended" and (step, call) in newest:
            claimed.add(newest.pop((step, call)))
        elif claim is not None:
            newest[step, call] = claim
    return claimed.union(newest.values())
