"""What a page says of the process that does the work: alive, silent, dead, back again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.stream.journal import read_events
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.processes import end_all, gated_run, kill, open_gate, pid_of
from tests.gateway.served import Server, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture
def run(server: Server) -> Iterator[RunFolder]:
    """A run at work in a process of its own, waiting at its gate."""
    (server.folder / "plans").mkdir()
    run = gated_run(server.folder)
    with server.watch(f"/plan/runs/{run.id}/events") as page:
        page.shows(message="waiting at the gate")
    yield run
    end_all(server.folder)


def test_a_run_is_seen_from_its_queue_to_its_end(server: Server, run: RunFolder) -> None:
    """S0-02, S0-05: a process of its own, seen on the live page."""
    with server.watch() as page:
        frame = page.seen(lambda page: page.last["writer"]["kind"] == "alive")
        assert frame["writer"]["who"].startswith(f"pid {pid_of(run)} on ")
        open_gate(server.folder)
        page.shows(status="completed", outcome="success")
        page.seen(lambda page: page.last["writer"]["kind"] == "none")
    wait_until(lambda: read_snapshot(server.folder).status == "completed")
    assert page.page.snapshot == read_snapshot(server.folder)


def test_what_was_said_of_a_lost_run_is_taken_back_when_it_is_cancelled(server: Server, run: RunFolder) -> None:
    """A dead run is cancelled too; then it says so, and not how to go on with it."""
    with server.watch() as page, server.watch(f"/plan/runs/{run.id}/events") as own:
        page.shows(status="running")
        kill(run)
        page.shows(outcome="lost")
        own.shows(outcome="lost")
        assert server.ask(f"/plan/runs/{run.id}/cancel").json() == {"stopped": [], "left": []}
        for tab in (page, own):
            tab.shows(outcome="cancelled", error=None)
    assert [event.type for event in read_events(run.journal)][-3:] == [
        "command_accepted",
        "step_cancelled",
        "plan_cancelled",
    ]
    assert page.page.snapshot == own.page.snapshot == read_snapshot(run.path) == read_snapshot(server.folder)


def test_a_silent_process_is_told_apart_from_a_dead_one(server: Server, run: RunFolder) -> None:
    """S0-39: stopped for a while, as a sleeping machine is, and back."""
    pid = pid_of(run)
    with server.watch() as page:
        page.seen(lambda page: page.last["writer"]["kind"] == "alive" and not page.last["writer"]["stale"])
        os.kill(pid, signal.SIGSTOP)
        try:
            stale = page.seen(lambda page: page.last["writer"]["stale"])
        finally:
            os.kill(pid, signal.SIGCONT)
        page.seen(lambda page: not page.last["writer"]["stale"])
    assert (stale["writer"]["kind"], stale["head"]["status"], stale["rows"]) == ("alive", "running", [])


def test_nothing_is_said_of_the_writer_of_a_run_that_only_waits(server: Server, tmp_path: Path) -> None:
    assert server.json("/plan/snapshot")["writer"] == {"kind": "none", "who": None, "pulse_at": None, "stale": False}
    assert not Stream(tmp_path).page.exists()
