"""Files on their way to replicate.com and back: up once, down whole, checked, and the token to nobody else."""

import hashlib
import tracemalloc
from base64 import b64encode
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import ProviderError
from character_flow.tools.providers.base import Answer
from character_flow.tools.providers.replicate import ReplicateProvider
from character_flow.tools.providers.replicate_files import Uploads, kind_of_content
from character_flow.tools.providers.replicate_http import Home, Pace
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_media import blob_of, picture, video
from tests.unit.replicate_calls import (
    HASTY,
    HURRIED,
    IMAGE,
    ONE,
    TEXT,
    HurryingClock,
    Sleeper,
    finished,
    image_call,
    provider_at,
    text_call,
    video_call,
)

FILES = "/v1/files"
DELIVERY = "/delivery/*/*"
PNG_IN_TEXT = "data:image/png;base64," + b64encode(picture()).decode()


def fetched(
    fake: FakeReplicate, provider: ReplicateProvider, folder: Path, script: Script | None = None, *, kind: str = "image"
) -> Answer:
    """What a picture's (or the script's) prediction gives."""
    if script is not None:
        fake.script(script)
        kind = "video" if script.output in ("video", "object") else kind
    call = video_call(provider) if kind == "video" else image_call(provider)
    return provider.fetch(provider.submit(call), folder)


# --- up ---


def test_pictures_of_the_run_go_up_before_the_call_and_each_only_once(tmp_path: Path) -> None:
    """Trap: a file given to the client's `create` is uploaded inside the paid call."""
    first, second, same = (tmp_path / name for name in ("a.png", "b.jpg", "copy.png"))
    first.write_bytes(picture())
    second.write_bytes(picture("jpg"))
    same.write_bytes(picture())
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        call = provider.prepare("text", {
            "model": TEXT, "prompt": "p", "system_prompt": None, "offline": {"recipe": "x"},
            "images": [str(first), str(second), str(same), "https://example.org/d.png"],
        })  # fmt: skip
        assert fake.seen == []  # nothing leaves before it is known whether the call is made at all
        call = call.ready()
        a, b = (f"{fake.address}/v1/files/{file_id}" for file_id in fake.files)
        assert call.sent == {"prompt": "p", "image_input": [a, b, a, "https://example.org/d.png"]}
        assert [(kept["name"], kept["content_type"], kept["content"]) for kept in fake.files.values()] == [
            ("a.png", "image/png", picture()), ("b.jpg", "image/jpeg", picture("jpg")),
        ]  # fmt: skip
        assert fake.charged == 0
        before = len(fake.seen)
        provider.submit(call)
        assert [asked.path for asked in fake.seen[before:]] == ["/v1/predictions"]


def test_fields_of_a_picture_or_video_go_as_they_are_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    path = str(tmp_path / "a.png")
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        fields: dict[str, JsonValue] = {"image": path, "more": {"list": [path, 1.0, None, True]}, "text": "plain"}
        call = provider.prepare("video", {"model": IMAGE, "offline": {}, **fields}).ready()
        address = f"{fake.address}/v1/files/{next(iter(fake.files))}"
        assert call.sent == {"image": address, "more": {"list": [address, 1, None, True]}, "text": "plain"}
        assert len(fake.files) == 1


def test_only_files_of_the_run_ever_leave(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret.txt").write_text("mine")
    (run / "link.txt").symlink_to(tmp_path / "secret.txt")
    texts: list[JsonValue] = [
        str(tmp_path / "secret.txt"), str(run / "link.txt"), str(run / ".." / "secret.txt"), str(run), "secret.txt",
        str(run / "missing.png"), "/" + "x" * 5000, "/nul\0",
    ]  # fmt: skip
    with FakeReplicate() as fake, provider_at(fake, run) as provider, provider_at(fake) as nowhere:
        for one in (provider, nowhere):
            assert one.prepare("image", {"model": IMAGE, "texts": texts}).ready().sent == {"texts": texts}
        assert fake.seen == []


def test_equal_calls_have_one_content_key_wherever_their_files_lie(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(picture())
    (tmp_path / "c.png").write_bytes(picture(shade=30))
    with FakeReplicate() as fake:
        calls = []
        for name in ("a.png", "b.png", "c.png"):
            with provider_at(fake, tmp_path) as provider:  # each knows nothing of the other's uploads
                calls.append(provider.prepare("image", {"model": IMAGE, "image": str(tmp_path / name)}).ready())
        keys, sent = [call.content_key for call in calls], [call.input_sha256 for call in calls]
        assert (keys[0] == keys[1], keys[0] == keys[2], sent[0] == sent[1]) == (True, False, False)


def test_an_upload_is_used_while_the_service_keeps_it(tmp_path: Path) -> None:
    sent: list[str] = []
    now = [0.0]

    def send(path: Path) -> str:
        sent.append(path.name)
        return f"https://example.org/{len(sent)}"

    uploads = Uploads(send, tmp_path, clock=lambda: now[0])
    (tmp_path / "a.png").write_bytes(b"a")
    found = []
    for now[0] in (0.0, 2999.0, 3000.0):
        found.append(uploads.address(tmp_path / "a.png"))
    assert (found, sent) == (
        ["https://example.org/1", "https://example.org/1", "https://example.org/2"], ["a.png", "a.png"],
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "half", "status"])
def test_an_upload_that_fails_is_repeated(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        fake.fault(Fault("POST", FILES, kind, status=503, times=2))
        call = provider.prepare("image", {"model": IMAGE, "image": str(tmp_path / "a.png")}).ready()
        assert (len(fake.requests("POST", FILES)), str(call.sent["image"]).startswith(fake.address)) == (3, True)


def test_an_upload_that_hangs_is_repeated(tmp_path: Path) -> None:
    """Trap: the client sends uploads without any timeout."""
    (tmp_path / "a.png").write_bytes(picture())
    with FakeReplicate() as fake, provider_at(fake, tmp_path, pace=HURRIED) as provider:
        fake.fault(Fault("POST", FILES, "slow", seconds=60.0))
        provider.prepare("image", {"model": IMAGE, "image": str(tmp_path / "a.png")}).ready()
        assert len(fake.requests("POST", FILES)) > 1


def test_an_upload_that_is_refused_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        fake.fault(Fault("POST", FILES, "status", status=413))
        with pytest.raises(ProviderError, match=r"replicate refused the upload of a\.png: it answered 413: Payload"):
            provider.prepare("image", {"model": IMAGE, "image": str(tmp_path / "a.png")}).ready()


# --- down ---


@pytest.mark.parametrize(
    ("script", "names", "content"),
    [
        (Script(output="image"), ["image.png"], picture()),
        (Script(output="images"), ["image.png", "image-2.png"], picture()),
        (Script(output="wrapper"), ["image.png"], picture()),
        (Script(output="video"), ["video.mp4"], None),
        (Script(output="object"), ["video.mp4"], None),
        (Script(output="image", file="named.png"), ["image.jpg"], picture("jpg")),
        (Script(output="value", value=PNG_IN_TEXT), ["image.png"], picture()),
    ],
    ids=["address", "list", "wrapper", "video", "object", "true type", "data"],
)  # fmt: skip
def test_every_shape_of_output_becomes_files(
    tmp_path: Path, script: Script, names: list[str], content: bytes | None
) -> None:
    """Trap: over plain http the client gives a text where it gives a file over https."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        if script.output == "object":
            script.file = "out.mp4"
        answer = fetched(fake, provider, tmp_path, script)
        assert answer.files == tuple(tmp_path / name for name in names)
        assert answer.files[0].read_bytes() == (video() if content is None else content)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_still_beside_a_video_is_kept_too(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        answer = fetched(fake, provider, tmp_path, Script(output="images", file="out.mp4"), kind="video")
        assert answer.files == (tmp_path / "video.mp4", tmp_path / "video-2.png")


def test_of_several_files_all_come_or_none(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("GET", "/delivery/*/second.png", "status", status=404, times=-1))
        with pytest.raises(ProviderError, match="is gone"):
            fetched(fake, provider, tmp_path, Script(output="images"))
        assert list(tmp_path.iterdir()) == []


def test_a_fetch_may_be_repeated_and_takes_the_place_of_nothing(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(image_call(provider))
        first, second = (provider.fetch(prediction_id, tmp_path) for _again in range(2))
        assert (first.files, second.files) == ((tmp_path / "image.png",), (tmp_path / "image-2.png",))
        assert (first.facts, first.files[0].read_bytes()) == (second.facts, second.files[0].read_bytes())
        assert fake.charged == 1


def test_what_two_calls_of_one_attempt_gave_lies_side_by_side(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        one = fetched(fake, provider, tmp_path, Script(output="images"))
        other = fetched(fake, provider, tmp_path, Script(output="image", file="named.png"))
        third = fetched(fake, provider, tmp_path, Script(output="images"))
        names = [path.name for answer in (one, other, third) for path in answer.files]
        assert names == ["image.png", "image-2.png", "image.jpg", "image-3.png", "image-4.png"]
        assert one.files[0].read_bytes() == picture()


def test_the_look_that_saw_the_end_tells_where_the_output_is_and_once_only(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(image_call(provider))
        finished(provider, prediction_id)
        asked = len(fake.requests("GET", ONE))
        provider.fetch(prediction_id, tmp_path)
        assert len(fake.requests("GET", ONE)) == asked
        fake.expire()
        with pytest.raises(ProviderError, match="has lost its output"):
            provider.fetch(prediction_id, tmp_path)


def test_a_download_that_is_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    size = 3_000_000
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("GET", DELIVERY, "cut", times=3))
        answer = fetched(fake, provider, tmp_path, Script(output="video", size=size))
        starts = [asked.headers.get("range") for asked in fake.requests("GET", DELIVERY)]
        assert (len(starts), starts[0]) == (4, None)
        assert all(start is not None and start > "bytes=0" for start in starts[1:])
        whole = hashlib.sha256(b"".join(blob_of("out.mp4", size=size).pieces(0, size))).digest()
        assert hashlib.sha256(answer.files[0].read_bytes()).digest() == whole


@pytest.mark.parametrize("kind", ["other_range", "small_part"])
def test_a_part_that_is_another_than_was_asked_for_is_not_taken_for_the_rest(tmp_path: Path, kind: str) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("GET", DELIVERY, "cut"))
        fake.fault(Fault("GET", DELIVERY, kind))
        answer = fetched(
            fake, provider, tmp_path, Script(output="video", size=1_500_000)
        )  # of this size no hash is told
        assert answer.files[0].read_bytes() == video().ljust(1_500_000, b"\0")
        assert len(fake.requests("GET", DELIVERY)) == 3


def test_a_download_that_trickles_is_asked_for_anew_from_where_it_was(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake, clock=HurryingClock()) as provider:
        fake.fault(Fault("GET", DELIVERY, "trickle"))
        assert fetched(fake, provider, tmp_path).files[0].read_bytes() == picture()
        first, second = fake.requests("GET", DELIVERY)
        assert ("range" in first.headers, "range" in second.headers) == (False, True)


def test_a_file_that_is_never_what_was_said_is_not_begun_for_ever(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake, pace=Pace(), sleep=Sleeper()) as provider:
        fake.fault(Fault("GET", DELIVERY, "damaged", times=-1))
        with pytest.raises(ProviderError, match="came damaged"):
            fetched(fake, provider, tmp_path)
        assert len(fake.requests("GET", DELIVERY)) == 5


RETRIED = {
    "dropped": Fault("GET", DELIVERY, "drop_before"),
    "500": Fault("GET", DELIVERY, "status", status=500),
    "429": Fault("GET", DELIVERY, "status", status=429),
    "too short": Fault("GET", DELIVERY, "wrong_length"),
    "damaged": Fault("GET", DELIVERY, "damaged"),
}


@pytest.mark.parametrize("fault", RETRIED.values(), ids=RETRIED)
def test_a_download_that_fails_is_repeated_and_never_the_call(tmp_path: Path, fault: Fault) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault(**{**vars(fault), "times": 2}))
        assert fetched(fake, provider, tmp_path).files[0].read_bytes() == picture()
        assert fake.charged == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("GET", DELIVERY, "wrong_length", times=-1), "its output is"),
        (Fault("GET", DELIVERY, "damaged", times=-1), "came damaged"),
        (Fault("GET", DELIVERY, "status", status=503, times=-1), r"cannot be had now \(503\)"),
        (Fault("GET", DELIVERY, "drop_before", times=-1), "is cut off"),
    ],
)
def test_a_download_that_keeps_failing_may_be_tried_again_later(tmp_path: Path, fault: Fault, words: str) -> None:
    with FakeReplicate() as fake, provider_at(fake, pace=HASTY) as provider:
        fake.fault(Fault(**vars(fault)))
        with pytest.raises(ProviderError, match=f"{words}.*; resume the run to try again$") as caught:
            fetched(fake, provider, tmp_path)
        assert (caught.value.retryable, caught.value.prediction_id) == (True, fake.last_id)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_output_that_is_gone_is_told_with_the_reason(tmp_path: Path, status: int) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("GET", DELIVERY, "status", status=status))
        with pytest.raises(
            ProviderError, match=rf"is gone \({status}\): the service keeps outputs for an hour"
        ) as caught:
            fetched(fake, provider, tmp_path)
        assert (caught.value.retryable, list(tmp_path.iterdir())) == (False, [])


def test_an_hour_later_nothing_is_left_to_fetch(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(image_call(provider))
        fake.expire()
        with pytest.raises(ProviderError, match="has lost its output: the service keeps outputs for an hour") as caught:
            provider.fetch(prediction_id, tmp_path)
        assert caught.value.retryable is False


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(output="null"), "ended without an output"),
        (Script(final="failed"), "has no output: it is failed"),
        (Script(running_s=1000.0), "has no output: it is processing"),
        (Script(output="value", value="no address"), "gave no image: its output holds no file"),
        (Script(output="value", value=[]), "gave no image: its output holds no file"),
        (Script(output="image", file="page.png"), "instead of its output a web page came"),
        (Script(output="image", file="out.mp4"), "gave no image, but: mp4$"),
        (Script(output="image", file="notes.txt"), "gave no image, but: txt$"),
        (Script(output="image", file="film.png"), "its output should be an image, but is mp4$"),
        (Script(output="image", file="words.png"), "its output should be an image, but is of no known kind$"),
        (Script(output="image", file="plain"), "its output should be an image, but is of no known kind$"),
        (Script(output="image", file="empty.mp4"), "its output file is empty"),
        (Script(output="value", value="data:image/png;base64,@@"), "a data: address that cannot be decoded"),
        (Script(output="value", value="http://example.org/x.png"), "lies at an address that is not https"),
        (Script(output="value", value="https://[/x.png"), "lies at an address that is not https"),
    ],
)
def test_an_output_that_is_none_is_told_and_leaves_nothing(tmp_path: Path, script: Script, words: str) -> None:
    """W0-08: nobody waits for more once it has succeeded without one."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(script)
        prediction_id = provider.submit(image_call(provider))
        with pytest.raises(ProviderError, match=words) as caught:
            provider.fetch(prediction_id, tmp_path)
        assert (caught.value.retryable, caught.value.prediction_id) == (False, prediction_id)
        assert (list(tmp_path.iterdir()), fake.charged) == ([], 1)


def test_a_text_is_never_taken_for_a_file(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(output="value", value=["https://example.org/", "x.png"]))
        answer = provider.fetch(provider.submit(text_call(provider)), tmp_path)
        assert (answer.text, answer.files) == ("https://example.org/x.png", ())


def test_a_resumed_run_tells_files_from_words_by_the_output_itself(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake) as before, provider_at(fake) as after:
        picture_id = before.submit(image_call(before))
        text_id = before.submit(text_call(before))
        assert after.fetch(picture_id, tmp_path).files == (tmp_path / "output.png",)
        text = after.fetch(text_id, tmp_path).text
        assert text is not None
        assert text.startswith("Okay")


def test_a_redirect_is_followed_to_the_service_and_to_nobody_the_token_could_reach(tmp_path: Path) -> None:
    with FakeReplicate() as fake, FakeReplicate() as elsewhere, provider_at(fake) as provider:
        prediction_id = provider.submit(image_call(provider))
        fake.fault(Fault("GET", DELIVERY, "redirect", to=f"/delivery/{prediction_id}/photo.jpg"))
        assert provider.fetch(prediction_id, tmp_path).files[0].read_bytes() == picture("jpg")
        fake.fault(Fault("GET", DELIVERY, "redirect", to=f"{elsewhere.address}/delivery/x/out.png"))
        with pytest.raises(ProviderError, match="not https; it is not fetched"):
            provider.fetch(prediction_id, tmp_path)
        assert elsewhere.seen == []
        fake.fault(Fault("GET", DELIVERY, "redirect", to=f"/delivery/{prediction_id}/out.png", times=-1))
        with pytest.raises(ProviderError, match="is redirected more than 5 times"):
            provider.fetch(prediction_id, tmp_path)


@pytest.mark.parametrize(
    ("address", "may_be_asked", "gets_token"),
    [
        ("https://api.replicate.com/v1/files/x", True, True),
        ("https://api.replicate.com:443/v1/files/x", True, True),
        ("https://API.Replicate.com/v1/files/x", True, True),
        ("https://stream.replicate.com/v1/predictions/x", True, True),
        ("https://stream.replicate.com.example.org/x", True, False),
        ("https://notreplicate.com/x", True, False),
        ("http://stream.replicate.com/x", False, False),
        ("https://replicate.delivery/x.png", True, False),
        ("https://api.replicate.com.example.org/x.png", True, False),
        ("https://api.replicate.com@example.org/x.png", True, False),
        ("https://api.replicate.com:8443/x.png", True, False),
        ("http://api.replicate.com/x.png", False, False),
        ("ftp://api.replicate.com/x.png", False, False),
        ("file:///etc/passwd", False, False),
        ("https://[/", False, False),
        ("https://", False, False),
        ("https://a:port/", False, False),
        ("", False, False),
    ],
)
def test_the_token_goes_to_the_service_alone(address: str, may_be_asked: bool, gets_token: bool) -> None:
    home = Home("https://api.replicate.com", TOKEN)
    expected = {"Authorization": f"Bearer {TOKEN}"} if gets_token else {}
    assert (home.may_be_asked(address), home.headers(address)) == (may_be_asked, expected)
    assert TOKEN not in repr(home)
    assert Home("https://replicate.example.org", TOKEN).headers(address) == {}


def test_a_large_output_takes_no_memory(tmp_path: Path) -> None:
    size = 60_000_000
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(output="video", size=size))
        prediction_id = provider.submit(video_call(provider))
        tracemalloc.start()
        try:
            answer = provider.fetch(prediction_id, tmp_path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert answer.files[0].stat().st_size == size
        assert peak < 4_000_000, f"{peak / 1e6:.1f} MB at once"  # both ends of it: the fake is in this process too
        answer.files[0].unlink()


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (picture(), ".png"), (picture("jpg"), ".jpg"), (picture("webp"), ".webp"), (b"GIF89a", ".gif"),
        (b"\0\0\0\x20ftypisom", ".mp4"), (b"\0\0\0\x20ftypqt  ", ".mov"), (b"\0\0\0\x20ftypavif", ".avif"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<svg >', ".svg"), (b"<svg xmlns=", ".svg"), (b"<html><svg >", None),
        (b"\x1aE\xdf\xa3", ".webm"), (b"RIFF\0\0\0\0WAVE", ".wav"), (b"ID3", ".mp3"), (b"plain", None), (b"", None),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_first_bytes(head: bytes, ending: str | None) -> None:
    assert kind_of_content(head) == ending


def test_no_pause_is_made_where_nothing_fails(tmp_path: Path) -> None:
    sleeper = Sleeper()
    with FakeReplicate() as fake, provider_at(fake, sleep=sleeper) as provider:
        fetched(fake, provider, tmp_path)
    assert sleeper.slept == []
