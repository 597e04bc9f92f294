"""An estimate is never too low by our own table, and what nobody knows stays unknown: it never becomes 0."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.inputs import check_inputs
from character_flow.money import PRICES, Estimates, Price, PriceTable, plan_estimate, total_of
from character_flow.plan import parse_plan
from character_flow.shipped import plans_folder

TABLE = PriceTable(
    {
        "a/worker": Price(0.001, "second of work", "the test", "2026-11-21", usual=20),
        "a/film": Price(0.5, "second of video", "the test", "2026-11-21", usual=8),
        "a/picture": Price(0.04, "call", "the test", "2026-11-21"),
        "a/writer": Price(0.001, "token", "the test", "2026-11-21", usual=100, written_usd=0.01),
    }
)


def _estimate(text: str, **given: JsonValue) -> Estimates:
    plan = parse_plan(text, path="plan.yaml", plan_id="plan")
    return plan_estimate(plan, check_inputs(plan.inputs, given, base=Path.cwd(), env={}), TABLE)


@pytest.mark.parametrize(
    ("model", "sent", "usd"),
    [
        ("a/worker", {}, 0.02),
        ("a/film", {}, 4.0),
        ("a/film", {"duration": 4}, 2.0),
        ("a/film", {"duration": 2.5}, 1.25),
        ("a/film", {"duration": True}, 4.0),
        ("a/film", {"duration": "4"}, 4.0),
        ("a/picture:0123", {}, 0.04),
        ("a/writer", {"prompt": "x" * 30}, 1.01),
        ("a/writer", {"prompt": "x", "max_tokens": 10}, 0.101),
        ("a/writer", {"prompt": "", "image_input": ["https://x/a.png"]}, 2.6),
        ("nobody/knows", {"duration": 8}, None),
        ("", {}, None),
    ],
)
def test_a_call_is_estimated_by_what_it_asks_for(model: str, sent: dict[str, JsonValue], usd: float | None) -> None:
    assert TABLE.estimate("any", model, sent) == usd


@pytest.mark.parametrize(
    ("model", "metrics", "status", "usd"),
    [
        ("a/worker", {"predict_time": 3.0}, "succeeded", 0.003),
        ("a/worker", {"predict_time": 3.0}, "canceled", 0.003),
        ("a/worker", {}, "succeeded", None),
        ("a/writer", {"input_token_count": 10, "output_token_count": 2}, "succeeded", 0.03),
        ("a/writer", {"predict_time": 3.0}, "succeeded", None),
        ("a/film", {"predict_time": 3.0}, "succeeded", 7.0),
        ("a/film", {"predict_time": 3.0}, "failed", None),
        ("nobody/knows", {"predict_time": 3.0}, "succeeded", None),
    ],
)
def test_a_cost_is_known_from_what_was_measured_or_from_an_output_that_is_there(
    model: str, metrics: dict[str, float], status: str, usd: float | None
) -> None:
    assert TABLE.actual(model, metrics, status=status, estimate_usd=7.0) == usd


def test_a_plan_is_estimated_step_by_step_before_it_runs() -> None:
    """S3-34."""
    text = """
inputs:
  long: {type: boolean, default: false}
  how_long: {type: integer, default: 3}
steps:
  - {name: free, tool: function, with: {call: "m:f"}}
  - {name: words, tool: text.generate, with: {model: a/writer, prompt: "{{ steps.free.output }}", max_tokens: 1}}
  - {name: clip, tool: video.generate, with: {model: a/film, duration: "{{ inputs.how_long }}"}}
  - {name: more, tool: video.generate, when: "{{ inputs.long }}", with: {model: a/film}}
  - {name: maybe, tool: image.generate, when: "{{ steps.words.output == 'x' }}", with: {model: a/picture}}
  - {name: other, tool: image.generate, with: {model: some/other}}
"""
    # What is not known yet counts as it stands in the plan: 24 signs, eight tokens.
    short = (("words", 0.018), ("clip", 1.5), ("maybe", 0.04), ("other", None))
    assert _estimate(text) == short
    assert total_of(short) == (1.558, 1)
    assert _estimate(text, long=True, how_long=1) == (
        ("words", 0.018), ("clip", 0.5), ("more", 4.0), ("maybe", 0.04), ("other", None),
    )  # fmt: skip
    assert total_of(()) == (0, 0)


@pytest.mark.parametrize("name", ["ugc_ad", "ugc_ad_public"])
def test_every_shipped_plan_has_an_estimate_and_what_is_unknown_says_so(name: str) -> None:
    path = plans_folder() / f"{name}.yaml"
    plan = parse_plan(path.read_text("utf-8"), path=str(path), plan_id=name)
    values = check_inputs(plan.inputs, {}, base=path.parent, env={})
    estimates = dict(plan_estimate(plan, values, PRICES))
    unknown = {step for step, usd in estimates.items() if usd is None}
    assert unknown == ({"video"} if name == "ugc_ad" else set())
    assert all(usd is None or usd > 0 for usd in estimates.values())
    assert total_of(tuple(estimates.items()))[0] < 2.00


def test_every_price_names_its_source_and_day_and_owns_up_to_what_nobody_checked() -> None:
    rows = {name: (price.date, price.source.split(": replicate.com/")) for name, price in PRICES.prices.items()}
    told = {name: (day, first, second.startswith(name)) for name, (day, (first, second)) in rows.items()}
    assert told == dict.fromkeys(PRICES.prices, ("2026-11-21", "unverified", True))
    assert all(price.usd > 0 and price.usual >= 1 for price in PRICES.prices.values())
