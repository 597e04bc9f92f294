"""What stands beside the presenter's shot: the product alone, large, and the closing card."""

import math
from pathlib import Path

from PIL import Image

from character_flow.studio import hold, scene
from character_flow.studio.colours import until_readable
from character_flow.studio.lettering import BOLD, PLAIN, line_of_text
from character_flow.studio.paint import darker, lighter, mix
from character_flow.studio.photo import PhotoShot
from character_flow.studio.presenter import TalkingShot
from character_flow.studio.shot import Look, Shot, camera, eased, lay
from character_flow.studio.speech import Speech


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
        return camera(self._world, self._size, 1.0 + 0.10 * eased(share), at=(drift, 0.55))


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
            lay(frame, shown, at)
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
