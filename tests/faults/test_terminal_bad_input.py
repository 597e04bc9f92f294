"""What a curious user types and does: one clear line, the right exit code, nothing left behind."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.terminals import MAIN, PATIENCE_S, environment, has_event, plan, run, start, step, wait_for


def test_ctrl_c_while_the_command_line_is_still_being_imported_shows_no_traceback(tmp_path: Path) -> None:
    """A module of ours stands in for typer and does not come back before somebody writes to it."""
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "typer.py").write_text(f"open({str(tmp_path / 'gate')!r}).read()\n", encoding="utf-8")
    process = start("runs", "--dir", "out", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    gate = os.open(tmp_path / "gate", os.O_WRONLY)  # returns once the import waits at the other end
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    os.close(gate)
    assert (process.returncode, out, err) == (130, "", "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", ["plans", "runs", "run ugc_ad --yes", "check ugc_ad", "doctor", "--yes"])
def test_a_current_folder_that_was_removed_is_one_line(tmp_path: Path, words: str) -> None:
    command = f"mkdir gone && cd gone && rmdir ../gone && exec {shlex.join(MAIN)} {words}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    said = "the current folder has been removed; change to one that exists\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_run_whose_folder_was_removed_is_not_called_whole(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "go"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the step started")
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    (tmp_path / "go").touch()
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 74
    assert err.endswith(": the run's folder was removed while it ran; nothing of this run is kept\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("command", "code"), [("plans", 0), ("check small.yaml", 0), ("schema", 0)])
def test_commands_that_look_at_no_run_take_dir_too(tmp_path: Path, command: str, code: int) -> None:
    plan(tmp_path, step("only", "echo"))
    done = run(*command.split(), "--dir", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    assert not (tmp_path / "out").exists()


def test_a_file_of_inputs_without_an_end_is_refused(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"))
    done = run("run", "small.yaml", "--inputs", "/dev/zero", "--dir", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "/dev/zero: larger than 10 MB, no file of inputs\n"
    assert not (tmp_path / "out").exists()


def test_clear_during_a_run_says_how_it_could_be_done(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "go"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the step started")
    done = run("clear", "--dir", ".", cwd=tmp_path)
    (tmp_path / "go").touch()
    process.communicate(timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, process.returncode) == (75, "", 0)
    assert done.stderr.endswith("; clear --force cancels that run first\n")


def test_what_a_step_had_to_leave_out_is_told_at_the_end(tmp_path: Path) -> None:
    """A dialog no font here can draw: the output's notes say so, and nobody has to look for them."""
    note = "captions leave out 2 sign(s) no font here can draw"
    path = plan(
        tmp_path, "name: only, tool: function, with: {call: 'jobs:noted'}", output="{{ steps.only.output.path }}"
    )
    with (tmp_path / "jobs.py").open("a", encoding="utf-8") as file:
        file.write(f"\ndef noted():\n    return {{'path': 'x', 'notes': [{note!r}]}}\n")
    done = run("run", str(path), "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"  Note    {note}\n" in done.stdout


def test_a_mistake_of_ours_is_one_line_even_where_its_traceback_cannot_be_kept(tmp_path: Path) -> None:
    """No file may grow here, as on a full disk."""
    program = (
        "import sys; from character_flow.cli import main; import character_flow.cli.plan_words as words\n"
        "words.list_plans = lambda: 1 / 0\n"
        "sys.exit(main(['plans']))"
    )
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 0; exec {shlex.join([MAIN[0], '-c', program])}"],
        cwd=tmp_path, env=environment(TMPDIR=str(tmp_path), PYTHONPATH=str(Path(MAIN[1]).parent)),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    said = "a mistake in character_flow: ZeroDivisionError: division by zero; its traceback could not be kept: "
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_python_without_the_packages_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    """As after `make demo`, for somebody who then types `python main.py` without its environment."""
    done = subprocess.run(
        [MAIN[0], "-S", *MAIN[1:], "show", "last"],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"this Python, {re.escape(MAIN[0])}, has no 'typer'; (activate|set) .*\n", done.stderr)


def test_a_command_to_type_next_names_the_python_that_can_run_it(tmp_path: Path) -> None:
    activated, not_activated = (run("show", "--nothing", cwd=tmp_path, **env) for env in ({}, {"PATH": os.defpath}))
    assert activated.stderr.endswith(f"; see python {MAIN[1]} show --help\n")
    assert not_activated.stderr.endswith(f"; see {MAIN[0]} {MAIN[1]} show --help\n")
