"""Where the advert plays: which room, its light and depth, the table of the product shot, the closing card's ground."""

import numpy as np
from PIL import Image, ImageFilter

from character_flow.studio import rooms
from character_flow.studio.colours import lab
from character_flow.studio.paint import RGB, Canvas, Point, darker, lighter, mix, oval, path, vertical_fade
from character_flow.studio.product import ProductLook
from character_flow.studio.rooms import Room

# Rooms that suit a kind of product, the most natural one first.
ROOMS_FOR: dict[str, tuple[Room, ...]] = {
    "bottle": ("bathroom", "bedroom", "terrace"), "tube": ("bathroom", "bedroom", "studio"),
    "bag": ("kitchen", "cafe", "terrace"), "cup": ("cafe", "kitchen", "terrace"), "box": ("desk", "living", "studio"),
    "shoe": ("living", "terrace", "studio"), "phone": ("desk", "cafe", "living"),
    "item": ("living", "studio", "bedroom"),
}  # fmt: skip
_STANDS_OUT = 24.0
_TALL = 1280.0


def room_for(product: ProductLook) -> Room:
    """Choose by kind and palette: the first suiting room whose wall the product stands out from, else the best."""
    choices = ROOMS_FOR.get(product.shape, ROOMS_FOR["item"])
    main = lab(np.array(product.colours[:1] or [product.accent], dtype=np.uint8))[0]
    apart = [
        float(np.linalg.norm(lab(np.array(rooms.wall(kind, product.accent), dtype=np.uint8)) - main))
        for kind in choices
    ]
    return next((kind for kind, far in zip(choices, apart, strict=True) if far >= _STANDS_OUT),
                choices[int(np.argmax(apart))])  # fmt: skip


def room(kind: Room, *, size: tuple[int, int], accent: RGB) -> Image.Image:
    """Return a room behind a presenter, RGB: what is far is further out of focus, the light comes from the left."""
    width, height = size
    # Drawn at a third of the size: what is out of focus has no finer detail.
    scale = height / _TALL / 3
    across = width * _TALL / height
    sheet = _layer(across, scale, wall=rooms.wall(kind, accent))
    rooms.draw_far(kind, sheet, across, accent)
    small = sheet.finished().convert("RGB").filter(ImageFilter.GaussianBlur(max(0.6, 11 * scale)))
    near = _layer(across, scale)
    rooms.draw_near(kind, near, across, accent)
    furniture = _soft(near.finished(), max(0.4, 6 * scale))
    small.paste(furniture, (0, 0), furniture)
    return _lit(small.resize(size, Image.Resampling.BICUBIC))


def _layer(across: float, scale: float, *, wall: RGB | None = None) -> Canvas:
    canvas = Canvas(across, _TALL, scale=scale)
    if wall is not None:
        # Sizes are rounded up: without a ground, the last column would be empty, a black line in the film.
        canvas.sheet.paste((*wall, 255), (0, 0, *canvas.sheet.size))
    return canvas


def _soft(layer: Image.Image, radius: float) -> Image.Image:
    # Blurred with its alpha multiplied in, or what is empty would come in as a black rim.
    return layer.convert("RGBa").filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")


def foreground(kind: Room, *, size: tuple[int, int], accent: RGB) -> Image.Image:
    """Return what stands close to the camera, far out of focus, along the lower edge: RGBA of the film's width."""
    width, height = size
    scale = height / _TALL / 6
    across, band = width * _TALL / height, _TALL * 0.20
    canvas = Canvas(across, band, scale=scale)
    rooms.draw_front(kind, canvas, across, accent)
    soft = _soft(canvas.finished(), max(0.8, 15 * scale))
    return soft.resize((width, round(band * height / _TALL) // 2 * 2), Image.Resampling.BICUBIC)


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


def table(*, size: tuple[int, int], accent: RGB, horizon: int, at: float = 0.5) -> Image.Image:
    """Return the ground of the product shot, RGB: a tinted wall, a table from `horizon` down, a light behind `at`."""
    width, height = size
    tint = mix(lighter(accent, 0.62), (250, 244, 238), 0.35)
    ground = vertical_fade(size, (darker(tint, 0.10), lighter(tint, 0.35), tint))
    top = mix(lighter(accent, 0.35), (246, 236, 226), 0.35)
    ground.paste(vertical_fade((width, height - horizon), (lighter(top, 0.25), top, darker(top, 0.22))), (0, horizon))
    light = Canvas(width / 8, height / 8, scale=1, oversample=1)
    w, h = width / 8, height / 8
    beam = path(f"M {-w * 0.2} {-h * 0.05} L {w * 0.3} {-h * 0.05} L {w * 1.15} {h * 0.8} L {w * 0.5} {h * 0.95} Z")
    light.shape(beam, (255, 250, 236), alpha=0.34, blur=w * 0.05)
    light.shape(oval(w * at, horizon / 8 - h * 0.12, w * 0.42, h * 0.2), (255, 255, 255), alpha=0.5, blur=w * 0.1)
    light.shape(_frame((round(w), round(h))), darker(accent, 0.6), alpha=0.28, blur=w / 7)
    lit = ground.convert("RGBA")
    lit.alpha_composite(light.finished().resize(size, Image.Resampling.BICUBIC))
    return lit.convert("RGB")


def card(*, size: tuple[int, int], accent: RGB, light_at: Point = (0.5, 0.52)) -> Image.Image:
    """Return the closing card's ground, RGB: the accent made deep, with a round light where the product stands."""
    width, height = size
    deep = darker(accent, 0.38)
    ground = vertical_fade(size, (mix(deep, accent, 0.55), deep, darker(deep, 0.35)))
    w, h = width / 2, height / 2
    light = Canvas(w, h, scale=1, oversample=1)
    side = min(w, h * 0.5625)
    x, y = w * light_at[0], h * light_at[1]
    light.shape(oval(x, y, side * 0.54, side * 0.54), lighter(accent, 0.5), alpha=0.20, blur=side / 240)
    light.shape(oval(x, y, side * 0.42, side * 0.42), lighter(accent, 0.6), alpha=0.35, blur=side / 240)
    light.shape(
        oval(x - w * 0.05, y - h * 0.07, side * 0.34, side * 0.34), (255, 255, 255), alpha=0.28, blur=side * 0.1
    )
    lit = ground.convert("RGBA")
    lit.alpha_composite(light.finished().resize(size, Image.Resampling.BICUBIC))
    return lit.convert("RGB")
