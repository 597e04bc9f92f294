"""A presenter speaks, gestures and holds the product: nothing jumps, nothing floats, the face stays free."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from character_flow.studio.cast import CAST
from character_flow.studio.features import VISEMES
from character_flow.studio.motion import Motion
from character_flow.studio.presenter import TalkingShot
from character_flow.studio.product import ProductLook, look_at, read_product
from character_flow.studio.shot import Look
from character_flow.studio.speech import Speech, syllable_timing
from tests.unit.studio_pictures import COFFEE_BAG, DIALOG, PRODUCT, drawn_product

_SIZES = [(180, 320), (240, 240), (320, 180)]
_FPS = 24


@cache
def _speech() -> Speech:
    return syllable_timing(DIALOG)


@cache
def _product(kind: str) -> ProductLook:
    if kind == "box":
        return look_at(drawn_product((60, 90, 150), (245, 245, 243)).resize((900, 600)))
    if kind == "pack":
        return look_at(drawn_product((30, 110, 120), (245, 245, 243)))
    if kind == "slim":
        return look_at(drawn_product((200, 80, 120), (245, 245, 243)).resize((200, 1200)))
    return read_product({"bottle": PRODUCT, "bag": COFFEE_BAG}[kind])


@cache
def _shot(size: tuple[int, int], character: int, kind: str) -> TalkingShot:
    product = _product(kind)
    return TalkingShot(Look(size, product, product.accent), character=character, speech=_speech(), starts=0.25, seed=0)


def _moments(until: float = 8.0) -> list[tuple[float, float]]:
    count = round(until * _FPS)
    return [(number / _FPS, number / count) for number in range(count)]


@pytest.mark.parametrize("size", _SIZES)
@pytest.mark.parametrize("kind", ["bottle", "bag", "box"])
def test_the_face_is_above_and_the_product_is_seen_well_beside_it_in_every_format(
    size: tuple[int, int], kind: str
) -> None:
    shot = _shot(size, 3, kind)
    for seconds, share in _moments()[::6]:
        boxes = shot.boxes(seconds, share)
        assert boxes.face is not None
        assert boxes.product is not None
        left, top, right, bottom = boxes.product
        assert 0 < boxes.face[1] < boxes.face[3] < 0.62 * size[1]
        assert (right - left) * (bottom - top) >= 0.05 * size[0] * size[1]
        assert bottom < 0.86 * size[1]
        assert left > 0
        assert right < size[0]
        # The middle of the face is never behind the product.
        assert left > (boxes.face[0] + 2 * boxes.face[2]) / 3


def test_an_upright_film_leaves_room_for_captions_below_what_is_held() -> None:
    for kind in ("bottle", "bag", "box", "slim"):
        lowest = [_shot((180, 320), 6, kind).boxes(seconds, share).product for seconds, share in _moments()[::6]]
        assert max(box[3] for box in lowest if box is not None) < 0.69 * 320


@pytest.mark.parametrize("character", sorted(CAST))
def test_head_hands_and_product_move_without_a_jump(character: int) -> None:
    shot = _shot((180, 320), character, "bottle")
    joints = [shot.joints(seconds) for seconds, _ in _moments()]
    # Of the film's height, from one frame to the next: a quick hand crosses the picture in a third of a second.
    for part, most in (("head", 0.006), ("product", 0.006), ("elbow", 0.012), ("wrist", 0.055)):
        places = np.array([getattr(joint, part) for joint in joints])
        assert float(np.hypot(*np.diff(places, axis=0).T).max()) < most * 320, part
    # And all of them do move.
    assert all(len({getattr(joint, part) for joint in joints}) > 100 for part in ("head", "product", "wrist"))


def test_what_is_held_stays_in_the_hand() -> None:
    shot = _shot((180, 320), 4, "pack")
    # Forearm, hand and product are one part: their distance from the elbow never changes.
    corner, opposite = shot._carried.product
    box = shot._carried.part.image.getbbox()
    assert box is not None
    joint = shot._carried.part.joint
    assert 0 <= joint[0] + corner[0] < joint[0] + opposite[0] <= shot._carried.part.image.width / 3
    assert 0 <= joint[1] + corner[1] < joint[1] + opposite[1] <= shot._carried.part.image.height / 3


@pytest.mark.parametrize("kind", ["pack", "box"])
def test_fingers_lie_over_the_product_that_is_held(kind: str) -> None:
    product, who = _product(kind), CAST[2]
    shot = _shot((360, 640), 2, kind)
    frame = np.asarray(shot.frame(0.0, 0.0), dtype=float)
    box = shot.boxes(0.0, 0.0).product
    assert box is not None
    left, top, right, bottom = (round(side) for side in box)
    inside = frame[top + 2 : bottom - 2, left + 2 : right - 2]
    skin = np.abs(inside - np.array(who.skin, dtype=float)).sum(axis=2) < 60
    lower = skin[skin.shape[0] // 2 :]
    assert 0.02 < float(lower.mean()) < 0.7
    assert float(skin[: skin.shape[0] // 3].mean()) < 0.05  # what the label says stays free
    assert product.cut


def test_from_frame_to_frame_little_of_the_picture_changes() -> None:
    shot = _shot((180, 320), 1, "bottle")
    frames = [np.asarray(shot.frame(seconds, share), dtype=int) for seconds, share in _moments(3.5)]
    changes = [float(np.abs(after - before).mean()) for before, after in pairwise(frames)]
    assert max(changes) < 6.0
    assert min(changes) > 0.0


def test_the_same_second_always_gives_the_same_frame() -> None:
    first = _shot((180, 320), 8, "bag").frame(1.7, 0.2)
    product = _product("bag")
    again = TalkingShot(Look((180, 320), product, product.accent), character=8, speech=_speech(), starts=0.25, seed=0)
    again.frame(3.0, 0.5)
    assert again.frame(1.7, 0.2).tobytes() == first.tobytes()


def test_the_mouth_is_closed_in_silence_and_opens_for_words() -> None:
    motion = Motion(_speech(), CAST[1].manner, starts=0.25, seed=0)
    words = _speech().words
    for seconds in np.arange(0.0, 10.0, 0.01):
        now = float(seconds) - 0.25 + 0.03
        gap = next(
            ((a.end, b.start) for a, b in pairwise(words) if b.start - a.end > 0.12 and a.end < now < b.start), None
        )
        outside = now < words[0].start - 0.03 or now > words[-1].end + 0.1
        if outside or (gap is not None and gap[0] + 0.04 < now < gap[1] - 0.02):
            assert motion.lips(float(seconds)).closed, seconds
    opened = [not motion.lips(0.25 + word.start + (word.end - word.start) * part).closed
              for word in words for part in (0.3, 0.5, 0.7)]  # fmt: skip
    assert sum(opened) > 0.6 * len(opened)


def test_lips_run_from_one_shape_into_the_next() -> None:
    motion = Motion(_speech(), CAST[2].manner, starts=0.0, seed=0)
    openings = [sum(motion.lips(number / 100).parts()[1:3]) for number in range(300)]
    widest = sum(VISEMES["wide"].parts()[1:3])
    assert max(abs(after - before) for before, after in pairwise(openings)) < 0.3 * widest


def test_eyes_blink_now_and_then_but_never_in_the_first_frame() -> None:
    for number, who in CAST.items():
        for seed in range(4):
            motion = Motion(_speech(), who.manner, starts=0.25, seed=seed)
            shut = [motion.shut(frame / _FPS) for frame in range(10 * _FPS)]
            assert shut[0] == 0.0, (number, seed)
            blinks = sum(1 for before, after in pairwise(shut) if before < 0.5 <= after)
            assert 2 <= blinks <= 5, (number, seed)


def test_without_words_a_presenter_greets_and_smiles() -> None:
    silence = Speech(np.zeros(0, dtype=np.float32), (), (), "none")
    product = _product("bottle")
    shot = TalkingShot(Look((180, 320), product, product.accent), character=9, speech=silence, starts=0.0, seed=0)
    assert shot.mouth(1.0) == "smile"
    first, later = shot.frame(0.0, 0.0), shot.frame(0.5, 0.1)
    assert isinstance(first, Image.Image)
    assert first.tobytes() != later.tobytes()


@pytest.mark.parametrize("size", [(120, 640), (640, 120), (120, 120)])
def test_odd_formats_are_drawn_too(size: tuple[int, int]) -> None:
    assert _shot(size, 5, "slim").frame(0.0, 0.0).size == size
