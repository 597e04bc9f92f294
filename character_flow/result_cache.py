"""What a paid call gave before: results kept for later runs under `<dir>/cache`, so that equal work is not paid twice.

An entry is a folder `<first two>/<key>` with `answer.json` and the files it names; it is written aside and renamed.
What cannot be read whole is removed. Nothing here ever stops a run: without an entry the call is made.
"""

import itertools
import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, JsonValue

from character_flow.errors import StreamError, UsageError
from character_flow.file_book import FileBook, renamed
from character_flow.json_text import canonical_json, to_json_bytes
from character_flow.paid import Hit, Result
from character_flow.stream.files import (
    TEMP_PREFIX,
    is_temp_name,
    keep_bytes,
    keep_link,
    make_folder,
    sync_folder,
)
from character_flow.tools.providers.base import Call

ANSWER = "answer.json"
_ABANDONED_S = 24 * 3600.0


class KeptFile(BaseModel):
    """A file of an entry: its name in the folder it was made in, how it is called here, and what it holds."""

    name: str
    kept_as: str
    kind: str
    sha256: str
    bytes: int


class Entry(BaseModel):
    """What `answer.json` says."""

    provider: str
    model: str
    content_key: str
    made_at: float
    id: str
    cost_usd: float | None
    text: str | None
    facts: dict[str, JsonValue]
    output: JsonValue
    files: tuple[KeptFile, ...]


def cache_key(provider: str, call: Call) -> str:
    """The name of an entry: equal for calls that would give the same."""
    return sha256(canonical_json([provider, call.model, call.content_key])).hexdigest()


class ResultCache:
    """The cache of one stream, as one run uses it. `closed_to` names the steps that are to be made anew."""

    def __init__(
        self,
        folder: Path,
        book: FileBook,
        *,
        closed_to: Collection[str] = (),
        durable: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._book, self._closed_to = folder, book, closed_to
        self._durable, self._now = durable, now

    def is_for(self, step: str) -> bool:
        """Whether the step of this name may take a result from here."""
        return step not in self._closed_to

    def find(self, provider: str, call: Call, folder: Path) -> Hit | None:
        """What an equal call gave, its files put into `folder`; an entry that does not fit is removed."""
        key = cache_key(provider, call)
        entry = self._entry(key)
        try:
            if not entry.is_dir():
                return None
            answer = Entry.model_validate_json((entry / ANSWER).read_bytes())
            if (answer.provider, answer.model, answer.content_key) != (provider, call.model, call.content_key):
                raise ValueError("it is of another call")
            files = tuple((_put(entry, kept, folder), kept.kind) for kept in answer.files)
        except (ValueError, FileNotFoundError):
            self._remove(entry)
            return None
        except (OSError, StreamError, UsageError):
            return None  # it may be whole: what failed is our disk
        places = {_mark(key, number): str(path) for number, (path, _kind) in enumerate(files)}
        result = Result(answer.id, answer.text, answer.facts, renamed(answer.output, places), files)
        return Hit(key, max(0.0, self._now() - answer.made_at), answer.cost_usd, result)

    def keep(self, provider: str, call: Call, result: Result, *, folder: Path, cost_usd: float | None) -> None:
        """Keep a result whose files lie in `folder`, in the place of an older one.

        What names another file of the run, or a secret, means something else in another run: it is not kept.
        """
        key = cache_key(provider, call)
        places = {str(path): _mark(key, number) for number, (path, _kind) in enumerate(result.files)}
        told: list[JsonValue] = [result.text, dict(result.facts), renamed(result.output, places)]
        if self._book.hashed(told) != told:
            return
        entry = self._entry(key)
        aside = entry.with_name(TEMP_PREFIX + secrets.token_hex(8))
        with suppress(OSError, StreamError, UsageError, ValueError):
            try:
                make_folder(aside, durable=self._durable)
                kept = tuple(
                    self._take_in(path, kind, number, folder=folder, aside=aside)
                    for number, (path, kind) in enumerate(result.files)
                )
                answer = Entry(
                    provider=provider,
                    model=call.model,
                    content_key=call.content_key,
                    made_at=self._now(),
                    id=result.id,
                    cost_usd=cost_usd,
                    text=result.text,
                    facts=dict(result.facts),
                    output=told[2],
                    files=kept,
                )
                keep_bytes(aside / ANSWER, to_json_bytes(answer.model_dump()) + b"\n", durable=self._durable)
                if entry.exists():
                    self._remove(entry)
                os.rename(aside, entry)
                if self._durable:
                    sync_folder(entry.parent)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        self._remove_abandoned(entry.parent)

    def _take_in(self, path: Path, kind: str, number: int, *, folder: Path, aside: Path) -> KeptFile:
        name = path.relative_to(folder)
        kept_as = f"{number}{path.suffix}"
        keep_link(aside / kept_as, path, durable=self._durable)
        digest, size = _digest(aside / kept_as)
        return KeptFile(name=name.as_posix(), kept_as=kept_as, kind=kind, sha256=digest, bytes=size)

    def _entry(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _remove(self, entry: Path) -> None:
        """Out of the sight of other runs at once."""
        gone = entry.with_name(TEMP_PREFIX + secrets.token_hex(8))
        with suppress(OSError):
            os.rename(entry, gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _remove_abandoned(self, folder: Path) -> None:
        """What processes that were killed a day ago or more left half made."""
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if is_temp_name(entry.name) and time.time() - entry.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(entry.path, ignore_errors=True)


def _mark(key: str, number: int) -> str:
    """What stands in a kept output for the path of a file."""
    return f"cache:{key}:{number}"


def _put(entry: Path, kept: KeptFile, folder: Path) -> Path:
    """A file of an entry in the folder of an attempt, named as it was, if that is free; ValueError unless it is whole.

    It is made durable there with every other artifact.
    """
    names = (PurePosixPath(kept.name), PurePosixPath(kept.kept_as))
    if any(name.is_absolute() or ".." in name.parts or not name.parts for name in names):
        raise ValueError(f"{kept.name} leads out of its folder")
    source, target = entry / names[1], folder / names[0]
    if _digest(source) != (kept.sha256, kept.bytes):
        raise ValueError(f"{source} is not what was kept")
    make_folder(target.parent, durable=False)
    target = _free(target)
    keep_link(target, source, durable=False)
    return target


def _free(path: Path) -> Path:
    """The path, or the next that no file has: there may be what an earlier call of the attempt gave."""
    numbers = itertools.count(2)
    free = path
    while True:
        try:
            free.touch(exist_ok=False)
        except FileExistsError:
            free = path.with_stem(f"{path.stem}-{next(numbers)}")
        else:
            return free


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest(), file.tell()
