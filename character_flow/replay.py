"""When did it happen: every event of a run with its place on one time line, as seconds at work.

Within an epoch time is what the run's own clock says. Between two epochs nobody was at work, for a minute or for a
month: that counts one second.
"""

from collections.abc import Iterator

from character_flow.events import Event, PlanResumed, PlanStarted
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder

PAUSE_S = 1.0


def timeline(run: RunFolder) -> Iterator[tuple[float, Event]]:
    """Each event in order with the seconds since the run began; they never fall.

    What a queued run waited counts nothing. A damaged journal is told as far as it can be read; a missing one is a
    StreamError.
    """
    at_s, epoch, began, base = 0.0, 0, 0.0, 0.0
    for event in read_events(run.journal, strict=False):
        if event.epoch != epoch:
            base = at_s + PAUSE_S if epoch else 0.0
            epoch, began = event.epoch, event.mono
        elif isinstance(event.fact, PlanStarted | PlanResumed):
            began, base = event.mono, at_s
        at_s = max(at_s, base + event.mono - began)
        yield at_s, event


def length_s(run: RunFolder) -> float:
    """When the last event of a run happened, on its time line."""
    return max((at_s for at_s, _event in timeline(run)), default=0.0)
