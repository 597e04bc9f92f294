"""What the offline ads look like: docs/gallery.md and its contact sheets, from real runs of the plan `ugc_ad`.

`python docs/gallery.py` makes all of it; `python docs/gallery.py characters photographs` only those parts, and
`--draft` renders at a third of the size, which is quicker and looks nearly the same on a sheet this small.
"""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python docs/gallery.py` shows this checkout, installed or not

import av  # noqa: E402 - after the path is set
import numpy as np  # noqa: E402 - after the path is set
from PIL import Image  # noqa: E402 - after the path is set
from pydantic import JsonValue  # noqa: E402 - after the path is set
from skimage import data  # noqa: E402 - after the path is set

from character_flow.app import RunOptions, run_plan  # noqa: E402 - after the path is set
from character_flow.studio.cast import CAST  # noqa: E402 - after the path is set

PLAN = ROOT / "plans" / "ugc_ad.yaml"
PAGE = ROOT / "docs" / "gallery.md"
TARGET = ROOT / "docs" / "assets" / "gallery"
MOST_BYTES = 3_000_000
SHEET_WIDTH = 1200
MOMENTS = (0.03, 0.2, 0.4, 0.55, 0.72, 0.95)
TONES = ("friendly", "expert", "playful", "calm")
PRODUCTS = {"face mist": "product.png", "coffee": "product_2.png"}

PHOTOGRAPHS = {
    "coffee": "A cup on a wooden table: by Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0",
    "coins": "Greek coins from Pompeii: Brooklyn Museum Collection, no known copyright restrictions",
    "rocket": "A rocket at its launch: SpaceX, released into the public domain",
    "chelsea": "Chelsea the cat: by Stefan van der Walt, CC0",
    "astronaut": "The astronaut Eileen Collins: NASA, released into the public domain",
    "brick": "A brick wall: from CC0Textures, CC0",
}
"""Sample pictures in the wheel of scikit-image, by its names, with what it says of their licence."""

FORMATS = {"9:16": "Upright, 9:16", "1:1": "Square, 1:1", "16:9": "Lying, 16:9"}
"""What the plan calls a format, and what a reader does."""

HEAD = """# Gallery

What the offline studio makes, as contact sheets: six moments of each video, in order. Every sheet is a run of the plan
`ugc_ad`. This page and its pictures are made by one command:

```bash no-run
make gallery
```
"""


@dataclass(frozen=True)
class Ad:
    """One sheet: its file's stem, what stands below it, and what the plan is given."""

    name: str
    words: str
    inputs: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Part:
    """One heading of the page."""

    name: str
    title: str
    intro: str
    ads: Sequence[Ad]


def parts(pictures: Path) -> tuple[Part, ...]:
    """The page in its order; photographs are written into the folder `pictures`."""
    characters = [
        Ad(f"character-{number}-{product.split('.')[0]}", f"{person.name}, {word}",
           {"preset_character": number, "product_image": str(PLAN.parent / "assets" / product), "seed": 10 * number,
            "tone": TONES[number % len(TONES)]})
        for number, person in CAST.items()
        for word, product in PRODUCTS.items()
    ]  # fmt: skip
    photographs = [
        Ad(f"photograph-{name}", words, {
            "product_image": str(photograph(pictures, name)), "preset_character": 2 + position,
        })
        for position, (name, words) in enumerate(PHOTOGRAPHS.items())
    ]  # fmt: skip
    formats = [
        Ad(f"format-{shape.replace(':', 'x')}", words, {"format": shape, "preset_character": 5})
        for shape, words in FORMATS.items()
    ]
    own = [
        Ad(f"custom-{kind}", f"A {kind} photograph as the character", {
            "character_choice": "custom", "custom_character": str(sitter(pictures, kind)),
            "product_image": str(PLAN.parent / "assets" / "product_2.png"),
        })
        for kind in ("portrait", "landscape")
    ]  # fmt: skip
    return (
        Part("characters", "Nine characters, two products",
             "Each with a seed of its own, in turn expert, playful, calm and friendly in tone.", characters),
        Part("photographs", "Photographs nobody here took",
             "Sample pictures of scikit-image as the product. The last three show no product at all: they become a "
             "photo card with neutral words.", photographs),
        Part("formats", "Three formats", "Each laid out for itself, not cropped.", formats),
        Part("custom", "Your own character",
             "A photograph is not made to speak: it is framed, moved a little and captioned. Here it is the astronaut "
             "Eileen Collins (NASA, released into the public domain), once upright and once lying.", own),
    )  # fmt: skip


def photograph(folder: Path, name: str) -> Path:
    """One of scikit-image's sample pictures as a file."""
    path = folder / f"{name}.jpg"
    Image.fromarray(np.asarray(getattr(data, name)())).convert("RGB").save(path, quality=94)
    return path


def sitter(folder: Path, kind: str) -> Path:
    """The astronaut, cropped to an upright or a lying photograph."""
    path = folder / f"sitter-{kind}.jpg"
    box = (60, 0, 420, 512) if kind == "portrait" else (0, 0, 512, 330)
    Image.fromarray(data.astronaut()).crop(box).save(path, quality=94)
    return path


def plan_file(folder: Path, *, is_draft: bool) -> Path:
    """The plan itself, or a copy that renders small."""
    if not is_draft:
        return PLAN
    small = "recipe: ugc_ad\n        quality: 240p\n        fps: 12\n"
    text = PLAN.read_text(encoding="utf-8").replace('        quality: "{{ inputs.quality }}"\n', "")
    (folder / "assets").symlink_to(PLAN.parent / "assets")
    path = folder / "ugc_ad.yaml"
    path.write_text(text.replace("recipe: ugc_ad\n", small), encoding="utf-8")
    return path


def sheet(video: Path) -> Image.Image:
    """Six frames of a video side by side; of a lying one in two rows."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        count, found = stream.frames, []
        wanted = {min(count - 1, round(moment * count)) for moment in MOMENTS}
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                found.append(Image.fromarray(frame.to_ndarray(format="rgb24")))
    columns = 3 if found[0].width > found[0].height else len(found)
    width = (SHEET_WIDTH - 4 * (columns - 1)) // columns
    height = int(Fraction(found[0].height, found[0].width) * width)
    rows = -(-len(found) // columns)
    canvas = Image.new("RGB", (SHEET_WIDTH, rows * height + 4 * (rows - 1)), (255, 255, 255))
    for number, picture in enumerate(found):
        row, column = divmod(number, columns)
        small = picture.resize((width, height), Image.Resampling.LANCZOS)
        canvas.paste(small, (column * (width + 4), row * (height + 4)))
    return canvas


def make(ad: Ad, plan: Path, folder: Path) -> None:
    """Run the plan and write the sheet of its video."""
    begun = time.monotonic()
    result = run_plan(plan, dict(ad.inputs), options=RunOptions(folder=folder))
    if result.exit_code or not isinstance(result.output, dict):
        raise SystemExit(f"{ad.name}: {result.snapshot.error}")
    target = TARGET / f"{ad.name}.jpg"
    sheet(Path(str(result.output["video"]))).save(target, quality=80, optimize=True, progressive=True)
    print(f"{target.relative_to(ROOT)}  {target.stat().st_size:,} bytes, {time.monotonic() - begun:.0f} s", flush=True)


def page(shown: Sequence[Part]) -> str:
    """docs/gallery.md: a heading a part, the sheets below it."""
    told = [HEAD]
    for part in shown:
        told.append(f"## {part.title}\n")
        if part.intro:
            told.append(f"{part.intro}\n")
        told += [f"![{ad.words}](assets/gallery/{ad.name}.jpg)\n\n{ad.words}\n" for ad in part.ads]
    return "\n".join(told)


def main(arguments: Sequence[str]) -> int:
    """Make the sheets of the parts named, or of all, and the page."""
    wanted = [word for word in arguments if not word.startswith("-")]
    with tempfile.TemporaryDirectory(prefix="gallery-") as temporary:
        folder = Path(temporary)
        shown = parts(folder)
        unknown = set(wanted) - {part.name for part in shown}
        if unknown:
            raise SystemExit(f"no part is called {', '.join(unknown)}: {', '.join(part.name for part in shown)}")
        TARGET.mkdir(parents=True, exist_ok=True)
        plan = plan_file(folder, is_draft="--draft" in arguments)
        for ad in (ad for part in shown if part.name in (wanted or [part.name]) for ad in part.ads):
            make(ad, plan, folder / "stream")
        PAGE.write_text(page(shown), encoding="utf-8")
    size = sum(path.stat().st_size for path in TARGET.glob("*.jpg"))
    print(f"all sheets together: {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"at most {MOST_BYTES:,} bytes belong into the repository")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
