"""Who makes what models make, and what that may cost: asked on the New run page of somebody who has an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from character_flow.app import RunOptions
from character_flow.config import Settings
from character_flow.money import PRICES, Estimates, plan_estimate, total_of
from character_flow.stream.stream import Stream
from character_flow.viewer.forms import Form
from character_flow.viewer.panels.notices import notice, plain
from character_flow.viewer.words import costs

Who = Literal["offline", "replicate"]
_WHO: dict[Who, str] = {"offline": "Offline draft, free", "replicate": "replicate.com, paid"}


@dataclass(frozen=True, slots=True)
class Spending:
    """What was chosen. Without a `budget_usd` there is no limit."""

    who: Who = "offline"
    budget_usd: float | None = None
    allow_unknown: bool = False

    def options(self, stream: Stream) -> RunOptions:
        """The options of a run that is begun so."""
        return RunOptions(folder=stream.folder, provider=self.who, budget_usd=self.budget_usd)

    @property
    def words(self) -> Sequence[str]:
        """What its process must be told beside that."""
        return ["--allow-unknown-price"] if self.allow_unknown else []


def ask_spending(form: Form, settings: Settings) -> Spending:
    """Ask, where there is a choice: with a token, and for a plan whose steps call models."""
    values = {name: form.given.get(name, spec.default) for name, spec in form.plan.inputs.items()}
    estimates = plan_estimate(form.plan, values, PRICES)
    if settings.replicate_token is None or not estimates:
        return Spending()
    with st.container(key="spending", gap="small"):
        st.html('<p class="cf-question">Who makes it?</p>')
        st.session_state.setdefault("spend_who", "replicate" if settings.provider == "replicate" else "offline")
        who = st.segmented_control(
            "Who makes it?", list(_WHO), key="spend_who", required=True, format_func=lambda one: _WHO[one],
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        return _paid(form, estimates) if who == "replicate" else Spending()


def _paid(form: Form, estimates: Estimates) -> Spending:
    known, unknown = total_of(estimates)
    left, right = st.columns(2, gap="large")
    with left:
        _table(form, estimates)
    with right, st.container(gap="small"):
        st.html('<p class="cf-question">Budget in US dollars<small>Calls that would go beyond it are not made;'
                " no limit if left empty.</small></p>")  # fmt: skip
        budget = st.number_input(
            "Budget in US dollars", min_value=0.01, max_value=100_000.0, value=None, step=0.5, format="%.2f",
            key="spend_budget", placeholder="no limit", label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        allow_unknown = False
        if budget is not None and unknown:
            allow_unknown = st.checkbox(
                "Also call models whose price is unknown", key="spend_unknown", persist_state="session"
            )
            if not allow_unknown:
                notice("With a budget a call of unknown price is not made: the run stops before it.")
        if budget is not None and budget < known:
            notice(f"The estimate is {costs(known)}: the run may stop before a call that goes beyond the budget.")
    return Spending("replicate", budget, allow_unknown)


def _table(form: Form, estimates: Estimates) -> None:
    known, unknown = total_of(estimates)
    tasks = {step.name: step.task for step in form.plan.steps}
    rows = [(plain(tasks.get(name, name)), "unknown" if usd is None else costs(usd)) for name, usd in estimates]
    in_all = " and ".join(
        filter(None, [costs(known) if unknown < len(estimates) else "", f"{unknown} unknown" if unknown else ""])
    )
    lines = "".join(f"<tr><th scope='row'>{task}</th><td>{told}</td></tr>" for task, told in rows)
    noted = max(price.date for price in PRICES.prices.values())
    st.html(
        '<table class="cf-estimate"><caption>What one pass may cost</caption>'
        f"<tbody>{lines}</tbody><tfoot><tr><th scope='row'>In all, up to</th><td>{in_all}</td></tr></tfoot></table>"
        f'<p class="cf-note">Prices as noted on {noted}, not verified. What is tried again costs again.</p>'
    )
