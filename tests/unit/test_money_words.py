"""Amounts are told without rounding a cent away, and what is not known is told as such."""

import pytest

from character_flow.cli.ending import Words, cancelled, completed, failed
from character_flow.cli.money_words import cost_of, estimate_lines, estimate_words, left_lines, price_note, usd
from character_flow.events import PredictionIntended
from character_flow.run_state import CallState
from character_flow.snapshot import Snapshot, StepRun
from tests.unit.test_cli_ending import RUN, WORDS


def _call(
    estimate: float | None, *, cost: float | None = None, status: str | None = None, prediction: str | None = "p1"
) -> CallState:
    intent = PredictionIntended(
        call=1, provider="replicate", model="a/model", input_sha256="0", content_key="0", t0="", estimate_usd=estimate
    )
    return CallState(intent, prediction, status, cost)


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (0.0, "$0.00"), (1.2, "$1.20"), (1.239, "$1.24"), (12.0, "$12.00"), (0.1, "$0.10"), (0.039, "$0.039"),
        (0.0123, "$0.0123"), (0.994, "$0.994"), (0.995, "$0.99"), (0.00001, "$0.000010"),
    ],
)  # fmt: skip
def test_an_amount_is_told_as_people_say_it(amount: float, told: str) -> None:
    assert usd(amount) == told


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([], None),
        ([_call(0.5, status="refused")], None),
        ([_call(0.5, cost=0.25, status="succeeded")], "$0.25"),
        ([_call(0.5)], "up to $0.50"),
        ([_call(0.5, cost=0.25), _call(1.5), _call(0.5, status="failed")], "$0.25 and up to $2.00 more"),
        ([_call(None)], "1 call of unknown price"),
        ([_call(0.5, cost=0.25), _call(None), _call(None)], "$0.25 and 2 calls of unknown price"),
        ([_call(0.5), _call(None)], "up to $0.50 and 1 call of unknown price"),
    ],
)
def test_the_cost_of_a_run_tells_apart_what_is_known_what_may_come_and_what_nobody_knows(
    calls: list[CallState], told: str | None
) -> None:
    assert cost_of(calls) == told


def test_an_estimate_is_told_by_step_and_in_all() -> None:
    estimates = (("words", 0.041), ("video", None), ("a", 1.2))
    assert list(estimate_lines(estimates)) == [
        "  words   up to $0.041", "  video   unknown", "  a       up to $1.20",
        "  in all  up to $1.24, and 1 step of unknown price",
    ]  # fmt: skip
    assert estimate_words((("video", None),)) == "1 step of unknown price"
    assert price_note() == "Prices as noted on 2026-11-21, unverified; see docs/replicate.md"


def test_what_goes_on_is_named_with_its_price_and_the_command_that_stops_it() -> None:
    calls = [_call(0.5), _call(None, prediction="p2"), _call(0.5, status="succeeded"), _call(0.5, prediction=None)]
    assert [text for text, _style in left_lines(calls, cancel="CANCEL")] == [
        "  Goes on a/model, prediction p1, up to $0.50",
        "  Goes on a/model, prediction p2, of unknown price",
        "  Stop    CANCEL",
    ]
    assert list(left_lines(calls[2:], cancel="CANCEL")) == []


def test_every_end_tells_the_cost_and_each_uncertain_step_its_three_ways() -> None:
    words = Words("SHOW", "RESUME", "VARY", "MEND", settle=lambda step, *how: f"SETTLE {step} {' '.join(how)}")
    rows = (
        StepRun(step_number=1, name="one", task="One", status="uncertain", error="lost"),
        StepRun(step_number=2, name="two", task="Two", status="uncertain", error="lost too"),
    )
    snapshot = Snapshot(status="error", outcome="uncertain", total_steps=2, duration_s=1.0, steps=rows)
    told = [text for text, _style in failed(snapshot, words, reason=None, run=RUN, cost="up to $1.00")]
    ways = "  Settle  by its id, if the provider lists the call; else call again (may cost twice) or skip:"
    assert told == [
        "", "Nobody knows how step 1 of 2, One ended, after 1.0 s", "  lost", "  Cost    up to $1.00",
        "  Run     /runs/x",
        ways, "          SETTLE one --adopt ID", "          SETTLE one --charge-again", "          SETTLE one --skip",
        "  Unknown two: lost too",
        ways, "          SETTLE two --adopt ID", "          SETTLE two --charge-again", "          SETTLE two --skip",
        "  Then    RESUME",
    ]  # fmt: skip
    done = Snapshot(duration_s=1.0)
    assert ("  Cost    $1.00", "") in completed(None, done, WORDS, run=RUN, cost="$1.00")
    left = [("  Goes on x", "yellow")]
    assert [text for text, _style in cancelled(done, WORDS, by="you", run=RUN, cost="$1.00", left=left)][2:] == [
        "  Cost    $1.00", "  Goes on x", "  Run     /runs/x", "  Go on   RESUME",
    ]  # fmt: skip


def test_a_run_that_paid_for_nothing_says_nothing_of_cost() -> None:
    told = completed(None, Snapshot(duration_s=1.0), WORDS, run=RUN)
    assert not any("Cost" in text for text, _style in told)
