"""What an earlier process or run leaves to this one: steps to close, steps to do again, outputs to take over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from character_flow import events
from character_flow.events import ArtifactRef, Fact
from character_flow.file_book import renamed
from character_flow.plan import Plan, Step
from character_flow.run_state import INTERRUPTED, RunState, StepState

_AGAIN = ("failed", "cancelled")


def closing_facts(state: RunState) -> list[tuple[Fact, int]]:
    """The ends of attempts that a dead process left open; the next attempt follows by itself."""
    message = "the process that ran it ended before it did"
    return [
        (events.StepError(reason=INTERRUPTED, message=message, final=False), number)
        for number, step in enumerate(state.steps, 1)
        if step.condition == "running"
    ]


def resuming_facts(state: RunState, *, by: str, engine_version: str) -> list[tuple[Fact, int | None]]:
    """How a resume begins: what ended badly is pending again, what was left open is closed."""
    restart = tuple(number for number, step in enumerate(state.steps, 1) if step.condition in _AGAIN)
    opening: list[tuple[Fact, int | None]] = [
        (events.PlanResumed(by=by, engine_version=engine_version, restart=restart), None)
    ]
    return [*opening, *closing_facts(state)]


def depending_on(plan: Plan, name: str) -> frozenset[str]:
    """A step and every step that needs it, directly or not."""
    found = {name}
    for step in plan.steps:  # needs name only steps above, so one pass finds all
        if found.intersection(step.needs):
            found.add(step.name)
    return frozenset(found)


class Reuse:
    """Takes over a step's output from a parent run where the work would be the same: equal name, equal `with_key`."""

    def __init__(
        self,
        parent: Path,
        names: Sequence[str],
        state: RunState,
        *,
        load_output: Callable[[str], JsonValue],
        bring: Callable[[Path, ArtifactRef], object],
        anew: Collection[str] = (),
    ) -> None:
        self._parent = parent
        self._steps: Mapping[str, StepState] = dict(zip(names, state.steps, strict=True))
        self._load_output, self._bring_file, self._anew = load_output, bring, anew

    def __call__(self, step: Step, key: str) -> events.StepReused | None:
        """The fact that takes the step over, or None if it must run."""
        before = self._steps.get(step.name)
        if before is None or before.condition != "completed" or before.key != key or step.name in self._anew:
            return None
        moved = self._bring(step.name, before.artifacts)
        if moved is None:
            return None
        output = before.output if before.output_ref is None else self._load_output(before.output_ref)
        return events.StepReused(
            from_run=self._parent.name,
            with_key=key,
            output=renamed(output, {old: reference.path for old, reference in moved.items()}),
            artifacts=tuple(moved.values()),
        )

    def _bring(self, name: str, artifacts: Sequence[ArtifactRef]) -> dict[str, ArtifactRef] | None:
        """The parent's files under this run's names; None when one of them is gone, so that the step runs."""
        moved: dict[str, ArtifactRef] = {}
        for reference in artifacts:
            source = self._parent / reference.path
            if not source.is_file():
                return None
            path = Path("artifacts", f"{name}-0", *Path(reference.path).parts[2:])
            moved[reference.path] = reference.model_copy(update={"path": str(path)})
            self._bring_file(source, moved[reference.path])
        return moved
