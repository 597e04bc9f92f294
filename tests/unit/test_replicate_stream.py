"""What a model has written so far: token by token, however the stream fares; the final output is the truth."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from character_flow.tools.providers.replicate import ReplicateProvider
from character_flow.tools.providers.replicate_http import Home
from character_flow.tools.providers.replicate_stream import Event, TextStream, events_of
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_media import DIALOG
from tests.fake_replicate_server import Reply, Request
from tests.unit.replicate_calls import ONE, QUICK, image_call, provider_at, text_call
from tests.unit.small_runs import wait_until

PIECES = ["One ", "two\n", "three ", "four ", "five"]
ALL_OF_IT = "".join(PIECES)
STREAM = "/stream/*"


def half_written(fake: FakeReplicate, provider: ReplicateProvider, **how: str) -> str:
    """A text of which three pieces of five are there, and time stands still."""
    fake.script(Script(running_s=6000, pieces=PIECES, **how))  # type: ignore[arg-type]
    prediction_id = provider.submit(text_call(provider))
    fake.pass_time(3500)
    return prediction_id


def reads(provider: ReplicateProvider, prediction_id: str, text: str) -> bool:
    """Whether just this much of the text is shown."""
    return provider.poll(prediction_id).text == text


def test_every_piece_is_seen_as_it_comes_and_costs_no_question() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(running_s=6000, pieces=PIECES))
        prediction_id = provider.submit(text_call(provider))
        for count in range(1, 6):
            fake.pass_time(1000 if count > 1 else 1500)
            wait_until(partial(reads, provider, prediction_id, "".join(PIECES[:count])))
        fake.pass_time(1000)
        wait_until(lambda: provider.poll(prediction_id).status == "succeeded")
        assert (len(fake.requests("GET", STREAM)), fake.charged) == (1, 1)


def test_while_a_text_streams_the_service_is_hardly_asked() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = half_written(fake, provider)
        wait_until(lambda: provider.poll(prediction_id).text == "One two\nthree ")
        provider._patience.clock = lambda: 0.0  # time stands still here as well
        provider._looks[prediction_id] = (provider.poll(prediction_id), 0.0)
        before = len(fake.requests("GET", ONE))
        for _ in range(50):
            provider.poll(prediction_id)
        assert len(fake.requests("GET", ONE)) == before


@pytest.mark.parametrize("stream", ["none", "page", "error"])
def test_without_a_stream_the_text_is_still_seen_to_grow(stream: str) -> None:
    """Trap: in the client an `error` event ends the program that listens."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = half_written(fake, provider, stream=stream)
        wait_until(lambda: provider.poll(prediction_id).text == "One two\nthree ")
        fake.pass_time(2500)
        wait_until(lambda: provider.poll(prediction_id).status == "succeeded")
        assert provider.fetch(prediction_id, Path()).text == ALL_OF_IT


@pytest.mark.parametrize("stream", ["cut", "no_ids"])
def test_events_without_an_id_and_cut_streams_lose_nothing_and_repeat_nothing(stream: str) -> None:
    """Trap: the client's decoder drops events that lack an id. After a cut it goes on where it was."""
    with FakeReplicate() as fake:
        fake.script(Script(pieces=PIECES, stream=stream))
        with provider_at(fake) as provider:
            prediction_id = provider.submit(text_call(provider))
            listener = listening(fake, provider, prediction_id)
            wait_until(lambda: listener.is_over)
        assert listener.text == ALL_OF_IT
        starts = [asked.headers.get("last-event-id") for asked in fake.requests("GET", STREAM)]
        assert starts == ([None, "1", "2", "3"] if stream == "cut" else [None])


def test_a_stream_without_ids_that_is_cut_begins_again_and_is_shown_once() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(pieces=PIECES, stream="no_ids"))
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", STREAM, "drop_after"))
        listener = listening(fake, provider, prediction_id)
        wait_until(lambda: listener.is_over)
        assert (listener.text, len(fake.requests("GET", STREAM))) == (ALL_OF_IT, 2)


class FromTheStart(FakeReplicate):
    """Cuts the first stream half way, and begins the second with its first event, whatever was heard before."""

    def _stream(self, request: Request, prediction_id: str) -> Reply:
        is_first = len(self.requests("GET", STREAM)) == 1
        self.predictions[prediction_id]["script"]["stream"] = "cut" if is_first else "ok"
        return super()._stream(replace(request, headers={}), prediction_id)


def test_events_that_come_once_more_after_a_cut_are_shown_once() -> None:
    with FromTheStart() as fake, provider_at(fake) as provider:
        fake.script(Script(pieces=PIECES))
        listener = listening(fake, provider, provider.submit(text_call(provider)))
        wait_until(lambda: listener.is_over)
        assert (listener.text, len(fake.requests("GET", STREAM))) == (ALL_OF_IT, 2)


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (503, 4)])
def test_a_stream_that_does_not_answer_is_given_up_in_silence(status: int, asked: int) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", STREAM, "status", status=status, times=-1))
        listener = listening(fake, provider, prediction_id)
        wait_until(lambda: listener.is_over)
        assert (listener.text, len(fake.requests("GET", STREAM))) == ("", asked)
        assert provider.poll(prediction_id).text == DIALOG


def test_a_stream_that_tells_of_an_error_is_not_asked_again() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(pieces=PIECES, stream="error"))
        prediction_id = provider.submit(text_call(provider))
        listener = listening(fake, provider, prediction_id)
        wait_until(lambda: listener.is_over)
        assert (listener.text, len(fake.requests("GET", STREAM))) == ("One two\n", 1)


def test_files_that_come_as_a_stream_are_no_words() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(pieces=["data:image/png;base64,", "AAAA"]))
        prediction_id = provider.submit(text_call(provider))
        listener = listening(fake, provider, prediction_id)
        wait_until(lambda: listener.is_over)
        assert listener.text == ""


def test_nothing_is_read_along_for_a_picture() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(running_s=1000, output="text"))  # has a stream's address, as many models have
        provider.poll(provider.submit(image_call(provider)))
        assert fake.requests("GET", STREAM) == []


def test_a_resumed_run_reads_along_though_it_did_not_make_the_call() -> None:
    with FakeReplicate() as fake, provider_at(fake) as before, provider_at(fake) as after:
        prediction_id = half_written(fake, before)
        after.poll(prediction_id)
        wait_until(lambda: after._streams[prediction_id].text == "One two\nthree ")
        assert after.poll(prediction_id).text == "One two\nthree "


def test_a_stream_elsewhere_is_asked_without_the_token_and_only_by_https() -> None:
    with FakeReplicate() as fake, FakeReplicate() as elsewhere, provider_at(fake) as provider:
        home = Home(fake.address, TOKEN)
        wire = provider._calls().wire
        listener = TextStream(f"{elsewhere.address}/stream/x", home=home, transport=wire.kept_open, pace=QUICK)
        wait_until(lambda: listener.is_over)
        assert elsewhere.seen == []


def listening(fake: FakeReplicate, provider: ReplicateProvider, prediction_id: str) -> TextStream:
    """Somebody who reads one stream along."""
    return TextStream(
        f"{fake.address}/stream/{prediction_id}",
        home=Home(fake.address, TOKEN),
        transport=provider._calls().wire.kept_open,
        pace=QUICK,
    )


def pieces_of(text: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_whole_however_the_bytes_arrive(size: int) -> None:
    """Also a line break of Unicode inside a text, CRLF, comments, and a character in two pieces."""
    text = (
        ": hi\n\nevent: output\nid: 1\ndata: caf\u00e9\u2028\ndata:  x\n\n"
        "event: output\r\ndata: y\r\n\r\nid: 9\n\nevent: done\n\ndata: unfinished"
    )
    assert list(events_of(pieces_of(text.encode(), size))) == [
        Event("output", ["caf\u00e9\u2028", " x"], "1"), Event("output", ["y"], None), Event("done", [], None),
    ]  # fmt: skip
