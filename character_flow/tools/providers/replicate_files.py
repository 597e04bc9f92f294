"""What a file is by its content, and how files of the run get to replicate.com: each once."""

import hashlib
import mimetypes
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from character_flow.tools.providers.replicate_answers import KEPT_FOR

FAMILIES: Mapping[str, str] = {
    ".png": "image", ".jpg": "image", ".gif": "image", ".webp": "image", ".avif": "image", ".heic": "image",
    ".bmp": "image", ".tiff": "image", ".svg": "image",
    ".mp4": "video", ".mov": "video", ".webm": "video", ".avi": "video",
    ".mp3": "audio", ".wav": "audio", ".m4a": "audio", ".ogg": "audio", ".flac": "audio",
}  # fmt: skip
"""The ending of a file -> what it is to people."""
SAME: Mapping[str, str] = {".jpeg": ".jpg", ".tif": ".tiff", ".m4v": ".mp4", ".mkv": ".webm", ".heif": ".heic"}
"""Endings that mean one of those."""
_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic"}  # not known to Python 3.11
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"),
    (b"II*\0", ".tiff"), (b"MM\0*", ".tiff"), (b"\x1aE\xdf\xa3", ".webm"), (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"), (b"\xff\xf3", ".mp3"), (b"OggS", ".ogg"), (b"fLaC", ".flac"),
)  # fmt: skip
_RIFF = {b"WEBP": ".webp", b"WAVE": ".wav", b"AVI ": ".avi"}
_FTYP = {b"qt  ": ".mov", b"M4A ": ".m4a", b"avif": ".avif", b"avis": ".avif", b"heic": ".heic", b"heix": ".heic"}
_SVG = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)


def kind_of_content(head: bytes) -> str | None:
    """The ending that the first bytes of a file ask for, or None where they are of no known media."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _FTYP.get(head[8:12], ".mp4")
    if _SVG.match(head):
        return ".svg"
    return next((ending for magic, ending in _MAGIC if head.startswith(magic)), None)


@dataclass
class Uploads:
    """Files that are at the service already, by content: the same bytes go up once while the service keeps them."""

    send: Callable[[Path], str]
    """Uploads one file and gives its address."""
    folder: Path | None
    """Files leave from here only."""
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[str, float]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def is_own_file(self, text: str) -> bool:
        """Whether a text is the absolute path of a file inside the folder, wherever links may lead."""
        if self.folder is None or len(text) > 4096 or "\0" in text or not os.path.isabs(text):
            return False
        try:
            path = Path(text).resolve()
            return path.is_relative_to(self.folder.resolve()) and path.is_file()
        except OSError:
            return False

    def replaced(self, value: JsonValue, place: Callable[[Path], str]) -> JsonValue:
        """The value with every file of the folder replaced by what `place` gives for it, lists and objects too."""
        if isinstance(value, str):
            return place(Path(value)) if self.is_own_file(value) else value
        if isinstance(value, list):
            return [self.replaced(part, place) for part in value]
        if isinstance(value, dict):
            return {key: self.replaced(part, place) for key, part in value.items()}
        return value

    def address(self, path: Path) -> str:
        """Where the service has this file; it is uploaded unless it is there."""
        digest = file_sha256(path)
        with self._locks.setdefault(digest, threading.Lock()):
            known = self._known.get(digest)
            if known is not None and self.clock() - known[1] < KEPT_FOR.total_seconds():
                return known[0]
            begun = self.clock()
            address = self.send(path)
            self._known[digest] = (address, begun)
            return address


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def media_type(path: Path) -> str:
    """What a file is uploaded as, by its ending."""
    return _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def family_of(path: Path) -> str | None:
    """Whether a downloaded file is an image, a video or audio, by the ending it was given."""
    return FAMILIES.get(path.suffix)
