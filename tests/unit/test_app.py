"""How it all comes together: what a run leaves on the disk, and what may be asked of it."""

import gc
import json
from dataclasses import replace
from pathlib import Path

import pytest

from character_flow.app import RunOptions, default_tools, resume_run, run_plan
from character_flow.config import Settings
from character_flow.errors import StreamBusyError, StreamError
from character_flow.events import Event
from character_flow.stream.reading import read_snapshot
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import OnEvent, check_result, events_of, options_for, run_text

PLAN = """
name: Two pictures
inputs: {given: {type: file, default: given.txt}, word: {type: text, default: "007"}}
steps: [{name: one, tool: read, with: {path: "{{ inputs.given }}", word: "{{ inputs.word }}"}}]
output: "{{ steps.one.output }}"
"""


@pytest.fixture
def reader(tmp_path: Path) -> ToolRegistry:
    (tmp_path / "given.txt").write_text("content")
    registry = ToolRegistry()

    @registry.tool("read")
    def read(ctx: ToolContext, *, path: str, word: str) -> str:
        return f"{Path(path).read_text()} {word}"

    return registry


def test_a_run_leaves_a_folder_that_stands_alone(tmp_path: Path, reader: ToolRegistry) -> None:
    """DESIGN 2; S0-14 to S0-20: the page and the run's own snapshot have the same bytes."""
    result = run_text(tmp_path, PLAN, reader)
    run = result.run
    assert result.output == "content 007"
    assert {path.name for path in run.path.iterdir()} == {
        "plan.yaml", "inputs.json", "inputs", "journal.jsonl", "snapshot.json", "lock", "inbox", "outcomes",
        "artifacts",
    }  # fmt: skip
    assert run.plan.read_text() == PLAN
    assert (run.inputs / "given.txt").read_text() == "content"
    kept = json.loads(run.inputs_json.read_bytes())
    assert kept["inputs"] == {"given": str(tmp_path / "given.txt"), "word": "007"}
    assert kept["files"]["given"]["name"] == "given.txt"
    snapshot = read_snapshot(tmp_path)
    assert (snapshot.plan_name, snapshot.run_dir, snapshot.total_steps) == ("Two pictures", f"runs/{run.id}", 1)
    assert not (tmp_path / "plan_stream.owner.json").exists()


def test_a_run_that_does_not_publish_leaves_the_page_alone(tmp_path: Path, reader: ToolRegistry) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    result = run_plan(path, options=replace(options_for(tmp_path, reader), publish=False))
    check_result(result)
    assert (result.exit_code, (tmp_path / "plan_stream.json").exists()) == (0, False)


def test_a_second_run_at_once_is_refused_and_one_that_may_runs_beside_it(tmp_path: Path, reader: ToolRegistry) -> None:
    """W0-17: 75, naming the owner; `publish=None` is decided once, at the start."""
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    options = options_for(tmp_path, reader)
    beside: list[int] = []

    def started(engine: object, run: object) -> None:
        with pytest.raises(StreamBusyError, match=r"in use by pid \d+ on .*, run 2") as caught:
            run_plan(path, options=options)
        assert caught.value.exit_code == 75
        beside.append(run_plan(path, options=replace(options, publish=None)).exit_code)

    first = run_plan(path, options=replace(options, started=started))
    assert (first.exit_code, beside) == (0, [0])
    assert read_snapshot(tmp_path) == first.snapshot


def test_an_output_file_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    registry = ToolRegistry()

    @registry.tool("big")
    def big(ctx: ToolContext) -> str:
        return "x" * 100_000

    @registry.tool("take")
    def take(ctx: ToolContext, *, text: str) -> int:
        if ctx.attempt == 1:
            raise ValueError("once")
        return len(text)

    text = 'steps: [{name: one, tool: big}, {name: two, tool: take, with: {text: "{{ steps.one.output }}"}}]'
    failed = run_text(tmp_path, text, registry)
    (failed.run.outcomes / "one-1.json").unlink()
    with pytest.raises(StreamError, match=r"outcomes/one-1.json: it is not there") as caught:
        resume_run(failed.run.id, options=options_for(tmp_path, registry))
    assert caught.value.exit_code == 74


def test_settings_of_the_environment_hold_where_an_option_says_nothing(tmp_path: Path) -> None:
    settings = Settings(dir=tmp_path / "there", durability="none", max_parallel=3)
    assert RunOptions(settings=settings).stream.folder == tmp_path / "there"
    assert RunOptions(settings=settings).is_durable is False
    assert RunOptions(folder=tmp_path, durability="full", settings=settings).is_durable is True


def test_ones_own_tools_win_over_the_shipped_ones() -> None:
    own = ToolRegistry()
    own.tool("ask")(len)
    assert {"ask", "function", "text.generate", "image.generate", "video.generate"} <= set(default_tools())
    assert RunOptions(tools=own).registry["ask"] is len


def test_every_event_a_hook_sees_is_durable_by_then(tmp_path: Path, reader: ToolRegistry) -> None:
    seen: list[bool] = []
    for kind in ("plan_started", "step_started", "step_completed", "plan_completed"):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "given.txt").write_text("content")

        def look(event: Event, folder: Path = folder) -> None:
            (journal,) = folder.rglob("journal.jsonl")
            seen.append(f'"type":"{event.type}"' in journal.read_text())

        run_text(folder, PLAN, reader, hooks=(OnEvent(kind, look),))
    assert seen == [True] * 4


def test_what_a_run_took_is_added_up_over_its_processes(tmp_path: Path) -> None:
    registry = ToolRegistry()

    @registry.tool("try")
    def attempt(ctx: ToolContext) -> None:
        if ctx.attempt == 1:
            raise ValueError("once")

    failed = run_text(tmp_path, "steps: [{name: one, tool: try}]", registry)
    resumed = resume_run(failed.run.id, options=options_for(tmp_path, registry))
    check_result(resumed)
    ends = [
        getattr(event.fact, "duration_s", 0.0) for event in events_of(resumed.run) if event.type.startswith("plan_")
    ]
    assert ends[-1] > ends[1] > 0


def test_while_a_run_runs_the_collector_leaves_alone_what_was_there_before(tmp_path: Path) -> None:
    registry, frozen = ToolRegistry(), []

    @registry.tool("look")
    def look(ctx: ToolContext) -> None:
        frozen.append(gc.get_freeze_count())

    run_text(tmp_path, "name: A look\nsteps: [{name: one, tool: look}]\n", registry)
    assert frozen[0] > 10_000
    assert gc.get_freeze_count() == 0
