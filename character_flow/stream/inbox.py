"""What readers ask of the writer: commands, one file each, obeyed once.

Obeying begins with `command_accepted` in the journal, only then is the file deleted. So a file may be seen again after
a crash: who gives `obeyed`, the ids in the journal, sees no repeat.
"""

import os
import re
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from character_flow.errors import UsageError
from character_flow.json_text import to_json_bytes
from character_flow.stream.files import keep_bytes, make_folder
from character_flow.stream.journal import utc_now
from character_flow.stream.stream import RunFolder

COMMAND_BYTES = 256 * 1024
_ID = r"[0-9a-f][0-9a-f-]{7,63}"
_FILE = re.compile(rf"({_ID})\.json")


class Command(BaseModel):
    """A request to the writer of a run, meant for one epoch. `value` answers the question `request_id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str = Field(pattern=rf"^{_ID}$")
    kind: str
    epoch: int
    by: str
    at: str
    request_id: str | None = None
    value: str | None = None


def new_command(
    kind: str,
    *,
    epoch: int,
    by: str,
    request_id: str | None = None,
    value: str | None = None,
    now: Callable[[], datetime] = utc_now,
    command_id: str | None = None,
) -> Command:
    """A command of this moment: `cancel`, `answer` or `clear`."""
    return Command(
        id=command_id or str(uuid.uuid4()),
        kind=kind,
        epoch=epoch,
        by=by,
        at=now().isoformat(timespec="milliseconds"),
        request_id=request_id,
        value=value,
    )


def send(run: RunFolder, command: Command) -> None:
    """Put a command in the inbox, durably. UsageError when there is no such run."""
    if not os.path.isdir(run.path):
        raise UsageError(f"{run.path}: there is no such run")
    make_folder(run.inbox, durable=True)
    content = to_json_bytes(command.model_dump(exclude_none=True)) + b"\n"
    keep_bytes(run.inbox / f"{command.id}.json", content, durable=True)


@dataclass(frozen=True, slots=True)
class Refused:
    """A file in the inbox that is no command, and why; it was removed."""

    command_id: str
    reason: str


class Inbox:
    """The writer's end: what is asked of an epoch of a run and was not obeyed yet."""

    def __init__(self, run: RunFolder, *, epoch: int = 0, obeyed: Iterable[str] = ()) -> None:
        self._folder = run.inbox
        self._epoch = epoch
        self._obeyed = set(obeyed)
        self._known: dict[str, Command] = {}
        self._refused: list[Refused] = []
        self._hopeless: set[str] = set()

    def pending(self) -> tuple[Command, ...]:
        """Commands not obeyed yet, oldest first.

        Removed on the way: repeats, those of an older epoch (answers excepted), and what is no command, which is then
        told by `refused()`. Costs one look at the folder when it is empty.
        """
        found: list[tuple[int, str, Command]] = []
        for name, written_ns in self._names():
            match = _FILE.fullmatch(name)
            command = self._read(name, match[1]) if match else None
            if (match and match[1] in self._obeyed) or (command is not None and self._is_late(command)):
                self._remove(name)
            elif command is not None:
                found.append((written_ns, command.id, command))
        return tuple(command for _written_ns, _id, command in sorted(found, key=lambda item: item[:2]))

    def refused(self) -> tuple[Refused, ...]:
        """What `pending` removed because it is no command; each is told once."""
        told, self._refused = tuple(self._refused), []
        return told

    def delete(self, command_id: str) -> None:
        """It was accepted or refused in the journal: never see it again."""
        self._obeyed.add(command_id)
        self._known.pop(f"{command_id}.json", None)
        self._remove(f"{command_id}.json")

    def _names(self) -> list[tuple[str, int]]:
        names: list[tuple[str, int]] = []
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json") and entry.name not in self._hopeless:
                    with suppress(OSError):
                        names.append((entry.name, entry.stat(follow_symlinks=False).st_mtime_ns))
        return names

    def _is_late(self, command: Command) -> bool:
        return command.epoch < self._epoch and command.kind != "answer"

    def _read(self, name: str, command_id: str) -> Command | None:
        """The command in a file; None when it is none, which is noted and the file removed."""
        if name in self._known or command_id in self._obeyed:
            return self._known.get(name)
        try:
            command = _parse(self._folder / name)
            if command.id != command_id:
                raise ValueError("its id is not the name of its file")
        except (OSError, ValueError) as error:
            self._refuse(name, command_id, error)
            return None
        self._known[name] = command
        return command

    def _refuse(self, name: str, command_id: str, error: Exception) -> None:
        reason = "it is not a command" if isinstance(error, ValidationError) else str(error)
        self._refused.append(Refused(command_id, reason))
        self._remove(name)

    def _remove(self, name: str) -> None:
        path = self._folder / name
        try:
            path.unlink()
        except FileNotFoundError:
            pass
        except OSError:
            self._hopeless.add(name)  # a folder, or no right to remove it: look at it no more


def _parse(path: Path) -> Command:
    with path.open("rb") as file:
        content = file.read(COMMAND_BYTES + 1)
    if len(content) > COMMAND_BYTES:
        raise ValueError(f"it has more than {COMMAND_BYTES} bytes")
    return Command.model_validate_json(content)
