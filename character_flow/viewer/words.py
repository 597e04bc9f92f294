"""How figures are said to people: times, durations and sums of money."""

from functools import partial

from character_flow import durations
from character_flow.snapshot import read_time

NOTHING = "\N{EN DASH}"
"""Stands where there is no figure."""


def when(text: str | None) -> str:
    """A time in this machine's zone, `2026-11-21 15:03`; a dash for none, the text itself when it is no time."""
    if not text:
        return NOTHING
    try:
        return f"{read_time(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text


took = partial(durations.took, unknown=NOTHING)
"""A duration, `12.2 s` or `3 min 05 s`; a dash for none."""


def costs(usd: float | None) -> str:
    """A sum: `$0.42`, smaller ones with more digits; a dash where nobody knows it."""
    if usd is None:
        return NOTHING
    return f"${usd:.2f}" if usd == 0 or usd >= 0.1 else f"${usd:.4f}"
