"""How a plan ended: the one fact that says so."""

from typing import Literal

from pydantic import JsonValue

from character_flow.attempt import MESSAGE_CHARS
from character_flow.errors import ToolError
from character_flow.events import PlanCompleted, PlanEnd, PlanFailed
from character_flow.plan import Step
from character_flow.rendering import Rendering
from character_flow.run_state import RunState
from character_flow.surroundings import Surroundings


def end_of(
    state: RunState,
    rendering: Rendering,
    around: Surroundings,
    *,
    failed: tuple[Step, str] | None,
    duration_s: float,
) -> PlanEnd:
    """Completed, with its output and whether there were issues; or failed, at a step or at the plan's output."""
    if failed is not None:
        step, message = failed
        told = f"step '{step.name}' ({step.task}): {message}"
        is_uncertain = any(state.condition == "uncertain" for state in state.steps)
        return _failed(told, around, duration_s, failed_step=step.number, is_uncertain=is_uncertain)
    try:
        output: JsonValue = rendering.output()
    except ToolError as error:
        return _failed(str(error), around, duration_s)
    issues = any(step.condition == "continued" for step in state.steps)
    return PlanCompleted(
        outcome="completed_with_issues" if issues else "success",
        output=around.book.disk(output),
        duration_s=duration_s,
    )


def _failed(
    message: str,
    around: Surroundings,
    duration_s: float,
    *,
    failed_step: int | None = None,
    is_uncertain: bool = False,
) -> PlanFailed:
    told = around.book.shown(message)[:MESSAGE_CHARS]
    outcome: Literal["failed", "uncertain"] = "uncertain" if is_uncertain else "failed"
    return PlanFailed(outcome=outcome, message=told, failed_step=failed_step, duration_s=duration_s)
