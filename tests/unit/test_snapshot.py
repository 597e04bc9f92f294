"""How things stand: the documented keys with their meaning, and what each event does to them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.board import snapshot_bytes
from character_flow.events import Event, Fact
from character_flow.snapshot import KEPT_ARTIFACTS, OVER, Snapshot, StepRun, fold, read_time
from tests.unit.recorded import RUN_ID, started

DOCUMENTED = {
    "status", "plan_name", "total_steps", "current_step", "started_at", "steps", "plan_id", "plan_run_id",
    "current_step_name", "current_step_tool", "completed_at", "last_updated",
}  # fmt: skip
OURS = {
    "schema_version", "run_id", "run_dir", "parent_run_id", "epoch", "seq", "outcome", "progress", "message",
    "duration_s", "cost_usd", "error", "input_request", "artifacts", "artifact_count",
}  # fmt: skip
DOCUMENTED_ROW = {
    "step_number", "task", "tool_id", "status", "started_at", "completed_at", "output", "error",
}  # fmt: skip
OUR_ROW = {
    "name", "duration_s", "attempt", "progress", "message", "text", "artifacts", "artifact_count", "cost_usd",
    "output_ref", "reused_from", "prediction_id", "reattached",
}  # fmt: skip

Said = tuple[Fact, int | None, int | None]


def said(fact: Fact, step: int | None = None, attempt: int | None = None) -> Said:
    return fact, step, attempt


def told(*facts: Said | Fact) -> list[Event]:
    """Events in order, each at a time of its own."""
    placed = [fact if isinstance(fact, tuple) else (fact, None, None) for fact in facts]
    return [
        Event(seq, f"2026-11-20T12:00:{seq:02}+00:00", float(seq), 1, step, attempt, fact)
        for seq, (fact, step, attempt) in enumerate(placed, 1)
    ]


def stands(*facts: Said | Fact, steps: int = 2) -> Snapshot:
    return fold(Snapshot(), told(started(steps=steps), *facts))


def begun(step: int, attempt: int = 1, *, plan_percent: int | None = None) -> Said:
    fact = events.StepStarted(name=f"s{step}", tool="t", with_key="k", plan_percent=plan_percent)
    return fact, step, attempt


def done(step: int, output: JsonValue = "x") -> Said:
    return events.StepCompleted(output=output, duration_s=1.5), step, 1


def _at(seq: int) -> str:
    return f"2026-11-20T12:00:{seq:02}+00:00"


def test_the_page_holds_exactly_the_promised_keys() -> None:
    page = json.loads(snapshot_bytes(stands()))
    assert set(page) == DOCUMENTED | OURS
    assert [set(row) for row in page["steps"]] == [DOCUMENTED_ROW | OUR_ROW] * 2


def test_a_run_begins_with_every_step_pending() -> None:
    assert stands() == Snapshot(
        status="running", plan_name="An ad", total_steps=2, started_at=_at(1), last_updated=_at(1),
        plan_id="ugc_ad", plan_run_id=RUN_ID, run_id=RUN_ID, run_dir=f"runs/{RUN_ID}", epoch=1, seq=1,
        steps=tuple(StepRun(step_number=n, name=f"s{n}", task=f"Task {n}", tool_id="text.generate") for n in (1, 2)),
    )  # fmt: skip


def test_a_queued_run_waits_and_keeps_its_steps_when_it_starts() -> None:
    waiting = events.PlanQueued(run_id=RUN_ID, plan_name="An ad", steps=started().steps)
    queued = fold(Snapshot(), told(waiting))
    running = fold(Snapshot(), told(waiting, events.PlanStarted(run_id=RUN_ID)))
    assert [(s.status, s.started_at, s.total_steps) for s in (queued, running)] == [
        ("waiting", None, 2), ("running", _at(2), 2),
    ]  # fmt: skip


def test_a_run_that_ends_well_is_complete_and_at_100_percent() -> None:
    end = events.PlanCompleted(outcome="success", duration_s=4.0)
    seen = stands(begun(1), done(1), begun(2), done(2, {"a": 1}), end)
    assert (seen.status, seen.outcome, seen.progress, seen.duration_s, seen.completed_at, seen.is_over) == (
        "completed", "success", 100, 4.0, _at(6), True,
    )  # fmt: skip
    assert [(r.status, r.output, r.output_ref, r.duration_s, r.started_at, r.completed_at) for r in seen.steps] == [
        ("completed", "x", "journal.jsonl#3", 1.5, _at(2), _at(3)),
        ("completed", '{\n  "a": 1\n}', "journal.jsonl#5", 1.5, _at(4), _at(5)),
    ]
    assert (seen.current_step, seen.current_step_name, seen.current_step_tool, seen.cursor) == (
        2, "Task 2", "text.generate", "1.6",
    )  # fmt: skip


ENDS: Sequence[tuple[Fact, str, str, str | None]] = [
    (events.PlanCompleted(outcome="completed_with_issues"), "completed", "completed_with_issues", None),
    (events.PlanFailed(outcome="failed", message="step 1 failed"), "error", "failed", "step 1 failed"),
    (events.PlanFailed(outcome="uncertain", message="who knows"), "error", "uncertain", "who knows"),
    (events.PlanCancelled(by="me"), "error", "cancelled", None),
]


@pytest.mark.parametrize(("end", "status", "outcome", "error"), ENDS)
def test_each_end_of_a_plan_is_shown(end: Fact, status: str, outcome: str, error: str | None) -> None:
    """W0-04: failures are written, too."""
    seen = stands(end)
    assert (seen.status, seen.outcome, seen.error, seen.is_over) == (status, outcome, error, True)


ROWS: Sequence[tuple[Fact, str, str | None]] = [
    (events.StepCompleted(output="x"), "completed", None),
    (events.StepError(reason="tool", message="no", final=True), "error", "no"),
    (events.StepError(reason="tool", message="not yet", final=False), "pending", "not yet"),
    (events.StepCancelled(reason="cancelled"), "cancelled", None),
    (events.StepUncertain(reason="post", message="who knows"), "uncertain", "who knows"),
    (events.StepSkipped(reason="not needed"), "skipped", None),
    (events.StepReused(from_run="other", with_key="k", output="x"), "completed", None),
]


@pytest.mark.parametrize(("end", "status", "error"), ROWS)
def test_each_end_of_a_step_leads_to_its_status(end: Fact, status: str, error: str | None) -> None:
    row = stands(begun(1), said(end, 1, 1)).steps[0]
    assert (row.status, row.error, row.status in OVER) == (status, error, status != "pending")


def test_a_row_keeps_the_longest_part_people_are_shown() -> None:
    """W0-03: a preview of 2,000 characters, the whole value at its place."""
    output = events.StepCompleted(output_ref="outcomes/s1-1.json", preview="short")
    long = events.StepCompleted(output="y" * 5_000)
    chunks = [said(events.Chunk(text=letter * 1_500), 1, 1) for letter in "ab"]
    seen = stands(begun(1), *chunks, said(output, 1, 1), begun(2), said(long, 2, 1))
    assert seen.steps[0].text == "a" * 500 + "b" * 1_500
    assert (seen.steps[0].output, seen.steps[0].output_ref) == ("short", "outcomes/s1-1.json")
    assert (seen.steps[1].output, seen.steps[1].output_ref) == ("y" * 2_000, "journal.jsonl#7")


def test_artifacts_are_counted_and_the_last_twenty_kept() -> None:
    made = [said(events.ArtifactMade(path=f"{n}.png", kind="image", sha256="", bytes=n), 1, 1) for n in range(25)]
    seen = stands(begun(1), *made)
    for shown in (seen, seen.steps[0]):
        assert (shown.artifact_count, [int(ref.bytes) for ref in shown.artifacts]) == (25, list(range(5, 25)))
    assert KEPT_ARTIFACTS == 20


def test_a_new_attempt_begins_with_a_clean_row() -> None:
    failed = said(events.StepError(reason="tool", message="not yet", final=False, duration_s=2.0), 1, 1)
    again = said(events.StepRetried(next_attempt=2, reason="not yet"), 1, 1)
    seen = stands(begun(1), said(events.Chunk(text="half"), 1, 1), failed, again, begun(1, 2))
    row = seen.steps[0]
    assert (row.status, row.attempt, row.text, row.error, row.duration_s) == ("running", 2, "", None, None)


def test_a_step_sent_back_is_pending_again_and_keeps_its_attempt() -> None:
    back = said(events.StepRetried(next_attempt=2, reason="too long", restart=(1, 2)), 2, 1)
    seen = stands(begun(1), done(1), begun(2), back)
    assert [(row.status, row.attempt, row.output, row.task) for row in seen.steps] == [
        ("pending", 1, None, "Task 1"), ("pending", 1, None, "Task 2"),
    ]  # fmt: skip


def test_a_resumed_run_is_running_again() -> None:
    end = events.PlanFailed(outcome="failed", message="no", duration_s=3.0)
    seen = stands(begun(1), end, events.PlanResumed(restart=(1,)))
    assert (seen.status, seen.outcome, seen.error, seen.completed_at, seen.started_at, seen.duration_s) == (
        "running", None, None, None, _at(1), None,
    )  # fmt: skip
    assert seen.steps[0].status == "pending"


def test_progress_counts_steps_that_are_over_and_what_runs_by_its_share() -> None:
    """W0-14: never 100 % while the last step runs."""
    half = said(events.Progress(percent=50), 2, 1)
    seen = [
        stands(*facts).progress for facts in ([], [begun(1)], [begun(1), done(1)], [begun(1), done(1), begun(2), half])
    ]
    assert seen == [0, 0, 50, 75]
    assert stands(begun(1), done(1), begun(2), done(2)).progress == 99


def test_progress_never_falls_and_the_plans_own_mark_counts() -> None:
    back = said(events.StepRetried(next_attempt=2, reason="", restart=(1, 2)), 2, 1)
    assert stands(begun(1), done(1), begun(2), back).progress == 50
    assert stands(begun(1, plan_percent=80), done(1)).progress == 80
    assert stands(begun(1, plan_percent=100)).progress == 99


def test_the_current_step_is_the_highest_that_runs_else_the_last_that_ended() -> None:
    seen = [
        stands(*facts, steps=3).current_step
        for facts in (
            [],
            [begun(1)],
            [begun(1), begun(3)],
            [begun(1), begun(3), done(3)],
            [begun(1), begun(3), done(3), done(1)],
        )
    ]
    assert seen == [0, 1, 3, 1, 1]


def test_a_question_stands_until_it_is_answered_or_its_step_ends() -> None:
    ask = events.InputRequested(request_id="s1:1", kind="choice", prompt="Which?", choices=("a", "b"))
    asked = stands(begun(1), said(ask, 1, 1))
    assert asked.input_request is not None
    assert (asked.input_request.step, asked.input_request.choices, asked.message) == (1, ("a", "b"), "Which?")
    answer = said(events.InputReceived(request_id="s1:1", value="a", by="terminal"), 1, 1)
    for after in ([answer], [done(1)], [events.PlanCancelled(by="me")]):
        assert stands(begun(1), said(ask, 1, 1), *after).input_request is None


def test_money_is_summed_and_an_unknown_price_is_not_zero() -> None:
    settled = [
        events.PredictionSettled(call=n, status="succeeded", cost_usd=cost) for n, cost in enumerate((0.5, None, 0.25))
    ]
    assert stands(begun(1)).cost_usd is None
    seen = stands(begun(1), said(events.PredictionSubmitted(call=1, id="p1"), 1, 1), *(said(f, 1, 1) for f in settled))
    assert (seen.cost_usd, seen.steps[0].cost_usd, seen.steps[0].prediction_id) == (0.75, 0.75, "p1")


def test_a_call_taken_up_again_is_said_until_the_next_attempt() -> None:
    """Whatever the step says of itself afterwards: who looks later sees it too."""
    again = [said(events.PredictionReattached(call=1, id="p1"), 1, 2), said(events.Progress(message="frame 3"), 1, 2)]
    first = [begun(1), said(events.PredictionSubmitted(call=1, id="p1"), 1, 1), begun(1, 2)]
    before, told, later = (stands(*first, *more).steps[0] for more in ([], again[:1], again))
    assert (before.reattached, before.prediction_id) == (False, "p1")
    assert (told.reattached, told.message) == (True, "Re-attached to prediction p1")
    assert (later.reattached, later.message) == (True, "frame 3")
    assert stands(*first, *again, begun(1, 3)).steps[0].reattached is False


def test_the_first_step_that_fails_for_good_names_the_error_of_the_run() -> None:
    first = said(events.StepError(reason="tool", message="no", final=True), 1, 1)
    second = said(events.StepUncertain(reason="post", message="who knows"), 2, 1)
    continued = said(events.StepError(reason="tool", message="no", final=True, continued=True), 1, 1)
    assert stands(begun(1), first, begun(2), second).error == "step 's1': no"
    assert stands(begun(1), continued).error is None


def test_a_cancelled_step_says_what_goes_on_at_its_provider() -> None:
    row = stands(begun(1), said(events.StepCancelled(reason="cancelled by me", left_running="p1, p2"), 1, 1)).steps[0]
    assert (row.status, row.message) == ("cancelled", "left running at the provider: p1, p2")


def test_a_reused_step_shows_where_it_came_from() -> None:
    ref = events.ArtifactRef(path="a.png", kind="image", sha256="", bytes=1)
    row = stands(said(events.StepReused(from_run="other", with_key="k", output="x", artifacts=(ref,)), 1)).steps[0]
    assert (row.reused_from, row.output, row.artifacts, row.progress) == ("other", "x", (ref,), 100)


def test_messages_are_shown_on_the_row_and_on_the_run() -> None:
    seen = stands(begun(1), said(events.Progress(percent=10, message="drawing"), 1, 1), said(events.Progress(), 1, 1))
    assert (seen.message, seen.steps[0].message, seen.steps[0].progress) == ("drawing", "drawing", 10)


def test_an_event_of_a_later_version_moves_only_the_place() -> None:
    before = stands(begun(1))
    after = stands(begun(1), said(events.UnknownFact(kind="custom.mood"), 1, 1))
    assert after == before.model_copy(update={"seq": 3, "last_updated": _at(3)})


@pytest.mark.parametrize(
    "fact",
    [
        said(events.StepCompleted(output="x"), 7, 1),
        said(events.StepError(reason="tool", message="no", final=True), 7, 1),
        said(events.StepError(reason="tool", message="no", final=True), 0, 1),
        said(events.PlanResumed(restart=(7,))),
    ],
)
def test_a_step_the_plan_does_not_have_hurts_no_reader(fact: Said) -> None:
    """A journal may be written by a later version, or by hand."""
    assert stands(fact).steps == stands().steps


def test_a_time_without_a_zone_is_local_and_all_are_utc() -> None:
    """W0-16"""
    assert read_time("2026-11-20T13:00:00+01:00") == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert read_time("2026-11-20T12:00:00Z").tzinfo is UTC
    local = datetime(2026, 11, 20, 12).astimezone()
    assert read_time("2026-11-20T12:00:00") == local
    with pytest.raises(ValueError, match="Invalid isoformat"):
        read_time("yesterday")
