"""Where everything is: the paths of a stream and of its runs, and how a run comes into being.

A run is made under a temporary name and renamed when it is whole, so that nobody ever sees half a run.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import StreamError, UsageError
from character_flow.events import Fact, PlanCompleted, PlanStarted, StepCompleted, StepReused
from character_flow.stream.files import (
    TEMP_PREFIX,
    is_temp_name,
    keep_bytes,
    keep_copy,
    make_folder,
    refusals,
    sync_folder,
)
from character_flow.stream.journal import Journal, utc_now
from character_flow.stream.journal_line import decode_line
from character_flow.stream.liveness import this_process, write_owner

RUN_ID = re.compile(r"\d{8}T\d{6}Z-[A-Za-z0-9][A-Za-z0-9_.-]{0,63}-[0-9a-f]{6}")

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_OUTCOME = re.compile(r"outcomes/[a-z0-9_]+-\d+\.json")
_JOURNAL_LINE = re.compile(r"journal\.jsonl#(\d+)")
_ABANDONED_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def plan(self) -> Path:
        """The plan as executed."""
        return self.path / "plan.yaml"

    @property
    def inputs_json(self) -> Path:
        """What the user gave, and the hashes of the copies."""
        return self.path / "inputs.json"

    @property
    def inputs(self) -> Path:
        """The folder of every picture and file given, copied."""
        return self.path / "inputs"

    @property
    def journal(self) -> Path:
        """The truth: one event a line."""
        return self.path / "journal.jsonl"

    @property
    def snapshot(self) -> Path:
        """The fold of the journal."""
        return self.path / "snapshot.json"

    @property
    def lock(self) -> Path:
        """The right to write this run; never deleted."""
        return self.path / "lock"

    @property
    def owner(self) -> Path:
        """Who holds the lock."""
        return self.path / "owner.json"

    @property
    def inbox(self) -> Path:
        """The folder of commands, one file each."""
        return self.path / "inbox"

    @property
    def outcomes(self) -> Path:
        """The folder of outputs too big for a journal line."""
        return self.path / "outcomes"

    @property
    def artifacts(self) -> Path:
        """The folder of what the steps make, one folder an attempt."""
        return self.path / "artifacts"

    @property
    def log(self) -> Path:
        """What a run in the background printed."""
        return self.path / "run.log"

    @property
    def reserve(self) -> Path:
        """Room on the disk for the last words of a run."""
        return self.path / "reserve"


@dataclass(frozen=True, slots=True)
class Stream:
    """The paths of a stream: the page on which a run is shown live, and all runs."""

    folder: Path

    @property
    def page(self) -> Path:
        """The snapshot of the run that publishes here."""
        return self.folder / "plan_stream.json"

    @property
    def page_lock(self) -> Path:
        """The right to write the page; never deleted."""
        return self.folder / "plan_stream.lock"

    @property
    def page_owner(self) -> Path:
        """Who holds that right."""
        return self.folder / "plan_stream.owner.json"

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.folder / "runs"

    @property
    def claims_lock(self) -> Path:
        """The right to call a prediction of nobody's one's own; never deleted."""
        return self.runs / ".claims.lock"

    @property
    def cache(self) -> Path:
        """The folder of results that may be used again."""
        return self.folder / "cache"

    def run(self, run_id: str) -> RunFolder:
        """The paths of a run, existing or not; UsageError when this cannot be a run's id."""
        if not RUN_ID.fullmatch(run_id):
            raise UsageError(f"{run_id!r} is not the id of a run; ids look like 20261120T210530Z-ugc_ad-3f9a1c")
        return RunFolder(self.runs / run_id)


def new_run_id(plan_id: str, *, now: datetime | None = None, token: str | None = None) -> str:
    """An id that sorts by time: `20261120T210530Z-ugc_ad-3f9a1c`. `token` is six hex digits."""
    moment = (now or utc_now()).astimezone(UTC)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", plan_id).lstrip("_.-")[:64] or "plan"
    return f"{moment:%Y%m%dT%H%M%SZ}-{name}-{token or secrets.token_hex(3)}"


def create_run(
    stream: Stream,
    run_id: str,
    *,
    plan_text: str,
    inputs: bytes,
    files: Mapping[str, bytes | Path],
    first: Fact,
    durable: bool,
    now: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
) -> Journal:
    """Make a run: plan, inputs, reserve and first event are durable, and so is every name, when this returns.

    `files` are kept in `inputs/` under their keys. A run whose first event is `plan_started` is owned by this process
    from the moment it can be seen; take its lock next. Raises StreamError or DurabilityError, and leaves nothing.
    """
    run = stream.run(run_id)
    journal: Journal | None = None
    new = half_made_run(stream, durable=durable)
    try:
        keep_bytes(new.plan, plan_text.encode(), durable=durable)
        keep_bytes(new.inputs_json, inputs, durable=durable)
        _keep_files(new.inputs, files, durable=durable)
        journal = Journal.create(new.journal, durable=durable, now=now, monotonic=monotonic)
        journal.append(first)
        if isinstance(first, PlanStarted):
            write_owner(new.owner, this_process(run_id, journal.epoch, now=now))
        put_in_place(new, run, durable=durable)
    except BaseException:
        if journal is not None:
            journal.close()
        shutil.rmtree(new.path, ignore_errors=True)
        raise
    journal.moved(run.journal)
    return journal


def _keep_files(folder: Path, files: Mapping[str, bytes | Path], *, durable: bool) -> None:
    for name, source in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot be the name of an input file; letters, digits and _.- can")
        if isinstance(source, Path):
            keep_copy(folder / name, source, durable=durable)
        else:
            keep_bytes(folder / name, source, durable=durable)


def half_made_run(stream: Stream, *, durable: bool) -> RunFolder:
    """The empty folders of a run that nobody sees yet; `put_in_place` gives it its name once it is whole."""
    make_folder(stream.runs, durable=durable)
    if durable:
        sync_folder(stream.folder)  # whoever made runs/ may have been killed before he could do this
    _remove_abandoned(stream.runs)
    new = RunFolder(stream.runs / (TEMP_PREFIX + secrets.token_hex(8)))
    try:
        for folder in (new.path, new.inputs, new.inbox, new.outcomes, new.artifacts):
            make_folder(folder, durable=False)
    except BaseException:
        shutil.rmtree(new.path, ignore_errors=True)
        raise
    return new


def take_away(run: RunFolder) -> Path:
    """Rename a run out of the sight of all readers; returns where its files are now, for who removes them."""
    gone = run.path.with_name(TEMP_PREFIX + secrets.token_hex(8))
    with refusals(run.path):
        os.rename(run.path, gone)
    sync_folder(gone.parent)
    return gone


def put_in_place(new: RunFolder, run: RunFolder, *, durable: bool) -> None:
    """Give a half-made run its name. StreamError when there is a run of that name already."""
    if durable:
        sync_folder(new.path)
    if os.path.exists(run.path):
        raise StreamError(f"{run.path}: there is a run with this id already", path=run.path)
    with refusals(run.path):
        os.rename(new.path, run.path)
    if durable:
        sync_folder(run.path.parent)


def _remove_abandoned(runs: Path) -> None:
    """Half-made runs of processes that were killed a day ago or more; nothing was ever executed in them."""
    with suppress(OSError), os.scandir(runs) as entries:
        for entry in entries:
            if is_temp_name(entry.name) and time.time() - entry.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(entry.path, ignore_errors=True)


def keep_outcome(run: RunFolder, name: str, *, attempt: int, content: bytes, durable: bool) -> str:
    """Keep an output too big for a journal line; returns its `output_ref`, e.g. `outcomes/video-1.json`."""
    make_folder(run.outcomes, durable=durable)
    ref = f"outcomes/{name}-{attempt}.json"
    keep_bytes(run.path / ref, content, durable=durable)
    return ref


def read_output(run: RunFolder, ref: str) -> JsonValue:
    """The whole value an `output_ref` points to: `outcomes/<step>-<attempt>.json` or `journal.jsonl#<seq>`.

    Reads the journal up to that line; who needs many outputs reads the events once. StreamError when it is not there.
    """
    if _OUTCOME.fullmatch(ref):
        return _read_outcome(run.path / ref)
    line = _JOURNAL_LINE.fullmatch(ref)
    if line is None:
        raise StreamError(f"{run.path}: {ref!r} is not the place of an output", path=run.path)
    return _read_line_output(run, int(line[1]))


def _read_outcome(path: Path) -> JsonValue:
    with refusals(path):
        text = path.read_bytes()
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StreamError(f"{path}: it is not JSON: {error}", path=path) from None
    return value


def _read_line_output(run: RunFolder, seq: int) -> JsonValue:
    with refusals(run.journal), run.journal.open("rb") as file:
        line = next(islice(file, seq - 1, None), b"") if seq else b""
    try:
        event = decode_line(line)
    except ValueError as error:
        raise StreamError(f"{run.journal}:{seq}: {error}", path=run.journal) from None
    if event.seq != seq or not isinstance(event.fact, StepCompleted | StepReused | PlanCompleted):
        raise StreamError(f"{run.journal}:{seq}: no output stands here", path=run.journal)
    return event.fact.output
