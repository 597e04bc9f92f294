"""How the live board gets into a page: its loader and style, and the small clock of the last refresh beside it."""

from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st
from pydantic import BaseModel, ConfigDict
from streamlit.components.v2.types import ComponentRenderer

BOARD = Path(__file__).parent / "board"
_LOADERS = Path(__file__).parent / "panels"


class Showing(BaseModel):
    """What the page tells the board to show, and how; its names are read by board/main.js."""

    model_config = ConfigDict(frozen=True)
    run: str | None = None
    """The run whose own page this is; None for whatever is published."""
    mode: Literal["live", "replay"] = "live"
    live: bool = True
    """Auto Refresh."""
    interval_s: float = 1.0
    """How often to look where the server cannot push."""
    nonce: int = 0
    """Grows with each Refresh Now."""
    base: str = ""
    """What comes before each of the gateway's paths: it answers at the server's root."""
    can_write: bool = True
    why_read_only: str | None = None


def board(shown: Showing) -> None:
    """Show the live board, or a replay; the same place on the page keeps its state through reruns."""
    _board()(key=f"board-{shown.mode}", data=shown.model_dump())


def last_refresh() -> None:
    """Show when the board last drew something, told by the board itself inside the browser."""
    _clock()(key="last-refresh")


@cache
def _board() -> ComponentRenderer:
    css = "\n".join(path.read_text(encoding="utf-8") for path in sorted(BOARD.glob("*.css")))
    return st.components.v2.component("character_flow_board", css=css or None, js=_script("board_loader.js"))


@cache
def _clock() -> ComponentRenderer:
    style = "output { font-size: 0.875rem; font-variant-numeric: tabular-nums; color: var(--st-text-color); }"
    return st.components.v2.component("character_flow_last_refresh", css=style, js=_script("last_refresh.js"))


def _script(name: str) -> str:
    return (_LOADERS / name).read_text(encoding="utf-8")
