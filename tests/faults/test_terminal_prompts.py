"""What is asked at a terminal: inputs before a run, and questions in the middle of one."""

import json
from pathlib import Path

from tests.faults.terminals import PATIENCE_S, Terminal, has_event, only_run, plan, run, start, step, wait_for

INPUTS = """
  kind: {type: choice, choices: [custom, ready], default: ready, description: Which one?}
  picture: {type: image, required_when: "{{ inputs.kind == 'custom' }}", description: Your picture}
  number: {type: integer, min: 1, max: 9, description: How many?}
  note: {type: text, default: "", description: Anything else?}
"""


def _given(folder: Path) -> dict[str, object]:
    inputs: dict[str, object] = json.loads((only_run(folder) / "inputs.json").read_text("utf-8"))["inputs"]
    return inputs


def _plan(folder: Path) -> None:
    path = plan(folder, step("only", "echo"))
    path.write_text(f"inputs:{INPUTS}{path.read_text('utf-8')}", encoding="utf-8")


def test_prompts_ask_again_until_the_answer_will_do(tmp_path: Path) -> None:
    """S0-61: by number or value, defaults on Enter, and what is not needed is not asked."""
    _plan(tmp_path)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        shown = terminal.until("[ready] > ")
        assert "Which one?\n  1  custom\n  2  ready\n" in shown
        terminal.type("3\n")
        terminal.until("must be one of custom, ready, not text '3'")
        terminal.until("> ")
        terminal.type("2\n")
        terminal.until("How many?")
        terminal.until("> ")
        terminal.type("\n")
        terminal.until("an answer is needed")
        terminal.until("> ")
        terminal.type("12\n")
        terminal.until("must be at most 9, not 12")
        terminal.until("> ")
        terminal.type("3\n")
        terminal.until("Anything else?")
        terminal.until("> ")
        terminal.type("\n")
        assert terminal.end() == 0
        assert "Your picture" not in terminal.text
    assert _given(tmp_path) == {"kind": "ready", "picture": None, "number": 3, "note": ""}


def test_a_picture_is_looked_at_at_once(tmp_path: Path) -> None:
    _plan(tmp_path)
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    with Terminal("run", "small.yaml", "--dir", ".", "-i", "number=1", "-i", "note=", cwd=tmp_path) as terminal:
        terminal.until("[ready] > ")
        terminal.type("1\n")
        terminal.until("Your picture")
        terminal.until("> ")
        terminal.type("nowhere.png\n")
        terminal.until("nowhere.png does not exist")
        terminal.until("> ")
        terminal.type("text.png\n")
        terminal.until("text.png")
        terminal.until("> ")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert not (tmp_path / "runs").exists()


def test_main_py_alone_asks_for_the_inputs_of_the_main_plan(tmp_path: Path) -> None:
    """S0-02. The answers of the earlier product, "1" and "2", still do."""
    with Terminal("--dir", ".", cwd=tmp_path) as terminal:
        shown = terminal.until("[prebuilt] > ")
        assert "UGC Generator - Character and Product Setup with Replicate" in shown
        assert "  1  custom\n  2  prebuilt\n" in shown
        terminal.type("2\n")
        terminal.until("Character 1 to 9")
        terminal.until("[1] > ")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert list(tmp_path.iterdir()) == []
    planned = run("--dry-run", "-i", "preset_character=4", "--dir", ".", cwd=tmp_path)
    assert (planned.returncode, "  preset_character = 4\n" in planned.stdout) == (0, True)
    assert "  8. Pack the final output (function) after " in planned.stdout


def test_the_main_plan_asks_eight_things_and_leaves_the_rest_to_options(tmp_path: Path) -> None:
    """Tone and language belong to the words; format, quality, music and seed are for who asks for them."""
    with Terminal("--dir", ".", "-i", "quality=1080p", cwd=tmp_path) as terminal:
        for _ in range(7):
            terminal.until("] > ")
            terminal.type("\n")
        terminal.until("End with a soft call to action?")
        terminal.until("[no] > ")
        terminal.type("\x03")
        assert terminal.end() == 130
        shown = terminal.text
    assert "In which tone?\n  1  friendly\n  2  expert\n  3  playful\n  4  calm\n" in shown
    assert "In which language? (en English, de German, es Spanish, fr French, it Italian, pt Portuguese)" in shown
    assert not any(words in shown for words in ("In which format", "How large", "Which music", "Seed", "described"))
    with Terminal("--dir", ".", "-i", "dialog_choice=custom", "-i", "brand=", cwd=tmp_path) as terminal:
        for _ in range(3):
            terminal.until("] > ")
            terminal.type("\n")
        assert "In which tone" not in terminal.until("In which language?")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_with_yes_nothing_is_asked(tmp_path: Path) -> None:
    _plan(tmp_path)
    with Terminal("run", "small.yaml", "--dir", ".", "--yes", "-i", "number=1", cwd=tmp_path) as terminal:
        assert terminal.end() == 0
    assert _given(tmp_path) == {"kind": "ready", "picture": None, "number": 1, "note": ""}


def test_without_a_terminal_all_that_is_missing_is_told_together(tmp_path: Path) -> None:
    _plan(tmp_path)
    done = run("run", "small.yaml", "--dir", ".", "-i", "kind=custom", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "input 'picture': is needed, for {{ inputs.kind == 'custom' }} is true",
        "input 'number': is needed",
    ]
    assert not (tmp_path / "runs").exists()


def test_inputs_come_from_a_file_and_options_go_over_it(tmp_path: Path) -> None:
    _plan(tmp_path)
    (tmp_path / "given.yaml").write_text("number: 4\nnote: from the file\n", encoding="utf-8")
    done = run("run", "small.yaml", "--inputs", "given.yaml", "-i", "note=mine", "--dir", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert _given(tmp_path) == {"kind": "ready", "picture": None, "number": 4, "note": "mine"}


def test_a_secret_is_neither_shown_nor_written(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo", text='"{{ inputs.key[:1] }}"'), inputs="{key: {type: secret, env: MY_KEY}}")
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("(MY_KEY, not shown) > ")
        terminal.type("tiptop secret\n")
        assert terminal.end() == 0
        assert "tiptop" not in terminal.text
    written = [path for path in tmp_path.rglob("*") if path.is_file() and b"tiptop" in path.read_bytes()]
    assert written == []


ASK = "name: pick, tool: ask, with: {question: 'Which?', kind: choice, choices: [red, green], default: green}"


def _answer(folder: Path) -> str | None:
    for line in (only_run(folder) / "journal.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["type"] == "input_received":
            return f"{event['data']['value']} by {event['data']['by']}"
    return None


def test_a_question_in_a_run_is_answered_at_the_terminal(tmp_path: Path) -> None:
    plan(tmp_path, step("first", "echo"), ASK, step("last", "echo"))
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        shown = terminal.until("[green] > ")
        assert "step 2, Pick, asks\n? Which?\n  1  red\n  2  green\n" in shown
        terminal.type("5\n")
        terminal.until("'5' is none of the choices: red, green")
        terminal.until("> ")
        terminal.type("1\n")
        assert terminal.end() == 0
    assert _answer(tmp_path) == "red by terminal"


def test_pictures_and_texts_to_pick_from_are_numbered_and_a_picture_has_its_path(tmp_path: Path) -> None:
    draw = "name: draw, tool: function, with: {call: 'jobs:draw'}"
    options = '[{label: Hook, text: "First line.\\nSecond."}, {label: Drawn, file: "{{ steps.draw.output.path }}"}]'
    pick = f"name: pick, tool: ask, with: {{question: 'Which?', kind: pick, default: 1, options: {options}}}"
    plan(tmp_path, draw, pick)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        shown = terminal.until("[Hook] > ")
        place = only_run(tmp_path).relative_to(tmp_path) / "artifacts" / "draw-1" / "drawn.txt"
        assert f"? Which?\n  1  Hook\n     First line.\n     Second.\n  2  Drawn\n     {place}\n" in shown
        terminal.type("7\n")
        terminal.until("'7' is none of the options: Hook, Drawn")
        terminal.until("> ")
        terminal.type("2\n")
        assert terminal.end() == 0
    assert _answer(tmp_path) == "Drawn by terminal"


def test_a_program_reads_the_options_and_picks_one_from_elsewhere(tmp_path: Path) -> None:
    plan(
        tmp_path,
        "name: pick, tool: ask, with: {question: 'Which?', kind: pick, options: [a hook, {text: b, label: B}]}",
    )
    process = start("run", "small.yaml", "--json", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "input_requested"), "the question was asked")
    wrong = run("answer", "last", "3", "--dir", ".", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (2, "'3' is none of the options: a hook, B\n")
    assert run("answer", "last", "a  hook", "--dir", ".", cwd=tmp_path).returncode == 0
    out, err = process.communicate(timeout=PATIENCE_S)
    told = {event["type"]: event.get("data", {}) for event in map(json.loads, out.splitlines())}
    assert (process.returncode, err, _answer(tmp_path)) == (0, "", "a hook by answer")
    assert told["input_requested"] == {
        "request_id": "pick:1", "kind": "pick", "prompt": "Which?", "choices": ["a hook", "B"],
        "options": [{"text": "a hook"}, {"label": "B", "text": "b"}],
    }  # fmt: skip
    assert told["step_completed"]["output"] == {"index": 0, "text": "a hook", "file": None}


def test_enter_takes_the_default_of_a_question(tmp_path: Path) -> None:
    plan(tmp_path, ASK)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("[green] > ")
        terminal.type("\n")
        assert terminal.end() == 0
    assert _answer(tmp_path) == "green by terminal"


def test_with_yes_a_question_takes_its_default(tmp_path: Path) -> None:
    plan(tmp_path, ASK)
    done = run("run", "small.yaml", "--yes", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, _answer(tmp_path)) == (0, "green by default")


def test_a_question_answered_elsewhere_is_taken_off_the_terminal(tmp_path: Path) -> None:
    plan(tmp_path, ASK)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("[green] > ")
        terminal.type("half")
        other = run("answer", "last", "2", "--dir", ".", cwd=tmp_path)
        assert (other.returncode, other.stderr) == (0, "")
        terminal.until("answered by answer")
        assert terminal.end() == 0
    assert _answer(tmp_path) == "green by answer"


def test_a_question_left_open_by_end_of_input_can_be_answered_elsewhere(tmp_path: Path) -> None:
    plan(tmp_path, ASK)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("[green] > ")
        terminal.type("\x04")
        terminal.until("left open; answer it with: python")
        assert run("answer", "last", "red", "--dir", ".", cwd=tmp_path).returncode == 0
        assert terminal.end() == 0
    assert _answer(tmp_path) == "red by answer"


def test_without_a_terminal_a_question_says_how_to_answer_it(tmp_path: Path) -> None:
    plan(tmp_path, ASK)
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "input_requested"), "the question was asked")
    wrong = run("answer", "last", "blue", "--dir", ".", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (2, "'blue' is none of the choices: red, green\n")
    assert run("answer", "last", "1", "--dir", ".", cwd=tmp_path).returncode == 0
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err, _answer(tmp_path)) == (0, "", "red by answer")
    assert "asks: Which? (red, green) - answer with: python" in out
