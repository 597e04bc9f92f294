"""While a paid call is in flight nothing ends its step: no timeout, no signal, no cancel (DESIGN 5, Money)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from character_flow import events
from character_flow.app import RunOptions, resume_run, run_plan
from character_flow.engine import Engine
from character_flow.stream.inbox import new_command
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_server import Reply, Request
from tests.unit.small_runs import Running, check_result, facts, let_time_pass, story, until_taken_in, wait_until

CREATE = ("POST", "/v1/predictions")
PLAN = "steps: [{{name: words, tool: text.generate, with: {{model: openai/gpt-4o, prompt: Say hello}}{more}}}]"
CALLED = ["prediction_intended 1.1", "prediction_submitted 1.1"]
EMPTY_LIST = '{"previous": null, "next": null, "results": []}'


def use(fake: FakeReplicate, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a person sets it."""
    monkeypatch.setenv("REPLICATE_BASE_URL", fake.address)
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with FakeReplicate() as fake:
        use(fake, monkeypatch)
        yield fake


class Begun:
    """A run that has sent its call, and waits for the answer."""

    def __init__(self, folder: Path, fake: FakeReplicate, *, more: str = "") -> None:
        self._answer = Fault(*CREATE, kind="slow", seconds=60)
        fake.fault(self._answer)
        plan = folder / "plan.yaml"
        plan.write_text(PLAN.format(more=more))
        begun: list[tuple[Engine, RunFolder]] = []
        self.options = RunOptions(folder=folder, provider="replicate", durability="none", first_backoff_s=0.01)
        options = replace(self.options, started=lambda engine, run: begun.append((engine, run)))
        self._running = Running(lambda: run_plan(plan, options=options))
        wait_until(lambda: fake.charged == 1)
        ((self.engine, self.run),) = begun

    def answered(self) -> None:
        """Let the answer come, once the engine has heard of what should end the step."""
        until_taken_in(self.engine)
        self._answer.seconds = 0

    def ended(self) -> tuple[int, list[str]]:
        """Exit code and story."""
        result = self._running.result()
        check_result(result)
        return result.exit_code, story(result.run)

    def resumed(self) -> int:
        """Go on with it; the exit code."""
        result = resume_run(self.run.id, options=self.options)
        check_result(result)
        return result.exit_code


def test_a_timeout_waits_for_the_answer_and_the_next_attempt_takes_the_call_up(
    tmp_path: Path, fake: FakeReplicate
) -> None:
    fake.script(Script(pieces=["Hello"], running_s=60))
    begun = Begun(tmp_path, fake, more=", timeout: 90, attempts: 2")
    let_time_pass(begun.engine, 100)
    begun.answered()
    wait_until(lambda: "step_started 1.2" in story(begun.run))
    fake.pass_time(100)
    code, told = begun.ended()
    assert [line for line in told if line.startswith(("prediction", "step"))] == [
        "step_started 1.1", *CALLED, "step_error 1.1", "step_retried 1", "step_started 1.2",
        "prediction_reattached 1.2", "prediction_settled 1.2", "step_completed 1.2",
    ]  # fmt: skip
    assert (code, fake.charged) == (0, 1)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_waits_for_the_answer_names_what_runs_on_and_a_resume_takes_it_up(
    tmp_path: Path, fake: FakeReplicate, name: str
) -> None:
    fake.script(Script(pieces=["Hello"], running_s=60))
    begun = Begun(tmp_path, fake)
    begun.engine.stop(name)
    begun.answered()
    code, told = begun.ended()
    assert code == {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}[name]
    assert told == ["plan_started", "step_started 1.1", *CALLED, "step_cancelled 1.1", "plan_cancelled"]
    (cancelled,) = facts(begun.run, events.StepCancelled)
    assert isinstance(cancelled, events.StepCancelled)
    assert cancelled.left_running == fake.last_id
    assert fake.requests("POST", "/v1/predictions/*/cancel") == []
    fake.pass_time(100)
    assert (begun.resumed(), fake.charged) == (0, 1)
    assert story(begun.run).count("prediction_intended 1.1") == 1


def test_a_persons_cancel_waits_for_the_answer_and_ends_the_prediction_too(tmp_path: Path, fake: FakeReplicate) -> None:
    fake.script(Script(pieces=["Hello"], running_s=60))
    begun = Begun(tmp_path, fake)
    begun.engine.post(new_command("cancel", epoch=1, by="test"))
    begun.answered()
    code, told = begun.ended()
    assert code == 1
    ends = [line for line in told if line.startswith(("prediction", "step", "plan"))]
    if "prediction_settled 1.1" in ends:  # the step may see the end of its prediction before its own
        ends.remove("prediction_settled 1.1")
    assert ends == ["plan_started", "step_started 1.1", *CALLED, "step_cancelled 1.1", "plan_cancelled"]
    assert len(fake.requests("POST", f"/v1/predictions/{fake.last_id}/cancel")) == 1


class Cutting(FakeReplicate):
    """Makes a prediction, and where an answer is due hangs up without a word."""

    def _create(self, request: Request) -> Reply:
        reply = super()._create(request)
        reply.spoil = "drop_after"
        return reply


@pytest.mark.parametrize("end", ["signal", "timeout"])
def test_a_call_whose_answer_is_lost_meanwhile_ends_uncertain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Not as cancelled, and not as a step that ran out of time: someone must hear that it may have been charged."""
    monkeypatch.setattr("character_flow.paid._LOOKS_S", (0.0,))
    with Cutting() as fake:
        use(fake, monkeypatch)
        hidden = Fault("GET", "/v1/predictions", "wrong_json", body=EMPTY_LIST, times=-1)
        fake.fault(hidden)
        begun = Begun(tmp_path, fake, more=", timeout: 90, attempts: 2" if end == "timeout" else "")
        if end == "signal":
            begun.engine.stop("SIGTERM")
        else:
            let_time_pass(begun.engine, 100)
        begun.answered()
        _, told = begun.ended()
        assert [line for line in told if line.startswith(("prediction", "step", "plan"))] == [
            "plan_started", "step_started 1.1", CALLED[0], "step_uncertain 1.1",
            "plan_error" if end == "timeout" else "plan_cancelled",
        ]  # fmt: skip
        if end == "signal":
            assert (begun.resumed(), fake.charged) == (3, 1)
        hidden.times = 0
        assert (begun.resumed(), fake.charged) == (0, 1)


@pytest.mark.parametrize(("status", "code"), [(None, 0), (404, 1)])
def test_a_run_is_completed_only_when_its_film_is_on_the_disk(
    tmp_path: Path, fake: FakeReplicate, status: int | None, code: int
) -> None:
    """W0-07: not when the provider says that it is made."""
    fake.script(Script(model="google/veo-3.1-fast", output="video", running_s=0.2))
    if status is not None:
        fake.fault(Fault("GET", "/delivery/*/*", "status", status=status, times=-1))
    model = "model: google/veo-3.1-fast, prompt: A bottle"
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f'steps: [{{name: film, tool: video.generate, with: {{{model}}}}}]\noutput: "{{{{ steps.film.output.path }}}}"'
    )
    result = run_plan(plan, options=RunOptions(folder=tmp_path, provider="replicate", durability="none"))
    check_result(result)
    films = [str(path) for path in result.run.artifacts.rglob("*.mp4")]
    assert (result.exit_code, fake.charged, films) == (code, 1, [result.output] if code == 0 else [])
    assert "prediction_settled 1.1" in story(result.run)  # the provider has said so in either case
