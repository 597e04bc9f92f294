"""A run on its time line: true seconds at work, and a moment for every time nobody was."""

from pathlib import Path

import pytest

from character_flow import events
from character_flow.cli.replaying import ReplayClock
from character_flow.errors import StreamError
from character_flow.replay import length_s, timeline
from character_flow.stream.journal import Journal
from character_flow.stream.stream import RunFolder
from tests.unit.kept_runs import Clock, Recording, whole_run


def told(run: RunFolder) -> list[tuple[float, str]]:
    return [(round(at_s, 6), event.type) for at_s, event in timeline(run)]


def test_events_have_the_seconds_the_run_had_worked_by_then(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    assert told(run) == [
        (0.0, "plan_started"),
        (0.0, "step_started"),
        (2.0, "step_completed"),
        (2.0, "step_started"),
        (2.0, "artifact"),
        (3.0, "step_completed"),
        (3.0, "step_started"),
        (3.0, "artifact"),
        (8.0, "step_completed"),
        (8.0, "plan_completed"),
    ]
    assert length_s(run) == 8.0


def test_what_a_queued_run_waited_is_no_time(tmp_path: Path) -> None:
    recording = Recording(tmp_path, first=events.PlanQueued)
    recording.say(events.PlanStarted(), after_s=3_600.0)
    recording.begin(1, after_s=0.5)
    assert told(recording.let_go()) == [(0.0, "plan_queued"), (0.0, "plan_started"), (0.5, "step_started")]


def test_a_long_silence_at_work_is_kept_and_a_pause_between_two_epochs_is_a_second(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1, after_s=100.0)
    run = recording.let_go()
    later = Clock()
    later.passed_s = 5_000_000.0
    journal = Journal.open(run.journal, durable=False, now=later.now, monotonic=later.monotonic)
    journal.append(events.PlanResumed())
    later.passed_s += 2.5
    journal.append(events.StepStarted(name="write", tool="function", with_key="k"), step=1, attempt=2)
    journal.close()
    assert told(run) == [
        (0.0, "plan_started"),
        (100.0, "step_started"),
        (101.0, "plan_resumed"),
        (103.5, "step_started"),
    ]


def test_a_damaged_journal_is_told_up_to_the_damage(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    run.journal.write_bytes(run.journal.read_bytes().replace(b"Two lines", b"Two limes", 1))
    assert told(run) == [(0.0, "plan_started"), (0.0, "step_started")]


def test_a_run_without_a_journal_has_no_time_line(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    run.journal.unlink()
    with pytest.raises(StreamError, match="it is not there"):
        length_s(run)


def test_the_clock_of_a_replay_runs_as_fast_as_asked(tmp_path: Path) -> None:
    clock = Clock()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.passed_s += seconds * 0.75  # systems wake early

    replayed = ReplayClock(speed=4.0, monotonic=clock.monotonic, sleep=sleep)
    replayed.wait_for(0.0)
    assert (slept, replayed.now()) == ([], 0.0)
    replayed.wait_for(8.0)
    assert slept[:2] == [2.0, 0.5]
    assert replayed.now() == pytest.approx(8.0)
    clock.passed_s += 10.0
    slept.clear()
    replayed.wait_for(20.0)
    assert slept == []
    assert replayed.now() == pytest.approx(48.0)
