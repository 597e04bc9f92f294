"""Is it alive: the process that writes a run, and when it last gave a sign of life."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from character_flow.gateway.standing import Writer
from character_flow.stream.liveness import state_of
from character_flow.stream.stream import RunFolder

STALE_S = 3.0


def writer_of(run: RunFolder, *, now: Callable[[], float] = time.time) -> Writer:
    """Who holds a run. `stale`: he should have given a sign of life each second, and has not for STALE_S."""
    state = state_of(run.owner)
    try:
        touched = run.owner.stat().st_mtime
    except OSError:
        return Writer(state.kind)
    silent_s = now() - touched
    return Writer(
        kind=state.kind,
        who=str(state.owner) if state.owner is not None else None,
        pulse_at=datetime.fromtimestamp(touched, UTC).isoformat(),
        stale=state.kind in ("alive", "unknown") and silent_s > STALE_S,
    )
