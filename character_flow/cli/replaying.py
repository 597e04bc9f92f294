"""How a run is shown again: the faces of a run that goes on, fed from its journal in the time it took."""

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from character_flow.cli.channels import is_terminal
from character_flow.cli.faces import Face, PlainLines
from character_flow.cli.showing import Showing
from character_flow.cli.signals import Interrupted, Signals
from character_flow.errors import StreamError
from character_flow.replay import timeline
from character_flow.stream.stream import RunFolder


class ReplayClock:
    """The time of a replay, in seconds from its beginning; it runs `speed` times as fast as ours.

    To its face the replay happens in the first moments of 1970: both the events and the clock say so.
    """

    def __init__(
        self,
        *,
        speed: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._speed, self._monotonic, self._sleep = speed, monotonic, sleep
        self._began = monotonic()

    def now(self) -> float:
        """What time it is in the replay."""
        return (self._monotonic() - self._began) * self._speed

    def wait_for(self, at_s: float) -> None:
        """Come back when it is that time in the replay."""
        while (left := at_s - self.now()) > 0:
            self._sleep(left / self._speed)


def replay_run(run: RunFolder, *, speed: float) -> int:
    """Show a run as it went; returns 0 at its end, or the code of the signal that stopped it."""
    moments = timeline(run)
    first = next(moments, None)
    if first is None:
        raise StreamError(f"{run.journal}: it holds no event that can be read, nothing to show", path=run.journal)
    clock = ReplayClock(speed=speed)
    showing = Showing(_face(run, clock))
    try:
        with Signals(), closing(showing):
            for at_s, event in (first, *moments):
                clock.wait_for(at_s)
                showing.put(replace(event, mono=at_s, ts=datetime.fromtimestamp(at_s, UTC).isoformat()))
    except Interrupted as stopped:
        return stopped.exit_code
    return 0


def _face(run: RunFolder, clock: ReplayClock) -> Face:
    if is_terminal(1) and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from character_flow.cli.live import LiveList  # rich, only where it can draw

        return LiveList(clock=clock.now)
    return PlainLines(run)
