"""In which order a fact takes hold: recorded, applied to the run's state, told to the hooks once it is durable.

The end of a step may be synced a little later than it is written, just before the next line: so what follows it is
decided in one go, and not between two waits for the disk, after each of which the processor begins cold. Until it is
synced nobody is told of it, and nothing outside this process follows from it.
"""

from character_flow.events import Event, Fact
from character_flow.hooks import HookChain
from character_flow.run_state import RunState
from character_flow.surroundings import Recorder


class Ledger:
    """Records facts one at a time, under the recorder's lock; from any thread."""

    def __init__(self, recorder: Recorder, state: RunState, hooks: HookChain) -> None:
        self._recorder, self._state, self._hooks = recorder, state, hooks
        self._untold: list[Event] = []
        self.lock = recorder.lock
        """Whoever holds it sees no event between two of its own."""

    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None, later: bool = False) -> Event:
        """Record, apply, tell; with `later` it is made durable and told before the next one, or by `settle`."""
        with self.lock:
            try:
                event = self._recorder.record(fact, step=step, attempt=attempt, later=later)
                self._state.apply(event)
                self._untold.append(event)
            finally:  # what is durable is told, even if what followed could not be recorded
                if self._recorder.is_settled:
                    self._tell()
        return event

    def settle(self) -> None:
        """Make durable what was left for later, and tell it: before anybody waits."""
        if self._untold:
            with self.lock:
                self._recorder.settle()
                self._tell()

    def _tell(self) -> None:
        for event in self._untold:
            self._hooks.notify(event)
        self._untold.clear()
