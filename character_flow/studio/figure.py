"""How a presenter is taken apart for film: trunk, head, arm and hand as layers drawn once, faces put together anew."""

from dataclasses import dataclass, field

from PIL import Image, ImageChops

from character_flow.studio import arms, body, face, features, hair
from character_flow.studio.cast import Person
from character_flow.studio.features import Lips
from character_flow.studio.hands import HandPose, draw_hand
from character_flow.studio.paint import Canvas, Point
from character_flow.studio.puppet import FINE, Part, Riser, part_of

# The head is drawn about its own middle and set this much lower, between the shoulders.
HEAD_DROP = 34.0
# Where the neck bends.
NECK = (500.0, 600.0)
_HEAD_SHEET = (800, 790)
_MOUTH, _EYES, _BROWS = (422, 414, 578, 540), (384, 300, 616, 384), (352, 262, 648, 414)
_FACE = (346, 260, 654, 542)


@dataclass(frozen=True, slots=True)
class Expression:
    """What a face does: lips, eyes 0 open .. 1 shut, gaze -1 .. 1 to the right, brows 0 .. 1 raised."""

    lips: Lips
    shut: float = 0.0
    gaze: float = 0.0
    lift: float = 0.0

    def rounded(self) -> "Expression":
        """Return the nearest of the faces that are drawn: finer steps than these are not seen."""
        half, up, down, lift, teeth = self.lips.parts()
        lips = Lips(2 * round(half / 2), 1.5 * round(up / 1.5), 2 * round(down / 2), 2 * round(lift / 2),
                    round(teeth * 4) / 4)  # fmt: skip
        return Expression(lips, round(self.shut * 5) / 5, round(self.gaze * 4) / 4, round(self.lift * 5) / 5)


@dataclass(frozen=True, slots=True)
class Head:
    """A head without what moves in it, and the face that is laid over it: mouth, eyes and brows, each drawn once."""

    person: Person
    scale: float
    still: Part
    _bare_face: Image.Image
    _front_face: Image.Image
    _patches: dict[tuple[str, Lips | tuple[float, float]], Image.Image] = field(default_factory=dict)

    def face(self, expression: Expression) -> Part:
        """Return the face with this expression, to be laid over `still`; the joint of both is the neck."""
        now = expression.rounded()
        corner = _pixels(_FACE, self.scale)
        picture = self._bare_face.copy()
        keys = (("mouth", now.lips), ("eyes", (now.shut, now.gaze)), ("brows", (now.lift, 0.0)))
        for key in keys:
            box = _pixels(_BOXES[key[0]], self.scale)
            picture.alpha_composite(self._patch(key), (box[0] - corner[0], box[1] - corner[1]))
        picture.alpha_composite(self._front_face)
        joint = _neck(self.scale)
        return Part(picture.convert("RGBa"), (joint[0] - corner[0], joint[1] - corner[1]))

    def _patch(self, key: tuple[str, Lips | tuple[float, float]]) -> Image.Image:
        if key not in self._patches:
            self._patches[key] = self._drawn(*key)
        return self._patches[key]

    def _drawn(self, kind: str, state: Lips | tuple[float, float]) -> Image.Image:
        canvas = _boxed(_pixels(_BOXES[kind], self.scale), self.scale)
        if isinstance(state, Lips):
            features.draw_mouth(canvas, self.person, state)
        elif kind == "eyes":
            features.draw_eyes(canvas, self.person, shut=state[0], gaze=state[1])
        else:
            features.draw_brows(canvas, self.person, lift=state[0])
        return canvas.finished()


def _neck(scale: float) -> Point:
    return NECK[0] * scale, (NECK[1] - HEAD_DROP) * scale


_BOXES: dict[str, tuple[int, int, int, int]] = {"mouth": _MOUTH, "eyes": _EYES, "brows": _BROWS}


def _pixels(box: tuple[int, int, int, int], scale: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(side * scale) for side in box)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _boxed(box: tuple[int, int, int, int], scale: float) -> Canvas:
    left, top, right, bottom = box
    return Canvas((right - left) / scale, (bottom - top) / scale, scale=scale, origin=(-left / scale, -top / scale))


def draw_head(who: Person, *, scale: float) -> Head:
    """Draw a presenter's head without what moves in it."""
    bare_canvas, front_canvas = Canvas(*_HEAD_SHEET, scale=scale), Canvas(*_HEAD_SHEET, scale=scale)
    face.draw_head(bare_canvas, who)
    hair.draw_front(front_canvas, who)
    bare, front = bare_canvas.finished(), front_canvas.finished()
    still = part_of(Image.alpha_composite(bare, front), _neck(scale), grain=FINE)
    inner = _pixels(_FACE, scale)
    return Head(who, scale, still, bare.crop(inner), front.crop(inner))


def draw_behind(who: Person, *, scale: float) -> Part | None:
    """Draw the hair that hangs behind the shoulders, its joint the neck; None for short hair."""
    canvas = Canvas(*_HEAD_SHEET, scale=scale)
    hair.draw_back(canvas, who)
    picture = canvas.finished()
    if picture.getbbox() is None:
        return None
    return part_of(picture, _neck(scale), grain=FINE)


def draw_trunk(
    who: Person, *, scale: float, at: tuple[int, int], foot: float, far_elbow: Point, near_elbow: Point | None = None
) -> Riser:
    """Draw trunk and resting upper arms down to `foot`; `at` are the pixels of the figure's corner in the film."""
    left, top, right = 120.0, 430.0, 1010.0
    corner = (round(left * scale), round(top * scale))
    canvas = Canvas(right - left, foot - top, scale=scale, origin=(-corner[0] / scale, -corner[1] / scale))
    body.draw_body(canvas, who)
    sheet = canvas.finished()
    for side, elbow in ((1, far_elbow), (-1, near_elbow)):
        if elbow is not None:
            sleeve = Canvas(right - left, foot - top, scale=scale, origin=(-corner[0] / scale, -corner[1] / scale))
            joint = body.shoulder(who, side)
            arms.draw_upper(sleeve, who, start=joint, end=elbow)
            sheet.alpha_composite(_grown_on(sleeve.finished(), round(joint[1] * scale) - corner[1], scale))
    return Riser(sheet, (at[0] + corner[0], at[1] + corner[1]))


def _grown_on(sleeve: Image.Image, joint: int, scale: float) -> Image.Image:
    """Let the upper end of an arm fade into the shoulder that is drawn below it, `joint` pixels from the top."""
    first, last = round(joint - 20 * scale), round(joint + 56 * scale)
    ramp = Image.new("L", sleeve.size, 255)
    ramp.paste(0, (0, 0, sleeve.width, max(0, first)))
    ramp.paste(Image.linear_gradient("L").resize((sleeve.width, max(1, last - first))), (0, first))
    sleeve.putalpha(ImageChops.multiply(sleeve.getchannel("A"), ramp))
    return sleeve


@dataclass(frozen=True, slots=True)
class Arm:
    """The free arm: upper arm down from the shoulder, forearm up from the elbow, hands up from the wrist."""

    person: Person
    scale: float
    upper: Part
    forearm: Part
    _hands: dict[HandPose, Part] = field(default_factory=dict)

    def hand(self, pose: HandPose) -> Part:
        """Return the hand in this pose, its joint the wrist; drawn once, then remembered."""
        if pose not in self._hands:
            canvas = Canvas(300, 300, scale=self.scale, origin=(150, 265))
            draw_hand(canvas, self.person, pose)
            self._hands[pose] = part_of(canvas.finished(), (150 * self.scale, 265 * self.scale))
        return self._hands[pose]


def draw_arm(who: Person, *, scale: float) -> Arm:
    """Draw the free arm of a presenter."""
    upper = Canvas(220, arms.UPPER + 180, scale=scale, origin=(110, 100))
    arms.draw_upper(upper, who, start=(0, 0), end=(0, arms.UPPER))
    forearm = Canvas(200, arms.FOREARM + 160, scale=scale, origin=(100, arms.FOREARM + 80))
    arms.draw_forearm(forearm, who, elbow=(0, 0), wrist=(0, -arms.FOREARM))
    return Arm(
        who,
        scale,
        part_of(_grown_on(upper.finished(), round(100 * scale), scale), (110 * scale, 100 * scale), grain=FINE),
        part_of(forearm.finished(), (100 * scale, (arms.FOREARM + 80) * scale), grain=FINE),
    )
