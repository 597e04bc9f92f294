"""A new run of an earlier one pays for nothing that the earlier one has made, and within the budget of that one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.app import RunOptions, rerun, resume_run
from character_flow.engine import Engine
from character_flow.errors import UsageError
from character_flow.events import PlanHead
from character_flow.requests import settle_run
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import FakeReplicate, Script
from tests.unit.paid_plans import account, events_of, lose_answer, paid, run_paid
from tests.unit.small_runs import Running, wait_until


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with account(monkeypatch) as fake:
        yield fake


def _killed(folder: Path, at: bytes, *, step: int) -> RunFolder:
    """A run as a kill leaves it right after a line of this type and step."""
    run = run_paid(folder).run
    lines = run.journal.read_bytes().splitlines(keepends=True)
    of_step = b'"step":%d,' % step
    last = next(number for number, line in enumerate(lines) if b'"type":"%s"' % at in line and of_step in line)
    run.journal.write_bytes(b"".join(lines[: last + 1]))
    return run


def _refused(run: RunFolder, fake: FakeReplicate, **how: object) -> str:
    """Why no new run is made; nothing is, and nothing is charged."""
    folder = run.path.parent.parent
    before = fake.charged, len(list_runs(paid(folder).stream)), run.journal.read_bytes()
    with pytest.raises(UsageError) as refused:
        rerun(run.id, options=paid(folder), **how)  # type: ignore[arg-type]  # arguments of rerun, by name
    assert (fake.charged, len(list_runs(paid(folder).stream)), run.journal.read_bytes()) == before
    return str(refused.value)


def test_a_mended_plan_other_inputs_and_salvage_do_not_pay_again_for_a_call_whose_fate_nobody_knows(
    tmp_path: Path, fake: FakeReplicate
) -> None:
    lose_answer(fake)
    run = run_paid(tmp_path).run
    mended = tmp_path / "plan.yaml"
    ways: list[dict[str, object]] = [{"plan": mended}, {"inputs": {}}, {"salvage": True}, {"from_step": "picture"}]
    for how in ways:
        assert _refused(run, fake, **how) == (
            f"run {run.id} has made a paid call in step 'words', and a new run would pay for it again;"
            f" `resume {run.id}` looks for it, `settle {run.id} words` says what became of it, --from words makes it"
            " anew"
        )
    settle_run(run, "words", charge_again=True, by="test")
    assert rerun(run.id, plan=tmp_path / "plan.yaml", options=paid(tmp_path)).exit_code == 0
    assert fake.charged == 4  # the lost one, and three


@pytest.mark.parametrize("at", [b"prediction_submitted", b"prediction_settled"])
def test_a_new_run_does_not_pay_again_for_what_a_resume_would_only_fetch(
    tmp_path: Path, fake: FakeReplicate, at: bytes
) -> None:
    run = _killed(tmp_path, at, step=3)
    for how in ({"plan": tmp_path / "plan.yaml"}, {"salvage": True}):
        told = _refused(run, fake, **how)
        assert f"has made a paid call, {fake.last_id}, in step 'clip'" in told
        assert told.endswith(f"`resume {run.id}` goes on with it, --from clip makes it anew")
    assert (resume_run(run.id, options=paid(tmp_path)).exit_code, fake.charged) == (0, 3)


def test_a_step_that_is_named_is_made_anew_whatever_became_of_its_call(tmp_path: Path, fake: FakeReplicate) -> None:
    run = _killed(tmp_path, b"prediction_submitted", step=3)
    assert rerun(run.id, from_step="clip", options=paid(tmp_path)).exit_code == 0
    assert fake.charged == 4


def test_what_ended_badly_for_sure_is_called_anew_by_a_new_run(tmp_path: Path, fake: FakeReplicate) -> None:
    fake.script(Script(model="openai/gpt-4o", final="failed", error="no words"))
    run = run_paid(tmp_path).run
    assert rerun(run.id, plan=tmp_path / "plan.yaml", options=paid(tmp_path)).exit_code == 0


def test_a_step_that_a_living_run_is_paying_for_is_not_made_anew_beside_it(tmp_path: Path, fake: FakeReplicate) -> None:
    fake.script(Script(model="openai/gpt-4o", running_s=60))
    engines: list[Engine] = []
    running = Running(lambda: run_paid(tmp_path, started=lambda engine, run: engines.append(engine)))
    wait_until(lambda: fake.charged == 1)
    run = RunFolder(next((tmp_path / "runs").iterdir()))
    wait_until(lambda: b"prediction_submitted" in run.journal.read_bytes())
    with pytest.raises(UsageError, match=r"it is at work: wait for it, or cancel it$"):
        rerun(run.id, from_step="words", options=paid(tmp_path))
    engines[0].stop("SIGINT")
    assert (running.result().exit_code, fake.charged) == (130, 1)


@pytest.mark.parametrize("provider", ["replicate", "auto", None])
def test_a_new_run_keeps_the_budget_of_the_run_it_is_made_of_whoever_names_the_provider(
    tmp_path: Path, fake: FakeReplicate, monkeypatch: pytest.MonkeyPatch, provider: str | None
) -> None:
    first = run_paid(tmp_path, budget_usd=5.0)
    if provider is None:
        monkeypatch.setenv("CHARACTER_FLOW_PROVIDER", "replicate")
    heads = []
    for given, budget_usd in ((provider, None), (provider, 0.01)):
        more: RunOptions = paid(tmp_path, provider=given, budget_usd=budget_usd)
        heads.append(events_of(rerun(first.run.id, from_step="clip", options=more).run)[0].fact)
    assert [isinstance(head, PlanHead) and head.budget_usd for head in heads] == [5.0, 0.01]
    assert fake.charged == (3 if provider == "auto" else 4)  # auto pays only for who names a budget himself
