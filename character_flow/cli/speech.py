"""How the command line speaks outside of the live list: styled lines, errors, and answers read from a person."""

import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from character_flow.cli.words import harmless

WAKE_S = 0.1

_STYLES = {
    "question": "bold", "choice": "", "hint": "dim", "problem": "red", "good": "bold green", "bad": "bold red",
}  # fmt: skip


def say(text: str, style: str = "") -> None:
    """Print one line on standard output, coloured where it is a terminal."""
    from rich.console import Console  # 70 ms: not for commands that print JSON, nor before a run's first event
    from rich.text import Text

    console = Console(markup=False, emoji=False, highlight=False)
    console.print(Text(harmless(text), style=_STYLES.get(style, style)), soft_wrap=True)


def say_all(lines: Iterable[tuple[str, str]]) -> None:
    """Print many lines, each with its style, coloured where standard output is a terminal."""
    if not sys.stdout.isatty():
        for text, _style in lines:
            print(harmless(text))
        return
    from rich.console import Console  # as above
    from rich.text import Text

    console = Console(markup=False, emoji=False, highlight=False)
    for text, style in lines:
        console.print(Text(harmless(text), style=_STYLES.get(style, style)), soft_wrap=True)


def complain(text: str) -> None:
    """Print an error on standard error: its lines as they are, in red where that is a terminal."""
    shown = harmless(text)
    if sys.stderr.isatty():
        from rich.console import Console  # only where there are colours
        from rich.text import Text

        Console(stderr=True, markup=False, emoji=False, highlight=False).print(Text(shown, style="red"), soft_wrap=True)
    else:
        print(shown, file=sys.stderr, flush=True)


def ask(prompt: str) -> str:
    """A line typed by a person; EOFError when the input is closed, KeyboardInterrupt on Ctrl-C."""
    with suppress(ImportError):
        import readline  # noqa: F401 - its import gives input() line editing; not everywhere there
    with _signals_seen():
        return input(f"  {prompt}> ")


@contextmanager
def _signals_seen() -> Iterator[None]:
    """A signal that comes between the prompt and readline's wait would be seen at the next key: wake it often."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return
    alarm, wakeup = signal.signal(signal.SIGALRM, lambda number, frame: None), signal.set_wakeup_fd(-1)
    signal.setitimer(signal.ITIMER_REAL, WAKE_S, WAKE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarm)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)


def ask_hidden(prompt: str) -> str:
    """A line that is not shown while it is typed."""
    from getpass import getpass  # only for secrets

    return getpass(f"  {prompt}> ")
