"""What is promised after kill -9: the journal whole, the snapshot valid and never ahead, the next one can go on."""

import json
import os
import random
import signal
from pathlib import Path

import pytest

from character_flow.errors import StreamBusyError
from character_flow.events import PlanResumed
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.files import is_temp_name
from character_flow.stream.journal import read_events
from character_flow.stream.liveness import state_of
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.reading import observe, read_snapshot
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import RunFolder, Stream
from tests.forked import Forked
from tests.unit.recorded import RUN_ID, until

KILLS = 30

pytestmark = pytest.mark.faults


def _writer(folder: Path, *options: str) -> Forked:
    return Forked(["-m", "tests.faults.stream_writer", str(folder), *options])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _check_what_is_left(stream: Stream, run: RunFolder) -> None:
    """Everything a reader may rely on, right after the kill."""
    if not run.path.exists():
        assert list_runs(stream) == ()
        return
    events = list(read_events(run.journal))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for path in (stream.page, run.snapshot):
        if path.exists():
            snapshot = Snapshot.model_validate(json.loads(path.read_bytes()))
            assert snapshot == fold(Snapshot(), events[: snapshot.seq])
    (seen,) = list_runs(stream)
    assert (seen.outcome, seen.seq) == ("lost", len(events))
    if stream.page.exists():
        assert observe(read_snapshot(stream.folder), stream) == seen


def test_a_writer_killed_at_random_breaks_no_promise(tmp_path: Path) -> None:
    """W0-01, W0-04, W0-05: 30 kills of one run, each taken up by the next writer, which then ends it."""
    stream = Stream(tmp_path)
    run = stream.run(RUN_ID)
    chance = random.Random(20261120)
    ends: list[int] = []
    for _kill in range(KILLS):
        goal = _size(run.journal) + chance.choice([1, 200, 2_000, 8_000])
        writer = _writer(tmp_path)
        until(lambda goal=goal: _size(run.journal) >= goal)  # type: ignore[misc]  # this round's goal
        writer.kill()
        ends.append(writer.wait())
        _check_what_is_left(stream, run)
    assert ends == [-signal.SIGKILL] * KILLS
    assert _writer(tmp_path, "end").wait() == 0
    page = read_snapshot(tmp_path)
    events = list(read_events(run.journal))
    assert (page.status, page.progress, page) == ("completed", 100, fold(Snapshot(), events))
    assert run.snapshot.read_bytes() == stream.page.read_bytes()
    resumed = [event.epoch for event in events if isinstance(event.fact, PlanResumed)]
    assert resumed == list(range(2, page.epoch + 1))
    assert KILLS // 2 < page.epoch <= 2 + KILLS  # a writer killed before that line, or within it, leaves none
    assert [name for name in [*os.listdir(tmp_path), *os.listdir(run.path)] if is_temp_name(name)] == []
    assert not run.reserve.exists()


def test_a_writer_killed_while_it_makes_a_run_leaves_no_half_of_one(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    for seen_first in (stream.page_lock, stream.page_owner, stream.runs):
        writer = _writer(tmp_path)
        until(seen_first.exists)
        writer.kill()
        writer.wait()
        _check_what_is_left(stream, stream.run(RUN_ID))
    assert _writer(tmp_path, "end").wait() == 0
    assert read_snapshot(tmp_path).status == "completed"


def test_the_second_writer_names_the_first_and_a_killed_one_is_dead_at_once(tmp_path: Path) -> None:
    """W0-04, W0-17. A stopped writer still holds its run; who looks sees at once that one is dead."""
    stream = Stream(tmp_path)
    run = stream.run(RUN_ID)
    writer = _writer(tmp_path)
    try:
        until(lambda: stream.page.exists() and run.lock.exists())
        told = rf"in use by pid {writer.pid} on .*, run {RUN_ID}, since "
        with pytest.raises(StreamBusyError, match=told):
            hold_page(stream)
        with pytest.raises(StreamBusyError, match=told):
            hold_run(run)
        os.kill(writer.pid, signal.SIGSTOP)
        assert (state_of(run.owner).kind, observe(read_snapshot(tmp_path), stream).status) == ("alive", "running")
        writer.kill()
        until(lambda: observe(read_snapshot(tmp_path), stream).outcome == "lost")
    finally:
        writer.kill()
        writer.wait()
    error = f"pid {writer.pid} is gone without ending the run; go on with `resume {RUN_ID}`"
    assert observe(read_snapshot(tmp_path), stream).error == error
    hold_page(stream, wait_s=0.0).release()
    hold_run(run, wait_s=0.0).release()


def test_the_sign_of_life_is_given_each_second(tmp_path: Path) -> None:
    run = Stream(tmp_path).run(RUN_ID)
    writer = _writer(tmp_path)
    try:
        until(run.owner.exists)
        first = run.owner.stat().st_mtime
        until(lambda: run.owner.stat().st_mtime > first + 0.9)
    finally:
        writer.kill()
        writer.wait()
    assert state_of(run.owner).kind == "dead"
