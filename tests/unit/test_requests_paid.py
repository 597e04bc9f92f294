"""A call whose fate nobody knows is settled by a person in one of three ways, and never paid for behind his back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.app import RunResult, resume_run
from character_flow.engine import Engine
from character_flow.errors import StreamBusyError, UsageError
from character_flow.events import Event
from character_flow.hooks import ExecutionHooks
from character_flow.plan import parse_plan
from character_flow.requests import cancel_run, settle_run
from character_flow.stream.inbox import new_command
from character_flow.stream.locks import hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import FakeReplicate, Script
from tests.journal_laws import check_run
from tests.unit.paid_plans import THREE, account, events_of, intents, lose_answer, paid, run_paid, told
from tests.unit.small_runs import let_time_pass

TWO_AT_ONCE = """
steps:
  - {name: words, tool: text.generate, needs: [], with: {model: openai/gpt-4o, prompt: Say hello}}
  - {name: picture, tool: image.generate, needs: [], with: {model: google/nano-banana, prompt: A bottle}}
"""


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run whose first call was made and charged, and nobody knows; and what the service holds of it."""
    folder = tmp_path_factory.mktemp("lost")
    with pytest.MonkeyPatch.context() as patch, account(patch, state=folder / "fake.json") as fake:
        lose_answer(fake)
        result = run_paid(folder)
        assert (result.exit_code, result.snapshot.outcome, fake.charged) == (3, "uncertain", 1)
    return folder, folder / "fake.json"


@pytest.fixture
def fake(lost: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    shutil.copytree(lost[0], tmp_path, dirs_exist_ok=True)
    with account(monkeypatch, state=tmp_path / "fake.json") as fake:
        yield fake


@pytest.fixture
def run(fake: FakeReplicate, tmp_path: Path) -> RunFolder:
    """A copy of the run, for one test to settle."""
    return RunFolder(next((tmp_path / "runs").iterdir()))


def _resumed(run: RunFolder) -> RunResult:
    result = resume_run(run.id, options=paid(run.path.parent.parent))
    check_run(result.run, parse_plan(THREE, path="plan.yaml", plan_id="plan"))
    return result


def _last(run: RunFolder) -> int:
    return events_of(run)[-1].seq


def test_an_adopted_prediction_is_taken_up_and_nothing_is_charged_again(run: RunFolder, fake: FakeReplicate) -> None:
    before, prediction_id = _last(run), fake.last_id
    assert settle_run(run, "words", adopt=prediction_id, by="test").by == "here"
    happened = told(run, since=before)
    assert [(kind, step) for kind, step, _data in happened] == [
        ("command_accepted", None), ("prediction_submitted", 1), ("plan_error", None),
    ]  # fmt: skip
    assert happened[0][2].items() >= {"kind": "settle", "by": "test"}.items()
    assert happened[1][2] == {"call": 1, "id": prediction_id}
    assert happened[2][2].items() >= {"outcome": "failed", "failed_step": 1}.items()
    snapshot = read_snapshot(run.snapshot)
    assert (snapshot.status, snapshot.outcome, snapshot.progress) == ("error", "failed", 0)
    assert (snapshot.steps[0].status, snapshot.steps[0].prediction_id) == ("pending", prediction_id)
    result = _resumed(run)
    assert (result.exit_code, result.output, fake.charged) == (0, "video", 3)
    assert result.snapshot.steps[0].prediction_id == prediction_id


def test_charging_again_is_one_more_call(run: RunFolder, fake: FakeReplicate) -> None:
    before = _last(run)
    settle_run(run, "words", charge_again=True, by="test")
    assert told(run, since=before)[1] == ("prediction_settled", 1, {"call": 1, "status": "abandoned"})
    result = _resumed(run)
    assert (result.exit_code, fake.charged, intents(run)) == (0, 4, 4)


def test_a_skipped_step_is_done_without(run: RunFolder, fake: FakeReplicate) -> None:
    before = _last(run)
    settle_run(run, "words", skip=True, by="test")
    assert [kind for kind, _step, _data in told(run, since=before)] == [
        "command_accepted", "prediction_settled", "step_skipped", "plan_error",
    ]  # fmt: skip
    result = _resumed(run)
    assert (result.exit_code, fake.charged, intents(run)) == (0, 3, 3)
    assert [row.status for row in result.snapshot.steps] == ["skipped", "completed", "completed"]


def test_a_resume_asks_the_provider_once_more_and_repeats_nothing(run: RunFolder, fake: FakeReplicate) -> None:
    result = _resumed(run)
    assert (result.exit_code, fake.charged, intents(run)) == (0, 3, 3)


@pytest.fixture
def killed(run: RunFolder) -> RunFolder:
    """The same run as a kill leaves it that came when the call was on its way."""
    lines = run.journal.read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"prediction_intended"' in line)
    run.journal.write_bytes(b"".join(lines[: at + 1]))
    return run


def test_a_run_that_was_killed_with_a_call_in_flight_is_cancelled_as_uncertain(
    killed: RunFolder, fake: FakeReplicate
) -> None:
    before = _last(killed)
    assert cancel_run(killed, "test").by == "here"
    assert [(kind, step) for kind, step, _data in told(killed, since=before)] == [
        ("command_accepted", None), ("step_uncertain", 1), ("plan_cancelled", None),
    ]  # fmt: skip
    settle_run(killed, "words", adopt=fake.last_id, by="test")
    assert told(killed)[-1][0] == "plan_cancelled"
    result = _resumed(killed)
    assert (result.exit_code, fake.charged, intents(killed)) == (0, 3, 3)


@pytest.mark.parametrize(("how", "charged"), [("adopt", 3), ("charge_again", 4), ("skip", 3)])
def test_a_run_that_was_killed_with_a_call_in_flight_is_settled_as_it_lies(
    killed: RunFolder, fake: FakeReplicate, how: str, charged: int
) -> None:
    settle_run(
        killed, "words", by="test",
        adopt=fake.last_id if how == "adopt" else None, charge_again=how == "charge_again", skip=how == "skip",
    )  # fmt: skip
    assert not any(event.type.startswith("plan_e") for event in events_of(killed))
    result = _resumed(killed)
    assert (result.exit_code, fake.charged, intents(killed)) == (0, charged, charged)


def test_what_stays_lost_stays_uncertain_however_often_it_is_resumed(run: RunFolder, fake: FakeReplicate) -> None:
    for _again in range(2):
        lose_answer(fake)  # the POST's fault waits in vain: none is made
        assert _resumed(run).exit_code == 3
        assert (fake.charged, intents(run)) == (1, 1)
    settle_run(run, "words", adopt=fake.last_id, by="test")


@pytest.mark.parametrize(
    ("step", "how", "why"),
    [
        ("words", {}, "settle takes exactly one of: adopt with an id, charge again, skip"),
        ("words", {"skip": True, "charge_again": True}, "settle takes exactly one of"),
        ("words", {"adopt": "a b"}, "'a b' is no id of a prediction"),
        ("nothing", {"skip": True}, "has no step 'nothing'; its steps are words, picture, clip"),
        ("picture", {"skip": True}, "step 'picture' has no call whose fate is unknown, it is pending"),
    ],
)
def test_what_cannot_be_settled_is_told_in_one_line_and_changes_nothing(
    run: RunFolder, step: str, how: dict[str, bool], why: str
) -> None:
    before = run.journal.read_bytes()
    with pytest.raises(UsageError) as refused:
        settle_run(run, step, by="test", **how)  # type: ignore[arg-type]  # as a command line gives them
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert run.journal.read_bytes() == before


def test_a_call_whose_end_is_known_is_not_settled_and_a_prediction_belongs_to_one_run(
    run: RunFolder, fake: FakeReplicate
) -> None:
    settle_run(run, "words", adopt=fake.last_id, by="test")
    with pytest.raises(UsageError, match="is some run's own already"):
        settle_run(run, "words", adopt=fake.last_id, by="test")
    assert _resumed(run).exit_code == 0
    with pytest.raises(UsageError, match=r"has no call whose fate is unknown, it is completed$"):
        settle_run(run, "words", charge_again=True, by="test")


def test_a_call_whose_id_the_provider_gave_is_not_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account(monkeypatch) as fake:
        run = _ended(tmp_path, fake)
        with pytest.raises(UsageError, match=f"its call is prediction {fake.last_id}$"):
            settle_run(run, "picture", charge_again=True, by="test")


@pytest.mark.parametrize("is_resumed", [True, False])
@pytest.mark.parametrize(("how", "charged"), [("adopt", 3), ("charge_again", 4), ("skip", 3)])
def test_an_id_that_was_mistyped_is_settled_again(
    run: RunFolder, fake: FakeReplicate, how: str, charged: int, *, is_resumed: bool
) -> None:
    settle_run(run, "words", adopt="wrongid1234", by="test")
    if is_resumed:
        result = _resumed(run)
        assert (result.exit_code, fake.charged) == (1, 1)
        assert "replicate knows nothing of prediction wrongid1234 (404)" in str(result.snapshot.error)
    settle_run(
        run, "words", by="test",
        adopt=fake.last_id if how == "adopt" else None, charge_again=how == "charge_again", skip=how == "skip",
    )  # fmt: skip
    result = _resumed(run)
    assert (result.exit_code, fake.charged, intents(run)) == (0, charged, charged)
    assert (fake.last_id, result.snapshot.steps[0].status) == (
        result.snapshot.steps[2].prediction_id, "skipped" if how == "skip" else "completed",
    )  # fmt: skip


def test_an_id_that_was_said_of_the_wrong_step_is_free_once_that_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(monkeypatch) as fake:
        lose_answer(fake)
        lose_answer(fake)
        run = run_paid(tmp_path, TWO_AT_ONCE).run
        of_model = {str(each["model"]): prediction_id for prediction_id, each in fake.predictions.items()}
        words, picture = of_model["openai/gpt-4o"], of_model["google/nano-banana"]
        settle_run(run, "words", adopt=picture, by="test")
        settle_run(run, "words", adopt=words, by="test")
        settle_run(run, "picture", adopt=picture, by="test")
        assert (resume_run(run.id, options=paid(tmp_path)).exit_code, fake.charged) == (0, 2)


def test_a_run_that_somebody_holds_is_not_settled(run: RunFolder) -> None:
    with hold_run(run), pytest.raises(StreamBusyError):
        settle_run(run, "words", skip=True, by="test")


def test_two_uncertain_steps_are_settled_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account(monkeypatch) as fake:
        lose_answer(fake, is_made=False)
        lose_answer(fake, is_made=False)
        result = run_paid(tmp_path, TWO_AT_ONCE)
        assert (result.exit_code, [row.status for row in result.snapshot.steps]) == (3, ["uncertain", "uncertain"])
        settle_run(result.run, "words", charge_again=True, by="test")
        assert read_snapshot(result.run.snapshot).outcome == "uncertain"
        settle_run(result.run, "picture", skip=True, by="test")
        assert read_snapshot(result.run.snapshot).outcome == "failed"
        again = resume_run(result.run.id, options=paid(tmp_path))
        assert (again.exit_code, fake.charged) == (0, 1)


class _Interrupting(ExecutionHooks):
    """Ends the run once the call of its second step has an id: by a signal, or as a person cancels it."""

    def __init__(self, *, by_signal: bool) -> None:
        self._by_signal = by_signal
        self.engine: Engine | None = None

    def started(self, engine: Engine, _run: RunFolder) -> None:
        self.engine = engine

    def during_step(self, event: Event) -> None:
        if event.type == "prediction_submitted" and event.step == 2 and self.engine is not None:
            if self._by_signal:
                self.engine.stop("SIGINT")
            else:
                self.engine.post(new_command("cancel", epoch=1, by="test"))


def _ended(folder: Path, fake: FakeReplicate, *, by_signal: bool = True) -> RunFolder:
    """A run that was ended while its picture was in the making."""
    fake.script(Script(model="google/nano-banana", output="image", running_s=60))
    hook = _Interrupting(by_signal=by_signal)
    result = run_paid(folder, hooks=(hook,), started=hook.started)
    assert (result.exit_code, fake.charged) == (130 if by_signal else 1, 2)
    return result.run


def test_what_a_signal_left_running_is_stopped_at_the_provider_by_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(monkeypatch) as fake:
        run = _ended(tmp_path, fake)
        prediction_id = fake.last_id
        monkeypatch.delenv("REPLICATE_API_TOKEN")
        assert cancel_run(run, "test").left == (prediction_id,)
        monkeypatch.setenv("REPLICATE_API_TOKEN", fake.token)
        reply = cancel_run(run, "test")
        assert (reply.stopped, reply.left) == ((prediction_id,), ())
        assert fake.predictions[prediction_id]["canceled"] is not None
        with pytest.raises(UsageError, match="has ended already: cancelled by test"):
            cancel_run(run, "test")
        result = _resumed(run)
        assert (result.exit_code, fake.charged, intents(run)) == (0, 4, 4)


def test_what_has_succeeded_meanwhile_is_not_cancelled_and_waits_for_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(monkeypatch) as fake:
        run = _ended(tmp_path, fake)
        fake.pass_time(61)
        before = run.journal.read_bytes()
        for _again in range(2):
            with pytest.raises(UsageError, match="has ended already: cancelled by SIGINT"):
                cancel_run(run, "test")
        assert run.journal.read_bytes() == before
        assert (_resumed(run).exit_code, fake.charged) == (0, 3)


LEAVES = """
steps:
  - {name: words, tool: text.generate, needs: [], with: {model: openai/gpt-4o, prompt: Say hello}}
  - name: picture
    tool: image.generate
    needs: []
    timeout: 90
    on_error: continue
    with: {model: google/nano-banana, prompt: A bottle}
"""


class _TimingOut(ExecutionHooks):
    """Lets the second step's time be over once its call has an id."""

    def __init__(self) -> None:
        self._engines: list[Engine] = []

    def started(self, engine: Engine, _run: RunFolder) -> None:
        self._engines.append(engine)

    def during_step(self, event: Event) -> None:
        if event.type == "prediction_submitted" and event.step == 2:
            let_time_pass(self._engines[0], 100)


@pytest.mark.parametrize("outcome", ["completed_with_issues", "failed"])
def test_a_run_that_left_a_call_behind_stays_ended_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    with account(monkeypatch) as fake:
        fake.script(Script(model="google/nano-banana", output="image", running_s=60))
        text = LEAVES.replace("openai/gpt-4o", "nobody/nothing") if outcome == "failed" else LEAVES
        hook = _TimingOut()
        result = run_paid(tmp_path, text, hooks=(hook,), started=hook.started)
        assert result.snapshot.outcome == outcome
        assert cancel_run(result.run, "test").stopped == (result.snapshot.steps[1].prediction_id,)
        assert read_snapshot(result.run.snapshot).outcome == outcome
        with pytest.raises(UsageError, match=r"has ended already: (completed|failed)"):
            cancel_run(result.run, "test")


def test_a_resume_goes_on_with_what_a_signal_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account(monkeypatch) as fake:
        run = _ended(tmp_path, fake)
        fake.pass_time(61)
        result = _resumed(run)
        assert (result.exit_code, fake.charged, intents(run)) == (0, 3, 3)


def test_a_living_run_that_is_cancelled_stops_its_calls_at_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(monkeypatch) as fake:
        run = _ended(tmp_path, fake, by_signal=False)
        assert fake.predictions[fake.last_id]["canceled"] is not None
        ends = [each for each in told(run) if each[0] != "progress"]  # the tool may see the end before its own
        assert ends[-3:-1] == [
            ("prediction_settled", 2, {"call": 1, "id": fake.last_id, "status": "canceled"}),
            ("step_cancelled", 2, {"reason": "cancelled by test", "duration_s": ends[-2][2]["duration_s"]}),
        ]
        result = _resumed(run)
        assert (result.exit_code, fake.charged, intents(run)) == (0, 4, 4)
