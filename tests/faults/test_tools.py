"""Tools that hang, exit, write elsewhere or hold secrets: the run ends in order, and so does its process."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.app import resume_run
from character_flow.errors import RetryableToolError, ToolError
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import check_result, options_for, run_text, story

pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]
HANGING = """
import sys, threading
from pathlib import Path
from character_flow.app import RunOptions, run_plan
from character_flow.tools.registry import ToolRegistry
tools = ToolRegistry()

@tools.tool("hang")
def hang(ctx):
    threading.Event().wait()

result = run_plan(Path(sys.argv[1]), options=RunOptions(folder=Path(sys.argv[1]).parent, tools=tools))
sys.exit(result.exit_code)
"""


def test_a_process_ends_although_a_tool_never_returns(tmp_path: Path) -> None:
    """DESIGN 5: daemon threads; the standard pool would hold the process for ever."""
    plan = tmp_path / "plan.yaml"
    plan.write_text("steps: [{name: one, tool: hang, timeout: 0.1}]")
    done = subprocess.run([sys.executable, "-c", HANGING, str(plan)], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 1


def test_a_file_outside_of_the_steps_folder_is_no_artifact(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    registry = ToolRegistry()

    @registry.tool("take")
    def take(ctx: ToolContext, *, how: str) -> JsonValue:
        link = ctx.folder / "link.txt"
        if how == "link":
            link.symlink_to(outside)
        path = {"absolute": outside, "link": link, "missing": ctx.folder / "no", "up": ctx.folder / ".." / "x"}[how]
        return ctx.artifact(path, "file")

    for how in ("absolute", "link", "up", "missing"):
        folder = tmp_path / how
        folder.mkdir()
        result = run_text(folder, f"steps: [{{name: one, tool: take, with: {{how: {how}}}}}]", registry)
        reason = "there is no such file" if how == "missing" else "must lie in the attempt's own folder"
        assert (result.exit_code, reason in (result.snapshot.error or "")) == (1, True)


@pytest.mark.parametrize("misuse", ["chunk", "progress", "artifact", "ask"])
def test_a_context_used_wrongly_is_the_tools_mistake_and_not_the_runs_end(tmp_path: Path, misuse: str) -> None:
    registry = ToolRegistry()

    @registry.tool("misuse")
    def wrong(ctx: ToolContext) -> None:
        if misuse == "chunk":
            ctx.chunk(5)  # type: ignore[arg-type]
        elif misuse == "progress":
            ctx.progress("half")  # type: ignore[arg-type]
        elif misuse == "artifact":
            ctx.artifact(None, "file")  # type: ignore[arg-type]
        else:
            ctx.ask(None)  # type: ignore[arg-type]

    @registry.tool("fine")
    def fine(ctx: ToolContext) -> str:
        return "fine"

    steps = "steps: [{name: one, tool: misuse, on_error: continue}, {name: two, tool: fine}]\n"
    text = steps + 'output: "{{ steps.two.output }}"'
    result = run_text(tmp_path, text, registry)
    assert (result.exit_code, result.output, result.snapshot.outcome) == (0, "fine", "completed_with_issues")


SECRET = 'tok-5cr3t/+"quoted"'
WITH_SECRET = """
inputs: {token: {type: secret, env: TEST_FLOW_TOKEN}}
steps:
  - {name: use, tool: use, attempts: 2, with: {token: "{{ inputs.token }}"}}
  - {name: tell, tool: tell, on_error: continue, with: {token: "Bearer {{ inputs.token }}"}}
  - {name: ask_it, tool: ask, with: {question: "Is {{ inputs.token }} right?", default: "yes", timeout_s: 0.01}}
output: {told: "{{ steps.use.output }}"}
"""


def test_a_secret_is_on_no_disk_whatever_a_tool_does_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W0-21; DESIGN 2 and 4: only the name of its variable; a resume reads the environment again."""
    monkeypatch.setenv("TEST_FLOW_TOKEN", SECRET)
    given: list[str] = []
    registry = ToolRegistry()

    @registry.tool("use")
    def use(ctx: ToolContext, *, token: str) -> JsonValue:
        given.append(token)
        if ctx.attempt == 1:
            raise RetryableToolError(f"refused {token}")
        ctx.progress(5, f"with {token}")
        for character in f"I was given {token}, letter by letter tok-":
            ctx.chunk(character)
        return {"token": token, token: ["as a key", f"inside: {token}!"], "big": token * 3_000}

    @registry.tool("tell")
    def tell(ctx: ToolContext, *, token: str) -> None:
        raise ToolError(f"{token} was refused")

    result = run_text(tmp_path, WITH_SECRET, registry)
    assert (result.exit_code, given) == (0, [SECRET] * 2)
    letters = (SECRET.encode(), SECRET.encode().replace(b'"', b'\\"'), b"tok-5cr3t")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if any(one in path.read_bytes() for one in letters)] == []
    assert "[secret token], letter by letter tok-" in result.snapshot.steps[0].text

    lines = result.run.journal.read_bytes().splitlines(keepends=True)
    result.run.journal.write_bytes(b"".join(lines[:-4]))
    resumed = resume_run(result.run.id, options=options_for(tmp_path, registry))
    check_result(resumed)
    assert (resumed.exit_code, story(resumed.run)[-1]) == (0, "plan_completed")
