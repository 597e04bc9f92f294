"""How quick the offline advert is: wall time and memory for 10 s of 720x1280, against encoding drawn frames alone.

Prints one JSON object. `--size 1080x1920` measures another size.
"""

import argparse
import hashlib
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from character_flow.studio.film import new_film
from character_flow.studio.render import AdSpec, render_ad

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


def _bare_encode(path: Path, folder: Path, *, size: tuple[int, int], fps: int) -> float:
    """Return the seconds it takes to encode the same frames, already drawn (decoded ahead, outside the clock)."""
    spent = 0.0
    with av.open(str(path)) as source, new_film(folder / "bare.mp4", size=size, fps=fps, title="bare") as film:
        for frame in source.decode(video=0):
            pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
            start = time.perf_counter()
            film.add_frame(pixels)
            spent += time.perf_counter() - start
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--fps", type=int, default=24)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    spec = AdSpec(1, PRODUCT, DIALOG, brand="Ondara", size=(width, height), fps=arguments.fps)
    with tempfile.TemporaryDirectory() as folder:
        walls = []
        for name in ("first.mp4", "second.mp4"):
            start = time.perf_counter()
            ad = render_ad(spec, Path(folder) / name)
            walls.append(time.perf_counter() - start)
        peak = _peak_mb()  # before anything below decodes
        first, second = (_frames_hash(Path(folder) / name) for name in ("first.mp4", "second.mp4"))
        bare = _bare_encode(Path(folder) / "first.mp4", Path(folder), size=(width, height), fps=arguments.fps)
    wall = min(walls)
    print(
        json.dumps(
            {
                "size": f"{width}x{height}",
                "fps": arguments.fps,
                "playing_s": ad.seconds,
                "wall_s": round(wall, 2),
                "ratio": round(wall / ad.seconds, 3),
                "bare_encode_s": round(bare, 2),
                "ratio_to_bare_encode": round(wall / bare, 2),
                "peak_memory_mb": peak,
                "voice": ad.voice,
                "identical_frames": first == second,
            }
        )
    )


if __name__ == "__main__":
    main()
