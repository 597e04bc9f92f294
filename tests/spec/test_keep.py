"""What becomes of runs afterwards, as typed: exported, imported, compared, shown again, reported, deleted."""

import json
import os
import re
import signal
from pathlib import Path

import pytest

from character_flow.app import resume_run
from character_flow.archive import export_run, import_run, is_pinned
from character_flow.cli.targets import told_target
from character_flow.errors import UsageError
from character_flow.events import Progress
from character_flow.stream.locks import hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.faults.terminals import MAIN, Terminal, run
from tests.unit.kept_runs import Recording, whole_run
from tests.unit.recorded import OTHER_ID, RUN_ID
from tests.unit.small_runs import options_for, run_text, story

PLAN = """\
steps:
  - {name: first, tool: note}
  - {name: second, tool: note}
  - {name: third, tool: note, with: {said: "{{ steps.first.output }}"}}
output: "{{ steps.third.output }}"
"""


def test_a_run_is_handed_on_as_a_zip_and_is_the_same_there(tmp_path: Path) -> None:
    """S0-50: what is exported there again is the same file."""
    whole_run(tmp_path)
    done = run("export", "last", "--dir", ".", cwd=tmp_path)
    name = f"{RUN_ID}.zip"
    assert (done.returncode, done.stderr) == (0, "")
    size = f"{(tmp_path / name).stat().st_size / 1000:.1f} KB"
    assert done.stdout == f"{tmp_path / name}: {size}; elsewhere: python {MAIN[1]} import {name}\n"
    (tmp_path / "there").mkdir()
    done = run("import", f"../{name}", "--dir", ".", cwd=tmp_path / "there")
    assert (done.returncode, done.stdout.split(";")[0]) == (0, f"run {RUN_ID}: imported")
    here, there = (run("show", "last", "--json", "--dir", ".", cwd=folder) for folder in (tmp_path, tmp_path / "there"))
    assert (there.returncode, there.stdout) == (0, here.stdout)
    assert json.loads(there.stdout)["output"] == {
        "video": "artifacts/film-1/take one/ad.mp4",
        "words": "Two lines\nof text",
    }
    run("export", RUN_ID, "--dir", ".", cwd=tmp_path / "there")
    assert (tmp_path / "there" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_run_exported_in_the_middle_is_finished_elsewhere(tmp_path: Path) -> None:
    """What was done is not done again."""
    called: list[str] = []
    taken: list[RunFolder] = []

    def note(ctx: ToolContext, said: str = "") -> str:
        called.append(ctx.step)
        if ctx.step == "second" and not taken:
            (here,) = (Stream(tmp_path).run(path.name) for path in (tmp_path / "runs").iterdir())
            export_run(here, tmp_path / "run.zip")
            taken.append(here)
        return f"{ctx.step} {said}".strip()

    tools = ToolRegistry({"note": note})
    result = run_text(tmp_path, PLAN, tools)
    assert (called, result.snapshot.outcome) == (["first", "second", "third"], "success")
    there = import_run(Stream(tmp_path / "there"), tmp_path / "run.zip")
    assert read_snapshot(there.path).status == "running"
    called.clear()
    resumed = resume_run(there.id, options=options_for(tmp_path / "there", tools))
    assert (called, resumed.output) == (["second", "third"], "third first")
    assert story(there)[:6] == [
        "plan_started", "step_started 1.1", "step_completed 1.1", "step_started 2.1", "plan_resumed", "step_error 2.1",
    ]  # fmt: skip


def test_a_file_that_is_there_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    whole_run(tmp_path)
    for command, name in (("export", "mine.zip"), ("report", "mine.html")):
        (tmp_path / name).write_bytes(b"mine")
        done = run(command, "last", name, "--dir", ".", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"{tmp_path / name}: it is there already; --force replaces it\n")
        assert (tmp_path / name).read_bytes() == b"mine"
        assert run(command, "last", name, "--force", "--dir", ".", cwd=tmp_path).returncode == 0
        assert (tmp_path / name).stat().st_size > 1_000


def test_a_file_gets_the_name_of_the_run_where_only_a_folder_is_given(tmp_path: Path) -> None:
    assert told_target(tmp_path, default="run.zip", force=False) == tmp_path / "run.zip"
    assert told_target(None, default="run.zip", force=False) == Path.cwd() / "run.zip"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Path(os.devnull), "it is no file that could be replaced; give another name"),
        (Path("/none/at/all.zip"), "^/none/at: there is no such folder; make it first$"),
    ],
)
def test_nothing_but_a_file_is_written_over(given: Path, why: str) -> None:
    """A device put aside for a file would be gone for everybody."""
    with pytest.raises(UsageError, match=why):
        told_target(given, default="run.zip", force=True)


def test_what_is_no_run_is_not_imported_and_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"no zip")
    done = run("import", "no.zip", "--dir", ".", cwd=tmp_path)
    why = "no.zip: it is not a whole zip: File is not a zip file; export the run again\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", why)


def test_two_runs_are_compared_in_words(tmp_path: Path) -> None:
    whole_run(tmp_path)
    other = Recording(tmp_path, OTHER_ID, inputs={"brand": "Other"})
    other.begin(1)
    other.complete(1, "Two lines\nof prose", took_s=2.0)
    other.end()
    done = run("compare", RUN_ID, OTHER_ID, "--dir", ".", cwd=tmp_path, TZ="UTC")
    assert done.stdout.splitlines() == [
        f"- {RUN_ID}  success  8.0 s, 3 attempts  2026-11-20 21:05:30",
        f"+ {OTHER_ID}  success  2.0 s, 1 attempt  2026-11-20 21:05:30",
        "",
        "Inputs: 1 of 2 differ",
        "  brand",
        "    - Acme",
        "    + Other",
        "",
        "Steps: 3 of 3 differ",
        "  ≠ 1. Write  2.0 s | 2.0 s",
        "        Two lines",
        "      - of text",
        "      + of prose",
        "  ≠ 2. Draw  1.0 s | -",
        "      completed | pending",
        "      - path: artifacts/draw-1/frame.png",
        "      - kind: image",
        "      - size:",
        "      -   - 2",
        "      -   - 3",
        "  ≠ 3. Film  5.0 s | -",
        "      completed | pending",
        "      - path: artifacts/film-1/take one/ad.mp4",
        "      - kind: video",
        "      - notes:",
        f"      -   - {'x' * 397}…",
    ]
    told = json.loads(run("compare", RUN_ID, OTHER_ID, "--json", "--dir", ".", cwd=tmp_path).stdout)
    assert (told["a"]["run_id"], told["b"]["run_id"]) == (RUN_ID, OTHER_ID)
    assert [(step["name"], step["output_same"]) for step in told["steps"]] == [
        ("write", False), ("draw", False), ("film", False),
    ]  # fmt: skip
    assert told["steps"][0]["text_diff"][1] == {
        "kind": "only_a", "text": "of text", "parts": [["of ", False], ["text", True]],
    }  # fmt: skip


def _quick(folder: Path) -> None:
    recording = Recording(folder)
    recording.begin(1, after_s=0.2)
    recording.complete(1, "text", took_s=0.3)
    recording.end()


def test_a_run_is_shown_again_line_by_line(tmp_path: Path) -> None:
    """S0-50. No terminal, no drawing: the same lines as then."""
    _quick(tmp_path)
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "runs" / RUN_ID).iterdir())
    done = run("replay", "last", "--speed", "10", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout.splitlines()) == (0, "", [
        f"An ad: 3 steps, run {RUN_ID}",
        "  1. Write (function)",
        "  2. Draw (function)",
        "  3. Film (function)",
        f"    0.0 s  started in {tmp_path / 'runs' / RUN_ID}",
        "    0.2 s  1/3 Write: started",
        "    0.5 s  1/3 Write: completed in 0.3 s",
        "    0.5 s  done in 0.5 s",
    ])  # fmt: skip
    assert before == sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "runs" / RUN_ID).iterdir())


def test_on_a_terminal_a_run_is_drawn_again_and_its_clock_is_that_of_the_run(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.say(Progress(percent=50, message="half way"), step=1, after_s=65.0)
    recording.complete(1, "text", took_s=600.0)
    recording.end()
    with Terminal("replay", "last", "--speed", "50", "--dir", ".", cwd=tmp_path) as terminal:
        terminal.until("half way")
        while not re.search(r"step 1 of 3  [2-9]:\d\d", terminal.text):  # after 2.4 s, for 9.6 s
            terminal.until("step 1 of 3  ")
        terminal.signal(signal.SIGINT)
        assert terminal.end() == 130
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("speed", ["0.5", "51"])
def test_a_speed_that_makes_no_sense_is_refused(tmp_path: Path, speed: str) -> None:
    done = run("replay", "last", "--speed", speed, "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr.startswith("Invalid value for '--speed'")) == (2, True)


def test_a_report_is_written_under_the_name_of_the_run(tmp_path: Path) -> None:
    whole_run(tmp_path)
    done = run("report", "last", "--dir", ".", cwd=tmp_path)
    path = tmp_path / f"{RUN_ID}.html"
    size = f"{path.stat().st_size / 1000:.0f} KB"
    assert (done.returncode, done.stdout) == (0, f"{path}: {size}, opens in any browser\n")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_plan_is_drawn_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    done = run("graph", "ugc_ad", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0], done.stdout.count("-->")) == (0, "flowchart TD", 15)
    (tmp_path / "bad.yaml").write_text("steps: []\n")
    done = run("graph", "bad.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.split(": ")[0]) == (2, "", "bad.yaml:1:8")


def test_deleting_asks_and_takes_no_for_an_answer(tmp_path: Path) -> None:
    whole_run(tmp_path)
    done = run("delete", "last", "--dir", ".", cwd=tmp_path)
    why = f"delete asks first, and nobody can answer here: delete {RUN_ID} --yes\n"
    assert (done.returncode, done.stderr) == (2, why)
    for answer, code, is_there in (("n\n", 1, True), ("\x03", 130, True), ("y\n", 0, False)):
        with Terminal("delete", "last", "--dir", ".", cwd=tmp_path, columns=200) as terminal:
            terminal.until(f"run {RUN_ID} (An ad, ")
            terminal.until("delete it and all its files? y or n> ")
            terminal.type(answer)
            assert (terminal.end(), (tmp_path / "runs" / RUN_ID).exists()) == (code, is_there)


def test_a_run_at_work_is_not_deleted_and_its_owner_is_named(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    with hold_run(recording.run):
        done = run("delete", "last", "--yes", "--dir", ".", cwd=tmp_path)
    recording.let_go()
    assert (done.returncode, f"in use by pid {os.getpid()} on" in done.stderr, done.stderr.count("\n")) == (75, True, 1)
    done = run("delete", "last", "--yes", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout, os.listdir(tmp_path / "runs")) == (0, f"run {RUN_ID}: deleted\n", [])


def test_pinned_runs_are_marked_in_the_list(tmp_path: Path) -> None:
    whole_run(tmp_path)
    whole_run(tmp_path, OTHER_ID)
    assert run("pin", RUN_ID, "--dir", ".", cwd=tmp_path).stdout == f"run {RUN_ID}: pinned\n"
    listed = run("runs", "--dir", ".", cwd=tmp_path).stdout.splitlines()
    assert [(line.split()[0], line.endswith("  pinned")) for line in listed] == [(OTHER_ID, False), (RUN_ID, True)]
    told = json.loads(run("runs", "--json", "--dir", ".", cwd=tmp_path).stdout)
    assert [(one["run_id"], one["pinned"]) for one in told] == [(OTHER_ID, False), (RUN_ID, True)]
    assert run("unpin", RUN_ID, "--dir", ".", cwd=tmp_path).stdout == f"run {RUN_ID}: no longer pinned\n"
    assert not is_pinned(Stream(tmp_path).run(RUN_ID))
