"""Two texts side by side: no line is lost, and what changed within a line is marked."""

from hypothesis import given
from hypothesis import strategies as st

from character_flow.text_diff import DiffLine, diff_texts

TEXTS = st.text(alphabet="ab \n", max_size=60)


def shown(a: str, b: str) -> list[str]:
    marks = {"same": "=", "only_a": "-", "only_b": "+"}
    return [f"{marks[line.kind]}{line.text}" for line in diff_texts(a, b)]


def test_lines_that_differ_stand_between_those_that_do_not() -> None:
    assert shown("one\ntwo\nthree\nfour", "one\n2\nthree\nfour\nfive") == [
        "=one", "-two", "+2", "=three", "=four", "+five",
    ]  # fmt: skip


def test_nothing_against_a_text_is_that_text() -> None:
    assert (shown("", ""), shown("", "a\nb"), shown("a", "")) == ([], ["+a", "+b"], ["-a"])


def test_the_words_that_changed_are_marked() -> None:
    assert diff_texts("I like this bottle a lot.", "I love this bottle a lot!") == (
        DiffLine(
            "only_a",
            "I like this bottle a lot.",
            (("I ", False), ("like", True), (" this bottle a lot", False), (".", True)),
        ),
        DiffLine(
            "only_b",
            "I love this bottle a lot!",
            (("I ", False), ("love", True), (" this bottle a lot", False), ("!", True)),
        ),
    )


def test_lines_with_little_in_common_are_marked_whole() -> None:
    assert [line.parts for line in diff_texts("Completely different", "xyz, abc; nothing")] == [
        (("Completely different", True),),
        (("xyz, abc; nothing", True),),
    ]


@given(TEXTS, TEXTS)
def test_each_side_can_be_read_back_from_the_difference(a: str, b: str) -> None:
    found = diff_texts(a, b)
    assert [line.text for line in found if line.kind != "only_b"] == a.splitlines()
    assert [line.text for line in found if line.kind != "only_a"] == b.splitlines()
    assert all("".join(text for text, _ in line.parts) == line.text for line in found)
    assert all(line.kind != "same" or line.parts == ((line.text, False),) for line in found)


def test_very_long_texts_are_told_apart_as_a_whole_but_for_their_common_ends() -> None:
    """Matching ten thousand lines with each other would take minutes."""
    a = ["same", *(f"a {n}" for n in range(10_000)), "end"]
    b = ["same", *(f"b {n}" for n in range(10_000)), "end"]
    found = diff_texts("\n".join(a), "\n".join(b))
    assert [line.kind for line in found] == ["same", *["only_a"] * 10_000, *["only_b"] * 10_000, "same"]
