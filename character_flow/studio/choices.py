"""What was asked for and what the studio chose where nothing was said: the facts of the sidecar file."""

from collections.abc import Mapping, Sequence

from character_flow.studio import scene
from character_flow.studio.beside import Fact
from character_flow.studio.cast import CAST, NAMES
from character_flow.studio.paint import LABEL, RGB
from character_flow.studio.painter import Painter
from character_flow.studio.shot import Look
from character_flow.studio.speech import Speech


def choices(
    asked: Mapping[str, Fact],
    look: Look,
    *,
    preset: int | None,
    painter: Painter,
    speech: Speech,
    mood: str,
    notes: Sequence[str],
) -> dict[str, Fact]:
    """Return what was asked for and what was made of it; no times and no folders, so that it can be compared."""
    product = look.product
    return {
        "made_by": LABEL,
        "asked": asked,
        "presenter": NAMES[preset][0] if preset is not None else "a picture of your own",
        "room": scene.room_for(product) if preset is not None else None,
        "mood": mood,
        "voice": {
            "engine": speech.engine,
            "name": CAST[preset or 1].voice if speech.engine != "none" else None,
        },
        "product": {
            "shape": product.shape,
            "cut_out": product.cut,
            "colours": [_hex(colour) for colour in product.colours],
            "colour_names": list(product.colour_names),
            "accent": _hex(look.accent),
        },
        "seconds": painter.seconds,
        "cuts": [
            {"shot": cut.kind, "start": cut.start, "end": cut.end, "camera": cut.camera} for cut in painter.cuts
        ],
        "notes": list(notes),
    }  # fmt: skip


def _hex(colour: RGB) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
