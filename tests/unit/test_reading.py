"""How it stands, as a reader sees it: whatever lies at the path, and whoever has died."""

import json
import os
from pathlib import Path

import pytest

from character_flow.board import snapshot_bytes
from character_flow.errors import StreamError
from character_flow.events import Chunk, PlanCompleted, PlanResumed, StepStarted
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.liveness import this_process, write_owner
from character_flow.stream.reading import observe, read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.unit.recorded import RUN_ID, make_run, queued, two_steps

SEED_ONLY: dict[str, object] = {
    "status": "running", "plan_name": "Theirs", "total_steps": 1, "current_step": 1,
    "started_at": "2026-11-20T12:00:00", "steps": [
        {"step_number": 1, "task": "Ask", "tool_id": "llm", "status": "running",
         "started_at": "2026-11-20T12:00:00", "completed_at": None, "output": {"a": 1}},
    ],
}  # fmt: skip


def _dead(run: RunFolder) -> None:
    write_owner(run.owner, this_process(run.id, 1).model_copy(update={"start_token": "1", "pid": 4242}))


def _published(tmp_path: Path, *facts: Chunk | PlanCompleted | StepStarted) -> tuple[RunFolder, Snapshot]:
    """A run, its page as of the first event, and these facts in the journal after it."""
    run, journal = make_run(tmp_path)
    shown = fold(Snapshot(), read_events(run.journal))
    for path in (Stream(tmp_path).page, run.snapshot):
        path.write_bytes(snapshot_bytes(shown))
    for fact in facts:
        journal.append(fact, step=1 if not isinstance(fact, PlanCompleted) else None, attempt=1)
    journal.close()
    return run, shown


def test_a_snapshot_is_found_by_every_path_that_leads_to_it(tmp_path: Path) -> None:
    run, shown = _published(tmp_path)
    stream = Stream(tmp_path)
    copy = tmp_path / "copy.json"
    copy.write_bytes(stream.page.read_bytes())
    paths = (tmp_path, stream.page, run.path, run.snapshot, copy)
    assert [read_snapshot(path) for path in paths] == [shown] * 5


def test_where_nothing_is_yet_one_waits(tmp_path: Path) -> None:
    """Looking writes nothing."""
    for path in (tmp_path, tmp_path / "none", tmp_path / "plan_stream.json", tmp_path / "runs" / RUN_ID):
        assert read_snapshot(path) == Snapshot(status="waiting")
    assert os.listdir(tmp_path) == []


def test_a_run_without_a_snapshot_is_folded_from_its_journal(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    two_steps(journal)
    journal.close()
    assert read_snapshot(run.path) == fold(Snapshot(), read_events(run.journal))


def test_a_snapshot_of_somebody_elses_hooks_is_valid(tmp_path: Path) -> None:
    (tmp_path / "plan_stream.json").write_text(json.dumps(SEED_ONLY))
    snapshot = read_snapshot(tmp_path)
    assert (snapshot.plan_name, snapshot.steps[0].output) == ("Theirs", '{\n  "a": 1\n}')
    assert observe(snapshot, Stream(tmp_path)) is snapshot


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"status": "running", "st', "it is not whole JSON"),
        (b"[" * 100_000, "it is not whole JSON"),
        (b"\xff\xfe", "it is not whole JSON"),
        (b"[1]", "it is not a snapshot"),
        (b'{"name": "package"}', "it is not a snapshot"),
        (b'{"status": "sleeping"}', "it is not a snapshot: status: input should be 'waiting'"),
        (b'{"status": "paused", "schema_version": 7}', "written by a newer version .schema 7, this one reads 1."),
    ],
)
def test_what_is_no_snapshot_is_refused_in_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    """W0-18: read errors are neither swallowed nor a traceback."""
    page = tmp_path / "plan_stream.json"
    page.write_bytes(content)
    with pytest.raises(StreamError, match=problem) as caught:
        read_snapshot(tmp_path)
    assert str(caught.value).startswith(f"{page}: ")
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_the_page_is_told(tmp_path: Path) -> None:
    (tmp_path / "plan_stream.json").mkdir()
    for path in (tmp_path, tmp_path / "plan_stream.json"):
        with pytest.raises(StreamError, match="a folder stands where a file belongs"):
            read_snapshot(path)


def test_a_newer_snapshot_is_shown_with_its_version(tmp_path: Path) -> None:
    (tmp_path / "plan_stream.json").write_text('{"status": "running", "schema_version": 2, "later": {}}')
    snapshot = read_snapshot(tmp_path)
    assert (snapshot.status, snapshot.schema_version) == ("running", 2)


def test_a_run_whose_writer_lives_is_shown_as_it_is(tmp_path: Path) -> None:
    _run, shown = _published(tmp_path)
    assert observe(shown, Stream(tmp_path)) == shown


def test_a_run_whose_writer_died_is_lost_and_says_how_to_go_on(tmp_path: Path) -> None:
    """W0-04: a run cannot be "running" for ever."""
    run, shown = _published(tmp_path)
    _dead(run)
    expected = shown.model_copy(update={
        "status": "error", "outcome": "lost",
        "error": f"pid 4242 is gone without ending the run; go on with `resume {RUN_ID}`",
    })  # fmt: skip
    assert (observe(shown, Stream(tmp_path)), observe(shown, run)) == (expected, expected)


def test_a_run_nobody_holds_is_lost_too(tmp_path: Path) -> None:
    run, shown = _published(tmp_path)
    run.owner.unlink()
    seen = observe(shown, run)
    assert (seen.outcome, seen.error) == (
        "lost", f"the process that ran it is gone without ending the run; go on with `resume {RUN_ID}`",
    )  # fmt: skip


def test_what_the_dead_had_recorded_but_not_published_is_shown(tmp_path: Path) -> None:
    run, shown = _published(tmp_path, StepStarted(name="s1", tool="t", with_key="k"))
    _dead(run)
    seen = observe(shown, run)
    assert (seen.outcome, seen.seq, seen.current_step, seen.steps[0].status) == ("lost", 2, 1, "running")


def test_a_run_that_ended_before_its_writer_died_is_not_lost(tmp_path: Path) -> None:
    run, shown = _published(tmp_path, Chunk(text="x"), PlanCompleted(outcome="success"))
    _dead(run)
    seen = observe(shown, run)
    assert seen == fold(Snapshot(), read_events(run.journal))
    assert (seen.status, seen.outcome, observe(seen, run)) == ("completed", "success", seen)


def test_a_run_taken_up_again_and_left_is_lost(tmp_path: Path) -> None:
    run, shown = _published(tmp_path, PlanCompleted(outcome="success"))
    journal = Journal.open(run.journal, durable=False)
    journal.append(PlanResumed())
    journal.close()
    _dead(run)
    assert observe(shown, run).outcome == "lost"


def test_a_queued_run_is_never_lost(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, first=queued())
    journal.close()
    waiting = read_snapshot(run.path)
    _dead(run)
    assert (waiting.status, observe(waiting, run)) == ("waiting", waiting)


def test_a_run_held_elsewhere_is_never_lost(tmp_path: Path) -> None:
    run, shown = _published(tmp_path)
    write_owner(run.owner, this_process(RUN_ID).model_copy(update={"host": "elsewhere"}))
    assert observe(shown, run) == shown


def test_a_run_whose_journal_is_gone_is_shown_as_it_is(tmp_path: Path) -> None:
    run, shown = _published(tmp_path)
    _dead(run)
    run.journal.unlink()
    assert (observe(shown, run), observe(shown, Stream(tmp_path))) == (shown, shown)
