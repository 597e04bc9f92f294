"""How a drawn presenter speaks: in a room, product in hand, head, mouth and eyes following the words."""

import math

from PIL import Image

from character_flow.studio import characters, hold, scene
from character_flow.studio.face import CENTRE, CHIN, Eyes
from character_flow.studio.shot import Look, camera, eased, lay
from character_flow.studio.speech import Mouth, Speech

_ROOM_TO_MOVE = 1.07


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
        lay(world, figure.torso, self._at)
        head = figure.head(self.mouth(seconds), self._eyes(seconds), raised=self._raised(seconds))
        self._lay_turned(world, head, figure.head_at, pose)
        lay(world, self._hand.image, self._hand.at)
        sway = (0.5 + 0.18 * math.sin(seconds * 0.9 + self._seed), 0.42 + 0.10 * math.sin(seconds * 0.7))
        return camera(world, self._size, 1.02 + 0.05 * eased(share), at=sway)

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
        lay(world, turned, (self._at[0] + at[0], self._at[1] + at[1]))

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
