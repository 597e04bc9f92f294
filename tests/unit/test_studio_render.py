"""An advert is rendered whole or not at all, the same way every time, with or without a voice."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from character_flow.errors import RunCancelledError, ToolError
from character_flow.studio import characters
from character_flow.studio.paint import LABEL
from character_flow.studio.pictures import open_picture
from character_flow.studio.presenter import TalkingShot
from character_flow.studio.product import read_product
from character_flow.studio.render import Ad, AdSpec, render_ad
from character_flow.studio.shot import Look
from character_flow.studio.speech import syllable_timing
from character_flow.studio.stage import ProductShot
from tests.unit.studio_pictures import DIALOG, PRODUCT, photo

_SMALL = (270, 480)


def _spec(**changes: object) -> AdSpec:
    fields: dict[str, object] = {"character": 1, "product": PRODUCT, "dialog": DIALOG, "size": _SMALL, "fps": 12}
    return AdSpec(**{**fields, **changes})  # type: ignore[arg-type]  # one table of changes for every test


@pytest.fixture(scope="module")
def ad(tmp_path_factory: pytest.TempPathFactory) -> Ad:
    out = tmp_path_factory.mktemp("ad") / "ad.mp4"
    return render_ad(_spec(brand="Ondara", end_line="Face mist"), out)


def _frames(path: Path) -> str:
    with av.open(str(path)) as container:
        digest = hashlib.sha256()
        for frame in container.decode(video=0):
            digest.update(frame.to_ndarray(format="yuv420p").tobytes())
    return digest.hexdigest()


def test_the_advert_plays_as_h264_and_aac_with_sound_as_long_as_picture(ad: Ad) -> None:
    with av.open(str(ad.path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == _SMALL
        assert video.average_rate == 12
        frames = sum(1 for _ in container.decode(video=0))
        container.seek(0)
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert 8 <= ad.seconds <= 12
    assert frames == round(ad.seconds * 12)
    assert abs(samples / 44_100 - ad.seconds) < 0.05


def test_the_advert_says_in_its_metadata_what_it_is(ad: Ad) -> None:
    with av.open(str(ad.path)) as container:
        assert container.metadata["title"] == "Ondara - offline draft"
        assert container.metadata["comment"] == LABEL
    assert ad.thumbnail is not None
    with Image.open(ad.thumbnail) as thumbnail:
        assert (thumbnail.size, thumbnail.info["Comment"]) == (_SMALL, LABEL)


def test_the_index_stands_before_the_frames_so_that_it_plays_while_it_loads(ad: Ad) -> None:
    content = ad.path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_nothing_but_the_film_and_its_thumbnail_is_left_behind(ad: Ad) -> None:
    assert sorted(path.name for path in ad.path.parent.iterdir()) == ["ad.mp4", "ad_thumbnail.png"]
    assert (ad.voice, ad.notes, ad.width, ad.height) == ("espeak", (), *_SMALL)


def test_the_same_inputs_give_the_same_frames(ad: Ad, tmp_path: Path) -> None:
    again = render_ad(_spec(brand="Ondara", end_line="Face mist"), tmp_path / "again.mp4")
    assert _frames(again.path) == _frames(ad.path)
    assert again.seconds == ad.seconds


def test_progress_only_rises_and_ends_at_a_hundred(tmp_path: Path) -> None:
    seen: list[float] = []
    render_ad(_spec(dialog="Hello.", fps=8, size=(180, 320)), tmp_path / "a.mp4", progress=lambda p, _: seen.append(p))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (1, 100)
    assert len(seen) > 8


def _after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("calls", [0, 1, 12, 60])
def test_a_cancelled_advert_leaves_nothing(tmp_path: Path, calls: int) -> None:
    with pytest.raises(RunCancelledError):
        render_ad(_spec(fps=8, size=(180, 320)), tmp_path / "ad.mp4", cancelled=_after(calls))
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_advert_leaves_the_one_before_it_alone(tmp_path: Path) -> None:
    out = tmp_path / "ad.mp4"
    out.write_bytes(b"the one before")
    with pytest.raises(RunCancelledError):
        render_ad(_spec(fps=8, size=(180, 320)), out, cancelled=_after(20))
    assert out.read_bytes() == b"the one before"


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="the video could not be written") as caught:
        render_ad(_spec(fps=8, size=(180, 320)), tmp_path / "none" / "ad.mp4")
    assert "\n" not in str(caught.value)


def test_without_a_voice_there_are_music_and_captions_and_a_note(tmp_path: Path) -> None:
    made = render_ad(_spec(voice=False, fps=8, size=(180, 320)), tmp_path / "ad.mp4")
    assert made.voice == "none"
    assert made.notes == ("the voice is switched off; captions are timed by syllables",)
    with av.open(str(made.path)) as container:
        loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
    assert 0.1 < loudest < 1


def test_a_photograph_and_a_custom_character_make_an_advert_too(tmp_path: Path) -> None:
    avatar = characters.make_avatar(open_picture(photo("astronaut")), tmp_path / "avatar.png")
    made = render_ad(_spec(character=avatar, product=photo("coffee"), fps=8, size=(180, 320)), tmp_path / "ad.mp4")
    assert made.notes == ("the product is shown as a photo card: the background is too busy to cut along",)
    assert len(_frames(made.path)) == 64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dialog": " \n "}, "the dialog is empty; write what the presenter should say"),
        ({"dialog": "a" * 501}, "the dialog has 501 characters; at most 500 fit into 30 s"),
        ({"size": (80, 80)}, "a video of 80x80 cannot be made; sides go from 120 to 2160 pixels"),
        ({"fps": 1}, "1 frames a second cannot be made; use 8 to 60"),
        ({"product": Path("none.png")}, "none.png: no such picture; check the path"),
        ({"character": 12}, "character 12 does not exist"),
    ],
)
def test_what_cannot_be_rendered_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ToolError, match="^" + message.replace("?", r"\?")) as caught:
        render_ad(_spec(**changes), tmp_path / "ad.mp4")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "dialog",
    [
        "Hi",
        "word " * 99,
        "A" * 60,
        "\u4f60\u597d\u4e16\u754c",
        "\U0001f600 \U0001f600",
        "\u0645\u0631\u062d\u0628\u0627",
    ],
)
def test_any_dialog_within_the_limit_becomes_eight_to_thirty_seconds(tmp_path: Path, dialog: str) -> None:
    made = render_ad(_spec(dialog=dialog, fps=8, size=(126, 224)), tmp_path / "ad.mp4")
    assert 8 <= made.seconds <= 30


def test_the_product_fills_at_least_an_eighth_of_its_shot() -> None:
    product = read_product(PRODUCT)
    shot = ProductShot(Look((720, 1280), product, product.accent))
    left, top, right, bottom = shot.box
    assert (right - left) * (bottom - top) >= 0.12 * 720 * 1280


def test_the_presenter_closes_the_mouth_before_and_after_speaking() -> None:
    product = read_product(PRODUCT)
    speech = syllable_timing("Ah ah ah.")
    shot = TalkingShot(Look((180, 320), product, product.accent), character=1, speech=speech, starts=1.0, seed=0)
    assert shot.mouth(0.5) == shot.mouth(1.3 + speech.seconds) == "smile"
    assert shot.mouth(1.1) == "wide"
