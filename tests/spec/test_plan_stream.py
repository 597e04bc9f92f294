"""The streaming set-up's promises: what plan_stream.json says, when it says it, and who may write it."""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.errors import StreamBusyError
from character_flow.snapshot import Snapshot, read_time
from character_flow.stream.follow import follow
from character_flow.stream.journal import read_events
from character_flow.stream.reading import read_snapshot
from character_flow.tools.providers.base import Answer, Prediction, wait_for
from character_flow.tools.registry import ToolContext, ToolRegistry

PLAN = """\
name: Three steps
steps:
  - {name: first, task: Get character URL, tool: look}
  - {name: second, task: Describe, tool: look}
  - {name: third, task: Pack, tool: look}
output: "{{ steps.third.output }}"
"""
PATIENCE_S = 20.0


def a_plan(folder: Path, text: str = PLAN) -> Path:
    path = folder / "three.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def with_tool(look: Callable[[ToolContext], object]) -> ToolRegistry:
    return ToolRegistry({"look": look})


def run(folder: Path, look: Callable[[ToolContext], object], text: str = PLAN) -> RunResult:
    return run_plan(a_plan(folder, text), options=RunOptions(folder=folder, tools=with_tool(look)))


def page_until(folder: Path, wanted: Callable[[Snapshot], bool]) -> Snapshot:
    """The page, once it says what is wanted; a step never waits for its snapshot, so a reader may have to."""
    done = threading.Event()
    stop = threading.Timer(PATIENCE_S, done.set)
    stop.start()
    try:
        while not done.is_set():
            snapshot = read_snapshot(folder)
            if wanted(snapshot):
                return snapshot
            done.wait(0.005)
    finally:
        stop.cancel()
    raise AssertionError(f"the page never said it: {read_snapshot(folder)}")


def test_every_step_stands_there_before_it_runs_and_says_how_it_stands(tmp_path: Path) -> None:
    """S0-11, S0-12, S0-24, S0-55: all pending at first; running with its start; completed with output and time."""
    seen: list[Snapshot] = []

    def look(ctx: ToolContext) -> str:
        number = len(seen) + 1
        seen.append(
            page_until(tmp_path, lambda page: len(page.steps) == 3 and page.steps[number - 1].status == "running")
        )
        return f"output of {ctx.step}"

    result = run(tmp_path, look)
    assert [[step.status for step in page.steps] for page in seen] == [
        ["running", "pending", "pending"],
        ["completed", "running", "pending"],
        ["completed", "completed", "running"],
    ]
    assert [page.current_step for page in seen] == [1, 2, 3]
    assert [page.progress for page in seen] == [0, 33, 66]
    second = seen[2].steps[1]
    assert second.output == "output of second"
    assert second.duration_s is not None
    assert second.started_at is not None
    assert second.completed_at is not None
    assert result.snapshot.progress == 100


def test_the_page_shows_the_whole_run_before_its_first_step_begins(tmp_path: Path) -> None:
    """S0-10, S0-55: nobody sees a step at work while the page is still empty, or still the run before."""
    seen: list[tuple[str, list[str]]] = []

    def look(ctx: ToolContext) -> None:
        page = read_snapshot(tmp_path)
        seen.append((page.run_id, [step.task for step in page.steps]))

    runs = [run(tmp_path, look).run.id for _ in range(2)]
    tasks = ["Get character URL", "Describe", "Pack"]
    assert [seen[0], seen[3]] == [(run_id, tasks) for run_id in runs]


def test_numbers_tasks_and_times_are_the_documented_ones(tmp_path: Path) -> None:
    """S0-19, S0-21, S0-22, S0-25, W0-16: counted from 1, the sentence for people, ISO 8601 in UTC."""
    result = run(tmp_path, lambda ctx: ctx.step)
    page = json.loads((tmp_path / "plan_stream.json").read_text(encoding="utf-8"))
    assert [(row["step_number"], row["task"], row["tool_id"]) for row in page["steps"]] == [
        (1, "Get character URL", "look"),
        (2, "Describe", "look"),
        (3, "Pack", "look"),
    ]
    texts = [page["started_at"], page["completed_at"]]
    texts += [row[key] for row in page["steps"] for key in ("started_at", "completed_at")]
    times = [datetime.fromisoformat(text) for text in texts]
    assert all(time.utcoffset() is not None and not time.utcoffset() for time in times)
    assert times[0] == min(times)
    assert result.exit_code == 0


def test_a_time_without_a_zone_is_read_as_local() -> None:
    """S0-19: the document's own sample is written like that."""
    naive = datetime.fromisoformat("2025-08-23T10:30:00")
    assert read_time("2025-08-23T10:30:00") == naive.astimezone()


def test_readers_need_nothing_but_the_files(tmp_path: Path) -> None:
    """S0-32, S0-53: no server, no lock, no import of the writer: a moved copy of the folder tells the same."""
    result = run(tmp_path, lambda ctx: ctx.step)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "plan_stream.json").write_bytes((tmp_path / "plan_stream.json").read_bytes())
    assert read_snapshot(copy) == result.snapshot


def test_a_reader_never_sees_half_a_page_and_a_second_writer_is_refused(tmp_path: Path) -> None:
    """S0-34, W0-01, W0-17: whole JSON at every look; the second run ends at once and names the first."""
    looks: list[JsonValue] = []
    refused: list[str] = []

    def look(ctx: ToolContext) -> str:
        for percent in range(100):
            ctx.progress(percent, "x" * 500)
            page = tmp_path / "plan_stream.json"
            if page.exists():
                looks.append(json.loads(page.read_bytes()))
        with pytest.raises(StreamBusyError) as busy:
            run_plan(a_plan(tmp_path), options=RunOptions(folder=tmp_path, tools=with_tool(look)))
        refused.append(str(busy.value))
        return "done"

    result = run(tmp_path, look)
    assert len(looks) > 100
    assert all(isinstance(page, dict) and page["run_id"] == result.run.id for page in looks)
    assert len(refused) == 3
    assert all(result.run.id in message for message in refused)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [result.run.id]


def test_own_tools_and_hooks_cannot_lose_the_stream(tmp_path: Path) -> None:
    """S0-09, S0-35, W0-10, W0-12: the recorder is not one of the hooks, so nobody can leave it out."""
    result = run(tmp_path, lambda ctx: ctx.step)
    journal = [event.type for event in read_events(result.run.journal)]
    assert journal == ["plan_started", *["step_started", "step_completed"] * 3, "plan_completed"]
    assert json.loads((tmp_path / "plan_stream.json").read_bytes())["seq"] == len(journal)


def test_a_step_costs_a_few_hundred_bytes_of_journal(tmp_path: Path) -> None:
    """S0-37, W0-02: files only, and little of them: at most 600 bytes a step beyond what it says."""
    steps = "".join(f"  - {{name: s{number}, tool: look, needs: []}}\n" for number in range(200))
    result = run(tmp_path, lambda ctx: "x" * 1000, f"name: Many\nsteps:\n{steps}")
    lines = result.run.journal.read_bytes().splitlines()
    assert sum(map(len, lines[1:-1])) <= 200 * (1000 + 600)


def test_the_page_of_a_long_run_stays_small(tmp_path: Path) -> None:
    """S0-39: however much a step writes and makes, its row keeps previews, and the last twenty artifacts."""

    def look(ctx: ToolContext) -> str:
        for number in range(30):
            path = ctx.folder / f"{number}.txt"
            path.write_text("made")
            ctx.artifact(path, "file")
            ctx.chunk("chapter " * 1000)
        return "x" * 100_000

    result = run(tmp_path, look, "name: Long\nsteps:\n  - {name: long, tool: look}\n")
    row = result.snapshot.steps[0]
    assert (len(row.output or ""), len(row.text), len(row.artifacts), row.artifact_count) == (2000, 2000, 20, 30)
    assert (tmp_path / "plan_stream.json").stat().st_size < 20_000


class Slow:
    """A provider whose prediction is ready at the thirtieth look."""

    name = "slow"
    looks = 0

    def submit(self, kind: str, arguments: object) -> str:
        return "p1"

    def poll(self, prediction_id: str) -> Prediction:
        self.looks += 1
        return Prediction(prediction_id, "processing" if self.looks < 30 else "succeeded", percent=self.looks)

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        return Answer(text="ready")

    def cancel(self, prediction_id: str) -> None:
        raise AssertionError("nobody asked for that")

    def recover(self, intent: object) -> None:
        return None


def test_waiting_for_a_prediction_leaves_the_stream_to_its_run(tmp_path: Path) -> None:
    """W0-06, W0-07, W0-08: thirty looks are progress of one step of one run, not thirty plans."""

    def look(ctx: ToolContext) -> str:
        provider = Slow()
        wait_for(
            provider,
            provider.submit("video", {}),
            seen=lambda now: ctx.progress(now.percent, now.status),
            stopped=lambda: ctx.cancelled,
            sleep=lambda seconds: None,
        )
        return str(provider.looks)

    result = run(tmp_path, look)
    assert [step.output for step in result.snapshot.steps] == ["30", "30", "30"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [result.run.id]
    assert read_snapshot(tmp_path).plan_name == "Three steps"


def test_who_follows_the_page_learns_of_a_run_by_itself(tmp_path: Path) -> None:
    """W0-13, S0-03: the reader was there first; nobody clicked, nobody reloaded."""
    seen: list[str] = []
    stop = threading.Event()

    def read() -> None:
        for item in follow(tmp_path, stop=stop):
            seen.append(item.status if isinstance(item, Snapshot) else item.type)
            if seen[-1] in ("completed", "plan_completed"):
                stop.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    run(tmp_path, lambda ctx: ctx.step)
    reader.join(PATIENCE_S)
    assert not reader.is_alive()
    assert seen[-1] in ("completed", "plan_completed")
