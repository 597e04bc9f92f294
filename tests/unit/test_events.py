"""What happened: a closed set of facts that survive being written, read, and read by older versions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from character_flow import events
from character_flow.events import FACTS, Event, Fact, UnknownFact
from character_flow.stream.journal_line import fact_from_json
from tests.unit.any_facts import built

MOMENTS = {
    "before_plan": {"plan_started", "plan_resumed"},
    "before_step": {"step_started"},
    "after_step": {
        "step_completed", "step_error", "step_cancelled", "step_uncertain", "step_skipped", "step_reused",
    },
    "after_plan": {"plan_completed", "plan_error", "plan_cancelled"},
}  # fmt: skip
ALL_TYPES = {
    "plan_queued", "plan_started", "plan_resumed", "step_started", "progress", "chunk", "artifact",
    "prediction_intended", "prediction_submitted", "prediction_reattached", "prediction_settled", "cache_hit",
    "input_requested", "input_received", "step_retried", "step_completed", "step_error", "step_cancelled",
    "step_uncertain", "step_skipped", "step_reused", "command_accepted", "command_refused", "hook_error",
    "plan_completed", "plan_error", "plan_cancelled",
}  # fmt: skip


def facts() -> st.SearchStrategy[Fact]:
    """Any fact of ours with any content."""
    return st.one_of([built(cls) for cls in FACTS.values()])


def test_the_set_of_facts_is_the_one_that_is_promised() -> None:
    assert set(FACTS) == ALL_TYPES


def test_every_moment_has_its_facts_and_all_others_are_during_a_step() -> None:
    during = ALL_TYPES.difference(*MOMENTS.values())
    expected = {name: moment for moment, names in MOMENTS.items() for name in names} | dict.fromkeys(
        during, "during_step"
    )
    assert {name: cls.moment for name, cls in FACTS.items()} == expected


@given(facts())
def test_a_fact_is_read_as_it_was_written(fact: Fact) -> None:
    assert fact_from_json(fact.type, fact.to_json()) == fact


@given(facts())
def test_keys_of_a_later_version_are_read_over(fact: Fact) -> None:
    assert fact_from_json(fact.type, fact.to_json() | {"from_a_later_version": 1}) == fact


def test_keys_that_hold_their_default_are_not_written() -> None:
    assert events.Progress(percent=5).to_json() == {"percent": 5}
    assert events.Chunk(text="").to_json() == {"text": ""}


def test_a_fact_of_a_later_version_is_passed_on_as_it_is() -> None:
    later = fact_from_json("custom.mood", {"mood": "good"})
    changed = fact_from_json("chunk", {"text": 5})
    assert (later, later.to_json()) == (UnknownFact(kind="custom.mood", content={"mood": "good"}), {"mood": "good"})
    assert changed == UnknownFact(kind="chunk", content={"text": 5})
    assert [Event(1, "", 0.0, 1, None, None, fact).type for fact in (later, changed)] == ["custom.mood", "chunk"]


def test_an_event_tells_its_type_and_where_a_reader_stands_after_it() -> None:
    event = Event(42, "", 0.0, 3, 1, 1, events.Chunk(text="x"))
    assert (event.type, event.cursor) == ("chunk", "3.42")


@pytest.mark.parametrize("cls", [*FACTS.values(), events.ArtifactRef, events.StepHead])
def test_facts_are_values(cls: type[BaseModel]) -> None:
    assert (cls.model_config.get("frozen"), cls.model_config.get("extra")) == (True, "ignore")


def test_a_fact_holds_no_number_without_end() -> None:
    """No line could be shown to a person, or read as JSON elsewhere."""
    with pytest.raises(ValidationError, match="finite number"):
        events.CacheHit(call=1, key="k", age_s=math.inf)
