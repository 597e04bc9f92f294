"""What stands in the eight rooms: walls, windows, furniture and what is close to the camera, calm behind the head."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, mix, oval, path

Room: TypeAlias = Literal["bathroom", "kitchen", "desk", "living", "cafe", "terrace", "studio", "bedroom"]

_WALLS: dict[Room, tuple[RGB, float]] = {
    "bathroom": ((226, 232, 230), 0.10), "kitchen": ((240, 228, 208), 0.08), "desk": ((214, 216, 222), 0.12),
    "living": ((228, 214, 202), 0.12), "cafe": ((142, 112, 92), 0.06), "terrace": ((196, 222, 236), 0.04),
    "studio": ((236, 232, 228), 0.42), "bedroom": ((206, 196, 206), 0.12),
}  # fmt: skip
ROOMS: tuple[Room, ...] = tuple(_WALLS)
_LEAF: RGB = (84, 132, 92)
_WHITE: RGB = (250, 248, 244)


def wall(kind: Room, accent: RGB) -> RGB:
    """Return the colour of a room's wall, touched by the accent."""
    tone, share = _WALLS[kind]
    return mix(tone, accent, share)


def draw_far(kind: Room, canvas: Canvas, width: float, accent: RGB) -> None:
    """Draw what is far: the wall with its light, windows and pictures; width in units, height 1280."""
    tone = wall(kind, accent)
    _box(canvas, (-20, 0, width + 40, 1300), Fade(lighter(tone, 0.26), darker(tone, 0.14)))
    _FAR[kind](canvas, width, accent)


def draw_near(kind: Room, canvas: Canvas, width: float, accent: RGB) -> None:
    """Draw what stands between the wall and the presenter: furniture, plants, lamps."""
    _NEAR[kind](canvas, width, accent)


def draw_front(kind: Room, canvas: Canvas, width: float, accent: RGB) -> None:
    """Draw what is closer to the camera than the presenter, on a band of 256 units along the lower edge."""
    if kind in ("terrace", "living", "bathroom", "bedroom"):
        for x, y, lean in ((-70, 300, 0.9), (-40, 330, 0.45), (20, 340, 1.3)):
            _leaf(canvas, (x, y), (x + 190 * lean, y - 190), 84, mix(_LEAF, (40, 70, 50), 0.3))
    else:
        tone = mix(accent, (90, 66, 54), 0.45)
        canvas.shape(oval(10, 216, 104, 96), Fade(lighter(tone, 0.25), darker(tone, 0.25), across=True))
        canvas.shape(oval(10, 136, 100, 22), darker(tone, 0.35))
    canvas.shape(oval(width + 20, 300, 150, 110), darker(mix(accent, (120, 92, 78), 0.6), 0.25), alpha=0.85)


def _box(canvas: Canvas, box: tuple[float, float, float, float], fill: RGB | Fade) -> None:
    x, y, width, height = box
    canvas.shape([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], fill)


def _leaf(canvas: Canvas, root: Point, tip: Point, broad: float, green: RGB) -> None:
    (x, y), (tx, ty) = root, tip
    mid_x, mid_y = (x + tx) / 2, (y + ty) / 2
    leaf = path(f"M {x} {y} Q {mid_x - broad * 0.5} {mid_y - broad * 0.3} {tx} {ty} "
                f"Q {mid_x + broad * 0.5} {mid_y + broad * 0.3} {x} {y} Z")  # fmt: skip
    canvas.shape(leaf, Fade(lighter(green, 0.18), darker(green, 0.22)))


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


def _window(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    frame: list[Point] = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    canvas.shape(oval(x + width / 2, y + height / 2, width * 0.9, height * 0.7), (255, 250, 232), alpha=0.5, blur=60)
    _box(canvas, (x - 12, y - 12, width + 24, height + 24), _WHITE)
    _box(canvas, (x, y, width, height), Fade((196, 224, 244), (250, 248, 236)))
    canvas.shape(oval(x + width * 0.3, y + height, width * 0.5, height * 0.3), (158, 190, 146), inside=frame)
    _box(canvas, (x + width / 2 - 5, y, 10, height), _WHITE)
    _box(canvas, (x, y + height * 0.45, width, 10), _WHITE)


def _picture(canvas: Canvas, x: float, y: float, width: float, tone: RGB) -> None:
    high = width * 1.2
    canvas.shape([(x - 4, y + 10), (x + width + 18, y + 10), (x + width + 18, y + high + 24), (x - 4, y + high + 24)],
                 (40, 32, 36), alpha=0.25, blur=10)  # fmt: skip
    _box(canvas, (x - 10, y - 10, width + 20, high + 20), _WHITE)
    _box(canvas, (x, y, width, high), Fade(lighter(tone, 0.45), tone))
    canvas.shape(oval(x + width * 0.5, y + high * 0.58, width * 0.26, width * 0.26), lighter(tone, 0.7))


def _lamp(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.shape(oval(x, y, size * 2.4, size * 2.2), (255, 226, 164), alpha=0.38, blur=size * 0.8)
    _box(canvas, (x - 5, y, 10, size * 3.2), (96, 78, 68))
    canvas.shape(path(f"M {x - size * 0.5} {y - size * 0.6} L {x + size * 0.5} {y - size * 0.6} "
                      f"L {x + size * 0.85} {y + size * 0.6} L {x - size * 0.85} {y + size * 0.6} Z"),
                 Fade((255, 246, 220), (250, 218, 164)))  # fmt: skip


def _shelf(canvas: Canvas, x: float, y: float, width: float, accent: RGB) -> None:
    _box(canvas, (x - 10, y, width + 60, 16), (188, 146, 104))
    for number, tone in enumerate((accent, (232, 222, 208), mix(accent, (255, 255, 255), 0.5))):
        left, high = x + number * width / 3, (120, 84, 150)[number]
        _box(canvas, (left, y - high, width / 4, high), Fade(lighter(tone, 0.25), darker(tone, 0.2), across=True))


def _counter(canvas: Canvas, width: float, y: float, tone: RGB) -> None:
    _box(canvas, (-20, y, width + 40, 1300 - y), Fade(lighter(tone, 0.08), darker(tone, 0.28)))
    _box(canvas, (-20, y - 12, width + 40, 24), lighter(tone, 0.35))


def _bathroom_far(canvas: Canvas, width: float, accent: RGB) -> None:
    line = darker(wall("bathroom", accent), 0.14)
    for row in range(15):
        y = row * 90.0
        canvas.stroke([(0, y), (width / 2, y), (width, y)], line, width=3, alpha=0.5)
        for column in range(int(width / 120) + 2):
            x = column * 120.0 + (60 if row % 2 else 0)
            canvas.stroke([(x, y), (x, y + 45), (x, y + 90)], line, width=3, alpha=0.4)
    mirror = oval(width * 0.45, 340, 262, 320)
    canvas.shape([(x + 12, y + 18) for x, y in mirror], (40, 40, 50), alpha=0.25, blur=14)
    canvas.shape(mirror, (206, 170, 120))
    canvas.shape(oval(width * 0.45, 340, 246, 304), Fade((246, 250, 252), (206, 220, 226)))


def _bathroom_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _shelf(canvas, width - 150, 420, 150, accent)
    _counter(canvas, width, 790, (232, 228, 222))
    towel = mix(accent, _WHITE, 0.55)
    for number in range(3):
        _box(
            canvas,
            (width - 190 - number * 6, 734 - number * 40, 200, 44),
            Fade(lighter(towel, 0.3), darker(towel, 0.1)),
        )
    _plant(canvas, 60, 730, 140, (232, 226, 216))


def _kitchen_far(canvas: Canvas, width: float, accent: RGB) -> None:
    _window(canvas, -50, 90, 300, 470)
    for y in (210, 430):
        _box(canvas, (width - 230, y, 260, 18), (160, 112, 74))
        for number in range(4):
            tone = ((206, 96, 70), (238, 220, 190), accent, (120, 150, 110), (226, 176, 90))[(number + y) % 5]
            high = (70, 100, 60, 120, 84)[(number * 2 + y // 100) % 5]
            box = (width - 218 + number * 58, y - high, 44, high)
            _box(canvas, box, Fade(lighter(tone, 0.2), darker(tone, 0.2), across=True))


def _kitchen_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _counter(canvas, width, 760, (196, 152, 110))
    _plant(canvas, 66, 690, 124, (196, 106, 76))
    canvas.shape(path(f"M {width - 150} 752 Q {width - 156} 660 {width - 90} 650 "
                      f"Q {width - 20} 660 {width - 26} 752 Z"),
                 Fade(lighter(accent, 0.3), darker(accent, 0.2), across=True))  # fmt: skip
    canvas.shape(oval(width - 90, 646, 16, 14), darker(accent, 0.3))


def _desk_far(canvas: Canvas, width: float, accent: RGB) -> None:
    _window(canvas, -70, 100, 280, 420)
    _picture(canvas, width - 170, 170, 130, mix(accent, (246, 240, 230), 0.3))


def _desk_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _counter(canvas, width, 800, (184, 142, 102))
    for number in range(5):
        tone = ((84, 110, 150), (206, 120, 90), (236, 226, 208), (110, 140, 120), accent)[number]
        high = 110 + (number % 3) * 18
        _box(
            canvas, (20 + number * 30, 800 - high, 26, high), Fade(lighter(tone, 0.12), darker(tone, 0.18), across=True)
        )
    _lamp(canvas, width - 70, 560, 70)


def _living_far(canvas: Canvas, width: float, accent: RGB) -> None:
    _window(canvas, -60, 100, 290, 430)
    _picture(canvas, width - 190, 160, 140, accent)


def _living_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _lamp(canvas, width - 60, 470, 74)
    sofa = mix((150, 160, 150), accent, 0.3)
    canvas.shape(path(f"M -40 800 Q -40 700 60 690 L {width - 60} 690 Q {width + 40} 700 {width + 40} 800 "
                      f"L {width + 40} 1300 L -40 1300 Z"), Fade(lighter(sofa, 0.18), darker(sofa, 0.2)))  # fmt: skip
    canvas.shape(oval(70, 790, 110, 92), Fade(lighter(accent, 0.35), darker(accent, 0.05)))


def _cafe_far(canvas: Canvas, width: float, accent: RGB) -> None:
    _window(canvas, -80, 60, 320, 560)
    _box(canvas, (width - 190, 120, 230, 330), Fade((54, 48, 46), (38, 34, 34)))
    for number, long in enumerate((120, 90, 130, 70)):
        _box(canvas, (width - 164, 170 + number * 60, long, 10), (232, 224, 210))
    for x, y in ((width * 0.66, 60), (width * 0.88, 20), (width * 0.30, 30)):
        canvas.shape(oval(x, y, 86, 80), (255, 214, 140), alpha=0.45, blur=34)
        canvas.shape(oval(x, y, 26, 26), (255, 240, 204))


def _cafe_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _counter(canvas, width, 780, (132, 92, 66))
    for number, tone in enumerate((_WHITE, mix(accent, _WHITE, 0.4), _WHITE)):
        x = width - 60 - number * 66
        canvas.shape(path(f"M {x - 28} 712 L {x + 28} 712 L {x + 20} 768 L {x - 20} 768 Z"),
                     Fade(tone, darker(tone, 0.2), across=True))  # fmt: skip
    _plant(canvas, 50, 710, 120, (216, 206, 194))


def _terrace_far(canvas: Canvas, width: float, accent: RGB) -> None:
    canvas.shape(oval(width * 0.08, 60, 240, 220), (255, 246, 210), alpha=0.8, blur=80)
    for x, y, rx, ry, tone in ((0.0, 640, 330, 230, 0), (0.55, 680, 380, 190, 1), (1.05, 610, 300, 300, 0)):
        green = mix((126, 164, 122), (158, 188, 136), tone)
        canvas.shape(oval(width * x, y, rx, ry), Fade(lighter(green, 0.22), darker(green, 0.12)))
    for x, y, size in ((0.05, 520, 60), (0.16, 610, 44), (0.94, 480, 64), (0.80, 600, 46), (0.62, 640, 38)):
        canvas.shape(oval(width * x, y, size, size), (236, 240, 190), alpha=0.35, blur=6)


def _terrace_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _box(canvas, (-20, 700, width + 40, 26), (214, 190, 160))
    for number in range(int(width / 90) + 2):
        _box(canvas, (number * 90.0 - 10, 720, 22, 200), Fade((206, 180, 150), (168, 140, 112), across=True))
    _counter(canvas, width, 890, (196, 164, 130))
    _plant(canvas, 54, 790, 170, (190, 104, 76))
    _plant(canvas, width - 40, 800, 150, mix(accent, (200, 190, 180), 0.4))


def _studio_far(canvas: Canvas, width: float, accent: RGB) -> None:
    tone = wall("studio", accent)
    canvas.shape(oval(width * 0.42, 380, 400, 420), lighter(tone, 0.7), alpha=0.75, blur=110)
    canvas.shape(oval(width * 1.05, 900, 300, 520), darker(tone, 0.35), alpha=0.35, blur=110)


def _studio_near(canvas: Canvas, width: float, accent: RGB) -> None:
    tone = wall("studio", accent)
    arch = path(f"M {width - 190} 860 L {width - 190} 470 Q {width - 190} 350 {width - 70} 350 "
                f"Q {width + 50} 350 {width + 50} 470 L {width + 50} 860 Z")  # fmt: skip
    canvas.shape(arch, Fade(lighter(accent, 0.42), lighter(accent, 0.10)), alpha=0.9)
    canvas.shape(oval(30, 850, 150, 150), Fade(lighter(accent, 0.6), mix(accent, tone, 0.35)))
    _counter(canvas, width, 900, mix(tone, (236, 226, 216), 0.4))


def _bedroom_far(canvas: Canvas, width: float, accent: RGB) -> None:
    _window(canvas, -80, 70, 280, 520)
    for x, lean in ((-40, 60), (190, -24)):
        curtain = path(f"M {x} 30 L {x + 90} 30 C {x + 70 + lean * 0.3} 300 {x + 100} 560 {x + 80 + lean} 740 "
                       f"L {x - 10} 740 Z")  # fmt: skip
        canvas.shape(curtain, Fade((250, 244, 238), (222, 212, 206)), alpha=0.8)
    _picture(canvas, width - 160, 180, 116, mix(accent, (206, 180, 190), 0.5))


def _bedroom_near(canvas: Canvas, width: float, accent: RGB) -> None:
    _lamp(canvas, width - 56, 560, 62)
    _box(canvas, (width - 150, 750, 180, 300), Fade((190, 150, 116), (150, 114, 86)))
    board = mix((186, 160, 150), accent, 0.22)
    canvas.shape(path(f"M -40 1300 L -40 700 Q -40 620 60 620 L {width - 260} 620 "
                      f"Q {width - 180} 620 {width - 180} 700 "
                      f"L {width - 180} 1300 Z"), Fade(lighter(board, 0.2), darker(board, 0.2)))  # fmt: skip
    canvas.shape(oval(100, 800, 190, 96), Fade(_WHITE, (222, 214, 210)))
    canvas.shape(oval(width - 330, 810, 180, 90), Fade(lighter(accent, 0.6), lighter(accent, 0.25)))


_Draw: TypeAlias = Callable[[Canvas, float, RGB], None]
_FAR: dict[Room, _Draw] = {
    "bathroom": _bathroom_far, "kitchen": _kitchen_far, "desk": _desk_far, "living": _living_far,
    "cafe": _cafe_far, "terrace": _terrace_far, "studio": _studio_far, "bedroom": _bedroom_far,
}  # fmt: skip
_NEAR: dict[Room, _Draw] = {
    "bathroom": _bathroom_near, "kitchen": _kitchen_near, "desk": _desk_near, "living": _living_near,
    "cafe": _cafe_near, "terrace": _terrace_near, "studio": _studio_near, "bedroom": _bedroom_near,
}  # fmt: skip
