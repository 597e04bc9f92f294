"""How things are said on a terminal: foreign text made harmless, durations, times and sizes."""

import shlex
import time
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from unicodedata import category

_TURNS_READING = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_KEPT = {ord("\n"): "\n", ord("\t"): "    "}


class _Harmless(dict[int, str]):
    """A translation table that knows each character once it has met it."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        # Controls move the cursor or begin escapes, surrogates cannot be printed.
        foreign = category(char) in ("Cc", "Cs", "Zl", "Zp") or code in _TURNS_READING
        self[code] = shown = _escape(code) if foreign else char
        return shown


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_HARMLESS = _Harmless(_KEPT)


def harmless(text: str) -> str:
    """Foreign text as it may be printed: line ends stay, tabs become blanks, every other control is spelt out."""
    return text.replace("\r\n", "\n").translate(_HARMLESS)


def one_line(text: str, *, limit: int | None = None) -> str:
    """Foreign text on one line, white space joined; cut at `limit` characters with an ellipsis."""
    if limit is not None and len(text) > limit * 4:
        text = text[: limit * 4]  # a text of megabytes is not looked through to show its beginning
    joined = " ".join(harmless(text).split())
    return joined if limit is None or len(joined) <= limit else f"{joined[: limit - 1]}…"


def lines(text: str, *, most: int) -> list[str]:
    """The first lines of a foreign text, and a last one that says how many more there are."""
    every = harmless(text[:100_000]).rstrip("\n").split("\n")
    if len(every) <= most:
        return every
    return [*islice(every, most - 1), f"… {len(every) - most + 1} more lines"]


def ticking(seconds: float) -> str:
    """A duration that is still growing: `0:07`, `12:30`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def local_time(text: str | None) -> str:
    """An ISO 8601 time as a clock on the wall shows it: `2026-11-21 12:30:05`; empty for none."""
    if not text:
        return ""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return one_line(text, limit=19)


def since(text: str | None, *, now: float | None = None) -> float:
    """Seconds from an ISO 8601 time to now, or to another moment; 0 for none."""
    try:
        return max(0.0, (time.time() if now is None else now) - datetime.fromisoformat(text or "").timestamp())
    except ValueError:
        return 0.0


def size(number: int) -> str:
    """A number of bytes as people say it: `870 bytes`, `64 KB`, `1.2 MB`."""
    if number < 1_000:
        return count(number, "byte")
    for unit in ("KB", "MB", "GB"):
        if number < 999_500 or unit == "GB":
            break
        number //= 1_000
    return f"{number / 1_000:.0f} {unit}" if number >= 10_000 else f"{number / 1_000:.1f} {unit}"


def count(number: int, word: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def command(words: list[str], options: Mapping[str, str] | None = None) -> str:
    """A command as it can be pasted into a shell."""
    given = [word for name, value in (options or {}).items() for word in (name, value)]
    return " ".join(shlex.quote(word) for word in [*words, *given])
