"""Where uploaded files lie until a run has its own copies: a private folder, gone with the browser session."""

import re
import shutil
import tempfile
import weakref
from pathlib import Path

from character_flow.viewer.forms import Upload

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80


class Uploads:
    """One session's uploads. The folder is made with the first one, for this user's eyes only."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def keep(self, name: str, content: bytes | memoryview) -> Upload:
        """Keep an uploaded file under a safe form of its name, whatever name the browser sent."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="character_flow-upload-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._count += 1
        place = self._folder / str(self._count)  # a folder each: two files may have the same name
        place.mkdir()
        path = place / safe_name(name)
        path.write_bytes(content)
        return Upload(path, path.name)

    def drop(self, upload: Upload) -> None:
        """Forget one."""
        shutil.rmtree(upload.path.parent, ignore_errors=True)


def safe_name(name: str) -> str:
    """A file's name without its folders and without what a file system or a terminal may trip over."""
    plain = _UNSAFE.sub("_", re.split(r"[/\\]", name)[-1]).strip("._") or "upload"
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        return plain[:_LONGEST]
    return f"{stem[: _LONGEST - len(ending[:10]) - 1]}.{ending[:10]}"
