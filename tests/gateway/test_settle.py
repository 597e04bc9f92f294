"""What a page may say of a paid call nobody knows of, and what it may not."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.events import (
    PlanFailed,
    PredictionIntended,
    PredictionSettled,
    PredictionSubmitted,
    StepSkipped,
    StepStarted,
    StepUncertain,
)
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder
from tests.gateway.served import Server
from tests.gateway.test_live import publish
from tests.unit.recorded import make_run

INTENT = PredictionIntended(
    call=1, provider="replicate", model="owner/name", input_sha256="0" * 64, content_key="1" * 64,
    t0="2026-11-21T12:00:00+00:00", estimate_usd=0.4,
)  # fmt: skip


def uncertain_run(folder: Path) -> RunFolder:
    """A run that ended with its first step uncertain; nobody holds it."""
    run, journal = make_run(folder)
    journal.append(StepStarted(name="s1", tool="video.generate", with_key="k"), step=1, attempt=1)
    journal.append(INTENT, step=1, attempt=1)
    journal.append(StepUncertain(reason="uncertain", message="nobody knows"), step=1, attempt=1)
    journal.append(PlanFailed(outcome="uncertain", message="step 's1': nobody knows", failed_step=1, duration_s=1))
    journal.close()
    publish(run)
    return run


def ask(server: Server, run: RunFolder, **asked: JsonValue) -> tuple[int, dict[str, JsonValue]]:
    answer = server.ask(f"/plan/runs/{run.id}/settle", **asked)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"adopt": " ab12cd34 "}, PredictionSubmitted(call=1, id="ab12cd34")),
        ({"charge_again": True}, PredictionSettled(call=1, status="abandoned")),
        ({"skip": True}, StepSkipped),
    ],
)
def test_each_of_the_three_answers_is_written_and_the_page_shows_it(
    server: Server, asked: dict[str, JsonValue], says: object
) -> None:
    run = uncertain_run(server.folder)
    assert ask(server, run, step="s1", **asked) == (200, {"by": "here"})
    facts = [event.fact for event in read_events(run.journal)]
    assert says in facts or (isinstance(says, type) and any(isinstance(fact, says) for fact in facts))
    page = server.json(f"/plan/runs/{run.id}/snapshot")
    assert (page["head"]["status"], page["head"]["outcome"]) == ("error", "failed")
    assert page["rows"][0]["status"] == ("skipped" if "skip" in asked else "pending")
    if "adopt" in asked:  # an id may have been mistyped
        assert ask(server, run, step="s1", charge_again=True) == (200, {"by": "here"})
    status, told = ask(server, run, step="s1", charge_again=True)
    assert (status, "has no call" in str(told["problem"])) == (400, True)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({}, "step: the name of the step that is uncertain"),
        ({"step": "s1"}, "settle takes exactly one of"),
        ({"step": "s1", "skip": True, "charge_again": True}, "settle takes exactly one of"),
        ({"step": "s1", "adopt": "../x"}, "'../x' is no id of a prediction"),
        ({"step": "s1", "adopt": 5}, "adopt: the prediction's id, a text"),
        ({"step": "s1", "charge_again": "true"}, "charge_again: true or false"),
        ({"step": "s1", "charge_again": 1}, "charge_again: true or false"),
        ({"step": "s2", "skip": True}, "step 's2' has no call"),
        ({"step": "s9", "skip": True}, "has no step 's9'; its steps are s1, s2"),
    ],
)
def test_anything_else_is_one_line_and_changes_nothing(
    server: Server, asked: dict[str, JsonValue], problem: str
) -> None:
    """Nothing that only looks like a yes may cost money."""
    run = uncertain_run(server.folder)
    before = [event.type for event in read_events(run.journal)]
    status, told = ask(server, run, **asked)
    assert (status, problem in str(told["problem"]), "\n" in str(told["problem"])) == (400, True, False)
    assert [event.type for event in read_events(run.journal)] == before
