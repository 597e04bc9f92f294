"""How an advert comes about: voice, timeline, shots, captions and music become one video file of 8 to 30 seconds.

The length follows the speech: spoken words, then a closing card, at least 8 s together. A dialog of 18-28 words
gives 8-12 s; up to 500 characters are accepted and spoken faster where they would not fit into 27 s.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from character_flow.errors import RunCancelledError, ToolError
from character_flow.studio import scene, sound
from character_flow.studio.beside import Fact, beside, for_sheet, handed_over, save_all
from character_flow.studio.choices import choices
from character_flow.studio.film import Film, encoded_sound, new_film
from character_flow.studio.music import MOODS, Mood
from character_flow.studio.paint import RGB, png
from character_flow.studio.painter import Painter
from character_flow.studio.pictures import open_picture
from character_flow.studio.plate import picture_of
from character_flow.studio.presenter import Parts, draw_parts
from character_flow.studio.preview import first_still, small
from character_flow.studio.product import ProductLook, look_at
from character_flow.studio.shot import Look, Shot
from character_flow.studio.speech import Speech
from character_flow.studio.stage import ClosingShot, ProductShot, presenter_shot
from character_flow.studio.timeline import LEAD_S, LONGEST_S, Cut, one_shot, timeline
from character_flow.studio.turns import quick_turns
from character_flow.studio.voice import silent, speak
from character_flow.studio.words import draft_mark, end_line, neutral_title

MOST_CHARACTERS = 500
_AHEAD = 4
_STILLS = 8
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class AdSpec:
    """What to render: a preset 1-9 or an avatar picture, the product picture and the words to be spoken.

    `brand` stands large on the closing card, `end_line` small below it; without them the card shows what the
    product is. `accent` is taken from the product where it is None, and so is `mood`, the music's. Sizes are rounded
    down to even numbers; each format is laid out for itself. `seed` chooses a variant: another opening and camera.
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
    language: str = "en"
    tone: str = "friendly"
    mood: str | None = None


@dataclass(frozen=True, slots=True)
class Ad:
    """A finished advert; `notes` says in plain words what had to be left out or done differently."""

    path: Path
    seconds: float
    width: int
    height: int
    voice: Literal["espeak", "none"]
    notes: tuple[str, ...]
    thumbnail: Path
    srt: Path
    vtt: Path
    contact_sheet: Path
    sidecar: Path

    @property
    def subtitles(self) -> tuple[Path, Path]:
        """Return the caption files, SubRip and WebVTT."""
        return self.srt, self.vtt


def render_ad(
    spec: AdSpec,
    out: Path,
    *,
    progress: Callable[[float, str], None] = lambda percent, message: None,
    cancelled: Callable[[], bool] = lambda: False,
    preview: Callable[[Image.Image], None] = lambda still: None,
    clock: Callable[[], float] = time.monotonic,
) -> Ad:
    """Render the advert to `out` (.mp4), with what goes beside it; nothing is left under any name if it fails.

    `progress` gets 0..100 and a sentence, `preview` some small stills: the first at once, then one at about every
    sixth of the film. Raises ToolError for pictures and dialogs that cannot be used, and RunCancelledError within
    half a second after `cancelled()` turns true.
    """
    _check(spec)
    pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="studio")
    try:
        with quick_turns():
            return _Render(spec, out, pool, progress, cancelled, preview, clock).run()
    finally:
        # What is still being drawn writes no file: nobody has to wait for it.
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Render:
    """One render on its way; scenes, sound and frames are made by the pool, the encoder works in the caller."""

    spec: AdSpec
    out: Path
    pool: ThreadPoolExecutor
    progress: Callable[[float, str], None]
    cancelled: Callable[[], bool]
    preview: Callable[[Image.Image], None]
    clock: Callable[[], float]

    def run(self) -> Ad:
        """Render from the first look at the pictures to the files under their names."""
        spec, size = self.spec, (self.spec.size[0] // 2 * 2, self.spec.size[1] // 2 * 2)
        speaking = self.pool.submit(_speech, spec, self.cancelled)
        self.progress(1, "Looking at the product")
        picture = open_picture(spec.product)
        self.preview(first_still(picture, size))
        looking = self.pool.submit(look_at, picture)
        parts = self.pool.submit(draw_parts, spec.character, size) if isinstance(spec.character, int) else None
        product = self._when_ready(looking)
        look = Look(size, product, spec.accent or product.accent)
        self.progress(5, "Speaking the dialog")
        speech = self._when_ready(speaking)
        cuts = timeline(speech, seed=spec.seed) if spec.cuts else one_shot(speech)
        count = round(cuts[-1].end * spec.fps)
        self.progress(8, "Drawing the scenes")
        painter = self._painter(look, speech, cuts, parts)
        mood = _mood(spec, product)
        for kind in {cut.kind: None for cut in cuts if cut.kind != "card"}:
            self._when_ready(painter.shots[kind])
        mix = partial(
            sound.mix, speech, seconds=count / spec.fps, lead_s=LEAD_S, cuts=[cut.start for cut in cuts[1:]],
            mood=mood, seed=spec.seed,
        )  # fmt: skip
        notes = tuple(note for note in (speech.note, *painter.notes, _product_note(product)) if note)
        facts = choices(
            _asked(spec, size), look, preset=spec.character if isinstance(spec.character, int) else None,
            painter=painter, speech=speech, mood=mood, notes=notes,
        )  # fmt: skip
        with handed_over(self.out) as aside:
            brand = spec.brand or neutral_title(product.shape, spec.language)
            with new_film(aside.video, size=size, fps=spec.fps, title=f"{brand} - offline draft") as film:
                # What is needed last is begun in the middle: the later shots leave the pool some time.
                stills, (sounded, thumbnail) = self._encode(film, painter, count, halfway=lambda: (
                    self.pool.submit(lambda: encoded_sound(mix())),
                    self.pool.submit(lambda: png(painter.still(painter.best_second()))),
                ))  # fmt: skip
                self.progress(96, "Mixing the sound")
                film.add_sound(self._when_ready(sounded))
            self._stop_if()
            save_all(aside, thumbnail=self._when_ready(thumbnail), stills=stills, words=speech.words,
                     lead_s=LEAD_S, facts=facts)  # fmt: skip
            self._stop_if()
        self.progress(100, "The video is ready")
        made = beside(self.out)
        return Ad(self.out, round(count / spec.fps, 3), *size, speech.engine, notes, made.thumbnail, made.srt, made.vtt,
                  made.contact_sheet, made.sidecar)  # fmt: skip

    def _painter(self, look: Look, speech: Speech, cuts: Sequence[Cut], parts: Future[Parts] | None) -> Painter:
        spec = self.spec
        front = None
        if isinstance(spec.character, int):
            kind = scene.room_for(look.product)
            front = partial(scene.foreground, kind, size=look.size, accent=look.accent)
        shots = self._shots(look, speech, {cut.kind for cut in cuts}, parts)
        return Painter(
            look.size, fps=spec.fps, cuts=cuts, shots=shots, words=speech.words, accent=look.accent,
            mark=draft_mark(spec.language), front=front, from_first=spec.cuts,
        )  # fmt: skip

    def _shots(
        self, look: Look, speech: Speech, wanted: Set[str], parts: Future[Parts] | None
    ) -> dict[str, Future[Shot]]:
        spec = self.spec
        title = spec.brand or neutral_title(look.product.shape, spec.language)
        line = spec.end_line if spec.end_line is not None else end_line(spec.language)
        made: dict[str, Callable[[], Shot]] = {
            "hook": partial(
                presenter_shot, look, spec.character, speech=speech, starts=LEAD_S, seed=spec.seed,
                parts=parts.result if parts is not None else None,
            ),
            "product": partial(ProductShot, look, seed=spec.seed),
            "card": partial(ClosingShot, look, title=title, line=line),
        }  # fmt: skip
        return {kind: self.pool.submit(make) for kind, make in made.items() if kind in wanted}

    def _encode(
        self, film: Film, painter: Painter, count: int, *, halfway: Callable[[], _Made]
    ) -> tuple[list[Image.Image], _Made]:
        """Draw and encode all frames; return the stills for the contact sheet, and what `halfway` gave."""
        kept = {round((number + 0.5) * count / _STILLS) for number in range(_STILLS)}
        shown = {round(share * count / 6) for share in range(6)}
        stills: list[Image.Image] = []
        made: list[_Made] = []
        began = self.clock()
        for number, drawn in enumerate(self._drawn(painter, count)):
            self._stop_if()
            film.add_planes(drawn)
            if number == count // 2:
                made.append(halfway())
            if number in kept:
                stills.append(for_sheet(picture_of(drawn)))
            if number in shown:
                self.preview(small(picture_of(drawn)))
            if number % 6 == 5:
                left = (self.clock() - began) / (number + 1) * (count - number - 1)
                self.progress(10 + 85 * (number + 1) / count, f"Frame {number + 1} of {count}, {_about(left)} left")
        return stills, made[0]

    def _drawn(self, painter: Painter, count: int) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames in order, drawn by the pool a few ahead of the encoder.

        Pillow and the encoder let go of the interpreter while they work, so drawing and encoding share the cores.
        """
        waiting: deque[Future[NDArray[np.uint8]]] = deque()
        for number in range(count):
            while len(waiting) < _AHEAD and number + len(waiting) < count:
                waiting.append(self.pool.submit(painter.planes, (number + len(waiting)) / self.spec.fps))
            yield self._when_ready(waiting.popleft())

    def _when_ready(self, future: Future[_Made]) -> _Made:
        """Wait for what the pool makes, and stop waiting as soon as the render is cancelled."""
        while not wait((future,), timeout=0.05).done:
            self._stop_if()
        self._stop_if()
        return future.result()

    def _stop_if(self) -> None:
        if self.cancelled():
            raise RunCancelledError("the rendering was cancelled")


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
    if spec.mood is not None and spec.mood not in MOODS:
        raise ToolError(f"the mood {spec.mood!r} is not known; choose one of {', '.join(MOODS)}")


def _asked(spec: AdSpec, size: tuple[int, int]) -> dict[str, Fact]:
    character = spec.character if isinstance(spec.character, int) else spec.character.name
    return {
        "character": character, "product": spec.product.name, "dialog": spec.dialog, "brand": spec.brand,
        "end_line": spec.end_line, "language": spec.language, "tone": spec.tone, "mood": spec.mood, "width": size[0],
        "height": size[1], "fps": spec.fps, "seed": spec.seed, "voice": spec.voice, "cuts": spec.cuts,
    }  # fmt: skip


def _about(seconds: float) -> str:
    return f"about {max(1, round(seconds))} s"


def _speech(spec: AdSpec, cancelled: Callable[[], bool]) -> Speech:
    number = spec.character if isinstance(spec.character, int) else 1
    if not spec.voice:
        return silent(spec.dialog, "the voice is switched off", language=spec.language)
    return speak(spec.dialog, character=number, language=spec.language, cancelled=cancelled)


def _mood(spec: AdSpec, product: ProductLook) -> Mood:
    return next((mood for mood in MOODS if mood == spec.mood), sound.mood_for(product.shape, seed=spec.seed))


def _product_note(product: ProductLook) -> str:
    return "" if product.cut else f"the product is shown as a photo card: {product.cut_note}"
