"""What the pages wear: the little style that Streamlit's theme cannot say, from look.css beside this file."""

from functools import cache
from pathlib import Path

import streamlit as st


def wear() -> None:
    """Put the style on; it goes with every page."""
    st.html(f"<style>{_css()}</style>")


@cache
def _css() -> str:
    return (Path(__file__).parent / "look.css").read_text(encoding="utf-8")
