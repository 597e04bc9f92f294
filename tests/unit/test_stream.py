"""Where everything is, and how a run comes into being: whole, or not at all."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import StreamError, UsageError
from character_flow.events import Chunk, Event, PlanCompleted, StepCompleted, StepReused
from character_flow.stream.journal import read_events
from character_flow.stream.liveness import read_owner, state_of
from character_flow.stream.stream import RunFolder, Stream, create_run, keep_outcome, new_run_id, read_output
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run, queued, started


def test_everything_has_its_place(tmp_path: Path) -> None:
    """W0-11, W0-17: one folder resolves every path, and every run has its own."""
    stream = Stream(tmp_path)
    run = stream.run(RUN_ID)
    places = (stream.page, stream.page_lock, stream.page_owner, stream.cache, run.plan, run.inputs_json, run.inputs,
              run.journal, run.snapshot, run.lock, run.owner, run.inbox, run.outcomes, run.artifacts, run.log,
              run.reserve)  # fmt: skip
    inside = f"runs/{RUN_ID}"
    assert [path.relative_to(tmp_path).as_posix() for path in places] == [
        "plan_stream.json", "plan_stream.lock", "plan_stream.owner.json", "cache", f"{inside}/plan.yaml",
        f"{inside}/inputs.json", f"{inside}/inputs", f"{inside}/journal.jsonl", f"{inside}/snapshot.json",
        f"{inside}/lock", f"{inside}/owner.json", f"{inside}/inbox", f"{inside}/outcomes", f"{inside}/artifacts",
        f"{inside}/run.log", f"{inside}/reserve",
    ]  # fmt: skip
    assert run.id == RUN_ID


@pytest.mark.parametrize("text", ["", "..", "../../etc", "last", RUN_ID + "/..", RUN_ID.upper(), RUN_ID + "\n"])
def test_what_is_no_id_leads_nowhere(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="is not the id of a run; ids look like 20261120T210530Z-ugc_ad-3f9a1c"):
        Stream(tmp_path).run(text)


@pytest.mark.parametrize(
    ("plan", "name"),
    [("ugc_ad", "ugc_ad"), ("My plan/ü", "My_plan_"), ("../x", "x"), ("", "plan"), ("x" * 99, "x" * 64)],
)
def test_an_id_can_be_read_and_sorts_by_time(tmp_path: Path, plan: str, name: str) -> None:
    vienna = datetime(2026, 11, 20, 22, 5, 30, tzinfo=timezone(timedelta(hours=1)))
    run_id = new_run_id(plan, now=vienna, token="3f9a1c")
    assert run_id == f"20261120T210530Z-{name}-3f9a1c"
    assert Stream(tmp_path).run(run_id).id == run_id


def test_two_ids_of_one_moment_differ() -> None:
    now = datetime.now(UTC)
    assert new_run_id("x", now=now) != new_run_id("x", now=now)


def test_a_new_run_has_all_its_files_and_its_first_event(tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(b"picture")
    run, journal = make_run(tmp_path / "a" / "b", files={"product.png": picture, "voice.wav": b"sound"}, durable=True)
    event = journal.append(Chunk(text="x"), step=1, attempt=1)
    journal.close()
    assert sorted(os.listdir(run.path)) == [
        "artifacts", "inbox", "inputs", "inputs.json", "journal.jsonl", "outcomes", "owner.json", "plan.yaml",
        "reserve",
    ]  # fmt: skip
    assert (run.plan.read_text(), run.inputs_json.read_bytes()) == ("name: An ad\n", b"{}")
    assert {path.name: path.read_bytes() for path in run.inputs.iterdir()} == {
        "product.png": b"picture", "voice.wav": b"sound",
    }  # fmt: skip
    assert [e.fact for e in read_events(run.journal)] == [started(), event.fact]
    assert os.listdir(run.path.parent) == [RUN_ID]


def test_a_started_run_is_owned_from_the_moment_it_can_be_seen(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    owner = read_owner(run.owner)
    assert owner is not None
    assert (owner.pid, owner.run_id, owner.epoch, state_of(run.owner).kind) == (os.getpid(), RUN_ID, 1, "alive")


def test_a_queued_run_is_owned_by_nobody(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, first=queued())
    journal.close()
    assert state_of(run.owner).kind == "none"


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", "", ".tmp-cf-0123456789abcdef"])
def test_an_input_cannot_be_kept_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an input file"):
        make_run(tmp_path, files={name: b""})
    assert os.listdir(tmp_path / "runs") == []


def test_a_run_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.png: cannot be read"):
        make_run(tmp_path, files={"a.png": tmp_path / "gone.png"})
    assert os.listdir(tmp_path / "runs") == []


def test_a_run_is_never_made_over_another(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    before = run.journal.read_bytes()
    with pytest.raises(StreamError, match="there is a run with this id already"):
        make_run(tmp_path)
    assert (run.journal.read_bytes(), os.listdir(tmp_path / "runs")) == (before, [RUN_ID])


def test_half_made_runs_of_the_dead_are_removed_after_a_day(tmp_path: Path) -> None:
    old, new = (tmp_path / "runs" / f".tmp-cf-{digit * 16}" for digit in "01")
    for folder in (old, new):
        (folder / "inputs").mkdir(parents=True)
    os.utime(old, (0, 0))
    _run, journal = make_run(tmp_path)
    journal.close()
    assert sorted(os.listdir(tmp_path / "runs")) == [new.name, RUN_ID]


def _completed(run: RunFolder, output: JsonValue) -> tuple[Event, Event]:
    _same, journal = make_run(run.path.parents[1], run.id)
    step = journal.append(StepCompleted(output=output), step=1, attempt=1)
    plan = journal.append(PlanCompleted(outcome="success", output={"video": output}))
    journal.close()
    return step, plan


def test_an_output_is_read_where_its_ref_says(tmp_path: Path) -> None:
    """W0-03: previews are short, the whole value is kept."""
    run = Stream(tmp_path).run(RUN_ID)
    _completed(run, "short")
    ref = keep_outcome(run, "video", attempt=2, content=b'{"a":[1,null]}', durable=True)
    read = {where: read_output(run, where) for where in (ref, "journal.jsonl#2", "journal.jsonl#3")}
    assert read == {
        "outcomes/video-2.json": {"a": [1, None]}, "journal.jsonl#2": "short", "journal.jsonl#3": {"video": "short"},
    }  # fmt: skip


def test_a_reused_output_is_read_too(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(StepReused(from_run=OTHER_ID, with_key="k", output=[1]), step=1)
    journal.close()
    assert read_output(run, "journal.jsonl#2") == [1]


@pytest.mark.parametrize(
    ("ref", "problem"),
    [
        ("outcomes/../../../etc/passwd", "is not the place of an output"),
        ("snapshot.json", "is not the place of an output"),
        ("outcomes/gone-1.json", "it is not there"),
        ("outcomes/torn-1.json", "it is not JSON"),
        ("journal.jsonl#1", "no output stands here"),
        ("journal.jsonl#0", "it holds zeroes only"),
        ("journal.jsonl#9", "it holds zeroes only"),
    ],
)
def test_a_ref_that_leads_to_no_output_says_so(tmp_path: Path, ref: str, problem: str) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    (run.outcomes / "torn-1.json").write_bytes(b'{"a":')
    with pytest.raises(StreamError, match=problem):
        read_output(run, ref)


def test_a_run_needs_a_folder_that_can_be_one(tmp_path: Path) -> None:
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(StreamError, match="a file stands where a folder belongs"):
        create_run(Stream(tmp_path), RUN_ID, plan_text="", inputs=b"", files={}, first=started(), durable=True)
