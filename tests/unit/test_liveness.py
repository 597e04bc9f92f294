"""Is the holder alive: certain only where the same system can be asked, and never wrong about it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from character_flow.stream.liveness import Liveness, Owner, Pulse, read_owner, state_of, this_process, write_owner
from tests.unit.recorded import NOON, RUN_ID, until

WAITING_CHILD = """
import sys
from pathlib import Path
from character_flow.stream.liveness import this_process, write_owner
write_owner(Path(sys.argv[1]), this_process())
input()
"""


def test_this_process_is_alive(tmp_path: Path) -> None:
    path = tmp_path / "owner.json"
    owner = this_process(RUN_ID, 2, now=lambda: NOON)
    write_owner(path, owner)
    assert (read_owner(path), state_of(path)) == (owner, Liveness("alive", owner))
    assert (owner.pid, owner.started_at, owner.run_id, owner.epoch) == (
        os.getpid(), "2026-11-20T12:00:00+00:00", RUN_ID, 2,
    )  # fmt: skip


def test_where_no_owner_file_is_nobody_holds_it(tmp_path: Path) -> None:
    assert state_of(tmp_path / "owner.json") == Liveness("none")


def test_a_reused_pid_is_not_the_owner(tmp_path: Path) -> None:
    """W0-04: a dead writer is seen, even where his number was given to another process."""
    owner = this_process().model_copy(update={"start_token": "1"})
    write_owner(tmp_path / "owner.json", owner)
    assert state_of(tmp_path / "owner.json").kind == "dead"


@pytest.mark.parametrize("difference", ["host", "boot_id", "pid_namespace"])
def test_an_owner_elsewhere_is_never_dead_only_silent(tmp_path: Path, difference: str) -> None:
    path = tmp_path / "owner.json"
    owner = this_process().model_copy(update={difference: "elsewhere", "pid": 4_000_000, "start_token": "1"})
    write_owner(path, owner)
    os.utime(path, (1_000, 1_000))
    assert state_of(path, now=lambda: 1_007.5) == Liveness("unknown", owner, 7.5)
    assert state_of(path, now=lambda: 900.0) == Liveness("unknown", owner, 0.0)


def test_an_owner_file_that_says_nothing_leaves_it_open(tmp_path: Path) -> None:
    path = tmp_path / "owner.json"
    path.write_bytes(b"{")
    os.utime(path, (1_000, 1_000))
    assert state_of(path, now=lambda: 1_001.0) == Liveness("unknown", None, 1.0)


def _child(path: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", WAITING_CHILD, path], stdin=subprocess.PIPE)
    until(path.exists)
    return child


def test_a_stopped_owner_is_alive_and_a_killed_one_dead(tmp_path: Path) -> None:
    """Dead at once, though nobody has asked for the child's exit yet: a zombie writes no more."""
    path = tmp_path / "owner.json"
    child = _child(path)
    try:
        child.send_signal(signal.SIGSTOP)
        assert state_of(path).kind == "alive"
        child.kill()
        until(lambda: state_of(path).kind == "dead")
    finally:
        child.kill()
        child.communicate()
    assert state_of(path).kind == "dead"


def test_the_pulse_beats_until_it_is_stopped() -> None:
    beats: list[str] = []
    pulse = Pulse([lambda: beats.append("page"), lambda: beats.append("run")], interval_s=0.001)
    until(lambda: len(beats) >= 4)
    pulse.stop()
    count = len(beats)
    assert beats[:4] == ["page", "run", "page", "run"]
    assert (len(beats), count % 2) == (count, 0)


def test_an_owner_written_by_a_later_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "owner.json"
    owner = this_process()
    path.write_text(owner.model_dump_json()[:-1] + ',"later":1}')
    assert read_owner(path) == Owner.model_validate(owner.model_dump())
