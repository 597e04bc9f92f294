"""What one frame of each shot looks like: presenter with product, product alone, closing card; no sound, no files."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw, ImageFilter

from character_flow.studio import characters, hold, scene
from character_flow.studio.colours import until_readable
from character_flow.studio.face import CENTRE, CHIN, Eyes
from character_flow.studio.lettering import BOLD, PLAIN, line_of_text
from character_flow.studio.paint import RGB, darker, lighter, mix, shadow_of
from character_flow.studio.product import ProductLook
from character_flow.studio.speech import Mouth, Speech

_ROOM_TO_MOVE = 1.07


class Shot(Protocol):
    """A piece of the advert: asked for frames by the second of the film and its share (0..1) of the shot."""

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one RGB frame of the film's size, without caption and mark."""


@dataclass(frozen=True, slots=True)
class Look:
    """What all shots share: the film's size, the product and the accent colour."""

    size: tuple[int, int]
    product: ProductLook
    accent: RGB


def eased(share: float) -> float:
    """Return 0..1 with a slow start and a slow end."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def _camera(world: Image.Image, size: tuple[int, int], zoom: float, *, at: tuple[float, float]) -> Image.Image:
    """Return the part of the world the camera sees: `zoom` 1 shows all; `at` (0..1) is the point it closes in on."""
    wide, high = world.width / zoom, world.height / zoom
    left, top = (world.width - wide) * at[0], (world.height - high) * at[1]
    return world.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + wide, top + high))


class TalkingShot:
    """A drawn presenter in a room, product in hand, speaking."""

    def __init__(self, look: Look, *, character: int, speech: Speech, starts: float, seed: int) -> None:
        self._size = look.size
        self._world = (round(look.size[0] * _ROOM_TO_MOVE), round(look.size[1] * _ROOM_TO_MOVE))
        width, height = self._world
        who = characters.person(character)
        self._scale = 0.96 * height / 1370
        column = min(width, height * 0.5625)
        self._figure = characters.draw_figure(who, scale=self._scale)
        self._at = (
            round(width / 2 - column * 0.085 - CENTRE * self._scale),
            round(height * 0.435 - (CHIN + characters.HEAD_DROP) * self._scale),
        )
        kind = scene.ROOM_FOR[look.product.shape]
        self._room = scene.room(kind, size=self._world, accent=look.accent)
        self._hand = hold.in_hand(look.product, who, size=self._world, scale=self._scale, figure_at=self._at)
        self._speech, self._starts, self._seed = speech, starts, seed
        self._has_back = self._figure.behind.getbbox() is not None

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: head and mouth follow the speech, the camera closes in slowly."""
        world = self._room.copy()
        pose, figure = self._pose(seconds), self._figure
        if self._has_back:
            self._lay_turned(world, figure.behind, figure.behind_at, pose)
        _lay(world, figure.torso, self._at)
        head = figure.head(self.mouth(seconds), self._eyes(seconds), raised=self._raised(seconds))
        self._lay_turned(world, head, figure.head_at, pose)
        _lay(world, self._hand.image, self._hand.at)
        sway = (0.5 + 0.18 * math.sin(seconds * 0.9 + self._seed), 0.42 + 0.10 * math.sin(seconds * 0.7))
        return _camera(world, self._size, 1.02 + 0.05 * eased(share), at=sway)

    def _pose(self, seconds: float) -> tuple[float, float, float]:
        """Return turn (radians) and shift (units); livelier while a word is spoken."""
        t = seconds + self._seed * 0.37
        alive = 1.0 if self._word_at(seconds) is not None else 0.55
        turn = math.radians(1.5) * (math.sin(t * 1.9) + 0.5 * math.sin(t * 3.1 + 1)) * (0.6 + 0.4 * alive)
        return turn, 3.0 * math.sin(t * 1.3), 3.2 * math.sin(t * 2.7 + 0.6) + self._nod(seconds)

    def _nod(self, seconds: float) -> float:
        now = seconds - self._starts
        starts = [word.start for number, word in enumerate(self._speech.words) if number % 3 == 0]
        last = max((at for at in starts if at <= now), default=-9.0)
        past = now - last
        return 5.0 * math.sin(math.pi * past / 0.42) if 0 <= past < 0.42 else 0.0

    def _lay_turned(
        self, world: Image.Image, layer: Image.Image, at: tuple[int, int], pose: tuple[float, float, float]
    ) -> None:
        turn, dx, dy = pose
        scale = self._scale
        # The neck is the pivot: (500, 600) of the figure, seen from the layer's corner.
        px, py = CENTRE * scale - at[0], 600 * scale - at[1]
        cos, sin = math.cos(turn), math.sin(turn)
        sx, sy = px + dx * scale, py + dy * scale
        matrix = (cos, sin, px - cos * sx - sin * sy, -sin, cos, py + sin * sx - cos * sy)
        turned = layer.transform(layer.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        _lay(world, turned, (self._at[0] + at[0], self._at[1] + at[1]))

    def _word_at(self, seconds: float) -> int | None:
        now = seconds - self._starts
        return next((i for i, word in enumerate(self._speech.words) if word.start <= now < word.end), None)

    def mouth(self, seconds: float) -> Mouth:
        """Return the shape of the mouth at a second of the film: a smile where nothing is said."""
        # Lips lead the sound a little, as they do in life.
        now = seconds - self._starts + 0.03
        words = self._speech.words
        if not words or now < words[0].start - 0.05 or now > words[-1].end + 0.05:
            return "smile"
        shape: Mouth = "rest"
        for at, mouth in self._speech.mouths:
            if at > now:
                break
            shape = mouth
        return shape

    def _eyes(self, seconds: float) -> Eyes:
        period = 2.7 + 0.2 * (self._seed % 4)
        phase = (seconds + 1.3 + self._seed * 0.53) % period
        if phase < 0.05 or 0.13 <= phase < 0.18:
            return "half"
        return "shut" if phase < 0.13 else "open"

    def _raised(self, seconds: float) -> bool:
        now = seconds - self._starts
        opens = [self._speech.words[0].start] if self._speech.words else []
        opens += [after.start for before, after in zip(self._speech.words, self._speech.words[1:], strict=False)
                  if before.ends_sentence]  # fmt: skip
        return any(at <= now < at + 0.55 for at in opens)


class PhotoShot:
    """A custom character: the photograph itself, moved slowly, with the product on a card; no moving lips."""

    def __init__(self, look: Look, *, avatar: Image.Image) -> None:
        self._size = look.size
        self._world = (round(look.size[0] * 1.08), round(look.size[1] * 1.08))
        width, height = self._world
        photo = avatar.convert("RGB")
        cover = max(width / photo.width, height / photo.height)
        ground = photo.resize((round(photo.width * cover), round(photo.height * cover)))
        left = (ground.width - width) // 2
        blurred = ground.crop((left, 0, left + width, height)).filter(ImageFilter.GaussianBlur(height / 40))
        world = Image.blend(blurred, Image.new("RGB", blurred.size, darker(look.accent, 0.4)), 0.35)
        fit = min(width / photo.width, height * 0.74 / photo.height)
        sharp = photo.resize((round(photo.width * fit), round(photo.height * fit)), Image.Resampling.LANCZOS)
        fade = Image.linear_gradient("L").resize((sharp.width, max(2, sharp.height // 5)))
        mask = Image.new("L", sharp.size, 255)
        mask.paste(fade.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, sharp.height - fade.height))
        world.paste(sharp, ((width - sharp.width) // 2, 0), mask)
        self._photo = world
        self._sticker = _sticker(look, widest=round(look.size[0] * 0.34), highest=round(look.size[1] * 0.22))

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: the camera closes in on the upper half, the product card stays in its corner."""
        frame = _camera(self._photo, self._size, 1.0 + 0.08 * eased(share), at=(0.5, 0.3))
        width, height = self._size
        sway = round(height * 0.003 * math.sin(seconds * 1.7))
        at = (width - self._sticker.width - round(width * 0.03), round(height * 0.69) - self._sticker.height + sway)
        _lay(frame, self._sticker, at)
        return frame


def _sticker(look: Look, *, widest: int, highest: int) -> Image.Image:
    """Return the product on a white card with round corners and a shadow, slightly turned."""
    piece = hold.product_piece(look.product, widest=widest, highest=highest)
    rim = max(4, widest // 12)
    card = Image.new("RGBA", (max(piece.width, highest // 2) + 2 * rim, piece.height + 2 * rim))
    tint = (*lighter(look.accent, 0.82), 255)
    ImageDraw.Draw(card).rounded_rectangle((0, 0, card.width - 1, card.height - 1), rim * 2, fill=tint)
    card.alpha_composite(piece, ((card.width - piece.width) // 2, rim))
    turned = card.rotate(-3, Image.Resampling.BICUBIC, expand=True)
    shade = shadow_of(turned.getchannel("A"), blur=rim * 0.7, alpha=0.4)
    pad = int(rim * 0.7 * 3)
    shade.alpha_composite(turned, (pad, pad - rim // 3))
    return shade


class ProductShot:
    """The product alone, large, on a table; the camera pushes in slowly."""

    def __init__(self, look: Look) -> None:
        self._size = look.size
        world = (round(look.size[0] * 1.10), round(look.size[1] * 1.10))
        foot = round(world[1] * 0.665)
        self._world = scene.table(size=world, accent=look.accent, horizon=round(world[1] * 0.60))
        piece = hold.product_piece(look.product, widest=round(world[0] * 0.68), highest=round(world[1] * 0.47))
        self.box = hold.stand(self._world, piece, centre=world[0] // 2, foot=foot)

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame of the push-in."""
        drift = 0.5 + 0.06 * math.sin(seconds * 0.8)
        return _camera(self._world, self._size, 1.0 + 0.10 * eased(share), at=(drift, 0.55))


class ClosingShot:
    """The closing card: name, product on a podium, one line below."""

    def __init__(self, look: Look, *, title: str, line: str) -> None:
        width, height = look.size
        self._ground = scene.card(size=look.size, accent=look.accent)
        foot = round(height * 0.665)
        piece = hold.product_piece(look.product, widest=round(width * 0.56), highest=round(height * 0.36))
        base = min(round(width * 0.62), max(round(piece.width * 1.45), round(width * 0.36)))
        hold.podium(self._ground, centre=width // 2, foot=foot, width=base, colour=lighter(look.accent, 0.72))
        hold.stand(self._ground, piece, centre=width // 2, foot=foot)
        deep = darker(look.accent, 0.30)
        self._title = line_of_text(title, size=round(height * 0.058), colour=until_readable((255, 255, 255), on=deep),
                                   path=BOLD, widest=round(width * 0.82))  # fmt: skip
        self._line = line_of_text(line, size=round(height * 0.027), path=PLAIN, widest=round(width * 0.80),
                                  colour=until_readable(mix(look.accent, (255, 255, 255), 0.8), on=deep))  # fmt: skip

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: the words rise into place, then all is still."""
        frame = self._ground.copy()
        width, height = frame.size
        for layer, y, late in ((self._title, 0.108, 0.0), (self._line, 0.178, 0.08)):
            come = eased((share - late) / 0.2)
            at = (width // 2 - layer.width // 2, round(height * y + (1 - come) * height * 0.02))
            shown = layer if come >= 1 else _fainter(layer, come)
            _lay(frame, shown, at)
        return frame


def presenter_shot(look: Look, character: int | Path, *, speech: Speech, starts: float, seed: int = 0) -> Shot:
    """The presenter with the product: a drawn preset who speaks, or a picture made by `characters.make_avatar`."""
    if isinstance(character, int):
        return TalkingShot(look, character=character, speech=speech, starts=starts, seed=seed)
    from character_flow.studio.pictures import open_picture  # decoding is only needed for custom characters

    return PhotoShot(look, avatar=open_picture(character))


def _fainter(layer: Image.Image, share: float) -> Image.Image:
    faint = layer.copy()
    faint.putalpha(layer.getchannel("A").point([round(v * share) for v in range(256)]))
    return faint


def _lay(frame: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    frame.paste(layer, at, layer)
