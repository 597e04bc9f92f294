"""How an advert comes about: voice, timeline, shots, captions and music become one video file of 8 to 30 seconds.

The length follows the speech: spoken words, then a closing card, at least 8 s together. A dialog of 18-28 words
gives 8-12 s; up to 500 characters are accepted and spoken faster where they would not fit into 27 s.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from character_flow.errors import RunCancelledError, ToolError
from character_flow.studio import music
from character_flow.studio.captions import Captions
from character_flow.studio.colours import until_readable
from character_flow.studio.film import new_film
from character_flow.studio.lettering import PLAIN, line_of_text
from character_flow.studio.paint import RGB, save_png
from character_flow.studio.product import ProductLook, read_product
from character_flow.studio.shot import Look, Shot
from character_flow.studio.speech import RATE, Speech
from character_flow.studio.stage import ClosingShot, ProductShot, presenter_shot
from character_flow.studio.voice import silent, speak

SHORTEST_S = 8.0
LONGEST_S = 30.0
MOST_CHARACTERS = 500
_LEAD_S = 0.25
_CARD_S = 2.1
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class AdSpec:
    """What to render: a preset 1-9 or an avatar picture, the product picture and the words to be spoken.

    `brand` stands large on the closing card, `end_line` small below it; without them the card shows what the
    product is. `accent` is taken from the product where it is None. Sizes are rounded down to even numbers.
    Without `cuts` it is one shot of the presenter from start to end, as a model makes it from a single picture.
    """

    character: int | Path
    product: Path
    dialog: str
    brand: str | None = None
    end_line: str | None = None
    accent: RGB | None = None
    size: tuple[int, int] = (720, 1280)
    fps: int = 24
    seed: int = 0
    voice: bool = True
    cuts: bool = True


@dataclass(frozen=True, slots=True)
class Ad:
    """A finished advert; `notes` says in plain words what had to be left out or done differently."""

    path: Path
    seconds: float
    width: int
    height: int
    voice: Literal["espeak", "none"]
    notes: tuple[str, ...]
    thumbnail: Path | None = None


@dataclass(frozen=True, slots=True)
class _Cut:
    """From `start` to `end` (seconds) this kind of shot is seen."""

    kind: Literal["hook", "product", "card"]
    start: float
    end: float


def render_ad(
    spec: AdSpec,
    out: Path,
    *,
    progress: Callable[[float, str], None] = lambda percent, message: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ad:
    """Render the advert to `out` (.mp4) and a thumbnail beside it; nothing is left under either name if it fails.

    `progress` gets 0..100 and a sentence. Raises ToolError for pictures and dialogs that cannot be used, and
    RunCancelledError as soon as `cancelled()` is true, asked before every frame.
    """
    _check(spec)
    size = (spec.size[0] // 2 * 2, spec.size[1] // 2 * 2)
    progress(1, "Looking at the product")
    product = read_product(spec.product)
    look = Look(size, product, spec.accent or product.accent)
    progress(5, "Speaking the dialog")
    speech = _speech(spec)
    cuts = _timeline(speech) if spec.cuts else _one_shot(speech)
    _stop_if(cancelled)
    progress(8, "Drawing the scenes")
    shots = _shots(spec, look, speech)
    captions = Captions(
        speech.words, widest=round(size[0] * 0.84), size=_caption_size(size), accent=_marker(look.accent)
    )
    total = cuts[-1].end
    count = round(total * spec.fps)
    brand = spec.brand or product_word(product)
    thumbnail = out.with_name(f"{out.stem}_thumbnail.png")
    with new_film(out, size=size, fps=spec.fps, title=f"{brand} - offline draft") as film:
        mark = _mark(size)

        def pixels(number: int) -> NDArray[np.uint8]:
            frame = _frame(number / spec.fps, cuts=cuts, shots=shots, captions=captions, mark=mark)
            return np.asarray(frame)

        for number, drawn in enumerate(_ahead(pixels, count)):
            _stop_if(cancelled)
            film.add_frame(drawn)
            if number == count // 6:
                still = Image.fromarray(drawn)
            if number % 6 == 0:
                progress(10 + 85 * number / count, f"Frame {number + 1} of {count}")
        progress(96, "Mixing the sound")
        film.add_sound(_sound(speech, seconds=count / spec.fps, seed=spec.seed))
    _save_beside(still, thumbnail)
    progress(100, "The video is ready")
    notes = tuple(note for note in (speech.note, *captions.notes, _product_note(product)) if note)
    return Ad(out, round(count / spec.fps, 3), *size, speech.engine, notes, thumbnail)


def _ahead(draw: Callable[[int], NDArray[np.uint8]], count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield draw(0), draw(1), ... in order, drawn by two threads a few frames ahead of the encoder.

    Pillow and the encoder let go of the interpreter while they work, so drawing and encoding share the cores.
    """
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="studio") as pool:
        waiting: deque[Future[NDArray[np.uint8]]] = deque()
        for number in range(count):
            while len(waiting) < _AHEAD and number + len(waiting) < count:
                waiting.append(pool.submit(draw, number + len(waiting)))
            yield waiting.popleft().result()


def product_word(look: ProductLook) -> str:
    """Return the neutral word for the product that stands where no brand is known."""
    return {"bottle": "The bottle", "tube": "The tube", "box": "The box", "bag": "The bag", "cup": "The cup",
            "shoe": "The shoe", "item": "A closer look"}[look.shape]  # fmt: skip


def _check(spec: AdSpec) -> None:
    if not spec.dialog.strip():
        raise ToolError("the dialog is empty; write what the presenter should say")
    if len(spec.dialog) > MOST_CHARACTERS:
        raise ToolError(
            f"the dialog has {len(spec.dialog)} characters; at most {MOST_CHARACTERS} fit into {LONGEST_S:g} s"
        )
    if min(spec.size) < 120 or max(spec.size) > 2160:
        raise ToolError(f"a video of {spec.size[0]}x{spec.size[1]} cannot be made; sides go from 120 to 2160 pixels")
    if not 8 <= spec.fps <= 60:
        raise ToolError(f"{spec.fps} frames a second cannot be made; use 8 to 60")


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise RunCancelledError("the rendering was cancelled")


def _speech(spec: AdSpec) -> Speech:

    number = spec.character if isinstance(spec.character, int) else 1
    return speak(spec.dialog, character=number) if spec.voice else silent(spec.dialog, "the voice is switched off")


def _timeline(speech: Speech) -> tuple[_Cut, ...]:
    """Cut on sentence ends: hook and product take turns, the closing card comes last."""
    ends = [word.end for word in speech.words if word.ends_sentence] or [speech.seconds]
    if len(ends) == 1 and len(speech.words) > 3:
        middle = speech.words[len(speech.words) // 2 - 1].end
        ends = [middle, *ends]
    spoken = _LEAD_S + max(speech.seconds, ends[-1])
    card = _CARD_S if spoken + _CARD_S >= SHORTEST_S else min(3.2, SHORTEST_S - spoken)
    total = min(LONGEST_S, max(SHORTEST_S, spoken + 0.1 + card))
    last = total - card
    edges = [0.0, *(_LEAD_S + end + 0.08 for end in _merged(ends[:-1], last - _LEAD_S)), last]
    if len(edges) == 2:
        edges = [0.0, max(edges[1] * 0.5, min(_LEAD_S + speech.seconds, last - 1.5)), last]
    cuts = [
        _Cut("hook" if number % 2 == 0 else "product", start, end)
        for number, (start, end) in enumerate(pairwise(edges))
    ]
    return (*cuts, _Cut("card", last, total))


def _one_shot(speech: Speech) -> tuple[_Cut, ...]:
    return (_Cut("hook", 0.0, min(LONGEST_S, max(SHORTEST_S, _LEAD_S + speech.seconds + 0.5))),)


def _merged(ends: Sequence[float], until: float) -> list[float]:
    """Leave out cuts that would make a shot shorter than 1.4 s."""
    kept: list[float] = []
    for end in ends:
        if end - (kept[-1] if kept else 0.0) >= 1.4 and until - end >= 1.4:
            kept.append(end)
    return kept


def _shots(spec: AdSpec, look: Look, speech: Speech) -> dict[str, Shot]:
    hook = presenter_shot(look, spec.character, speech=speech, starts=_LEAD_S, seed=spec.seed)
    if not spec.cuts:
        return {"hook": hook}
    title = spec.brand or product_word(look.product)
    line = spec.end_line if spec.end_line is not None else "Seen here as it is"
    return {"hook": hook, "product": ProductShot(look), "card": ClosingShot(look, title=title, line=line)}


def _caption_size(size: tuple[int, int]) -> int:
    return max(12, round(min(size[0] / 720, size[1] / 1280 * 1.3) * 56))


def _marker(accent: RGB) -> RGB:
    """Return the colour behind the live word: the accent, strong enough that white can be read on it."""
    return until_readable(accent, on=(255, 255, 255))


def _mark(size: tuple[int, int]) -> Image.Image:
    """Return the small sign that says what this is."""
    text = line_of_text("AI-made draft", size=max(9, round(size[1] * 0.0165)), colour=(255, 255, 255), path=PLAIN)
    pad = max(3, round(size[1] * 0.008))
    sign = Image.new("RGBA", (text.width + 4 * pad, text.height + 2 * pad))
    ImageDraw.Draw(sign).rounded_rectangle(
        (0, 0, sign.width - 1, sign.height - 1), sign.height // 2, fill=(12, 10, 16, 150)
    )
    sign.alpha_composite(text, (2 * pad, pad))
    return sign


def _frame(
    seconds: float, *, cuts: Sequence[_Cut], shots: dict[str, Shot], captions: Captions, mark: Image.Image
) -> Image.Image:
    cut = next((cut for cut in cuts if seconds < cut.end), cuts[-1])
    share = (seconds - cut.start) / (cut.end - cut.start)
    frame = shots[cut.kind].frame(seconds, share)
    width, height = frame.size
    caption = captions.at(seconds - _LEAD_S) if cut.kind != "card" else None
    if caption is not None:
        frame.paste(caption, ((width - caption.width) // 2, round(height * 0.755) - caption.height // 2), caption)
    frame.paste(mark, (round(width * 0.045), round(height * 0.055)), mark)
    return frame


def _sound(speech: Speech, *, seconds: float, seed: int) -> NDArray[np.float32]:
    bed = music.compose(seconds, seed=seed)
    lead = np.zeros(round(_LEAD_S * RATE), dtype=np.float32)
    voice = np.concatenate([lead, speech.pcm]) if len(speech.pcm) else speech.pcm
    return music.mix_down(bed * (0.55 if len(voice) else 0.8), voice)


def _save_beside(picture: Image.Image, out: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".tmp-") as folder:
            save_png(picture, Path(folder) / out.name).replace(out)
    except OSError as error:
        raise ToolError(f"{out}: the thumbnail could not be written ({error})") from error


def _product_note(product: ProductLook) -> str:
    return "" if product.cut else f"the product is shown as a photo card: {product.cut_note}"
