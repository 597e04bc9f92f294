"""What the two shipped product pictures show: a face mist in teal glass and a bag of coffee, both drawn by us.

`python -m character_flow.studio.packshots OUT_DIR` draws product.png and product_2.png again, byte for byte.
The brands on them, Ondara and Fennick, are made up.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageFilter

from character_flow.studio.lettering import BOLD, PLAIN, line_of_text
from character_flow.studio.paint import (
    RGB,
    Canvas,
    Fade,
    Point,
    darker,
    lighter,
    mirrored,
    oval,
    path,
    save_png,
    vertical_fade,
)

_WIDTH, _HEIGHT = 900, 1200
_AXIS = 450.0


def face_mist() -> Image.Image:
    """Return the default product picture, 900 x 1200 RGB."""
    canvas = Canvas(_WIDTH, _HEIGHT, scale=1)
    glass: RGB = (38, 128, 126)
    body = path(
        "M 300 1046 L 300 520 C 300 440 352 420 392 396 L 508 396 C 548 420 600 440 600 520 L 600 1046 "
        "C 600 1076 580 1088 560 1088 L 340 1088 C 320 1088 300 1076 300 1046 Z"
    )
    canvas.shape(body, Fade(lighter(glass, 0.20), darker(glass, 0.16), across=True))
    canvas.shape(
        path("M 300 470 L 600 470 L 600 396 L 300 396 Z"), lighter(glass, 0.5), alpha=0.25, blur=18, inside=body
    )
    _edges(canvas, body, left=300, right=600, top=396, bottom=1088, tone=darker(glass, 0.65))
    canvas.shape(
        path("M 318 1052 L 582 1052 L 582 1084 L 318 1084 Z"), darker(glass, 0.55), alpha=0.5, blur=9, inside=body
    )
    canvas.shape(
        path("M 324 1060 L 576 1060 L 576 1068 L 324 1068 Z"), (220, 250, 246), alpha=0.35, blur=4, inside=body
    )
    _label(canvas)
    _gloss(canvas, body)
    _cap(canvas)
    return _photographed(canvas.finished(), ground=(236, 228, 218), foot=1086, left=300, right=600)


def _edges(
    canvas: Canvas, body: list[Point], *, left: float, right: float, top: float, bottom: float, tone: RGB
) -> None:
    for x, wide, alpha in ((left, 34, 0.55), (right, 60, 0.62)):
        strip: list[Point] = [(x - wide, top), (x + wide, top), (x + wide, bottom), (x - wide, bottom)]
        canvas.shape(strip, tone, alpha=alpha, blur=wide / 2.2, inside=body)


def _gloss(canvas: Canvas, body: list[Point]) -> None:
    long = path("M 338 540 C 338 492 352 470 372 456 L 384 462 C 368 480 362 500 362 540 L 362 1010 L 338 1010 Z")
    canvas.shape(long, (255, 255, 255), alpha=0.55, blur=6, inside=body)
    canvas.shape(path("M 372 530 L 380 530 L 380 1000 L 372 1000 Z"), (255, 255, 255), alpha=0.35, blur=3, inside=body)
    canvas.shape(path("M 560 540 L 574 540 L 574 1010 L 560 1010 Z"), (200, 244, 240), alpha=0.42, blur=5, inside=body)


def _label(canvas: Canvas) -> None:
    paper = path("M 300 622 Q 450 634 600 622 L 600 962 Q 450 974 300 962 Z")
    canvas.shape(paper, Fade((252, 249, 243), (232, 226, 216), across=True))
    for x, wide, alpha in ((300, 30, 0.30), (600, 56, 0.42)):
        canvas.shape([(x - wide, 600), (x + wide, 600), (x + wide, 990), (x - wide, 990)], (96, 84, 74), alpha=alpha,
                     blur=wide / 2.2, inside=paper)  # fmt: skip
    ink: RGB = (30, 78, 78)
    _centred(canvas, "ONDARA", 660, 196, ink, path_=BOLD)
    canvas.stroke([(400, 728), (450, 729), (500, 728)], (190, 150, 96), width=4)
    _centred(canvas, "FACE MIST", 756, 148, ink)
    _leaf(canvas, 450, 868, ink)
    _centred(canvas, "calm water spray", 920, 132, (120, 112, 104))


def _leaf(canvas: Canvas, x: float, y: float, ink: RGB) -> None:
    leaf = path(f"M {x} {y + 34} C {x - 34} {y + 10} {x - 26} {y - 30} {x} {y - 52} "
                f"C {x + 26} {y - 30} {x + 34} {y + 10} {x} {y + 34} Z")  # fmt: skip
    canvas.shape(leaf, Fade((120, 178, 160), ink))
    canvas.stroke([(x, y + 40), (x, y), (x, y - 34)], (240, 246, 240), width=3)


def _centred(canvas: Canvas, text: str, y: float, width: float, ink: RGB, *, path_: Path = PLAIN) -> None:
    drawn = line_of_text(text, size=120, colour=ink, path=path_)
    canvas.paste(drawn, _AXIS - width / 2, y, width)


def _cap(canvas: Canvas) -> None:
    collar = path("M 396 402 L 396 372 Q 450 380 504 372 L 504 402 Q 450 410 396 402 Z")
    canvas.shape(collar, Fade((226, 196, 142), (140, 104, 62), across=True))
    canvas.shape(path("M 414 376 L 426 378 L 426 404 L 414 402 Z"), (255, 246, 220), alpha=0.7, blur=3)
    cap = path("M 378 366 L 378 188 C 378 164 392 156 410 154 Q 450 150 490 154 C 508 156 522 164 522 188 "
               "L 522 366 Q 450 378 378 366 Z")  # fmt: skip
    canvas.shape(cap, Fade((255, 254, 251), (214, 206, 198), across=True))
    canvas.shape([(490, 150), (540, 150), (540, 380), (490, 380)], (126, 112, 104), alpha=0.5, blur=18, inside=cap)
    canvas.shape([(370, 150), (388, 150), (388, 380), (370, 380)], (150, 136, 128), alpha=0.45, blur=9, inside=cap)
    canvas.shape([(404, 168), (420, 168), (420, 362), (404, 362)], (255, 255, 255), alpha=0.95, blur=5, inside=cap)
    canvas.shape(oval(450, 160, 62, 9), (255, 255, 255), alpha=0.7, blur=4, inside=cap)
    canvas.stroke(path("M 379 352 Q 450 364 521 352"), (170, 158, 150), width=3, alpha=0.7)


def coffee_bag() -> Image.Image:
    """Return the second product picture, 900 x 1200 RGB."""
    canvas = Canvas(_WIDTH, _HEIGHT, scale=1)
    foil: RGB = (164, 66, 42)
    bag = path(
        "M 250 262 L 650 262 C 652 330 668 420 672 560 C 678 760 672 960 664 1040 C 660 1078 640 1090 600 1092 "
        "L 300 1092 C 260 1090 240 1078 236 1040 C 228 960 222 760 228 560 C 232 420 248 330 250 262 Z"
    )
    canvas.shape(bag, Fade(lighter(foil, 0.16), darker(foil, 0.2), across=True))
    _edges(canvas, bag, left=228, right=672, top=262, bottom=1092, tone=darker(foil, 0.6))
    fold = path("M 252 300 C 300 330 330 420 322 560 C 318 700 300 900 288 1092 L 228 1092 L 228 300 Z")
    for outline, alpha in ((fold, 0.26), (mirrored(fold, _AXIS), 0.34)):
        canvas.shape(outline, darker(foil, 0.65), alpha=alpha, blur=14, inside=bag)
    for x, lean in ((346, 6), (556, -8)):
        gleam = path(f"M {x} 330 C {x + lean} 480 {x - lean} 800 {x + lean} 1060 L {x + lean + 16} 1060 "
                     f"C {x + 30} 800 {x + 22} 480 {x + 14} 330 Z")  # fmt: skip
        canvas.shape(gleam, (255, 214, 190), alpha=0.34, blur=9, inside=bag)
    for y in (384, 452, 1016):
        crumple = path(f"M 262 {y} C 360 {y + 26} 420 {y - 18} 500 {y + 8} C 560 {y + 24} 600 {y - 6} 640 {y + 10}")
        canvas.stroke(crumple, darker(foil, 0.6), width=16, taper=0.1, alpha=0.30, blur=7, inside=bag)
        canvas.stroke([(px, py - 12) for px, py in crumple], (255, 220, 200), width=10, taper=0.1, alpha=0.28, blur=5,
                      inside=bag)  # fmt: skip
    _seal(canvas, foil)
    _coffee_label(canvas)
    canvas.shape(
        path("M 260 1074 Q 450 1092 640 1074 L 640 1096 L 260 1096 Z"), (40, 14, 10), alpha=0.4, blur=8, inside=bag
    )
    return _photographed(canvas.finished(), ground=(232, 230, 224), foot=1090, left=246, right=654)


def _seal(canvas: Canvas, foil: RGB) -> None:
    seal = path("M 246 176 Q 450 168 654 176 L 652 272 Q 450 280 248 272 Z")
    canvas.shape(seal, Fade(lighter(foil, 0.26), darker(foil, 0.10), across=True))
    for number in range(9):
        y = 184 + number * 10
        ridge: list[Point] = [(247, y + 2), (450, y - 4), (653, y + 2)]
        canvas.stroke(ridge, darker(foil, 0.45), width=3, alpha=0.5)
        canvas.stroke([(px, py + 4) for px, py in ridge], (255, 220, 200), width=2, alpha=0.4)
    tie = path("M 232 208 Q 450 198 668 208 L 668 236 Q 450 226 232 236 Z")
    canvas.shape([(x, y + 6) for x, y in tie], (30, 10, 8), alpha=0.4, blur=5)
    canvas.shape(tie, Fade((64, 58, 56), (34, 30, 30)))


def _coffee_label(canvas: Canvas) -> None:
    paper = path("M 322 500 Q 450 508 578 500 L 584 920 Q 450 930 316 920 Z")
    canvas.shape([(x + 3, y + 6) for x, y in paper], (40, 14, 10), alpha=0.4, blur=7)
    canvas.shape(paper, Fade((250, 240, 222), (232, 216, 192), across=True))
    ink: RGB = (70, 34, 24)
    _sun(canvas, 450, 606)
    _centred(canvas, "FENNICK", 706, 210, ink, path_=BOLD)
    _centred(canvas, "COFFEE ROASTERS", 770, 192, ink)
    canvas.stroke([(362, 812), (450, 813), (538, 812)], (200, 104, 62), width=4)
    _centred(canvas, "whole bean", 832, 118, (128, 84, 60))
    _centred(canvas, "medium roast", 870, 136, (128, 84, 60))


def _sun(canvas: Canvas, x: float, y: float) -> None:
    disc = oval(x, y, 62, 62)
    canvas.shape(disc, Fade((240, 176, 84), (206, 92, 54)))
    hill = path(f"M {x - 90} {y + 40} Q {x - 30} {y - 10} {x + 10} {y + 22} Q {x + 50} {y - 6} {x + 90} {y + 40} "
                f"L {x + 90} {y + 80} L {x - 90} {y + 80} Z")  # fmt: skip
    canvas.shape(hill, (94, 48, 34), inside=disc)
    bean = oval(x, y - 14, 17, 23)
    canvas.shape(bean, (94, 48, 34))
    canvas.stroke(
        path(f"M {x + 3} {y - 34} C {x - 9} {y - 20} {x + 9} {y - 8} {x - 3} {y + 6}"), (240, 186, 110), width=4
    )


def _photographed(piece: Image.Image, *, ground: RGB, foot: float, left: float, right: float) -> Image.Image:
    """Put the drawn product before a seamless backdrop with the shadow a window from the left would cast."""
    sheet = vertical_fade((_WIDTH, _HEIGHT), (lighter(ground, 0.30), lighter(ground, 0.12), ground)).convert("RGBA")
    shade = Canvas(_WIDTH, _HEIGHT, scale=0.5, oversample=1)
    wide = right - left
    cast = path(f"M {left + 20} {foot - 4} L {right} {foot - 8} L {right + wide * 0.62} {foot - 46} "
                f"L {right + wide * 0.2} {foot - 60} Z")  # fmt: skip
    shade.shape(cast, (104, 88, 80), alpha=0.34, blur=22)
    shade.shape(oval((left + right) / 2 + 8, foot, wide * 0.53, 13), (70, 56, 52), alpha=0.55, blur=9)
    shade.shape(oval((left + right) / 2, foot + 1, wide * 0.48, 6), (30, 22, 22), alpha=0.7, blur=3)
    sheet.alpha_composite(shade.finished().resize(sheet.size, Image.Resampling.BICUBIC))
    sheet.alpha_composite(piece.filter(ImageFilter.GaussianBlur(0.4)))
    return sheet.convert("RGB")


def draw_packshots(folder: Path) -> tuple[Path, ...]:
    """Draw both product pictures into the folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = (("product.png", face_mist()), ("product_2.png", coffee_bag()))
    return tuple(save_png(picture, folder / name) for name, picture in pictures)


def main(arguments: Sequence[str]) -> int:
    """Draw both pictures into the folder named on the command line."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m character_flow.studio.packshots OUT_DIR\n")
        return 2
    draw_packshots(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
