"""What the fake's models make: small true pictures and videos, made once, and texts that keep the ad's rules."""

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

DESCRIPTION = (
    "Teal bottle with a pale cap, standing upright on a plain ground.\n"
    "Glossy teal surface with white details, seen in soft bright light."
)
DIALOG = (
    "Okay, I really have to show you this bottle for a second.\nIt is teal with white touches, and I enjoy that a lot."
)
PIECE = 65_536


@dataclass(frozen=True)
class Blob:
    """A file to deliver: true bytes, and zeros after them up to `size`, so that a large one takes no memory."""

    head: bytes
    size: int
    content_type: str

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.head).hexdigest()[:16]}-{self.size}"'

    @property
    def md5(self) -> str:
        digest = hashlib.md5(self.head, usedforsecurity=False)
        for piece in self.pieces(len(self.head), self.size):
            digest.update(piece)
        return base64.b64encode(digest.digest()).decode()

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from start to end, a few at a time."""
        for at in range(start, end, PIECE):
            until = min(at + PIECE, end)
            known = self.head[at:until]
            yield known + bytes(until - at - len(known))


@cache
def picture(ending: str = "png", shade: int = 90) -> bytes:
    """A small picture as a file's bytes."""
    image = Image.new("RGB", (96, 160), (shade, 160, 150))
    ImageDraw.Draw(image).ellipse((24, 30, 72, 90), fill=(240, 220, 200))
    file = io.BytesIO()
    image.save(file, {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[ending])
    return file.getvalue()


@cache
def video() -> bytes:
    """Half a second of small H.264 video in an MP4."""
    import av  # slow to load; most tests want no video
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 160, "yuv420p"
        for number in range(12):
            image = Image.new("RGB", (96, 160), (20 * number, 120, 150))
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def blob_of(name: str, *, size: int | None = None) -> Blob:
    """The file behind a delivery's name; `size` pads it with zeros."""
    makers: dict[str, tuple[Callable[[], bytes], str]] = {
        "out.png": (picture, "image/png"),
        "second.png": (lambda: picture(shade=30), "image/png"),
        "photo.jpg": (lambda: picture("jpg"), "image/jpeg"),
        "named.png": (lambda: picture("jpg"), "image/png"),
        "page.png": (lambda: b"<!DOCTYPE html><html><body>No such object</body></html>", "text/html"),
        "empty.mp4": (lambda: b"", "video/mp4"),
        "out.mp4": (video, "video/mp4"),
        "film.png": (video, "image/png"),
        "words.png": (lambda: b"plain words", "image/png"),
        "plain": (lambda: b"plain words", "application/octet-stream"),
        "notes.txt": (lambda: b"plain words", "text/plain"),
    }
    make, content_type = makers[name]
    head = make()
    return Blob(head, max(size or 0, len(head)), content_type)
