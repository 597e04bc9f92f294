"""How quick the offline advert is: wall time and memory for about 10 s of film, against encoding drawn frames alone.

Prints one JSON object with the numbers and, for each bar, whether it holds; exits with 1 where one does not.
`--size 1080x1920` measures another size. After a first render, three of each take turns in one process and the
middle one counts: the machine's speed changes from minute to minute.
"""

import argparse
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from character_flow.studio.film import new_film
from character_flow.studio.render import Ad, AdSpec, render_ad

PRODUCT = Path(__file__).resolve().parents[1] / "plans" / "assets" / "product.png"
DIALOG = (
    "Okay, I have this bottle right here, and I really want you to see it.\n"
    "I like the glossy teal look, and the white details keep it simple."
)


def _frames_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            digest.update(frame.to_ndarray(format="yuv420p").tobytes())
    return digest.hexdigest()


def _peak_mb() -> float:
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """One render: what came of it, how long it took, when its first still was there."""

    ad: Ad
    wall_s: float
    processor_s: float
    first_preview_s: float


def _run(spec: AdSpec, out: Path) -> Run:
    stills: list[float] = []
    start, worked = time.perf_counter(), time.process_time()
    ad = render_ad(spec, out, preview=lambda still: stills.append(time.perf_counter() - start))
    return Run(ad, time.perf_counter() - start, time.process_time() - worked, stills[0])


def _drawn(path: Path) -> list[NDArray[np.uint8]]:
    """Return all frames at once, about 700 MB: to be done when the peak has been read."""
    with av.open(str(path)) as source:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in source.decode(video=0)]


def _bare_encode(
    drawn: list[NDArray[np.uint8]], folder: Path, *, size: tuple[int, int], fps: int
) -> tuple[float, float]:
    """Return the seconds (wall, processor) that encoding the same frames takes, already drawn, as RGB pictures."""
    start, worked = time.perf_counter(), time.process_time()
    with new_film(folder / "bare.mp4", size=size, fps=fps, title="bare") as film:
        for pixels in drawn:
            film.add_frame(pixels)
    return time.perf_counter() - start, time.process_time() - worked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--fps", type=int, default=24)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    spec = AdSpec(1, PRODUCT, DIALOG, brand="Ondara", size=(width, height), fps=arguments.fps)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [_run(spec, folder / f"{number}.mp4") for number in ("first", "second")]
        peak = _peak_mb()
        drawn = _drawn(runs[0].ad.path)
        encodings = [_bare_encode(drawn, folder, size=(width, height), fps=arguments.fps)]
        for number in ("third", "fourth"):
            runs.append(_run(spec, folder / f"{number}.mp4"))
            encodings.append(_bare_encode(drawn, folder, size=(width, height), fps=arguments.fps))
        same = len({_frames_hash(run.ad.path) for run in runs}) == 1
    usual = sorted(runs[1:], key=lambda run: run.wall_s)[1]
    bare, bare_processor = sorted(encodings)[1]
    large = width * height > 720 * 1280
    ratio, ratio_to_bare = usual.wall_s / usual.ad.seconds, usual.wall_s / bare
    bars = {
        f"ratio <= {2.5 if large else 1.0}": ratio <= (2.5 if large else 1.0),
        "first_preview_s <= 0.7": max(run.first_preview_s for run in runs) <= 0.7,
        "identical_frames": same,
    }
    if not large:
        bars |= {"ratio_to_bare_encode <= 2": ratio_to_bare <= 2, "peak_memory_mb <= 350": peak <= 350}
    report = {
        "size": f"{width}x{height}",
        "fps": arguments.fps,
        "processors": os.cpu_count(),
        "playing_s": usual.ad.seconds,
        "wall_s": round(usual.wall_s, 2),
        "wall_s_of_each": [round(run.wall_s, 2) for run in runs],
        "bare_encode_s_of_each": [round(wall_s, 2) for wall_s, _ in encodings],
        "first_run_wall_s": round(runs[0].wall_s, 2),
        "processor_s": round(usual.processor_s, 2),
        "ratio": round(ratio, 3),
        "bare_encode_s": round(bare, 2),
        "bare_encode_processor_s": round(bare_processor, 2),
        "ratio_to_bare_encode": round(ratio_to_bare, 2),
        "first_preview_s": round(max(run.first_preview_s for run in runs), 3),
        "peak_memory_mb": peak,
        "voice": usual.ad.voice,
        "identical_frames": same,
        "bars": bars,
    }
    print(json.dumps(report))
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
