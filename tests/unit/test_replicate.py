"""The provider at replicate.com: one POST for one call, whatever happens to the answer; then by its id.

The traps named here were each seen in the client 1.0.7 (facts of providers, section 1).
"""

import asyncio
import logging
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from pydantic import JsonValue

from character_flow.errors import ProviderError, RefusedCallError, UncertainCallError
from character_flow.tools.providers.base import FINAL, Answer, Prediction
from character_flow.tools.providers.replicate import ReplicateProvider
from tests.fake_replicate import AVATAR, TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_media import DESCRIPTION, DIALOG
from tests.unit.replicate_calls import (
    ALL,
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
)  # fmt: skip
from tests.unit.small_runs import wait_until

SOURCES = Path(__file__).parents[2] / "character_flow" / "tools" / "providers"


def test_a_text_is_asked_for_once_and_shown_while_it_is_written(tmp_path: Path) -> None:
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        fake.script(Script(running_s=1000, logs=["loading", "writing 40%"], stream="none"))
        prediction_id = provider.submit(text_call(provider))
        fake.pass_time(500)
        now = provider.poll(prediction_id)
        assert (now.status, now.percent, now.message) == ("processing", 40, "writing 40%")
        assert 0 < len(now.text) < len(DIALOG)
        assert DIALOG.startswith(now.text)
        fake.pass_time(500)
        done, _ = finished(provider, prediction_id)
        assert done == Prediction(
            prediction_id, "succeeded", 40, "writing 40%", DIALOG, None, {"predict_time": 3.25, "total_time": 3.5}
        )
        assert provider.fetch(prediction_id, tmp_path) == Answer(DIALOG, facts={"model": TEXT})
        assert (fake.charged, len(fake.requests("POST", ALL))) == (1, 1)


def test_the_ad_of_the_plan_is_made_of_its_four_models(tmp_path: Path) -> None:
    """Model references and fields of CONTRACTS B0: a version alone, and a public model by its name."""
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        wanted = [
            (provider.prepare("image", {"model": AVATAR, "user_image": "https://x.org/a.png"}), "image.png"),
            (text_call(provider, "Write Prompt for this product "), DESCRIPTION),
            (text_call(provider, DESCRIPTION), DIALOG),
            (video_call(provider), "video.mp4"),
        ]  # fmt: skip
        for call, made in wanted:
            prediction_id = provider.submit(call)
            finished(provider, prediction_id)
            answer = provider.fetch(prediction_id, tmp_path)
            assert made in (answer.text, *(path.name for path in answer.files))
        assert fake.charged == 4


def test_the_call_leaves_as_one_request_with_the_reference_as_version() -> None:
    """Trap: `create(model=...)` goes elsewhere and drops what it was told; `Prefer` would hold the request open."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        provider.submit(text_call(provider))
        (sent,) = [asked for asked in fake.seen if asked.method == "POST"]
        provider.submit(image_call(provider))
        assert fake.seen[-1].json == {"version": IMAGE, "input": {"prompt": "A bottle"}, "stream": False}
        assert (sent.path, sent.json) == (ALL, {"version": TEXT, "input": {"prompt": "Say hello"}, "stream": True})
        assert (sent.headers.get("prefer"), sent.headers["authorization"]) == (None, f"Bearer {TOKEN}")


def test_a_prediction_that_only_began_is_waited_for() -> None:
    """Trap: `replicate.run()` takes `processing` for an end and gives an empty list. Nothing here calls it."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(starting_s=1000, running_s=1000, stream="none"))
        prediction_id = provider.submit(text_call(provider))
        seen = [provider.poll(prediction_id)]
        for _ in range(2):
            fake.pass_time(1000)
            seen.append(provider.poll(prediction_id))
        assert [now.status for now in seen] == ["starting", "processing", "succeeded"]
        assert (seen[-1].text, fake.charged) == (DIALOG, 1)
    for path in SOURCES.glob("replicate*.py"):
        assert not re.search(r"\breplicate\.run\(|\bclient\.run\(|import run\b", path.read_text().split('"""', 2)[2])


def test_a_post_that_hangs_ends_with_our_own_timeout() -> None:
    """Trap: the client sends a new prediction without any timeout."""
    with FakeReplicate() as fake, provider_at(fake, pace=HURRIED) as provider:
        fake.fault(Fault("POST", ALL, "slow", seconds=60.0))
        begun = monotonic()
        with pytest.raises(UncertainCallError, match=f"nobody knows whether replicate started {TEXT}: it gave no ans"):
            provider.submit(text_call(provider))
        assert monotonic() - begun < 30.0
        wait_until(lambda: fake.charged > 0)  # it may read the request after we have hung up
        assert fake.charged == 1


def test_an_answer_that_trickles_ends_with_our_own_timeout() -> None:
    """A read timeout alone begins anew with every byte."""
    with FakeReplicate() as fake, provider_at(fake, clock=HurryingClock()) as provider:
        fake.fault(Fault("POST", ALL, "trickle"))
        with pytest.raises(UncertainCallError, match="it gave no answer in time"):
            provider.submit(text_call(provider))
        assert fake.charged == 1


UNCERTAIN = {
    "dropped before": Fault("POST", ALL, "drop_before"),
    "dropped after": Fault("POST", ALL, "drop_after"),
    "half a body": Fault("POST", ALL, "half"),
    "not JSON": Fault("POST", ALL, "wrong_json"),
    "a list": Fault("POST", ALL, "wrong_json", body="[]"),
    "no id": Fault("POST", ALL, "wrong_json", body='{"status": "starting"}'),
    "an id that is a path": Fault("POST", ALL, "wrong_json", body='{"id": "../x"}'),
    "500": Fault("POST", ALL, "status", status=500),
    "502": Fault("POST", ALL, "status", status=502),
    "503": Fault("POST", ALL, "status", status=503, headers={"Retry-After": "1"}),
    "504": Fault("POST", ALL, "status", status=504),
    "408": Fault("POST", ALL, "status", status=408),
    "elsewhere": Fault("POST", ALL, "redirect", to="/v1/other"),
}


@pytest.mark.parametrize("fault", UNCERTAIN.values(), ids=UNCERTAIN)
def test_a_post_without_a_clear_answer_is_uncertain_and_never_repeated(fault: Fault) -> None:
    """Trap: the betas of client 2 ask again here, and pay again."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault(**{**vars(fault), "times": 1}))
        with pytest.raises(UncertainCallError) as caught:
            provider.submit(text_call(provider))
        assert str(caught.value).startswith(f"nobody knows whether replicate started {TEXT}: it ")
        assert ("\n" not in str(caught.value), len(fake.requests("POST", ALL))) == (True, 1)


REFUSED = {
    400: "the call of openai/gpt-4o is not accepted",
    401: "put a valid one into REPLICATE_API_TOKEN",
    402: "add some at https://replicate.com/account/billing",
    403: "this token may not use openai/gpt-4o",
    404: "there is no model openai/gpt-4o; correct with.model",
    413: "give smaller files",
    422: "correct the step's fields",
    429: "later it may be accepted",
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_says_what_to_do_and_charges_nothing(status: int) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("POST", ALL, "status", status=status))
        with pytest.raises(RefusedCallError) as caught:
            provider.submit(text_call(provider))
        assert str(caught.value).startswith(f"replicate answered {status}: ")
        assert REFUSED[status] in str(caught.value)
        assert (caught.value.retryable, caught.value.retry_after_s) == (status == 429, None)
        assert ("\n" not in str(caught.value), fake.charged, len(fake.requests("POST", ALL))) == (True, 0, 1)


def test_the_field_that_does_not_fit_is_named() -> None:
    body = (
        '{"detail": "- input: image is required\\n", "invalid_fields": [{"field": "input.image", "type": "required"}]}'
    )
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("POST", ALL, "status", status=422, body=body))
        with pytest.raises(RefusedCallError, match=r"fields \(with\.image\) \(- input: image is required\)$"):
            provider.submit(text_call(provider))


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"Retry-After": "7"}, None, 7.0),
        ({"Retry-After": "0.5"}, None, 0.5),
        ({"Retry-After": "86400"}, None, 300.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None, 0.0),
        ({}, '{"detail": "throttled", "retry_after": 3}', 3.0),
        ({"Retry-After": "soon"}, None, None),
    ],
)
def test_how_long_to_wait_survives_a_throttled_post(
    headers: dict[str, str], body: str | None, wait_s: float | None
) -> None:
    """Trap: the client's error keeps no headers."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.fault(Fault("POST", ALL, "status", status=429, headers=headers, body=body))
        with pytest.raises(RefusedCallError) as caught:
            provider.submit(text_call(provider))
        assert (caught.value.retryable, caught.value.retry_after_s, fake.charged) == (True, wait_s, 0)


def test_a_service_that_nobody_reaches_was_sent_nothing() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        with (
            fake.refusing(),
            pytest.raises(RefusedCallError, match=r"cannot be reached .*; nothing was sent$") as caught,
        ):
            provider.submit(call)
        assert (caught.value.retryable, fake.charged) == (True, 0)
        assert provider.poll(provider.submit(call)).status == "succeeded"


def test_a_host_without_an_address_was_sent_nothing() -> None:
    provider = ReplicateProvider(TOKEN, base_url="http://[::1]:9", pace=HASTY)
    with pytest.raises(RefusedCallError, match="nothing was sent"):
        provider.submit(text_call(provider))
    provider.close()


def test_a_connection_kept_open_is_not_trusted_with_a_post() -> None:
    """One that the other side closes at that moment would leave the call's fate open."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        for _ in range(3):
            provider.poll(provider.submit(text_call(provider)))
        posts = {asked.port for asked in fake.requests("POST", ALL)}
        looks = {asked.port for asked in fake.requests("GET", ONE)}
        assert (len(posts), len(looks)) == (3, 1)


def test_a_prediction_that_is_over_at_once_is_taken_as_it_is() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(text_call(provider))
        assert (provider.poll(prediction_id).status, prediction_id) == ("succeeded", fake.last_id)


@pytest.mark.parametrize("status", ["aborted", "canceled", "failed"])
def test_every_final_status_is_final(status: str) -> None:
    """W0-08. Trap: the client's models refuse `aborted`, looked at or when a new prediction has it already."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(final=status, error="the model broke"))
        prediction_id = provider.submit(text_call(provider))
        now = provider.poll(prediction_id)
        assert (now.status, now.status in FINAL) == (status, True)
        assert now.error == ("the model broke" if status == "failed" else None)
        assert (finished(provider, prediction_id)[0], fake.charged) == (now, 1)


PASSING = {
    "500": Fault("GET", ONE, "status", status=500),
    "502": Fault("GET", ONE, "status", status=502),
    "503": Fault("GET", ONE, "status", status=503),
    "429": Fault("GET", ONE, "status", status=429),
    "dropped": Fault("GET", ONE, "drop_after"),
    "half a body": Fault("GET", ONE, "half"),
    "not JSON": Fault("GET", ONE, "wrong_json"),
    "of something else": Fault("GET", ONE, "wrong_json", body='{"status": "ok"}'),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_look_that_fails_is_repeated(fault: Fault) -> None:
    """Trap: the client raises at once for 500, 502 and a dropped connection."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault(**{**vars(fault), "times": 3}))
        assert provider.poll(prediction_id).text == DIALOG
        assert (len(fake.requests("GET", ONE)), fake.charged) == (4, 1)


def test_a_look_that_hangs_is_repeated() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider, provider_at(fake, pace=HURRIED) as hurried:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", ONE, "slow", seconds=60.0))
        assert hurried.poll(prediction_id).status == "succeeded"


@pytest.mark.parametrize(("asked", "slept"), [("1", 1.0), ("0.5", 0.5), ("0.001", 0.005)])
def test_a_throttled_look_waits_as_long_as_it_is_told(asked: str, slept: float) -> None:
    """Trap: the client obeys whole seconds only."""
    sleeper = Sleeper()
    with FakeReplicate() as fake, provider_at(fake, sleep=sleeper) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", ONE, "status", status=429, headers={"Retry-After": asked}))
        provider.poll(prediction_id)
        assert sleeper.slept == [slept]


def test_a_look_that_would_wait_beyond_patience_ends_at_once() -> None:
    """Trap: the client sleeps for however many seconds it is told."""
    sleeper = Sleeper()
    with FakeReplicate() as fake, provider_at(fake, sleep=sleeper) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", ONE, "status", status=429, headers={"Retry-After": "86400"}))
        with pytest.raises(ProviderError, match=r"replicate answered 429: .*; try again later") as caught:
            provider.poll(prediction_id)
        assert (caught.value.retryable, sleeper.slept) == (True, [])


def test_silence_ends_after_a_while_and_may_be_tried_again() -> None:
    """W0-08: asking has a deadline."""
    with FakeReplicate() as fake, provider_at(fake, pace=HASTY) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", ONE, "status", status=503, times=-1))
        with pytest.raises(
            ProviderError, match=r"^replicate answered 503: Service Unavailable; try again later$"
        ) as caught:
            provider.poll(prediction_id)
        assert (caught.value.retryable, isinstance(caught.value, RefusedCallError)) == (True, False)


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "replicate knows nothing of prediction"), (401, "into REPLICATE_API_TOKEN"), (403, "replicate refused")],
)
def test_a_definite_no_to_a_look_is_no_refusal_of_the_call(status: int, words: str) -> None:
    """A refused call may be made anew; a prediction nobody may look at has been paid."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(text_call(provider))
        fake.fault(Fault("GET", ONE, "status", status=status))
        with pytest.raises(ProviderError, match=words) as caught:
            provider.poll(prediction_id)
        assert (caught.value.retryable, type(caught.value)) == (False, ProviderError)


@pytest.mark.parametrize("prediction_id", ["", "../account", "a b", "x" * 200])
def test_what_is_no_id_is_never_asked_for(prediction_id: str) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        for ask in (provider.poll, provider.cancel, lambda one: provider.fetch(one, Path())):
            with pytest.raises(ProviderError, match="is no id of a prediction"):
                ask(prediction_id)
        assert fake.seen == []


def test_a_cancelled_prediction_stops() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(running_s=60.0))
        prediction_id = provider.submit(video_call(provider))
        provider.cancel(prediction_id)
        assert provider.poll(prediction_id).status == "canceled"


def test_nobody_waits_long_to_hear_what_became_of_a_cancelled_prediction() -> None:
    """A person, or a terminal, waits for the run to end."""
    with FakeReplicate() as fake, provider_at(fake, pace=replace(HASTY, patience_s=5.0)) as provider:
        fake.script(Script(running_s=60.0))
        prediction_id = provider.submit(video_call(provider))
        provider.cancel(prediction_id)
        fake.fault(Fault("GET", ONE, "status", status=503, times=-1))
        with pytest.raises(ProviderError, match="answered 503"):
            provider.poll(prediction_id)
        assert len(fake.requests("GET", ONE)) < 60  # within 0.2 s, with pauses of 5 to 20 ms between


def test_cancelling_what_has_ended_is_quiet_and_what_runs_on_is_told() -> None:
    with FakeReplicate() as fake, provider_at(fake, pace=HASTY) as provider:
        fake.fault(Fault("POST", f"{ONE}/cancel", "status", status=404, times=-1))
        provider.cancel(provider.submit(image_call(provider)))
        fake.script(Script(running_s=60.0))
        running = provider.submit(video_call(provider))
        with pytest.raises(ProviderError, match=rf"{running} could not be cancelled .*: it may run on"):
            provider.cancel(running)


def test_cancelling_is_tried_again_where_it_can_help() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.script(Script(running_s=60.0))
        prediction_id = provider.submit(video_call(provider))
        fake.fault(Fault("POST", f"{ONE}/cancel", "drop_before", times=2))
        provider.cancel(prediction_id)
        assert provider.poll(prediction_id).status == "canceled"


def test_the_token_shows_up_nowhere(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Not where the service says it back either: in a refusal, an error, a log, a name."""
    caplog.set_level(logging.DEBUG)
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        fake.script(Script(final="failed", error=f"bad {TOKEN}", logs=[f"using {TOKEN}"]))
        now = provider.poll(provider.submit(text_call(provider)))
        words = [repr(now), repr(provider), str(vars(provider))]
        for method, path in (("POST", ALL), ("GET", ONE), ("POST", f"{ONE}/cancel"), ("GET", "/v1/account")):
            fake.fault(Fault(method, path, "status", status=400, body=f'{{"detail": "no {TOKEN}"}}'))
        last = fake.last_id
        for ask in (
            lambda: provider.submit(text_call(provider)), lambda: provider.poll(last), provider.check_token,
            lambda: provider.fetch(last, tmp_path),
        ):  # fmt: skip
            with pytest.raises(ProviderError) as caught:
                ask()
            words += [str(caught.value), repr(caught.value)]
        assert (now.error, now.message) == ("bad r8_***", "using r8_***")
        assert [line for line in (*words, caplog.text) if TOKEN in line] == []
        assert caplog.text


@pytest.mark.parametrize("token", ["", "  ", "r8_a\nb", "r8_é"])
def test_what_is_no_token_is_refused_without_showing_it(token: str) -> None:
    """The HTTP library would put it into its own message."""
    with pytest.raises(ProviderError, match="check REPLICATE_API_TOKEN") as caught:
        ReplicateProvider(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("address", ["replicate", "ftp://x", "http://", "https://a:b"])
def test_an_address_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("REPLICATE_BASE_URL", address)
    with pytest.raises(ProviderError, match=rf"^REPLICATE_BASE_URL='{address}' is no http\(s\) address$"):
        ReplicateProvider(TOKEN)


def test_a_client_that_cannot_be_loaded_is_told_before_anything_is_on_its_way() -> None:
    """Trap: it builds a client while it is imported, out of the environment."""
    code = (
        "from character_flow.tools.providers.replicate import ReplicateProvider\n"
        "try: ReplicateProvider('r8_x').prepare('text', {'model': 'a/b', 'prompt': 'x'})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    environ = {**os.environ, "REPLICATE_POLL_INTERVAL": "soon"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, env=environ, cwd=SOURCES.parents[2], capture_output=True, text=True
    )
    assert done.stdout.startswith("ProviderError the package replicate cannot be loaded: could not convert"), (
        done.stderr
    )


def test_many_threads_share_one_provider_and_none_hears_the_answer_of_another(tmp_path: Path) -> None:
    """Trap: the client's asynchronous half dies with its event loop; this is one client for every thread."""
    with FakeReplicate() as fake, provider_at(fake) as provider, ThreadPoolExecutor(8) as threads:

        def make(number: int) -> tuple[str | None, JsonValue]:
            prediction_id = provider.submit(text_call(provider, f"prompt {number}"))
            finished(provider, prediction_id)
            text = provider.fetch(prediction_id, tmp_path).text
            return text, fake.predictions[prediction_id]["input"]["prompt"]

        fake.script(Script(running_s=0.02, times=-1))
        for path in (ALL, ONE):  # so that many are on their way at once
            fake.fault(Fault("POST" if path == ALL else "GET", path, "slow", seconds=0.01, times=-1))
        assert list(threads.map(make, range(24))) == [(DIALOG, f"prompt {number}") for number in range(24)]
        assert fake.charged == 24


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_address_may_be_told_by_the_environment(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Trap: client 1.0.7 wants it without /v1, client 2 with it."""
    with FakeReplicate() as fake:
        monkeypatch.setenv("REPLICATE_BASE_URL", fake.address + ending)
        provider = ReplicateProvider(f" {TOKEN}\n")
        assert provider.check_token() == "tester"
        provider.close()
        assert [asked.path for asked in fake.seen] == ["/v1/account"]


def test_doctor_learns_of_token_and_models_for_nothing() -> None:
    version = "0" * 64
    with FakeReplicate() as fake, provider_at(fake) as provider, provider_at(fake, token="r8_other") as stranger:
        fake.models[f"{TEXT}:{version}"] = "text"
        assert provider.check_token() == "tester"
        with pytest.raises(ProviderError, match="put a valid one into REPLICATE_API_TOKEN"):
            stranger.check_token()
        references = (TEXT, f"{TEXT}:{version}", f"{TEXT}:{'1' * 64}", "no/body", version)
        assert [provider.model_exists(one) for one in references] == [True, True, False, False, None]
        assert (fake.charged, {asked.method for asked in fake.seen}) == (0, {"GET"})


def test_doctor_says_when_nobody_is_there() -> None:
    with FakeReplicate() as fake, provider_at(fake, pace=HASTY) as provider, fake.refusing():
        for ask in (provider.check_token, lambda: provider.model_exists(TEXT)):
            with pytest.raises(ProviderError, match=r"^replicate cannot be reached \(.*\); try again later$"):
                ask()


@pytest.mark.parametrize("model", [None, "", "gpt-4o", "a/b/c", "a/b:latest", "https://replicate.com/a/b", 7])
def test_a_model_that_is_none_is_told_before_anything_leaves(model: str | int | None) -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        with pytest.raises(ProviderError, match="names no model at replicate; give owner/name, owner/name:version or"):
            provider.prepare("text", {"model": model, "prompt": "x"})
        assert fake.seen == []


def test_one_provider_may_be_asked_from_one_event_loop_after_another() -> None:
    """Trap: the client's asynchronous half belongs to the first loop it is used in, and fails in the second."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        prediction_id = provider.submit(text_call(provider))
        for _ in range(2):
            assert asyncio.run(asyncio.to_thread(provider.poll, prediction_id)).status == "succeeded"
