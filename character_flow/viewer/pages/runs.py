"""Which runs were there: all of them, to be found, opened, repaired, kept and compared."""

from collections.abc import Sequence

import streamlit as st

from character_flow.errors import UsageError
from character_flow.stream.runs import find_run
from character_flow.stream.stream import Stream
from character_flow.viewer import place
from character_flow.viewer.panels.keeping import chosen_before, import_box, keep_chosen
from character_flow.viewer.panels.notices import notice, problem
from character_flow.viewer.panels.run_actions import run_card, told
from character_flow.viewer.panels.run_list import choice, run_list
from character_flow.viewer.run_rows import STATES, RunRow, filtered, run_rows


def show() -> None:
    """The page: filters, the chosen run with all that can be done with it, the list."""
    stream = place.stream()
    told()
    rows = run_rows(stream)
    why = place.why_read_only(stream.folder)
    shown = _filters(rows, why_read_only=why)
    chosen = st.query_params.get("run") or chosen_before()
    if chosen is not None:
        _card(stream, chosen, rows, why_read_only=why)
    if not rows:
        notice(f"There are no runs yet in {stream.runs}. Start one on the page New run, or with: python main.py")
    elif not shown:
        notice("No run fits these filters.")
    run_list(shown, chosen=chosen, on_choice=_choose)


def _card(stream: Stream, chosen: str, rows: Sequence[RunRow], *, why_read_only: str | None) -> None:
    """The chosen run; one that is no longer there is said to be gone, and the list stays."""
    try:
        run = find_run(stream, chosen)
        run_card(stream, run, rows=rows, why_read_only=why_read_only)
    except UsageError as error:
        problem(str(error))


def _choose() -> None:
    chosen = choice()
    if chosen is not None:
        keep_chosen(chosen)


def _words(state: str) -> str:
    return STATES[state]


def _filters(rows: tuple[RunRow, ...], *, why_read_only: str | None) -> list[RunRow]:
    plans = sorted({row.plan for row in rows})
    states = [state for state in STATES if any(row.state == state for row in rows)]
    with st.container(key="run_filters", horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find", key="find", placeholder="Title, id or error", icon=":material/search:")
        plan = st.selectbox("Plan", plans, index=None, key="plan", placeholder="All plans", width=150)
        state = st.selectbox(
            "Status", states, index=None, key="state", placeholder="Any status", format_func=_words, width=150
        )
        import_box(place.stream(), why_read_only=why_read_only)
    shown = filtered(rows, text=text, plan=plan, state=state)
    count = f"{len(shown)} of {len(rows)} runs" if len(shown) != len(rows) else f"{len(rows)} runs"
    st.caption("1 run" if count == "1 runs" else count)
    return shown


if __name__ == "__main__":  # Streamlit executes a page as a program; who imports it draws nothing
    show()
