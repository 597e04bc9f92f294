"""What a failed attempt leads to (DESIGN 5)."""

from dataclasses import replace

import pytest

from character_flow.plan import parse_plan
from character_flow.run_state import StepState
from character_flow.tools.registry import ErrorReason, StepFault
from character_flow.verdict import backoff_s, verdict_on

PLAIN, BACK = parse_plan(
    'steps: [{name: a, tool: ask, with: {question: "{{ feedback }}"}},'
    " {name: b, tool: ask, with: {question: q}, attempts: 3, retry_from: {step: a, at_most: 2}}]",
    path="p.yaml",
    plan_id="p",
).steps


@pytest.mark.parametrize(
    ("used", "rounds", "reason", "can_pass", "plan_failed", "expected"),
    [
        (0, 0, "tool", True, False, "again"),
        (1, 0, "timeout", True, False, "again"),
        (2, 0, "tool", True, False, "back"),
        (2, 0, "timeout", True, False, "fail"),
        (0, 0, "tool", False, False, "back"),
        (0, 0, "bug", False, False, "fail"),
        (0, 0, "bad_output", False, False, "fail"),
        (0, 2, "tool", False, False, "fail"),
        (0, 0, "tool", False, True, "fail"),
        (0, 0, "tool", True, True, "again"),
    ],
)
def test_only_errors_that_can_pass_are_tried_again_and_only_what_a_tool_said_is_sent_back(
    *, used: int, rounds: int, reason: ErrorReason, can_pass: bool, plan_failed: bool, expected: str
) -> None:
    state = StepState(used=used, rounds=rounds)
    fault = StepFault(reason, "m", retryable=can_pass)
    assert verdict_on(BACK, state, fault, plan_has_failed=plan_failed) == expected


def test_a_step_that_may_fail_lets_the_plan_go_on() -> None:
    fault = StepFault("tool", "m")
    assert verdict_on(PLAIN, StepState(), fault, plan_has_failed=False) == "fail"
    may_fail = replace(PLAIN, on_error="continue")
    assert verdict_on(may_fail, StepState(), fault, plan_has_failed=False) == "go_on"


def test_pauses_double_up_to_half_a_minute_and_jitter_takes_up_to_half() -> None:
    assert [backoff_s(used, first_s=1.0, jitter=0.0) for used in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert [backoff_s(used, first_s=1.0, jitter=1.0) for used in (1, 2, 6)] == [0.5, 1, 15]
