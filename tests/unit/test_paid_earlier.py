"""A step that was sent back may have left a prediction running: a cancel stops that one too, and books what it cost."""

from pathlib import Path

import pytest

from character_flow.app import resume_run
from character_flow.engine import Engine
from character_flow.errors import UsageError
from character_flow.events import Event
from character_flow.hooks import ExecutionHooks
from character_flow.plan import parse_plan
from character_flow.requests import cancel_run
from character_flow.run_state import RunState
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import FakeReplicate, Fault, Script
from tests.journal_laws import check_run
from tests.unit.paid_plans import account, events_of, paid, run_paid, told

PLAN = """
name: A picture that is sent back
steps:
  - name: words
    tool: text.generate
    with: {model: openai/gpt-4o, prompt: "Write {{ feedback }}"}
  - name: picture
    tool: image.generate
    with: {model: google/nano-banana, prompt: "{{ steps.words.output }}"}
    retry_from: {step: words, at_most: 1}
"""


class _Trouble(ExecutionHooks):
    """The first look at the picture is refused, so that the plan is sent back; at the second call the run is ended."""

    def __init__(self, fake: FakeReplicate) -> None:
        self._fake = fake
        self._engine: Engine | None = None
        self.made: list[str] = []

    def started(self, engine: Engine, _run: RunFolder) -> None:
        self._engine = engine

    def during_step(self, event: Event) -> None:
        if event.type == "prediction_submitted" and event.step == 2:
            self.made.append(self._fake.last_id)
            if len(self.made) == 1:
                self._fake.fault(Fault("GET", f"/v1/predictions/{self.made[0]}", "status", status=404))
            elif self._engine is not None:
                self._engine.stop("SIGINT")


@pytest.mark.parametrize("is_dead", [False, True])
def test_cancelling_a_run_stops_what_an_earlier_take_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_dead: bool
) -> None:
    with account(monkeypatch) as fake:
        fake.script(Script(model="google/nano-banana", output="image", running_s=60, times=2))
        trouble = _Trouble(fake)
        result = run_paid(tmp_path, PLAN, hooks=(trouble,), started=trouble.started)
        run, plan = result.run, parse_plan(PLAN, path="plan.yaml", plan_id="plan")
        assert (result.exit_code, fake.charged, len(trouble.made)) == (130, 4, 2)
        if is_dead:  # killed when it should have been ended
            lines = run.journal.read_bytes().splitlines(keepends=True)
            run.journal.write_bytes(b"".join(lines[:-2]))
        before = events_of(run)[-1].seq
        reply = cancel_run(run, "test")
        assert (reply.stopped, reply.left) == (tuple(trouble.made), ())
        assert [fake.predictions[one]["canceled"] is not None for one in trouble.made] == [True, True]
        assert [data["id"] for kind, _, data in told(run, since=before) if kind == "prediction_settled"] == trouble.made
        state = RunState.replayed(2, events_of(run))
        assert [(call.status, call.step) for call in state.calls if call.step == 2] == [("canceled", 2)] * 2
        check_run(run, plan)
        with pytest.raises(UsageError, match="has ended already"):
            cancel_run(run, "test")
        again = resume_run(run.id, options=paid(tmp_path))
        check_run(run, plan)
        assert (again.exit_code, fake.charged) == (0, 5)


def test_a_run_that_has_completed_stays_so_when_what_an_earlier_take_left_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(monkeypatch) as fake:
        fake.script(Script(model="google/nano-banana", output="image", running_s=60))
        trouble = _Trouble(fake)
        result = run_paid(tmp_path, PLAN, hooks=(trouble,))
        assert (result.exit_code, fake.charged) == (0, 4)
        assert cancel_run(result.run, "test").stopped == (trouble.made[0],)
        check_run(result.run, parse_plan(PLAN, path="plan.yaml", plan_id="plan"))
        after = read_snapshot(result.run.snapshot)
        assert (after.status, after.outcome, after.progress) == ("completed", "success", 100)
        with pytest.raises(UsageError, match="has completed"):
            resume_run(result.run.id, options=paid(tmp_path))
