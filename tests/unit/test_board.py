"""How things stand, kept by the writer: always what the fold says, always the bytes of the page."""

import json

from hypothesis import given
from hypothesis import strategies as st

from character_flow import events
from character_flow.board import Board, snapshot_bytes
from character_flow.events import FACTS, Event, Fact
from character_flow.snapshot import Snapshot, fold
from tests.unit.any_facts import built
from tests.unit.recorded import started

_STEPS = 4
_WITH_RESTART = (events.StepRetried, events.PlanResumed)
_HEADS = (events.PlanStarted, events.PlanQueued)


def _facts() -> st.SearchStrategy[Fact]:
    restart = st.lists(st.integers(1, _STEPS), max_size=3).map(tuple)
    plain = [built(cls) for cls in FACTS.values() if cls not in _WITH_RESTART + _HEADS]
    sent_back = [built(cls, restart=restart) for cls in _WITH_RESTART]
    return st.one_of(*plain, *sent_back, st.just(events.PlanStarted()))


@st.composite
def _histories(draw: st.DrawFn) -> list[Event]:
    """Any facts about any steps in any order: more than an engine would ever do."""
    placed = draw(st.lists(st.tuples(_facts(), st.none() | st.integers(1, _STEPS), st.integers(1, 3)), max_size=25))
    happened = [(started(steps=_STEPS), None, None), *placed]
    return [Event(seq, f"t{seq}", 0.0, 1, step, attempt, fact) for seq, (fact, step, attempt) in enumerate(happened, 1)]


@given(_histories(), st.integers(0, 25))
def test_the_board_is_what_the_fold_says_from_wherever_it_starts(history: list[Event], at: int) -> None:
    """The law: the writer's fast twin and the readers' fold never differ."""
    begin = fold(Snapshot(), history[:at])
    board = Board(begin)
    for event in history[at:]:
        board.apply(event)
    expected = fold(Snapshot(), history)
    assert board.snapshot() == expected == fold(begin, history[at:])
    assert (board.head, [board.row(n) for n in range(1, len(expected.steps) + 1)]) == (
        expected.model_copy(update={"steps": ()}), list(expected.steps),
    )  # fmt: skip


@given(_histories())
def test_the_bytes_are_the_snapshots_whenever_they_are_taken(history: list[Event]) -> None:
    board = Board()
    for event in history:
        board.apply(event)
        if event.seq % 3 == 0:
            board.to_bytes()
    written = board.to_bytes()
    assert written == snapshot_bytes(fold(Snapshot(), history))
    assert Snapshot.model_validate(json.loads(written)) == board.snapshot()


@given(_histories(), st.integers(0, 25))
def test_what_is_frozen_stays_while_the_run_goes_on(history: list[Event], at: int) -> None:
    """Encoding needs no lock, and what it learned is kept only where it is still true."""
    board = Board()
    for event in history[:at]:
        board.apply(event)
    frozen = board.freeze()
    for event in history[at:]:
        board.apply(event)
    assert frozen.to_bytes() == snapshot_bytes(fold(Snapshot(), history[:at]))
    board.keep_bytes(frozen)
    assert board.to_bytes() == snapshot_bytes(fold(Snapshot(), history))


def test_only_changed_rows_are_encoded_again() -> None:
    board = Board()
    board.apply(Event(1, "t1", 0.0, 1, None, None, started(steps=_STEPS)))
    board.to_bytes()
    board.apply(Event(2, "t2", 0.0, 1, 3, 1, events.Progress(percent=10)))
    frozen = board.freeze()
    frozen.to_bytes()
    assert list(frozen.new) == [2]


def test_an_empty_board_is_a_page_that_waits() -> None:
    assert json.loads(Board().to_bytes())["status"] == "waiting"
    assert snapshot_bytes(Snapshot()) == Board().to_bytes()


@given(_histories())
def test_what_an_event_changed_is_told_to_who_draws_the_rows(history: list[Event]) -> None:
    """All rows that differ are named, by numbers the plan has; all of them when the step list is new."""
    board = Board()
    for event in history:
        before = board.snapshot().steps
        changed = set(board.apply(event))
        after = board.snapshot().steps
        differing = {row.step_number for row, old in zip(after, before, strict=False) if row != old}
        assert differing <= changed <= set(range(1, len(after) + 1))
        if len(before) != len(after):
            assert changed == set(range(1, len(after) + 1))


@given(_histories())
def test_the_bytes_of_a_head_are_the_snapshot_without_its_rows(history: list[Event]) -> None:
    """What a page is sent is made of these."""
    board = Board()
    for event in history:
        board.apply(event)
    head = json.loads(board.head_bytes())
    assert "steps" not in head
    assert Snapshot.model_validate(head) == board.head


def test_an_event_that_is_noted_changes_what_is_read_next() -> None:
    board = Board()
    board.apply(Event(1, "t1", 0.0, 1, None, None, started(steps=_STEPS)))
    assert board.row(3).progress is None
    board.note(Event(2, "t2", 0.0, 1, 3, 1, events.Progress(percent=10)))
    assert board.row(3).progress == 10
    board.note(Event(3, "t3", 0.0, 1, None, None, events.PlanStarted()))
    assert json.loads(board.head_bytes())["seq"] == 3
