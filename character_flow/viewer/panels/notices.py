"""What is wrong, or to be done: one line of plain text in a box; nothing in it is ever markup."""

from html import escape

import streamlit as st


def problem(line: str) -> None:
    """Say what is wrong and what would be right."""
    _box(line, kind="problem", role="alert")


def notice(line: str) -> None:
    """Say what a person may want to know here."""
    _box(line, kind="notice", role="status")


def _box(line: str, *, kind: str, role: str) -> None:
    # Streamlit's own boxes read markdown, in which a step's name or a path could come to life.
    st.html(f'<div class="cf-box cf-{kind}" role="{role}">{plain(line)}</div>')


def plain(text: str) -> str:
    """Text for `st.html`: escaped, kept in its own direction, control characters shown as their pictures."""
    shown = "".join(_PICTURES.get(char, char) for char in text)
    return f'<bdi class="cf-text">{escape(shown)}</bdi>'


_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {"\x7f": "\u2421"}
