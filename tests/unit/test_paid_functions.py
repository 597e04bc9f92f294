"""Functions that cost money: called once, whatever happens, and never again unless nothing was bought for sure."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.app import RunOptions, RunResult, resume_run, run_plan
from character_flow.engine import Engine
from character_flow.events import Fact
from character_flow.stream.stream import RunFolder
from tests.house.sources import ROOT
from tests.unit import paid_shop
from tests.unit.paid_shop import charged
from tests.unit.small_runs import (
    OnEvent,
    Running,
    check_result,
    events_of,
    facts,
    let_time_pass,
    options_for,
    run_text,
    story,
    until_taken_in,
)

SHOP = "tests.unit.paid_shop"


def plan(then: str = "", *, recover: str = "", keys: str = "") -> str:
    more = "".join(f"    {line}\n" for line in keys.splitlines())
    given = f'call: "{SHOP}:buy", then: "{then}"' + (f', recover: "{SHOP}:{recover}"' if recover else "")
    return f"""
steps:
  - name: pay
    tool: function
    paid: true
    with: {{{given}}}
{more}
  - name: after
    tool: function
    with: {{call: "json:dumps", obj: "{{{{ steps.pay.output }}}}"}}
output: "{{{{ steps.pay.output }}}}"
"""


def resumed(result: RunResult, options: RunOptions | None = None) -> RunResult:
    again = resume_run(result.run.id, options=options or options_for(result.run.path.parent.parent))
    check_result(again)
    return again


def calls(run: RunFolder) -> list[Fact]:
    """What the journal tells of paid calls."""
    kinds = (events.PredictionIntended, events.PredictionSubmitted, events.PredictionSettled)
    return [event.fact for event in events_of(run) if isinstance(event.fact, kinds)]


def settled(status: str, *, prediction_id: str | None = None, output: JsonValue = None) -> events.PredictionSettled:
    return events.PredictionSettled(call=1, id=prediction_id, status=status, output=output)


def only(facts_found: list[Fact]) -> Fact:
    assert len(facts_found) == 1
    return facts_found[0]


def error_of(run: RunFolder) -> str:
    """The last step's message."""
    last = [event.fact for event in events_of(run) if isinstance(event.fact, events.StepError | events.StepUncertain)]
    return last[-1].message


def test_a_paid_function_is_intended_before_it_is_called_and_settled_after(tmp_path: Path) -> None:
    result = run_text(tmp_path, plan())
    bought: JsonValue = {"bought": "tea", "number": 1}
    assert (result.exit_code, result.output, charged(tmp_path)) == (0, bought, 1)
    assert [line for line in story(result.run) if " 1" in line] == [
        "step_started 1.1", "prediction_intended 1.1", "prediction_settled 1.1", "step_completed 1.1",
    ]  # fmt: skip
    intent, end = calls(result.run)
    started = only([fact for fact in facts(result.run, events.StepStarted) if fact.name == "pay"])  # type: ignore[attr-defined]
    assert isinstance(intent, events.PredictionIntended)
    assert isinstance(started, events.StepStarted)
    assert intent == events.PredictionIntended(
        call=1, provider="function", model=f"{SHOP}:buy", input_sha256=started.with_key, content_key=started.with_key,
        t0=intent.t0,
    )  # fmt: skip
    assert end == settled("succeeded", output=bought)


def test_the_id_is_on_disk_when_submitted_returns_and_ends_the_time_in_which_nothing_may_end_it(tmp_path: Path) -> None:
    result = run_text(tmp_path, plan("tell"))
    assert [line for line in story(result.run) if " 1" in line] == [
        "step_started 1.1", "prediction_intended 1.1", "prediction_submitted 1.1", "prediction_settled 1.1",
        "step_completed 1.1",
    ]  # fmt: skip
    assert calls(result.run)[1] == events.PredictionSubmitted(call=1, id="order-1")
    assert result.snapshot.steps[0].prediction_id == "order-1"


@pytest.mark.parametrize("then", ["refuse", "pass"])
def test_a_tool_error_says_that_nothing_was_bought_so_it_may_be_called_again(tmp_path: Path, then: str) -> None:
    result = run_text(tmp_path, plan(then, keys="attempts: 2"))
    passes = then == "pass"
    assert (result.exit_code, charged(tmp_path)) == ((0, 1) if passes else (1, 0))
    statuses = [fact.status for fact in calls(result.run) if isinstance(fact, events.PredictionSettled)]
    assert statuses == (["failed", "succeeded"] if passes else ["failed"])
    if not passes:
        again = resumed(result)
        assert (again.exit_code, error_of(again.run), charged(tmp_path)) == (1, "sold out", 0)


@pytest.mark.parametrize("then", ["drop", "broken", "wonder", "call", "ask", "misplace", "name nothing"])
def test_after_any_other_exception_nobody_knows_and_it_is_never_called_again(tmp_path: Path, then: str) -> None:
    """A connection that broke, a bug, our own refusal: the function may have paid by then."""
    paid = 0 if then == "broken" else 1
    result = run_text(tmp_path, plan(then, keys="attempts: 5"))
    assert (result.exit_code, result.snapshot.outcome, charged(tmp_path)) == (3, "uncertain", paid)
    assert [line for line in story(result.run) if line.startswith(("step", "pred"))] == [
        "step_started 1.1", "prediction_intended 1.1", "step_uncertain 1.1",
    ]  # fmt: skip
    again = resumed(result)
    assert (again.exit_code, charged(tmp_path)) == (3, paid)
    assert error_of(again.run) == (
        f"function '{SHOP}:buy' was called, but its result was never seen; without 'recover' in its 'with' nobody can"
        " find it"
    )


def test_each_kind_of_doubt_is_told_in_one_line(tmp_path: Path) -> None:
    told = {}
    for number, then in enumerate(("drop", "ask", "call", "name nothing", "tell and tell again")):
        folder = tmp_path / str(number)
        folder.mkdir()
        told[then] = error_of(run_text(folder, plan(then)).run)
    doubt = "nobody knows whether the step has paid by now"
    assert told == {
        "drop": f"function '{SHOP}:buy' broke off: ConnectionResetError: the line is dead; nobody knows whether it has"
        " bought anything (a ToolError says that it has not)",
        "ask": f"a paid function cannot ask a person; ask in a step above; {doubt}",
        "call": f"a paid function pays for what it calls itself; call models in steps of their own; {doubt}",
        "name nothing": "submitted: an id is a text of at most 500 characters, not ''; nobody knows whether 'pay' has"
        " bought anything",
        "tell and tell again": "submitted was called before, for order-1; one step buys one thing",
    }


def test_what_fails_after_the_id_is_known_is_taken_up_by_its_recover(tmp_path: Path) -> None:
    """What fails after the purchase repeats the search, never the purchase."""
    result = run_text(tmp_path, plan("tell and fail", recover="find", keys="attempts: 2"))
    assert (result.exit_code, result.output, charged(tmp_path)) == (0, {"found": 1, "id": "order-1"}, 1)
    assert [line for line in story(result.run) if " 1" in line] == [
        "step_started 1.1", "prediction_intended 1.1", "prediction_submitted 1.1", "step_error 1.1", "step_retried 1",
        "step_started 1.2", "prediction_settled 1.2", "step_completed 1.2",
    ]  # fmt: skip
    assert calls(result.run)[-1] == settled("succeeded", prediction_id="order-1", output={"found": 1, "id": "order-1"})


def test_without_recover_a_known_id_is_named_and_nothing_is_bought_again(tmp_path: Path) -> None:
    result = run_text(tmp_path, plan("tell and fail", keys="attempts: 3"))
    assert (result.exit_code, charged(tmp_path)) == (3, 1)
    assert "was called and bought order-1, but its result was never seen" in error_of(result.run)


@pytest.mark.parametrize(
    ("recover", "why"),
    [
        ("lose", "bought order-1, and its 'recover' finds no result of that"),
        ("stumble", "does not tell what became of its call: ConnectionError: the shop does not answer"),
    ],
)
def test_a_recover_that_finds_nothing_of_a_known_id_leaves_it_uncertain(tmp_path: Path, recover: str, why: str) -> None:
    result = run_text(tmp_path, plan("tell and fail", recover=recover, keys="attempts: 3"))
    assert (result.exit_code, charged(tmp_path)) == (3, 1)
    assert why in error_of(result.run)


@pytest.mark.parametrize("then", ["give bytes", "give odd"])
@pytest.mark.parametrize("on_error", ["fail", "continue"])
def test_a_result_that_is_no_json_is_put_aside_and_never_bought_again(tmp_path: Path, then: str, on_error: str) -> None:
    result = run_text(tmp_path, plan(then, keys=f"attempts: 4\non_error: {on_error}"))
    error = only(facts(result.run, events.StepError))
    assert isinstance(error, events.StepError)
    assert (error.reason, error.charged, error.final, charged(tmp_path)) == ("bad_output", True, True, 1)
    name, content = ("pay-1.bin", b"\xff\xd8 a picture") if then == "give bytes" else (
        "pay-1.txt", b"{'thing': a thing that cost 40 cents}"
    )  # fmt: skip
    assert (result.run.outcomes / name).read_bytes() == content
    assert f"it was put aside as outcomes/{name}" in error.message
    if on_error == "fail":
        again = resumed(result)
        assert (again.exit_code, charged(tmp_path)) == (1, 1)
        assert [fact.charged for fact in facts(again.run, events.StepError)] == [True, True]  # type: ignore[attr-defined]


def test_a_recover_may_give_in_json_what_could_not_be_kept(tmp_path: Path) -> None:
    result = run_text(tmp_path, plan("tell and give odd", recover="find"))
    assert (result.exit_code, charged(tmp_path)) == (1, 1)
    again = resumed(result)
    assert (again.exit_code, again.output, charged(tmp_path)) == (0, {"found": 1, "id": "order-1"}, 1)


def test_a_large_result_lies_in_a_file_of_its_own(tmp_path: Path) -> None:
    result = run_text(tmp_path, plan("give much"))
    end = calls(result.run)[-1]
    assert isinstance(end, events.PredictionSettled)
    assert (end.output, end.output_ref, result.output) == (None, "outcomes/pay-1.json", "x" * 100_000)


def test_a_question_about_an_unpaid_call_is_a_plain_mistake(tmp_path: Path) -> None:
    text = f'steps: [{{name: one, tool: function, with: {{call: "{SHOP}:buy", then: tell}}}}]'
    result = run_text(tmp_path, text)
    assert result.exit_code == 1
    assert error_of(result.run) == "submitted: only a function of a step with 'paid: true' tells what it bought"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (f'call: "{SHOP}:bye"', f"call: module '{SHOP}' has no function 'bye'"),
        (
            f'call: "{SHOP}:buy", wat: 1',
            f"function '{SHOP}:buy': got an unexpected keyword argument 'wat'; it takes: what, then",
        ),
        (f'call: "{SHOP}:buy", recover: "{SHOP}:fnd"', f"call: module '{SHOP}' has no function 'fnd'"),
        (f'call: "{SHOP}:buy", recover: "{SHOP}:charged_"', f"call: module '{SHOP}' has no function 'charged_'"),
        (
            f'call: "{SHOP}:buy", recover: "os:getcwd"',
            "recover: 'os:getcwd': too many positional arguments; it is called with ctx alone",
        ),
    ],
)
def test_what_cannot_be_called_is_told_before_anything_is_intended(tmp_path: Path, given: str, problem: str) -> None:
    result = run_text(tmp_path, f"steps: [{{name: pay, tool: function, paid: true, with: {{{given}}}}}]")
    assert (result.exit_code, calls(result.run), error_of(result.run)) == (1, [], problem)


def test_under_a_budget_a_function_needs_leave_for_its_unknown_price(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(plan())
    options = replace(options_for(tmp_path), budget_usd=5.0)
    refused = run_plan(tmp_path / "plan.yaml", options=options)
    assert (refused.exit_code, charged(tmp_path), calls(refused.run)) == (1, 0, [])
    assert error_of(refused.run).startswith(f"the price of {SHOP}:buy is unknown")
    allowed = run_plan(tmp_path / "plan.yaml", options=replace(options, allow_unknown_price=True))
    assert (allowed.exit_code, charged(tmp_path)) == (0, 1)


HOLD = f"""
steps:
  - name: hold
    tool: function
    paid: true
    timeout: 90
    with: {{call: "{SHOP}:hold"}}
  - name: after
    tool: function
    with: {{call: "json:dumps", obj: "{{{{ steps.hold.output }}}}"}}
"""


@pytest.mark.parametrize("how", ["timeout", "signal", "cancel"])
def test_nothing_ends_a_paid_function_while_it_is_in_flight(tmp_path: Path, how: str) -> None:
    """Its end is waited for, and what it gave is on disk: the next attempt takes that up."""
    paid_shop.HOLDING.clear()
    paid_shop.LET_GO.clear()
    (tmp_path / "plan.yaml").write_text(HOLD if how == "timeout" else HOLD.replace("    timeout: 90\n", ""))
    engines: list[Engine] = []
    options = options_for(tmp_path, started=lambda engine, run: engines.append(engine))
    running = Running(lambda: run_plan(tmp_path / "plan.yaml", options=options))
    assert paid_shop.HOLDING.wait(60)
    if how == "signal":
        engines[0].stop("SIGINT")
    elif how == "cancel":
        engines[0].post(_Cancel())
    else:
        let_time_pass(engines[0], 100)
    until_taken_in(engines[0])
    run = RunFolder(next((tmp_path / "runs").iterdir()))
    assert [line for line in story(run) if line.startswith(("step", "pred", "plan_c"))] == [
        "step_started 1.1", "prediction_intended 1.1",
    ]  # fmt: skip
    paid_shop.LET_GO.set()
    result = running.result()
    check_result(result)
    assert calls(result.run)[-1] == settled("succeeded", output="held")
    if result.exit_code:
        again = resumed(result)
        assert (again.exit_code, [event.type for event in events_of(again.run)].count("prediction_intended")) == (0, 1)
    assert charged(tmp_path) == 1


class _Cancel:
    id, kind, by, request_id, value = "c1", "cancel", "tester", None, None


CHILD = """
import sys
from pathlib import Path
from character_flow.app import RunOptions, run_plan
run_plan(Path(sys.argv[1]) / "plan.yaml", options=RunOptions(folder=Path(sys.argv[1])))
"""


def killed_run(folder: Path, text: str) -> RunFolder:
    """A run whose process has killed itself with SIGKILL inside its paid function."""
    (folder / "plan.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    return RunFolder(next((folder / "runs").iterdir()))


def test_after_kill_9_the_result_is_found_and_nothing_is_bought_again(tmp_path: Path) -> None:
    run = killed_run(tmp_path, plan("die", recover="find"))
    again = resume_run(run.id, options=options_for(tmp_path))
    check_result(again)
    assert (again.exit_code, again.output, charged(tmp_path)) == (0, {"found": 1, "id": None}, 1)


def test_after_kill_9_recover_is_told_the_id(tmp_path: Path) -> None:
    run = killed_run(tmp_path, plan("tell and die", recover="find"))
    again = resume_run(run.id, options=options_for(tmp_path))
    check_result(again)
    assert (again.exit_code, again.output, charged(tmp_path)) == (0, {"found": 1, "id": "order-1"}, 1)


def test_after_kill_9_recover_may_say_that_it_never_happened_and_it_is_called_again(tmp_path: Path) -> None:
    run = killed_run(tmp_path, plan("die", recover="lose"))
    again = resume_run(run.id, options=options_for(tmp_path))
    check_result(again)
    assert (again.exit_code, again.output) == (0, "alive")
    told = [(type(fact).__name__, getattr(fact, "status", None)) for fact in calls(again.run)]
    assert told == [
        ("PredictionIntended", None), ("PredictionSettled", "refused"), ("PredictionIntended", None),
        ("PredictionSettled", "succeeded"),
    ]  # fmt: skip


def test_after_kill_9_without_recover_it_stays_uncertain_however_often_it_is_resumed(tmp_path: Path) -> None:
    run = killed_run(tmp_path, plan("die"))
    for _ in range(3):
        again = resume_run(run.id, options=options_for(tmp_path))
        check_result(again)
        assert (again.exit_code, again.snapshot.outcome, charged(tmp_path)) == (3, "uncertain", 1)


@pytest.mark.parametrize(
    ("then", "output"),
    [
        ("", {"bought": "tea", "number": 1}),
        ("tell", {"bought": "tea", "number": 1}),
        ("give much", "x" * 100_000),
    ],
)
def test_a_crash_between_the_result_and_the_end_of_the_step_loses_nothing(
    tmp_path: Path, then: str, output: JsonValue
) -> None:
    """Cut the journal after the settled line, as a power cut would."""
    result = run_text(tmp_path, plan(then))
    lines = result.run.journal.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["seq"] <= 4 + (then == "tell")]
    assert json.loads(kept[-1])["type"] == "prediction_settled"
    result.run.journal.write_bytes(b"".join(kept))
    again = resumed(result)
    assert (again.exit_code, again.output, charged(tmp_path)) == (0, output, 1)


def test_an_event_of_a_hook_changes_nothing_of_it(tmp_path: Path) -> None:
    seen: list[str] = []
    run_text(tmp_path, plan(), hooks=(OnEvent("prediction_intended", lambda event: seen.append(event.type)),))
    assert seen == ["prediction_intended"]
