"""How the live page is steered: refresh, clear, and the few facts a person needs to trust what he sees."""

from pathlib import Path

import streamlit as st

from character_flow.errors import StreamBusyError
from character_flow.stream.clear import clear
from character_flow.stream.liveness import read_owner
from character_flow.stream.stream import Stream
from character_flow.viewer.component import Showing, last_refresh
from character_flow.viewer.panels.notices import notice, plain, problem

_INTERVALS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


def steer(stream: Stream, shown: Path, *, run: str | None, interval_s: float, why_read_only: str | None) -> Showing:
    """The controls, and what they tell the board. `shown` is the file the page is drawn from."""
    elsewhere = "This is one run's own page; the live page is cleared there." if run is not None else None
    with st.sidebar:
        live = st.toggle(
            "Auto Refresh",
            value=True,
            key="auto_refresh",
            help="Show each change as it is written.",
            persist_state="session",
        )
        st.button("Refresh Now", key="refresh_now", width="stretch", on_click=_ask_again)
        st.button(
            "Clear Stream",
            key="clear_stream",
            width="stretch",
            disabled=(why_read_only or elsewhere) is not None,
            help=why_read_only or elsewhere,
            on_click=_clear,
            args=(stream,),
        )
        st.divider()
        chosen_s = st.select_slider(
            "Interval",
            options=sorted({*_INTERVALS_S, interval_s}),
            value=interval_s,
            format_func=_seconds,
            key="interval_s",
            help="Changes are pushed. Where that fails, the page looks this often.",
            persist_state="session",
        )
        st.caption("File path")
        # st.code would have the page load and read a highlighter of 1.5 MB before the board is drawn.
        st.html(f'<code class="cf-path">{plain(str(shown))}</code>')
        st.caption("Last refresh")
        last_refresh()
    _told(stream)
    return Showing(
        run=run,
        live=live,
        interval_s=chosen_s,
        nonce=st.session_state.get("refreshes", 0),
        can_write=why_read_only is None,
        why_read_only=why_read_only,
    )


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _ask_again() -> None:
    st.session_state["refreshes"] = st.session_state.get("refreshes", 0) + 1


def _clear(stream: Stream) -> None:
    """Clear at once where nothing runs; a run in the way is named, and asked about in a dialog."""
    try:
        st.session_state["cleared"] = clear(stream)
    except StreamBusyError as error:
        owner = read_owner(stream.page_owner)
        st.session_state["in_the_way"] = f"It is written by {owner}." if owner is not None else str(error)


def _told(stream: Stream) -> None:
    if "cleared" in st.session_state:
        was_there = st.session_state.pop("cleared")
        st.toast(
            "The live page is empty now. Its run is still among the runs."
            if was_there
            else "The live page was empty already."
        )
    if "in_the_way" in st.session_state:
        _ask_to_clear(stream)


def _stay() -> None:
    st.session_state.pop("in_the_way", None)


@st.dialog("This page is in use", on_dismiss=_stay)
def _ask_to_clear(stream: Stream) -> None:
    st.html(f"<p>{plain(st.session_state['in_the_way'])}</p>")
    st.write("To empty the page, the run is cancelled first. It stays among the runs and can be resumed there.")
    with st.container(horizontal=True):
        if st.button("Cancel the run and clear", key="clear_by_force", type="primary"):
            _clear_by_force(stream)
        if st.button("Leave it alone", key="leave_alone"):
            _stay()
            st.rerun()


def _clear_by_force(stream: Stream) -> None:
    with st.spinner("Waiting for the run to let go ..."):
        try:
            clear(stream, force=True)
        except StreamBusyError as error:
            problem(str(error))
            notice("It lies in the run's inbox and is obeyed as soon as the run can.")
            return
    _stay()
    st.session_state["cleared"] = True
    st.rerun()
