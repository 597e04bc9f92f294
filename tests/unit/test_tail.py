"""What is new in a journal, while somebody may be in the middle of writing it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from character_flow.errors import StreamCorruptError, UsageError
from character_flow.events import Chunk, PlanCompleted
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import read_events
from character_flow.stream.tail import Tail, split_cursor
from tests.unit.recorded import RUN_ID, make_run, two_steps


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of five events."""
    run, journal = make_run(tmp_path)
    two_steps(journal)
    journal.close()
    return run.journal


def _seqs(tail: Tail) -> list[int]:
    return [event.seq for event in tail.read()]


@pytest.mark.parametrize(
    ("cursor", "parts"),
    [("1.42", (None, 1, 42)), (f"{RUN_ID}:2.7", (RUN_ID, 2, 7)), (":0.0", ("", 0, 0))],
)
def test_a_cursor_has_a_run_an_epoch_and_a_seq(cursor: str, parts: tuple[str | None, int, int]) -> None:
    assert split_cursor(cursor) == parts


@pytest.mark.parametrize("text", ["", "1", "1.", "a.b", "1.2.3", f"{RUN_ID}:", "1.2\n"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a cursor; cursors look like 1\.42 or "):
        split_cursor(text)


def test_whole_lines_are_read_once_wherever_the_writer_stands(journal: Path) -> None:
    content = journal.read_bytes()
    tail = Tail(journal)
    seen: list[int] = []
    for length in range(0, len(content) + 1, 7):
        journal.write_bytes(content[:length])
        seen += _seqs(tail)
    journal.write_bytes(content)
    assert (seen + _seqs(tail), _seqs(tail)) == ([1, 2, 3, 4, 5], [])


def test_a_missing_journal_has_no_news(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "journal.jsonl")
    assert (_seqs(tail), tail.has_moved(), tail.go_after(1, 1), tail.is_at_end) == ([], False, False, False)


def test_one_stands_behind_an_event_that_is_there(journal: Path) -> None:
    tail = Tail(journal)
    assert (tail.go_after(1, 3), _seqs(tail)) == (True, [4, 5])
    assert (tail.go_after(0, 0), _seqs(tail)) == (True, [1, 2, 3, 4, 5])


@pytest.mark.parametrize(("epoch", "seq"), [(2, 3), (1, 6), (1, 600), (0, -1)])
def test_a_place_the_journal_does_not_hold_is_told(journal: Path, epoch: int, seq: int) -> None:
    tail = Tail(journal)
    assert (tail.go_after(epoch, seq), _seqs(tail)) == (False, [1, 2, 3, 4, 5])


def test_a_half_line_is_no_place_to_stand(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes()[:-1])
    assert Tail(journal).go_after(1, 5) is False


def test_all_is_folded_and_what_comes_next_is_read_after_it(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    two_steps(journal)
    tail = Tail(run.journal)
    assert tail.fold_all() == fold(Snapshot(), read_events(run.journal))
    journal.append(PlanCompleted(outcome="success"))
    journal.close()
    assert (tail.is_at_end, _seqs(tail), tail.is_at_end) == (False, [6], True)


def _clock(*seconds: float) -> Callable[[], float]:
    return iter(seconds).__next__


def test_a_line_that_cannot_be_read_is_given_a_second(journal: Path) -> None:
    content = journal.read_bytes()
    rows = content.splitlines(keepends=True)
    tail = Tail(journal, monotonic=_clock(0.0, 0.9, 5.0, 5.9, 6.0))
    journal.write_bytes(rows[0] + b"x" * 10 + b"\n")
    assert (_seqs(tail), _seqs(tail)) == ([1], [])
    journal.write_bytes(content)
    assert _seqs(tail) == [2, 3, 4, 5]
    journal.write_bytes(content + rows[4])
    assert (_seqs(tail), _seqs(tail)) == ([], [])
    with pytest.raises(StreamCorruptError, match=":6: line 6 is damaged: its seq is 5 where 6 belongs") as caught:
        _seqs(tail)
    assert caught.value.line == 6


def test_a_journal_put_in_its_place_is_seen(journal: Path) -> None:
    tail = Tail(journal)
    assert (_seqs(tail), tail.has_moved()) == ([1, 2, 3, 4, 5], False)
    copy = journal.with_name("copy")
    copy.write_bytes(journal.read_bytes())
    copy.replace(journal)
    assert (tail.has_moved(), tail.go_after(1, 5), tail.has_moved()) == (True, True, False)
    journal.unlink()
    assert tail.has_moved() is False


def test_a_journal_that_became_shorter_is_another_one(journal: Path) -> None:
    tail = Tail(journal)
    _seqs(tail)
    journal.write_bytes(journal.read_bytes()[:200])
    assert tail.has_moved() is True


def test_another_journal_under_the_same_file_number_is_seen(tmp_path: Path) -> None:
    """File systems give the number of a removed file to the next one."""
    run, journal = make_run(tmp_path)
    two_steps(journal)
    journal.close()
    tail = Tail(run.journal)
    _seqs(tail)
    _other, longer = make_run(tmp_path / "other")
    for _ in range(20):
        longer.append(Chunk(text="x" * 100), step=1, attempt=1)
    longer.close()
    run.journal.write_bytes(longer.path.read_bytes())
    assert (_seqs(tail), tail.has_moved()) == ([], True)


def test_a_damaged_line_is_no_other_journal(journal: Path) -> None:
    tail = Tail(journal)
    _seqs(tail)
    with journal.open("ab") as file:
        file.write(b"rubbish\n")
    assert (_seqs(tail), tail.has_moved()) == ([], False)
