"""How one frame of the film comes about: the shot, what is close to the camera, the caption, the draft mark."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from character_flow.studio.captions import Captions
from character_flow.studio.colours import until_readable
from character_flow.studio.layout import (
    Place,
    caption_place,
    caption_size,
    is_tall,
    mark_place,
    overlap,
    union,
)
from character_flow.studio.lettering import PLAIN, line_of_text
from character_flow.studio.paint import RGB
from character_flow.studio.plate import Camera, Piece, Plate, picture_of, piece_of, plate_of
from character_flow.studio.shot import Box, BoxedShot, Boxes, PosedShot, Shot, ViewedShot
from character_flow.studio.speech import Word
from character_flow.studio.timeline import LEAD_S, Cut, cut_at

_NOTHING = Boxes()


class Painter:
    """Draws the film's frames in any order, from several threads; the same second always gives the same frame."""

    def __init__(
        self,
        size: tuple[int, int],
        *,
        fps: int,
        cuts: Sequence[Cut],
        shots: Mapping[str, Future[Shot]],
        words: Sequence[Word],
        accent: RGB,
        mark: str | None,
        front: Callable[[], Image.Image] | None = None,
        from_first: bool = True,
    ) -> None:
        self.size, self.fps, self.cuts = size, fps, tuple(cuts)
        self.shots, self._words, self._front = dict(shots), tuple(words), front
        self._marker = until_readable(accent, on=(255, 255, 255))
        self._from_first = from_first
        self._sign = _sign(mark, size) if mark else None
        self._camera = Camera(size)
        self._lock = Lock()
        self._laid_out: dict[Cut, Captions] = {}
        self._places: dict[Cut, Place] = {}
        self._swept: dict[Cut, tuple[Box | None, Box | None]] = {}
        self._overlays: tuple[tuple[Piece, tuple[int, int], frozenset[str]], ...] | None = None
        self._pieces: dict[int, tuple[Image.Image, Piece]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return in plain words what captions could not show."""
        return Captions(self._words, widest=100, size=24, accent=self._marker).notes

    @property
    def seconds(self) -> float:
        """Return how long the film is."""
        return self.cuts[-1].end

    def planes(self, seconds: float) -> NDArray[np.uint8]:
        """Return the frame at this second as the encoder's planes."""
        return self._plate(seconds, captioned=True).pixels()

    def still(self, seconds: float, *, captioned: bool = False) -> Image.Image:
        """Return the frame at this second as a picture."""
        return picture_of(self._plate(seconds, captioned=captioned).pixels())

    def _plate(self, seconds: float, *, captioned: bool) -> Plate:
        cut = cut_at(self.cuts, seconds)
        plate = self._seen(cut, seconds)
        for piece, at, kinds in self._laid():
            if cut.kind in kinds:
                plate.lay(piece, at)
        caption = self.caption(seconds) if captioned else None
        if caption is not None:
            picture, box = caption
            plate.lay(self._piece(picture), (round(box[0]), round(box[1])))
        return plate

    def _seen(self, cut: Cut, seconds: float) -> Plate:
        shot = self.shots[cut.kind].result()
        if isinstance(shot, ViewedShot):
            return self._camera.plate(shot.view(seconds, cut.share(seconds)))
        return plate_of(shot.frame(seconds, cut.share(seconds)))

    def boxes(self, seconds: float) -> Boxes:
        """Return where face and product are at this second; shots that cannot say have none."""
        cut = cut_at(self.cuts, seconds)
        shot = self.shots[cut.kind].result()
        return shot.boxes(seconds, cut.share(seconds)) if isinstance(shot, BoxedShot) else _NOTHING

    def caption(self, seconds: float) -> tuple[Image.Image, Box] | None:
        """Return the caption at this second and the box it stands in; None on the card and between the words."""
        cut = cut_at(self.cuts, seconds)
        if cut.kind == "card" or not self._words:
            return None
        captions, place = self._captions(cut)
        spoken = seconds - LEAD_S
        if self._from_first and captions.chunks and spoken < captions.chunks[0].start <= LEAD_S:
            spoken = captions.chunks[0].start  # the first words stand from the first frame on
        drawn = captions.at(spoken, since=cut.start - LEAD_S)
        if drawn is None:
            return None
        left, top = place.centre[0] - drawn.width // 2, place.centre[1] - drawn.height // 2
        left, top = left // 2 * 2, top // 2 * 2
        return drawn, (left, top, left + drawn.width, top + drawn.height)

    def place(self, cut: Cut) -> Place:
        """Return where captions stand during a cut."""
        return self._captions(cut)[1]

    def _captions(self, cut: Cut) -> tuple[Captions, Place]:
        with self._lock:
            if cut not in self._laid_out:
                face, product = self._taken(cut)
                place = caption_place(self.size, face=face, product=product)
                self._places[cut] = place
                self._laid_out[cut] = Captions(
                    self._words, widest=place.widest, highest=place.highest, size=caption_size(self.size),
                    accent=self._marker,
                )  # fmt: skip
            return self._laid_out[cut], self._places[cut]

    def _taken(self, cut: Cut) -> tuple[Box | None, Box | None]:
        """Return what face and product sweep over during a cut, asked for every frame."""
        if cut in self._swept:
            return self._swept[cut]
        first, last = int(cut.start * self.fps), int(cut.end * self.fps) + 1
        every = [self.boxes(number / self.fps) for number in range(first, last)
                 if cut_at(self.cuts, number / self.fps) is cut]  # fmt: skip
        self._swept[cut] = union([boxes.face for boxes in every]), union([boxes.product for boxes in every])
        return self._swept[cut]

    def _laid(self) -> tuple[tuple[Piece, tuple[int, int], frozenset[str]], ...]:
        """Return what lies on every frame of a kind: what is close to the camera, and the mark on all."""
        if self._overlays is None:
            swept = [self._taken(cut) for cut in self.cuts if cut.kind != "card"]
            face, product = union([one for one, _ in swept]), union([one for _, one in swept])
            laid = []
            if self._front is not None:
                front = self._front()
                band = (0, self.size[1] - front.height, self.size[0], self.size[1])
                if not any(box is not None and overlap(band, box) for box in (face, product)):
                    laid.append((piece_of(front), (0, band[1]), frozenset({"hook"})))
            if self._sign is not None:
                corner = mark_place(self.size, self._sign.size, face=face, product=product)
                laid.append((piece_of(self._sign), corner, frozenset({"hook", "product", "card"})))
            self._overlays = tuple(laid)
        return self._overlays

    def best_second(self) -> float:
        """Return the second of the best still: the presenter with open eyes and the product, well into the shot."""
        cut = next((cut for cut in self.cuts if cut.kind == "hook"), self.cuts[0])
        shot = self.shots[cut.kind].result()
        middle = cut.start + (cut.end - cut.start) * 0.4
        numbers = range(int(cut.start * self.fps) + 1, int(cut.end * self.fps))
        seconds = [number / self.fps for number in numbers] or [middle]
        if isinstance(shot, PosedShot):
            seconds = [now for now in seconds if shot.shut(now) < 0.05] or seconds
            # Half-said words make odd faces: rather a smile, or lips at rest for a moment.
            for shapes in (("smile", "rest"), ("smile", "rest", "small")):
                calm = [now for now in seconds if all(shot.mouth(now + by) in shapes for by in (-0.06, 0, 0.06))]
                if calm:
                    seconds = calm
                    break
        return min(seconds, key=lambda now: abs(now - middle))

    def mark_box(self) -> Box | None:
        """Return where the draft mark stands, in every frame; None without one."""
        if self._sign is None:
            return None
        x, y = self._laid()[-1][1]
        return x, y, x + self._sign.width, y + self._sign.height

    def _piece(self, picture: Image.Image) -> Piece:
        # Frames are drawn by several threads: each works on the mapping it has read, the last one is kept.
        kept = self._pieces
        known = kept.get(id(picture))
        if known is not None and known[0] is picture:
            return known[1]
        piece = piece_of(picture)
        self._pieces = {**dict(list(kept.items())[-2:]), id(picture): (picture, piece)}
        return piece


def _sign(words: str, size: tuple[int, int]) -> Image.Image:
    """Return the small sign that says what this is."""
    high = size[1] if is_tall(size) else min(size[1] * 1.35, size[0] * 1.6)
    text = line_of_text(words, size=max(9, round(high * 0.0165)), colour=(255, 255, 255), path=PLAIN)
    pad = max(3, round(high * 0.008))
    sign = Image.new("RGBA", ((text.width + 4 * pad + 1) // 2 * 2, (text.height + 2 * pad + 1) // 2 * 2))
    ImageDraw.Draw(sign).rounded_rectangle(
        (0, 0, sign.width - 1, sign.height - 1), sign.height // 2, fill=(12, 10, 16, 165)
    )
    sign.alpha_composite(text, (2 * pad, pad))
    return sign
