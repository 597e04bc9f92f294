"""The live list fits every terminal, whatever the plan's size, and shows what runs."""

import re
from collections.abc import Iterable

import pytest
from rich.cells import cell_len
from rich.console import ConsoleDimensions

from character_flow import events
from character_flow.board import Board
from character_flow.cli.frame import Look, frame
from character_flow.events import Event, Fact, PlanStarted, StepHead

WHEN = "2026-11-21T12:00:00+00:00"


def _board(total: int, happened: Iterable[tuple[int, Fact]], *, task: str = "Do the work") -> Board:
    board = Board()
    steps = tuple(StepHead(name=f"s{n}", task=f"{task} {n}", tool="function") for n in range(1, total + 1))
    board.apply(Event(1, WHEN, 0.0, 1, None, None, PlanStarted(run_id="r", plan_name="A plan", steps=steps)))
    for seq, (step, fact) in enumerate(happened, 2):
        board.apply(Event(seq, WHEN, 0.0, 1, step, 1, fact))
    return board


def _started(step: int) -> tuple[int, Fact]:
    return step, events.StepStarted(name=f"s{step}", tool="function", with_key="k")


def _done(step: int) -> list[tuple[int, Fact]]:
    return [_started(step), (step, events.StepCompleted(duration_s=1.5))]


def _drawn(board: Board, running: list[int], *, columns: int = 80, rows: int = 24, is_ascii: bool = False) -> list[str]:
    look = Look(ConsoleDimensions(columns, rows), is_ascii, began_at=WHEN)
    return frame(board, running, look).plain.split("\n")


def _happened(*parts: list[tuple[int, Fact]]) -> list[tuple[int, Fact]]:
    return [one for part in parts for one in part]


def test_a_small_plan_is_shown_whole_with_its_icons() -> None:
    happened = _happened(
        _done(1),
        [(2, events.StepSkipped(reason="no"))],
        [_started(3), (3, events.Progress(percent=45, message="Half way")), (3, events.Chunk(text="Once\nupon"))],
        [_started(4), (4, events.StepError(reason="tool", message="too big", final=True, continued=True))],
    )
    drawn = _drawn(_board(5, happened), [3], columns=61)
    assert drawn[0] == "A plan"
    assert drawn[2:4] == ["", " ✅ 1 Do the work 1                                    1.5 s"]
    assert drawn[4] == " ·  2 Do the work 2                               not needed"
    assert drawn[5].startswith(" ⠋  3 Do the work 3")
    assert "function  45%  " in drawn[5]
    assert drawn[6:8] == ["      Half way", "      Once upon"]
    assert drawn[8].startswith(" ❌ 4 Do the work 4")
    assert drawn[9:] == ["      too big", " ⏳ 5 Do the work 5                                 function"]


@pytest.mark.parametrize("total", [1, 19, 20, 200, 5000])
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10), (20, 5), (200, 60)])
def test_no_frame_is_larger_than_its_terminal(total: int, columns: int, rows: int) -> None:
    at = max(1, total // 2)
    happened = _happened(
        *(_done(n) for n in range(1, at)),
        [_started(at), (at, events.Progress(message="语言 " * 80)), (at, events.Chunk(text="字" * 500))],
    )
    drawn = _drawn(_board(total, happened, task="A sentence for people 你好"), [at], columns=columns, rows=rows)
    assert len(drawn) < max(rows, 4)
    assert max(map(cell_len, drawn)) < columns
    assert any(line.startswith(" ⠋") for line in drawn)


def test_of_two_hundred_steps_those_at_work_are_shown_and_the_rest_is_counted() -> None:
    happened = _happened(*(_done(n) for n in range(1, 100)), [_started(100)], [_started(150)])
    drawn = _drawn(_board(200, happened), [100, 150])
    numbers = [int(line.split()[1]) for line in drawn if line.startswith((" ✅", " ⠋", " ⏳"))]
    assert {100, 150} <= set(numbers)
    gaps = [line for line in drawn if line.startswith(" ⋮")]
    counted = sum(int(number) for line in gaps for number in re.findall(r"\d+", line))
    assert counted + len(numbers) == 200
    assert gaps[0].endswith("completed")
    assert gaps[-1].endswith("pending")


def test_markup_in_a_plan_is_text() -> None:
    drawn = _drawn(_board(1, [], task="[red]x[/red] \x1b[2J"), [])
    assert drawn[3].startswith(r" ⏳ 1 [red]x[/red] \x1b[2J 1")


def test_a_terminal_with_ascii_only_gets_ascii_only() -> None:
    happened = _happened(_done(1), [_started(2), (2, events.Chunk(text="word " * 100))])
    drawn = _drawn(_board(3, happened), [2], is_ascii=True)
    assert all(line.replace("…", "").isascii() for line in drawn)
    assert [line[1] for line in drawn[3:5]] == ["+", "|"]


def test_the_next_attempt_is_announced_on_a_pending_row() -> None:
    error = events.StepError(reason="tool", message="busy", final=False)
    (row,) = [line for line in _drawn(_board(1, [_started(1), (1, error)]), []) if line.startswith(" ⏳")]
    assert row.endswith("function  attempt 2")


def test_a_step_that_goes_on_with_an_earlier_call_says_so_until_its_end() -> None:
    happened = [_started(1), (1, events.PredictionReattached(call=1, id="p1"))]
    end = [*happened, (1, events.Progress(percent=5, message="working")), (1, events.StepCompleted(duration_s=1.5))]
    for until in (2, 3, 4):
        drawn = _drawn(_board(1, end[:until]), [1] if until < 4 else [])
        assert any("re-attached" in line for line in drawn), until
