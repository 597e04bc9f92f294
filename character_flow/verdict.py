"""What a failed attempt leads to: try again, ask a person, send the plan back, go on without it, or fail the plan."""

from typing import Literal

from character_flow.attempt import REASON_CHARS
from character_flow.events import StepCancelled, StepEnd, StepError, StepRetried, StepUncertain
from character_flow.plan import Step
from character_flow.run_state import StepState
from character_flow.tools.registry import StepFault

LONGEST_BACKOFF_S = 30.0

_LOST = "a call that an earlier process made of it may have been charged, and nobody knows"

Verdict = Literal["again", "uncertain", "back", "go_on", "fail"]


def verdict_on(step: Step, state: StepState, fault: StepFault, *, plan_has_failed: bool) -> Verdict:
    """Only errors that can pass are tried again; only what a tool said on purpose is sent back as feedback.

    While nobody knows what became of a paid call, only its own step may go on with it.
    """
    if fault.reason != "uncertain" and fault.retryable and state.used + 1 < step.attempts:
        return "again"
    if fault.reason == "uncertain" or state.has_lost_call:
        return "uncertain"
    back = step.retry_from
    if back is not None and fault.reason == "tool" and state.rounds < back.at_most and not plan_has_failed:
        return "back"
    return "go_on" if step.on_error == "continue" else "fail"


def backoff_s(used: int, *, first_s: float, jitter: float) -> float:
    """Seconds before the next attempt: doubling from `first_s`, at most 30; `jitter` (0 to 1) takes up to half away."""
    return round(min(LONGEST_BACKOFF_S, first_s * 2.0 ** (used - 1)) * (1 - 0.5 * jitter), 3)


def failed_attempt(fault: StepFault, verdict: Verdict, *, message: str, duration_s: float) -> StepEnd:
    """The end of an attempt that failed; where it is not final, another one is promised."""
    if verdict == "uncertain":
        told = message if fault.reason == "uncertain" else f"{message}; {_LOST}"
        return StepUncertain(reason="uncertain", message=told, duration_s=duration_s)
    return StepError(
        reason=fault.reason,
        message=message,
        final=verdict in ("go_on", "fail"),
        continued=verdict == "go_on",
        charged=fault.charged,
        duration_s=duration_s,
    )


def stopped_attempt(state: StepState, *, reason: str, left_running: str | None, duration_s: float) -> StepEnd:
    """The end of an attempt whose run is ended: it stays uncertain where nobody knows of a paid call."""
    if state.has_lost_call:
        return StepUncertain(reason="uncertain", message=f"{reason}; {_LOST}", duration_s=duration_s)
    return StepCancelled(reason=reason, left_running=left_running, duration_s=duration_s)


def sent_back(message: str, *, next_attempt: int, restart: tuple[int, ...], recheck: tuple[int, ...]) -> StepRetried:
    """The plan goes back, told why: whole as feedback, its first line as the reason that is shown."""
    return StepRetried(
        next_attempt=next_attempt,
        reason=message.partition("\n")[0][:REASON_CHARS],
        feedback=message,
        restart=restart,
        recheck=recheck,
    )
