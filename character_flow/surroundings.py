"""What an engine is given: who records, where tools work, what steps are called with, and where commands arrive."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from character_flow.attempt import Workshop
from character_flow.events import Event, Fact, StepReused
from character_flow.file_book import FileBook
from character_flow.paid import Paying
from character_flow.plan import Plan, Step
from character_flow.run_state import RunState
from character_flow.tools.registry import ToolRegistry


class Recorder(Protocol):
    """Makes a fact durable and gives it its place; raises DurabilityError when it cannot: the run must not go on."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while a fact is recorded."""

    def record(self, fact: Fact, *, step: int | None = None, attempt: int | None = None, later: bool = False) -> Event:
        """Make a fact durable; with `later` before the next one is written, or by `settle`."""

    def settle(self) -> None:
        """Make durable what was left for later."""

    @property
    def is_settled(self) -> bool:
        """Whether all that was recorded is durable."""


class CommandLike(Protocol):
    """A request from outside, as the inbox holds it."""

    @property
    def id(self) -> str:
        """Its own id; a repeat is a no-op."""

    @property
    def kind(self) -> str:
        """What is asked: cancel or answer."""

    @property
    def by(self) -> str:
        """Who asks."""

    @property
    def request_id(self) -> str | None:
        """The question an answer is for; None: whichever is open."""

    @property
    def value(self) -> str | None:
        """The answer."""


class RefusedLike(Protocol):
    """A file in the inbox that is no command, and why."""

    @property
    def command_id(self) -> str:
        """Its id, as far as it has one."""

    @property
    def reason(self) -> str:
        """What is wrong with it."""


class Inbox(Protocol):
    """Where commands arrive; a command is deleted only after it was accepted or refused in the journal."""

    def pending(self) -> Sequence[CommandLike]:
        """Commands not obeyed yet, oldest first."""

    def delete(self, command_id: str) -> None:
        """Its fate is in the journal."""

    def refused(self) -> Sequence[RefusedLike]:
        """What was no command; each is told once."""


@dataclass(frozen=True)
class Surroundings:
    """What a run is given: who records, where tools work, what they are called with."""

    run_id: str
    recorder: Recorder
    workshop: Workshop
    book: FileBook
    tools: ToolRegistry
    inputs: Mapping[str, JsonValue]
    plan_folder: Path
    load_output: Callable[[str], JsonValue]
    paying: Paying
    inbox: Inbox | None = None
    reuse: Callable[[Step, Callable[[str | None], str]], StepReused | None] = lambda step, key_told: None
    """Takes a step over from an earlier run; it is given the step's key as it would be with some feedback."""


class Outputs(Mapping[str, JsonValue]):
    """`steps` as templates see it: each step's output, whole, its paths absolute."""

    def __init__(self, plan: Plan, state: RunState, around: Surroundings) -> None:
        self._numbers = {step.name: step.number for step in plan.steps}
        self._state, self._around = state, around

    def __getitem__(self, name: str) -> JsonValue:
        step = self._state.step(self._numbers[name])
        output = step.output if step.output_ref is None else self._around.load_output(step.output_ref)
        return {"output": self._around.book.live(output)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
