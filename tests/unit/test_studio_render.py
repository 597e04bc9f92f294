"""An advert is rendered whole or not at all, the same way every time, with or without a voice."""

import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import pytest
from PIL import Image

from character_flow.errors import RunCancelledError, ToolError
from character_flow.studio import scene
from character_flow.studio.avatar import make_avatar
from character_flow.studio.music import MOODS
from character_flow.studio.paint import LABEL
from character_flow.studio.pictures import open_picture
from character_flow.studio.presenter import TalkingShot
from character_flow.studio.product import read_product
from character_flow.studio.render import Ad, AdSpec, render_ad
from character_flow.studio.shot import Look
from character_flow.studio.speech import syllable_timing
from character_flow.studio.turns import quick_turns
from tests.unit.studio_pictures import DIALOG, PRODUCT, drawn_product, photo

_SMALL = (270, 480)
Quick: TypeAlias = Callable[..., AdSpec]


def _spec(**changes: object) -> AdSpec:
    fields: dict[str, object] = {"character": 1, "product": PRODUCT, "dialog": DIALOG, "size": _SMALL, "fps": 12}
    return AdSpec(**{**fields, **changes})  # type: ignore[arg-type]  # one table of changes for every test


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Quick:
    """A small film of a small product, for tests in which the look of things does not matter."""
    picture = tmp_path_factory.mktemp("quick") / "box.png"
    drawn_product((30, 128, 128), (255, 255, 255)).resize((120, 180)).save(picture)

    def spec(**changes: object) -> AdSpec:
        return _spec(**{"product": picture, "fps": 8, "size": (126, 224), "voice": False, **changes})

    return spec


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
    with Image.open(ad.thumbnail) as thumbnail:
        assert (thumbnail.size, thumbnail.info["Comment"]) == (_SMALL, LABEL)


def test_the_index_stands_before_the_frames_so_that_it_plays_while_it_loads(ad: Ad) -> None:
    content = ad.path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_everything_that_is_handed_over_lies_beside_the_film_and_nothing_else(ad: Ad) -> None:
    files = [ad.path, ad.contact_sheet, ad.sidecar, ad.thumbnail, *ad.subtitles]
    assert sorted(path.name for path in ad.path.parent.iterdir()) == sorted(path.name for path in files)
    assert sorted(path.name for path in files) == [
        "ad.json", "ad.mp4", "ad.srt", "ad.vtt", "ad_contact_sheet.jpg", "ad_thumbnail.png",
    ]  # fmt: skip
    assert (ad.voice, ad.notes, ad.width, ad.height) == ("espeak", (), *_SMALL)


def test_the_sidecar_says_what_was_asked_and_what_was_made_of_it(ad: Ad) -> None:
    facts = json.loads(ad.sidecar.read_text(encoding="utf-8"))
    product = read_product(PRODUCT)
    assert facts["asked"] == {
        "character": 1, "product": "product.png", "dialog": DIALOG, "brand": "Ondara", "end_line": "Face mist",
        "language": "en", "tone": "friendly", "width": 270, "height": 480, "fps": 12, "seed": 0,
        "cuts": True, "voice": True, "mood": None,
    }  # fmt: skip
    assert facts["seconds"] == pytest.approx(ad.seconds, abs=1 / 12)
    assert [cut["shot"] for cut in facts["cuts"]] == ["hook", "product", "card"]
    assert [cut["camera"] for cut in facts["cuts"]] == ["in", "in", "in"]
    assert facts["cuts"][-1]["end"] == facts["seconds"]
    assert facts["product"]["shape"] == product.shape
    assert facts["product"]["colour_names"] == list(product.colour_names)
    assert facts["room"] == scene.room_for(product)
    assert facts["mood"] in MOODS
    assert (facts["voice"]["engine"], facts["notes"], facts["made_by"]) == ("espeak", [], LABEL)


def test_caption_files_hold_every_word_and_end_within_the_film(ad: Ad) -> None:
    srt, vtt = (path.read_text(encoding="utf-8") for path in ad.subtitles)
    assert vtt.startswith("WEBVTT")
    spoken = " ".join(line for line in srt.splitlines() if line and "-->" not in line and not line.isdigit())
    assert spoken == " ".join(DIALOG.split())
    last = [line for line in srt.splitlines() if "-->" in line][-1].split(" --> ")[1]
    assert last < "00:00:" + f"{ad.seconds:06.3f}".replace(".", ",")


def test_the_thumbnail_shows_presenter_and_product_and_no_half_said_words(ad: Ad) -> None:
    with Image.open(ad.thumbnail) as still, av.open(str(ad.path)) as film:
        pixels = np.asarray(still.convert("RGB")).astype(int)
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    apart = [float(np.abs(frame - pixels).mean()) for frame in frames]
    assert np.argmin(apart) < next(cut["end"] for cut in json.loads(ad.sidecar.read_text())["cuts"]) * 12
    assert float(pixels.std()) > 30, "never a dull frame"


def test_the_contact_sheet_shows_eight_frames_of_the_whole_film(ad: Ad) -> None:
    with Image.open(ad.contact_sheet) as sheet:
        assert sheet.size == (4 * 276 + 6, 2 * 486 + 6)
        assert sheet.info["comment"] == LABEL.encode()
        pixels = np.asarray(sheet.convert("L")).astype(float)
    cells = [pixels[6 + row * 486 : 486 + row * 486, 6 + col * 276 : 276 + col * 276]
             for row in range(2) for col in range(4)]  # fmt: skip
    assert all(cell.std() > 15 for cell in cells)
    assert np.abs(cells[0] - cells[7]).mean() > 20


def test_the_same_inputs_give_the_same_frames(ad: Ad, tmp_path: Path) -> None:
    again = render_ad(_spec(brand="Ondara", end_line="Face mist"), tmp_path / "again.mp4")
    assert _frames(again.path) == _frames(ad.path)
    assert again.seconds == ad.seconds


def test_progress_only_rises_to_a_hundred_and_says_what_is_left(tmp_path: Path, quick: Quick) -> None:
    seen: list[tuple[float, str]] = []
    ticks = iter(range(10_000))
    render_ad(
        quick(dialog="Hello."), tmp_path / "a.mp4",
        progress=lambda percent, message: seen.append((percent, message)), clock=lambda: float(next(ticks)),
    )  # fmt: skip
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (1, 100)
    frames = [message for _, message in seen if message.startswith("Frame")]
    assert frames[0] == "Frame 6 of 64, about 10 s left"
    assert len(frames) == 10


def test_stills_are_shown_while_the_film_is_made_the_first_before_anything_is_drawn(
    tmp_path: Path, quick: Quick
) -> None:
    told: list[str] = []
    render_ad(
        quick(dialog="Hello.", size=(360, 640)), tmp_path / "a.mp4",
        progress=lambda _, message: told.append(message), preview=lambda still: told.append(f"still {still.size}"),
    )  # fmt: skip
    assert told[:3] == ["Looking at the product", "still (270, 480)", "Speaking the dialog"]
    assert told.count("still (270, 480)") == 7


@pytest.mark.parametrize(("size", "fps"), [((126, 224), 24), ((160, 160), 30), ((224, 126), 24)])
def test_formats_and_frame_rates_are_what_was_asked_for(
    tmp_path: Path, quick: Quick, size: tuple[int, int], fps: int
) -> None:
    made = render_ad(quick(dialog="Hello there.", size=size, fps=fps), tmp_path / "a.mp4")
    with av.open(str(made.path)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, float(video.average_rate or 0)) == (*size, fps)
        assert sum(1 for _ in container.decode(video=0)) == round(made.seconds * fps)


def test_seeds_are_variants_of_the_same_advert(tmp_path: Path, quick: Quick) -> None:
    hashes, openings = set(), []
    for seed in (0, 3):
        made = render_ad(
            quick(
                seed=seed,
            ),
            tmp_path / f"{seed}.mp4",
        )
        hashes.add(_frames(made.path))
        cut = json.loads(made.sidecar.read_text(encoding="utf-8"))["cuts"][0]
        openings.append((cut["shot"], cut["camera"]))
    assert len(hashes) == 2
    assert openings == [("hook", "in"), ("product", "in")]


def test_the_film_says_which_colours_it_has_and_shows_the_products_own(ad: Ad) -> None:
    with av.open(str(ad.path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)


@pytest.mark.parametrize("frame", [6, 30, 60, 96])
def test_cancelled_at_any_frame_nothing_is_left(tmp_path: Path, quick: Quick, frame: int) -> None:
    stop = threading.Event()

    def told(percent: float, message: str) -> None:
        if message.startswith(f"Frame {frame} of"):
            stop.set()

    with pytest.raises(RunCancelledError):
        render_ad(quick(fps=12), tmp_path / "ad.mp4", progress=told,
                  cancelled=stop.is_set)  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_cancelled_while_the_sound_is_mixed_nothing_is_left(tmp_path: Path, quick: Quick) -> None:
    stop = threading.Event()

    def told(percent: float, message: str) -> None:
        if message == "Mixing the sound":
            stop.set()

    with pytest.raises(RunCancelledError):
        render_ad(quick(), tmp_path / "ad.mp4", progress=told, cancelled=stop.is_set)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_be_given_takes_all_the_others_back(tmp_path: Path, quick: Quick) -> None:
    (tmp_path / "ad.mp4").mkdir()
    with pytest.raises(ToolError, match="the video could not be written"):
        render_ad(quick(), tmp_path / "ad.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["ad.mp4"]


def _after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("calls", [0, 1, 12, 60])
def test_a_cancelled_advert_leaves_nothing(tmp_path: Path, quick: Quick, calls: int) -> None:
    with pytest.raises(RunCancelledError):
        render_ad(quick(), tmp_path / "ad.mp4", cancelled=_after(calls))
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_advert_leaves_the_one_before_it_alone(tmp_path: Path, quick: Quick) -> None:
    out = tmp_path / "ad.mp4"
    out.write_bytes(b"the one before")
    with pytest.raises(RunCancelledError):
        render_ad(quick(), out, cancelled=_after(20))
    assert out.read_bytes() == b"the one before"


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path, quick: Quick) -> None:
    with pytest.raises(ToolError, match="the video could not be written") as caught:
        render_ad(quick(), tmp_path / "none" / "ad.mp4")
    assert "\n" not in str(caught.value)


def test_without_a_voice_there_are_music_and_captions_and_a_note(tmp_path: Path) -> None:
    made = render_ad(_spec(voice=False, fps=8, size=(180, 320)), tmp_path / "ad.mp4")
    assert made.voice == "none"
    assert made.notes == ("the voice is switched off; captions are timed by syllables",)
    with av.open(str(made.path)) as container:
        loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
    assert 0.1 < loudest < 1


def test_a_photograph_and_a_custom_character_make_an_advert_too(tmp_path: Path) -> None:
    avatar = make_avatar(open_picture(photo("astronaut")), tmp_path / "avatar.png")
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
        ({"mood": "grim"}, "the mood 'grim' is not known; choose one of bright, calm, playful, warm"),
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
        "A" * 60,
        "\U0001f600 \U0001f600",
        "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d you",
    ],
)
def test_any_dialog_within_the_limit_becomes_a_film(tmp_path: Path, quick: Quick, dialog: str) -> None:
    made = render_ad(quick(dialog=dialog, voice=True), tmp_path / "ad.mp4")
    assert 8 <= made.seconds <= 30


def test_the_presenter_closes_the_mouth_before_and_after_speaking() -> None:
    product = read_product(PRODUCT)
    speech = syllable_timing("Ah ah ah.")
    shot = TalkingShot(Look((180, 320), product, product.accent), character=1, speech=speech, starts=1.0, seed=0)
    assert shot.mouth(0.5) == shot.mouth(1.3 + speech.seconds) == "smile"
    assert shot.mouth(1.1) == "wide"


def test_making_films_leaves_the_turns_of_threads_as_they_were() -> None:
    before = sys.getswitchinterval()
    with quick_turns():
        with quick_turns():
            inside = sys.getswitchinterval()
        between = sys.getswitchinterval()
    assert [round(now, 6) for now in (inside, between)] == [0.001, 0.001]
    assert sys.getswitchinterval() == before


_FULL = """
import resource, sys
from pathlib import Path
from character_flow.errors import ToolError
from character_flow.studio.render import AdSpec, render_ad

product, out, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    render_ad(AdSpec(character=1, product=product, dialog="Hello.", size=(126, 224), fps=8, voice=False), out)
except ToolError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("most", [0, 20_000])
def test_a_disk_without_room_is_one_line_and_leaves_nothing(tmp_path: Path, most: int) -> None:
    """In the middle of the film, as when the disk fills up."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(PRODUCT), str(tmp_path / "ad.mp4"), str(most)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.fullmatch(r"\S+ad\.mp4: .*could not be written.*\n", done.stdout)
    assert list(tmp_path.iterdir()) == []
