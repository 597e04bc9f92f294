"""What a presenter wears and how the arm holds things: neck, shoulders, clothes, forearm and hand."""

from character_flow.studio import face
from character_flow.studio.cast import Person
from character_flow.studio.paint import RGB, Canvas, Fade, Point, darker, lighter, mirrored, oval, path


def torso(person: Person) -> list[Point]:
    """Return the outline of shoulders and chest down to the waist at y = 1500."""
    reach = 300 * person.build
    left, right = face.CENTRE - reach, face.CENTRE + reach
    return path(
        f"M 430 586 C 390 622 {left + 70} 634 {left + 14} 690 C {left - 34} 760 {left - 40} 960 {left - 46} 1500 "
        f"L {right + 46} 1500 C {right + 40} 960 {right + 34} 760 {right - 14} 690 "
        f"C {right - 70} 634 610 622 570 586 Z"
    )


def draw_body(canvas: Canvas, person: Person) -> None:
    """Draw neck, shoulders and clothes; the raised arm and the hand are layers of their own."""
    _neck(canvas, person)
    shape, cloth = torso(person), person.top
    canvas.shape(shape, Fade(lighter(cloth, 0.06), darker(cloth, 0.2)))
    reach = 300 * person.build
    for side in (-1, 1):
        x = face.CENTRE + side * (reach - 62)
        crease = path(f"M {x + side * 6} 800 C {x - side * 4} 960 {x + side * 2} 1180 {x - side * 6} 1500")
        canvas.stroke(crease, darker(cloth, 0.45), width=12, taper=0.1, alpha=0.6, blur=4, inside=shape)
        fold = path(f"M {x + side * 8} 812 C {x - side * 40} 850 {x - side * 80} 860 {x - side * 110} 850")
        canvas.stroke(fold, darker(cloth, 0.4), width=10, taper=0.1, alpha=0.4, blur=4, inside=shape)
        shoulder = oval(face.CENTRE + side * (reach - 66), 700, 70, 30)
        canvas.shape(shoulder, lighter(cloth, 0.4), alpha=0.22, blur=20, inside=shape)
    canvas.shape(oval(690, 1060, 170, 420), darker(cloth, 0.4), alpha=0.30, blur=60, inside=shape)
    canvas.shape(oval(500, 600, 150, 40), darker(cloth, 0.6), alpha=0.35, blur=18, inside=shape)
    styles = {"sweater": _sweater, "hoodie": _hoodie, "blouse": _blouse, "overshirt": _overshirt,
              "cardigan": _cardigan, "collar": _collar, "tee": _tee}  # fmt: skip
    styles[person.top_style](canvas, person, shape)


def _neck(canvas: Canvas, person: Person) -> None:
    skin, width = person.skin, 62 * (0.86 + 0.14 * person.build) * (1.08 if person.build > 1 else 1)
    neck = path(f"M {500 - width} 440 C {500 - width} 540 {500 - width - 6} 580 400 620 L 440 720 L 560 720 "
                f"L 600 620 C {500 + width + 6} 580 {500 + width} 540 {500 + width} 440 Z")  # fmt: skip
    canvas.shape(neck, Fade(darker(skin, 0.12), darker(skin, 0.02)))
    canvas.shape(oval(506, 526, 104, 48), darker(skin, 0.55), alpha=0.5, blur=14, inside=neck)
    canvas.stroke(path("M 470 640 Q 484 654 492 668"), darker(skin, 0.3), width=5, taper=0.2, alpha=0.5)
    canvas.stroke(path("M 530 640 Q 516 654 508 668"), darker(skin, 0.3), width=5, taper=0.2, alpha=0.5)


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
        canvas.stroke(path(f"M {x} 690 C {x + 3} 900 {x - 3} 1200 {x} 1500"), darker(cloth, 0.3), width=4,
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
    canvas.stroke(path("M 500 788 L 500 1500"), darker(cloth, 0.35), width=5, alpha=0.5, inside=shape)
    for y in (860, 990, 1120):
        canvas.shape(oval(512, y, 9, 9), lighter(cloth, 0.5))
    if person.earrings:
        canvas.stroke(path("M 446 622 C 470 690 530 690 554 622"), person.earrings, width=4)
        canvas.shape(oval(500, 680, 8, 10), person.earrings)


def _overshirt(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    tee = path("M 420 590 C 440 640 560 640 580 590 L 610 650 L 590 1500 L 410 1500 L 390 650 Z")
    canvas.shape(tee, Fade(person.second, darker(person.second, 0.12)), inside=shape)
    _opening(canvas, person, path("M 432 584 C 446 648 554 648 568 584 Z"))
    canvas.stroke(path("M 428 594 C 446 660 554 660 572 594"), darker(person.second, 0.16), width=8)
    _shirt_wings(canvas, person.top)
    edge = path("M 404 690 C 414 900 404 1200 400 1500")
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
    canvas.stroke(path("M 500 1150 L 500 1500"), darker(person.top, 0.4), width=7, alpha=0.6)
    for y in (1200, 1320):
        canvas.shape(oval(514, y, 12, 12), darker(person.top, 0.4))


def _collar(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    cloth = person.top
    _opening(canvas, person, path("M 436 584 C 450 620 486 680 500 722 C 514 680 550 620 564 584 Z"))
    _shirt_wings(canvas, cloth)
    placket = path("M 482 712 L 518 712 L 520 1500 L 480 1500 Z")
    canvas.shape(placket, lighter(cloth, 0.08), inside=shape)
    for x in (482, 518):
        canvas.stroke(path(f"M {x} 716 L {x} 1500"), darker(cloth, 0.3), width=3, alpha=0.6)
    for y in (800, 930, 1060, 1190):
        canvas.shape(oval(500, y, 9, 9), Fade(lighter(cloth, 0.7), lighter(cloth, 0.4)))
    pocket = path("M 596 840 L 690 836 L 690 930 L 644 952 L 598 934 Z")
    canvas.stroke([*pocket, pocket[0]], darker(cloth, 0.3), width=4, alpha=0.6)


def _tee(canvas: Canvas, person: Person, shape: list[Point]) -> None:
    _opening(canvas, person, path("M 420 580 C 438 690 562 690 580 580 Z"))
    canvas.stroke(path("M 410 596 C 436 706 564 706 590 596"), lighter(person.top, 0.2), width=15, taper=0.9)
    canvas.stroke(path("M 418 596 C 440 694 560 694 582 596"), darker(person.top, 0.35), width=3, alpha=0.6)


def draw_forearm(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw the sleeve rising from the lower right to a wrist below the hand that grips at (x, y)."""
    cloth, skin = person.top, person.skin
    # The elbow hangs beside the ribs, out of the picture: an arm that ends anywhere else looks borrowed.
    elbow = 0.45 * (x + 80) + 0.55 * (face.CENTRE + 300 * person.build + 10)
    wrist = path(f"M {x + 8} {y + 70} C {x + 20} {y + 130} {x + 34} {y + 170} {x + 40} {y + 200} "
                 f"L {x + 122} {y + 190} C {x + 112} {y + 120} {x + 112} {y + 90} {x + 108} {y + 50} Z")  # fmt: skip
    canvas.shape(wrist, Fade(skin, darker(skin, 0.2), across=True))
    sleeve = path(
        f"M {x + 14} {y + 172} C {x + 10} {y + 320} {elbow - 104} {y + 520} {elbow - 112} {y + 900} "
        f"L {elbow + 112} {y + 900} C {elbow + 116} {y + 560} {x + 166} {y + 330} {x + 146} {y + 158} "
        f"C {x + 120} {y + 170} {x + 60} {y + 180} {x + 14} {y + 172} Z"
    )
    canvas.shape([(px - 16, py + 14) for px, py in sleeve], (20, 12, 24), alpha=0.34, blur=22)
    canvas.shape(sleeve, Fade(lighter(cloth, 0.16), darker(cloth, 0.20), across=True))
    cuff = path(f"M {x + 8} {y + 166} Q {x + 80} {y + 184} {x + 150} {y + 152} L {x + 156} {y + 192} "
                f"Q {x + 84} {y + 224} {x + 10} {y + 206} Z")  # fmt: skip
    canvas.shape(cuff, Fade(lighter(cloth, 0.24), darker(cloth, 0.1), across=True))
    for shift in (90, 170, 280):
        fold = path(f"M {x + 22} {y + 190 + shift} Q {x + 80} {y + 214 + shift} {x + 150} {y + 176 + shift}")
        canvas.stroke(fold, darker(cloth, 0.4), width=10, taper=0.1, alpha=0.4, blur=3, inside=sleeve)


def draw_palm(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw the back of the hand beside the product's edge at x; lies behind the product."""
    skin = person.skin
    hand = path(f"M {x - 30} {y - 66} C {x + 10} {y - 92} {x + 76} {y - 74} {x + 96} {y - 30} "
                f"C {x + 116} {y + 10} {x + 118} {y + 60} {x + 110} {y + 92} L {x + 10} {y + 108} "
                f"C {x - 20} {y + 100} {x - 40} {y + 40} {x - 30} {y - 66} Z")  # fmt: skip
    canvas.shape(hand, Fade(lighter(skin, 0.05), darker(skin, 0.14), across=True))
    thumb = path(f"M {x - 44} {y - 64} C {x - 64} {y - 116} {x - 44} {y - 140} {x - 20} {y - 128} "
                 f"C {x + 10} {y - 110} {x + 30} {y - 80} {x + 20} {y - 50} Z")  # fmt: skip
    canvas.shape(thumb, Fade(skin, darker(skin, 0.12)))


def draw_fingers(canvas: Canvas, person: Person, *, x: float, y: float, reach: float) -> None:
    """Draw four fingers wrapped round the product's front from the edge at x, `reach` units to the left."""
    skin = person.skin
    back = path(f"M {x + 2} {y - 78} C {x + 30} {y - 96} {x + 74} {y - 84} {x + 94} {y - 44} "
                f"C {x + 114} {y - 4} {x + 116} {y + 50} {x + 110} {y + 104} L {x + 12} {y + 108} "
                f"C {x + 16} {y + 60} {x - 6} {y + 20} {x + 2} {y - 78} Z")  # fmt: skip
    canvas.shape(back, Fade(lighter(skin, 0.03), darker(skin, 0.18), across=True))
    for number, length in reversed(tuple(enumerate((0.92, 1.0, 0.97, 0.82)))):
        thick = 40.0 if number < 3 else 34.0
        _finger(canvas, person, tip=x - reach * length, base=x + 56 - number * 5, top=y - 74 + number * 42, thick=thick)


def _finger(canvas: Canvas, person: Person, *, tip: float, base: float, top: float, thick: float) -> None:
    skin, low = person.skin, top + thick
    nail = lighter(person.lips, 0.35) if person.lashes else lighter(skin, 0.3)
    finger = path(
        f"M {base} {top - 3} C {base - 40} {top - 6} {tip + 40} {top - 2} {tip + 17} {top} "
        f"C {tip - 7} {top + 4} {tip - 7} {low - 4} {tip + 17} {low} "
        f"C {tip + 40} {low + 1} {base - 40} {low + 4} {base} {low + 4} "
        f"C {base + 20} {low + 2} {base + 20} {top} {base} {top - 3} Z"
    )
    canvas.shape([(px - 4, py + 8) for px, py in finger], darker(skin, 0.75), alpha=0.30, blur=6)
    canvas.shape(finger, Fade(lighter(skin, 0.09), darker(skin, 0.12)))
    canvas.stroke(path(f"M {tip + 14} {low - 1} C {tip + 40} {low} {base - 40} {low + 3} {base} {low + 3}"),
                  darker(skin, 0.45), width=4, taper=0.2, alpha=0.5)  # fmt: skip
    canvas.shape(oval(base - 2, top + thick * 0.42, 15, 11), lighter(skin, 0.35), alpha=0.35, blur=6)
    canvas.shape(oval(tip + 16, top + thick * 0.46, 11, 10), nail, alpha=0.9)
    canvas.shape(oval(tip + 14, top + thick * 0.40, 5, 2.6), (255, 255, 255), alpha=0.5, blur=1.5)
    joint = (tip + base) / 2 + 6
    crease = path(f"M {joint} {top + 9} Q {joint - 7} {top + thick / 2} {joint} {low - 9}")
    canvas.stroke(crease, darker(skin, 0.35), width=3, taper=0.2, alpha=0.35)


def draw_thumb(canvas: Canvas, person: Person, *, x: float, y: float) -> None:
    """Draw the thumb that pins something flat or wide from the front at its right edge."""
    skin = person.skin
    nail = lighter(person.lips, 0.35) if person.lashes else lighter(skin, 0.3)
    thumb = path(f"M {x + 96} {y + 60} C {x + 60} {y + 10} {x + 10} {y - 20} {x - 40} {y - 44} "
                 f"C {x - 76} {y - 58} {x - 92} {y - 16} {x - 62} {y + 2} C {x - 20} {y + 26} {x - 6} {y + 60} "
                 f"{x + 12} {y + 106} L {x + 108} {y + 100} Z")  # fmt: skip
    canvas.shape([(px - 6, py + 10) for px, py in thumb], darker(skin, 0.75), alpha=0.35, blur=7)
    canvas.shape(thumb, Fade(lighter(skin, 0.06), darker(skin, 0.14)))
    canvas.shape(path(f"M {x - 78} {y - 34} C {x - 66} {y - 50} {x - 46} {y - 40} {x - 36} {y - 30} "
                      f"C {x - 44} {y - 14} {x - 60} {y - 8} {x - 70} {y - 14} Z"), nail, alpha=0.9)  # fmt: skip
