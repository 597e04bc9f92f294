"""What one types: the commands of `main.py` and `character-flow`."""

import os
import signal
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
    # Most of the time before a command begins goes into this import, and a Ctrl-C may come there.
    from character_flow.cli import entry

    try:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return entry.perform(arguments, home=home)
    except KeyboardInterrupt:
        return 130
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, _leave)  # while the interpreter is torn down


def _leave(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
