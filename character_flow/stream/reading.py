"""How does it stand: the snapshot a reader sees, whichever path it was given, and what it says of a lost run."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from character_flow.board import Board
from character_flow.errors import StreamError
from character_flow.events import SCHEMA_VERSION, PlanEnd
from character_flow.snapshot import Snapshot
from character_flow.stream.files import refusal
from character_flow.stream.journal import last_event, read_events
from character_flow.stream.liveness import state_of
from character_flow.stream.stream import RUN_ID, RunFolder, Stream


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to: a run, or a page, which is a snapshot file that shows one run after the other."""

    page: Path
    run: RunFolder | None

    def run_of(self, snapshot: Snapshot) -> RunFolder | None:
        """The run whose journal is behind a snapshot read here; None when it is somebody else's snapshot."""
        if self.run is not None:
            return self.run
        if not RUN_ID.fullmatch(snapshot.run_id):
            return None
        run = Stream(self.page.parent).run(snapshot.run_id)
        return run if os.path.exists(run.journal) else None


def place_of(path: Path) -> Place:
    """What is at a path: a stream's folder, its plan_stream.json, a run's folder, or its snapshot.json."""
    is_file = path.suffix == ".json" and not os.path.isdir(path)
    if is_file or path.name in ("plan_stream.json", "snapshot.json"):
        folder = path.parent
        return Place(path, RunFolder(folder) if os.path.exists(folder / "journal.jsonl") else None)
    if os.path.exists(path / "journal.jsonl") or RUN_ID.fullmatch(path.name):
        return Place(path / "snapshot.json", RunFolder(path))
    return Place(path / "plan_stream.json", None)


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot at a path: a stream's folder, its plan_stream.json, a run's folder, or its snapshot.json.

    Nothing there yet: `Snapshot()`, waiting. A snapshot of a newer schema is given as far as it can be read, with its
    `schema_version`: show it, never resume it. StreamError, in one line, for what is no snapshot.
    """
    place = place_of(path)
    try:
        return parse_snapshot(place.page.read_bytes(), place.page)
    except FileNotFoundError:
        has_journal = place.run is not None and os.path.exists(place.run.journal)
        return folded(place.page.with_name("journal.jsonl")) if has_journal else Snapshot()
    except OSError as error:
        raise refusal(error, place.page) from error


def parse_snapshot(content: bytes, path: Path) -> Snapshot:
    """The snapshot in these bytes, read from `path`. StreamError, in one line, when there is none."""
    if not content.strip():
        raise StreamError(f"{path}: it is empty; the next run writes it anew, `clear` removes it", path=path)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StreamError(f"{path}: it is not whole JSON: {error}", path=path) from None
    if not isinstance(value, dict) or "status" not in value:
        raise StreamError(f"{path}: it is not a snapshot: a JSON object with a status belongs here", path=path)
    try:
        return Snapshot.model_validate(value)
    except ValidationError as error:
        raise StreamError(f"{path}: {_why_no_snapshot(value, error)}", path=path) from None


def _why_no_snapshot(value: dict[str, object], error: ValidationError) -> str:
    version = value.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return f"written by a newer version (schema {version}, this one reads {SCHEMA_VERSION}); use that one"
    first = error.errors()[0]
    return f"it is not a snapshot: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"


def folded(journal: Path) -> Snapshot:
    """The snapshot of all events that can be read in a journal, up to the first that cannot."""
    board = Board()
    for event in read_events(journal, strict=False):
        board.apply(event)
    return board.snapshot()


def observe(snapshot: Snapshot, where: Stream | RunFolder) -> Snapshot:
    """What a reader may say of a run: `snapshot`, unless its writer is surely gone and left it open.

    Then what the journal holds is shown, and where that has no plan end: error, `lost`, and how to go on. A run that is
    only queued, or whose holder is elsewhere, is never lost; nor is a snapshot written by somebody else's hooks.
    """
    run = where if isinstance(where, RunFolder) else Place(where.page, None).run_of(snapshot)
    if run is None or snapshot.is_over:
        return snapshot
    state = state_of(run.owner)
    last = last_event(run.journal) if state.kind in ("dead", "none") else None
    if last is None:
        return snapshot
    if last.seq > snapshot.seq:
        snapshot = folded(run.journal)
    if isinstance(last.fact, PlanEnd) or snapshot.status != "running":
        return snapshot
    who = f"pid {state.owner.pid}" if state.owner is not None else "the process that ran it"
    error = f"{who} is gone without ending the run; go on with `resume {run.id}`"
    return snapshot.model_copy(update={"status": "error", "outcome": "lost", "error": error})
