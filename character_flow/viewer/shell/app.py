"""Which pages there are: the shell of the viewer, executed by Streamlit at each visit and each use of a control."""

import logging

import streamlit as st

from character_flow.errors import CharacterFlowError
from character_flow.viewer.pages import PAGES
from character_flow.viewer.panels.look import wear
from character_flow.viewer.panels.notices import problem

_log = logging.getLogger("character_flow.viewer")


def _shell() -> None:
    st.set_page_config(page_icon="🎬", layout="wide")
    wear()
    page = st.navigation(
        [
            st.Page(PAGES / "live.py", title="Live", default=True),
            st.Page(PAGES / "runs.py", title="Runs", url_path="runs"),
            st.Page(PAGES / "new.py", title="New run", url_path="new"),
            st.Page(PAGES / "compare.py", title="Compare", url_path="compare"),
            st.Page(PAGES / "replay.py", title="Replay", url_path="replay"),
        ],
        position="top",
    )
    st.set_page_config(page_title=f"{page.title} · character_flow")
    try:
        page.run()
    except CharacterFlowError as error:
        problem(str(error))
    except Exception as error:  # noqa: BLE001  the one place of the viewer: a person reads a line, the terminal the rest
        _log.exception("a page failed")
        problem(f"This page failed: {str(error) or type(error).__name__}. The terminal of the viewer says more.")


if __name__ == "__main__":  # as Streamlit executes it
    _shell()
