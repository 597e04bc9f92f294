"""Foreign text made harmless, and durations as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from character_flow.cli.words import command, count, harmless, lines, one_line, ticking
from character_flow.durations import took


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünï 你好 🙂", "plain ünï 你好 🙂"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b\x07c\x7f\x9b", r"a\x00b\x07c\x7f\x9b"),
        ("over\rwritten", r"over\x0dwritten"),
        ("two\r\nlines\tand a tab", "two\nlines    and a tab"),
        ("turned \u202egnp.exe", r"turned \u202egnp.exe"),
        ("half a sign \ud83d", r"half a sign \ud83d"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_text_is_shown_and_never_obeyed(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text())
def test_no_text_can_hold_a_control_that_reaches_the_terminal(text: str) -> None:
    shown = harmless(text)
    assert all(char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in shown)
    assert "\n" not in one_line(text)
    assert len(one_line(text, limit=10)) <= 10


def test_a_text_of_megabytes_is_cut_to_the_line() -> None:
    assert one_line("word \n" * 1_000_000, limit=12) == "word word w…"


def test_many_lines_end_with_how_many_more_there_are() -> None:
    assert lines("a\nb\nc\n", most=3) == ["a", "b", "c"]
    assert lines("a\nb\nc\nd", most=3) == ["a", "b", "… 2 more lines"]


def test_durations_are_told_in_the_unit_that_fits() -> None:
    assert [took(seconds) for seconds in (None, 0.04, 12.34, 59.94, 59.96, 125, 3599.6, 3720)] == [
        "", "0.0 s", "12.3 s", "59.9 s", "1 min 00 s", "2 min 05 s", "1 h 00 min", "1 h 02 min",
    ]  # fmt: skip
    assert [ticking(seconds) for seconds in (-3, 7.9, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]


def test_a_command_can_be_pasted_into_a_shell() -> None:
    assert command(["python", "my main.py", "resume"], {"--dir": "it's"}) == (
        "python 'my main.py' resume --dir 'it'\"'\"'s'"
    )
    assert (count(1, "step"), count(2, "step")) == ("1 step", "2 steps")
