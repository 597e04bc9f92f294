"""What a run asks people: one question at a time, each answered once (DESIGN 3.7 and 4)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.app import resume_run
from character_flow.engine import Engine
from character_flow.errors import ToolError
from character_flow.events import Event, InputRequested
from character_flow.questions import answer_problem, meant_answer
from character_flow.requests import answer_run
from character_flow.stream.inbox import new_command, send
from character_flow.stream.reading import folded
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import Question, ToolContext, ToolRegistry
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
    wait_until,
)

ASK = 'steps: [{name: ask_name, tool: ask, with: {question: "Which name?"}}]\noutput: "{{ steps.ask_name.output }}"\n'


class Answerer(OnEvent):
    """Answers every question with the next of these values, through the engine."""

    def __init__(self, *values: str, request_id: str | None = None) -> None:
        super().__init__("input_requested", lambda event: None)
        self.engines: list[Engine] = []
        self.asked: list[str] = []
        self._values, self._request_id = list(values), request_id

    def started(self, engine: Engine, run: RunFolder) -> None:
        self.engines.append(engine)

    def during_step(self, event: Event) -> None:
        if isinstance(event.fact, InputRequested):
            self.asked.append(event.fact.request_id)
            if self._values:
                value = self._values.pop(0)
                self.engines[-1].post(
                    new_command("answer", epoch=event.epoch, by="test", value=value, request_id=self._request_id)
                )


def test_a_question_is_asked_answered_and_given_to_the_step(tmp_path: Path) -> None:
    """S0-62: a person in the loop."""
    answerer = Answerer("  Ada ")
    result = run_text(tmp_path, ASK, hooks=(answerer,), started=answerer.started)
    assert (result.exit_code, result.output, answerer.asked) == (0, "Ada", ["ask_name:1"])
    assert story(result.run)[2:-2] == ["input_requested 1.1", "command_accepted", "input_received 1.1"]
    assert result.snapshot.input_request is None


def test_a_choice_is_answered_by_its_number_too_and_a_wrong_answer_is_refused_and_may_be_given_again(
    tmp_path: Path,
) -> None:
    text = "steps: [{name: ask_size, tool: ask, with: {question: Q, kind: choice, choices: [small, large]}}]\n"
    answerer = Answerer("medium")
    again = OnEvent("command_refused", lambda event: answerer.engines[0].post(
        new_command("answer", epoch=1, by="test", value="2", request_id="ask_size:1")
    ))  # fmt: skip
    result = run_text(tmp_path, text, hooks=(answerer, again), started=answerer.started)
    (refused,) = facts(result.run, events.CommandRefused)
    (received,) = facts(result.run, events.InputReceived)
    assert isinstance(refused, events.CommandRefused)
    assert isinstance(received, events.InputReceived)
    assert refused.reason == "'medium' is none of the choices: small, large"
    assert received.value == "large"


def test_an_approval_that_is_none_sends_its_words_back_as_feedback_and_is_asked_again(tmp_path: Path) -> None:
    """W0-22, A9: two revisions, then approve; what comes out is the second revision."""
    registry = ToolRegistry()

    @registry.tool("write")
    def write(ctx: ToolContext, *, told: str | None) -> str:
        return f"draft {ctx.attempt}, told {told}"

    text = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - name: approve
    tool: ask
    with: {question: "Good? {{ steps.draft.output }}", kind: approve}
    retry_from: {step: draft, at_most: 5}
output: "{{ steps.draft.output }}"
"""
    answerer = Answerer("shorter", "more colour", "yes")
    result = run_text(tmp_path, text, registry, hooks=(answerer,), started=answerer.started)
    assert (result.exit_code, result.output) == (0, "draft 3, told more colour")
    assert answerer.asked == ["approve:1", "approve:2", "approve:3"]


def test_a_question_nobody_answers_takes_its_default_or_fails(tmp_path: Path) -> None:
    with_default = ASK.replace('"Which name?"', '"Q", default: nobody, timeout_s: 0.05')
    result = run_text(tmp_path, with_default)
    (received,) = facts(result.run, events.InputReceived)
    assert isinstance(received, events.InputReceived)
    assert (result.output, received.by) == ("nobody", "default")
    other = tmp_path / "other"
    other.mkdir()
    failed = run_text(other, ASK.replace('"Which name?"', '"Q", timeout_s: 0.05'))
    assert failed.exit_code == 1
    assert "nobody answered 'ask_name:1' within 0.05 s" in (failed.snapshot.error or "")


def test_one_question_is_open_at_a_time(tmp_path: Path) -> None:
    text = "steps:\n" + "".join(
        f"  - {{name: ask_{letter}, tool: ask, needs: [], with: {{question: Q}}}}\n" for letter in "abc"
    )
    answerer = Answerer("1", "2", "3")
    result = run_text(tmp_path, text, hooks=(answerer,), started=answerer.started)
    kinds = [event.type for event in events_of(result.run) if event.type.startswith("input_")]
    assert (result.exit_code, kinds) == (0, ["input_requested", "input_received"] * 3)
    assert sorted(answerer.asked) == ["ask_a:1", "ask_b:1", "ask_c:1"]


PICK = """
steps:
  - {name: draw, tool: draw}
  - name: pick
    tool: ask
    with:
      question: Which one?
      kind: pick
      options: [{label: Red, file: "{{ steps.draw.output.red }}", text: a red one}, "only\\nwords", null]
      default: 2
output: "{{ steps.pick.output }}"
"""


def pictures() -> ToolRegistry:
    registry = ToolRegistry()

    @registry.tool("draw")
    def draw(ctx: ToolContext) -> dict[str, JsonValue]:
        path = ctx.folder / "red.png"
        path.write_bytes(b"red")
        return {"red": ctx.artifact(path, "image")["path"]}

    return registry


@pytest.mark.parametrize(
    ("said", "index"),
    [("Red", 0), (" 1 ", 0), ("a red one", 0), ("red.png", 0), ("2", 1), ("only words", 1), ("only\nwords", 1)],
)
def test_one_of_several_pictures_or_texts_is_picked_by_number_name_text_or_file(
    tmp_path: Path, said: str, index: int
) -> None:
    answerer = Answerer(said)
    result = run_text(tmp_path, PICK, pictures(), hooks=(answerer,), started=answerer.started)
    red = {"index": 0, "text": "a red one", "file": str(result.run.path / "artifacts/draw-1/red.png")}
    assert (result.exit_code, result.output) == (0, (red, {"index": 1, "text": "only\nwords", "file": None})[index])
    (asked,) = facts(result.run, InputRequested)
    assert asked.to_json() == {
        "request_id": "pick:1", "kind": "pick", "prompt": "Which one?", "choices": ("Red", "only\nwords"),
        "options": (
            {"label": "Red", "text": "a red one", "file": "artifacts/draw-1/red.png"}, {"text": "only\nwords"},
        ),
        "default": "only\nwords",
    }  # fmt: skip
    (received,) = facts(result.run, events.InputReceived)
    assert isinstance(received, events.InputReceived)
    assert received.value == ("Red", "only\nwords")[index]


def test_an_option_that_is_not_there_is_refused_and_the_default_is_taken_in_the_end(tmp_path: Path) -> None:
    answerer = Answerer("3")
    nobody_else = OnEvent("command_refused", lambda event: let_time_pass(answerer.engines[0], 100))
    text = PICK.replace("default: 2", "default: Red\n      timeout_s: 90")
    result = run_text(tmp_path, text, pictures(), hooks=(answerer, nobody_else), started=answerer.started)
    (refused,) = facts(result.run, events.CommandRefused)
    assert isinstance(refused, events.CommandRefused)
    assert refused.reason == "'3' is none of the options: Red, only\nwords"
    assert isinstance(result.output, dict)
    assert result.output["index"] == 0


def test_a_pick_survives_a_kill_and_is_answered_while_the_run_is_dead(tmp_path: Path) -> None:
    """The question, its options and the answer stand in the journal; the file is the same after the restart."""
    answerer = Answerer("Red")
    result = run_text(tmp_path, PICK, pictures(), hooks=(answerer,), started=answerer.started)
    killed_before(result.run, "command_accepted")
    asked = folded(result.run.journal).input_request
    assert asked is not None
    assert [option.file for option in asked.options] == ["artifacts/draw-1/red.png", None]
    assert answer_run(result.run, "1", by="test").by == "here"
    resumed = resume_run(result.run.id, options=replace(options_for(tmp_path), tools=pictures()))
    assert (resumed.exit_code, resumed.output) == (0, result.output)
    assert story(resumed.run).count("input_requested 2.1") == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("[]", "there are 0, a person can pick one of 1 to 50"),
        ("red", "a list of texts, or of mappings"),
        ("[red, ' red ']", "two are called 'red'"),
        ("[{label: red}]", "number 1 has neither a text nor a file"),
        ("[{texts: red}]", "number 1 has an unknown key 'texts'; there are label, text, file"),
        ("[{text: 5}]", "the text of number 1 is not a text"),
        ("[a, 5]", "number 2 is neither a text nor a mapping"),
        ("[{file: /etc/hostname}]", "/etc/hostname is no picture or file of this run"),
        ("[a, b], default: 3", "default: '3' is none of the options"),
    ],
)
def test_options_from_which_nobody_could_pick_fail_the_step_in_words(
    tmp_path: Path, options: str, problem: str
) -> None:
    result = run_text(
        tmp_path, f"steps: [{{name: pick, tool: ask, with: {{question: Q, kind: pick, options: {options}}}}}]"
    )
    assert result.exit_code == 1
    assert problem in (result.snapshot.error or "")
    assert "input_requested 1.1" not in story(result.run)


@pytest.mark.parametrize(
    ("more", "problem"),
    [("options: [a]", "only a question of kind pick has options"), ("default: 1, timeout_s: 1", "are texts")],
)
def test_options_belong_to_a_pick_only(tmp_path: Path, more: str, problem: str) -> None:
    result = run_text(tmp_path, f"steps: [{{name: one, tool: ask, with: {{question: Q, {more}}}}}]")
    assert problem in (result.snapshot.error or "")


def killed_before(run: RunFolder, kind: str) -> None:
    """Leave of the journal what a kill would have left before the first event of this type."""
    lines = run.journal.read_bytes().splitlines(keepends=True)
    first = next(number for number, event in enumerate(events_of(run)) if event.type == kind)
    run.journal.write_bytes(b"".join(lines[:first]))


def test_an_answer_survives_a_kill_and_is_not_asked_for_again(tmp_path: Path) -> None:
    answerer = Answerer("Ada")
    result = run_text(tmp_path, ASK, hooks=(answerer,), started=answerer.started)
    killed_before(result.run, "step_completed")
    resumed = resume_run(result.run.id, options=options_for(tmp_path))
    check_result(resumed)
    assert (resumed.exit_code, resumed.output) == (0, "Ada")
    assert story(resumed.run).count("input_requested 1.1") == 1
    assert "input_requested 1.2" not in story(resumed.run)


def test_an_answer_sent_to_a_dead_run_is_taken_before_the_question_is_asked_again(tmp_path: Path) -> None:
    """DESIGN 3.7: commands of an older epoch are deleted unread, answers excepted."""
    answerer = Answerer("first")
    result = run_text(tmp_path, ASK, hooks=(answerer,), started=answerer.started)
    killed_before(result.run, "command_accepted")
    send(result.run, new_command("answer", epoch=1, by="late", value="Bea", request_id="ask_name:1"))
    resumed = resume_run(result.run.id, options=options_for(tmp_path))
    check_result(resumed)
    assert (resumed.exit_code, resumed.output) == (0, "Bea")
    assert list(resumed.run.inbox.iterdir()) == []


def test_a_cancel_ends_a_run_that_waits_for_an_answer(tmp_path: Path) -> None:
    engines: list[Engine] = []
    cancel = OnEvent("input_requested", lambda event: engines[0].post(new_command("cancel", epoch=1, by="test")))
    running = Running(
        lambda: run_text(tmp_path, ASK, hooks=(cancel,), started=lambda engine, run: engines.append(engine))
    )
    result = running.result()
    assert (result.exit_code, result.snapshot.input_request) == (1, None)
    late = new_command("answer", epoch=1, by="test", value="x")
    send(result.run, late)
    assert story(result.run)[-1] == "plan_cancelled"


def test_a_question_too_long_for_a_line_fails_its_step_only(tmp_path: Path) -> None:
    registry = ToolRegistry()

    @registry.tool("ask_much")
    def ask_much(ctx: ToolContext) -> str:
        return ctx.ask(
            Question("Which?", kind="choice", choices=tuple(f"{number} {'x' * 1_000}" for number in range(99)))
        )

    result = run_text(tmp_path, "steps: [{name: one, tool: ask_much}]", registry)
    assert result.exit_code == 1
    assert "the question is too long" in (result.snapshot.error or "")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Question("Q", kind="choice"), "needs at least one"),
        (lambda: Question("Q", kind="choice", choices=("a",), default="b"), "its default among them"),
        (lambda: Question("Q", kind="pick", choices=("a",)), "has their names as choices"),
        (lambda: Question("Q", kind="maybe"), "'maybe' is none of text, choice, approve, pick"),  # type: ignore[arg-type]
        (lambda: Question(5), "are texts"),  # type: ignore[arg-type]
        (lambda: Question("Q", timeout_s=-1), "not a number of seconds above 0"),
        (lambda: Question("Q", timeout_s=float("nan")), "not a number of seconds above 0"),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused_where_it_is_made(
    make: Callable[[], Question], problem: str
) -> None:
    with pytest.raises(ToolError, match=problem):
        make()


@pytest.mark.parametrize(
    ("question", "value", "meant", "problem"),
    [
        (Question("Q"), " a b ", "a b", None),
        (Question("Q"), "  ", "", "an answer cannot be empty"),
        (Question("Q"), "x" * 5_001, "x" * 5_001, "the answer has 5001 characters, at most 5000 are kept"),
        (Question("Q", kind="choice", choices=("1", "one")), "2", "one", None),
        (Question("Q", kind="choice", choices=("2", "one")), "2", "2", None),
        (Question("Q", kind="choice", choices=("a",)), "0", "0", "'0' is none of the choices: a"),
        (Question("Q", kind="approve"), "OK", "approve", None),
        (Question("Q", kind="approve"), "no", "no", None),
    ],
)
def test_an_answer_means_what_a_person_meant(question: Question, value: str, meant: str, problem: str | None) -> None:
    assert (meant_answer(question, value), answer_problem(question, value)) == (meant, problem)


def test_nothing_can_be_answered_while_nothing_is_asked(tmp_path: Path) -> None:
    registry = ToolRegistry()
    runs: list[RunFolder] = []

    @registry.tool("wait")
    def wait(ctx: ToolContext) -> None:
        send(runs[0], new_command("answer", epoch=1, by="test", value="x"))
        wait_until(lambda: "command_refused" in story(runs[0]))

    result = run_text(
        tmp_path, "steps: [{name: one, tool: wait}]", registry, started=lambda engine, run: runs.append(run)
    )
    (refused,) = facts(result.run, events.CommandRefused)
    assert isinstance(refused, events.CommandRefused)
    assert refused.reason == "nothing is being asked"


@pytest.mark.parametrize(
    "question",
    [
        'default: "{{ inputs.token }}", timeout_s: 0.01',
        'kind: choice, choices: ["a", "Bearer {{ inputs.token }}"]',
        'default: "{{ steps.write.output }}", timeout_s: 0.01',
    ],
)
def test_what_could_not_be_recorded_as_an_answer_is_not_offered_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """W0-21; DESIGN 2: an answer stands in the journal, so a default or choice is short and holds no secret."""
    monkeypatch.setenv("TEST_FLOW_TOKEN", "tok-5cr3t")
    registry = ToolRegistry()

    @registry.tool("write")
    def write(ctx: ToolContext) -> str:
        return "long " * 20_000

    text = f"""
inputs: {{token: {{type: secret, env: TEST_FLOW_TOKEN}}}}
steps:
  - {{name: write, tool: write}}
  - {{name: ask_it, tool: ask, with: {{question: "Which?", {question}}}}}
"""
    result = run_text(tmp_path, text, registry)
    assert result.exit_code == 1
    assert "short texts, without a secret" in (result.snapshot.error or "")
    assert b"tok-5cr3t" not in result.run.journal.read_bytes()
