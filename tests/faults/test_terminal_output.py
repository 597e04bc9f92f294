"""What comes out: lines for programs, one result for scripts, no colours where none are wanted, and exit codes."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.faults.terminals import MAIN, PATIENCE_S, Terminal, environment, only_run, plan, run, step


def _untimed(text: str) -> str:
    """Told without how long it took: that is this machine's affair."""
    return re.sub(r"\b\d+\.\d s\b", "TIME", text)


def _journal(folder: Path) -> bytes:
    return (only_run(folder) / "journal.jsonl").read_bytes()


def test_json_prints_the_journal_byte_for_byte_and_nothing_else(tmp_path: Path) -> None:
    """What tools print, or programs they start, goes to standard error."""
    plan(tmp_path, step("first", "noisy"), step("second", "echo", text="ünï"))
    done = subprocess.run(
        [*MAIN, "run", "small.yaml", "--json", "--dir", "."],
        cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, _journal(tmp_path))
    assert done.stderr.split(b"\n") == [b"NOISE from python", b"NOISE from a program", b""]


def test_json_of_a_failed_run_is_its_journal_too(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "fail"))
    done = run("run", "small.yaml", "--json", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.encode()) == (1, _journal(tmp_path))


def test_watch_prints_the_same_lines_from_another_process(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"))
    run("run", "small.yaml", "--quiet", "--dir", ".", cwd=tmp_path)
    done = run("watch", "last", "--json", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.encode()) == (0, _journal(tmp_path))


def test_quiet_prints_only_the_output_or_only_the_error(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "noisy"), output="{{ steps.only.output }}")
    done = run("run", "small.yaml", "--quiet", "--dir", "good", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "quiet\n")
    plan(tmp_path, step("only", "fail"))
    done = run("run", "small.yaml", "--quiet", "--dir", "bad", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "step 'only' (Only): it cannot be done\n")


def test_the_console_tells_plan_steps_starts_ends_and_done(tmp_path: Path) -> None:
    """S0-56, and S0-36: the stream is written without being asked for."""
    plan(tmp_path, "name: first, task: Begin well, tool: function, with: {call: 'jobs:echo'}", step("second", "echo"))
    done = run("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    told = [_untimed(line[10:] if line[7:11] == " s  " else line) for line in done.stdout.splitlines()]
    name = only_run(tmp_path)
    assert told[:4] == [
        f"Small: 2 steps, run {name.name}",
        "  1. Begin well (function)",
        "  2. Second (function)",
        f" started in {name}",
    ]
    assert told[4:9] == [
        " 1/2 Begin well: started",
        " 1/2 Begin well: completed in TIME",
        " 2/2 Second: started",
        " 2/2 Second: completed in TIME",
        " done in TIME",
    ]
    assert told[9:11] == ["", "Done in TIME"]
    assert told[11] == f"  Run     {name}"
    assert (tmp_path / "plan_stream.json").read_bytes() == (name / "snapshot.json").read_bytes()
    assert done.returncode == 0


def test_a_closed_standard_output_never_ends_a_run(tmp_path: Path) -> None:
    plan(tmp_path, step("first", "noisy"), step("second", "echo"))
    command = " ".join([*MAIN, "run small.yaml --dir . | true; exit ${PIPESTATUS[0]}"])
    piped = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        check=False,
    )
    assert piped.returncode == 0
    assert json.loads((tmp_path / "plan_stream.json").read_text("utf-8"))["outcome"] == "success"


def test_without_any_standard_streams_a_run_is_the_same(tmp_path: Path) -> None:
    """The first file opened would be standard output, and what is printed would stand in it."""
    plan(tmp_path, step("first", "noisy"), step("second", "echo"))
    command = " ".join([*MAIN, "run small.yaml --dir . <&- >&- 2>&-"])
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment(), timeout=PATIENCE_S, check=False)
    assert done.returncode == 0
    assert [json.loads(line)["seq"] for line in _journal(tmp_path).splitlines()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("no_color", [True, False])
def test_colours_are_left_out_where_nobody_wants_them(tmp_path: Path, no_color: bool) -> None:
    plan(tmp_path, step("only", "echo"))
    env = {"NO_COLOR": "1"} if no_color else {}
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path, env=env) as terminal:
        assert terminal.end() == 0
        assert "Done in TIME" in _untimed(terminal.text)
        coloured = any(f"\x1b[{code}m".encode() in terminal.raw for code in ("32", "36", "1;32"))
    assert coloured is not no_color


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"))
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path, env={"TERM": "dumb"}) as terminal:
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.raw
        assert "1/1 Only: completed in TIME" in _untimed(terminal.text)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_of_the_live_list_is_wider_than_the_terminal(tmp_path: Path, columns: int) -> None:
    steps = [step(f"step_{number}", "echo", more=", task: 'A sentence that is far too long for any terminal " " '")
             for number in range(3)]  # fmt: skip
    plan(tmp_path, *steps)
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path, columns=columns) as terminal:
        assert terminal.end() == 0
        listed = [line for line in terminal.lines if line.startswith((" ✅", "━"))]
    assert listed
    assert max(map(cell_len, listed)) < columns


def test_foreign_text_cannot_move_the_cursor(tmp_path: Path) -> None:
    r"""Step names, messages and outputs may hold anything: ESC is shown as \x1b."""
    message = '"\\e]0;owned\\a \\e[2J [bold]not bold[/bold]"'
    plan(tmp_path, f"name: only, task: {message}, tool: function, with: {{call: 'jobs:fail', message: {message}}}")
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        assert terminal.end() == 1
        assert b"\x1b]0" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw
        assert r"\x1b]0;owned\x07 \x1b[2J [bold]not bold[/bold]" in terminal.text
    shown = run("show", "last", "--dir", ".", cwd=tmp_path)
    assert "\x1b" not in shown.stdout


def test_each_kind_of_end_has_its_exit_code(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "fail"))
    (tmp_path / "wrong.yaml").write_text("steps:\n  - {name: x, tool: nothing}\n", encoding="utf-8")
    (tmp_path / "file").touch()
    ends = {
        ("run", "small.yaml", "--dir", "."): 1,
        ("run", "wrong.yaml", "--dir", "."): 2,
        ("run", "small.yaml", "-i", "nix=1", "--dir", "."): 2,
        ("run", "small.yaml", "--provider", "replicate", "--dir", "."): 2,
        ("run", "--no-such-option"): 2,
        ("no-such-command",): 2,
        ("show", "nobody", "--dir", "."): 2,
        ("run", "small.yaml", "--dir", "file/below"): 74,
    }
    for words, code in ends.items():
        done = run(*words, cwd=tmp_path)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), (words, done.stderr)
        assert words[2:3] == ("--dir",) or len(done.stderr.splitlines()) == 1, done.stderr


def test_after_a_failure_the_command_that_mends_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "go"
    plan(tmp_path, step("first", "echo"), step("second", "bug"))
    done = run("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    assert "Failed at step 2 of 2, Second" in done.stdout
    assert "ZeroDivisionError: division by zero (jobs.py:" in done.stdout
    mend = next(line for line in done.stdout.splitlines() if line.startswith("  Mend"))
    text = (tmp_path / "jobs.py").read_text("utf-8")
    (tmp_path / "jobs.py").write_text(text.replace("return 1 / 0", "return 1"), encoding="utf-8")
    command = mend.partition("then: ")[2].split()
    again = subprocess.run(
        [MAIN[0], *command[1:]], cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert again.returncode == 0
    assert not file.exists()
    assert json.loads((tmp_path / "plan_stream.json").read_text("utf-8"))["outcome"] == "success"


def test_dry_run_shows_what_would_run_and_creates_nothing(tmp_path: Path) -> None:
    plan(tmp_path, step("first", "echo"), step("second", "echo"), inputs="{who: {type: text, default: Ann}}")
    done = run("run", "small.yaml", "--dry-run", "-i", "who=Bea", "--dir", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"Small: 2 steps, would run in {tmp_path / 'out'}",
        "  who = Bea",
        "  1. First (function) at once",
        "  2. Second (function) after first",
    ]
    assert not (tmp_path / "out").exists()


def test_check_tells_every_mistake_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("steps:\n  - {name: a, tool: nothing}\n  - {name: b, tool: function}\n", encoding="utf-8")
    done = run("check", "wrong.yaml", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 2
    assert [(one["file"], one["line"], one["column"]) for one in found] == [("wrong.yaml", 2, 21), ("wrong.yaml", 3, 5)]
    assert all(set(one) == {"file", "line", "column", "message"} for one in found)
    path.write_text("steps:\n  - {name: a, tool: function, with: {call: 'm:f'}}\n", encoding="utf-8")
    assert run("check", "wrong.yaml", "--json", cwd=tmp_path).stdout == "[]\n"


def test_a_mistake_of_ours_is_one_line_and_a_file(tmp_path: Path) -> None:
    program = (
        "import sys; from character_flow.cli import look, main; from character_flow import cli\n"
        "import character_flow.cli.plan_words as words\n"
        "words.list_plans = lambda: 1 / 0\n"
        "sys.exit(main(['plans']))"
    )
    done = subprocess.run(
        [MAIN[0], "-c", program],
        cwd=tmp_path, env=environment(TMPDIR=str(tmp_path), PYTHONPATH=str(Path(MAIN[1]).parent)), capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    (file,) = tmp_path.glob("character_flow-*.txt")
    expected = f"a mistake in character_flow: ZeroDivisionError: division by zero; the traceback is in {file}\n"
    assert (done.returncode, done.stdout, done.stderr) == (70, "", expected)
    assert "Traceback" in file.read_text("utf-8")
