"""Two runs side by side: what differs is said in words, and everything is text."""

import re

from character_flow.comparison import compare_runs
from character_flow.stream.stream import Stream
from character_flow.text_diff import DiffLine
from character_flow.viewer.panels import differences
from tests.unit.small_runs import run_text
from tests.viewer.made import TITLE, make_run
from tests.viewer.shown import viewer

LINES = "\n".join(f"line {number}" for number in range(40))


def test_it_takes_two_runs(stream: Stream) -> None:
    assert viewer().open("compare").text == f"It takes two runs to compare; in {stream.runs} there are none."
    run = make_run(stream)
    assert viewer().open("compare").text == f"It takes two runs to compare; in {stream.runs} there is one."
    make_run(stream)
    assert viewer().open("compare", a=run.id, b=run.id).text == (
        "This is one run twice. Choose another one on either side."
    )


def test_the_last_two_runs_are_compared_unless_the_address_says_otherwise(stream: Stream) -> None:
    make_run(stream)
    newer = sorted(make_run(stream, greeting=word).id for word in ("a", "b"))
    visit = viewer().open("compare")
    assert sorted(str(visit.app.selectbox(key=f"pick_{side}").value) for side in "ab") == newer
    assert sorted(visit.app.query_params.values()) == newer


def test_inputs_totals_and_steps_say_what_differs(stream: Stream) -> None:
    a, b = make_run(stream), make_run(stream, greeting="Good evening", number="x")
    text = viewer().open("compare", a=a.id, b=b.id).text
    assert f"{TITLE} Completed {a.id}" in text
    assert f"{TITLE} Failed {b.id}" in text
    assert "Inputs 2 of 2 differ" in text
    assert "greeting Hello Good evening ≠ differs" in text
    assert "Steps 2 of 2 differ" in text
    assert "only in the first: Hello" in text
    assert "only in the second: Good evening" in text
    assert "JSONDecodeError" in text


def test_equal_runs_are_all_alike(stream: Stream) -> None:
    a, b = make_run(stream), make_run(stream)
    text = viewer().open("compare", a=a.id, b=b.id).text
    assert "Inputs all alike" in text
    assert "Steps all alike" in text
    assert "≠" not in text


def test_a_step_of_one_run_only_is_said_to_be_so(stream: Stream) -> None:
    run = make_run(stream)
    other = run_text(stream.folder, 'steps: [{name: s1, tool: function, with: {call: "builtins:str"}}]').run
    text = viewer().open("compare", a=run.id, b=other.id).text
    assert "say · only in the first" in text
    assert "S1 s1 · only in the second" in text
    assert "not in this run" in text


def test_long_texts_show_what_is_near_a_difference(stream: Stream) -> None:
    a, b = make_run(stream, greeting=LINES), make_run(stream, greeting=LINES.replace("line 20", "line twenty"))
    text = viewer().open("compare", a=a.id, b=b.id).text
    shown = text.partition("Steps ")[2]
    assert "… 18 equal lines line 18 line 19" in shown
    assert "line 21 line 22 … 17 equal lines" in shown


def test_a_huge_difference_is_cut_and_the_rest_counted(stream: Stream) -> None:
    a, b = (make_run(stream, greeting="\n".join(f"{word}{n}" for n in range(900))) for word in ("old", "new"))
    steps = {step.name: step for step in compare_runs(a, b).steps}
    shown = differences.differing_lines(steps["say"].text_diff)
    assert shown.count('<div class="cf-line') == differences.MOST_LINES
    assert f"{1800 - differences.MOST_LINES} more lines differ." in shown


def test_the_changed_words_of_a_line_are_marked() -> None:
    line = DiffLine("only_b", "the <b>new</b> one", parts=(("the ", False), ("<b>new</b>", True), (" one", False)))
    drawn = differences.differing_lines((line,))
    assert "<mark>" in drawn
    assert "&lt;b&gt;new&lt;/b&gt;" in drawn
    assert "<b>" not in drawn


def test_of_a_very_long_line_what_is_around_its_change_is_shown() -> None:
    line = DiffLine("only_a", "", parts=(("a" * 5_000_000 + "before", False), ("changed", True), ("z" * 9_000, False)))
    drawn = differences.differing_lines((line,))
    assert 'before</bdi><mark><bdi class="cf-text">changed</bdi></mark>' in drawn
    assert len(drawn) < 2_500
    assert len(differences.differing_lines((DiffLine("only_b", "b" * 5_000_000, parts=()),))) < 2_500


def test_media_stand_side_by_side_and_come_from_the_server(stream: Stream) -> None:
    drawn = "".join(
        differences.media_element(f"/plan/runs/r/files/a%22b.{kind}", path=f'a"b.{kind}', kind=kind)
        for kind in ("image", "video", "audio", "model")
    )
    assert drawn.count("&quot;b.") == 4, "names cannot end an attribute"
    assert re.findall(r"<(\w+) ", drawn) == ["img", "video", "audio", "a", "bdi"]
