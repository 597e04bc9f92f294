"""What a failed attempt leads to: try again, send the plan back, go on without the step, or fail the plan."""

from typing import Literal

from character_flow.attempt import REASON_CHARS
from character_flow.events import StepError, StepRetried
from character_flow.plan import Step
from character_flow.run_state import StepState
from character_flow.tools.registry import StepFault

LONGEST_BACKOFF_S = 30.0

Verdict = Literal["again", "back", "go_on", "fail"]


def verdict_on(step: Step, state: StepState, fault: StepFault, *, plan_has_failed: bool) -> Verdict:
    """Only errors that can pass are tried again; only what a tool said on purpose is sent back as feedback."""
    if fault.retryable and state.used + 1 < step.attempts:
        return "again"
    back = step.retry_from
    if back is not None and fault.reason == "tool" and state.rounds < back.at_most and not plan_has_failed:
        return "back"
    return "go_on" if step.on_error == "continue" else "fail"


def backoff_s(used: int, *, first_s: float, jitter: float) -> float:
    """Seconds before the next attempt: doubling from `first_s`, at most 30; `jitter` (0 to 1) takes up to half away."""
    return round(min(LONGEST_BACKOFF_S, first_s * 2.0 ** (used - 1)) * (1 - 0.5 * jitter), 3)


def failed_attempt(fault: StepFault, verdict: Verdict, *, message: str, duration_s: float) -> StepError:
    """The end of an attempt that failed; where it is not final, another one is promised."""
    return StepError(
        reason=fault.reason,
        message=message,
        final=verdict in ("go_on", "fail"),
        continued=verdict == "go_on",
        charged=fault.charged,
        duration_s=duration_s,
    )


def sent_back(message: str, *, next_attempt: int, restart: tuple[int, ...], recheck: tuple[int, ...]) -> StepRetried:
    """The plan goes back, told why: whole as feedback, its first line as the reason that is shown."""
    return StepRetried(
        next_attempt=next_attempt,
        reason=message.partition("\n")[0][:REASON_CHARS],
        feedback=message,
        restart=restart,
        recheck=recheck,
    )
