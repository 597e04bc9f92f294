"""How long replicate.com is waited for, and what is asked again."""

import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from character_flow.tools.providers.replicate_http import (
    Declined,
    Garbled,
    NotSent,
    Pace,
    Patience,
    Silent,
    Wire,
    declined,
    timeouts,
    wait_asked_for,
)  # fmt: skip
from tests.fake_replicate import TOKEN, FakeReplicate
from tests.unit.replicate_calls import Sleeper

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("1", 1.0), ("0.5", 0.5), (" 2 ", 2.0), ("0", 0.0), ("-3", 0.0), ("301", 300.0), ("1e9", 300.0),
        ("inf", 300.0), ("nan", None), ("", None), ("soon", None), (None, None), ("None", None),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0), ("Sat, 21 Nov 2026 13:00:30 GMT", 300.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0), ("Sat, 21 Nov 2026 13:00:10 +0100", 10.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0), ("2026-11-21T12:00:30", None),
    ],
)  # fmt: skip
def test_a_wait_may_be_told_in_seconds_or_as_a_date_and_has_a_limit(value: str | None, wait_s: float | None) -> None:
    assert wait_asked_for(value, longest_s=300.0, now=lambda: NOW) == wait_s


def test_pauses_grow_up_to_a_limit_and_differ() -> None:
    """W0-08: asking backs off."""
    pace = Pace(first_pause_s=1.0, longest_pause_s=8.0)
    assert [Patience(pace, jitter=lambda: 0.5).pause_s(attempt) for attempt in range(6)] == [1, 2, 4, 8, 8, 8]
    assert [Patience(pace, jitter=partial(float, one)).pause_s(1) for one in (0, 1)] == [1.5, 2.5]
    assert Patience(pace, jitter=lambda: 0.5).pause_s(0, 30.0) == 30.0
    assert Patience(pace, jitter=lambda: 0.5).pause_s(10_000) == 8.0


def test_patience_ends_only_when_nothing_was_heard_for_as_long_as_it_lasts() -> None:
    now = [0.0]
    asked: list[float] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def ask() -> None:
        asked.append(now[0])
        raise httpx.ConnectError("nobody there")

    pace = Pace(patience_s=60.0, first_pause_s=1.0, longest_pause_s=16.0)
    with pytest.raises(Silent, match=r"^cannot be reached \(nobody there\)$"):
        Patience(pace, sleep, lambda: 0.5, lambda: now[0]).until_answered(ask)
    assert asked == [0, 1, 3, 7, 15, 31, 47]


@pytest.mark.parametrize("trouble", [Declined(404), Declined(401), Declined(422)])
def test_a_definite_no_is_not_asked_again(trouble: Exception) -> None:
    sleeper = Sleeper()

    def ask() -> None:
        raise trouble

    with pytest.raises(Declined):
        Patience(Pace(), sleeper).until_answered(ask)
    assert sleeper.slept == []


def test_what_cannot_be_asked_at_all_ends_at_once() -> None:
    def ask() -> None:
        raise NotSent("cannot be asked this: x", is_passing=False)

    with pytest.raises(Silent, match="cannot be asked this"):
        Patience(Pace(), Sleeper()).until_answered(ask)


@pytest.mark.parametrize(
    "trouble",
    [
        Declined(408), Declined(429), Declined(500), Declined(599), Garbled("half"), httpx.ReadTimeout("x"),
        httpx.ConnectTimeout("x"), httpx.RemoteProtocolError("x"), httpx.DecodingError("x"),
        NotSent("x", is_passing=True),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_pass_is_asked_again(trouble: Exception) -> None:
    left = [trouble, trouble]

    def ask() -> str:
        if left:
            raise left.pop()
        return "answered"

    sleeper = Sleeper()
    assert (Patience(Pace(), sleeper).until_answered(ask), len(sleeper.slept)) == ("answered", 2)


def test_every_request_has_a_time_for_each_of_its_parts() -> None:
    assert timeouts(Pace()).as_dict() == {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}


@pytest.mark.parametrize(
    ("body", "detail", "fields"),
    [
        (b'{"detail": "no\\n  way", "invalid_fields": [{"field": "input.a"}, 7, {}]}', "no way", ("input.a",)),
        (b'{"title": "Nope", "invalid_fields": "x"}', "Nope", ()),
        (b'{"detail": {"why": 1}}', "{'why': 1}", ()),
        (b"<html>busy</html>", "", ()),
        (b"[" * 100_000, "", ()),
        (b'["x"]', "", ()),
        (b"\xff", "", ()),
    ],
)
def test_an_error_of_any_shape_becomes_one_line(body: bytes, detail: str, fields: tuple[str, ...]) -> None:
    no = declined(422, {}, body, longest_s=300.0)
    assert (no.status, no.detail, no.fields, no.wait_s) == (422, detail, fields, None)


def test_each_thread_hears_its_own_answers_only() -> None:
    wire = Wire(Pace())
    with FakeReplicate() as fake:
        request = httpx.Request("GET", f"{fake.address}/v1/account", headers={"Authorization": f"Bearer {TOKEN}"})
        with wire.heard() as mine:
            other = threading.Thread(target=wire.carry, args=(request,))
            other.start()
            other.join()
            assert (mine.left, mine.body) == (False, None)
            wire.carry(request)
            assert (mine.left, mine.answer()["username"]) == (True, "tester")
        wire.carry(request)  # nobody listens any more
        assert len(fake.seen) == 3
    wire.close()


def test_a_client_that_sends_a_post_again_by_itself_is_not_installed() -> None:
    """Trap: 2.0.0b4 does, whatever the status, and paid three times for one call in a trial."""
    declared = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    (wanted,) = (Requirement(line.split('"')[1]) for line in declared.splitlines() if line.strip().startswith('"repli'))
    allowed = [version for version in ("1.0.6", "1.0.7", "1.1.0", "2.0.0b4", "2.0.0") if version in wanted.specifier]
    assert allowed == ["1.0.7", "1.1.0"]
