"""What a model costs: a dated table of prices, what a call or a plan may cost by it, and what a call did cost."""

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.inputs import input_scope
from character_flow.plan import Plan, Step
from character_flow.templates import evaluate_condition, render

Basis = Literal["second of work", "second of video", "call", "token"]
Estimates = tuple[tuple[str, float | None], ...]
"""What each step that calls a model may cost, in USD; None where nobody knows."""

_KINDS = {"text.generate": "text", "image.generate": "image", "video.generate": "video"}
_CHARS_A_TOKEN = 3  # English has four: an estimate is rather too high
_TOKENS_A_PICTURE = 1_600
_MOST_WRITTEN = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs, where that is written, and when it was read there. `usual` units make an estimate.

    Of tokens, `usd` is for one that is read, `written_usd` for one that is written, and `usual` of those are written.
    """

    usd: float
    basis: Basis
    source: str
    date: str
    usual: float = 1.0
    written_usd: float = 0.0


class Prices(Protocol):
    """Estimates before a call, and its cost afterwards; None where nobody knows, never 0."""

    def estimate(self, kind: str, model: str, sent: Mapping[str, JsonValue]) -> float | None:
        """What a call may cost, in USD."""

    def actual(
        self, model: str, metrics: Mapping[str, float], *, status: str = "", estimate_usd: float | None = None
    ) -> float | None:
        """What a call did cost by what the provider measured and how it ended, in USD."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model reference, `owner/name`."""

    prices: Mapping[str, Price]

    def estimate(self, kind: str, model: str, sent: Mapping[str, JsonValue]) -> float | None:
        """The usual number of units, or what the call itself asks for, at the model's price."""
        price = self.prices.get(_name(model))
        if price is None:
            return None
        if price.basis == "token":
            return round(_read(sent) * price.usd + _written(sent, price.usual) * price.written_usd, 6)
        asked = _number(sent.get("duration")) if price.basis == "second of video" else None
        return round((price.usual if asked is None else asked) * price.usd, 6)

    def actual(
        self, model: str, metrics: Mapping[str, float], *, status: str = "", estimate_usd: float | None = None
    ) -> float | None:
        """From what was measured; what is billed by its output costs, once that is there, what it was to cost."""
        price = self.prices.get(_name(model))
        if price is None:
            return None
        if price.basis == "second of work":
            worked = metrics.get("predict_time")
            return None if worked is None else round(worked * price.usd, 6)
        if price.basis == "token":
            read, written = metrics.get("input_token_count"), metrics.get("output_token_count")
            return None if read is None or written is None else round(read * price.usd + written * price.written_usd, 6)
        return estimate_usd if status == "succeeded" else None


def plan_estimate(plan: Plan, values: Mapping[str, JsonValue], prices: Prices) -> Estimates:
    """What one pass through a plan may cost with these checked inputs, by step; no line for steps that are free.

    A step counts unless its inputs alone say that it is not needed. What is not known before the run is taken as it
    stands in the plan. Attempts after a failure and `retry_from` come on top.
    """
    scope = {"inputs": input_scope(plan.inputs, values, env=os.environ), "feedback": None}
    return tuple(
        (step.name, _step_estimate(step, scope, prices))
        for step in plan.steps
        if (step.tool in _KINDS or _is_paid(step)) and _may_run(step, scope)
    )


def total_of(estimates: Estimates) -> tuple[float, int]:
    """The sum of what is known, and of how many steps the price is unknown."""
    known = [usd for _name_of_step, usd in estimates if usd is not None]
    return round(sum(known), 6), len(estimates) - len(known)


def _step_estimate(step: Step, scope: Mapping[str, object], prices: Prices) -> float | None:
    kind = _KINDS.get(step.tool)
    if kind is None:  # a paid function: only its author knows
        return None
    sent = {name: _rendered(value, scope) for name, value in step.with_.items() if name != "offline"}
    return prices.estimate(kind, str(sent.pop("model", "")), sent)


def _is_paid(step: Step) -> bool:
    return bool(getattr(step, "paid", False))


def _may_run(step: Step, scope: Mapping[str, object]) -> bool:
    if step.when is None:
        return True
    try:
        return evaluate_condition(step.when, scope, place="when")
    except ToolError:  # it hangs on a step
        return True


def _rendered(value: JsonValue, scope: Mapping[str, object]) -> JsonValue:
    if isinstance(value, list):
        return [_rendered(item, scope) for item in value]
    if isinstance(value, dict):
        return {name: _rendered(item, scope) for name, item in value.items()}
    try:
        return render(value, scope)
    except ToolError:  # it hangs on a step
        return value


def _read(sent: Mapping[str, JsonValue]) -> int:
    """How many tokens a model is given, rather too many."""
    chars = sum(len(value) for value in sent.values() if isinstance(value, str))
    pictures = sum(len(value) for name in ("images", "image_input") if isinstance(value := sent.get(name), list))
    return math.ceil(chars / _CHARS_A_TOKEN) + _TOKENS_A_PICTURE * pictures


def _written(sent: Mapping[str, JsonValue], usual: float) -> float:
    asked: Iterable[float | None] = (_number(sent.get(name)) for name in _MOST_WRITTEN)
    return next((number for number in asked if number is not None), usual)


def _number(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _name(model: str) -> str:
    """`owner/name` without a version."""
    return model.partition(":")[0]


# Written down without a look at the service: nobody here has seen these pages on that day. Each row says so. The two
# community versions of the plan ugc_ad are billed by the second on hardware nobody told us: they stay unknown.
_NOTED = "2026-11-21"
PRICES = PriceTable(
    {
        "openai/gpt-4o": Price(
            2.50e-6, "token", "unverified: replicate.com/openai/gpt-4o, at OpenAI's list price of $2.50 read and"
            " $10 written per million", _NOTED, usual=4_096, written_usd=10.00e-6,
        ),
        "anthropic/claude-4-sonnet": Price(
            3.00e-6, "token", "unverified: replicate.com/anthropic/claude-4-sonnet, at Anthropic's list price of $3"
            " read and $15 written per million", _NOTED, usual=8_192, written_usd=15.00e-6,
        ),
        "google/nano-banana": Price(0.039, "call", "unverified: replicate.com/google/nano-banana", _NOTED),
        "google/veo-3.1-fast": Price(
            0.15, "second of video", "unverified: replicate.com/google/veo-3.1-fast, with sound (without it less)",
            _NOTED, usual=8,
        ),
    }
)  # fmt: skip
