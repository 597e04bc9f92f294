"""Which run do you mean: the list of runs, drawn in the browser so that thousands scroll as smoothly as ten."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from character_flow.viewer.run_rows import RunRow

KEY = "run_list"


def run_list(rows: Sequence[RunRow], *, chosen: str | None, on_choice: Callable[[], None]) -> None:
    """Show these runs. `on_choice` is called when a person chose one; `choice()` tells which."""
    # As a text: Streamlit looks for tables in lists, and loads pandas to do so.
    told = json.dumps([row.to_json() for row in rows], ensure_ascii=False)
    _list()(
        key=KEY,
        data={"rows": told, "chosen": chosen},
        on_chosen_change=on_choice,
    )


def choice() -> str | None:
    """The id of the run chosen in the list last."""
    state = st.session_state.get(KEY) or {}
    chosen = state.get("chosen")
    return chosen if isinstance(chosen, str) else None


@cache
def _list() -> ComponentRenderer:
    here = Path(__file__).parent
    css = (here / "run_list.css").read_text(encoding="utf-8")
    js = (here / "run_list.js").read_text(encoding="utf-8")
    return st.components.v2.component("character_flow_runs", css=css, js=js)
