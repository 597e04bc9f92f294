"""How does it stand: the live page of whatever is published, or with `?run=RUN` of that run."""

import streamlit as st

from character_flow.errors import UsageError
from character_flow.stream.runs import find_run
from character_flow.viewer import place
from character_flow.viewer.component import board
from character_flow.viewer.pages import PAGES
from character_flow.viewer.panels.notices import problem
from character_flow.viewer.panels.sidebar import steer


def show() -> None:
    """The page: the controls beside, the board in the middle."""
    stream = place.stream()
    told = st.session_state.pop("announcement", None)  # by the New run page, which is left with its toasts
    if told is not None:
        st.toast(told)
    shown, run = stream.page, st.query_params.get("run")
    if run is not None:
        # The page's own entry in the navigation leads where one is already, and changes nothing.
        st.button("← The live page", key="to_live", type="tertiary", on_click=st.query_params.clear)
        try:
            folder = find_run(stream, run)
        except UsageError as error:
            problem(str(error))
            st.page_link(PAGES / "runs.py", label="All runs")
            return
        shown, run = folder.snapshot, folder.id
    why = place.why_read_only(shown.parent)
    board(steer(stream, shown, run=run, interval_s=place.settings().interval_s, why_read_only=why))


if __name__ == "__main__":  # Streamlit executes a page as a program; who imports it draws nothing
    show()
