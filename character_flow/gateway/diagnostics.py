"""Why nothing moves: the questions of the manual's troubleshooting section, answered from the files themselves."""

import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import StreamError
from character_flow.gateway.standing import Writer
from character_flow.gateway.writers import writer_of
from character_flow.snapshot import Snapshot
from character_flow.stream.journal import last_event
from character_flow.stream.reading import observe, place_of, read_snapshot
from character_flow.stream.stream import RunFolder, Stream


def diagnosis(where: Stream | RunFolder, *, clients: int, is_told: bool) -> dict[str, JsonValue]:
    """What there is, how old it is, who writes it, what may be done; `is_told`: the system tells of changes."""
    path = where.page if isinstance(where, Stream) else where.snapshot
    snapshot, problem = _snapshot(where)
    run = where if isinstance(where, RunFolder) else place_of(where.folder).run_of(snapshot)
    last = last_event(run.journal) if run is not None else None
    writer = writer_of(run) if run is not None else Writer()
    found = _file(path)
    answers: list[JsonValue] = [
        {"question": question, "answer": answer, "ok": ok}
        for question, answer, ok in _answers(path, found, snapshot, writer, problem)
    ]
    return {
        "path": str(path),
        "folder": str(path.parent),
        **found,
        "problem": problem,
        "writer": writer.to_json(),
        "last_seq": last.seq if last is not None else None,
        "cursor": snapshot.cursor,
        "run_id": snapshot.run_id,
        "clients": clients,
        "watching": "notify" if is_told else "looking",
        "answers": answers,
    }


def _snapshot(where: Stream | RunFolder) -> tuple[Snapshot, str | None]:
    folder = where.folder if isinstance(where, Stream) else where.path
    try:
        return observe(read_snapshot(folder), where), None
    except StreamError as error:
        return Snapshot(), str(error)


def _file(path: Path) -> dict[str, JsonValue]:
    """What stands at a path, and what this process may do there."""
    try:
        status = path.stat()
    except OSError:
        may = os.access(path.parent, os.W_OK | os.X_OK)
        return {"exists": False, "kind": "missing", "bytes": None, "age_s": None, "modified_at": None,
                "readable": False, "writable": may}  # fmt: skip
    return {
        "exists": True,
        "kind": "folder" if stat.S_ISDIR(status.st_mode) else "file",
        "bytes": status.st_size,
        "age_s": round(max(0.0, time.time() - status.st_mtime), 1),
        "modified_at": datetime.fromtimestamp(status.st_mtime, UTC).isoformat(),
        "readable": os.access(path, os.R_OK),
        "writable": os.access(path.parent, os.W_OK | os.X_OK),
    }


def _answers(
    path: Path, found: dict[str, JsonValue], snapshot: Snapshot, writer: Writer, problem: str | None
) -> Iterator[tuple[str, str, bool]]:
    name = path.name
    if found["exists"]:
        yield f"Does {name} exist?", f"Yes, {found['bytes']} bytes, changed {found['age_s']} s ago.", True
    else:
        yield f"Does {name} exist?", f"No. It appears in {path.parent} when a run starts: python main.py", False
    if problem is not None:
        yield "Can it be read?", problem, False
    elif found["exists"]:
        yield "Can it be read?", f"Yes, it stands at event {snapshot.seq}.", True
    yield _running(snapshot, writer)
    if found["writable"]:
        yield "May this viewer write here?", "Yes: Clear Stream, Resume and the rest can work.", True
    else:
        yield "May this viewer write here?", f"No right to write in {path.parent}; it only looks on.", False


def _running(snapshot: Snapshot, writer: Writer) -> tuple[str, str, bool]:
    question = "Is the plan's process running?"
    if snapshot.outcome == "lost":
        return question, f"No. {snapshot.error}", False
    if snapshot.status != "running":
        return question, f"It need not: the plan is {snapshot.status}.", True
    if writer.kind == "none":
        return question, "Nobody says so: this file is written by something else than this program.", True
    if writer.stale:
        return question, f"{writer.who} gives no sign of life since {writer.pulse_at}.", False
    return question, f"Yes, {writer.who}.", True
