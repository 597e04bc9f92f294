"""What a run made: its files, whole outputs, journal and zip, as a browser may have them.

Nothing here is ever run by a browser as a page of ours: only media and plain text are shown, all else is a download.
"""

import json
import os
import re
import tempfile
from itertools import islice
from pathlib import Path

from pydantic import JsonValue
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from character_flow.archive import export_run
from character_flow.errors import StreamError
from character_flow.json_text import to_json_bytes
from character_flow.snapshot import Snapshot
from character_flow.stream.files import refusals
from character_flow.stream.journal import last_event
from character_flow.stream.journal_line import decode_line
from character_flow.stream.reading import folded, read_snapshot
from character_flow.stream.stream import RunFolder, read_output

SHOWN = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
    ".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime",
    ".mp3": "audio/mpeg", ".wav": "audio/wav", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".flac": "audio/flac",
    ".txt": "text/plain", ".md": "text/plain", ".srt": "text/plain", ".vtt": "text/vtt", ".csv": "text/plain",
    ".json": "application/json", ".yaml": "text/plain", ".yml": "text/plain",
}  # fmt: skip
_OPEN = ("artifacts", "inputs", "outcomes")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
}
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
PAGE = 200


def run_file(run: RunFolder, name: str, *, download: bool) -> Response:
    """A file of a run, with ranges. StreamError when it is none that may be seen: nothing outside the run's folder."""
    path = _inside(run, name)
    media_type = SHOWN.get(path.suffix.lower())
    headers = dict(_HEADERS)
    if download or media_type is None:
        headers["content-disposition"] = f'attachment; filename="{_ODD.sub("_", path.name)}"'
    return FileResponse(path, media_type=media_type or "application/octet-stream", headers=headers)


def _inside(run: RunFolder, name: str) -> Path:
    path, root = file_inside(run.path, name), Path(os.path.realpath(run.path))
    if path is None or not (path == root / "plan.yaml" or any(path.is_relative_to(root / open_) for open_ in _OPEN)):
        raise StreamError(f"run {run.id} has no file {name[:200]!r}", path=run.path)
    return path


def file_inside(folder: Path, name: str) -> Path | None:
    """The file a name leads to, by whatever way; None when there is none that may be read, or it lies outside."""
    if "\0" in name:
        return None
    root = os.path.realpath(folder)
    path = Path(os.path.realpath(os.path.join(root, name)))
    is_there = path.is_relative_to(root) and os.path.isfile(path) and os.access(path, os.R_OK)
    return path if is_there else None


def run_output(run: RunFolder, number: int, *, download: bool) -> Response:
    """The whole output of a step, `{"value": ...}`; as a download a text as it is, else JSON."""
    snapshot = _newest(run)
    rows = [row for row in snapshot.steps if row.step_number == number]
    if not rows:
        raise StreamError(f"run {run.id} has no step {number}", path=run.path)
    row = rows[0]
    value: JsonValue = read_output(run, row.output_ref) if row.output_ref is not None else row.output
    if not download:
        return Response(b'{"value":' + to_json_bytes(value) + b"}", media_type="application/json", headers=_HEADERS)
    is_text = isinstance(value, str)
    content = value.encode(errors="replace") if isinstance(value, str) else json.dumps(value, indent=2).encode()
    name = f"{_ODD.sub('_', row.name) or number}.{'txt' if is_text else 'json'}"
    headers = _HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/plain" if is_text else "application/json", headers=headers)


def _newest(run: RunFolder) -> Snapshot:
    """A page hears of an output from the journal, a moment before it stands in snapshot.json."""
    try:
        snapshot = read_snapshot(run.snapshot)
    except StreamError:
        return folded(run.journal)
    last = last_event(run.journal)
    return snapshot if last is not None and snapshot.cursor == last.cursor else folded(run.journal)


def run_journal(run: RunFolder, *, after: int, limit: int) -> Response:
    """Lines of a journal after a seq: `{"events": [...], "next": seq, "end": whether that was all}`."""
    lines: list[bytes] = []
    with refusals(run.journal), run.journal.open("rb") as file:
        for line in islice(file, max(after, 0), max(after, 0) + min(max(limit, 1), 1_000)):
            try:
                decode_line(line)
            except ValueError:
                break  # the last line may still be in the making
            lines.append(line.rstrip(b"\n"))
        is_end = not file.readline().endswith(b"\n") if lines else True
    following = max(after, 0) + len(lines)
    tail = b'],"next":%d,"end":%s}' % (following, b"true" if is_end else b"false")
    return Response(b'{"events":[' + b",".join(lines) + tail, media_type="application/json", headers=_HEADERS)


def run_zip(run: RunFolder) -> Response:
    """The run as one zip, made aside and removed when it was sent."""
    descriptor, name = tempfile.mkstemp(suffix=".zip")
    os.close(descriptor)
    path = Path(name)
    try:
        with path.open("wb") as file:
            export_run(run, file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return FileResponse(
        path,
        media_type="application/zip",
        filename=f"{run.id}.zip",
        headers=_HEADERS,
        background=BackgroundTask(path.unlink),
    )


def whole_frame(content: bytes) -> Response:
    """A frame as the answer to one question."""
    return Response(content, media_type="application/json", headers=_HEADERS)


def as_json(value: JsonValue, *, status: int = 200) -> Response:
    """A JSON answer that is kept nowhere."""
    return Response(to_json_bytes(value), status_code=status, media_type="application/json", headers=_HEADERS)
