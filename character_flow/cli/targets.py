"""Where a command writes a file for a person: never over one that is there, unless that was asked for."""

import os
from pathlib import Path

from character_flow.errors import UsageError


def told_target(given: Path | None, *, default: str, force: bool) -> Path:
    """The file to write: as given, or under its default name in this folder or the one that was given."""
    target = Path(default) if given is None else given / default if given.is_dir() else given
    target = Path(os.path.abspath(target))
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: there is no such folder; make it first")
    if os.path.lexists(target):
        if not target.is_file():
            raise UsageError(f"{target}: it is no file that could be replaced; give another name")
        if not force:
            raise UsageError(f"{target}: it is there already; --force replaces it")
    return target
