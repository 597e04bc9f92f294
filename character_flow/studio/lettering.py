"""Which font draws a text: the shipped ones, else one of the system that has the signs, else nobody - never boxes."""

import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from character_flow.studio.paint import RGB

_OWN = Path(__file__).parent / "fonts"
BOLD = _OWN / "InterDisplay-ExtraBold.otf"
PLAIN = _OWN / "Inter-SemiBold.otf"
_SYSTEM = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
_MOST_FONTS = 400
# They join or order their neighbours and draw nothing themselves.
_SILENT = {"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\ufe0e", "\ufe0f", "\u2060", "\ufeff"}


@lru_cache(maxsize=64)
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Return the font at this size in pixels."""
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=4096)
def _draws(path: Path, sign: str) -> bool:
    face = font(path, 24)
    missing = face.getmask("\U0010fffe")
    mask = face.getmask(sign)
    return mask.size != missing.size or bytes(mask) != bytes(missing)


@lru_cache(maxsize=1)
def _system_fonts() -> tuple[Path, ...]:
    found: list[Path] = []
    for folder in _SYSTEM:
        found += sorted(path for kind in ("*.ttf", "*.otf", "*.ttc") for path in Path(folder).rglob(kind))
    # Apple's font of last resort "draws" every sign: as a box.
    found = [path for path in found if "LastResort" not in path.name]
    # Bold faces first: captions are bold.
    return tuple(sorted(found[:_MOST_FONTS], key=lambda path: ("Bold" not in path.name, str(path))))


def font_for(text: str, *, own: Path = BOLD) -> tuple[Path, str]:
    """Return the font that draws most of the text, and the text without what no font at hand can draw."""
    wanted = [sign for sign in dict.fromkeys(text) if not sign.isspace() and sign not in _SILENT]
    lacking = [sign for sign in wanted if not _draws(own, sign)]
    chosen = own
    if lacking:
        chosen = _best_of_system(tuple(wanted), own)
    kept = "".join(sign for sign in text if sign.isspace() or (sign not in _SILENT and _draws(chosen, sign)))
    return chosen, kept.strip()


@lru_cache(maxsize=512)
def _best_of_system(wanted: tuple[str, ...], own: Path) -> Path:
    best, most = own, sum(_draws(own, sign) for sign in wanted)
    for path in _system_fonts():
        try:
            able = sum(_draws(path, sign) for sign in wanted)
        except OSError:
            continue
        if able > most:
            best, most = path, able
        if most == len(wanted):
            break
    return best


def missing_signs(text: str) -> tuple[str, ...]:
    """Return the signs no font at hand can draw, in order, each once."""
    missing: dict[str, None] = {}
    for word in text.split():
        _, kept = font_for(word)
        missing.update({sign: None for sign in word if sign not in kept and sign not in _SILENT})
    return tuple(missing)


def is_right_to_left(text: str) -> bool:
    """Say whether the text is written from right to left."""
    return any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)


def can_shape() -> bool:
    """Say whether scripts that join or run from right to left can be drawn properly here."""
    return bool(features.check("raqm"))


def line_of_text(
    text: str, *, size: int, colour: RGB, path: Path = PLAIN, widest: int = 10_000, outline: int = 0,
    outline_colour: RGB = (0, 0, 0),
) -> Image.Image:  # fmt: skip
    """Return one line of text on a transparent ground, made smaller until it fits `widest` pixels."""
    chosen, kept = font_for(text, own=path)
    while True:
        face = font(chosen, size)
        left, top, right, bottom = face.getbbox(kept or " ", stroke_width=outline)
        if right - left <= widest or size <= 9:
            break
        size = max(9, min(size - 1, int(size * widest / (right - left))))
    sheet = Image.new("RGBA", (max(1, int(right - left)) + 2, max(1, int(bottom - top)) + 2))
    ImageDraw.Draw(sheet).text((1 - left, 1 - top), kept, font=face, fill=colour, stroke_width=outline,
                               stroke_fill=outline_colour)  # fmt: skip
    return sheet
