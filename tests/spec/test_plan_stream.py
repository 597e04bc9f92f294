"""The streaming set-up's promises: what plan_stream.json says, when it says it, and who may write it."""

import json
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.board import Board
from character_flow.errors import StreamBusyError
from character_flow.events import Event, HookError, PredictionIntended
from character_flow.hooks import ExecutionHooks
from character_flow.plan import load_plan
from character_flow.snapshot import Snapshot, fold, read_time
from character_flow.stream.clear import clear
from character_flow.stream.follow import follow
from character_flow.stream.journal import read_events
from character_flow.stream.publisher import INTERVAL_S, Publisher
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import Stream, read_output
from character_flow.tools.providers.base import Answer, Call, Prediction, wait_for
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import wait_until

PLAN = """\
name: Three steps
steps:
  - {name: first, task: Get character URL, tool: look}
  - {name: second, task: Describe, tool: look}
  - {name: third, task: Pack, tool: look}
output: "{{ steps.third.output }}"
"""
PATIENCE_S = 60.0


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
    """S0-11, S0-12, S0-18, S0-24: running with its start; completed with output and time; the step at work is named."""
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
    assert [(page.current_step, page.current_step_name, page.current_step_tool) for page in seen] == [
        (1, "Get character URL", "look"),
        (2, "Describe", "look"),
        (3, "Pack", "look"),
    ]
    assert [page.progress for page in seen] == [0, 33, 66]
    second = seen[2].steps[1]
    assert second.output == "output of second"
    assert second.duration_s is not None
    assert second.started_at is not None
    assert second.completed_at is not None
    assert result.snapshot.progress == 100


def test_the_page_shows_the_whole_run_before_its_first_step_begins(tmp_path: Path) -> None:
    """S0-10, S0-55: nobody sees a step at work while the page is still empty, or still the run before."""
    before: list[Snapshot] = []
    at_work: list[str] = []

    def look(ctx: ToolContext) -> None:
        at_work.append(read_snapshot(tmp_path).run_id)

    options = RunOptions(
        folder=tmp_path, tools=with_tool(look), started=lambda engine, run: before.append(read_snapshot(tmp_path))
    )
    runs = [run_plan(a_plan(tmp_path), options=options).run.id for _ in range(2)]
    assert [(page.run_id, page.plan_name, page.status, page.total_steps, page.current_step) for page in before] == [
        (run_id, "Three steps", "running", 3, 0) for run_id in runs
    ]
    assert [[(row.step_number, row.task, row.status) for row in page.steps] for page in before] == [
        [(1, "Get character URL", "pending"), (2, "Describe", "pending"), (3, "Pack", "pending")]
    ] * 2
    assert at_work == [runs[0]] * 3 + [runs[1]] * 3


def test_the_steps_stand_in_the_order_of_the_plan(tmp_path: Path) -> None:
    """S0-20: not in that of their names, nor in that in which they began or ended."""
    names = ["zebra", "apple", "mango", "banana"]
    ended: list[str] = []
    turn = threading.Condition()

    def look(ctx: ToolContext) -> str:
        with turn:
            assert turn.wait_for(lambda: len(ended) == 3 - names.index(ctx.step), PATIENCE_S)
            ended.append(ctx.step)
            turn.notify_all()
        return ctx.step

    steps = "".join(f"  - {{name: {name}, tool: look, needs: []}}\n" for name in names)
    result = run(tmp_path, look, f"name: Four\nsteps:\n{steps}")
    assert ended == names[::-1]
    page = json.loads((tmp_path / "plan_stream.json").read_bytes())
    assert [(row["step_number"], row["name"], row["output"]) for row in page["steps"]] == [
        (number, name, name) for number, name in enumerate(names, 1)
    ]
    assert [row.name for row in result.snapshot.steps] == names


def test_an_output_is_a_text_to_look_at_and_the_whole_value_is_one_reference_away(tmp_path: Path) -> None:
    """S0-26: short texts as they are, other values as JSON, long ones cut; each whole at its `output_ref`."""
    values: dict[str, JsonValue] = {
        "first": "short",
        "second": {"path": "a.mp4", "n": [1, None]},
        "third": "x" * 90_000,
    }
    result = run(tmp_path, lambda ctx: values[ctx.step])
    rows = json.loads((tmp_path / "plan_stream.json").read_bytes())["steps"]
    assert rows[0]["output"] == "short"
    assert json.loads(rows[1]["output"]) == values["second"]
    assert (len(rows[2]["output"]), set(rows[2]["output"][:1_990])) == (2_000, {"x"})
    assert [row["output_ref"] for row in rows] == ["journal.jsonl#3", "journal.jsonl#5", "outcomes/third-1.json"]
    assert [read_output(result.run, row["output_ref"]) for row in rows] == list(values.values())


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


class Raising(ExecutionHooks):
    """Fails at every moment."""

    def _fail(self, event: Event) -> None:
        raise ValueError(f"cannot bear {event.type}")

    before_plan = before_step = during_step = after_step = after_plan = _fail


def test_own_tools_and_hooks_cannot_lose_the_stream(tmp_path: Path) -> None:
    """S0-35, W0-12: the recorder is not one of the hooks, so nobody can leave it out or make it fail."""

    def look(ctx: ToolContext) -> str:
        ctx.progress(50, "half")
        if ctx.step == "third":  # a run that has ended is told of no fault
            wait_until(
                lambda: any(b"hook_error" in path.read_bytes() for path in tmp_path.glob("runs/*/journal.jsonl"))
            )
        return ctx.step

    tools = ToolRegistry({"look": look, "text.generate": look})  # one of our own, one in the place of a shipped one
    text = PLAN.replace("task: Describe, tool: look", "task: Describe, tool: text.generate")
    result = run_plan(a_plan(tmp_path, text), options=RunOptions(folder=tmp_path, tools=tools, hooks=(Raising(),)))
    happened = list(read_events(result.run.journal))
    faults = [event.fact for event in happened if isinstance(event.fact, HookError)]
    told = [event.type for event in happened if not isinstance(event.fact, HookError)]
    assert told == ["plan_started", *["step_started", "progress", "step_completed"] * 3, "plan_completed"]
    assert {fault.hook for fault in faults} == {"Raising"}
    assert [event.seq for event in happened] == list(range(1, len(happened) + 1))
    page = tmp_path / "plan_stream.json"
    assert read_snapshot(tmp_path) == fold(Snapshot(), happened) == result.snapshot
    assert page.read_bytes() == result.run.snapshot.read_bytes()
    assert (result.exit_code, result.snapshot.outcome) == (0, "success")


def test_making_everything_a_run_needs_leaves_a_live_page_alone(tmp_path: Path) -> None:
    """W0-10: a page of a run at work is not touched by who only makes options, tools, hooks, or looks at it."""
    run(tmp_path, lambda ctx: ctx.step)
    page = tmp_path / "plan_stream.json"
    before = _tree(tmp_path)
    options = RunOptions(folder=tmp_path, tools=with_tool(lambda ctx: None), hooks=(Raising(),))
    stream = options.stream
    plan = load_plan(tmp_path / "three.yaml", tools=options.registry)
    board, lock = Board(), threading.RLock()
    publisher = Publisher(board, lock, targets=[page], durable=True)
    assert (plan.name, stream.page, publisher.rewrites) == ("Three steps", page, 0)
    assert read_snapshot(stream.folder).status == "completed"
    assert _tree(tmp_path) == before


def _tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder with its time of change, and its bytes."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def many(count: int) -> str:
    steps = "".join(f"  - {{name: s{number:03}, tool: look, needs: []}}\n" for number in range(count))
    return f"name: Many\nsteps:\n{steps}"


def bytes_a_step(folder: Path, count: int) -> float:
    """What a step adds to the journal, beyond the first line and the last."""
    folder.mkdir()
    options = RunOptions(folder=folder, tools=with_tool(lambda ctx: "x" * 1000), durability="none")
    result = run_plan(a_plan(folder, many(count)), options=options)
    lines = result.run.journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2 * count + 2
    return sum(map(len, lines[1:-1])) / count


def test_a_step_costs_a_few_hundred_bytes_of_journal_however_many_there_are(tmp_path: Path) -> None:
    """S0-37, W0-02: files only, and little of them: at most 600 bytes a step beyond what it says, of 50 steps or 400.
    Only the digits of numbers grow: seq, step and time, in two lines.
    """
    few, lots = (bytes_a_step(tmp_path / str(count), count) for count in (50, 400))
    assert lots <= 1000 + 600
    assert lots <= few + 2 * 3 * 2


def test_quick_steps_do_not_rewrite_the_page_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S0-37, W0-02: rewrites begin 50 ms apart, whatever 200 steps do; one more at the start and at the end."""
    renamed: list[str] = []
    replace = os.replace

    def counting(source: Path, target: Path) -> None:
        renamed.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", counting)
    options = RunOptions(folder=tmp_path, tools=with_tool(lambda ctx: "x" * 1000), durability="none")
    began = time.monotonic()
    result = run_plan(a_plan(tmp_path, many(200)), options=options)
    most = (time.monotonic() - began) / INTERVAL_S + 2
    assert result.snapshot.seq == 402
    assert 2 <= renamed.count("plan_stream.json") <= most


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
    is_paid = False
    looks = 0

    def prepare(self, kind: str, arguments: Mapping[str, JsonValue]) -> Call:
        return Call(kind, "slow", arguments, "", "")

    def submit(self, call: Call) -> str:
        return "p1"

    def poll(self, prediction_id: str) -> Prediction:
        self.looks += 1
        return Prediction(prediction_id, "processing" if self.looks < 30 else "succeeded", percent=self.looks)

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        return Answer(text="ready")

    def cancel(self, prediction_id: str) -> None:
        raise AssertionError("nobody asked for that")

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> None:
        return None

    def close(self) -> None:
        return None


def test_waiting_for_a_prediction_leaves_the_stream_to_its_run(tmp_path: Path) -> None:
    """W0-06, W0-07, W0-08: thirty looks are progress of one step of one run, not thirty plans."""

    def look(ctx: ToolContext) -> str:
        provider = Slow()
        wait_for(
            provider,
            provider.submit(provider.prepare("video", {})),
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


class Reader:
    """Follows the page on a thread of its own, as a viewer does."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[tuple[str, str]] = []
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=[folder], daemon=True)
        self._thread.start()

    def _read(self, folder: Path) -> None:
        for item in follow(folder, stop=self._stop, look_s=0.01):
            with self._news:
                self.seen.append((item.run_id, item.status) if isinstance(item, Snapshot) else ("", item.type))
                self._news.notify_all()

    def until(self, wanted: Callable[[list[tuple[str, str]]], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: wanted(self.seen), PATIENCE_S), self.seen

    def end(self) -> None:
        assert self._thread.is_alive()
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def _has_ended(run_id: str) -> Callable[[list[tuple[str, str]]], bool]:
    def look(seen: list[tuple[str, str]]) -> bool:
        begun = [number for number, (shown, _status) in enumerate(seen) if shown == run_id]
        return bool(begun) and {status for _run, status in seen[begun[0] :]} & {"completed", "plan_completed"} != set()

    return look


def test_a_reader_follows_a_run_the_page_is_cleared_and_he_follows_the_next(tmp_path: Path) -> None:
    """S0-42, S0-53: cleared, the page is gone and its run stays; a new run takes the page by itself."""
    reader = Reader(tmp_path)
    first = run(tmp_path, lambda ctx: f"first {ctx.step}")
    reader.until(_has_ended(first.run.id))
    kept = _tree(first.run.path)
    assert clear(Stream(tmp_path)) is True
    assert not (tmp_path / "plan_stream.json").exists()
    assert _tree(first.run.path) == kept
    assert read_snapshot(tmp_path) == Snapshot()
    assert read_snapshot(first.run.path) == first.snapshot
    second = run(tmp_path, lambda ctx: f"second {ctx.step}")
    reader.until(_has_ended(second.run.id))
    reader.end()
    assert read_snapshot(tmp_path) == second.snapshot


def test_a_second_run_takes_the_page_by_itself_and_the_first_stays(tmp_path: Path) -> None:
    """S0-42: nothing of the run before is left on the page, and nothing of it is lost in its own folder."""
    first = run(tmp_path, lambda ctx: "x" * 5_000)
    kept = _tree(first.run.path)
    second = run(tmp_path, lambda ctx: "y", "name: Another\nsteps:\n  - {name: only, tool: look}\n")
    page = json.loads((tmp_path / "plan_stream.json").read_bytes())
    assert (page["run_id"], page["plan_name"], [row["output"] for row in page["steps"]]) == (
        second.run.id, "Another", ["y"],
    )  # fmt: skip
    assert first.run.id not in (tmp_path / "plan_stream.json").read_text()
    assert _tree(first.run.path) == kept
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted([first.run.id, second.run.id])
