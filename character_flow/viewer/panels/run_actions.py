"""What can be done with a run: the card of the chosen one, with every action it allows and why the others wait."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from character_flow.archive import pin_run
from character_flow.background import start_resume
from character_flow.errors import CharacterFlowError
from character_flow.requests import cancel_run
from character_flow.snapshot import Snapshot
from character_flow.stream.liveness import state_of
from character_flow.stream.runs import seen
from character_flow.stream.stream import RunFolder, Stream
from character_flow.viewer.pages import PAGES
from character_flow.viewer.panels.keeping import ask_to_delete, delete_dialog, is_asked_to_delete, report_file, tell
from character_flow.viewer.panels.notices import plain, problem
from character_flow.viewer.run_rows import RunRow, file_url, run_row
from character_flow.viewer.words import costs, took, when

BY = "the viewer"


def told() -> None:
    """Say what the last action did, once."""
    line = st.session_state.pop("told", None)
    if line is not None:
        st.html(f'<div class="cf-told" role="status">{plain(line)}</div>')
    refused = st.session_state.pop("refused", None)
    if refused is not None:
        problem(refused)


def run_card(stream: Stream, run: RunFolder, *, rows: Sequence[RunRow], why_read_only: str | None) -> None:
    """The chosen run: what it is, and its actions."""
    row, snapshot = run_row(run), seen(run)
    with st.container(border=True, key="run_card"):
        st.html(_head(row))
        alive = state_of(run.owner).kind in ("alive", "unknown")
        with st.container(horizontal=True, key="run_actions"):
            _looking(run, rows)
            _steering(stream, run, row, snapshot, alive=alive, why_read_only=why_read_only)
            _keeping(run, row, alive=alive, why_read_only=why_read_only)


def _head(row: RunRow) -> str:
    picture = ""
    if row.thumbnail:
        url = escape(file_url(row.id, row.thumbnail), quote=True)
        picture = f'<img class="cf-picture" alt="" src="{url}">'
    facts = (
        ("Started", when(row.started_at)),
        ("Duration", took(row.duration_s)),
        ("Cost", costs(row.cost_usd)),
        ("Steps", str(row.steps)),
    )
    told_facts = "".join(f"<div><dt>{name}</dt><dd>{plain(value)}</dd></div>" for name, value in facts)
    why = f'<p class="cf-why">{plain(row.error)}</p>' if row.error else ""
    return (
        f'<div class="cf-card">{picture}<div class="cf-card-words"><h3>{plain(row.title)} '
        f'<span class="cf-pill cf-{row.state}">{row.label}</span></h3>'
        f'<code>{plain(row.id)}</code>{why}<dl class="cf-facts">{told_facts}</dl></div></div>'
    )


def _looking(run: RunFolder, rows: Sequence[RunRow]) -> None:
    if st.button("Open", key="open", type="primary"):
        st.switch_page(PAGES / "live.py", query_params={"run": run.id})
    if st.button("Replay", key="replay"):
        st.switch_page(PAGES / "replay.py", query_params={"run": run.id})
    names = {row.id: said(row) for row in rows if row.id != run.id}
    with st.popover("Compare with …", disabled=not names, help=None if names else "There is no other run."):
        other = st.selectbox(
            "The other run",
            list(names),
            key="other_run",
            width=420,
            format_func=lambda run_id: names.get(run_id, run_id),
        )
        if st.button("Compare", key="compare", type="primary") and other is not None:
            st.switch_page(PAGES / "compare.py", query_params={"a": run.id, "b": other})


def said(row: RunRow) -> str:
    """A run in one line, for a list to choose from."""
    pin = "★ " if row.pinned else ""
    return f"{pin}{when(row.started_at)} · {row.id[-6:]} · {row.label} · {row.title}"


def _steering(
    stream: Stream, run: RunFolder, row: RunRow, snapshot: Snapshot, *, alive: bool, why_read_only: str | None
) -> None:
    at_work = why_read_only or ("It is running." if alive and not row.is_over else None)
    done = row.state in ("success", "completed_with_issues")
    goes_on = at_work or ("It has completed." if done else None)
    with st.popover("Resume", disabled=at_work is not None, help=at_work):
        if st.button("Go on where it stopped", key="resume", disabled=goes_on is not None, help=goes_on):
            _resume(stream, run, from_step=None)
        names = {step.name: f"{step.step_number}. {step.task}" for step in snapshot.steps if step.name}
        step = st.selectbox("From a step, as a new run", list(names), key="from_step", format_func=names.__getitem__)
        st.caption("What earlier steps gave is taken over. This step and what depends on it are made, and paid, anew.")
        uncertain = {row.name for row in snapshot.steps if row.status == "uncertain"}
        why_not = "A call of this step may have been paid: settle it first." if step in uncertain else None
        if st.button("Resume from this step", key="resume_from", disabled=not step or bool(why_not), help=why_not):
            _resume(stream, run, from_step=step)
    over = why_read_only or ("It has ended." if row.is_over else None)
    st.button("Cancel", key="cancel", disabled=over is not None, help=over, on_click=_cancel, args=(run,))


def _resume(stream: Stream, run: RunFolder, *, from_step: str | None) -> None:
    with st.spinner("Starting ..."):
        resumed = start_resume(stream, run.id, from_step=from_step)
    if resumed.problem:
        problem(resumed.problem)
        return
    st.switch_page(PAGES / "live.py", query_params={"run": resumed.run_id})


def _cancel(run: RunFolder) -> None:
    try:
        reply = cancel_run(run, BY)
    except CharacterFlowError as error:
        st.session_state["refused"] = str(error)
    else:
        left = f"; at the provider {', '.join(reply.left)} may go on" if reply.left else ""
        tell(f"Cancelled {run.id}{left}")


def _pin(run: RunFolder, row: RunRow) -> None:
    try:
        pin_run(run, pinned=not row.pinned)
    except CharacterFlowError as error:
        st.session_state["refused"] = str(error)


def _keeping(run: RunFolder, row: RunRow, *, alive: bool, why_read_only: str | None) -> None:
    st.button(
        "Unpin" if row.pinned else "Pin",
        key="pin",
        disabled=why_read_only is not None,
        help=why_read_only or "Pinned runs stand on top.",
        on_click=_pin,
        args=(run, row),
    )
    st.link_button("Export", f"/plan/runs/{run.id}/export", help="Everything of this run in one zip.")
    st.download_button(
        "Report",
        lambda: report_file(run),
        file_name=f"{run.id}.html",
        mime="text/html",
        key="report",
        on_click="ignore",
        help="One HTML file with the media inside.",
    )
    held = why_read_only or ("It is running; cancel it first." if alive and not row.is_over else None)
    st.button("Delete", key="delete", disabled=held is not None, help=held, on_click=ask_to_delete, args=(run.id,))
    if is_asked_to_delete(run) and held is None:
        delete_dialog(run, row.title)
