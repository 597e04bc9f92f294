"""What the steps of a run gave: every output whole and every file, from one reading of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from character_flow.errors import StreamError
from character_flow.events import ArtifactMade, ArtifactRef, PlanCompleted, StepCompleted, StepReused, StepStarted
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder, read_output

PLAN = 0


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a run gave, by step number; `PLAN` is the plan's own output. Paths are as on disk.

    `artifacts` are the files of the newest attempt, all of them. An output that was there once and cannot be read any
    more is not among `values`: `problems` says why.
    """

    values: Mapping[int, JsonValue]
    artifacts: Mapping[int, tuple[ArtifactRef, ...]]
    problems: Mapping[int, str]

    @property
    def plan(self) -> JsonValue:
        """The plan's own output; null where it has none."""
        return self.values.get(PLAN)


def read_outputs(run: RunFolder) -> Outputs:
    """Everything that the steps of a run gave last, as far as its journal can be read."""
    newest: dict[int, StepCompleted | StepReused | PlanCompleted] = {}
    artifacts: dict[int, dict[str, ArtifactRef]] = {}
    for event in read_events(run.journal, strict=False):
        step = event.step or PLAN
        match event.fact:
            case StepStarted():
                artifacts.pop(step, None)
            case ArtifactMade() as fact:
                ref = ArtifactRef(path=fact.path, kind=fact.kind, sha256=fact.sha256, bytes=fact.bytes)
                artifacts.setdefault(step, {})[ref.path] = ref
            case StepCompleted() | StepReused() | PlanCompleted() as fact:
                newest[step] = fact
                if isinstance(fact, StepReused):
                    artifacts.setdefault(step, {}).update({ref.path: ref for ref in fact.artifacts})
    values: dict[int, JsonValue] = {}
    problems: dict[int, str] = {}
    for step, end in newest.items():
        try:
            values[step] = end.output if end.output_ref is None else read_output(run, end.output_ref)
        except StreamError as error:
            problems[step] = str(error)
    return Outputs(values, {step: tuple(refs.values()) for step, refs in artifacts.items()}, problems)
