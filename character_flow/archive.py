"""How a run is kept, handed on and thrown away: written as a zip, taken in from one, deleted, pinned."""

import filecmp
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from character_flow.board import Board
from character_flow.errors import StreamBusyError, StreamError, UsageError
from character_flow.stream.clear import clear
from character_flow.stream.files import (
    BLOCK_BYTES,
    is_temp_name,
    keep_bytes,
    refusals,
    replace_written,
    sync_folder,
)
from character_flow.stream.journal import checked_events
from character_flow.stream.liveness import state_of
from character_flow.stream.locks import hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream, half_made_run, put_in_place, take_away
from character_flow.unpacking import PLACES, STORED_FROM_BYTES, may_be_named, unpack

_PACKED = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".m4a", ".mov", ".mp3", ".mp4", ".ogg", ".png", ".webm", ".webp",
                     ".zip"})  # fmt: skip
_ZIP64_BYTES = 1 << 30
_SILENT_S = 60.0


def export_run(run: RunFolder, target: Path | BinaryIO) -> None:
    """Write a run as a zip: the same bytes wherever the run lies, and while it goes on all up to its last whole line.

    A path is replaced at once when the zip is whole. Raises StreamError where a file cannot be read or written.
    """
    content = _Content(run)
    if isinstance(target, Path):
        replace_written(target, content.put_through, durable=True)
        sync_folder(target.parent)
    else:
        content.put(target)


class _Content:
    """What of a run goes into its zip: it stands as it did at the last whole line when this was made."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._board, self._journal_bytes, first_ts = Board(), 0, ""
        for event, end in checked_events(run.journal):
            first_ts = first_ts or event.ts
            self._board.apply(event)
            self._journal_bytes = end
        if not first_ts:
            raise StreamError(f"{run.journal}: it holds no event, there is nothing to export", path=run.journal)
        self._at = datetime.fromisoformat(first_ts)
        self._names = tuple(_names_in(run))

    def put_through(self, fd: int) -> None:
        """Write the zip through a descriptor, which stays open."""
        with os.fdopen(os.dup(fd), "wb") as file:
            self.put(file)

    def put(self, target: BinaryIO) -> None:
        """Write the zip."""
        with zipfile.ZipFile(target, "w") as archive:
            self._put_file(archive, "journal.jsonl", most=self._journal_bytes)
            # Not the file: that may be behind the journal, or ahead of the lines that were there when we began.
            snapshot = self._board.to_bytes()
            self._put(archive, "snapshot.json", io.BytesIO(snapshot), size=len(snapshot))
            for name in self._names:
                self._put_file(archive, name)

    def _put_file(self, archive: zipfile.ZipFile, name: str, *, most: int | None = None) -> None:
        path = self._run.path / name
        with refusals(path):
            source = path.open("rb")
        with source:
            size = os.fstat(source.fileno()).st_size
            self._put(archive, name, source, size=size if most is None else most)

    def _put(self, archive: zipfile.ZipFile, name: str, source: BinaryIO, *, size: int) -> None:
        """Copy `size` bytes into the zip; nothing in it tells where or when that was done."""
        entry = zipfile.ZipInfo(name, (max(1980, self._at.year), *self._at.timetuple()[1:6]))
        entry.create_system, entry.external_attr = 3, 0o644 << 16
        is_packed = Path(name).suffix.lower() in _PACKED or size >= STORED_FROM_BYTES
        entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=size >= _ZIP64_BYTES) as sink:
            while size:
                with refusals(self._run.path / name):
                    block = source.read(min(size, BLOCK_BYTES))
                if not block:
                    problem = "it became shorter while it was read; export the run again"
                    raise StreamError(f"{self._run.path / name}: {problem}", path=self._run.path / name)
                sink.write(block)
                size -= len(block)


def _names_in(run: RunFolder) -> Iterator[str]:
    """Every file of a run that goes with it, relative to its folder, in the order of the zip."""
    for name in PLACES.files:
        if name not in ("journal.jsonl", "snapshot.json"):
            yield name
    for folder in PLACES.folders:
        yield from sorted(_files_in(run.path, folder))


def _files_in(root: Path, folder: str) -> Iterator[str]:
    """The files below a folder; links are left out: what they lead to need not be of this run."""
    with suppress(FileNotFoundError), refusals(root / folder), os.scandir(root / folder) as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(root, name)
            elif entry.is_file(follow_symlinks=False) and not is_temp_name(entry.name):
                if not may_be_named(name):
                    problem = "no zip can carry this name to every system; rename the file, then export again"
                    raise StreamError(f"{root / name!r}: {problem}", path=root / name)
                yield name


def import_run(stream: Stream, source: Path | BinaryIO) -> RunFolder:
    """Make a run of a zip that `export_run` wrote, here or elsewhere; durable, and seen by nobody before it is whole.

    UsageError in one line for anything in it that is not as it should be, and for a run that is here already.
    """
    new = half_made_run(stream, durable=True)
    try:
        run = stream.run(unpack(source, new))
        if os.path.lexists(run.path):
            raise UsageError(_already_there(run, new))
        put_in_place(new, run, durable=True)
    except BaseException:
        shutil.rmtree(new.path, ignore_errors=True)
        raise
    return run


def _already_there(run: RunFolder, new: RunFolder) -> str:
    with suppress(OSError):
        if filecmp.cmp(run.journal, new.journal, shallow=False):
            return f"run {run.id} is already here, the same to the last event; nothing was changed"
    return f"{run.path}: another run has this id, its journal is a different one; nothing was changed"


def delete_run(run: RunFolder) -> None:
    """Remove a run and all its files. StreamBusyError naming its owner while it goes on.

    If the live page shows this run, and nobody publishes there, the page is cleared too.
    """
    if not os.path.isdir(run.path):
        raise UsageError(f"{run.path}: there is no such run")
    state = state_of(run.owner)
    is_far = state.kind == "unknown" and (state.silent_s is None or state.silent_s < _SILENT_S)
    if is_far or state.kind == "alive":
        problem = f"in use by {state.owner or 'another machine'}; cancel it first, then delete it"
        raise StreamBusyError(f"{run.path}: {problem}", path=run.path)
    held = hold_run(run)
    try:
        gone = take_away(run)
    finally:
        held.release()
    _clear_page_of(run)
    shutil.rmtree(gone, ignore_errors=True)
    if os.path.lexists(gone):
        problem = "the run is deleted, but some of its files could not be removed; remove this folder yourself"
        raise StreamError(f"{gone}: {problem}", path=gone)


def _clear_page_of(run: RunFolder) -> None:
    """A page that showed the run would go on saying of it what nobody can look up any more."""
    stream = Stream(run.path.parent.parent)
    with suppress(StreamError):  # another run publishes there by now, or what stands there is not ours
        if read_snapshot(stream.page).run_id == run.id:
            clear(stream)


def pin_run(run: RunFolder, *, pinned: bool) -> None:
    """Mark a run as one to keep in sight, or take the mark off. The mark is a reader's: no zip holds it."""
    if not os.path.isdir(run.path):
        raise UsageError(f"{run.path}: there is no such run")
    if pinned:
        keep_bytes(_mark(run), b"", durable=True)
        return
    with refusals(_mark(run)):
        _mark(run).unlink(missing_ok=True)
    sync_folder(run.path)


def is_pinned(run: RunFolder) -> bool:
    """Whether a run is marked so."""
    return os.path.exists(_mark(run))


def _mark(run: RunFolder) -> Path:
    return run.path / "pinned"
