"""What stands beside the presenter's shot: the product alone, large, and the closing card, laid out for each format."""

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from character_flow.studio import hold, scene
from character_flow.studio.colours import until_readable
from character_flow.studio.layout import is_tall, is_wide, safe_area
from character_flow.studio.lettering import BOLD, PLAIN, font, line_of_text
from character_flow.studio.paint import RGB, darker, lighter, mix, shadow_of
from character_flow.studio.photo import PhotoShot
from character_flow.studio.presenter import Parts, TalkingShot
from character_flow.studio.shot import Box, Boxes, Look, Shot, View, eased, lay, view
from character_flow.studio.speech import Speech

_LARGE = 0.123  # of the frame: an eighth is what a product needs to be looked at


class ProductShot:
    """The product alone, large, on a table; the camera pushes in slowly."""

    def __init__(self, look: Look, *, seed: int = 0) -> None:
        self._size, self._seed = look.size, seed
        # Upright and square, captions stand below the product; lying, beside it.
        across, foot, wide, high, self._push = (
            (0.50, 0.675, 0.72, 0.48, 0.09) if is_tall(look.size)
            else (0.67, 0.880, 0.52, 0.77, 0.05) if is_wide(look.size) else (0.50, 0.720, 0.66, 0.60, 0.06)
        )  # fmt: skip
        self._at = (across, foot)
        # A little larger than the film, so that nothing is scaled up at the end of the push.
        world = (round(look.size[0] * 1.08), round(look.size[1] * 1.08))
        limits = (round(world[0] * wide), round(world[1] * high))
        piece = hold.product_piece(look.product, widest=limits[0], highest=limits[1])
        if _share_of(piece, world) < _LARGE:
            limits = (round(world[0] * min(0.86, wide * 1.2)), round(world[1] * min(foot - 0.05, high * 1.12)))
            piece = hold.product_piece(look.product, widest=limits[0], highest=limits[1])
        centre, ground = round(world[0] * across), round(world[1] * foot)
        if _share_of(piece, world) >= _LARGE:
            self._world = scene.table(
                size=world, accent=look.accent, horizon=round(world[1] * (foot - 0.06)), at=across
            )
            self.box: tuple[int, int, int, int] = hold.stand(self._world, piece, centre=centre, foot=ground)
        else:
            self._world = scene.table(size=world, accent=look.accent, horizon=0, at=across)
            self.box = _lie(self._world, piece, centre=centre, foot=ground, limits=limits)

    def view(self, seconds: float, share: float) -> View:
        """Return the table and what the camera sees of it: it closes in on where the product stands."""
        drift = 0.10 * math.sin(seconds * 0.8 + self._seed) * eased(share)
        return view(self._world, 1.0 + self._push * eased(share), at=(self._at[0] + drift, self._at[1]), still=True)

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame of the push-in."""
        return self.view(seconds, share).picture(self._size)

    def boxes(self, seconds: float, share: float) -> Boxes:
        """Return where the product is."""
        return Boxes(product=self.view(seconds, share).seen(self.box, self._size))


def _share_of(piece: Image.Image, size: tuple[int, int]) -> float:
    return piece.width * piece.height / (size[0] * size[1])


def _lie(
    ground: Image.Image, piece: Image.Image, *, centre: int, foot: int, limits: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Lay what is too slim to stand large across the picture, seen from above; return its box."""
    for degrees in (12, 20, 28, 36, 45):
        turned = piece.rotate(
            degrees if piece.width > piece.height else -degrees, Image.Resampling.BICUBIC, expand=True
        )
        scale = min(limits[0] / turned.width, limits[1] / turned.height)
        turned = turned.resize((round(turned.width * scale), round(turned.height * scale)), Image.Resampling.LANCZOS)
        if _share_of(turned, ground.size) >= _LARGE:
            break
    left, top = centre - turned.width // 2, foot - turned.height
    blur = max(2.0, ground.height * 0.008)
    shade = shadow_of(turned.getchannel("A"), blur=blur, alpha=0.45)
    pad = int(blur * 3)
    lay(ground, shade, (left - pad + round(blur), top - pad + round(blur * 1.6)))
    lay(ground, turned, (left, top))
    return left, top, left + turned.width, foot


class ClosingShot:
    """The closing card: name, product on a podium, one line below the name."""

    def __init__(self, look: Look, *, title: str, line: str) -> None:
        self._size = width, height = look.size
        self._wide = is_wide(look.size)
        across, foot, broad, high = (
            (0.5, 0.715, 0.56, 0.38) if is_tall(look.size)
            else (0.72, 0.790, 0.36, 0.60) if self._wide else (0.5, 0.830, 0.56, 0.48)
        )  # fmt: skip
        light = (across, foot - high * 0.42)
        self._ground = scene.card(size=look.size, accent=look.accent, light_at=light)
        centre, ground = round(width * across), round(height * foot)
        piece = hold.product_piece(look.product, widest=round(width * broad), highest=round(height * high))
        base = min(round(width * broad * 1.1), max(round(piece.width * 1.45), round(min(width, height) * 0.30)))
        hold.podium(self._ground, centre=centre, foot=ground, width=base, colour=lighter(look.accent, 0.72))
        self._box: Box = hold.stand(self._ground, piece, centre=centre, foot=ground)
        self.words = self._set(title, line, deep=darker(look.accent, 0.30), accent=look.accent)
        self._done = self._drawn(1.0)

    def _set(self, title: str, line: str, *, deep: RGB, accent: RGB) -> tuple[tuple[Image.Image, tuple[int, int]], ...]:
        """Return the lines and their places: above the product, or at its left in wide films."""
        width, height = self._size
        left, top, right, _ = safe_area(self._size)
        if self._wide:
            left, right = left + width * 0.03, width * 0.50
            middle, y = (left + right) / 2, height * 0.36
        else:
            middle, y = width * 0.5, top + height * 0.065
        widest = int(2 * min(middle - left, right - middle)) - 2
        large, small = round(min(height * 0.058, width * 0.11)), round(min(height * 0.027, width * 0.052))
        if self._wide:
            large, small = round(height * 0.105), round(height * 0.044)
        layers = [line_of_text(row, size=large, path=BOLD, widest=widest,
                               colour=until_readable((255, 255, 255), on=deep))
                  for row in _rows(title, size=large, widest=widest)]  # fmt: skip
        soft = until_readable(mix(accent, (255, 255, 255), 0.8), on=deep)
        layers += [line_of_text(row, size=small, path=PLAIN, widest=widest, colour=soft)
                   for row in _rows(line, size=small, widest=widest)]  # fmt: skip
        placed = []
        for layer in layers:
            x = left if self._wide else middle - layer.width / 2
            placed.append((layer, (round(x), round(y))))
            y += layer.height + height * 0.018
        return tuple(placed)

    def _drawn(self, share: float) -> Image.Image:
        frame = self._ground.copy()
        for number, (layer, (x, y)) in enumerate(self.words):
            come = eased((share - 0.08 * number) / 0.2)
            lay(frame, layer if come >= 1 else _fainter(layer, come), (x, round(y + (1 - come) * frame.height * 0.02)))
        return frame

    def view(self, seconds: float, share: float) -> View:
        """Return the card: the words rise into place, then all is still."""
        settled = share >= 0.2 + 0.08 * (len(self.words) - 1)
        return View(self._done if settled else self._drawn(share), (0, 0, *self._size), still=settled)

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame of the card."""
        return self.view(seconds, share).world

    def boxes(self, seconds: float, share: float) -> Boxes:
        """Return where the product stands."""
        return Boxes(product=self._box)


def _rows(text: str, *, size: int, widest: int) -> list[str]:
    """Return the text in one row, or in two of about the same length where one would have to be very small."""
    words = [piece for word in text.split() for piece in _cut(word, size=size, widest=widest)]
    if len(words) < 2 or font(BOLD, size).getlength(text) <= widest * 1.15:
        return [text]
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    longest = [max(len(first), len(second)) for first, second in halves]
    first, second = halves[longest.index(min(longest))]
    return [first, second]


def _cut(word: str, *, size: int, widest: int) -> tuple[str, ...]:
    """Return a word that would have to be less than a third as large in two pieces."""
    middle = -(-len(word) // 2)
    return (f"{word[:middle]}-", word[middle:]) if font(BOLD, size).getlength(word) > widest * 3 else (word,)


def presenter_shot(
    look: Look,
    character: int | Path,
    *,
    speech: Speech,
    starts: float,
    seed: int = 0,
    parts: Callable[[], Parts] | None = None,
) -> Shot:
    """The presenter with the product: a drawn preset who speaks, or a picture made by `make_avatar`."""
    if isinstance(character, int):
        return TalkingShot(look, character=character, speech=speech, starts=starts, seed=seed, parts=parts)
    from character_flow.studio.pictures import open_picture  # decoding is only needed for custom characters

    return PhotoShot(look, avatar=open_picture(character))


def _fainter(layer: Image.Image, share: float) -> Image.Image:
    faint = layer.copy()
    faint.putalpha(layer.getchannel("A").point([round(v * share) for v in range(256)]))
    return faint
