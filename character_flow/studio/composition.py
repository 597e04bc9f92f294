"""One picture of presenter and product together: what a film without cuts begins with."""

from concurrent.futures import Future
from functools import partial
from pathlib import Path

import numpy as np

from character_flow.errors import ToolError
from character_flow.studio import scene
from character_flow.studio.paint import save_png
from character_flow.studio.painter import Painter
from character_flow.studio.product import read_product
from character_flow.studio.shot import Look, Shot
from character_flow.studio.speech import Speech
from character_flow.studio.stage import presenter_shot
from character_flow.studio.timeline import one_shot

_SILENCE = Speech(np.zeros(0, dtype=np.float32), (), (), "none")
_FPS = 12


def compose_frame(character: int | Path, product: Path, out: Path, *, size: tuple[int, int] = (720, 1280)) -> Path:
    """Draw the presenter (preset 1-9, or a portrait by `make_avatar`) holding the product, still, as a PNG."""
    width, height = (side // 2 * 2 for side in size)
    if min(width, height) < 120 or max(width, height) > 2160:
        raise ToolError(f"a picture of {width}x{height} cannot be made; sides go from 120 to 2160 pixels")
    seen = read_product(product)
    look = Look((width, height), seen, seen.accent)
    shot: Future[Shot] = Future()
    shot.set_result(presenter_shot(look, character, speech=_SILENCE, starts=0.0))
    front = None
    if isinstance(character, int):
        front = partial(scene.foreground, scene.room_for(seen), size=look.size, accent=look.accent)
    painter = Painter(
        look.size, fps=_FPS, cuts=one_shot(_SILENCE), shots={"hook": shot}, words=(), accent=look.accent, mark=None,
        front=front,
    )  # fmt: skip
    return save_png(painter.still(0.0), out)
