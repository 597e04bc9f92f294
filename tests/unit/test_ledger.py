"""In which order a fact takes hold: nobody is told before it is durable, and a step's end may wait for what follows."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from character_flow.board import Board
from character_flow.errors import DurabilityError
from character_flow.events import Event, PlanStarted, StepCompleted, StepHead, StepStarted
from character_flow.hooks import HookChain
from character_flow.ledger import Ledger
from character_flow.run_state import RunState
from character_flow.stream import journal as journals
from character_flow.stream.files import sync
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.publisher import Publisher
from character_flow.stream.stream import RunFolder
from character_flow.streaming_hooks import StreamingHooks


class Told(HookChain):
    """Remembers what hooks would be shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def notify(self, event: Event) -> None:
        self.seen.append(event.type)


class Desk:
    """A ledger of a run of two steps on a real, durable journal; `before_sync` is called before each sync of it."""

    def __init__(self, folder: Path) -> None:
        self.run = RunFolder(folder)
        self.before_sync: Callable[[], None] = lambda: None
        lock = threading.RLock()
        self.board, self.journal = Board(), Journal.create(self.run.journal, durable=True)
        self.publisher = Publisher(self.board, lock, targets=[self.run.snapshot], durable=False, interval_s=60)
        self.recorder = StreamingHooks(
            self.run, self.journal, self.board, self.publisher, lock=lock, names=["a", "b"], durable=True
        )
        self.told, self.state = Told(), RunState.fresh(2)
        self.ledger = Ledger(self.recorder, self.state, self.told)
        heads = tuple(StepHead(name=name, task=name, tool="t") for name in "ab")
        self.ledger.emit(PlanStarted(run_id="r", steps=heads))
        self.ledger.emit(StepStarted(name="a", tool="t", with_key="k"), step=1, attempt=1)
        self.told.seen.clear()

    def sync(self, fd: int) -> None:
        self.before_sync()
        sync(fd)

    def complete(self) -> None:
        self.ledger.emit(StepCompleted(output="done"), step=1, attempt=1, later=True)

    def begin(self) -> None:
        self.ledger.emit(StepStarted(name="b", tool="t", with_key="k"), step=2, attempt=1)

    def lines(self) -> list[str]:
        return [event.type for event in read_events(self.run.journal)][2:]

    def close(self) -> None:
        self.publisher.finish()
        self.journal.close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path)
    monkeypatch.setattr(journals, "sync", made.sync)
    yield made
    made.close()


def test_an_end_left_for_later_is_written_and_applied_and_told_to_nobody(desk: Desk) -> None:
    desk.complete()
    assert (desk.lines(), desk.state.step(1).condition) == (["step_completed"], "completed")
    assert (desk.told.seen, desk.recorder.snapshot.steps[0].status) == ([], "running")


def test_it_is_durable_before_the_next_line_is_written_and_told_before_it(desk: Desk) -> None:
    """DESIGN 3.3: each line is synced before the next."""
    at_sync: list[list[str]] = []
    desk.complete()
    desk.before_sync = lambda: at_sync.append(desk.lines())
    desk.begin()
    assert at_sync == [["step_completed"], ["step_completed", "step_started"]]
    assert desk.told.seen == ["step_completed", "step_started"]
    assert [row.status for row in desk.recorder.snapshot.steps] == ["completed", "running"]


def test_settling_makes_it_durable_and_tells_it(desk: Desk) -> None:
    syncs: list[None] = []
    desk.complete()
    desk.before_sync = lambda: syncs.append(None)
    desk.ledger.settle()
    desk.ledger.settle()
    assert (len(syncs), desk.told.seen, desk.recorder.snapshot.steps[0].status) == (
        1, ["step_completed"], "completed",
    )  # fmt: skip


def test_an_end_that_cannot_be_made_durable_is_told_to_nobody_and_nothing_follows_it(desk: Desk) -> None:
    desk.complete()

    def refuse() -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    desk.before_sync = refuse
    for go_on in (desk.begin, desk.ledger.settle, desk.begin):
        with pytest.raises(DurabilityError):
            go_on()
    assert (desk.lines(), desk.told.seen, desk.recorder.snapshot.steps[0].status) == (
        ["step_completed"], [], "running",
    )  # fmt: skip


def test_an_end_is_told_even_where_what_follows_it_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.complete()

    def refused(fd: int, line: bytes) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refused)
        with pytest.raises(DurabilityError):
            desk.begin()
    assert (desk.lines(), desk.told.seen, desk.recorder.snapshot.steps[0].status) == (
        ["step_completed"], ["step_completed"], "completed",
    )  # fmt: skip
