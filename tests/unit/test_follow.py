"""What happens next: everything once, in order, whoever stops, dies, clears or replaces whatever."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from character_flow.board import snapshot_bytes
from character_flow.errors import StreamCorruptError, StreamError, UsageError
from character_flow.events import Chunk, Event, Fact, PlanCompleted, PlanFailed, PlanResumed, StepCompleted, StepStarted
from character_flow.snapshot import Snapshot, fold
from character_flow.stream import follow as following
from character_flow.stream.files import replace_file
from character_flow.stream.follow import Item, cursor_of, follow
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.liveness import this_process, write_owner
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run, queued, two_steps, until, watched

END = PlanCompleted(outcome="success")


class Reader:
    """Follows on a thread of its own and keeps what it got."""

    def __init__(
        self,
        path: Path,
        *,
        after: str | None = None,
        until_end: bool = False,
        look_s: float = 0.02,
        rest_s: float = 0.0,
    ) -> None:
        self.items: list[Item] = []
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._source = follow(path, after=after, until_end=until_end, stop=self.stop, look_s=look_s, rest_s=rest_s)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._source:
                self.items.append(item)
        except (StreamError, UsageError) as error:
            self.error = error

    def seen(self, wanted: Callable[[Sequence[Item]], bool]) -> None:
        until(lambda: wanted(self.items) or self.error is not None)

    def end(self) -> list[Item]:
        """What was got once it ended by itself."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.items

    def close(self) -> list[Item]:
        self.stop.set()
        return self.end()


def shapes(items: Sequence[Item]) -> list[str]:
    """`S` and status for a snapshot, the type for an event."""
    return [f"S {item.status}" if isinstance(item, Snapshot) else item.type for item in items]


def publish(run: RunFolder, snapshot: Snapshot | None = None) -> Snapshot:
    """Put a run on the page as it stands."""
    shown = snapshot or fold(Snapshot(), read_events(run.journal))
    replace_file(run.path.parents[1] / "plan_stream.json", snapshot_bytes(shown), durable=False)
    return shown


def begun(step: int = 1) -> Fact:
    return StepStarted(name=f"s{step}", tool="t", with_key="k")


def test_a_run_is_followed_from_its_first_event_to_its_end(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    reader = Reader(run.path, until_end=True)
    reader.seen(lambda items: len(items) == 1)
    two_steps(journal)
    reader.seen(lambda items: len(items) == 5)
    journal.append(END)
    journal.close()
    assert reader.end() == list(read_events(run.journal))


def test_following_ends_by_itself_only_when_asked_to(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(PlanFailed(outcome="failed", message="no"))
    journal.close()
    reader = Reader(run.snapshot)
    reader.seen(lambda items: len(items) == 2)
    again = Journal.open(run.journal, durable=False)
    again.append(PlanResumed())
    again.append(END)
    again.close()
    reader.seen(lambda items: len(items) == 4)
    assert shapes(reader.close()) == ["plan_started", "plan_error", "plan_resumed", "plan_completed"]
    assert shapes(Reader(run.path, until_end=True).end()) == ["plan_started", "plan_error"]


def test_who_stands_at_the_end_already_is_told_so_at_once(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(END)
    journal.close()
    publish(run)
    assert Reader(run.path, after="1.2", until_end=True).end() == []
    assert Reader(tmp_path, after=f"{RUN_ID}:1.2", until_end=True).end() == []


def test_a_cursor_that_is_not_in_the_journal_gets_the_snapshot_again(tmp_path: Path) -> None:
    """After a power cut and a resume, or with the cursor of another run."""
    run, journal = make_run(tmp_path)
    two_steps(journal)
    whole = fold(Snapshot(), read_events(run.journal))
    journal.append(END)
    journal.close()
    for after in ("2.3", "1.99", f"{OTHER_ID}:1.2"):
        assert shapes(Reader(run.path, after=after, until_end=True).end()) == ["S completed"]
    assert shapes(Reader(run.path, after=f"{RUN_ID}:1.5", until_end=True).end()) == ["plan_completed"]
    assert whole.cursor == "1.5"


def test_what_is_no_cursor_is_refused_at_once(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    for path in (tmp_path, run.path):
        with pytest.raises(UsageError, match="is not a cursor"):
            next(follow(path, after="yesterday"))


@settings(max_examples=25)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.booleans())
def test_a_reader_that_stops_anywhere_and_comes_back_misses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[int], on_the_page: bool
) -> None:
    """The law of following. What he folds is what the writer has."""
    folder = tmp_path_factory.mktemp("stream")
    run, journal = make_run(folder)
    first = publish(run)
    events = [next(read_events(run.journal)), *two_steps(journal), journal.append(END)]
    journal.close()
    cursor, got, folded = None, [], Snapshot()
    for piece in [*pieces, 99]:
        source = follow(folder if on_the_page else run.path, after=cursor, until_end=True)
        for _, item in zip(range(piece), source, strict=False):
            cursor = cursor_of(item, before=cursor)
            got.append(item)
            folded = item if isinstance(item, Snapshot) else fold(folded, [item])
    assert got == [first, *events[1:]] if on_the_page else got == events
    assert folded == fold(Snapshot(), read_events(run.journal))


def test_a_cursor_names_the_run_on_a_page_and_not_in_a_run() -> None:
    event = Event(7, "", 0.0, 2, None, None, END)
    snapshot = Snapshot(run_id=RUN_ID, epoch=1, seq=3)
    assert cursor_of(snapshot) == f"{RUN_ID}:1.3"
    assert cursor_of(event, before=f"{RUN_ID}:1.3") == f"{RUN_ID}:2.7"
    assert (cursor_of(event), cursor_of(event, before="1.6")) == ("2.7", "2.7")


def test_a_page_shows_its_run_and_then_moves_on_to_the_next(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    publish(run)
    reader = Reader(tmp_path)
    reader.seen(lambda items: shapes(items) == ["S running"])
    journal.append(begun(), step=1, attempt=1)
    publish(run)
    reader.seen(lambda items: len(items) == 2)
    journal.append(END)
    journal.close()
    other, next_journal = make_run(tmp_path, OTHER_ID)
    publish(other)
    reader.seen(lambda items: len(items) == 4)
    next_journal.append(begun(), step=1, attempt=1)
    next_journal.close()
    reader.seen(lambda items: len(items) == 5)
    items = reader.close()
    assert shapes(items) == ["S running", "step_started", "plan_completed", "S running", "step_started"]
    assert [item.run_id for item in items if isinstance(item, Snapshot)] == [RUN_ID, OTHER_ID]


def test_a_page_of_another_run_than_the_cursors_is_shown_from_its_snapshot(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(END)
    journal.close()
    shown = publish(run)
    assert Reader(tmp_path, after=f"{OTHER_ID}:1.1", until_end=True).end() == [shown]


def test_the_page_may_lag_behind_the_journal(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    first = publish(run)
    events = [*two_steps(journal), journal.append(END)]
    journal.close()
    assert Reader(Stream(tmp_path).page, until_end=True).end() == [first, *events]


def test_a_page_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    reader = Reader(folder, until_end=True)
    reader.seen(lambda items: shapes(items) == ["S waiting"])
    run, journal = make_run(folder)
    publish(run)
    reader.seen(lambda items: len(items) == 2)
    journal.append(END)
    journal.close()
    assert shapes(reader.end()) == ["S waiting", "S running", "plan_completed"]


def test_a_run_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "runs" / RUN_ID, until_end=True, after="0.0")
    _run, journal = make_run(tmp_path)
    journal.append(END)
    journal.close()
    assert shapes(reader.end()) == ["plan_started", "plan_completed"]


def test_a_foreign_page_is_shown_each_time_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot written by somebody else's hooks is a live source, torn writes and all."""
    monkeypatch.setattr(following, "_PATIENCE_S", 60.0)  # half a page is given a second: this test may be held up
    page = tmp_path / "plan_stream.json"
    steps = [{"step_number": 1, "task": "Ask", "tool_id": "llm", "status": "running"}]
    theirs = {"status": "running", "plan_name": "Theirs", "total_steps": 1, "steps": steps}
    page.write_text(json.dumps(theirs))
    reader = Reader(tmp_path, after=":0.0", until_end=True)
    reader.seen(lambda items: len(items) == 1)
    page.write_text(json.dumps(theirs)[:30])
    page.write_text(json.dumps(theirs))
    page.write_text(json.dumps({**theirs, "status": "completed"}))
    items = reader.end()
    assert (shapes(items[:1]), shapes(items[-1:])) == (["S running"], ["S completed"])
    assert cursor_of(items[-1]) == ":0.0"


def test_a_foreign_page_that_is_over_ends_the_following(tmp_path: Path) -> None:
    (tmp_path / "plan_stream.json").write_text('{"status": "completed", "run_id": "theirs"}')
    assert shapes(Reader(tmp_path, until_end=True).end()) == ["S completed"]


def test_a_cleared_page_is_told_and_the_next_run_shown(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(END)
    journal.close()
    publish(run)
    reader = Reader(tmp_path)
    reader.seen(lambda items: len(items) == 1)
    Stream(tmp_path).page.unlink()
    reader.seen(lambda items: len(items) == 2)
    other, journal = make_run(tmp_path, OTHER_ID)
    publish(other)
    journal.close()
    reader.seen(lambda items: len(items) == 3)
    assert shapes(reader.close()) == ["S completed", "S waiting", "S running"]


def test_a_page_deleted_during_the_run_is_not_missed(tmp_path: Path) -> None:
    """W0-05: the next rewrite brings it back; meanwhile the journal tells."""
    run, journal = make_run(tmp_path)
    publish(run)
    reader = Reader(tmp_path, until_end=True)
    reader.seen(lambda items: len(items) == 1)
    Stream(tmp_path).page.unlink()
    journal.append(begun(), step=1, attempt=1)
    reader.seen(lambda items: len(items) == 2)
    publish(run)
    journal.append(END)
    journal.close()
    assert shapes(reader.end()) == ["S running", "step_started", "plan_completed"]


def test_a_page_replaced_by_a_folder_during_the_run_does_not_end_the_following(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    publish(run)
    reader = Reader(tmp_path, until_end=True)
    reader.seen(lambda items: len(items) == 1)
    Stream(tmp_path).page.unlink()
    Stream(tmp_path).page.mkdir()
    journal.append(begun(), step=1, attempt=1)
    reader.seen(lambda items: len(items) == 2)
    journal.append(END)
    journal.close()
    assert shapes(reader.end()) == ["S running", "step_started", "plan_completed"]


@pytest.mark.parametrize("content", [b"{", None])
def test_a_page_that_stays_unreadable_is_an_error_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    """W0-18: told, not swallowed. A page that others are writing is given a second."""
    page = tmp_path / "plan_stream.json"
    page.mkdir() if content is None else page.write_bytes(content)
    with pytest.raises(StreamError, match="a folder stands" if content is None else "it is not whole JSON"):
        Reader(tmp_path).end()


def test_a_damaged_line_is_an_error_with_its_place(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    with run.journal.open("ab") as file:
        file.write(b"rubbish\n")
    reader = Reader(run.path)
    with pytest.raises(StreamCorruptError, match=r"journal\.jsonl:2: line 2 is damaged"):
        reader.end()
    assert shapes(reader.items) == ["plan_started"]


def test_a_folder_removed_and_made_again_is_followed_again(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path / "here")
    journal.append(begun(), step=1, attempt=1)
    journal.close()
    reader = Reader(run.path, until_end=True)
    reader.seen(lambda items: len(items) == 2)
    (tmp_path / "here").rename(tmp_path / "aside")
    shutil.copytree(tmp_path / "aside", tmp_path / "copy")
    (tmp_path / "copy").rename(tmp_path / "here")  # whole at once: half a journal is another one
    again = Journal.open(run.journal, durable=False)
    again.append(PlanResumed())
    reader.seen(lambda items: len(items) == 3)
    again.append(END)
    again.close()
    assert shapes(reader.end()) == ["plan_started", "step_started", "plan_resumed", "plan_completed"]


def test_a_journal_from_before_the_cursor_gets_the_snapshot_again(tmp_path: Path) -> None:
    """A backup put back while somebody follows."""
    run, journal = make_run(tmp_path)
    backup = run.journal.read_bytes()
    journal.append(begun(), step=1, attempt=1)
    journal.close()
    reader = Reader(run.path)
    reader.seen(lambda items: len(items) == 2)
    replace_file(run.journal, backup, durable=False)
    reader.seen(lambda items: len(items) == 3)
    assert shapes(reader.close()) == ["plan_started", "step_started", "S running"]


def _dies(run: RunFolder) -> None:
    write_owner(run.owner, this_process(run.id, 1).model_copy(update={"start_token": "1"}))


def test_a_run_whose_writer_dies_is_told_as_lost_once_and_may_be_resumed(tmp_path: Path) -> None:
    """W0-04: seen within two seconds, by who follows the run and by who follows the page."""
    run, journal = make_run(tmp_path)
    publish(run)
    journal.append(begun(), step=1, attempt=1)
    journal.close()
    readers = [Reader(run.path), Reader(tmp_path)]
    for reader in readers:
        reader.seen(lambda items: len(items) == 2)
    _dies(run)
    assert following.LOOK_S + following._LIVENESS_S <= 2.0  # not measured: this machine may stand still
    for reader in readers:
        reader.seen(lambda items: len(items) == 3)
        lost = reader.items[-1]
        assert isinstance(lost, Snapshot)
        assert (lost.status, lost.outcome, lost.cursor) == ("error", "lost", "1.2")
    write_owner(run.owner, this_process(run.id, 2))
    again = Journal.open(run.journal, durable=False)
    again.append(PlanResumed())
    again.close()
    for reader in readers:
        reader.seen(lambda items: len(items) == 4)
        assert shapes(reader.close())[1:] == ["step_started", "S error", "plan_resumed"]


def test_a_lost_run_ends_the_following_of_who_waits_for_its_end(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    publish(run)
    _dies(run)
    assert shapes(Reader(run.path, until_end=True).end()) == ["plan_started", "S error"]
    assert shapes(Reader(tmp_path, until_end=True).end()) == ["S error"]


def test_a_lost_page_that_is_cleared_is_empty(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    publish(run)
    _dies(run)
    reader = Reader(tmp_path)
    reader.seen(lambda items: len(items) == 1)
    Stream(tmp_path).page.unlink()
    reader.seen(lambda items: len(items) == 2)
    assert shapes(reader.close()) == ["S error", "S waiting"]


def test_a_queued_run_is_waited_for_and_not_lost(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, first=queued())
    journal.close()
    reader = Reader(run.path, until_end=True)
    reader.seen(lambda items: len(items) == 1)
    again = Journal.open(run.journal, durable=False)
    again.append(END)
    again.close()
    assert shapes(reader.end()) == ["plan_queued", "plan_completed"]


def test_a_symlinked_page_is_followed_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    page, real = tmp_path / "plan_stream.json", tmp_path / "far" / "real.json"
    page.symlink_to(real)
    reader = Reader(tmp_path, until_end=True)
    reader.seen(lambda items: shapes(items) == ["S waiting"])
    replace_file(page, b'{"status": "completed"}', durable=False)
    assert shapes(reader.end()) == ["S waiting", "S completed"]


def test_a_long_journal_is_followed_in_full(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    for number in range(3_000):
        journal.append(StepCompleted(output=number), step=1, attempt=number + 1)
    journal.append(END)
    journal.close()
    items = Reader(run.path, until_end=True).end()
    assert [item.seq for item in items] == list(range(1, 3_003))


def test_a_reader_for_people_is_deaf_to_the_bell_in_a_storm_and_misses_nothing(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    reader = Reader(run.path, until_end=True, look_s=3_600.0, rest_s=0.1)
    enough = threading.Event()

    def storm() -> None:
        while not enough.wait(0.0005):
            journal.append(Chunk(text="x"), step=1, attempt=1)

    writer = threading.Thread(target=storm)
    until(lambda: watched() == 1)
    writer.start()
    try:
        until(lambda: watched() == 0)
    finally:
        enough.set()
        writer.join()
    until(lambda: watched() == 1)
    journal.append(END)
    journal.close()
    assert reader.end() == list(read_events(run.journal)), "the bell rang: it would not have looked for an hour"


def test_who_stops_in_the_middle_is_let_go(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(Chunk(text="x"), step=1, attempt=1)
    journal.close()
    stop = threading.Event()
    seen = []
    for item in follow(run.path, stop=stop):
        seen.append(item)
        stop.set()
    assert shapes(seen) == ["plan_started"]
    assert list(follow(run.path, stop=stop)) == []


def test_following_writes_nothing(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.append(END)
    journal.close()
    publish(run)
    before = sorted(os.walk(tmp_path))
    Reader(tmp_path, until_end=True).end()
    read_snapshot(tmp_path)
    assert sorted(os.walk(tmp_path)) == before
