"""What is handed over with the video: thumbnail, captions, contact sheet and choices, all there or none of them."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio import subtitles
from character_flow.studio.paint import LABEL
from character_flow.studio.speech import Word

Fact: TypeAlias = "str | int | float | bool | Sequence[Fact] | Mapping[str, Fact] | None"

_SHEET_SIDE = 300


@dataclass(frozen=True, slots=True)
class Beside:
    """The paths of everything that goes with a video."""

    video: Path
    thumbnail: Path
    srt: Path
    vtt: Path
    contact_sheet: Path
    sidecar: Path

    def all(self) -> tuple[Path, ...]:
        """Return the paths in the order in which they get their names: the video last."""
        return self.thumbnail, self.srt, self.vtt, self.contact_sheet, self.sidecar, self.video


def beside(video: Path) -> Beside:
    """Return how the files beside a video are called."""
    stem = video.stem
    return Beside(
        video, video.with_name(f"{stem}_thumbnail.png"), video.with_name(f"{stem}.srt"),
        video.with_name(f"{stem}.vtt"), video.with_name(f"{stem}_contact_sheet.jpg"), video.with_name(f"{stem}.json"),
    )  # fmt: skip


@contextmanager
def handed_over(video: Path) -> Iterator[Beside]:
    """Give paths in a hidden folder; the files get their names only if the block ends well, all of them or none."""
    final = beside(video)
    try:
        with tempfile.TemporaryDirectory(dir=video.parent, prefix=".tmp-") as folder:
            aside = beside(Path(folder) / video.name)
            yield aside
            _named(aside.all(), final.all())
    except OSError as error:
        raise ToolError(f"{video}: the video could not be written ({error})") from error


def _named(aside: Sequence[Path], final: Sequence[Path]) -> None:
    for path in aside:
        _durable(path)
    placed: list[Path] = []
    try:
        for path, name in zip(aside, final, strict=True):
            path.replace(name)
            placed.append(name)
    except OSError:
        for name in placed:
            name.unlink(missing_ok=True)
        raise
    if os.name != "nt":
        _durable(final[0].parent)


def _durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save_all(
    paths: Beside,
    *,
    thumbnail: bytes,
    stills: Sequence[Image.Image],
    words: Sequence[Word],
    lead_s: float,
    facts: Mapping[str, Fact],
) -> None:
    """Write what stands beside the video, the thumbnail as a PNG; the same arguments give the same bytes."""
    paths.thumbnail.write_bytes(thumbnail)
    _contact_sheet(stills).save(paths.contact_sheet, "JPEG", quality=88, comment=LABEL)
    for path, text in (
        (paths.srt, subtitles.srt(words, lead_s)),
        (paths.vtt, subtitles.vtt(words, lead_s)),
        (paths.sidecar, json.dumps(facts, indent=2, ensure_ascii=False) + "\n"),
    ):
        path.write_text(text, encoding="utf-8", newline="\n")


def _contact_sheet(stills: Sequence[Image.Image]) -> Image.Image:
    """Return the stills in rows of four."""
    wide, high = stills[0].size
    gap, across = 6, min(4, len(stills))
    rows = -(-len(stills) // across)
    sheet = Image.new("RGB", (across * (wide + gap) + gap, rows * (high + gap) + gap), (24, 22, 26))
    for number, still in enumerate(stills):
        sheet.paste(still, (gap + number % across * (wide + gap), gap + number // across * (high + gap)))
    return sheet


def for_sheet(still: Image.Image) -> Image.Image:
    """Return a still as small as it is on the contact sheet."""
    share = min(1.0, _SHEET_SIDE / min(still.size))
    return still.resize((round(still.width * share), round(still.height * share)), Image.Resampling.BILINEAR)
