"""Which run is meant: one selectbox, kept in step with the address of the page."""

from collections.abc import Sequence

import streamlit as st

from character_flow.stream.runs import find_run
from character_flow.stream.stream import Stream
from character_flow.viewer.panels.run_actions import said
from character_flow.viewer.run_rows import RunRow


def pick_run(stream: Stream, rows: Sequence[RunRow], *, label: str, param: str, fallback: str) -> str:
    """The run chosen here, or named in the address by `param`, or `fallback`; the address is kept up to date.

    UsageError when the address names no run.
    """
    by_id = {row.id: row for row in rows}
    key = f"pick_{param}"
    wanted = st.query_params.get(param)
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = find_run(stream, wanted).id if wanted else fallback
    chosen: str = st.selectbox(label, list(by_id), key=key, format_func=lambda run_id: said(by_id[run_id]))
    if wanted != chosen:
        st.query_params[param] = chosen
    return chosen
