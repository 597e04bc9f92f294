"""Where the viewer looks: the folder that holds the live page and all runs, one for the server and every page.

Pages are executed in the server's process, so what the launcher decided is known to them through this module.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from character_flow.config import Settings, read_settings
from character_flow.stream.stream import Stream


@dataclass
class _Place:
    home: Path | None = None


_place = _Place()


def watch(home: Path) -> Path:
    """Look in CHARACTER_FLOW_DIR, else in `home`, from now on; returns that folder."""
    _place.home = home
    return folder()


def folder() -> Path:
    """The folder that holds plan_stream.json and runs/: absolute, existing or not."""
    return (settings().dir or _place.home or Path.cwd()).absolute()


def stream() -> Stream:
    """The paths in that folder."""
    return Stream(folder())


def settings() -> Settings:
    """The settings in force."""
    return read_settings()


def why_read_only(path: Path) -> str | None:
    """Why nothing can be changed in a folder; None when it can be. One that is not there yet can be made."""
    there = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
    if not there.is_dir():
        return f"{there} is not a folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"there is no right to write in {there}"
    return None
