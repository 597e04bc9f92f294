"""A call whose answer was lost is found again in the list - exactly one that nobody has - or nobody claims it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from character_flow.errors import ProviderError, RefusedCallError, UncertainCallError
from character_flow.tools.providers.replicate import ReplicateProvider
from tests.fake_replicate import AVATAR, TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_media import DIALOG
from tests.unit.replicate_calls import (
    ALL,
    HASTY,
    ONE,
    TEXT,
    Sleeper,
    image_call,
    intent_of,
    provider_at,
    text_call,
    video_call,
)  # fmt: skip


def test_a_call_whose_answer_was_lost_is_found_and_paid_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with FakeReplicate() as fake, provider_at(fake, tmp_path) as provider:
        call = video_call(provider, avatar_image=str(tmp_path / "a.png"), strength=1.0, words="caf\u00e9 \u2028")
        provider.submit(text_call(provider))
        fake.fault(Fault("POST", ALL, "drop_after"))
        with pytest.raises(UncertainCallError):
            provider.submit(call)
        provider.submit(text_call(provider, "another"))
        lost = list(fake.predictions)[1]
        assert provider.recover(intent_of(call), claimed=()) == lost
        assert provider.poll(lost).status == "succeeded"
        assert fake.charged == 3


def test_a_call_that_never_arrived_is_not_found() -> None:
    sleeper = Sleeper()
    with FakeReplicate() as fake, provider_at(fake, sleep=sleeper) as provider:
        call = text_call(provider)
        fake.fault(Fault("POST", ALL, "drop_before"))
        with pytest.raises(UncertainCallError):
            provider.submit(call)
        assert provider.recover(intent_of(call), claimed=()) is None
        assert (len(fake.requests("GET", ALL)), sleeper.slept, fake.charged) == (2, [0.02], 0)


def test_a_list_that_lags_behind_is_looked_at_twice() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        lost = provider.submit(call)
        fake.fault(Fault("GET", ALL, "wrong_json", body='{"results": [], "next": null}'))
        assert provider.recover(intent_of(call), claimed=()) == lost


def test_of_two_that_fit_none_is_claimed_but_one_that_is_taken_does_not_count() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        first, second = provider.submit(call), provider.submit(call)
        assert provider.recover(intent_of(call), claimed=()) is None
        assert provider.recover(intent_of(call), claimed={first}) == second
        assert provider.recover(intent_of(call), claimed=[first, second]) is None


def test_only_the_same_model_and_the_same_input_fit() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        fake.models["anthropic/claude-4-sonnet"] = "text"
        for other in (text_call(provider, "other words"), text_call(provider, model="anthropic/claude-4-sonnet")):
            provider.submit(other)
        assert provider.recover(intent_of(text_call(provider)), claimed=()) is None


def test_a_model_is_found_by_name_by_version_and_by_both() -> None:
    version = "0" * 64
    with FakeReplicate() as fake, provider_at(fake) as provider:
        for model in (TEXT, f"{TEXT}:{version}", AVATAR):
            call = text_call(provider, model=model)
            other = text_call(provider, model=f"{TEXT}:{'1' * 64}")
            taken = [provider.submit(other)]
            mine = provider.submit(call)
            claimed = taken if model == TEXT else []
            assert provider.recover(intent_of(call), claimed=[*claimed, *list(fake.predictions)[:-2]]) == mine


@pytest.mark.parametrize(("apart_s", "is_found"), [(0, True), (55, True), (65, False), (-280, True), (-310, False)])
def test_only_what_was_made_around_that_time_fits(apart_s: float, is_found: bool) -> None:
    """Clocks may differ by a minute; a POST takes a few at most."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        lost = provider.submit(call)
        made = datetime.fromtimestamp(fake.predictions[lost]["created"], UTC)
        intent = intent_of(call, t0=made + timedelta(seconds=apart_s))
        assert provider.recover(intent, claimed=()) == (lost if is_found else None)


def test_after_fifty_minutes_nobody_looks_any_more() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        provider.submit(call)
        asked = len(fake.seen)
        intent = intent_of(call)
        for minutes, is_asked in ((49, True), (51, False)):
            now = datetime.now(UTC) + timedelta(minutes=minutes)
            later = ReplicateProvider(TOKEN, base_url=fake.address, now=partial(max, now, now))
            found = later.recover(intent, claimed=())
            later.close()
            assert (found is not None) == is_asked
        assert len(fake.seen) == asked + 1


def test_what_the_service_has_forgotten_fits_nothing() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        provider.submit(call)
        fake.expire()
        assert provider.recover(intent_of(call), claimed=()) is None


def test_every_page_back_to_the_time_of_the_call_is_read_and_none_before_it() -> None:
    with FakeReplicate(page=2) as fake, provider_at(fake) as provider:
        for _ in range(4):
            provider.submit(text_call(provider, "long before"))
        fake.pass_time(3600)
        call = text_call(provider)
        lost = provider.submit(call)
        for number in range(3):
            provider.submit(text_call(provider, f"after {number}"))
        intent = intent_of(call, t0=datetime.now(UTC) + timedelta(seconds=3600))
        assert provider.recover(intent, claimed=()) == lost
        assert len(fake.requests("GET", ALL)) == 3  # two pages of two, and the one where the past begins


def test_an_aborted_one_among_them_spoils_nothing() -> None:
    """Trap: the client cannot read a list that holds `aborted`."""
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        lost = provider.submit(call)
        fake.script(Script(final="aborted"))
        provider.submit(image_call(provider))
        assert provider.recover(intent_of(call), claimed=()) == lost


def test_a_list_without_inputs_is_looked_up_one_by_one() -> None:
    with FakeReplicate() as fake, provider_at(fake) as provider:
        call = text_call(provider)
        lost = provider.submit(call)
        made_at = datetime.now(UTC).isoformat()
        bare = f'{{"id": "{lost}", "model": "{TEXT}", "version": "hidden", "created_at": "{made_at}"}}'
        fake.fault(Fault("GET", ALL, "wrong_json", body=f'{{"results": [7, {{}}, {bare}], "next": null}}'))
        assert provider.recover(intent_of(call), claimed=()) == lost
        assert len(fake.requests("GET", ONE)) == 1


def test_a_next_page_elsewhere_is_not_asked_for() -> None:
    """The token would go there."""
    with FakeReplicate() as fake, FakeReplicate() as elsewhere, provider_at(fake) as provider:
        body = f'{{"results": [], "next": "{elsewhere.address}/v1/predictions?cursor=2"}}'
        fake.fault(Fault("GET", ALL, "wrong_json", body=body, times=-1))
        assert provider.recover(intent_of(text_call(provider)), claimed=()) is None
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("fault", "is_retryable"),
    [
        (Fault("GET", ALL, "status", status=503, times=-1), True),
        (Fault("GET", ALL, "drop_after", times=-1), True),
        (Fault("GET", ALL, "status", status=401, times=-1), False),
    ],
)
def test_a_list_that_cannot_be_read_is_no_answer(fault: Fault, is_retryable: bool) -> None:
    """Not "no such call": the step would be charged again. And no refusal of a call either."""
    with FakeReplicate() as fake, provider_at(fake, pace=HASTY) as provider:
        call = text_call(provider)
        provider.submit(call)
        fake.fault(Fault(**vars(fault)))
        with pytest.raises(ProviderError) as caught:
            provider.recover(intent_of(call), claimed=())
        assert (caught.value.retryable, isinstance(caught.value, RefusedCallError)) == (is_retryable, False)


def test_a_call_found_again_is_read_to_its_end_by_another_process() -> None:
    with FakeReplicate() as fake, provider_at(fake) as before, provider_at(fake) as after:
        call = text_call(before)
        fake.fault(Fault("POST", ALL, "half"))
        with pytest.raises(UncertainCallError):
            before.submit(call)
        found = after.recover(intent_of(call), claimed=())
        assert found is not None
        assert (after.poll(found).text, fake.charged) == (DIALOG, 1)
