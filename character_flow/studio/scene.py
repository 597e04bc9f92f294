"""Where the advert plays: rooms out of focus, the table for the product shot, the ground of the closing card."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from PIL import Image, ImageFilter

from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, mix, oval, path, vertical_fade

Room: TypeAlias = Literal["bathroom", "kitchen", "desk", "living"]

ROOM_FOR: dict[str, Room] = {
    "bottle": "bathroom", "tube": "bathroom", "bag": "kitchen", "cup": "kitchen", "box": "desk",
    "shoe": "living", "item": "living",
}  # fmt: skip


def room(kind: Room, *, size: tuple[int, int], accent: RGB) -> Image.Image:
    """Return a room behind a presenter, RGB, softly out of focus, its light from the upper left."""
    width, height = size
    tall = 1280.0
    # Drawn at a third of the size: what is out of focus has no finer detail.
    scale = height / tall / 3
    canvas = Canvas(width * tall / height, tall, scale=scale)
    _ROOMS[kind](canvas, width * tall / height, accent)
    small = canvas.finished().convert("RGB").filter(ImageFilter.GaussianBlur(5 * scale * 1.6))
    wide = small.resize(size, Image.Resampling.BICUBIC)
    return _lit(wide)


def _lit(picture: Image.Image) -> Image.Image:
    """Lay warm light on the upper left and a soft fall-off to the corners."""
    width, height = picture.size
    small = (max(2, width // 8), max(2, height // 8))
    glow = Canvas(small[0], small[1], scale=1, oversample=1)
    reach = small[1] * 0.42
    glow.shape(oval(small[0] * 0.08, small[1] * 0.10, reach, reach), (255, 244, 220), alpha=0.55, blur=reach / 3)
    glow.shape(_frame(small), (30, 18, 30), alpha=0.34, blur=small[0] / 7)
    lit = picture.convert("RGBA")
    lit.alpha_composite(glow.finished().resize(picture.size, Image.Resampling.BICUBIC))
    return lit.convert("RGB")


def _frame(size: tuple[int, int]) -> list[Point]:
    width, height = size
    outer: list[Point] = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)]
    inset_x, inset_y = width * 0.06, height * 0.05
    inner: list[Point] = [(inset_x, inset_y), (inset_x, height - inset_y), (width - inset_x, height - inset_y),
                          (width - inset_x, inset_y), (inset_x, inset_y)]  # fmt: skip
    return [*outer, *inner]


def _box(canvas: Canvas, box: tuple[float, float, float, float], fill: RGB | Fade) -> None:
    x, y, width, height = box
    canvas.shape([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], fill)


def _plant(canvas: Canvas, x: float, y: float, size: float, pot: RGB) -> None:
    for lean, tone in ((-0.9, 0), (-0.5, 1), (-0.15, 0), (0.2, 1), (0.55, 0), (0.95, 1)):
        green = mix((74, 124, 88), (122, 164, 104), tone * 0.6)
        tip_x, tip_y = x + lean * size, y - size * (1.25 - 0.45 * abs(lean))
        leaf = path(f"M {x} {y} Q {x + lean * size * 0.15} {y - size * 0.7} {tip_x} {tip_y} "
                    f"Q {x + lean * size * 0.85} {y - size * 0.35} {x} {y} Z")  # fmt: skip
        canvas.shape(leaf, Fade(lighter(green, 0.15), darker(green, 0.2)))
    tub = path(f"M {x - size * 0.34} {y - 6} L {x + size * 0.34} {y - 6} L {x + size * 0.24} {y + size * 0.5} "
               f"L {x - size * 0.24} {y + size * 0.5} Z")  # fmt: skip
    canvas.shape(tub, Fade(lighter(pot, 0.1), darker(pot, 0.25), across=True))


def _bathroom(canvas: Canvas, width: float, accent: RGB) -> None:
    tile = mix((226, 232, 230), accent, 0.10)
    _box(canvas, (0, 0, width, 1280), Fade(lighter(tile, 0.3), darker(tile, 0.10)))
    for row in range(15):
        canvas.stroke(
            [(0, row * 90.0), (width / 2, row * 90.0), (width, row * 90.0)], darker(tile, 0.14), width=3, alpha=0.6
        )
        for column in range(int(width / 120) + 2):
            x = column * 120.0 + (60 if row % 2 else 0)
            canvas.stroke(
                [(x, row * 90.0), (x, row * 90.0 + 45), (x, row * 90.0 + 90)], darker(tile, 0.14), width=3, alpha=0.5
            )
    mirror = oval(width * 0.50, 330, 250, 300)
    canvas.shape([(x + 10, y + 16) for x, y in mirror], (40, 40, 50), alpha=0.25, blur=14)
    canvas.shape(mirror, (206, 170, 120))
    canvas.shape(oval(width * 0.50, 330, 236, 286), Fade((244, 248, 250), (206, 220, 226)))
    _shelf(canvas, width * 0.82, 420, width * 0.2, accent)
    _plant(canvas, width * 0.08, 720, 130, (232, 226, 216))
    _box(canvas, (0, 780, width, 500), Fade((240, 236, 230), (206, 198, 190)))


def _shelf(canvas: Canvas, x: float, y: float, width: float, accent: RGB) -> None:
    _box(canvas, (x - 10, y, width + 40, 16), (188, 146, 104))
    for number, tone in enumerate((accent, (232, 222, 208), mix(accent, (255, 255, 255), 0.5))):
        left, high = x + number * width / 3, (120, 84, 150)[number]
        _box(canvas, (left, y - high, width / 4, high), Fade(lighter(tone, 0.25), darker(tone, 0.2), across=True))


def _kitchen(canvas: Canvas, width: float, accent: RGB) -> None:
    wall = mix((240, 228, 208), accent, 0.08)
    _box(canvas, (0, 0, width, 1280), Fade(lighter(wall, 0.25), darker(wall, 0.12)))
    _window(canvas, width * -0.06, 90, width * 0.42, 470)
    for y in (210, 430):
        _box(canvas, (width * 0.60, y, width * 0.44, 18), (160, 112, 74))
        for number in range(5):
            tone = ((206, 96, 70), (238, 220, 190), accent, (120, 150, 110), (226, 176, 90))[(number + y) % 5]
            high = (70, 100, 60, 120, 84)[(number * 2 + y // 100) % 5]
            left = width * 0.62 + number * width * 0.08
            _box(
                canvas, (left, y - high, width * 0.062, high), Fade(lighter(tone, 0.2), darker(tone, 0.2), across=True)
            )
    _box(canvas, (0, 760, width, 520), Fade((206, 164, 120), (156, 112, 78)))
    _box(canvas, (0, 748, width, 24), (226, 190, 148))
    _plant(canvas, width * 0.10, 690, 120, (196, 106, 76))


def _window(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    _box(canvas, (x - 12, y - 12, width + 24, height + 24), (250, 248, 244))
    _box(canvas, (x, y, width, height), Fade((188, 220, 242), (244, 246, 234)))
    canvas.shape(oval(x + width * 0.3, y + height, width * 0.5, height * 0.3), (150, 184, 140),
                 inside=[(x, y), (x + width, y), (x + width, y + height), (x, y + height)])  # fmt: skip
    _box(canvas, (x + width / 2 - 5, y, 10, height), (250, 248, 244))
    _box(canvas, (x, y + height * 0.45, width, 10), (250, 248, 244))


def _desk(canvas: Canvas, width: float, accent: RGB) -> None:
    wall = mix((214, 216, 222), accent, 0.12)
    _box(canvas, (0, 0, width, 1280), Fade(lighter(wall, 0.3), darker(wall, 0.16)))
    _window(canvas, width * 0.62, 110, width * 0.5, 420)
    for number, tone in enumerate((accent, (246, 240, 230))):
        x, y = width * (0.06 + number * 0.24), 160 + number * 40
        _box(canvas, (x - 8, y - 8, width * 0.2 + 16, 226), (250, 248, 246))
        _box(canvas, (x, y, width * 0.2, 210), Fade(lighter(tone, 0.3), tone))
        canvas.shape(oval(x + width * 0.1, y + 120, 40, 40), darker(tone, 0.2))
    _box(canvas, (0, 800, width, 480), Fade((192, 150, 108), (140, 104, 74)))
    for number in range(5):
        tone = ((84, 110, 150), (206, 120, 90), (236, 226, 208), (110, 140, 120), accent)[number]
        _box(canvas, (width * 0.04 + number * 30, 690 - (number % 3) * 18, 26, 110 + (number % 3) * 18), tone)
    _plant(canvas, width * 0.9, 740, 120, (236, 232, 226))


def _living(canvas: Canvas, width: float, accent: RGB) -> None:
    wall = mix((228, 214, 202), accent, 0.12)
    _box(canvas, (0, 0, width, 1280), Fade(lighter(wall, 0.25), darker(wall, 0.16)))
    _window(canvas, width * 0.02, 100, width * 0.38, 430)
    _box(canvas, (width * 0.66, 150, width * 0.26, 250), (250, 246, 240))
    _box(canvas, (width * 0.68, 164, width * 0.22, 222), Fade(lighter(accent, 0.5), accent))
    canvas.shape(oval(width * 0.79, 270, 56, 56), lighter(accent, 0.75))
    sofa = mix((150, 160, 150), accent, 0.3)
    canvas.shape(path(f"M {-40} 800 Q {-40} 700 60 690 L {width - 60} 690 Q {width + 40} 700 {width + 40} 800 "
                      f"L {width + 40} 1280 L {-40} 1280 Z"), Fade(lighter(sofa, 0.18), darker(sofa, 0.2)))  # fmt: skip
    canvas.shape(oval(width * 0.12, 800, 110, 90), Fade(lighter(accent, 0.35), darker(accent, 0.05)))
    _box(canvas, (width * 0.93, 380, 10, 400), (90, 74, 66))
    canvas.shape(path(f"M {width * 0.85} 400 L {width * 1.03} 400 L {width * 0.99} 270 L {width * 0.89} 270 Z"),
                 Fade((255, 244, 214), (244, 214, 164)))  # fmt: skip


_ROOMS: dict[Room, Callable[[Canvas, float, RGB], None]] = {
    "bathroom": _bathroom, "kitchen": _kitchen, "desk": _desk, "living": _living,
}  # fmt: skip


def table(*, size: tuple[int, int], accent: RGB, horizon: int) -> Image.Image:
    """Return the ground of the product shot, RGB: a wall in the accent's tint, a table from `horizon` down."""
    width, height = size
    tint = mix(lighter(accent, 0.62), (250, 244, 238), 0.35)
    ground = vertical_fade(size, (darker(tint, 0.10), lighter(tint, 0.35), tint))
    top = mix(lighter(accent, 0.35), (246, 236, 226), 0.35)
    ground.paste(vertical_fade((width, height - horizon), (lighter(top, 0.25), top, darker(top, 0.22))), (0, horizon))
    light = Canvas(width / 8, height / 8, scale=1, oversample=1)
    w, h = width / 8, height / 8
    beam = path(f"M {-w * 0.2} {-h * 0.05} L {w * 0.3} {-h * 0.05} L {w * 1.15} {h * 0.8} L {w * 0.5} {h * 0.95} Z")
    light.shape(beam, (255, 250, 236), alpha=0.34, blur=w * 0.05)
    light.shape(oval(w / 2, horizon / 8 - h * 0.12, w * 0.42, h * 0.2), (255, 255, 255), alpha=0.5, blur=w * 0.1)
    light.shape(_frame((round(w), round(h))), darker(accent, 0.6), alpha=0.28, blur=w / 7)
    lit = ground.convert("RGBA")
    lit.alpha_composite(light.finished().resize(size, Image.Resampling.BICUBIC))
    return lit.convert("RGB")


def card(*, size: tuple[int, int], accent: RGB) -> Image.Image:
    """Return the closing card's ground, RGB: the accent made deep, with a round light where the product stands."""
    width, height = size
    deep = darker(accent, 0.38)
    ground = vertical_fade(size, (mix(deep, accent, 0.55), deep, darker(deep, 0.35)))
    w, h = width / 2, height / 2
    light = Canvas(w, h, scale=1, oversample=2)
    side = min(w, h * 0.5625)
    light.shape(oval(w * 0.5, h * 0.52, side * 0.54, side * 0.54), lighter(accent, 0.5), alpha=0.20)
    light.shape(oval(w * 0.5, h * 0.52, side * 0.42, side * 0.42), lighter(accent, 0.6), alpha=0.35)
    light.shape(oval(w * 0.45, h * 0.45, side * 0.34, side * 0.34), (255, 255, 255), alpha=0.28, blur=side * 0.1)
    lit = ground.convert("RGBA")
    lit.alpha_composite(light.finished().resize(size, Image.Resampling.BICUBIC))
    return lit.convert("RGB")
