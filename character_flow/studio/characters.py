"""Who speaks in the advert: nine presenters drawn by us, or a custom picture framed as one.

`python -m character_flow.studio.characters OUT_DIR` draws the nine portraits again, byte for byte.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from character_flow.errors import ToolError
from character_flow.studio import body, face, hair
from character_flow.studio.cast import CAST, NAMES, Person
from character_flow.studio.face import Eyes
from character_flow.studio.paint import Canvas, Fade, darker, lighter, oval, path, save_png
from character_flow.studio.speech import Mouth

PORTRAIT = (450, 550)
WIDTH, HEIGHT = 1000, 1500
_HEAD_SHEET = (800, 790)
# The head is drawn about its own middle and set this much lower, between the shoulders.
HEAD_DROP = 34


def person(number: int) -> Person:
    """Return preset 1..9, or raise a ToolError that names the choices."""
    if number not in CAST:
        known = ", ".join(f"{key} {name}" for key, (name, _) in NAMES.items())
        raise ToolError(f"character {number} does not exist; choose one of {known}")
    return CAST[number]


@dataclass(frozen=True, slots=True)
class Figure:
    """A presenter's layers at one scale; corners are pixels from the figure's own upper left corner."""

    person: Person
    scale: float
    torso: Image.Image
    behind: Image.Image
    behind_at: tuple[int, int]
    head_at: tuple[int, int]
    _head_box: tuple[int, int, int, int]
    _bare: Image.Image
    _parts: dict[tuple[str, str], Image.Image]
    _heads: dict[tuple[str, str, bool], Image.Image]

    def head(self, mouth: Mouth, eyes: Eyes, *, raised: bool) -> Image.Image:
        """Return the head with this expression, RGBA; drawn once, then remembered."""
        key = (mouth, eyes, raised)
        if key not in self._heads:
            whole = self._bare.copy()
            for part in (("mouth", mouth), ("eyes", eyes), ("brows", "up" if raised else "down")):
                whole.alpha_composite(self._part(part))
            whole.alpha_composite(self._part(("hair", "front")))
            self._heads[key] = whole
        return self._heads[key]

    def _part(self, part: tuple[str, str]) -> Image.Image:
        if part not in self._parts:
            self._parts[part] = _draw_part(self.person, self.scale, part).crop(self._head_box)
        return self._parts[part]


def draw_figure(who: Person, *, scale: float) -> Figure:
    """Draw a presenter's layers, `scale` pixels a unit of the 1000 x 1500 figure."""
    torso = Canvas(WIDTH, HEIGHT, scale=scale)
    body.draw_body(torso, who)
    back = _head_canvas(scale)
    hair.draw_back(back, who)
    bare_canvas = _head_canvas(scale)
    face.draw_head(bare_canvas, who)
    behind, bare = back.finished(), bare_canvas.finished()
    front = _draw_part(who, scale, ("hair", "front"))
    # Heads are turned in every frame: what is empty around them would only cost time.
    whole = Image.alpha_composite(Image.alpha_composite(bare, front), _draw_part(who, scale, ("brows", "up")))
    head_box, back_box = _padded(whole, round(12 * scale)), _padded(behind, round(12 * scale))
    drop = round(HEAD_DROP * scale)
    return Figure(
        who,
        scale,
        torso.finished(),
        behind.crop(back_box),
        (back_box[0], back_box[1] + drop),
        (head_box[0], head_box[1] + drop),
        head_box,
        bare.crop(head_box),
        {},
        {},
    )


def _padded(layer: Image.Image, pad: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = layer.getbbox() or (0, 0, 1, 1)
    return left - pad, top - pad, right + pad, bottom + pad


def _head_canvas(scale: float) -> Canvas:
    return Canvas(*_HEAD_SHEET, scale=scale)


def _draw_part(who: Person, scale: float, part: tuple[str, str]) -> Image.Image:
    canvas = _head_canvas(scale)
    kind, state = part
    if kind == "mouth":
        face.draw_mouth(canvas, who, _mouth(state))
    elif kind == "eyes":
        face.draw_eyes(canvas, who, "shut" if state == "shut" else "half" if state == "half" else "open")
    elif kind == "brows":
        face.draw_brows(canvas, who, raised=state == "up")
    else:
        hair.draw_front(canvas, who)
    return canvas.finished()


def _mouth(state: str) -> Mouth:
    return next(mouth for mouth in face.MOUTHS if mouth == state)


def portrait(number: int) -> Image.Image:
    """Return a preset's portrait, 450 x 550, RGB: the picture people choose from."""
    who = person(number)
    width, height = PORTRAIT
    scale = 0.64
    ground = Canvas(width, height, scale=1.0)
    ground.shape(path(f"M 0 0 L {width} 0 L {width} {height} L 0 {height} Z"),
                 Fade(lighter(who.backdrop, 0.35), darker(who.backdrop, 0.12)))  # fmt: skip
    ground.shape(oval(width * 0.5, height * 0.42, 205, 205), lighter(who.backdrop, 0.5), alpha=0.75)
    sheet = ground.finished()
    figure = draw_figure(who, scale=scale)
    left, top = round(width / 2 - 500 * scale), 2
    _over(sheet, figure.behind, (left + figure.behind_at[0], top + figure.behind_at[1]))
    _over(sheet, figure.torso, (left, top))
    head = figure.head("smile", "open", raised=False)
    _over(sheet, head, (left + figure.head_at[0], top + figure.head_at[1]))
    return sheet.convert("RGB")


def _over(sheet: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    source = (max(0, -at[0]), max(0, -at[1]))
    if source[0] >= layer.width or source[1] >= layer.height:
        return
    sheet.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), source)


def make_avatar(picture: Image.Image, out_png: Path) -> Path:
    """Frame a custom character picture as a presenter, 720 x 960 PNG; a photograph stays a photograph."""
    width, height = 720, 960
    photo = picture.convert("RGBA")
    flat = Image.new("RGBA", photo.size, (236, 230, 226, 255))
    flat.alpha_composite(photo)
    ratio = width / height
    # Faces sit in the upper part of portraits: what must go is cut from the sides, or more from below.
    if flat.width / flat.height > ratio:
        across = round(flat.height * ratio)
        left = (flat.width - across) // 2
        flat = flat.crop((left, 0, left + across, flat.height))
    else:
        high = round(flat.width / ratio)
        top = round((flat.height - high) * 0.25)
        flat = flat.crop((0, top, flat.width, top + high))
    return save_png(flat.convert("RGB").resize((width, height), Image.Resampling.LANCZOS), out_png)


def rounded(picture: Image.Image, radius: int) -> Image.Image:
    """Return the picture with round corners, RGBA."""
    mask = Image.new("L", (picture.width * 2, picture.height * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 2, fill=255)
    shaped = picture.convert("RGBA")
    shaped.putalpha(mask.resize(picture.size, Image.Resampling.BOX))
    return shaped


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
