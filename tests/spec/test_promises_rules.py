"""Rules of the design that no single module keeps: who takes which lock first, where files are, what stays secret."""

import inspect
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from character_flow.app import RunOptions, queue_run, resume_run, run_plan, run_queued
from character_flow.errors import StreamBusyError, ToolError
from character_flow.events import StepError
from character_flow.stream.journal import read_events
from character_flow.stream.liveness import this_process
from character_flow.stream.locks import Held, hold_page, hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.faults import terminals
from tests.faults.terminals import ROOT, only_run, wait_for

PLAN = "steps: [{name: one, tool: look}, {name: two, tool: look}]\n"
HOLDER = "20261120T210530Z-holder-3f9a1c"


def options_for(folder: Path, *, fails: bool = False, publish: bool | None = True) -> RunOptions:
    tools = ToolRegistry()

    @tools.tool("look")
    def look(ctx: ToolContext) -> str:
        if fails and ctx.step == "two":
            raise ToolError("not yet")
        return f"output of {ctx.step}"

    return RunOptions(folder=folder, tools=tools, durability="none", publish=publish)


def a_plan(folder: Path) -> Path:
    path = folder / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder with its time of change, and its bytes."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def set_back(folder: Path) -> None:
    """Times long ago, so that the slightest touch shows."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_000, 1_000))


def test_a_resume_at_a_busy_page_touches_nothing_of_its_run(tmp_path: Path) -> None:
    """DESIGN 2: the page's lock is taken before the run's, so a refused start leaves no mark, not even for a moment."""
    failed = run_plan(a_plan(tmp_path), options=options_for(tmp_path, fails=True))
    assert failed.exit_code == 1
    with hold_page(Stream(tmp_path), owner=this_process(HOLDER, 1)):
        set_back(tmp_path / "runs")
        before = tree(tmp_path)
        with pytest.raises(StreamBusyError, match=rf"in use by pid {os.getpid()} on .*, run {HOLDER}") as busy:
            resume_run(failed.run.id, options=options_for(tmp_path))
        with pytest.raises(StreamBusyError):
            run_plan(tmp_path / "plan.yaml", options=options_for(tmp_path))
        after = tree(tmp_path)
    assert (busy.value.exit_code, after) == (75, before)
    assert resume_run(failed.run.id, options=options_for(tmp_path)).exit_code == 0


def test_a_resume_of_a_busy_run_lets_the_page_go_again(tmp_path: Path) -> None:
    """DESIGN 2: the page was free and the run was not: 75, and the page is free and shows what it showed."""
    failed = run_plan(a_plan(tmp_path), options=options_for(tmp_path, fails=True))
    page = (tmp_path / "plan_stream.json").read_bytes()
    with hold_run(failed.run), pytest.raises(StreamBusyError) as busy:
        resume_run(failed.run.id, options=options_for(tmp_path))
    assert (busy.value.exit_code, (tmp_path / "plan_stream.json").read_bytes()) == (75, page)
    assert not (tmp_path / "plan_stream.owner.json").exists()
    hold_page(Stream(tmp_path), wait_s=0.0).release()


def held_page(folder: Path) -> tuple[Held, dict[str, tuple[int, bytes]]]:
    """A page that shows somebody else's run and is held for it, and the files of the page as they are."""
    stream = Stream(folder)
    stream.page.write_text(json.dumps({"status": "running", "plan_name": "Theirs", "run_id": HOLDER}))
    held = hold_page(stream, owner=this_process(HOLDER, 1))
    return held, page_files(folder)


def page_files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {name: kept for name, kept in tree(folder).items() if name.startswith("plan_stream.")}


def _check_it_ran_beside(run: RunFolder) -> None:
    snapshot = read_snapshot(run.path)
    assert (snapshot.run_id, snapshot.status, snapshot.progress) == (run.id, "completed", 100)
    assert snapshot.seq == len(list(read_events(run.journal)))


def test_a_queued_run_at_a_busy_page_writes_its_own_snapshot_only(tmp_path: Path) -> None:
    """DESIGN 2; S0-34: decided once at its start; the page stays the other's to the byte."""
    run = queue_run(a_plan(tmp_path), options=options_for(tmp_path))
    held, before = held_page(tmp_path)
    with held:
        assert run_queued(run.id, options=options_for(tmp_path, publish=None)).exit_code == 0
        assert page_files(tmp_path) == before
    _check_it_ran_beside(run)


def test_run_id_at_a_busy_page_runs_beside_it_and_resume_is_refused(tmp_path: Path) -> None:
    """DESIGN 2; S0-45: the same, as it is typed: `run --run-id ID` goes on unseen, `resume ID` ends with 75."""
    terminals.plan(tmp_path, terminals.step("only", "echo"))
    run = queue_run(tmp_path / "small.yaml", options=RunOptions(folder=tmp_path))
    held, before = held_page(tmp_path)
    with held:
        set_back(run.path)
        untouched = tree(run.path)
        refused = terminals.run("resume", run.id, "--dir", ".", cwd=tmp_path)
        assert (refused.returncode, tree(run.path)) == (75, untouched)
        assert f", run {HOLDER}, since " in refused.stderr
        done = terminals.run("run", "--run-id", run.id, "--quiet", "--dir", ".", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert page_files(tmp_path) == before
    _check_it_ran_beside(run)


def test_a_starter_waits_a_quarter_of_a_second_for_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN 2: whoever lets go while a starter waits is followed, not refused. The wait itself lets go here: the
    first pause between two tries; without a wait there is none.
    """
    assert [inspect.signature(take).parameters["wait_s"].default for take in (hold_page, hold_run)] == [0.25, 0.25]
    assert hold_page.__kwdefaults__ is not None
    monkeypatch.setitem(hold_page.__kwdefaults__, "wait_s", 60.0)  # the first try alone may take a busy machine longer
    held = hold_page(Stream(tmp_path), owner=this_process(HOLDER, 1))
    sleep, pauses, starter = time.sleep, list[float](), threading.get_ident()

    def letting_go(seconds: float) -> None:
        if threading.get_ident() == starter:
            pauses.append(seconds)
            held.release()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", letting_go)
    done = run_plan(a_plan(tmp_path), options=options_for(tmp_path))
    assert (done.exit_code, read_snapshot(tmp_path).run_id) == (0, done.run.id)
    assert 0 < pauses[0] <= 0.05


def test_an_error_is_cut_in_the_snapshot(tmp_path: Path) -> None:
    """DESIGN 2; S0-39, W0-04: 2,000 characters, of the step and of the plan; the journal has more."""
    message = "".join(f"{number} " for number in range(2_000))
    tools = ToolRegistry()

    @tools.tool("look")
    def look(ctx: ToolContext) -> None:
        raise ToolError(message)

    result = run_plan(a_plan(tmp_path), options=RunOptions(folder=tmp_path, tools=tools, durability="none"))
    page = json.loads((tmp_path / "plan_stream.json").read_bytes())
    assert (result.exit_code, page["status"], page["steps"][0]["status"]) == (1, "error", "error")
    assert page["steps"][0]["error"] == message[:2_000]
    assert (len(page["error"]), message[:1_900] in page["error"]) == (2_000, True)
    (told,) = [event.fact.message for event in read_events(result.run.journal) if isinstance(event.fact, StepError)]
    assert len(told) > 2_000
    assert told == message[: len(told)]


# Where the files are.


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a main.py of its own, beside the folder one stands in, and others one may name."""
    for name in ("home", "here", "variable"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "main.py", tmp_path / "home")
    terminals.plan(tmp_path / "here", terminals.step("only", "echo"))
    return tmp_path


def streams_in(folder: Path) -> list[str]:
    return sorted(page.parent.relative_to(folder).as_posix() for page in folder.rglob("plan_stream.json"))


MAIN, MODULE = ["../home/main.py"], ["-m", "character_flow"]


@pytest.mark.parametrize(
    ("program", "variable", "words", "where"),
    [
        (MAIN, None, [], "home"),
        (MAIN, "variable", [], "variable"),
        (MAIN, "variable", ["--dir", "given"], "here/given"),
        (MODULE, None, [], "here"),
        (MODULE, "variable", [], "variable"),
        (MODULE, "variable", ["--dir", "given"], "here/given"),
    ],
    ids=["main", "main-variable", "main-dir", "module", "module-variable", "module-dir"],
)
def test_one_rule_says_where_the_files_are(
    checkout: Path, program: Sequence[str], variable: str | None, words: Sequence[str], where: str
) -> None:
    """W0-11, S0-14: --dir, else CHARACTER_FLOW_DIR, else the folder of main.py, else the one one stands in; for who
    writes and for who reads.
    """
    more = {"CHARACTER_FLOW_DIR": str(checkout / variable)} if variable else {}
    told = [
        _typed(checkout, [*program, *command, *words], more)
        for command in (["run", "small.yaml", "-q"], ["runs", "--json"])
    ]
    assert streams_in(checkout) == [where]
    run = only_run(checkout / where)
    assert [one["run_id"] for one in json.loads(told[1])] == [run.name]


def _typed(checkout: Path, words: Sequence[str], more: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=checkout / "here", env=terminals.environment(PYTHONPATH=str(ROOT), **more),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=terminals.PATIENCE_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# What stays secret.

SECRET = "tok-5cr3t-9b1d"
LEAKS = """
from character_flow import ToolError
from character_flow.errors import RetryableToolError

def use(ctx, token):
    if ctx.attempt == 1:
        raise RetryableToolError(f"refused {token}")
    ctx.progress(50, f"with {token}")
    for character in f"given {token}, letter by letter":
        ctx.chunk(character)
    (ctx.folder / "made.txt").write_text("no secret")
    ctx.artifact(ctx.folder / "made.txt", "file")
    return {"token": token, token: f"as a key of {token}"}

def tell(ctx, token):
    raise ValueError(f"{token} was refused")
"""
LEAKY = """
inputs: {token: {type: secret, env: TEST_FLOW_TOKEN}}
steps:
  - {name: use, tool: function, attempts: 2, with: {call: "leaks:use", token: "{{ inputs.token }}"}}
  - {name: tell, tool: function, on_error: continue, with: {call: "leaks:tell", token: "Bearer {{ inputs.token }}"}}
output: "{{ steps.use.output }}"
"""


def test_a_secret_is_in_no_file_and_in_no_output_of_any_command(tmp_path: Path) -> None:
    """W0-21: run in the foreground, as lines, quietly and in the background, shown, listed and watched: grep it all."""
    (tmp_path / "leaks.py").write_text(LEAKS, encoding="utf-8")
    (tmp_path / "leaky.yaml").write_text(LEAKY, encoding="utf-8")
    told: list[str] = []

    def typed(*words: str) -> str:
        done = terminals.run(*words, "--dir", ".", cwd=tmp_path, TEST_FLOW_TOKEN=SECRET)
        assert done.returncode == 0, done.stderr
        told.extend((done.stdout, done.stderr))
        return done.stdout

    typed("run", "leaky.yaml")
    lines = [json.loads(line)["type"] for line in typed("run", "leaky.yaml", "--json").splitlines()]
    assert (lines[0], lines[-1]) == ("plan_started", "plan_completed")
    assert "[secret token]" in typed("run", "leaky.yaml", "--quiet")
    name = typed("run", "leaky.yaml", "--background").strip()
    typed("watch", name)
    log = tmp_path / "runs" / name / "run.log"
    wait_for(lambda: "Output" in log.read_text("utf-8"), "the last words of the run in the background")
    typed("run", "leaky.yaml", "--dry-run")
    typed("show", "last")
    typed("show", "last", "--json")
    typed("runs")
    assert "[secret token]" in log.read_text("utf-8")
    assert "[secret token]" in (tmp_path / "plan_stream.json").read_text("utf-8")
    assert [text for text in told if "5cr3t" in text] == []
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len([path for path in written if path.name == "journal.jsonl"]) == 4
    assert [path for path in written if b"5cr3t" in path.read_bytes()] == []
    assert "TEST_FLOW_TOKEN" in (tmp_path / "runs" / name / "plan.yaml").read_text("utf-8")
