"""What an earlier process or run leaves to this one: steps to close, steps to do again, outputs to take over."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from character_flow import events
from character_flow.events import ArtifactRef, Event, Fact
from character_flow.file_book import renamed, texts_in
from character_flow.plan import Plan, Step
from character_flow.run_state import INTERRUPTED, RunState, StepState

_ARTIFACT = re.compile(r"artifacts/[a-z0-9_]+-\d+/.")
_ARTIFACTS_A_LINE = 100
_AGAIN = ("failed", "cancelled", "uncertain")


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


def files_of(happened: Iterable[Event]) -> Iterator[ArtifactRef]:
    """Every file that was made or taken over, also by attempts that were followed by others."""
    for event in happened:
        fact = event.fact
        if isinstance(fact, events.ArtifactMade):
            yield ArtifactRef(path=fact.path, kind=fact.kind, sha256=fact.sha256, bytes=fact.bytes)
        elif isinstance(fact, events.StepReused):
            yield from fact.artifacts


def in_lines(reused: events.StepReused) -> Iterator[Fact]:
    """The facts that take a step over: a line of the journal holds 64 KiB, and so only so many of its files."""
    made = max(len(reused.artifacts) - _ARTIFACTS_A_LINE, 0)
    for reference in reused.artifacts[:made]:
        yield events.ArtifactMade(**reference.model_dump())
    yield reused.model_copy(update={"artifacts": reused.artifacts[made:]})


class Workshop(Protocol):
    """Where a run's files are."""

    def bring(self, source: Path, reference: ArtifactRef) -> object:
        """Put another run's file where the reference says it is in this one."""


def taking_over(
    parent: Path, happened: Sequence[Event], *, load_output: Callable[[str], JsonValue], anew: Collection[str]
) -> Callable[[Workshop], "Reuse"] | None:
    """What a new run may take over from a parent run; None when the parent's first line cannot be read."""
    head = happened[0].fact if happened else None
    if not isinstance(head, events.PlanHead) or not head.steps:
        return None
    state = RunState.replayed(len(head.steps), happened)
    steps = {step.name: of for step, of in zip(head.steps, state.steps, strict=True) if step.name not in anew}
    files = {reference.path: reference for reference in files_of(happened)}
    return lambda workshop: Reuse(parent, steps, files, load_output=load_output, workshop=workshop)


class Reuse:
    """Takes over a step's output from a parent run where the work would be the same: equal name, equal `with_key`.

    A step that was sent back is compared as it was called last, told the same feedback.
    """

    def __init__(
        self,
        parent: Path,
        steps: Mapping[str, StepState],
        files: Mapping[str, ArtifactRef],
        *,
        load_output: Callable[[str], JsonValue],
        workshop: Workshop,
    ) -> None:
        self._parent, self._steps, self._files = parent, steps, files
        self._load_output, self._workshop = load_output, workshop

    def __call__(self, step: Step, key_told: Callable[[str | None], str]) -> events.StepReused | None:
        """The fact that takes the step over, or None if it must run."""
        before = self._steps.get(step.name)
        if before is None or before.condition != "completed" or before.key != key_told(before.feedback):
            return None
        output = before.output if before.output_ref is None else self._load_output(before.output_ref)
        made = {reference.path for reference in before.artifacts}
        named = {text for text in texts_in(output) if _ARTIFACT.match(text)}
        if not named <= self._files.keys():
            return None  # the line that told of a file is damaged: nobody knows its hash
        moved = self._bring(step.name, made | named)
        if moved is None:
            return None
        return events.StepReused(
            from_run=self._parent.name,
            with_key=before.key,
            output=renamed(output, {old: reference.path for old, reference in moved.items()}),
            artifacts=tuple(moved.values()),
        )

    def _bring(self, name: str, paths: Collection[str]) -> dict[str, ArtifactRef] | None:
        """The parent's files under this step's name; None when one of them is gone, so that the step runs."""
        if not all((self._parent / path).is_file() for path in paths):
            return None
        moved: dict[str, ArtifactRef] = {}
        for path in sorted(paths):
            _artifacts, attempt, *rest = Path(path).parts
            own = attempt.rpartition("-")[0] == name
            target = Path("artifacts", f"{name}-0", *(() if own else (attempt,)), *rest)
            moved[path] = self._files[path].model_copy(update={"path": str(target)})
            self._workshop.bring(self._parent / path, moved[path])
        return moved
