"""Which runs are there, and which one is meant."""

import os
from pathlib import Path

import pytest

from character_flow.board import snapshot_bytes
from character_flow.errors import UsageError
from character_flow.events import PlanCompleted
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import read_events
from character_flow.stream.runs import find_run, list_runs
from character_flow.stream.stream import RunFolder, Stream
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run

THIRD_ID = "20261120T210531Z-ugc_ad-99aabb"


def _completed(tmp_path: Path, run_id: str) -> RunFolder:
    run, journal = make_run(tmp_path, run_id)
    journal.append(PlanCompleted(outcome="success"))
    journal.close()
    run.snapshot.write_bytes(snapshot_bytes(fold(Snapshot(), read_events(run.journal))))
    return run


def test_runs_are_listed_newest_first_also_within_a_second(tmp_path: Path) -> None:
    for run_id in (RUN_ID, THIRD_ID, OTHER_ID):
        run = _completed(tmp_path, run_id)
        made = len(os.listdir(tmp_path / "runs"))
        os.utime(run.inputs_json, (made, made))
    (tmp_path / "runs" / "notes.txt").write_bytes(b"")
    assert [snapshot.run_id for snapshot in list_runs(Stream(tmp_path))] == [OTHER_ID, THIRD_ID, RUN_ID]


def test_where_no_run_is_the_list_is_empty(tmp_path: Path) -> None:
    assert list_runs(Stream(tmp_path / "none")) == ()


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"status": "completed", "run_id": "another"}'])
def test_a_run_without_a_readable_snapshot_is_told_from_its_journal(tmp_path: Path, content: bytes | None) -> None:
    run = _completed(tmp_path, RUN_ID)
    expected = fold(Snapshot(), read_events(run.journal))
    run.snapshot.unlink() if content is None else run.snapshot.write_bytes(content)
    assert list_runs(Stream(tmp_path)) == (expected,)


@pytest.mark.parametrize("content", [None, b"", b"rubbish\n"])
def test_a_run_that_cannot_be_read_is_told_not_hidden(tmp_path: Path, content: bytes | None) -> None:
    run = _completed(tmp_path, RUN_ID)
    run.snapshot.unlink()
    run.inputs_json.unlink()
    run.journal.unlink() if content is None else run.journal.write_bytes(content)
    (seen,) = list_runs(Stream(tmp_path))
    problem = "it is not there" if content is None else "its first line cannot be read"
    assert (seen.status, seen.run_id, seen.run_dir) == ("error", RUN_ID, f"runs/{RUN_ID}")
    assert f"{run.journal}: {problem}" in str(seen.error)


def test_a_run_left_open_is_listed_as_lost(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    run.owner.unlink()
    assert [snapshot.outcome for snapshot in list_runs(Stream(tmp_path))] == ["lost"]


@pytest.mark.parametrize("text", [RUN_ID, "20261120T210530", "3f9a1c", f"runs/{RUN_ID}", f"runs/{RUN_ID}/"])
def test_a_run_is_found_by_what_is_unique_of_its_id(tmp_path: Path, text: str) -> None:
    _completed(tmp_path, RUN_ID)
    _completed(tmp_path, OTHER_ID)
    assert find_run(Stream(tmp_path), text).id == RUN_ID


def test_last_is_the_newest_run(tmp_path: Path) -> None:
    _completed(tmp_path, OTHER_ID)
    _completed(tmp_path, RUN_ID)
    assert find_run(Stream(tmp_path), "last").id == OTHER_ID


def test_a_text_that_means_many_runs_is_refused(tmp_path: Path) -> None:
    for run_id in (RUN_ID, OTHER_ID, THIRD_ID, "20261120T210532Z-ugc_ad-000000"):
        _completed(tmp_path, run_id)
    with pytest.raises(UsageError) as caught:
        find_run(Stream(tmp_path), "2026")
    newest = f"20261120T210532Z-ugc_ad-000000, {THIRD_ID}, {OTHER_ID}"
    assert str(caught.value).replace(f"{OTHER_ID}, {THIRD_ID}", f"{THIRD_ID}, {OTHER_ID}") == (
        f"4 runs are meant by '2026': {newest}, ..."
    )
    with pytest.raises(UsageError, match=r"^2 runs are meant by '20261120T210531Z-ugc_ad': .*[0-9a-f]$"):
        find_run(Stream(tmp_path), "20261120T210531Z-ugc_ad")


@pytest.mark.parametrize(("text", "near"), [("3f9a1d", "3f9a1c"), ("zzz", RUN_ID), ("", RUN_ID)])
def test_a_run_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path, text: str, near: str) -> None:
    _completed(tmp_path, RUN_ID)
    with pytest.raises(UsageError) as caught:
        find_run(Stream(tmp_path), text)
    assert str(caught.value) == f"there is no run {text!r}; did you mean {near!r}?"


def test_where_no_run_is_none_can_be_found(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no runs yet"):
        find_run(Stream(tmp_path), "last")
