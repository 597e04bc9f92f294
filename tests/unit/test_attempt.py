"""One attempt while it is open, with a clock of the test's own: what is merged, and how it is closed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.attempt import OpenAttempt, plan_percent
from character_flow.errors import DurabilityError, RunCancelledError
from character_flow.events import ArtifactRef, Chunk, Event, Fact, Progress
from character_flow.money import PRICES
from character_flow.paid import Paying, Purse
from character_flow.plan import Step, parse_plan
from character_flow.run_state import RunState
from character_flow.tools.providers.base import Provider
from character_flow.tools.registry import Question


class Floor:
    """Keeps what is recorded, and what is to be flushed when."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.facts: list[Fact] = []
        self.due: list[float] = []
        self.broken: list[BaseException] = []
        self.refuses = False

    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None) -> Event:
        if self.refuses:
            raise DurabilityError("the disk is full", path=Path("journal.jsonl"))
        self.facts.append(fact)
        return Event(len(self.facts), "2026-11-21T12:00:00+00:00", 0.0, 1, step, attempt, fact)

    def flush_at(self, due: float, attempt: OpenAttempt) -> None:
        self.due.append(due)

    def ask(self, attempt: OpenAttempt, request_id: str, question: Question, answer: "Future[str]") -> None:
        answer.set_result(request_id)

    def broke(self, error: BaseException) -> None:
        self.broken.append(error)

    def shown(self, text: str) -> str:
        return text

    def shown_part(self, text: str, *, is_last: bool) -> tuple[str, str]:
        return text, ""


class Workshop:
    """Has no disk."""

    def folder(self, step: str, attempt: int) -> Path:
        raise DurabilityError("the disk is full", path=Path("artifacts"))

    def keep(self, folder: Path, path: Path, kind: str) -> ArtifactRef:
        raise AssertionError("there is no folder")

    def provider(self, kind: str) -> Provider:
        raise AssertionError("nobody asks")

    def cancel(self, provider: str, prediction_id: str) -> None:
        raise AssertionError("nothing is open")

    def written(self, output: JsonValue) -> JsonValue:
        return output

    def taken_up(self, output: JsonValue, ref: str | None) -> JsonValue:
        return output

    def put_aside(self, step: str, attempt: int, result: object) -> str:
        raise AssertionError("there is no folder")

    def on_disk(self, reference: ArtifactRef) -> ArtifactRef:
        return reference


class Setup:
    """An attempt at a step with a span, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.floor = Floor()
        paying = Paying(Purse(RunState.fresh(1), PRICES), frozenset)
        self.attempt = OpenAttempt(
            self.floor, Workshop(), step(), number=2, asked=1, calls={}, paying=paying, clock=lambda: self.now
        )


def step(progress: str = "[10, 20]") -> Step:
    text = f"steps: [{{name: one, tool: ask, with: {{question: q}}, progress: {progress}, timeout: 60}}]"
    return parse_plan(text, path="p.yaml", plan_id="p").steps[0]


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_what_comes_within_50_ms_is_one_event(setup: Setup) -> None:
    """DESIGN 3.3."""
    setup.attempt.chunk("a")
    setup.attempt.chunk("b")
    setup.attempt.progress(10, "ten")
    setup.attempt.progress(None, "still ten")
    setup.attempt.chunk("c")
    assert setup.floor.facts == [Chunk(text="a")]
    assert setup.floor.due == [100.05]
    setup.now = 100.05
    setup.attempt.flush()
    assert setup.floor.facts[1:] == [Chunk(text="bc"), Progress(percent=10, message="still ten", plan_percent=11)]
    setup.attempt.flush()
    assert len(setup.floor.facts) == 3


def test_closing_writes_what_was_merged_and_refuses_all_that_follows(setup: Setup) -> None:
    setup.attempt.chunk("a")
    setup.attempt.chunk("b")
    setup.attempt.close()
    setup.attempt.flush()
    calls: list[Callable[[], object]] = [
        lambda: setup.attempt.chunk("late"),
        lambda: setup.attempt.progress(1, None),
        lambda: setup.attempt.ask(Question("late?")),
        lambda: setup.attempt.keep(Path("x"), "file"),
        setup.attempt.folder,
        lambda: setup.attempt.provider("text"),
    ]
    for call in calls:
        with pytest.raises(RunCancelledError, match="step 'one' attempt 2 is over"):
            call()
    assert setup.floor.facts == [Chunk(text="a"), Chunk(text="b")]
    assert setup.floor.broken == []


def test_questions_are_numbered_after_those_of_earlier_rounds(setup: Setup) -> None:
    assert [setup.attempt.ask(Question("q")) for _ in range(2)] == ["one:2", "one:3"]


def test_a_disk_that_refuses_ends_the_run_and_not_only_the_step(setup: Setup) -> None:
    setup.floor.refuses = True
    with pytest.raises(RunCancelledError, match="the run cannot be written"):
        setup.attempt.chunk("a")
    with pytest.raises(RunCancelledError, match="the run cannot be written"):
        setup.attempt.keep(Path("x"), "file")
    assert [str(error) for error in setup.floor.broken] == ["the disk is full"] * 2


def test_the_tool_is_given_when_its_time_is_up(setup: Setup) -> None:
    context = setup.attempt.context("run", plan_folder=Path("plans"))
    assert (context.run_id, context.step, context.attempt, context.deadline) == ("run", "one", 2, 160.0)


@pytest.mark.parametrize(
    ("progress", "percent", "expected"),
    [
        ("30", 0, 30),
        ("30", 50, 30),
        ("[30, 50]", 0, 30),
        ("[30, 50]", 49, 39),
        ("[30, 50]", 100, 50),
        ("null", 50, None),
    ],
)
def test_a_plans_percent_is_its_mark_or_the_place_in_its_span(
    progress: str, percent: int, expected: int | None
) -> None:
    assert plan_percent(step(progress), percent) == expected
    assert plan_percent(step(progress), None) is None
