"""How a run is begun from the browser: choose a plan, fill in what it asks for, start; the run outlives the page."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import streamlit as st
from pydantic import JsonValue

from character_flow.app import RunOptions
from character_flow.background import start_run
from character_flow.errors import CharacterFlowError, InputError, PlanError
from character_flow.plan import Plan, load_plan
from character_flow.shipped import list_plans
from character_flow.stream.liveness import state_of
from character_flow.stream.stream import RUN_ID, Stream
from character_flow.viewer import place
from character_flow.viewer.forms import Form, fields_of
from character_flow.viewer.forms_fields import Drawing, wear
from character_flow.viewer.forms_layout import columns_of
from character_flow.viewer.forms_pictures import portraits_of
from character_flow.viewer.forms_uploads import Uploads
from character_flow.viewer.pages import PAGES
from character_flow.viewer.panels.notices import notice, plain, problem
from character_flow.viewer.spending import Spending, ask_spending

_HASTE_S = 2.0
"""For so long after a start, clicks that were made on the form still lead to the run and start no other. A second
click can arrive before, while and after the page changes, and Streamlit then goes back to the form."""


@dataclass
class _Visit:
    """What this page remembers of one browser session, beside what its widgets hold."""

    uploads: Uploads = field(default_factory=Uploads)
    attempted: set[str] = field(default_factory=set)
    """Plans whose Start was pressed: from then on their form also says what is still missing."""
    refused: dict[str, tuple[Mapping[str, JsonValue], Mapping[str, str]]] = field(default_factory=dict)
    """What a start was refused for, by plan: what was given then, and what was wrong with it."""
    starts: int = 0
    """How many runs were started. A click on Start carries this number: a second one on the same button is too late."""
    wanted: int | None = None
    """The number a click on Start carried that is still to be obeyed."""
    last: str = ""
    go_to: str | None = None
    """The run whose page is to be opened next, and until when."""
    go_until: float = 0.0
    told: str = ""
    starting: Lock = field(default_factory=Lock)
    now: Callable[[], float] = time.monotonic

    def lead_to(self, run_id: str) -> None:
        """From here on the page leads to this run, for a moment."""
        self.go_to, self.go_until = run_id, self.now() + _HASTE_S


def show() -> None:
    """The page."""
    visit = _visit()
    if visit.go_to is not None and visit.now() < visit.go_until:
        _open(visit, visit.go_to)
    visit.go_to = None  # whoever comes later comes for the form
    wear()
    st.header("New run", anchor=False)
    path = _chosen_plan()
    if path is None:
        problem("There are no plans here: put a YAML file into the folder 'plans' beside where the viewer was started.")
        return
    plan = _loaded(path)
    if isinstance(plan, PlanError):
        count = len(plan.problems)
        problem(f"This plan cannot run: {count} mistake{'s' if count > 1 else ''} to mend in {path}")
        st.code(str(plan), language=None, wrap_lines=True)
        return
    if plan.description:
        st.html(f'<p class="cf-description">{plain(plan.description)}</p>')
    _form(visit, path, plan)


def _visit() -> _Visit:
    if "new_run" not in st.session_state:
        st.session_state["new_run"] = _Visit()
    visit: _Visit = st.session_state["new_run"]
    return visit


def _open(visit: _Visit, run_id: str) -> None:
    """Go to the page of a run that was started here. A click that comes in between leads here once more."""
    st.session_state["announcement"] = visit.told  # a toast shown here would be gone with this page
    st.switch_page(PAGES / "live.py", query_params={"run": run_id})


# The plan.


def _chosen_plan() -> Path | None:
    """The plan of the address (?plan=), or the one chosen last."""
    plans = {path.stem: path for path in list_plans()}
    if not plans:
        return None
    wanted = st.query_params.get("plan")
    if wanted in plans:
        st.session_state["new_plan"] = wanted
    elif wanted is not None:
        problem(f"There is no plan '{wanted}' here; these are the ones that are.")
    if st.session_state.get("new_plan") not in plans:
        st.session_state["new_plan"] = "ugc_ad" if "ugc_ad" in plans else next(iter(plans))
    chosen = st.selectbox(
        "Plan", list(plans), key="new_plan", format_func=lambda name: _title(plans[name]),
        on_change=_put_into_address, persist_state="session", width=640,
    )  # fmt: skip
    return plans[chosen or next(iter(plans))]


def _put_into_address() -> None:
    st.query_params["plan"] = st.session_state["new_plan"]


def _title(path: Path) -> str:
    plan = _loaded(path)
    return f"{path.stem} (has mistakes)" if isinstance(plan, PlanError) else f"{plan.name} ({path.stem})"


def _loaded(path: Path) -> Plan | PlanError:
    try:
        found = path.stat()
        return _read(path, (found.st_mtime_ns, found.st_size, found.st_ino))
    except OSError:
        return _read(path, (0, 0, 0))


@lru_cache(maxsize=256)
def _read(path: Path, stamp: tuple[int, int, int]) -> Plan | PlanError:
    try:
        return load_plan(path, tools=RunOptions().registry)
    except PlanError as error:
        return error


# The form.


def _form(visit: _Visit, path: Path, plan: Plan) -> None:
    stream, base = place.stream(), path.parent.absolute()
    portraits = portraits_of(plan, base)
    fields = fields_of(plan, {name: tuple(pictures) for name, pictures in portraits.items()})
    form = Form(plan, fields, dict(st.session_state.to_dict()), base=base, env=os.environ, cwd=Path.cwd())
    problems = _problems(visit, form)
    drawing = Drawing(form, problems, portraits=portraits, uploads=visit.uploads, settings=place.settings())
    left, right, prepared = columns_of(fields)
    for column, asked in zip(st.columns(2, gap="large") if right else [st.container()], (left, right), strict=False):
        with column, st.container(gap="medium"):
            for each in asked:
                if each.name in form.shown:
                    drawing.draw(each)
    if prepared:
        wanted = any(each.name in problems for each in prepared)
        words = f"Prepared texts ({len(prepared)}), to be changed only if you want to"
        with st.expander(words, expanded=wanted), st.container(gap="medium"):
            for each in prepared:
                if each.name in form.shown:
                    drawing.draw(each)
    spending = ask_spending(form, place.settings())
    _finish(visit, path, form, stream, problems, spending=spending)


def _problems(visit: _Visit, form: Form) -> dict[str, str]:
    """What to show beside the fields: wrong values at once, what is missing only after Start was pressed."""
    found = dict(form.findings.wrong)
    if form.plan.id in visit.attempted:
        found |= form.findings.missing
    given, refused = visit.refused.get(form.plan.id, ({}, {}))
    for name, told in refused.items():
        if form.given.get(name) == given.get(name):
            found.setdefault(name, told)
    return found


def _finish(
    visit: _Visit, path: Path, form: Form, stream: Stream, problems: Mapping[str, str], *, spending: Spending
) -> None:
    """The foot of the form: what stands against a start, the button, and what it does."""
    why = place.why_read_only(stream.folder) if stream.folder.exists() else None
    publisher = _publisher(stream)
    with st.container(key="start_bar", gap="small"):
        if problems and form.plan.id in visit.attempted:
            asked = [each.question for each in form.fields if each.name in problems]
            others = [told for name, told in problems.items() if name not in form.plan.inputs]
            problem("\n".join(["Not started, please see to: " + "; ".join(asked), *others] if asked else others))
        elif why is not None:
            problem(f"Runs cannot be started: {why}")
        elif publisher:
            notice(f"Run {publisher} is on the live page now. What you start gets a page of its own.")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.button(
                "Start", key="start_run", type="primary", icon=":material/play_arrow:", disabled=why is not None,
                on_click=_pressed, args=(visit, form.plan.id, visit.starts),
            )  # fmt: skip
            st.html('<p class="cf-note">It runs on by itself: you may close this page.</p>', width="content")
        if visit.wanted is not None or visit.starting.locked():
            _start(visit, path, form, stream, publisher, spending=spending)


def _publisher(stream: Stream) -> str:
    """The run that has the live page now; empty when it is free."""
    state = state_of(stream.page_owner)
    run_id = state.owner.run_id if state.kind == "alive" and state.owner is not None else ""
    return run_id if RUN_ID.fullmatch(run_id) else ""


def _pressed(visit: _Visit, plan_id: str, starts: int) -> None:
    """Start was clicked. The second click of a double click finds the run started, and leads to it too."""
    if starts != visit.starts:
        visit.lead_to(visit.last)
        return
    visit.attempted.add(plan_id)
    visit.refused.pop(plan_id, None)
    visit.wanted = starts


def _start(visit: _Visit, path: Path, form: Form, stream: Stream, publisher: str, *, spending: Spending) -> None:
    """Start what is wanted, once. A click can set off a script beside the one that is starting: it waits for that."""
    if form.findings.wrong or form.findings.missing:
        visit.wanted = None
        return
    with st.spinner("Starting ..."), visit.starting:
        if visit.wanted == visit.starts:
            _start_now(visit, path, form, stream, publisher, spending=spending)
        visit.wanted = None
    st.rerun()


def _start_now(visit: _Visit, path: Path, form: Form, stream: Stream, publisher: str, *, spending: Spending) -> None:
    """Nothing of Streamlit in here: another click could end the script there, with the run forgotten."""
    plan_id = form.plan.id
    try:
        run = start_run(stream, path, form.given, words=spending.words, options=spending.options(stream))
    except InputError as error:
        visit.refused[plan_id] = (form.given, error.problems)
    except (CharacterFlowError, OSError) as error:
        visit.refused[plan_id] = (form.given, {"": str(error)})
    else:
        visit.starts, visit.last = visit.starts + 1, run.id
        visit.lead_to(run.id)
        visit.attempted.discard(plan_id)
        where = f"{publisher} stays on the live page" if publisher else "it shows on the live page too"
        visit.told = f"Run {run.id} was started; {where}."
