"""One picture of presenter and product together: what a film without cuts begins with."""

from pathlib import Path

import numpy as np

from character_flow.errors import ToolError
from character_flow.studio.paint import save_png
from character_flow.studio.product import read_product
from character_flow.studio.shot import Look
from character_flow.studio.speech import Speech
from character_flow.studio.stage import presenter_shot

_SILENCE = Speech(np.zeros(0, dtype=np.float32), (), (), "none")


def compose_frame(character: int | Path, product: Path, out: Path, *, size: tuple[int, int] = (720, 1280)) -> Path:
    """Draw the presenter (preset 1-9, or a portrait by `make_avatar`) holding the product, still, as a PNG."""
    width, height = (side // 2 * 2 for side in size)
    if min(width, height) < 120 or max(width, height) > 2160:
        raise ToolError(f"a picture of {width}x{height} cannot be made; sides go from 120 to 2160 pixels")
    look = read_product(product)
    shot = presenter_shot(Look((width, height), look, look.accent), character, speech=_SILENCE, starts=0.0)
    return save_png(shot.frame(0.0, 0.0), out)
