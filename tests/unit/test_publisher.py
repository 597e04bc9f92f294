"""What readers see: the newest durable state, soon, without the run waiting for it, and the last one for certain."""

import os
import threading
from pathlib import Path

import pytest

from character_flow.board import Board, snapshot_bytes
from character_flow.errors import StreamError
from character_flow.events import Event, Progress
from character_flow.snapshot import Snapshot
from character_flow.stream.publisher import Publisher, pause_after
from character_flow.stream.reading import read_snapshot
from tests.unit.recorded import started, until


class Stage:
    """A board, its lock, and how far it is."""

    def __init__(self, folder: Path, *, interval_s: float = 0.05, durable: bool = False) -> None:
        self.page, self.run = folder / "plan_stream.json", folder / "snapshot.json"
        self.board, self.lock = Board(), threading.RLock()
        self.seq = 0
        self.board.apply(self._event(started(steps=3)))
        self.publisher = Publisher(
            self.board, self.lock, targets=[self.page, self.run], durable=durable, interval_s=interval_s
        )

    def _event(self, fact: Progress | object) -> Event:
        self.seq += 1
        return Event(self.seq, "2026-11-20T12:00:00+00:00", 0.0, 1, None, None, fact)  # type: ignore[arg-type]

    def go_on(self) -> None:
        with self.lock:
            self.board.apply(self._event(Progress(message=f"at {self.seq}")))
        self.publisher.poke()

    def shown(self) -> tuple[int, int]:
        return read_snapshot(self.page).seq, read_snapshot(self.run).seq


def test_a_change_is_seen_soon_in_both_places(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.publisher.poke()
    until(lambda: stage.shown() == (1, 1))
    stage.go_on()
    until(lambda: stage.shown() == (2, 2))
    assert stage.publisher.finish() is None
    assert stage.page.read_bytes() == stage.run.read_bytes() == snapshot_bytes(stage.board.snapshot())


def test_without_news_nothing_is_written(tmp_path: Path) -> None:
    stage = Stage(tmp_path, interval_s=0.001)
    stage.publisher.poke()
    until(stage.page.exists)
    written = stage.publisher.rewrites
    assert (stage.publisher.finish(), stage.publisher.rewrites <= written + 2) == (None, True)


def test_the_last_state_is_certain_however_many_changes_there_were(tmp_path: Path) -> None:
    """W0-02: rewrites do not grow with the number of events."""
    stage = Stage(tmp_path, interval_s=3_600.0, durable=True)
    for _ in range(1_000):
        stage.go_on()
    assert stage.publisher.finish() is None
    assert (stage.shown(), stage.publisher.rewrites <= 2) == ((1_001, 1_001), True)


def test_a_page_deleted_during_the_run_comes_back(tmp_path: Path) -> None:
    """W0-05: clearing by hand hurts nothing."""
    stage = Stage(tmp_path, interval_s=0.001)
    stage.go_on()
    until(stage.page.exists)
    stage.page.unlink()
    stage.go_on()
    until(stage.page.exists)
    assert (stage.publisher.finish(), stage.shown()) == (None, (3, 3))


def test_a_folder_in_the_place_of_the_page_is_reported_and_the_run_is_still_shown(tmp_path: Path) -> None:
    """W0-18: counted and told, not printed and forgotten."""
    stage = Stage(tmp_path, interval_s=0.001)
    stage.page.mkdir()
    stage.go_on()
    until(lambda: stage.publisher.problem is not None)
    problem = stage.publisher.finish()
    assert str(problem) == f"{stage.page}: a folder stands where a file belongs; move the folder away"
    assert (read_snapshot(stage.run).seq, sorted(os.listdir(tmp_path))) == (2, ["plan_stream.json", "snapshot.json"])
    assert stage.publisher.failures >= 2


def test_a_page_that_can_be_written_again_is_written_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, interval_s=0.001)
    stage.page.mkdir()
    stage.go_on()
    until(lambda: isinstance(stage.publisher.problem, StreamError))
    stage.page.rmdir()
    assert (stage.publisher.finish(), stage.shown()) == (None, (2, 2))


def test_a_run_folder_removed_during_the_run_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    stage = Stage(folder, durable=True)
    stage.go_on()
    until(stage.page.exists)
    folder.rename(tmp_path / "gone")
    assert "it is not there; was its folder removed" in str(stage.publisher.finish())


def test_a_symlinked_page_stays_a_symlink_through_a_run(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "plan_stream.json").symlink_to(tmp_path / "far" / "real.json")
    stage = Stage(tmp_path, durable=True)
    stage.go_on()
    assert (stage.publisher.finish(), stage.page.is_symlink(), stage.shown()) == (None, True, (2, 2))
    assert read_snapshot(tmp_path / "far" / "real.json") != Snapshot()


@pytest.mark.parametrize(
    ("took_s", "pause_s"),
    [(0.0, 0.05), (0.002, 0.048), (0.0025, 0.0475), (0.02, 0.38), (1.0, 19.0)],
)
def test_rewrites_take_at_most_a_twentieth_of_the_time(took_s: float, pause_s: float) -> None:
    """DESIGN 3.2: 50 ms from beginning to beginning, longer where a rewrite takes more than 2.5 ms."""
    assert pause_after(took_s, interval_s=0.05) == pytest.approx(pause_s)


def test_an_end_that_comes_while_news_are_taken_is_not_slept_through(tmp_path: Path) -> None:
    """Between the look at the stop and the taking of the news: finish() must not wait for ever."""
    publisher = Stage(tmp_path).publisher
    finishing = threading.Thread(target=publisher.finish, daemon=True)

    class News(threading.Event):
        def clear(self) -> None:
            super().clear()
            if finishing.ident is None:
                finishing.start()
                assert self.wait(60)
                super().clear()

    waited_for, publisher._news = publisher._news, News()
    for news in (waited_for, publisher._news):  # the thread may not have come to wait for the first yet
        news.set()
    until(lambda: finishing.ident is not None)
    finishing.join(30)
    is_asleep = finishing.is_alive()
    publisher._news.set()  # so that a test that fails leaves no thread behind
    finishing.join(20)
    assert not is_asleep
    assert read_snapshot(tmp_path / "plan_stream.json").seq == 1
