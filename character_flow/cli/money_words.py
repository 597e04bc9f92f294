"""How money is told: what a plan may cost, what a run has cost, and who answers for its models."""

from collections.abc import Iterable, Iterator, Sequence

from character_flow.cli.words import count, one_line
from character_flow.errors import CharacterFlowError
from character_flow.events import PlanHead
from character_flow.given import kept_inputs
from character_flow.money import PRICES, Estimates, plan_estimate, total_of
from character_flow.plan import parse_plan
from character_flow.run_state import CallState, RunState
from character_flow.stream.files import refusals
from character_flow.stream.stream import RunFolder

_OFFLINE = "Runs offline: nothing is sent or paid"
_WITH_BUDGET = f"{_OFFLINE} (with --budget USD it would run on replicate.com)"


def usd(amount: float) -> str:
    """An amount as people say it: `$1.20`, `$0.045`; no cent is rounded away."""
    if amount >= 0.995 or amount == 0:
        return f"${amount:.2f}"
    whole, _, part = f"{amount:.4f}".rstrip("0").partition(".")
    return f"${whole}.{part.ljust(2, '0')}" if part else f"${amount:.6f}"


def cost_of(calls: Iterable[CallState]) -> str | None:
    """What paid calls cost, or may yet cost; None where nothing was called."""
    billed = [call for call in calls if call.status != "refused"]
    if not billed:
        return None
    known = sum(call.cost_usd for call in billed if call.cost_usd is not None)
    guesses = [call.intent.estimate_usd for call in billed if call.cost_usd is None]
    guessed = sum(guess for guess in guesses if guess is not None)
    told = [usd(known)] if len(guesses) < len(billed) else []
    if any(guess is not None for guess in guesses):
        told.append(f"{'up to ' if not told else 'and up to '}{usd(guessed)}{' more' if told else ''}")
    unknown = guesses.count(None)
    if unknown:
        told.append(f"{'and ' if told else ''}{count(unknown, 'call')} of unknown price")
    return " ".join(told)


def estimate_words(estimates: Estimates) -> str:
    """What all steps together may cost: `up to $1.33`, `up to $0.09, and 1 step of unknown price`."""
    known, unknown = total_of(estimates)
    told = [f"up to {usd(known)}"] if unknown < len(estimates) else []
    if unknown:
        told.append(f"{count(unknown, 'step')} of unknown price")
    return ", and ".join(told)


def estimate_lines(estimates: Estimates) -> Iterator[str]:
    """What each step may cost, and all of them."""
    width = max(len("in all"), *(len(name) for name, _amount in estimates))
    for name, amount in estimates:
        yield f"  {name:<{width}}  {'unknown' if amount is None else f'up to {usd(amount)}'}"
    yield f"  {'in all':<{width}}  {estimate_words(estimates)}"


def price_note() -> str:
    """How far the prices can be relied on."""
    return (
        f"Prices as noted on {max(price.date for price in PRICES.prices.values())}, unverified; see docs/replicate.md"
    )


def provider_line(run: RunFolder, head: PlanHead, state: RunState, *, has_token: bool, budget_usd: float | None) -> str:
    """Who answers for a run's models and what that may cost, in one line."""
    if head.provider in ("", "offline"):
        return _WITH_BUDGET if has_token else _OFFLINE
    told = f"Runs on {head.provider}.com"
    spent = cost_of(state.calls)
    if spent is not None:
        told += f", {spent} so far"
    else:
        told += _estimated(run, head)
    budget = budget_usd if budget_usd is not None else head.budget_usd
    return f"{told}; {'no budget' if budget is None else f'budget {usd(budget)}'}"


def _estimated(run: RunFolder, head: PlanHead) -> str:
    try:
        with refusals(run.plan):
            text = run.plan.read_text(encoding="utf-8")
        plan = parse_plan(text, path=str(run.plan), plan_id=head.plan_id)
        estimates = plan_estimate(plan, kept_inputs(run)[0], PRICES)
    except CharacterFlowError:  # it is only a line; what is wrong with the run is told by the run
        return ""
    return f", {estimate_words(estimates)}" if estimates else ""


def left_lines(calls: Sequence[CallState], *, cancel: str) -> Iterator[tuple[str, str]]:
    """The predictions that go on at a provider, and the command that stops them."""
    running = [call for call in calls if call.is_open]
    for call in running:
        guess = call.intent.estimate_usd
        cost = "of unknown price" if guess is None else f"up to {usd(guess)}"
        yield f"  Goes on {one_line(call.intent.model)}, prediction {call.id}, {cost}", "yellow"
    if running:
        yield f"  Stop    {cancel}", "hint"
