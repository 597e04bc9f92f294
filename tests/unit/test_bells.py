"""When it is worth a look: a bell rings for what changed in a watched folder, for everybody who wants to hear it."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from character_flow.stream.bells import Bells, Doorbell
from tests.unit.recorded import until, watched

DEADLINE_S = 20.0


class Rung:
    """Counts how often a bell rang."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _rings(bell: Doorbell) -> bool:
    """Whether it rings within the deadline."""
    began = time.monotonic()
    bell.wait(DEADLINE_S)
    return time.monotonic() - began < DEADLINE_S


def _change(folder: Path, bell: Doorbell) -> bool:
    """Change a file in the folder; whether the bell rings for it."""
    bell.silence()
    (folder / "file").write_text("news")
    return _rings(bell)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to watch."""
    (tmp_path / "watched").mkdir()
    return tmp_path / "watched"


def test_everybody_hears_of_a_change_and_the_folder_is_watched_once(folder: Path) -> None:
    bells = Bells()
    with Doorbell(bells) as one, Doorbell(bells) as two, Doorbell(bells) as three:
        for bell in (one, two, three):
            bell.watch({folder})
        assert (watched(), bells.is_working) == (1, True)
        for bell in (one, two, three):
            bell.silence()
        (folder / "file").write_text("news")
        assert [_rings(bell) for bell in (one, two, three)] == [True] * 3
    bells.stop()
    assert watched() == 0


def test_who_goes_leaves_the_bell_to_the_others_and_the_last_takes_it_down(folder: Path) -> None:
    bells = Bells()
    with Doorbell(bells) as stays:
        with Doorbell(bells) as goes:
            goes.watch({folder})
            stays.watch({folder})
        assert (watched(), _change(folder, stays)) == (1, True)
    until(lambda: watched() == 0)
    bells.stop()


def test_a_bell_rings_for_the_folders_of_this_moment_only(folder: Path) -> None:
    """A page moves on from one run to the next."""
    (folder.parent / "next").mkdir()
    bells, first, second = Bells(), Rung(), Rung()
    unwatch = bells.watch(folder, _identity(folder), first)
    assert unwatch is not None
    with Doorbell(bells) as bell:
        bell.watch({folder})
        bell.watch({folder.parent / "next"})
        until(lambda: watched() == 2)
        assert bells.watch(folder, _identity(folder), second) is not None
        assert _change(folder.parent / "next", bell)
        unwatch()
        unwatch()  # twice is once
        (folder / "file").write_text("news")
        until(lambda: second.times > 0)
    assert first.times == 0
    bells.stop()


def test_a_folder_that_was_removed_and_made_again_is_watched_anew(folder: Path) -> None:
    """For who notices first and for who has not noticed yet."""
    bells = Bells()
    with Doorbell(bells) as one, Doorbell(bells) as two:
        for bell in (one, two):
            bell.watch({folder})
        removed = os.open(folder, os.O_RDONLY)  # keeps its inode from being given to the new one
        shutil.rmtree(folder)
        one.watch({folder})
        folder.mkdir()
        os.close(removed)
        one.watch({folder})
        assert _change(folder, one)
        two.watch({folder})
        assert (_change(folder, two), watched()) == (True, 1)
    bells.stop()


def test_a_folder_that_is_not_there_or_is_a_file_has_no_bell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Doorbell(None) as bell:
        bell.watch({tmp_path / "none", tmp_path / "file"})
        assert watched() == 0


def test_reading_does_not_ring(folder: Path) -> None:
    """Our own look at the files must not be the reason for the next."""
    (folder / "file").write_text("news")
    bells, rung = Bells(), Rung()
    unwatch = bells.watch(folder, _identity(folder), rung)
    for _ in range(100):
        (folder / "file").read_text()
    (folder / "other").write_text("the end")  # told after whatever was told before
    until(lambda: rung.times > 0)
    assert rung.times <= 3
    assert unwatch is not None
    unwatch()
    bells.stop()


def test_where_the_system_has_no_bell_to_give_followers_look_by_themselves(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many watches on this machine: nothing fails, it is only slower, and the diagnosis says so."""
    from watchdog.observers.api import BaseObserver

    def refuse(self: object, *_args: object, **_more: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule", refuse)
    bells = Bells()
    with Doorbell(bells) as bell:
        bell.watch({folder})
        assert not bells.is_working
        bell.wait(0.01)
    bells.stop()


def test_stopped_bells_leave_no_thread_and_start_none_again(folder: Path) -> None:
    before = set(threading.enumerate())
    bells = Bells()
    assert bells.watch(folder, _identity(folder), Rung()) is not None
    assert set(threading.enumerate()) - before
    bells.stop()
    assert bells.watch(folder, _identity(folder), Rung()) is None
    bells.stop()
    assert set(threading.enumerate()) <= before


def test_many_come_and_go_at_once_and_nobody_is_forgotten(folder: Path) -> None:
    """Channels open and close on threads of their own."""
    bells = Bells()

    def visit() -> None:
        for _ in range(20):
            with Doorbell(bells) as bell:
                bell.watch({folder})

    with Doorbell(bells) as stays:
        stays.watch({folder})
        visitors = [threading.Thread(target=visit) for _ in range(8)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join(20)
        assert (watched(), _change(folder, stays)) == (1, True)
    bells.stop()


def test_a_folder_that_vanished_silences_no_other_bell(folder: Path) -> None:
    """Gone between the look and the watch."""
    bells = Bells()
    gone = folder.with_name("gone")
    assert bells.watch(gone, (1, 1), Rung()) is None
    assert bells.is_working
    with Doorbell(bells) as bell:
        bell.watch({folder})
        assert _change(folder, bell)
    bells.stop()
