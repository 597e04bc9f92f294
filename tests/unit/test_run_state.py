"""Where a run is, learnt from its events: what a resume knows is what the engine knew."""

from character_flow import events
from character_flow.events import Event, Fact
from character_flow.run_state import RunState


def state_after(*facts: tuple[Fact, int | None, int | None] | Fact, epoch: int = 1) -> RunState:
    placed = [fact if isinstance(fact, tuple) else (fact, None, None) for fact in facts]
    return RunState.replayed(
        3,
        [
            Event(seq, "2026-11-21T12:00:00+00:00", float(seq), epoch, step, attempt, fact)
            for seq, (fact, step, attempt) in enumerate(placed, 1)
        ],
    )


def started(attempt: int, step: int = 1) -> tuple[Fact, int, int]:
    return events.StepStarted(name="n", tool="t", with_key=f"k{attempt}"), step, attempt


def failed(attempt: int, reason: str, *, final: bool) -> tuple[Fact, int, int]:
    return events.StepError(reason=reason, message="m", final=final), 1, attempt


def test_interrupted_attempts_count_in_the_number_and_not_against_attempts() -> None:
    step = state_after(
        started(1), failed(1, "interrupted", final=False), started(2), failed(2, "tool", final=False)
    ).step(1)
    assert (step.condition, step.attempt, step.used, step.key) == ("pending", 2, 1, "k2")


def test_a_step_sent_back_has_new_attempts_new_questions_and_the_feedback() -> None:
    asked = events.InputRequested(request_id="one:1", kind="text", prompt="p")
    answered = events.InputReceived(request_id="one:1", value="v", by="t")
    back = events.StepRetried(next_attempt=2, reason="r", feedback="why", restart=(1, 2), recheck=(3,))
    state = state_after(
        started(1), (asked, 1, 1), (answered, 1, 1), (events.StepCompleted(output="o"), 1, 1),
        started(1, 3), (events.StepCompleted(), 3, 1), started(1, 2),
        (events.StepError(reason="tool", message="m", final=False), 2, 1), (back, 2, None),
    )  # fmt: skip
    first, second, third = state.steps
    assert (first.condition, first.output, first.asked, first.feedback, first.used) == ("pending", None, 1, "why", 0)
    assert (second.rounds, second.feedback, second.used) == (1, "why", 0)
    assert (third.condition, third.recheck, third.is_over) == ("completed", True, False)
    assert state.answers == {"one:1": "v"}


def test_a_step_skipped_after_all_has_no_output() -> None:
    """It was completed, then sent back, and is not needed the second time."""
    step = state_after(
        started(1), (events.StepCompleted(output="old"), 1, 1), (events.StepSkipped(reason="r"), 1, None)
    ).step(1)
    assert (step.condition, step.output, step.is_over) == ("skipped", None, True)


def test_a_question_stays_open_over_a_kill_and_not_over_its_steps_end() -> None:
    asked = (events.InputRequested(request_id="one:1", kind="text", prompt="p"), 1, 1)
    assert state_after(started(1), asked).open_request is not None
    assert state_after(started(1), asked, failed(1, "interrupted", final=False)).open_request is not None
    assert state_after(started(1), asked, failed(1, "timeout", final=False)).open_request is None
    assert state_after(started(1), asked, events.PlanCancelled(by="t")).open_request is None


def test_a_cancel_is_pending_until_the_plan_has_ended() -> None:
    accepted = events.CommandAccepted(command_id="c", kind="cancel", by="viewer")
    state = state_after(events.PlanStarted(), accepted)
    assert (state.cancel_by, state.obeyed) == ("viewer", {"c"})
    assert state_after(accepted, events.PlanResumed()).cancel_by == "viewer"
    ended = state_after(accepted, events.PlanCancelled(by="viewer"))
    assert (ended.cancel_by, ended.ended, ended.completed) == (None, True, False)


def test_what_failed_is_asked_again_by_a_resume_and_what_was_cancelled_is_not() -> None:
    asked = (events.InputRequested(request_id="one:1", kind="approve", prompt="p"), 1, 1)
    answered = (events.InputReceived(request_id="one:1", value="no", by="t"), 1, 1)
    resumed = events.PlanResumed(restart=(1,))
    assert state_after(started(1), asked, answered, failed(1, "tool", final=True), resumed).step(1).asked == 1
    cancelled = (events.StepCancelled(reason="r"), 1, 1)
    assert state_after(started(1), asked, answered, cancelled, resumed).step(1).asked == 0
