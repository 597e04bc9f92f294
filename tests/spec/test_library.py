"""The engine as a library: your own tools, your own hooks, ten lines."""

import threading
from pathlib import Path

import pytest

from character_flow.app import RunOptions, RunResult, queue_run, run_plan, run_queued
from character_flow.errors import InputError, PlanError, UsageError
from character_flow.events import Event
from character_flow.executors import InlineExecutor
from character_flow.hooks import ExecutionHooks
from character_flow.stream.inbox import new_command
from character_flow.stream.reading import read_snapshot
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import check_result, story

PLAN = """
name: Greeting
inputs: {name: {type: text}}
steps: [{name: greet, tool: greet, with: {name: "{{ inputs.name }}"}}]
output: "{{ steps.greet.output }}"
"""
tools = ToolRegistry()


@tools.tool("greet")
def greet(ctx: ToolContext, *, name: str) -> str:
    """A greeting."""
    ctx.progress(50, f"greeting {name}")
    return f"Hello {name}"


class Printer(ExecutionHooks):
    """Keeps what it would print."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def after_step(self, event: Event) -> None:
        self.lines.append(f"{event.type} of step {event.step}")


def write(folder: Path) -> Path:
    path = folder / "greeting.yaml"
    path.write_text(PLAN)
    return path


def test_ten_lines_run_a_plan_with_ones_own_tools_and_hooks(tmp_path: Path) -> None:
    printer = Printer()
    options = RunOptions(folder=tmp_path, tools=tools, hooks=[printer])
    result = run_plan(write(tmp_path), {"name": "Ada"}, options=options)
    check_result(result)
    assert (result.exit_code, result.output) == (0, "Hello Ada")
    assert printer.lines == ["step_completed of step 1"]
    assert read_snapshot(tmp_path) == result.snapshot


def test_a_plan_runs_inline_for_tests_of_ones_own(tmp_path: Path) -> None:
    here: list[int] = []
    own = ToolRegistry()

    @own.tool("greet")
    def where(ctx: ToolContext, *, name: str) -> str:
        here.append(threading.get_ident())
        return name

    options = RunOptions(folder=tmp_path, tools=own, executor=InlineExecutor)
    result = run_plan(write(tmp_path), {"name": "Ada"}, options=options)
    check_result(result)
    assert (result.output, here) == ("Ada", [threading.get_ident()])


def test_a_queued_run_is_executed_by_whoever_comes_and_only_once(tmp_path: Path) -> None:
    options = RunOptions(folder=tmp_path, tools=tools)
    run = queue_run(write(tmp_path), {"name": "Ada"}, options=options)
    assert read_snapshot(run.path).status == "waiting"
    result = run_queued(run.id, options=options)
    check_result(result)
    assert story(run) == [
        "plan_queued", "plan_started", "step_started 1.1", "progress 1.1", "step_completed 1.1", "plan_completed"
    ]  # fmt: skip
    assert result.snapshot.epoch == 1
    with pytest.raises(UsageError, match="has begun already"):
        run_queued(run.id, options=options)


def test_a_queued_run_that_was_cancelled_before_it_began_is_not_begun(tmp_path: Path) -> None:
    from contextlib import closing

    from character_flow.events import PlanCancelled
    from character_flow.stream.journal import Journal

    options = RunOptions(folder=tmp_path, tools=tools)
    run = queue_run(write(tmp_path), {"name": "Ada"}, options=options)
    with closing(Journal.open(run.journal, durable=True)) as journal:
        journal.append(PlanCancelled(by="test"))
    with pytest.raises(UsageError, match="has begun already"):
        run_queued(run.id, options=options)


@pytest.mark.parametrize(
    ("inputs", "options", "error"),
    [
        ({}, {}, InputError),
        ({"name": "x", "nam": "y"}, {}, InputError),
        ({"name": "x"}, {"tools": None}, PlanError),
        ({"name": "x"}, {"provider": "replicate"}, UsageError),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_created(
    tmp_path: Path, inputs: dict[str, str], options: dict[str, str], error: type[Exception]
) -> None:
    folder = tmp_path / "stream"
    with pytest.raises(error):
        run_plan(write(tmp_path), {**inputs}, options=RunOptions(**{"folder": folder, "tools": tools, **options}))  # type: ignore[arg-type]
    assert not (folder / "runs").exists()


def test_importing_the_package_touches_no_file_and_costs_nothing(tmp_path: Path) -> None:
    """W0-10: no side effect at import."""
    import subprocess
    import sys

    script = "import character_flow, sys; print(sorted(set(sys.modules) & {'pydantic', 'yaml', 'jinja2', 'filelock'}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert (done.stdout, list(tmp_path.iterdir())) == ("[]\n", [])


def test_a_run_started_by_somebody_can_be_cancelled_through_its_engine(tmp_path: Path) -> None:
    own = ToolRegistry()

    @own.tool("greet")
    def wait(ctx: ToolContext, *, name: str) -> None:
        while not ctx.cancelled:
            ctx.progress(1)

    results: list[RunResult] = []
    options = RunOptions(
        folder=tmp_path, tools=own, started=lambda engine, run: engine.post(new_command("cancel", epoch=1, by="me"))
    )
    results.append(run_plan(write(tmp_path), {"name": "x"}, options=options))
    assert (results[0].exit_code, results[0].snapshot.outcome) == (1, "cancelled")
