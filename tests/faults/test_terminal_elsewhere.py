"""Runs and the commands of other processes: busy pages, background runs, and requests to the living and the dead."""

import json
import os
import signal
from pathlib import Path

from tests.faults.terminals import PATIENCE_S, Terminal, has_event, only_run, plan, run, start, step, wait_for

ASK = "name: pick, tool: ask, with: {question: 'Which?', kind: choice, choices: [red, green]}"


def _snapshot(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text("utf-8"))
    return found


def _types(folder: Path) -> list[str]:
    text = (only_run(folder) / "journal.jsonl").read_text("utf-8")
    return [json.loads(line)["type"] for line in text.splitlines()]


def _killed(folder: Path, event: str, *words: str) -> None:
    """A run whose process was killed after this event."""
    process = start(*words, "--dir", ".", cwd=folder)
    wait_for(lambda: has_event(folder, event), event)
    process.kill()
    process.communicate()


def test_a_second_run_at_once_is_refused_naming_who_holds_the_page(tmp_path: Path) -> None:
    """S0-45, and what a refused start leaves behind: nothing."""
    plan(tmp_path, step("only", "until", path=tmp_path / "go"))
    first = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the first run is at work")
    name = only_run(tmp_path).name
    second = run("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    assert (second.returncode, second.stdout) == (75, "")
    assert second.stderr.startswith(f"{tmp_path}: in use by pid {first.pid} on ")
    assert f", run {name}, since " in second.stderr
    assert only_run(tmp_path).name == name
    (tmp_path / "go").touch()
    first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0


def test_a_background_run_outlives_whoever_started_it(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "go"), output="{{ steps.only.output }}")
    with Terminal("run", "small.yaml", "--background", "--dir", ".", cwd=tmp_path) as terminal:
        assert terminal.end() == 0
        name = terminal.text.strip()
    assert name == only_run(tmp_path).name
    wait_for(lambda: has_event(tmp_path, "step_started"), "the run is at work")
    (tmp_path / "go").touch()
    watched = run("watch", name, "--dir", ".", cwd=tmp_path)
    assert watched.returncode == 0
    assert _types(tmp_path) == ["plan_queued", "plan_started", "step_started", "step_completed", "plan_completed"]
    log = only_run(tmp_path) / "run.log"
    wait_for(lambda: "Output  seen" in log.read_text("utf-8"), "its last words are in its log")
    assert _snapshot(tmp_path / "plan_stream.json")["outcome"] == "success"


def test_a_resume_in_the_background_tells_the_new_run_or_its_error(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo"))
    run("run", "small.yaml", "--quiet", "--dir", ".", cwd=tmp_path)
    old = only_run(tmp_path).name
    again = run("resume", old, "--from", "only", "--background", "--dir", ".", cwd=tmp_path)
    new = again.stdout.strip()
    assert (again.returncode, again.stderr) == (0, "")
    assert new != old
    assert run("watch", new, "--dir", ".", cwd=tmp_path).returncode == 0
    assert _snapshot(tmp_path / "runs" / new / "snapshot.json")["parent_run_id"] == old
    refused = run("resume", old, "--background", "--dir", ".", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"run {old} has completed;")


def test_a_living_run_is_cancelled_from_another_process(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "never"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the run is at work")
    done = run("cancel", "last", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"run {only_run(tmp_path).name}: cancelled, its process is ending it\n"
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert _types(tmp_path)[-3:] == ["command_accepted", "step_cancelled", "plan_cancelled"]
    again = run("cancel", "last", "--dir", ".", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == f"run {only_run(tmp_path).name} has ended already: cancelled by cancel\n"


def test_a_dead_run_is_cancelled_by_whoever_asks(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "hang"))
    _killed(tmp_path, "step_started", "run", "small.yaml")
    done = run("cancel", "last", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"run {only_run(tmp_path).name}: cancelled\n")
    ended = ["plan_started", "step_started", "command_accepted", "step_cancelled", "plan_cancelled"]
    assert _types(tmp_path) == ended
    for snapshot in (tmp_path / "plan_stream.json", only_run(tmp_path) / "snapshot.json"):
        assert (_snapshot(snapshot)["status"], _snapshot(snapshot)["outcome"]) == ("error", "cancelled")
        assert _snapshot(snapshot)["epoch"] == 2
    assert not (only_run(tmp_path) / "owner.json").exists()


def test_a_question_of_a_dead_run_is_answered_for_its_next_process(tmp_path: Path) -> None:
    plan(tmp_path, ASK, output="{{ steps.pick.output }}")
    _killed(tmp_path, "input_requested", "run", "small.yaml")
    wrong = run("answer", "last", "blue", "--dir", ".", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (2, "'blue' is none of the choices: red, green\n")
    done = run("answer", "last", "2", "--dir", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert "answered; nobody runs it now, go on with:" in done.stdout
    again = run("answer", "last", "1", "--dir", ".", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, f"run {only_run(tmp_path).name} is asking nothing\n")
    resumed = run("resume", "last", "--quiet", "--dir", ".", cwd=tmp_path)
    assert (resumed.returncode, resumed.stdout) == (0, "green\n")
    assert _types(tmp_path).count("input_requested") == 1


def test_a_command_to_a_frozen_process_says_that_it_waits(tmp_path: Path) -> None:
    """A stopped process is not dead: nobody may write in its place."""
    from character_flow.errors import StreamBusyError
    from character_flow.requests import cancel_run
    from character_flow.stream.stream import RunFolder

    plan(tmp_path, step("only", "hang"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the run is at work")
    os.kill(process.pid, signal.SIGSTOP)
    try:
        cancel_run(RunFolder(only_run(tmp_path)), "test", wait_s=0.3)
        told = ""
    except StreamBusyError as error:
        told = str(error)
    os.kill(process.pid, signal.SIGCONT)
    process.communicate(timeout=PATIENCE_S)
    assert "has not taken the cancel within 0.3 s" in told
    assert (process.returncode, _types(tmp_path)[-1]) == (1, "plan_cancelled")


def test_watch_shows_a_run_that_is_lost(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "hang"))
    _killed(tmp_path, "step_started", "run", "small.yaml")
    done = run("watch", "last", "--dir", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"pid {_pid(done.stderr)} is gone without ending the run; go on with `resume {only_run(tmp_path).name}`\n"
    )
    assert "lost" in run("runs", "--dir", ".", cwd=tmp_path).stdout


def _pid(text: str) -> str:
    return text.split()[1]


def test_ctrl_c_on_watch_leaves_the_run_alone(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "until", path=tmp_path / "go"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the run is at work")
    with Terminal("watch", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("Only")
        terminal.type("\x03")
        assert terminal.end() == 130
    (tmp_path / "go").touch()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_clear_empties_the_page_and_refuses_while_a_run_is_on_it(tmp_path: Path) -> None:
    """S0-42."""
    plan(tmp_path, step("only", "until", path=tmp_path / "never"))
    process = start("run", "small.yaml", "--dir", ".", cwd=tmp_path)
    wait_for(lambda: has_event(tmp_path, "step_started"), "the run is at work")
    refused = run("clear", "--dir", ".", cwd=tmp_path)
    assert refused.returncode == 75
    assert f"in use by pid {process.pid}" in refused.stderr
    forced = run("clear", "--force", "--dir", ".", cwd=tmp_path)
    assert (forced.returncode, forced.stderr) == (0, "")
    process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, (tmp_path / "plan_stream.json").exists()) == (1, False)
    assert _types(tmp_path)[-1] == "plan_cancelled"
    assert run("clear", "--dir", ".", cwd=tmp_path).stdout == f"{tmp_path}/plan_stream.json: nothing to clear\n"


def test_show_runs_and_doctor_tell_of_a_run(tmp_path: Path) -> None:
    plan(tmp_path, step("only", "echo", text="[1, 2]"), output="{{ steps.only.output }}")
    run("run", "small.yaml", "--quiet", "--dir", ".", cwd=tmp_path)
    name = only_run(tmp_path).name
    shown = json.loads(run("show", "last", "--json", "--dir", ".", cwd=tmp_path).stdout)
    assert (shown["run_id"], shown["output"], shown["steps"][0]["output"]) == (name, [1, 2], [1, 2])
    page = run("show", name[-6:], "--dir", ".", cwd=tmp_path).stdout.splitlines()
    assert page[0:2] == ["Small", f"  run      {only_run(tmp_path)}"]
    listed = json.loads(run("runs", "--json", "--dir", ".", cwd=tmp_path).stdout)
    assert [(one["run_id"], one["outcome"], "steps" in one) for one in listed] == [(name, "success", False)]
    well = run("doctor", "--dir", ".", cwd=tmp_path)
    assert well.returncode == 0
    assert "ok   runs      1 run" in well.stdout
    (tmp_path / "runs" / name / "journal.jsonl").write_bytes(b"")
    (tmp_path / "runs" / name / "snapshot.json").write_bytes(b"{}")
    ill = run("doctor", "--dir", ".", cwd=tmp_path)
    assert ill.returncode == 1
    assert f"BAD  damaged   {name}:" in ill.stdout


def test_a_damaged_journal_is_told_and_salvage_goes_on(tmp_path: Path) -> None:
    plan(tmp_path, step("first", "echo"), step("second", "echo"))
    run("run", "small.yaml", "--quiet", "--dir", ".", cwd=tmp_path)
    journal = only_run(tmp_path) / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"second", b"sEcond")
    journal.write_bytes(b"".join(lines))
    refused = run("resume", "last", "--dir", ".", cwd=tmp_path)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (74, 1)
    assert f"{journal}:4: line 4 is damaged" in refused.stderr
    salvaged = run("resume", "last", "--salvage", "--quiet", "--dir", ".", cwd=tmp_path)
    assert (salvaged.returncode, salvaged.stderr) == (0, "")
