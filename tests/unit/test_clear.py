"""How the page becomes empty: never under a run's feet."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from character_flow.errors import StreamBusyError, StreamError
from character_flow.stream.clear import clear
from character_flow.stream.inbox import Inbox
from character_flow.stream.liveness import Owner, this_process
from character_flow.stream.locks import Held, hold_page
from character_flow.stream.stream import RunFolder, Stream
from tests.unit.recorded import RUN_ID, make_run


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """A stream with a run, whose snapshot is on the page."""
    _run, journal = make_run(tmp_path)
    journal.close()
    Stream(tmp_path).page.write_bytes(b"{}")
    return Stream(tmp_path)


def test_a_page_nobody_writes_is_cleared_and_its_run_stays(stream: Stream) -> None:
    assert (clear(stream), clear(stream)) == (True, False)
    assert sorted(os.listdir(stream.folder)) == ["plan_stream.lock", "runs"]
    assert os.listdir(stream.runs) == [RUN_ID]


def test_a_page_of_a_writer_who_died_is_cleared(stream: Stream) -> None:
    """His lock died with him, only his name is left."""
    stream.page_owner.write_bytes(this_process(RUN_ID).model_copy(update={"pid": 1}).model_dump_json().encode())
    assert (clear(stream), stream.page.exists()) == (True, False)


def test_where_no_folder_is_nothing_is_cleared_or_made(tmp_path: Path) -> None:
    assert (clear(Stream(tmp_path / "none")), os.listdir(tmp_path)) == (False, [])


def test_a_page_in_use_is_not_cleared(stream: Stream) -> None:
    """W0-05: clear during a run never breaks the writer."""
    with (
        hold_page(stream, owner=this_process(RUN_ID, 1)),
        pytest.raises(StreamBusyError, match=rf"in use by pid {os.getpid()} on .*, run {RUN_ID}, since "),
    ):
        clear(stream)
    assert stream.page.exists()


def _lets_go(held: Held) -> Callable[[RunFolder, Owner], None]:
    return lambda _run, _owner: held.release()


def test_forced_the_run_is_cancelled_and_then_cleared(stream: Stream) -> None:
    held = hold_page(stream, owner=this_process(RUN_ID, 1))
    assert clear(stream, force=True, cancel=_lets_go(held)) is True
    assert not stream.page.exists()


def test_forced_the_command_to_cancel_is_sent_for_the_epoch_at_work(stream: Stream) -> None:
    with hold_page(stream, owner=this_process(RUN_ID, 3)), pytest.raises(StreamBusyError):
        clear(stream, force=True, wait_s=0.0)
    (command,) = Inbox(stream.run(RUN_ID), epoch=3).pending()
    assert (command.kind, command.epoch, command.by, stream.page.exists()) == ("cancel", 3, "clear", True)


def test_forced_a_holder_without_a_run_is_waited_for(stream: Stream) -> None:
    with hold_page(stream), pytest.raises(StreamBusyError):
        clear(stream, force=True, wait_s=0.0)
    assert os.listdir(stream.run(RUN_ID).inbox) == []


def test_a_cleared_symlink_stays_a_symlink(stream: Stream, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real = stream.page.rename(tmp_path / "far" / "real.json")
    stream.page.symlink_to(real)
    assert (clear(stream), real.exists(), stream.page.is_symlink()) == (True, False, True)


def test_a_folder_on_the_page_is_not_removed(stream: Stream) -> None:
    stream.page.unlink()
    stream.page.mkdir()
    with pytest.raises(StreamError, match=r"a folder stands where a file belongs|not permitted"):
        clear(stream)
    assert stream.page.is_dir()
