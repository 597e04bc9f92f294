"""Who speaks in the advert: nine presenters drawn by us, and the portraits people choose them by.

`python -m character_flow.studio.characters OUT_DIR` draws the nine portraits again, byte for byte.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio import body, figure
from character_flow.studio.cast import CAST, NAMES, Person
from character_flow.studio.face import CENTRE
from character_flow.studio.features import VISEMES
from character_flow.studio.figure import NECK, Expression
from character_flow.studio.paint import Canvas, Fade, darker, lighter, oval, path, save_png
from character_flow.studio.puppet import lay_turned

PORTRAIT = (450, 550)


def person(number: int) -> Person:
    """Return preset 1..9, or raise a ToolError that names the choices."""
    if number not in CAST:
        known = ", ".join(f"{key} {name}" for key, (name, _) in NAMES.items())
        raise ToolError(f"character {number} does not exist; choose one of {known}")
    return CAST[number]


def portrait(number: int) -> Image.Image:
    """Return a preset's portrait, 450 x 550, RGB: the picture people choose from."""
    who = person(number)
    # Drawn twice as large and brought down: people look at these from close by.
    width, height = 2 * PORTRAIT[0], 2 * PORTRAIT[1]
    scale = 1.28
    ground = Canvas(width, height, scale=1.0)
    ground.shape(path(f"M 0 0 L {width} 0 L {width} {height} L 0 {height} Z"),
                 Fade(lighter(who.backdrop, 0.35), darker(who.backdrop, 0.12)))  # fmt: skip
    ground.shape(oval(width * 0.5, height * 0.42, 410, 410), lighter(who.backdrop, 0.5), alpha=0.75)
    sheet = ground.finished().convert("RGB")
    at = (round(width / 2 - CENTRE * scale), 4)
    neck = (at[0] + NECK[0] * scale, at[1] + NECK[1] * scale)
    behind = figure.draw_behind(who, scale=scale)
    if behind is not None:
        lay_turned(sheet, behind, neck, 0.0)
    shoulders = [body.shoulder(who, side) for side in (-1, 1)]
    near, far = ((x + side * 34, y + 382) for (x, y), side in zip(shoulders, (-1, 1), strict=True))
    figure.draw_trunk(who, scale=scale, at=at, foot=900, far_elbow=far, near_elbow=near).lay(sheet, 0.0)
    head = figure.draw_head(who, scale=scale)
    for layer in (head.still, head.face(Expression(VISEMES["smile"]))):
        lay_turned(sheet, layer, neck, 0.0)
    return sheet.reduce(2)


def draw_portraits(folder: Path) -> tuple[Path, ...]:
    """Draw all nine portraits as 1.png .. 9.png into the folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(save_png(portrait(number), folder / f"{number}.png") for number in sorted(CAST))


def main(arguments: Sequence[str]) -> int:
    """Draw the portraits into the folder named on the command line."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m character_flow.studio.characters OUT_DIR\n")
        return 2
    draw_portraits(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
