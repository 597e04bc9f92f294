"""What of a run's files goes into a report: the bytes of pictures, sound, video and small files, as data addresses."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

FILE_BYTES = 50_000_000
TOTAL_BYTES = 300_000_000
"""A browser reads no longer text than about 500 MB, and base64 makes four bytes of three."""

Shape = Literal["image", "video", "audio", "file"]

_TYPES: dict[str, tuple[Shape, str]] = {
    ".avif": ("image", "image/avif"),
    ".gif": ("image", "image/gif"),
    ".jpeg": ("image", "image/jpeg"),
    ".jpg": ("image", "image/jpeg"),
    ".png": ("image", "image/png"),
    ".svg": ("image", "image/svg+xml"),
    ".webp": ("image", "image/webp"),
    ".mov": ("video", "video/quicktime"),
    ".mp4": ("video", "video/mp4"),
    ".webm": ("video", "video/webm"),
    ".flac": ("audio", "audio/flac"),
    ".m4a": ("audio", "audio/mp4"),
    ".mp3": ("audio", "audio/mpeg"),
    ".ogg": ("audio", "audio/ogg"),
    ".wav": ("audio", "audio/wav"),
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file as the report shows it: inside, or outside with the reason, linked where that makes sense."""

    name: str
    shape: Shape
    size: int
    path: Path
    mime: str
    outside: str | None = None
    link: str | None = None

    def address(self) -> str:
        """The file's bytes as a data address; read now, so that only one file at a time is in memory."""
        try:
            content = self.path.read_bytes()
        except OSError:  # it was there a moment ago
            return "data:,"
        return f"data:{self.mime};base64,{base64.b64encode(content).decode()}"


class Budget:
    """How many bytes the report may still take in; a file named twice counts twice, for it is there twice."""

    def __init__(self, folder: Path, target: Path, *, total: int = TOTAL_BYTES, most: int = FILE_BYTES) -> None:
        self._folder, self._target = folder, target
        self._left, self._most = total, most

    def file(self, name: str) -> ReportFile:
        """A file of the run by its relative path, which comes from the journal and need not be true."""
        shape, mime = _TYPES.get(Path(name).suffix.lower(), ("file", "application/octet-stream"))
        path = self._folder / name
        try:
            real = path.resolve()
            is_ours = real.is_relative_to(self._folder.resolve()) and real.is_file()
            size = real.stat().st_size if is_ours else 0
        except (OSError, ValueError, RuntimeError):  # no name a file can have, or a circle of links
            is_ours, size = False, 0
        if not is_ours:
            return ReportFile(name, shape, 0, path, mime, outside="the file is not there any more")
        if size > self._most or size > self._left:
            why = f"{size / 1e6:,.0f} MB, too big to be in here: it stays in the folder of the run"
            link = quote(Path(os.path.relpath(path, self._target.parent)).as_posix())
            return ReportFile(name, shape, size, path, mime, outside=why, link=link)
        self._left -= size
        return ReportFile(name, shape, size, path, mime)
