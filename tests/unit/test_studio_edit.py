"""Cuts fall on sentence ends, words stand where nothing is covered, and every format is laid out for itself."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from character_flow.studio import rooms, scene
from character_flow.studio.captions import Captions
from character_flow.studio.colours import contrast
from character_flow.studio.layout import caption_place, caption_size, mark_place, overlap, safe_area
from character_flow.studio.paint import RGB
from character_flow.studio.painter import Painter
from character_flow.studio.plate import Camera, picture_of, piece_of, plate_of
from character_flow.studio.preview import first_still
from character_flow.studio.product import ProductLook, look_at, read_product
from character_flow.studio.shot import Box, Boxes, Look, PosedShot, Shot, View, view
from character_flow.studio.speech import Speech, syllable_timing
from character_flow.studio.stage import ClosingShot, ProductShot, presenter_shot
from character_flow.studio.timeline import LEAD_S, Cut, one_shot, timeline
from tests.unit.studio_pictures import COFFEE_BAG, DIALOG, PRODUCT, drawn_product, photo

_FORMATS = [(216, 384), (288, 288), (384, 216)]
_TEAL: RGB = (30, 110, 110)


@pytest.fixture(scope="module")
def bottle() -> ProductLook:
    return _seen(PRODUCT)


@lru_cache(maxsize=4)
def _seen(picture: Path) -> ProductLook:
    return read_product(picture)


def _ready(shots: Mapping[str, Shot]) -> dict[str, Future[Shot]]:
    futures: dict[str, Future[Shot]] = {}
    for kind, shot in shots.items():
        futures[kind] = Future()
        futures[kind].set_result(shot)
    return futures


def _painter(size: tuple[int, int], product: ProductLook, *, character: int = 1, dialog: str = DIALOG) -> Painter:
    speech = syllable_timing(dialog)
    look = Look(size, product, product.accent)
    shots = {
        "hook": presenter_shot(look, character, speech=speech, starts=LEAD_S),
        "product": ProductShot(look),
        "card": ClosingShot(look, title="Ondara", line="Face mist"),
    }
    return Painter(size, fps=12, cuts=timeline(speech), shots=_ready(shots), words=speech.words, accent=look.accent,
                   mark="AI-made draft")  # fmt: skip


class _Poster:
    """A shot of one colour that says where its face and product are."""

    def __init__(self, size: tuple[int, int], ground: RGB, boxes: Sequence[Boxes]) -> None:
        self._picture, self._boxes = Image.new("RGB", size, ground), boxes

    def frame(self, seconds: float, share: float) -> Image.Image:
        return self._picture

    def boxes(self, seconds: float, share: float) -> Boxes:
        return self._boxes[round(seconds * 12) % len(self._boxes)]


def _poster_painter(size: tuple[int, int], ground: RGB, boxes: Sequence[Boxes], *, text: str = DIALOG) -> Painter:
    speech = syllable_timing(text)
    shots = {"hook": _Poster(size, ground, boxes)}
    return Painter(size, fps=12, cuts=one_shot(speech), shots=_ready(shots), words=speech.words, accent=_TEAL,
                   mark="AI-made draft")  # fmt: skip


def _inside(box: Box, area: Box) -> bool:
    return area[0] - 1 <= box[0] and area[1] - 1 <= box[1] and box[2] <= area[2] + 1 and box[3] <= area[3] + 1


def _every(painter: Painter) -> list[float]:
    return [number / painter.fps for number in range(round(painter.seconds * painter.fps))]


def _kinds(cuts: Sequence[Cut]) -> list[str]:
    return [cut.kind for cut in cuts]


def test_two_sentences_are_three_shots_cut_where_the_first_one_ends() -> None:
    speech = syllable_timing(DIALOG)
    cuts = timeline(speech)
    end = next(word.end for word in speech.words if word.ends_sentence)
    assert _kinds(cuts) == ["hook", "product", "card"]
    assert cuts[0].end == round(LEAD_S + end + 0.08, 3)
    assert cuts[-1].start >= LEAD_S + speech.seconds
    assert all(before.end == after.start for before, after in pairwise(cuts))


def test_one_long_sentence_is_cut_at_its_comma() -> None:
    speech = syllable_timing("I keep this little bottle near the window, and it always looks good there.")
    assert timeline(speech)[0].end == round(LEAD_S + speech.words[7].end + 0.08, 3)


def test_seeds_choose_who_opens_and_where_the_camera_goes() -> None:
    speech = syllable_timing(DIALOG)
    opened = [(timeline(speech, seed=seed)[0].kind, timeline(speech, seed=seed)[0].camera) for seed in range(5)]
    assert opened == [("hook", "in"), ("product", "in"), ("hook", "out"), ("product", "in"), ("hook", "in")]
    assert [cut.camera for cut in timeline(speech, seed=3)] == ["in", "out", "in"]


def test_a_camera_that_draws_back_begins_where_the_other_ends() -> None:
    inward, outward = Cut("hook", 1.0, 3.0), Cut("hook", 1.0, 3.0, "out")
    assert [inward.share(now) for now in (1.0, 2.0, 3.0)] == [0.0, 0.5, 1.0]
    assert [outward.share(now) for now in (1.0, 2.0, 3.0)] == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("text", ["Hi", "word " * 99, "A" * 60, "\U0001f600 \U0001f600", "\u4f60\u597d"])
def test_any_dialog_is_between_eight_and_thirty_seconds_and_no_shot_is_a_flash(text: str) -> None:
    cuts = timeline(syllable_timing(text))
    assert 8 <= cuts[-1].end <= 30
    assert cuts[-1].kind == "card"
    assert all(cut.end - cut.start >= 1.4 for cut in cuts)


@pytest.mark.parametrize("size", _FORMATS)
def test_captions_cover_neither_face_nor_product_and_stay_in_the_safe_area(
    size: tuple[int, int], bottle: ProductLook
) -> None:
    painter = _painter(size, bottle)
    shown = 0
    for now in _every(painter):
        caption, boxes = painter.caption(now), painter.boxes(now)
        if caption is None:
            continue
        shown += 1
        box = caption[1]
        assert _inside(box, safe_area(size)), now
        assert not any(other is not None and overlap(box, other) for other in (boxes.face, boxes.product)), now
    assert shown > 12 * 4


@pytest.mark.parametrize("size", _FORMATS)
@pytest.mark.parametrize(
    ("face", "product"),
    [
        ((0.30, 0.14, 0.55, 0.45), (0.60, 0.38, 0.92, 0.70)),
        ((0.35, 0.30, 0.65, 0.60), (0.60, 0.45, 0.90, 0.76)),
        ((0.05, 0.10, 0.45, 0.70), (0.55, 0.20, 0.95, 0.68)),
        ((0.30, 0.05, 0.70, 0.52), (0.66, 0.55, 0.97, 0.97)),
        ((0.10, 0.45, 0.60, 0.95), (0.65, 0.60, 0.95, 0.95)),
        (None, (0.30, 0.10, 0.70, 0.66)),
        ((0.30, 0.10, 0.70, 0.45), None),
    ],
)  # fmt: skip
def test_wherever_face_and_product_are_captions_find_a_free_place(
    size: tuple[int, int], face: Box | None, product: Box | None
) -> None:
    def pixels(box: Box | None) -> Box | None:
        return None if box is None else (box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1])

    boxes = Boxes(pixels(face), pixels(product))
    painter = _poster_painter(size, (200, 200, 200), [boxes])
    captions = [caption for now in _every(painter) if (caption := painter.caption(now)) is not None]
    assert captions
    for _, box in captions:
        assert _inside(box, safe_area(size))
        assert not any(other is not None and overlap(box, other) for other in (boxes.face, boxes.product))


def test_captions_do_not_jump_within_a_shot_while_the_product_sways() -> None:
    size = (216, 384)
    swaying = [Boxes((60, 60, 120, 170), (130, 150 + step, 200, 260 + step)) for step in range(6)]
    painter = _poster_painter(size, (90, 90, 90), swaying)
    tops = {caption[1][1] for now in _every(painter) if (caption := painter.caption(now)) is not None}
    assert len(tops) <= 3, "one, two and three lines"
    assert min(tops) >= 265


@pytest.mark.parametrize("size", [(720, 1280), (720, 720), (1280, 720)])
def test_without_boxes_captions_stand_at_three_quarters_of_the_height(size: tuple[int, int]) -> None:
    place = caption_place(size, face=None, product=None)
    assert abs(place.centre[1] / size[1] - 0.75) < 0.06
    assert place.highest >= 3 * caption_size(size)


@pytest.mark.parametrize("size", _FORMATS)
@pytest.mark.parametrize("source", [PRODUCT, COFFEE_BAG, photo("coffee")], ids=["bottle", "bag", "photo card"])
def test_the_product_fills_an_eighth_of_its_shot_in_every_frame_and_format(size: tuple[int, int], source: Path) -> None:
    product = _seen(source)
    shot = ProductShot(Look(size, product, product.accent))
    shares = []
    for step in range(11):
        box = shot.boxes(step / 3, step / 10).product
        assert box is not None
        assert 0 <= box[0] < box[2] <= size[0]
        assert 0 <= box[1] < box[3] <= size[1]
        shares.append((box[2] - box[0]) * (box[3] - box[1]) / (size[0] * size[1]))
    assert min(shares) >= 0.12
    assert shares == sorted(shares), "the camera comes closer"
    assert shares[-1] > shares[0] * 1.05


@pytest.mark.parametrize("size", _FORMATS)
@pytest.mark.parametrize("turned", [False, True], ids=["lying pen", "standing pen"])
def test_what_is_very_slim_lies_across_the_picture_and_is_large_too(size: tuple[int, int], *, turned: bool) -> None:
    pen = Image.new("RGB", (900, 400), (255, 255, 255))
    pen.paste((40, 90, 200), (60, 180, 840, 230))
    product = look_at(pen.rotate(90, expand=True) if turned else pen)
    box = ProductShot(Look(size, product, product.accent)).boxes(0, 0).product
    assert box is not None
    assert (box[2] - box[0]) * (box[3] - box[1]) >= 0.12 * size[0] * size[1]


@pytest.mark.parametrize("size", [(360, 640), (480, 480), (640, 360)])
@pytest.mark.parametrize("title", ["Ondara", "A very long name of a brand that nobody can remember", "W" * 40])
def test_the_closing_cards_words_stand_in_the_safe_area_and_beside_the_product(
    size: tuple[int, int], title: str, bottle: ProductLook
) -> None:
    shot = ClosingShot(Look(size, bottle, bottle.accent), title=title, line="Seen here as it is")
    product = shot.boxes(9, 1).product
    assert product is not None
    boxes = [(x, y, x + layer.width, y + layer.height) for layer, (x, y) in shot.words]
    for box in boxes:
        assert _inside(box, safe_area(size))
        assert not overlap(box, product)
    assert all(before[3] <= after[1] for before, after in pairwise(boxes))


@pytest.mark.parametrize("size", _FORMATS)
def test_the_draft_mark_is_in_every_frame_inside_the_safe_area(size: tuple[int, int], bottle: ProductLook) -> None:
    painter = _painter(size, bottle)
    mark = painter.mark_box()
    assert mark is not None
    assert _inside(mark, safe_area(size))
    for cut in painter.cuts:
        seconds = (cut.start + cut.end) / 2
        area = np.asarray(painter.still(seconds))[int(mark[1]) : int(mark[3]), int(mark[0]) : int(mark[2])]
        assert area.mean(axis=2).max() - area.mean(axis=2).min() > 90, cut.kind


def test_the_draft_mark_moves_to_the_other_corner_where_hair_is_in_the_way() -> None:
    left, right = (43, 154), (634 - 160, 154)
    assert mark_place((720, 1280), (160, 40), face=None, product=None) == left
    assert mark_place((720, 1280), (160, 40), face=(200, 200, 400, 500), product=None) == right
    assert mark_place((720, 1280), (160, 40), face=None, product=(440, 100, 700, 400)) == left


def test_the_thumbnail_is_taken_with_open_eyes_and_lips_at_rest(bottle: ProductLook) -> None:
    painter = _painter((126, 224), bottle)
    shot, now = painter.shots["hook"].result(), painter.best_second()
    assert isinstance(shot, PosedShot)
    assert shot.shut(now) < 0.05
    assert shot.mouth(now) in ("smile", "rest")
    assert painter.cuts[0].start < now < painter.cuts[0].end


def _edge_contrast(frame: NDArray[np.uint8], caption: Image.Image, box: Box) -> float:
    """Return the least contrast of the white letters with what directly surrounds them, in a finished frame."""
    alpha = np.asarray(caption.getchannel("A"))
    white = (np.asarray(caption.convert("RGB")).min(axis=2) > 245) & (alpha > 250)
    near = np.asarray(Image.fromarray((white * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))) > 0
    inner = np.asarray(Image.fromarray((white * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))) > 0
    ring = near & ~inner
    area = frame[int(box[1]) : int(box[1]) + alpha.shape[0], int(box[0]) : int(box[0]) + alpha.shape[1]]
    ring = ring[: area.shape[0], : area.shape[1]]
    around = tuple(int(v) for v in np.median(area[ring], axis=0))
    letters = tuple(int(v) for v in np.median(area[white[: area.shape[0], : area.shape[1]]], axis=0))
    return contrast((letters[0], letters[1], letters[2]), (around[0], around[1], around[2]))


@pytest.mark.parametrize("ground", [(255, 255, 255), (250, 220, 60), (128, 128, 128), (10, 10, 10)])
def test_captions_can_be_read_on_any_ground(ground: RGB) -> None:
    painter = _poster_painter((432, 768), ground, [Boxes()])
    for now in (0.4, 1.5, 2.6, 3.7):
        caption = painter.caption(now)
        assert caption is not None
        frame = np.asarray(painter.still(now, captioned=True))
        assert _edge_contrast(frame, *caption) >= 4.5, now


def test_captions_can_be_read_in_real_frames(bottle: ProductLook) -> None:
    painter = _painter((432, 768), bottle)
    for cut in painter.cuts[:-1]:
        now = (cut.start + cut.end) / 2
        caption = painter.caption(now)
        assert caption is not None
        assert _edge_contrast(np.asarray(painter.still(now, captioned=True)), *caption) >= 4.5, cut.kind


@pytest.mark.parametrize("accent", [(30, 128, 128), (246, 214, 62), (250, 250, 250), (12, 12, 14), (238, 126, 34)])
def test_the_live_word_can_be_read_on_its_mark(accent: RGB) -> None:
    painter = _poster_painter((432, 768), (120, 120, 120), [Boxes()])
    marked = Painter((432, 768), fps=12, cuts=painter.cuts, shots=painter.shots, words=syllable_timing(DIALOG).words,
                     accent=accent, mark="x")  # fmt: skip
    caption = marked.caption(0.4)
    assert caption is not None
    colours = caption[0].convert("RGB").getcolors(1 << 20) or []
    alpha = np.asarray(caption[0].getchannel("A"))
    pixels = np.asarray(caption[0].convert("RGB"))[alpha == 255]
    common = sorted(((int(n), c) for c, n in zip(*np.unique(pixels, axis=0, return_counts=True), strict=True)),
                    key=lambda entry: -entry[0])  # fmt: skip
    assert colours
    tones = [tuple(int(v) for v in colour) for _, colour in common[:8]]
    best = max(contrast((255, 255, 255), (tone[0], tone[1], tone[2])) for tone in tones)
    assert best >= 4.5


@pytest.mark.parametrize(
    "text",
    ["Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenantrag", "\U0001f600 \U0001f600", "Hi", "word " * 99,
     "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645", "\u4f60\u597d\u4e16\u754c" * 10,
     "Hello \u05e9\u05dc\u05d5\u05dd \u4f60\u597d you"],
    ids=["62 letters", "emoji", "one word", "500 signs", "right to left", "no spaces", "mixed"],
)  # fmt: skip
def test_captions_of_any_script_stay_in_their_place(text: str) -> None:
    speech = syllable_timing(text)
    captions = Captions(speech.words, widest=300, highest=70, size=40, accent=_TEAL)
    for chunk in captions.chunks:
        drawn = captions.at(chunk.start + 0.001)
        assert drawn is None or (drawn.width <= 300 and drawn.height <= 76)


def test_the_last_words_of_a_shot_do_not_linger_over_the_next() -> None:
    speech = Speech(np.zeros(0, dtype=np.float32), syllable_timing(DIALOG).words, (), "none")
    captions = Captions(speech.words, widest=400, size=30, accent=_TEAL)
    chunk = next(chunk for chunk in captions.chunks if chunk.words[-1].ends_sentence)
    late = chunk.words[-1].end + 0.05
    assert captions.at(late) is not None
    assert captions.at(late, since=late - 0.02) is None


def test_the_first_words_stand_on_the_first_frame(bottle: ProductLook) -> None:
    assert _painter((216, 384), bottle).caption(0.0) is not None


@pytest.mark.parametrize("kind", rooms.ROOMS)
@pytest.mark.parametrize("size", [(193, 343), (231, 411), (457, 257)])
def test_rooms_are_lit_from_the_left_and_have_no_dark_edge(kind: rooms.Room, size: tuple[int, int]) -> None:
    pixels = np.asarray(scene.room(kind, size=size, accent=(70, 164, 151))).astype(float).mean(axis=2)
    height, width = pixels.shape
    assert pixels[: height // 3, : width // 3].mean() > pixels[: height // 3, -width // 3 :].mean()
    last, before = pixels[:, -1], pixels[:, -6:-1].mean(axis=1)
    assert float(np.abs(last - before).mean()) < 8


@pytest.mark.parametrize("kind", rooms.ROOMS)
def test_nothing_small_stands_behind_the_head(kind: rooms.Room) -> None:
    picture = scene.room(kind, size=(231, 411), accent=(70, 164, 151))
    behind = np.asarray(picture.crop((70, 60, 140, 180)).convert("L")).astype(float)
    steps = np.abs(np.diff(behind, axis=1))
    assert float(steps.mean()) < 2.0


def test_rooms_are_chosen_by_kind_of_product_and_by_what_it_stands_out_from() -> None:
    teal, cream = look_at(drawn_product((30, 128, 128), (255, 255, 255))), look_at(
        drawn_product((214, 216, 222), (120, 30, 30))
    )  # fmt: skip
    assert scene.room_for(teal) == "desk"
    assert scene.room_for(cream) != "desk"
    assert scene.room_for(replace(teal, shape="bottle")) == "bathroom"
    assert scene.room_for(replace(teal, shape="cup")) == "cafe"
    assert {kind for kinds in scene.ROOMS_FOR.values() for kind in kinds} == set(rooms.ROOMS)


def test_the_cheap_camera_shows_what_the_plain_one_shows() -> None:
    world = scene.room("kitchen", size=(231, 411), accent=(200, 90, 60))
    seen = view(world, 1.05, at=(0.4, 0.6))
    plain = np.asarray(seen.picture((216, 384))).astype(int)
    cheap = np.asarray(picture_of(Camera((216, 384)).plate(seen).pixels())).astype(int)
    assert float(np.abs(plain - cheap).mean()) < 2.0
    assert float(np.abs(plain - cheap)[:, -1].mean()) < 4.0, "the right edge too"


def test_a_piece_is_laid_without_a_seam_and_keeps_its_colour() -> None:
    plate = plate_of(Image.new("RGB", (64, 64), (240, 240, 240)))
    layer = Image.new("RGBA", (21, 21), (0, 0, 0, 0))
    layer.paste((200, 40, 40, 255), (4, 4, 17, 17))
    plate.lay(piece_of(layer), (20, 20))
    pixels = np.asarray(picture_of(plate.pixels())).astype(int)
    assert np.abs(pixels[30, 30] - (200, 40, 40)).max() <= 6
    assert np.abs(pixels[5, 5] - 240).max() <= 2
    assert pixels[20:42, 20:42].min(axis=2).min() >= 30, "nothing darker than either"


def test_a_view_says_where_a_box_of_the_world_is_seen() -> None:
    seen = View(Image.new("RGB", (200, 400)), (50, 100, 150, 300))
    assert seen.seen((60, 120, 160, 200), (50, 100)) == (5.0, 10.0, 50.0, 50.0)


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720)])
def test_the_first_still_is_the_photograph_in_the_films_format(size: tuple[int, int]) -> None:
    with Image.open(PRODUCT) as picture:
        still = first_still(picture.convert("RGB"), size)
    assert still.size == ((270, 480) if size[0] < size[1] else (480, 270))
