"""What may start now: the steps whose needs are over, and what `retry_from` sends back."""

import heapq
from collections.abc import Iterable

from character_flow.plan import Plan, Step
from character_flow.run_state import RunState


class Schedule:
    """Ready steps, lowest number first. O(1) a step that ends; counted anew when steps are sent back."""

    def __init__(self, plan: Plan, state: RunState) -> None:
        self._state = state
        self.held: set[int] = set()
        """Steps whose next attempt was announced and is not due yet."""
        numbers = self._numbers = {step.name: step.number for step in plan.steps}
        self._needs = [tuple({numbers[name] for name in step.needs}) for step in plan.steps]
        self._dependents: list[list[int]] = [[] for _ in plan.steps]
        for number, needs in enumerate(self._needs, 1):
            for needed in needs:
                self._dependents[needed - 1].append(number)
        self.rebuild()

    def rebuild(self) -> None:
        """Look at every step again: after a resume, or after steps were sent back."""
        over = [step.is_over for step in self._state.steps]
        self._waiting = [sum(not over[needed - 1] for needed in needs) for needs in self._needs]
        self._ready = [number for number, count in enumerate(self._waiting, 1) if count == 0 and self._may_run(number)]
        self._queued = set(self._ready)

    def _may_run(self, number: int) -> bool:
        step = self._state.step(number)
        if step.condition == "running" or number in self.held:
            return False
        return step.condition == "pending" or step.recheck

    def hold(self, number: int) -> None:
        """A step must not start before its announced attempt is due."""
        self.held.add(number)

    def release(self, number: int) -> bool:
        """The announced attempt is due: whether it may begin now. If not, it is ready when its needs are over again."""
        self.held.discard(number)
        return self._waiting[number - 1] == 0 and number not in self._queued and self._may_run(number)

    def _add(self, number: int) -> None:
        if number not in self._queued:
            self._queued.add(number)
            heapq.heappush(self._ready, number)

    def over(self, number: int) -> None:
        """A step is over; those that waited for it alone may start."""
        if self._state.step(number).recheck:  # sent back while it was running: look at it once more
            if self._waiting[number - 1] == 0:
                self._add(number)
            return
        for dependent in self._dependents[number - 1]:
            self._waiting[dependent - 1] -= 1
            if self._waiting[dependent - 1] == 0 and self._may_run(dependent):
                self._add(dependent)

    @property
    def has_ready(self) -> bool:
        """Whether some step may start."""
        return bool(self._ready)

    def take(self) -> int | None:
        """The lowest step that may start, or None."""
        if not self._ready:
            return None
        number = heapq.heappop(self._ready)
        self._queued.discard(number)
        return number

    def sent_back(self, failing: Step) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What `retry_from` runs again: the way from its target to the failing step; and who else used the target."""
        target = self._numbers[failing.retry_from.step] if failing.retry_from else failing.number
        below = self._reach([target], self._dependents)
        above = self._reach([failing.number], self._needs)
        used = {number for number in below - above if self._state.step(number).condition in _HAS_RUN}
        return tuple(sorted(below & above)), tuple(sorted(used))

    @staticmethod
    def _reach(start: Iterable[int], edges: Iterable[Iterable[int]]) -> set[int]:
        table, found, todo = list(edges), set(start), list(start)
        while todo:
            for number in table[todo.pop() - 1]:
                if number not in found:
                    found.add(number)
                    todo.append(number)
        return found


_HAS_RUN = frozenset({"completed", "skipped", "continued", "running"})
