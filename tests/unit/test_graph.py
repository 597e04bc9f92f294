"""A plan as a picture: who waits for whom, and no text of a plan can break it."""

import re

import pytest

from character_flow.graph import mermaid
from character_flow.plan import load_plan, parse_plan
from character_flow.shipped import find_plan

AD = """\
flowchart TD
    s1["1 Get character URL<br/>function"]
    s2{{"2 Generate avatar<br/>image.generate<br/>when inputs.character#95;choice == 'custom'"}}
    s3["3 Validate product image<br/>function"]
    s4["4 Describe the product<br/>text.generate"]
    s5{{"5 Write the dialog<br/>text.generate<br/>when inputs.dialog#95;choice == 'auto'"}}
    s6["6 Check the copy<br/>function"]
    s7["7 Generate the UGC video<br/>video.generate"]
    s8["8 Pack the final output<br/>function"]
    s1 --> s2
    s3 --> s4
    s3 --> s5
    s4 --> s5
    s4 --> s6
    s5 --> s6
    s1 --> s7
    s2 --> s7
    s3 --> s7
    s6 --> s7
    s1 --> s8
    s2 --> s8
    s3 --> s8
    s6 --> s8
    s7 --> s8
    s6 -. "again, at most 2 times" .-> s4
"""


def test_the_ad_is_drawn_whole() -> None:
    assert mermaid(load_plan(find_plan("ugc_ad"))) == AD


def drawn(*steps: str) -> list[str]:
    text = "steps:\n" + "".join(f"  - {{{step}, tool: text.generate}}\n" for step in steps)
    return mermaid(parse_plan(text, path="p.yaml", plan_id="p")).splitlines()


def test_a_step_waits_for_the_one_above_for_what_it_names_and_for_what_it_refers_to() -> None:
    found = drawn(
        "name: a",
        "name: b, needs: []",
        "name: c, needs: [a], with: {prompt: '{{ steps.b.output }}'}",
        "name: d",
    )
    assert [line.strip() for line in found if "-->" in line] == ["s1 --> s3", "s2 --> s3", "s3 --> s4"]


def test_going_back_once_is_said_in_a_word() -> None:
    found = drawn("name: a, with: {prompt: '{{ feedback }}'}", "name: b, retry_from: {step: a}")
    assert found[-1] == '    s2 -. "again, once" .-> s1'


@pytest.mark.parametrize(
    "task",
    [
        "end", "1. A list", "- item", '"] --> s1; click s1 "javascript:alert(1)"', "<img src=x onerror=alert(1)>",
        "`**bold**`", "#35; &lt;", "%% comment", "a | b [[ ]] {{ ( ) }", "subgraph x", "back\\slash", "_a_ *b* ~~c~~",
    ],
)  # fmt: skip
def test_a_task_is_only_text(task: str) -> None:
    shown = task.replace("{{", "{")
    line = drawn(f"name: a, task: {_yaml(shown)}")[1]
    label = re.fullmatch(r'    s1\["1 (.*)<br/>text\.generate"\]', line)
    assert label is not None
    assert re.search(r"[\"\[\]{}<>|`*&\\;%]", re.sub(r"#\d+;", "", label[1])) is None
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label[1]) == shown


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_a_very_long_task_is_cut() -> None:
    line = drawn(f"name: a, task: {'x' * 199}, when: \"{{{{ '{'y' * 900}' == 'z' }}}}\"")[1]
    assert ("x" * 199 in line, len(line) < 600, "#8230;" in line) == (True, True, True)
