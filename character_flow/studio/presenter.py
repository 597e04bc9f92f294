"""How a drawn presenter speaks: in a room, product in hand, every part following the words on a smooth curve."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from character_flow.studio import arms, body, characters, figure, scene
from character_flow.studio.carry import Carried, Reach, carried
from character_flow.studio.cast import Person
from character_flow.studio.face import CENTRE, CHIN, CROWN
from character_flow.studio.figure import HEAD_DROP, NECK, Arm, Expression, Head
from character_flow.studio.motion import ArmPose, HeadPose, Motion
from character_flow.studio.paint import Point
from character_flow.studio.puppet import Part, bounds, lay_turned, turned
from character_flow.studio.shot import Box, Boxes, Look, View, eased, view
from character_flow.studio.speech import Mouth, Speech

_ROOM_TO_MOVE = 1.03
_FACE_HALF = 140.0


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a presenter sits in one format: pixels a unit for a world 1000 high, shares of width and height."""

    scale: float
    centre: float
    chin: float
    foot: float
    slim: tuple[float, float]
    wide: tuple[float, float]


# Slim and wide: how broad and how high a product may be in the hand, in units of the figure.
_TALL = _Layout(0.622, 0.412, 0.390, 0.640, (222, 500), (365, 320))
_SQUARE = _Layout(0.820, 0.370, 0.475, 0.740, (260, 490), (400, 330))
_LYING = _Layout(0.950, 0.400, 0.510, 0.765, (330, 545), (470, 400))


def _layout(size: tuple[int, int]) -> _Layout:
    shape = size[0] / size[1]
    return _TALL if shape < 0.8 else _SQUARE if shape < 1.35 else _LYING


def _world(size: tuple[int, int]) -> tuple[int, int]:
    return round(size[0] * _ROOM_TO_MOVE), round(size[1] * _ROOM_TO_MOVE)


def _scale(size: tuple[int, int]) -> float:
    """Return the pixels a unit of the figure in a film of this size."""
    (width, height), place = _world(size), _layout(size)
    # Very narrow films show the shoulders all the same.
    return place.scale * min(height, width * (1.85 if place is _TALL else 1.0)) / 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a presenter is the same whatever is held: head, hair behind the shoulders if there is any, free arm."""

    head: Head
    behind: Part | None
    arm: Arm


def draw_parts(character: int, size: tuple[int, int]) -> Parts:
    """Draw the parts of a preset for a film of this size: for that the product need not be known yet."""
    who, scale = characters.person(character), _scale(size)
    return Parts(
        figure.draw_head(who, scale=scale), figure.draw_behind(who, scale=scale), figure.draw_arm(who, scale=scale)
    )


@dataclass(frozen=True, slots=True)
class Joints:
    """Where the parts of a presenter are in one frame, in pixels of the world the camera looks at."""

    head: Point
    elbow: Point
    wrist: Point
    product: Point


class TalkingShot:
    """A drawn presenter in a room, product in hand, speaking; `parts` gives the parts where they are drawn already."""

    def __init__(
        self,
        look: Look,
        *,
        character: int,
        speech: Speech,
        starts: float,
        seed: int,
        parts: Callable[[], Parts] | None = None,
    ) -> None:
        self._size = look.size
        self._world = width, height = _world(look.size)
        who, place = characters.person(character), _layout(look.size)
        scale = self._scale = _scale(look.size)
        self._at = (
            round(width * place.centre - CENTRE * scale),
            round(height * place.chin - (CHIN + HEAD_DROP) * scale),
        )
        self._who, self._motion = who, Motion(speech, who.manner, starts=starts, seed=seed)
        self._room = scene.room(scene.room_for(look.product), size=self._world, accent=look.accent)
        self._carried = self._take(look, who, place)
        foot = min(body.FOOT, (height - self._at[1]) / scale + 30)
        self._trunk = figure.draw_trunk(who, scale=scale, at=self._at, foot=foot, far_elbow=self._carried.elbow)
        drawn = parts() if parts is not None else draw_parts(character, look.size)
        self._head, self._behind, self._arm = drawn.head, drawn.behind, drawn.arm
        self._seed = seed

    def _take(self, look: Look, who: Person, place: _Layout) -> Carried:
        width, height = self._world
        seen = (width * 0.95 - self._at[0]) / self._scale
        # An arm reaches only so far, however wide the film is.
        reach = Reach(min(seen, 1075.0), (height * place.foot - self._at[1]) / self._scale, place.slim, place.wide)
        return carried(look.product, who, scale=self._scale, reach=reach)

    def frame(self, seconds: float, share: float) -> Image.Image:
        """Return one frame: head, lips and hands follow the speech, the camera closes in slowly."""
        return self.view(seconds, share).picture(self._size)

    def view(self, seconds: float, share: float) -> View:
        """Return the drawn world and what the camera sees of it."""
        world, motion = self._room.copy(), self._motion
        pose, lower = motion.head(seconds), motion.breath(seconds)
        neck = self._neck(pose, lower)
        if self._behind is not None:
            lay_turned(world, self._behind, neck, pose.turn)
        self._trunk.lay(world, lower * self._scale)
        arm, elbow, wrist = self._free_arm(seconds, lower)
        lay_turned(world, self._arm.upper, self._pixels(body.shoulder(self._who, -1), lower), math.radians(arm.upper))
        face = Expression(motion.lips(seconds), motion.shut(seconds), motion.gaze(seconds), motion.lift(seconds))
        lay_turned(world, self._head.still, neck, pose.turn)
        lay_turned(world, self._head.face(face), neck, pose.turn)
        lay_turned(world, self._arm.forearm, elbow, math.radians(arm.fore), stretch=arm.stretch)
        lay_turned(world, self._arm.hand(arm.shape), wrist, math.radians(arm.hand))
        lay_turned(world, self._carried.part, self._pixels(self._carried.elbow, lower), motion.carry(seconds))
        return self._camera(world, seconds, share)

    def _camera(self, world: Image.Image, seconds: float, share: float) -> View:
        sway = (0.5 + 0.18 * math.sin(seconds * 0.9 + self._seed), 0.42 + 0.10 * math.sin(seconds * 0.7))
        return view(world, 1.02 + 0.05 * eased(share), at=sway)

    def _pixels(self, point: Point, lower: float = 0.0) -> Point:
        return self._at[0] + point[0] * self._scale, self._at[1] + (point[1] + lower) * self._scale

    def _neck(self, pose: HeadPose, lower: float) -> Point:
        return self._pixels((NECK[0] + pose.right, NECK[1] + pose.down), lower)

    def _free_arm(self, seconds: float, lower: float) -> tuple[ArmPose, Point, Point]:
        arm = self._motion.arm(seconds)
        joint = self._pixels(body.shoulder(self._who, -1), lower)
        elbow = turned(joint, (0, arms.UPPER * self._scale), math.radians(arm.upper))
        wrist = turned(elbow, (0, -arms.FOREARM * arm.stretch * self._scale), math.radians(arm.fore))
        return arm, elbow, wrist

    def boxes(self, seconds: float, share: float) -> Boxes:
        """Return where face and product are in this frame, in pixels of the film."""
        seen = self._camera(self._room, seconds, share)
        pose, lower = self._motion.head(seconds), self._motion.breath(seconds)
        neck = self._neck(pose, lower)
        sides = [(x, y - (NECK[1] - HEAD_DROP)) for x in (-_FACE_HALF, _FACE_HALF) for y in (CROWN, CHIN)]
        face = [turned(neck, (x * self._scale, y * self._scale), pose.turn) for x, y in sides]
        return Boxes(face=seen.seen(bounds(face), self._size), product=seen.seen(self._product(seconds), self._size))

    def _product(self, seconds: float) -> Box:
        elbow = self._pixels(self._carried.elbow, self._motion.breath(seconds))
        (left, top), (right, bottom) = self._carried.product
        turn = self._motion.carry(seconds)
        return bounds([turned(elbow, (x, y), turn) for x in (left, right) for y in (top, bottom)])

    def joints(self, seconds: float) -> Joints:
        """Return where head, free arm and product are: what moves from frame to frame."""
        lower = self._motion.breath(seconds)
        _, elbow, wrist = self._free_arm(seconds, lower)
        left, top, right, bottom = self._product(seconds)
        return Joints(
            self._neck(self._motion.head(seconds), lower), elbow, wrist, ((left + right) / 2, (top + bottom) / 2)
        )

    def mouth(self, seconds: float) -> Mouth:
        """Return the shape the mouth is making at a second of the film: a smile where nothing is said."""
        return self._motion.mouth(seconds)

    def shut(self, seconds: float) -> float:
        """Return how far the eyes are shut at a second of the film, 0..1."""
        return self._motion.shut(seconds)
