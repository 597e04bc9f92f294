"""What an earlier process or run leaves to this one: nothing that is finished is done again (DESIGN 5)."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.app import RunOptions, RunResult, rerun, resume_run, run_plan
from character_flow.errors import RetryableToolError, StreamCorruptError, ToolError, UsageError
from character_flow.plan import parse_plan
from character_flow.resume import depending_on
from character_flow.stream.stream import RunFolder
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import check_result, facts, options_for, run_text, story

PLAN = """
name: Chain
inputs: {word: {type: text, default: hello}, picture: {type: file, default: given.txt}}
steps:
  - {name: make, tool: make, with: {word: "{{ inputs.word }}"}}
  - {name: upper, tool: upper, with: {path: "{{ steps.make.output.path }}"}}
  - {name: side, tool: note, needs: [], with: {given: "{{ inputs.picture }}"}}
  - {name: last, tool: note, with: {given: "{{ steps.upper.output }}", made: "{{ steps.make.output.path }}"}}
output: {text: "{{ steps.last.output.given }}", file: "{{ steps.last.output.made }}"}
"""


class Counted:
    """Tools that count how often they ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails: set[str] = set()
        self.tools = ToolRegistry()
        self.tools.tool("make")(self.make)
        self.tools.tool("upper")(self.upper)
        self.tools.tool("note")(self.note)

    def _count(self, ctx: ToolContext) -> None:
        self.ran.append(ctx.step)
        if ctx.step in self.fails:
            raise ToolError(f"{ctx.step} fails")

    def make(self, ctx: ToolContext, *, word: str) -> dict[str, JsonValue]:
        self._count(ctx)
        path = ctx.folder / "word.txt"
        path.write_text(word)
        return ctx.artifact(path, "file")

    def upper(self, ctx: ToolContext, *, path: str) -> str:
        self._count(ctx)
        return Path(path).read_text().upper()

    def note(self, ctx: ToolContext, **given: JsonValue) -> JsonValue:
        self._count(ctx)
        return given


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    (tmp_path / "given.txt").write_text("given")
    return Counted()


def parent_of(tmp_path: Path, counted: Counted, *, fails: str | None = None) -> RunResult:
    """A run of the plan, failed at a step or completed; afterwards nothing fails and nothing is counted."""
    counted.fails = {fails} if fails else set()
    result = run_text(tmp_path, PLAN, counted.tools)
    counted.fails, counted.ran[:] = set(), []
    return result


def test_a_resume_runs_only_what_has_not_finished(tmp_path: Path, counted: Counted) -> None:
    failed = parent_of(tmp_path, counted, fails="last")
    assert failed.exit_code == 1
    resumed = resume_run(failed.run.id, options=options_for(tmp_path, counted.tools))
    check_result(resumed)
    assert (resumed.exit_code, counted.ran) == (0, ["last"])
    assert isinstance(resumed.output, dict)
    assert resumed.output["text"] == "HELLO"
    assert Path(str(resumed.output["file"])).read_text() == "hello"


def test_a_run_that_has_completed_is_not_resumed(tmp_path: Path, counted: Counted) -> None:
    done = parent_of(tmp_path, counted)
    with pytest.raises(UsageError, match=r"has completed; `resume .* --from STEP` makes a new run of it") as caught:
        resume_run(done.run.id, options=options_for(tmp_path, counted.tools))
    assert caught.value.exit_code == 2


def test_a_moved_run_is_resumed_where_it_lies(tmp_path: Path, counted: Counted) -> None:
    """DESIGN 2: a run stands alone; on disk all paths are relative."""
    failed = parent_of(tmp_path, counted, fails="last")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "runs").mkdir(parents=True)
    shutil.move(failed.run.path, elsewhere / "runs")
    (tmp_path / "plan.yaml").unlink()
    resumed = resume_run(failed.run.id, options=options_for(elsewhere, counted.tools))
    check_result(resumed)
    assert (resumed.exit_code, counted.ran) == (0, ["last"])
    assert isinstance(resumed.output, dict)
    assert str(resumed.output["file"]).startswith(str(elsewhere))
    assert str(tmp_path / "runs").encode() not in resumed.run.journal.read_bytes().replace(str(elsewhere).encode(), b"")


def test_a_new_run_from_a_step_takes_the_rest_over_with_its_files(tmp_path: Path, counted: Counted) -> None:
    done = parent_of(tmp_path, counted)
    new = rerun(done.run.id, from_step="last", options=options_for(tmp_path, counted.tools))
    check_result(new)
    assert (new.exit_code, counted.ran, new.run.id != done.run.id) == (0, ["last"], True)
    assert new.snapshot.parent_run_id == done.run.id
    assert [row.reused_from for row in new.snapshot.steps] == [done.run.id] * 3 + [None]
    shutil.rmtree(done.run.path)
    assert isinstance(new.output, dict)
    assert Path(str(new.output["file"])).read_text() == "hello"
    assert Path(str(new.output["file"])).is_relative_to(new.run.path)


def test_a_step_taken_over_that_names_another_steps_file_names_its_own_copy(tmp_path: Path, counted: Counted) -> None:
    """`last` gives on the file that `make` made."""
    done = parent_of(tmp_path, counted)
    new = rerun(done.run.id, options=options_for(tmp_path, counted.tools))
    check_result(new)
    assert counted.ran == []
    shutil.rmtree(done.run.path)
    assert isinstance(new.output, dict)
    assert Path(str(new.output["file"])).read_text() == "hello"


def test_a_changed_input_runs_again_what_depends_on_it(tmp_path: Path, counted: Counted) -> None:
    done = parent_of(tmp_path, counted)
    new = rerun(done.run.id, inputs={"word": "bye"}, options=options_for(tmp_path, counted.tools))
    check_result(new)
    assert (new.exit_code, sorted(counted.ran)) == (0, ["last", "make", "upper"])


def test_files_are_compared_by_what_they_hold(tmp_path: Path, counted: Counted) -> None:
    done = parent_of(tmp_path, counted)
    for content, ran in (("given", []), ("other", ["side"])):
        other = tmp_path / f"{content}-copy.txt"
        other.write_text(content)
        counted.ran.clear()
        new = rerun(done.run.id, inputs={"picture": str(other)}, options=options_for(tmp_path, counted.tools))
        assert (new.exit_code, counted.ran) == (0, ran)


def test_a_mended_plan_runs_again_only_what_it_changes(tmp_path: Path, counted: Counted) -> None:
    failed = parent_of(tmp_path, counted, fails="upper")
    mended = tmp_path / "mended.yaml"
    mended.write_text(
        PLAN.replace("tool: upper", "tool: note").replace("steps.upper.output", "steps.upper.output.path")
    )
    new = rerun(failed.run.id, plan=mended, options=options_for(tmp_path, counted.tools))
    check_result(new)
    assert (new.exit_code, sorted(counted.ran)) == (0, ["last", "upper"])


def test_a_new_run_that_was_killed_goes_on_taking_over_when_it_is_resumed(tmp_path: Path, counted: Counted) -> None:
    done = parent_of(tmp_path, counted)
    new = rerun(done.run.id, from_step="upper", options=options_for(tmp_path, counted.tools))
    lines = new.run.journal.read_bytes().splitlines(keepends=True)
    new.run.journal.write_bytes(lines[0])  # killed before its first step
    shutil.rmtree(new.run.artifacts)
    counted.ran.clear()
    resumed = resume_run(new.run.id, options=options_for(tmp_path, counted.tools))
    check_result(resumed)
    assert (resumed.exit_code, sorted(counted.ran)) == (0, ["last", "upper"])


def test_a_step_that_was_sent_back_is_taken_over_as_it_was_called_last(tmp_path: Path) -> None:
    """Else a paid step that was once told feedback would be paid again by every later run."""
    registry = ToolRegistry()
    ran: list[str] = []

    @registry.tool("write")
    def write(ctx: ToolContext, *, told: str | None) -> str:
        ran.append(ctx.step)
        return f"told {told}"

    @registry.tool("check")
    def check(ctx: ToolContext, *, text: str) -> str:
        ran.append(ctx.step)
        if text == "told None":
            raise RetryableToolError("longer")
        return text

    text = """
steps:
  - {name: draft, tool: write, with: {told: "{{ feedback }}"}}
  - {name: check, tool: check, with: {text: "{{ steps.draft.output }}"}, retry_from: {step: draft, at_most: 1}}
"""
    done = run_text(tmp_path, text, registry)
    assert ran == ["draft", "check", "draft", "check"]
    ran.clear()
    new = rerun(done.run.id, from_step="check", options=options_for(tmp_path, registry))
    check_result(new)
    assert (new.exit_code, ran) == (0, ["check"])


def test_salvage_makes_a_new_run_of_what_can_be_read(tmp_path: Path, counted: Counted) -> None:
    """DESIGN 3.3."""
    done = parent_of(tmp_path, counted)
    lines = done.run.journal.read_bytes().splitlines(keepends=True)
    damaged = next(number for number, line in enumerate(lines) if b'"step_completed","step":2' in line)
    lines[damaged] = lines[damaged].replace(b"HELLO", b"JELLO")
    done.run.journal.write_bytes(b"".join(lines))
    before = done.run.journal.read_bytes()
    options = options_for(tmp_path, counted.tools)
    with pytest.raises(StreamCorruptError, match=rf"journal.jsonl:{damaged + 1}: ") as caught:
        resume_run(done.run.id, options=options)
    assert (caught.value.exit_code, caught.value.line, done.run.journal.read_bytes()) == (74, damaged + 1, before)
    new = rerun(done.run.id, salvage=True, options=options)
    check_result(new)
    assert (new.exit_code, counted.ran) == (0, ["upper"])
    assert done.run.journal.read_bytes() == before


def test_an_interrupted_attempt_does_not_use_up_attempts(tmp_path: Path) -> None:
    """DESIGN 2: `attempt` never restarts; interrupted ones do not count against `attempts`."""
    registry = ToolRegistry()

    @registry.tool("try")
    def attempt(ctx: ToolContext) -> int:
        if ctx.attempt < 3:
            raise RetryableToolError("not yet")
        return ctx.attempt

    text = "steps: [{name: one, tool: try, attempts: 2}]"
    failed = run_text(tmp_path, text, registry)
    assert failed.exit_code == 1
    lines = failed.run.journal.read_bytes().splitlines(keepends=True)
    failed.run.journal.write_bytes(b"".join(lines[:2]))  # killed in the first attempt
    resumed = resume_run(failed.run.id, options=options_for(tmp_path, registry))
    check_result(resumed)
    assert resumed.exit_code == 0
    ends = [fact for fact in facts(resumed.run, events.StepError) if isinstance(fact, events.StepError)]
    assert [(fact.reason, fact.final) for fact in ends] == [("interrupted", False), ("tool", False)]
    assert story(resumed.run)[2:4] == ["plan_resumed", "step_error 1.1"]


def test_who_depends_on_a_step_is_found_however_far() -> None:
    steps = "".join(
        f"- {{name: {name}, tool: ask, needs: [{needs}], with: {{question: q}}}}\n"
        for name, needs in (("a", ""), ("b", "a"), ("c", ""), ("d", "b, c"), ("e", "c"))
    )
    plan = parse_plan(f"steps:\n{steps}", path="p.yaml", plan_id="p")
    assert depending_on(plan, "a") == {"a", "b", "d"}
    assert depending_on(plan, "e") == {"e"}


def test_two_resumes_at_once_are_one(tmp_path: Path, counted: Counted) -> None:
    """The second is told who holds the run (75)."""
    from character_flow.errors import StreamBusyError

    failed = parent_of(tmp_path, counted, fails="last")
    refused: list[StreamBusyError] = []
    options = options_for(tmp_path, counted.tools)

    def started(engine: object, run: RunFolder) -> None:
        for publish in (True, False):
            with pytest.raises(StreamBusyError) as caught:
                resume_run(failed.run.id, options=replace(options, publish=publish))
            refused.append(caught.value)

    resumed = resume_run(failed.run.id, options=replace(options, started=started))
    assert (resumed.exit_code, [error.exit_code for error in refused]) == (0, [75, 75])
    assert all("pid" in str(error) for error in refused)


def test_a_refused_start_creates_nothing(tmp_path: Path, counted: Counted) -> None:
    """DESIGN 2: the page's lock first."""
    options: RunOptions = options_for(tmp_path, counted.tools)
    (tmp_path / "plan.yaml").write_text(PLAN)
    found: list[int] = []

    def started(engine: object, run: RunFolder) -> None:
        before = len(list((tmp_path / "runs").iterdir()))
        with pytest.raises(Exception, match="in use by pid"):
            run_plan(tmp_path / "plan.yaml", options=options)
        found.append(len(list((tmp_path / "runs").iterdir())) - before)

    assert run_plan(tmp_path / "plan.yaml", options=replace(options, started=started)).exit_code == 0
    assert found == [0]
