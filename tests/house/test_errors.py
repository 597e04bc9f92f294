"""Errors keep their parts, travel between processes, and each ends a command with its own code."""

import pickle
from inspect import isclass
from pathlib import Path

import pytest

from character_flow import errors
from character_flow.errors import CharacterFlowError, Problem

PROBLEM = Problem("plans/x.yaml", 14, 9, "step 'video' refers to steps.dialogue", "  prompt: steps.dialogue")
JOURNAL = Path("runs/r1/journal.jsonl")

# One of each, with the exit code of a command that ends with it.
SAMPLES: tuple[tuple[CharacterFlowError, int], ...] = (
    (errors.CharacterFlowError("something"), 1),
    (errors.PlanError([PROBLEM, PROBLEM]), 2),
    (errors.UsageError("no plan 'x'"), 2),
    (errors.InputError({"product_image": "no such file"}), 2),
    (errors.ToolError("no picture"), 1),
    (errors.RetryableToolError("too long"), 1),
    (errors.ProviderError("503", provider="replicate", prediction_id="p1", retryable=True), 1),
    (errors.RefusedCallError("429", provider="replicate", retryable=True, retry_after_s=2.0), 1),
    (errors.UncertainCallError("the answer was lost"), 3),
    (errors.UnkeptResultError("put aside as outcomes/pay-1.bin"), 1),
    (errors.StreamError("not a folder", path=JOURNAL), 74),
    (errors.StreamBusyError("process 12 is writing", path=JOURNAL), 75),
    (errors.StreamCorruptError("line 3 is unreadable", path=JOURNAL, line=3), 74),
    (errors.DurabilityError("disk full", path=JOURNAL), 74),
    (errors.RunCancelledError("cancelled by terminal"), 1),
)


def test_there_is_a_sample_of_every_error() -> None:
    classes = {cls for cls in vars(errors).values() if isclass(cls) and issubclass(cls, CharacterFlowError)}
    assert {type(error) for error, _ in SAMPLES} == classes


@pytest.mark.parametrize(("error", "code"), SAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_ends_a_command_with_its_own_code(error: CharacterFlowError, code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("error", [error for error, _ in SAMPLES], ids=lambda error: type(error).__name__)
def test_an_error_travels_whole_between_processes(error: CharacterFlowError, protocol: int) -> None:
    error.add_note("seen by the test")
    came_back = pickle.loads(pickle.dumps(error, protocol))
    assert type(came_back) is type(error)
    assert (str(came_back), came_back.args, vars(came_back)) == (str(error), error.args, vars(error))


def test_a_message_is_one_line_but_for_lists_of_problems() -> None:
    many = (errors.PlanError, errors.InputError)
    assert [str(error) for error, _ in SAMPLES if "\n" in str(error) and not isinstance(error, many)] == []


def test_an_error_whose_class_takes_other_arguments_than_its_message_can_be_raised_again() -> None:
    with pytest.raises(errors.StreamCorruptError) as caught:
        raise pickle.loads(pickle.dumps(errors.StreamCorruptError("bad", path=JOURNAL, line=3)))
    assert (caught.value.path, caught.value.line) == (JOURNAL, 3)
