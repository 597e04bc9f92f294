"""A paid call of which nobody knows whether it was made is never dropped: not by a timeout, a signal or another error.

Every run here was killed when a call of it was on its way: the call was made and charged, and its id never seen.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.app import RunResult, resume_run
from character_flow.engine import Engine
from character_flow.errors import StreamBusyError, ToolError, UsageError
from character_flow.plan import parse_plan
from character_flow.requests import settle_run
from character_flow.stream.inbox import new_command
from character_flow.stream.locks import Claims
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.media import generate_video
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.fake_replicate import FakeReplicate, Fault
from tests.journal_laws import check_run
from tests.unit import paid_shop
from tests.unit.paid_plans import LIST, THREE, account, lose_answer, paid, run_paid
from tests.unit.small_runs import Running, let_time_pass, story, until_taken_in, wait_until

FILES = "/v1/files"
ONE = "steps: [{{name: words, tool: text.generate, with: {{model: openai/gpt-4o, prompt: Say hello}}{more}}}]"
BUYS = {"call": "buy", "recover": "hold_and_find"}
SENT_BACK = THREE.replace("A bottle", "A bottle {{ feedback }}").replace(
    '"{{ steps.picture.output.path }}"}',
    '"{{ steps.picture.output.path }}"}\n    retry_from: {step: picture, at_most: 1}',
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with account(monkeypatch) as fake:
        yield fake


def _killed(folder: Path, text: str, *, calls: int = 1) -> RunFolder:
    """A run as a kill leaves it that comes when its call of this number is on its way."""
    run = run_paid(folder, text).run
    lines = run.journal.read_bytes().splitlines(keepends=True)
    intents = [number for number, line in enumerate(lines) if b'"prediction_intended"' in line]
    run.journal.write_bytes(b"".join(lines[: intents[calls - 1] + 1]))
    return run


def _resumed(run: RunFolder, **more: object) -> RunResult:
    result = resume_run(run.id, options=paid(run.path.parent.parent, **more))
    check_run(result.run, parse_plan(run.plan.read_text(), path="plan.yaml", plan_id="plan"))
    return result


def test_a_timeout_waits_until_it_is_known_what_became_of_the_call(tmp_path: Path, fake: FakeReplicate) -> None:
    run, look = _killed(tmp_path, ONE.format(more=", timeout: 90")), Fault("GET", LIST, "slow", seconds=60)
    fake.fault(look)
    engines: list[Engine] = []
    running = Running(lambda: _resumed(run, started=lambda engine, run: engines.append(engine)))
    wait_until(lambda: len(fake.requests("GET", LIST)) == 1)
    let_time_pass(engines[0], 100)
    until_taken_in(engines[0])
    look.seconds = 0
    assert (running.result().exit_code, fake.charged, len(fake.requests("GET", LIST))) == (0, 1, 1)
    assert story(run)[-1:] == ["plan_completed"]
    assert "step_error 1.2" not in story(run)


@pytest.mark.parametrize("how", ["signal", "cancel"])
def test_what_ends_a_run_does_not_wait_for_the_list_and_the_call_stays_uncertain(
    tmp_path: Path, fake: FakeReplicate, how: str
) -> None:
    run = _killed(tmp_path, ONE.format(more=""))
    fake.fault(Fault("GET", LIST, "slow", seconds=60))
    engines: list[Engine] = []
    running = Running(lambda: _resumed(run, started=lambda engine, run: engines.append(engine)))
    wait_until(lambda: len(fake.requests("GET", LIST)) == 1)
    engines[0].stop("SIGINT") if how == "signal" else engines[0].post(new_command("cancel", epoch=2, by="test"))
    assert running.result().exit_code == (130 if how == "signal" else 1)
    assert story(run)[-2:] == ["step_uncertain 1.2", "plan_cancelled"]
    again = _resumed(run)
    assert (again.exit_code, fake.charged) == (0, 1)
    assert "prediction_reattached 1.3" in story(run)


def test_what_ends_a_run_does_not_wait_for_a_functions_recover_either(tmp_path: Path, fake: FakeReplicate) -> None:
    paid_shop.HOLDING.clear()
    paid_shop.LET_GO.clear()
    buys = ", ".join(f'{key}: "{paid_shop.__name__}:{name}"' for key, name in BUYS.items())
    run = _killed(tmp_path, f"steps: [{{name: pay, tool: function, paid: true, with: {{{buys}}}}}]")
    engines: list[Engine] = []
    running = Running(lambda: _resumed(run, started=lambda engine, run: engines.append(engine)))
    assert paid_shop.HOLDING.wait(60)
    engines[0].stop("SIGTERM")
    assert running.result().exit_code == 143
    assert story(run)[-2:] == ["step_uncertain 1.2", "plan_cancelled"]
    paid_shop.LET_GO.set()
    assert (_resumed(run).exit_code, paid_shop.charged(tmp_path)) == (0, 1)


@pytest.mark.parametrize(
    "text", [THREE, THREE.replace("name: clip", "name: clip\n    on_error: continue"), SENT_BACK],
    ids=["fails", "goes on without it", "goes back"],
)  # fmt: skip
def test_another_error_does_not_drop_a_call_that_may_have_been_charged(
    tmp_path: Path, fake: FakeReplicate, text: str
) -> None:
    """The step fails before it can even ask for its call."""
    tools = ToolRegistry()

    @tools.tool("video.generate")
    def generate(ctx: ToolContext, **fields: JsonValue) -> dict[str, JsonValue]:
        if ctx.attempt == 2:
            raise ToolError("not today")
        return generate_video(ctx, **fields)  # type: ignore[arg-type]  # as the plan gives them

    run = _killed(tmp_path, text, calls=3)
    result = _resumed(run, tools=tools)
    assert (result.exit_code, [row.status for row in result.snapshot.steps]) == (
        3, ["completed", "completed", "uncertain"]
    )  # fmt: skip
    assert "may have been charged, and nobody knows" in (result.snapshot.steps[2].error or "")
    assert (_resumed(run).exit_code, fake.charged) == (0, 3)


@pytest.mark.parametrize("known", ["intent", "id"])
def test_what_a_call_is_taken_up_for_is_not_uploaded_again(tmp_path: Path, fake: FakeReplicate, known: str) -> None:
    """The call is there: whether its picture could be uploaded by now is nobody's concern."""
    run = _killed(tmp_path, THREE, calls=3)
    if known == "id":
        settle_run(run, "clip", adopt=fake.last_id, by="test")
    fake.fault(Fault("POST", FILES, "status", status=413, times=-1))
    uploads = len(fake.requests("POST", FILES))
    assert (_resumed(run).exit_code, fake.charged, len(fake.requests("POST", FILES))) == (0, 3, uploads)


def test_two_people_who_adopt_one_prediction_at_once_do_not_both_get_it(tmp_path: Path, fake: FakeReplicate) -> None:
    runs = []
    for _ in range(2):
        lose_answer(fake, is_made=False)
        runs.append(run_paid(tmp_path, ONE.format(more="")).run)

    def adopt(run: RunFolder) -> str:
        try:
            return settle_run(run, "words", adopt="p1", by="test").by
        except UsageError as error:
            return str(error)

    with ThreadPoolExecutor(2) as people:
        with Claims(Stream(tmp_path)):
            said = [people.submit(adopt, run) for run in runs]
            began = time.monotonic()
            wait_until(lambda: any(one.done() for one in said) or time.monotonic() - began > 0.3)
            assert [one.done() for one in said] == [False, False]
        told = sorted(one.result(60) for one in said)
    assert told[0] == "here"
    assert "is some run's own already" in told[1]
    assert sum("prediction_submitted 1.1" in story(run) for run in runs) == 1


def test_of_two_runs_that_look_for_one_call_one_gets_it(tmp_path: Path, fake: FakeReplicate) -> None:
    runs = []
    for is_made in (True, False):
        lose_answer(fake, is_made=is_made)
        runs.append(run_paid(tmp_path, ONE.format(more="")).run)
    both_asked = threading.Barrier(2)

    def resumed(run: RunFolder) -> int:
        both_asked.wait(60)
        return _resumed(run, publish=False).exit_code  # or one would wait until the other has left the page

    with ThreadPoolExecutor(2) as processes:
        assert sorted(processes.map(resumed, runs)) == [0, 3]
    assert fake.charged == 1


def test_a_run_claims_what_it_has_found_when_no_other_run_is_claiming(tmp_path: Path, fake: FakeReplicate) -> None:
    run = _killed(tmp_path, ONE.format(more=""))
    with Claims(Stream(tmp_path)):
        running = Running(lambda: _resumed(run))
        wait_until(lambda: len(fake.requests("GET", LIST)) == 1)
        began = time.monotonic()
        wait_until(lambda: "prediction_submitted 1.2" in story(run) or time.monotonic() - began > 0.3)
        assert "prediction_submitted 1.2" not in story(run)
    assert (running.result().exit_code, fake.charged) == (0, 1)


def test_one_run_of_a_folder_claims_at_a_time(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    stream.runs.mkdir()
    with (
        Claims(stream),
        pytest.raises(StreamBusyError, match=r"claims\.lock: another process has held it for 0 s"),
        Claims(stream, wait_s=0),
    ):
        raise AssertionError("two have it")
    with Claims(stream):
        pass
