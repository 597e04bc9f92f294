"""What a run is given: kept with it, and handed on to the runs made of it (DESIGN 2, 5)."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from character_flow import events
from character_flow.app import rerun, resume_run, run_plan
from character_flow.engine import Engine
from character_flow.errors import DurabilityError, RunCancelledError, StreamError, ToolError, UsageError
from character_flow.stream.inbox import new_command, send
from character_flow.stream.journal import read_events
from character_flow.stream.journal_line import encode_event
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import OnEvent, events_of, facts, options_for, run_text, story, wait_until

ECHO = 'steps: [{name: say, tool: say, with: {text: "{{ inputs.word }}"}}]\noutput: "{{ steps.say.output }}"\n'


def says(tools: dict[str, Callable[..., object]] | None = None) -> ToolRegistry:
    return ToolRegistry({"say": lambda ctx, *, text: text, **(tools or {})})


def cut_after(run: RunFolder, wanted: Callable[[events.Event], bool]) -> None:
    """Leave the journal as a kill behind that event would have."""
    kept = []
    for event in read_events(run.journal):
        kept.append(encode_event(event))
        if wanted(event):
            break
    run.journal.write_bytes(b"".join(kept))


def test_a_run_with_a_secret_can_be_run_again_from_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "s3cret-value")
    text = "inputs: {word: {type: secret, env: SHOP_KEY}}\n"
    text += 'steps: [{name: say, tool: size, with: {text: "{{ inputs.word }}"}}]\n'
    tools = ToolRegistry({"size": lambda ctx, *, text: len(text)})
    first = run_text(tmp_path, text, tools)
    again = rerun(first.run.id, from_step="say", options=options_for(tmp_path, tools))
    assert [step.output for step in again.snapshot.steps] == ["12"]


def test_a_resume_without_its_secret_says_so_and_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "s3cret-value")
    text = "inputs: {word: {type: secret, env: SHOP_KEY}}\n"
    text += 'steps: [{name: say, tool: fail, with: {text: "{{ inputs.word }}"}}]\n'

    def fail(ctx: ToolContext, *, text: str) -> None:
        raise ToolError("no")

    tools = ToolRegistry({"fail": fail})
    run = run_text(tmp_path, text, tools).run
    before = run.journal.read_bytes()
    monkeypatch.delenv("SHOP_KEY")
    with pytest.raises(UsageError, match="set the environment variable SHOP_KEY"):
        resume_run(run.id, options=options_for(tmp_path, tools))
    assert run.journal.read_bytes() == before


def test_a_mended_plans_new_default_counts_and_what_was_chosen_stays(tmp_path: Path) -> None:
    inputs = "inputs: {word: {type: text, default: old}, kept: {type: text, default: x}}\n"
    first = run_text(tmp_path, inputs + ECHO, says(), inputs={"kept": "chosen"})
    mended = tmp_path / "mended.yaml"
    text = (inputs + ECHO).replace("default: old", "default: new")
    mended.write_text(text.replace("inputs.word", "inputs.word ~ inputs.kept"))
    again = rerun(first.run.id, plan=mended, options=options_for(tmp_path, says()))
    assert again.output == "newchosen"


def test_a_run_made_of_a_run_still_tells_where_its_pictures_came_from(tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("hello")
    text = "inputs: {word: {type: file}}\n" + ECHO
    first = run_text(tmp_path, text, says(), inputs={"word": str(tmp_path / "given.txt")})
    (tmp_path / "given.txt").write_text("changed since")
    again = rerun(first.run.id, options=options_for(tmp_path, says()))
    kept = json.loads(again.run.inputs_json.read_text())
    assert kept["inputs"]["word"] == kept["files"]["word"]["given"] == str(tmp_path / "given.txt")
    assert (again.run.inputs / "word.txt").read_text() == "hello"
    assert [step.reused_from for step in again.snapshot.steps] == [first.run.id]


def test_a_plan_that_no_longer_loads_can_be_mended(tmp_path: Path) -> None:
    first = run_text(tmp_path, "inputs: {word: {type: text, default: hello}}\n" + ECHO, says())
    mended = tmp_path / "mended.yaml"
    mended.write_text(first.run.plan.read_text().replace("tool: say", "tool: tell"))
    tools = ToolRegistry({"tell": lambda ctx, *, text: text.upper()})
    assert rerun(first.run.id, plan=mended, options=options_for(tmp_path, tools)).output == "HELLO"


def test_a_newer_versions_run_is_not_gone_on_with_in_any_way(tmp_path: Path) -> None:
    run = run_text(tmp_path, "inputs: {word: {type: text, default: hello}}\n" + ECHO, says()).run
    happened = events_of(run)
    head = happened[0].fact.model_copy(update={"schema_version": 99})
    run.journal.write_bytes(b"".join(map(encode_event, [replace(happened[0], fact=head), *happened[1:]])))
    for call in (resume_run, rerun, lambda name, *, options: rerun(name, salvage=True, options=options)):
        with pytest.raises(StreamError, match="newer version"):
            call(run.id, options=options_for(tmp_path, says()))


def test_an_accepted_answer_is_not_lost_by_a_kill_before_it_is_recorded(tmp_path: Path) -> None:
    text = 'steps: [{name: pick, tool: ask, with: {question: Which}}]\noutput: "{{ steps.pick.output }}"\n'
    command = new_command("answer", epoch=1, by="test", request_id="pick:1", value="this", command_id="ab" * 8)
    engines: list[Engine] = []
    asked = OnEvent("input_requested", lambda event: engines[0].post(command))
    run = run_text(tmp_path, text, hooks=(asked,), started=lambda engine, run: engines.append(engine)).run
    cut_after(run, lambda event: event.type == "command_accepted")
    send(run, command)
    again = resume_run(run.id, options=options_for(tmp_path))
    assert again.output == "this"
    assert len(facts(run, events.CommandAccepted)) == 1


def test_a_step_that_ran_again_and_failed_keeps_no_old_output(tmp_path: Path) -> None:
    asked: list[int] = []

    def side(ctx: ToolContext, *, text: str) -> str:
        asked.append(1)
        if len(asked) > 1:
            raise ToolError("not this time")
        return "old"

    def check(ctx: ToolContext, *, text: str) -> str:
        if text == "first":
            raise ToolError("write it again")
        return text

    tools = ToolRegistry({
        "write": lambda ctx, *, told: "first" if told is None else "second", "side": side, "check": check,
    })  # fmt: skip
    text = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - {name: side, tool: side, on_error: continue, with: {text: "{{ steps.draft.output }}"}}
  - {name: check, tool: check, needs: [side], with: {text: "{{ steps.draft.output }}"}, retry_from: {step: draft}}
output: {side: "{{ steps.side.output }}", check: "{{ steps.check.output }}"}
"""
    assert run_text(tmp_path, text, tools).output == {"side": None, "check": "second"}


def test_salvage_runs_a_step_again_whose_file_nobody_knows_any_more(tmp_path: Path) -> None:
    ran: list[str] = []

    def make(ctx: ToolContext, *, text: str) -> str:
        ran.append(ctx.run_id)
        path = ctx.folder / "a.txt"
        path.write_text(text)
        return str(ctx.artifact(path, "file")["path"])

    tools = says({"make": make})
    text = "inputs: {word: {type: text, default: hello}}\n" + ECHO.replace("tool: say", "tool: make")
    run = run_text(tmp_path, text, tools).run
    lines = run.journal.read_bytes().splitlines(keepends=True)
    run.journal.write_bytes(b"".join(b"x" + line[1:] if b'"artifact"' in line else line for line in lines))
    again = rerun(run.id, salvage=True, options=options_for(tmp_path, tools))
    assert ran == [run.id, again.run.id]


def test_a_step_with_seven_hundred_files_can_be_taken_over(tmp_path: Path) -> None:
    def make(ctx: ToolContext, *, text: str) -> int:
        for number in range(700):
            path = ctx.folder / f"{number:04}-{'x' * 60}.txt"
            path.write_text(text)
            ctx.artifact(path, "file")
        return 700

    tools = says({"make": make})
    text = "inputs: {word: {type: text, default: hello}}\n" + ECHO.replace("tool: say", "tool: make")
    first = run_text(tmp_path, text, tools)
    again = rerun(first.run.id, options=options_for(tmp_path, tools))
    row = again.snapshot.steps[0]
    assert (row.reused_from, row.artifact_count, row.status) == (first.run.id, 700, "completed")


def test_a_journal_removed_under_its_writer_ends_the_run(tmp_path: Path) -> None:
    """W0-18: what can no longer be read by anybody is not written on as if nothing had happened."""

    def vanish(ctx: ToolContext, *, text: str) -> str:
        (tmp_path / "runs" / ctx.run_id / "journal.jsonl").unlink()
        return text

    path = tmp_path / "plan.yaml"
    path.write_text("inputs: {word: {type: text, default: hello}}\n" + ECHO)
    with pytest.raises(DurabilityError, match="removed"):
        run_plan(path, options=options_for(tmp_path, ToolRegistry({"say": vanish})))


def test_a_cancelled_run_keeps_the_percent_it_had(tmp_path: Path) -> None:
    def wait(ctx: ToolContext) -> None:
        engine_of[0].stop("SIGINT")
        wait_until(lambda: ctx.cancelled)

    engine_of: list[Engine] = []
    text = "steps:\n" + "".join(f"  - {{name: s{n}, tool: wait, needs: []}}\n" for n in range(4))
    result = run_text(
        tmp_path, text, ToolRegistry({"wait": wait}), started=lambda engine, run: engine_of.append(engine)
    )
    assert (result.exit_code, result.snapshot.progress) == (130, 0)


def test_a_closed_context_gives_no_folder(tmp_path: Path) -> None:
    late: list[BaseException] = []

    def slow(ctx: ToolContext, *, text: str) -> None:
        assert ctx.folder.is_dir()
        wait_until(lambda: ctx.cancelled)
        try:
            _ = ctx.folder
        except RunCancelledError as error:
            late.append(error)

    text = "inputs: {word: {type: text, default: hello}}\n" + ECHO.replace("with:", "timeout: 0.05s, with:")
    result = run_text(tmp_path, text, ToolRegistry({"say": slow}))
    assert result.exit_code == 1
    assert story(result.run)[-1] == "plan_error"
    wait_until(lambda: len(late) == 1)
