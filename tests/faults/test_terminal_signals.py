"""Ctrl-C once and twice, SIGTERM, a closed terminal: a run always ends in order and can be taken up again."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.faults.terminals import MAIN, PATIENCE_S, Terminal, has_event, only_run, plan, run, start, step, wait_for


def _types(folder: Path) -> list[str]:
    text = (only_run(folder) / "journal.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["type"] for line in text.splitlines()]


def _status(folder: Path) -> tuple[str, str | None]:
    snapshot = json.loads((folder / "plan_stream.json").read_text(encoding="utf-8"))
    return snapshot["status"], snapshot["outcome"]


def test_ctrl_c_ends_the_open_step_and_resume_goes_on_with_it(tmp_path: Path) -> None:
    file = tmp_path / "go"
    plan(tmp_path, step("first", "echo"), step("second", "until", path=file))
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        wait_for(lambda: has_event(tmp_path, "step_completed"), "the first step completed")
        terminal.until("Second")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Stopped by SIGINT, 1 of 2 steps done" in terminal.text
        assert f"resume {only_run(tmp_path).name[-6:]} --dir ." in terminal.text
    assert _types(tmp_path)[-2:] == ["step_cancelled", "plan_cancelled"]
    assert _status(tmp_path) == ("error", "cancelled")
    file.touch()
    done = run("resume", "last", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, _status(tmp_path)) == (0, ("completed", "success"))
    assert _types(tmp_path).count("step_started") == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_each_signal_ends_a_run_with_its_own_exit_code(tmp_path: Path, number: signal.Signals, code: int) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "never"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the step started")
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (code, "")
    assert f"Stopped by {number.name}" in out
    assert _types(tmp_path)[-2:] == ["step_cancelled", "plan_cancelled"]


def test_a_second_ctrl_c_ends_at_once_and_names_the_run(tmp_path: Path) -> None:
    """Nobody reads what the run prints: that delays no event, but the process would wait for its reader for ever."""
    steps = [step(f"step_{number}", "echo", more=f", task: {'long ' * 200}") for number in range(100)]
    plan(tmp_path, step("only", "until", path=tmp_path / "never"), *steps)
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the step started")
    process.send_signal(signal.SIGINT)
    wait_for(lambda: has_event(tmp_path, "plan_cancelled"), "the plan ended")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_S) == 130
    _out, err = process.communicate()
    assert f"stopped at once; go on with: python {MAIN[1]} resume {only_run(tmp_path).name[-6:]} --dir ." in err


def test_a_tool_that_never_returns_holds_neither_run_nor_process(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "hang", more=", timeout: 0.2s"))
    done = run("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "took longer than its timeout of 0.2 s" in done.stdout


def test_a_closed_terminal_ends_the_run_in_order(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "never"))
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("Only")
        terminal.hang_up()
        assert terminal.end() == 129
    assert _types(tmp_path)[-2:] == ["step_cancelled", "plan_cancelled"]
    assert _status(tmp_path) == ("error", "cancelled")


def test_a_signal_while_a_question_is_open_ends_it_at_once(tmp_path: Path) -> None:
    plan(tmp_path, "name: pick, tool: ask, with: {question: Which?}")
    with Terminal("run", "small.yaml", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("? Which?")
        terminal.until("> ")
        terminal.type("half an ans\x03")
        assert terminal.end() == 130
    assert _types(tmp_path)[-2:] == ["step_cancelled", "plan_cancelled"]


def test_ctrl_c_at_a_prompt_creates_nothing(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"), inputs="{who: {type: text}}")
    with Terminal("run", "small.yaml", "--dir", "out", cwd=tmp_path) as terminal:
        terminal.until("who")
        terminal.until("> ")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "stopped; nothing was created" in terminal.text
    assert not (tmp_path / "out").exists()


def test_a_signal_before_the_run_is_made_creates_nothing(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"))
    os.mkfifo(tmp_path / "inputs.yaml")
    process = start("run", "small.yaml", "--inputs", "inputs.yaml", "--dir", "out", cwd=tmp_path)
    writer = os.open(tmp_path / "inputs.yaml", os.O_WRONLY)  # returns once the command reads at the other end
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=PATIENCE_S)
    os.close(writer)
    assert (process.returncode, err) == (143, "\nstopped; nothing was created\n")
    assert not (tmp_path / "out").exists()
