"""What people call a colour, how two colours differ to the eye, and which text can be read on one."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from character_flow.studio.paint import RGB, mix

_NAMED: tuple[tuple[str, RGB], ...] = (
    ("black", (22, 22, 24)), ("charcoal", (58, 60, 64)), ("grey", (128, 128, 130)),
    ("silver", (188, 190, 194)), ("white", (246, 246, 246)), ("cream", (244, 232, 208)),
    ("beige", (214, 190, 158)), ("tan", (192, 146, 100)), ("brown", (112, 72, 44)),
    ("dark brown", (62, 40, 28)), ("red", (200, 34, 40)), ("dark red", (120, 22, 30)),
    ("coral", (240, 116, 98)), ("pink", (240, 158, 184)), ("rose", (206, 110, 122)),
    ("magenta", (196, 36, 130)), ("orange", (238, 126, 34)), ("amber", (214, 138, 32)),
    ("peach", (250, 200, 166)), ("yellow", (246, 214, 62)), ("mustard", (202, 160, 46)),
    ("lime green", (156, 206, 50)), ("green", (48, 146, 72)), ("dark green", (28, 78, 50)),
    ("olive", (112, 116, 56)), ("sage green", (156, 174, 144)), ("mint", (172, 222, 200)),
    ("teal", (30, 128, 128)), ("turquoise", (70, 196, 196)), ("sky blue", (134, 190, 232)),
    ("blue", (40, 96, 200)), ("navy", (28, 40, 84)), ("slate blue", (92, 112, 146)),
    ("purple", (118, 58, 158)), ("lilac", (190, 166, 220)), ("plum", (96, 42, 80)),
)  # fmt: skip


def lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return CIE L*a*b* of sRGB pixels, last axis 3."""
    value = pixels.astype(np.float32) / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], dtype=np.float32)
    xyz = linear @ matrix.T / np.array([0.95047, 1.0, 1.08883], dtype=np.float32)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    parts = (116 * root[..., 1] - 16, 500 * (root[..., 0] - root[..., 1]), 200 * (root[..., 1] - root[..., 2]))
    return np.stack(parts, axis=-1).astype(np.float32)


_NAMED_LAB = lab(np.array([value for _, value in _NAMED], dtype=np.uint8))


def name_of(colour: RGB) -> str:
    """Return what people would call the colour."""
    distance = np.linalg.norm(_NAMED_LAB - lab(np.array(colour, dtype=np.uint8)), axis=-1)
    return _NAMED[int(np.argmin(distance))][0]


def palette(pixels: NDArray[np.uint8], *, count: int = 5) -> tuple[tuple[RGB, float], ...]:
    """Return up to `count` main colours of an (n, 3) list of pixels with their shares, largest first."""
    if len(pixels) == 0:
        return (((128, 128, 130), 1.0),)
    step = max(1, len(pixels) // 40_000)
    sample = pixels[::step]
    strip = Image.fromarray(sample[None, :, :]).quantize(count * 2, method=Image.Quantize.MEDIANCUT, kmeans=2)
    entries = np.asarray(strip.getpalette(), dtype=np.uint8).reshape(-1, 3)
    amounts = np.bincount(np.asarray(strip).ravel(), minlength=len(entries))
    merged: dict[str, list[float]] = {}
    for index in np.argsort(-amounts, kind="stable"):
        if amounts[index] == 0:
            continue
        red, green, blue = (int(v) for v in entries[index])
        merged.setdefault(name_of((red, green, blue)), [red, green, blue, 0.0])[3] += float(amounts[index])
    ranked = sorted(merged.values(), key=lambda entry: -entry[3])[:count]
    whole = float(len(sample))
    return tuple(((int(r), int(g), int(b)), n / whole) for r, g, b, n in ranked)


def colourfulness(colour: RGB) -> float:
    """Return the chroma of a colour: 0 is grey, 40 lively, 100 as strong as screens go."""
    _, a, b = lab(np.array(colour, dtype=np.uint8))
    return float(np.hypot(a, b))


def accented(colour: RGB) -> RGB:
    """Return the colour neither so dark nor so pale that a label in it would look black or white."""
    light = float(lab(np.array(colour, dtype=np.uint8))[0])
    if 26 <= light <= 82:
        return colour
    target: RGB = (255, 255, 255) if light < 26 else (0, 0, 0)
    steps = (mix(colour, target, step / 20) for step in range(20))
    return next((moved for moved in steps if 26 <= float(lab(np.array(moved, dtype=np.uint8))[0]) <= 82), colour)


def luminance(colour: RGB) -> float:
    """Return the relative luminance of a colour, 0..1, as WCAG 2 defines it."""
    parts = [c / 255 for c in colour]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: RGB, second: RGB) -> float:
    """Return the contrast of two colours, 1..21, as WCAG 2 defines it."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def until_readable(colour: RGB, *, on: RGB, wanted: float = 4.5) -> RGB:
    """Return the colour moved towards white or black, whichever can be read better, until it can be read."""
    white, black = contrast((255, 255, 255), on), contrast((0, 0, 0), on)
    towards = (255, 255, 255) if white >= black else (0, 0, 0)
    return next(
        (moved for step in range(20) if contrast(moved := mix(colour, towards, step / 20), on) >= wanted), towards
    )
