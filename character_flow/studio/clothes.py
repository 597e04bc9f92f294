"""What a presenter wears: seven tops, from a ribbed sweater to a plain tee, drawn on the trunk."""

from character_flow.studio.cast import Person
from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, mirrored, oval, path


def draw_top(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    """Draw collar, buttons and whatever makes this top what it is, on a trunk of this outline."""
    styles = {"sweater": _sweater, "hoodie": _hoodie, "blouse": _blouse, "overshirt": _overshirt,
              "cardigan": _cardigan, "collar": _collar, "tee": _tee}  # fmt: skip
    styles[person.top_style](canvas, person, shape)


def _opening(canvas: Canvas, person: Person, hole: list[Point]) -> None:
    # Tone and shadow go on exactly as on the neck above, or a line would be seen where the two meet.
    skin = person.skin
    canvas.shape(hole, Fade(darker(skin, 0.07), skin))
    canvas.shape(oval(506, 526, 104, 48), darker(skin, 0.55), alpha=0.5, blur=14, inside=hole)


def _sweater(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth = person.top
    collar = path("M 420 566 C 440 610 560 610 580 566 L 594 606 C 566 662 434 662 406 606 Z")
    canvas.shape(collar, Fade(lighter(cloth, 0.10), darker(cloth, 0.12)))
    for x in range(420, 590, 13):
        lean = (x - 500) * 0.08
        canvas.stroke(path(f"M {x} 596 L {x + lean} 640"), darker(cloth, 0.35), width=3, alpha=0.4, inside=collar)
    for x in range(280, 740, 26):
        canvas.stroke(path(f"M {x} 690 C {x + 3} 900 {x - 3} 1200 {x} 1620"), darker(cloth, 0.3), width=4,
                      alpha=0.16, blur=1, inside=shape)  # fmt: skip


def _hoodie(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth = person.top
    _opening(canvas, person, path("M 430 566 L 570 566 L 546 660 L 500 694 L 454 660 Z"))
    hood = path("M 432 556 C 372 580 340 630 356 668 C 400 700 470 716 500 716 C 470 690 446 640 432 556 Z")
    for outline in (hood, mirrored(hood, 500)):
        canvas.shape(outline, Fade(lighter(cloth, 0.12), darker(cloth, 0.16)))
        canvas.stroke(outline[20:56], darker(cloth, 0.45), width=5, taper=0.3, alpha=0.6)
    for x, lean in ((468, -6), (532, 6)):
        canvas.stroke(path(f"M {x} 690 C {x + lean} 740 {x + lean} 790 {x + lean * 2} 830"), person.second, width=9)
        canvas.stroke(path(f"M {x + lean * 2} 822 L {x + lean * 2} 842"), darker(person.second, 0.4), width=11)
    pocket = path("M 350 1130 C 400 1110 600 1110 650 1130 L 690 1330 L 310 1330 Z")
    canvas.stroke([*pocket, pocket[0]], darker(cloth, 0.4), width=6, alpha=0.5, blur=2, inside=shape)


def _blouse(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth = person.top
    if person.hair_style != "scarf":
        _opening(canvas, person, path("M 424 584 C 440 640 480 720 500 772 C 520 720 560 640 576 584 Z"))
    lapel = path("M 426 574 C 400 590 386 616 384 650 C 420 690 460 740 500 790 C 470 720 440 650 426 574 Z")
    for outline in (lapel, mirrored(lapel, 500)):
        canvas.shape(outline, Fade(lighter(cloth, 0.2), lighter(cloth, 0.02)))
        canvas.stroke(outline[18:56], darker(cloth, 0.35), width=4, taper=0.3, alpha=0.5)
    canvas.stroke(path("M 500 788 L 500 1620"), darker(cloth, 0.35), width=5, alpha=0.5, inside=shape)
    for y in (860, 990, 1120):
        canvas.shape(oval(512, y, 9, 9), lighter(cloth, 0.5))
    if person.earrings:
        canvas.stroke(path("M 446 622 C 470 690 530 690 554 622"), person.earrings, width=4)
        canvas.shape(oval(500, 680, 8, 10), person.earrings)


def _overshirt(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    tee = path("M 420 590 C 440 640 560 640 580 590 L 610 650 L 590 1620 L 410 1620 L 390 650 Z")
    canvas.shape(tee, Fade(person.second, darker(person.second, 0.12)), inside=shape)
    _opening(canvas, person, path("M 432 584 C 446 648 554 648 568 584 Z"))
    canvas.stroke(path("M 428 594 C 446 660 554 660 572 594"), darker(person.second, 0.16), width=8)
    _shirt_wings(canvas, person.top)
    edge = path("M 404 690 C 414 900 404 1200 400 1620")
    for line in (edge, mirrored(edge, 500)):
        canvas.stroke(line, darker(person.top, 0.4), width=8, alpha=0.7, inside=shape)
    pocket = path("M 590 860 L 690 856 L 690 950 L 640 972 L 592 952 Z")
    canvas.stroke([*pocket, pocket[0]], darker(person.top, 0.35), width=4, alpha=0.7)


def _shirt_wings(canvas: Canvas, cloth: RGB) -> None:
    wing = path("M 432 560 C 410 580 396 600 392 622 L 420 716 L 486 660 C 460 640 440 600 432 560 Z")
    for outline in (wing, mirrored(wing, 500)):
        canvas.shape([(x, y + 8) for x, y in outline], darker(cloth, 0.6), alpha=0.35, blur=6)
        canvas.shape(outline, Fade(lighter(cloth, 0.16), cloth))
        canvas.stroke([*outline, outline[0]], darker(cloth, 0.3), width=3, alpha=0.5)


def _cardigan(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    blouse = path("M 420 590 C 440 640 560 640 580 590 L 640 680 L 540 1060 L 500 1130 L 460 1060 L 360 680 Z")
    canvas.shape(blouse, Fade(person.second, darker(person.second, 0.10)), inside=shape)
    _opening(canvas, person, path("M 430 584 C 450 666 550 666 570 584 Z"))
    canvas.stroke(path("M 428 592 C 450 676 550 676 572 592"), darker(person.second, 0.14), width=8)
    for number in range(13):
        angle = (number - 6) / 6
        bead = oval(500 + 62 * angle, 700 - 46 * angle * angle, 8, 8)
        canvas.shape(bead, Fade((255, 252, 244), (206, 196, 184)))
    band = path("M 392 650 C 410 820 460 980 500 1120 L 500 1170 C 440 1040 380 880 364 672 Z")
    for outline in (band, mirrored(band, 500)):
        canvas.shape(outline, Fade(lighter(person.top, 0.14), person.top))
    canvas.stroke(path("M 500 1150 L 500 1620"), darker(person.top, 0.4), width=7, alpha=0.6)
    for y in (1200, 1320):
        canvas.shape(oval(514, y, 12, 12), darker(person.top, 0.4))


def _collar(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth = person.top
    _opening(canvas, person, path("M 436 584 C 450 620 486 680 500 722 C 514 680 550 620 564 584 Z"))
    _shirt_wings(canvas, cloth)
    placket = path("M 482 712 L 518 712 L 520 1620 L 480 1620 Z")
    canvas.shape(placket, lighter(cloth, 0.08), inside=shape)
    for x in (482, 518):
        canvas.stroke(path(f"M {x} 716 L {x} 1620"), darker(cloth, 0.3), width=3, alpha=0.6)
    for y in (800, 930, 1060, 1190):
        canvas.shape(oval(500, y, 9, 9), Fade(lighter(cloth, 0.7), lighter(cloth, 0.4)))
    pocket = path("M 596 840 L 690 836 L 690 930 L 644 952 L 598 934 Z")
    canvas.stroke([*pocket, pocket[0]], darker(cloth, 0.3), width=4, alpha=0.6)


def _tee(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    _opening(canvas, person, path("M 420 580 C 438 690 562 690 580 580 Z"))
    canvas.stroke(path("M 420 592 C 440 704 560 704 580 592"), lighter(person.top, 0.2), width=15, taper=0.9)
    canvas.stroke(path("M 418 596 C 440 694 560 694 582 596"), darker(person.top, 0.35), width=3, alpha=0.6)
