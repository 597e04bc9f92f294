"""What one types: the commands of `main.py` and `character-flow`."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, *, home: Path | None = None) -> int:
    """Run a command and return its exit code; `home` is where runs are kept unless said otherwise.

    To be called once, by the process's main thread: from here to its end Ctrl-C never shows a traceback.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # nohup: ignored stays ignored
    if is_ours:
        signal.signal(signal.SIGINT, _leave)
    try:
        from character_flow.cli import entry  # most of the time before a command begins; a Ctrl-C may come here
    except ModuleNotFoundError as error:
        print(_what_to_set_up(error), file=sys.stderr)
        return 2
    try:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return entry.perform(arguments, home=home)
    except KeyboardInterrupt:
        return 130
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, _leave)  # while the interpreter is torn down


def _what_to_set_up(error: ModuleNotFoundError) -> str:
    """Which Python was asked that does not have what pyproject.toml lists, and which has, or how to get one."""
    if (Path(__file__).parents[2] / ".venv").exists():
        remedy = "activate the one that was set up: . .venv/bin/activate"
    else:
        remedy = 'set one up: make demo, or python3 -m venv .venv && .venv/bin/pip install -e ".[voice]"'
    return f"this Python, {sys.executable}, has no '{error.name}'; {remedy}"


def _leave(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
