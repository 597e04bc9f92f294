"""Who may write: one at a time, named to the next, and never a child by accident."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from character_flow.errors import StreamBusyError, StreamError
from character_flow.stream.liveness import Owner, read_owner, state_of, this_process
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.stream import Stream
from tests.unit.recorded import RUN_ID, make_run

TEMP = ".tmp-cf-0123456789abcdef"


def test_the_second_writer_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    """W0-17: two runs cannot clobber one page."""
    stream = Stream(tmp_path)
    owner = this_process(RUN_ID, 1)
    with hold_page(stream, owner=owner), pytest.raises(StreamBusyError) as caught:
        hold_page(stream, wait_s=0.02)
    assert str(caught.value) == (
        f"{tmp_path}: in use by pid {os.getpid()} on {owner.host}, run {RUN_ID}, since {owner.started_at}; "
        "wait for it to end, or use another folder with --dir"
    )
    assert caught.value.exit_code == 75


def test_a_refused_writer_leaves_the_owner_as_he_is(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    with hold_run(run) as held:
        before = read_owner(run.owner)
        with pytest.raises(StreamBusyError):
            hold_run(run, wait_s=0.0)
        assert read_owner(run.owner) == before == held.owner


def test_a_busy_page_without_a_readable_owner_is_still_refused(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    with hold_page(stream):
        stream.page_owner.write_bytes(b"")
        with pytest.raises(StreamBusyError, match="in use by another process"):
            hold_page(stream, wait_s=0.0)


def test_a_lock_let_go_is_free_and_its_file_stays(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "new" / "folder")
    held = hold_page(stream)
    held.release()
    held.release()
    assert sorted(os.listdir(stream.folder)) == ["plan_stream.lock"]
    hold_page(stream, wait_s=0.0).release()


def test_a_lock_can_be_let_go_on_another_thread(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    held = hold_page(stream)
    other = threading.Thread(target=held.release)
    other.start()
    other.join()
    with hold_page(stream, wait_s=0.0) as again:
        assert again.owner is not None
    assert not stream.page_owner.exists()


def test_a_starter_waits_a_moment_for_the_lock(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    first = hold_page(stream)
    waiting = threading.Event()

    def let_go() -> None:
        waiting.wait()
        first.release()

    other = threading.Thread(target=let_go)
    other.start()
    waiting.set()
    with hold_page(stream, wait_s=20.0) as second:
        assert (first.owner, second.owner is not None) == (None, True)
    other.join()


def test_the_owner_says_more_when_he_knows_more(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    with hold_page(stream) as held:
        held.declare(this_process(RUN_ID, 3))
        owner = read_owner(stream.page_owner)
    assert owner is not None
    assert (owner.run_id, owner.epoch) == (RUN_ID, 3)


def test_a_beat_is_a_sign_of_life_and_puts_a_lost_owner_file_back(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    held = hold_page(stream)
    os.utime(stream.page_owner, (0, 0))
    held.beat()
    assert stream.page_owner.stat().st_mtime > 1_000_000_000
    stream.page_owner.unlink()
    held.beat()
    assert state_of(stream.page_owner).kind == "alive"
    held.release()
    held.beat()
    assert state_of(stream.page_owner).kind == "none"


def test_a_beat_that_fails_is_no_error(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "x")
    held = hold_page(stream)
    stream.folder.rename(tmp_path / "moved")
    held.beat()
    assert not stream.folder.exists()
    held.release()


def test_who_takes_a_lock_clears_what_the_dead_left_unfinished(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    attempt = run.artifacts / "video-1"
    attempt.mkdir()
    left = [tmp_path / TEMP, run.path / TEMP, run.inputs / TEMP, run.outcomes / TEMP, attempt / TEMP]
    for path in (*left, run.inbox / TEMP):
        path.write_bytes(b"")
    with hold_page(Stream(tmp_path)), hold_run(run):
        assert [path for path in left if path.exists()] == []
        assert (run.inbox / TEMP).exists()  # senders hold no lock: it may be a command on its way
    os.utime(run.inbox / TEMP, (0, 0))
    run.artifacts.rename(run.path / "elsewhere")
    with hold_run(run):
        assert os.listdir(run.inbox) == []


def test_a_lock_does_not_survive_in_children(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    held = hold_page(stream)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        held.release()
        hold_page(stream, wait_s=0.0).release()
    finally:
        child.communicate(b"\n")
    assert child.returncode == 0


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(StreamError, match="a file stands where a folder belongs"):
        hold_page(Stream(tmp_path / "x"))


def test_an_owner_file_that_cannot_be_written_lets_the_lock_go(tmp_path: Path) -> None:
    stream = Stream(tmp_path)
    stream.page_owner.mkdir()
    with pytest.raises(StreamError, match="a folder stands where a file belongs"):
        hold_page(stream)
    stream.page_owner.rmdir()
    hold_page(stream, wait_s=0.0).release()


def test_an_owner_is_told_without_a_run_where_there_is_none() -> None:
    owner = Owner(host="h", pid=7, pid_namespace="", start_token="", boot_id="", started_at="2026-11-20T12:00:00+00:00")
    assert str(owner) == "pid 7 on h, since 2026-11-20T12:00:00+00:00"
