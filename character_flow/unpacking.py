"""What may come out of a zip: a run is unpacked only as far as each name, size and checksum in it is as it should be.

Nothing in a zip from somebody else is trusted: not its names, not the sizes it declares, not what its journal says.
"""

import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from character_flow.board import Board
from character_flow.errors import StreamCorruptError, StreamError, UsageError
from character_flow.events import ArtifactMade, ArtifactRef, Event, PlanHead, StepReused
from character_flow.given import kept_inputs
from character_flow.stream.files import BLOCK_BYTES, keep_bytes, make_folder, replace_written, sync_folder, write_all
from character_flow.stream.journal import checked_events
from character_flow.stream.stream import RUN_ID, RunFolder

TOTAL_BYTES = 4 << 30
ENTRIES = 100_000
STORED_FROM_BYTES = 32 << 20
"""From this size on a file is not compressed, so that an honest zip never looks like one that explodes."""

_RATIO = 200
_HARMLESS_BYTES = 256 << 20
_ENCRYPTED = 0x1
_DEEPEST = 40
_NAME_BYTES = 255
_PATH_CHARS = 1_024
_DIRECTORY_BYTES = 64 << 20
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_UNSAFE_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')


@dataclass(frozen=True, slots=True)
class _Places:
    files: Sequence[str]
    folders: Sequence[str]


PLACES = _Places(("plan.yaml", "inputs.json", "journal.jsonl", "snapshot.json"), ("inputs", "outcomes", "artifacts"))
"""What of a run goes into a zip, and nothing else may be in one."""


def may_be_named(name: str) -> bool:
    """Whether a file of a run may have this name in a zip: relative, within the known places, safe on every system."""
    parts = name.split("/")
    if len(name) > _PATH_CHARS or len(parts) > _DEEPEST or _UNSAFE.search(name):
        return False
    if any(part in ("", ".", "..") or len(part.encode()) > _NAME_BYTES for part in parts):
        return False
    if os.name == "nt" and any(_UNSAFE_ON_WINDOWS.search(part) for part in parts):
        return False
    return name in PLACES.files if len(parts) == 1 else parts[0] in PLACES.folders


def unpack(source: Path | BinaryIO, new: RunFolder) -> str:
    """Unpack a run into an empty folder, every file durable, its snapshot made anew; returns its id.

    UsageError says in one line what is wrong with the zip.
    """
    title = str(source) if isinstance(source, Path) else str(getattr(source, "name", "the zip"))
    try:
        with _opened(source) as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, title, file.seek(0, os.SEEK_END))
            kept = {entry.filename: _unpacked(archive, entry, new, title) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error) as error:
        raise UsageError(f"{title}: it is not a whole zip: {error}; export the run again") from None
    except OSError as error:
        raise UsageError(f"{title}: cannot be read: {error.strerror or error}") from None
    run_id = _check_journal(new, kept, title)
    _check_inputs(new, kept, title)
    for folder, _folders, _files in os.walk(new.path):
        sync_folder(Path(folder))
    return run_id


class _Careful(io.BufferedReader):
    """A file that is never read in one huge piece: a zip says itself how long its list of names is."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its list of names is longer than {_DIRECTORY_BYTES >> 20} MB")
        return super().read(size)


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with _Careful(source.open("rb", buffering=0)) as file:
            yield file
    else:
        source.seek(0)
        file = _Careful(source)  # type: ignore[arg-type]  # any object with readinto() will do
        try:
            yield file
        finally:
            file.detach()  # it is the caller's to close


def _check_entries(entries: Sequence[zipfile.ZipInfo], title: str, zip_bytes: int) -> None:
    """Refuse a zip for what it says of itself, before anything is unpacked."""
    names = {entry.filename for entry in entries}
    if len(entries) > ENTRIES:
        raise UsageError(f"{title}: it holds {len(entries):,} files; a run may have {ENTRIES:,}")
    if len(names) < len(entries):
        twice = next(name for name, number in Counter(entry.filename for entry in entries).items() if number > 1)
        raise UsageError(f"{title}: {twice!r} is in it twice; a run's files have one name each")
    for entry in entries:
        problem = _problem_of(entry, names)
        if problem:
            raise UsageError(f"{title}: {entry.orig_filename[:200]!r}: {problem}")
    missing = [name for name in PLACES.files if name not in names and name != "snapshot.json"]
    if missing:
        raise UsageError(f"{title}: it holds no {missing[0]}; is this the zip of a run?")
    total = sum(entry.file_size for entry in entries)
    if total > TOTAL_BYTES:
        raise UsageError(f"{title}: unpacked it would have {total:,} bytes; a run may have {TOTAL_BYTES:,}")
    overlap = sum(entry.compress_size for entry in entries) > zip_bytes
    if overlap or (total > _HARMLESS_BYTES and total > _RATIO * zip_bytes):
        raise UsageError(f"{title}: {zip_bytes:,} bytes that would become {total:,}: no run is like that")


def _problem_of(entry: zipfile.ZipInfo, names: Collection[str]) -> str | None:
    if entry.filename != entry.orig_filename or not may_be_named(entry.filename):
        return "no file of a run has such a name; nothing was unpacked"
    if any(str(parent) in names for parent in PurePosixPath(entry.filename).parents):
        return "it lies in what is a file itself"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "it is a link or a device; a run holds files only"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted; export the run again"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way no export uses; export the run again"
    return None


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, new: RunFolder, title: str) -> str:
    """Unpack one file; returns the sha256 of its bytes."""
    path, digest = new.path / entry.filename, hashlib.sha256()
    make_folder(path.parent, durable=False)
    if os.path.lexists(path):  # where `A` and `a` are one name
        raise UsageError(f"{title}: {entry.filename!r}: this system has another file of that name already")

    def write(fd: int) -> None:
        for block in blocks:
            digest.update(block)
            write_all(fd, block)

    with archive.open(entry) as packed:
        blocks = _blocks(packed, title)
        replace_written(path, write, durable=True)
    return digest.hexdigest()


def _blocks(packed: IO[bytes], title: str) -> Iterator[bytes]:
    while True:
        try:
            block = packed.read(BLOCK_BYTES)
        except OSError as error:
            raise UsageError(f"{title}: cannot be read: {error.strerror or error}") from None
        if not block:
            return
        yield block


def _check_journal(new: RunFolder, kept: Mapping[str, str], title: str) -> str:
    """Hold the journal against itself and against the files it names; make the snapshot of it. Returns the run's id."""
    board, size, steps, named = Board(), 0, 0, dict[str, str]()
    run_id = ""
    try:
        for event, end in checked_events(new.journal):
            size = end
            if event.seq == 1:
                run_id, steps = _head_of(event, title)
            if event.step is not None and not 1 <= event.step <= steps:
                raise UsageError(f"{title}: line {event.seq} of its journal is about step {event.step} of {steps}")
            named |= {ref.path: ref.sha256 for ref in _artifacts_of(event)}
            board.apply(event)
    except StreamCorruptError as error:
        raise UsageError(f"{title}: line {error.line} of its journal is damaged; export the run again") from None
    if not size or size != new.journal.stat().st_size:
        raise UsageError(f"{title}: its journal is cut off after {size} bytes; export the run again")
    for path, sha256 in named.items():
        if not may_be_named(path) or "/" not in path:
            raise UsageError(f"{title}: its journal names a file outside of the run: {path[:200]!r}")
        if kept.get(path, sha256) != sha256:
            raise UsageError(f"{title}: {path!r} is not the file that its journal recorded; export the run again")
    keep_bytes(new.snapshot, board.to_bytes(), durable=True)
    return run_id


def _head_of(event: Event, title: str) -> tuple[str, int]:
    fact = event.fact
    if not isinstance(fact, PlanHead) or not fact.steps or not RUN_ID.fullmatch(fact.run_id):
        raise UsageError(f"{title}: its journal does not begin as that of a run; export the run again")
    return fact.run_id, len(fact.steps)


def _artifacts_of(event: Event) -> Sequence[ArtifactMade | ArtifactRef]:
    match event.fact:
        case ArtifactMade() as fact:
            return (fact,)
        case StepReused() as fact:
            return fact.artifacts
    return ()


def _check_inputs(new: RunFolder, kept: Mapping[str, str], title: str) -> None:
    try:
        _values, files = kept_inputs(new)
    except StreamError:
        raise UsageError(f"{title}: its inputs.json is damaged; export the run again") from None
    for name, record in files.items():
        path = f"inputs/{record.name}"
        if not may_be_named(path) or kept.get(path, record.sha256) != record.sha256:
            raise UsageError(f"{title}: {path[:200]!r} is not the file that input '{name}' was given")
