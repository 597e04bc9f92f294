"""How a run outlives whoever asked for it: a process of its own, in a session of its own, that says how it began."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.app import RunOptions
from character_flow.background import Resumed, start_resume, start_run
from character_flow.errors import InputError, UsageError
from character_flow.snapshot import Snapshot
from character_flow.stream.journal import read_events
from character_flow.stream.liveness import state_of, this_process
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.processes import calls, end_all, gated_run, open_gate, pid_of
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run, until

pytestmark = pytest.mark.faults

GREETING = """
inputs:
  name: {type: text}
steps:
  - {name: machine, tool: function, with: {call: "platform:machine"}}
output: "Hello {{ inputs.name }}"
"""


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    """A stream; no process outlives the test."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "hello.yaml").write_text(GREETING)
    yield Stream(tmp_path)
    end_all(tmp_path)


def _over(run: RunFolder) -> Snapshot:
    until(lambda: read_snapshot(run.path).is_over and not _is_alive(run), within_s=60)
    return read_snapshot(run.path)


def _is_alive(run: RunFolder) -> bool:
    return state_of(run.owner).kind == "alive"


def test_a_run_is_started_with_its_inputs_and_goes_on_by_itself(stream: Stream) -> None:
    """S0-51: at once there is a run; its process is nobody's child who waits."""
    run = start_run(stream, stream.folder / "plans" / "hello.yaml", {"name": "Ada"})
    assert next(read_events(run.journal)).type == "plan_queued"
    snapshot = _over(run)
    assert (snapshot.status, snapshot.run_id, snapshot.plan_id) == ("completed", run.id, "hello")
    assert read_snapshot(stream.page) == snapshot
    assert run.log.exists()


def test_it_has_a_session_of_its_own_and_its_words_are_kept(stream: Stream) -> None:
    """No terminal's end ends it."""
    run = gated_run(stream.folder)
    until(lambda: _is_alive(run), within_s=60)
    pid = pid_of(run)
    assert (os.getsid(pid), os.getpgid(pid)) == (pid, pid)
    assert os.readlink(f"/proc/{pid}/fd/1") == str(run.log)
    assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
    open_gate(stream.folder)
    assert _over(run).status == "completed"
    until(lambda: not Path(f"/proc/{pid}").exists())  # its exit code was taken: no zombie stays


def test_what_cannot_be_run_is_refused_before_anything_is_made(stream: Stream) -> None:
    with pytest.raises(InputError):
        start_run(stream, stream.folder / "plans" / "hello.yaml", {})
    with pytest.raises(UsageError):
        start_run(stream, "no_such_plan")
    with pytest.raises(UsageError):
        start_run(
            stream, stream.folder / "plans" / "hello.yaml", {"name": "x"},
            options=RunOptions(folder=stream.folder, provider="moon"),
        )  # fmt: skip
    assert not stream.runs.exists()


def test_it_runs_though_another_run_is_on_the_page(stream: Stream) -> None:
    with hold_page(stream, owner=this_process(OTHER_ID)):
        snapshot = _over(start_run(stream, stream.folder / "plans" / "hello.yaml", {"name": "Ada"}))
    assert (snapshot.status, stream.page.exists()) == ("completed", False)


def test_a_resume_tells_which_run_is_at_work_or_why_none_is(stream: Stream) -> None:
    open_gate(stream.folder)
    run = gated_run(stream.folder)
    assert _over(run).status == "completed"
    again = start_resume(stream, run.id)
    problem = f"run {run.id} has completed; `resume {run.id} --from STEP` makes a new run of it"
    assert again == Resumed(exit_code=2, problem=problem)
    from_second = start_resume(stream, run.id, from_step="second")
    new = stream.run(from_second.run_id)
    assert (from_second.problem, new.id != run.id, _over(new).parent_run_id) == ("", True, run.id)
    assert calls(stream.folder) == "first "


def test_a_resume_of_what_is_held_or_not_there_is_told_with_its_exit_code(stream: Stream) -> None:
    run, journal = make_run(stream.folder)
    journal.close()
    with hold_run(run, owner=this_process(RUN_ID, 1)):
        busy = start_resume(stream, RUN_ID)
    none = start_resume(stream, OTHER_ID)
    assert (busy.run_id, busy.exit_code, f"in use by pid {os.getpid()} on " in busy.problem) == ("", 75, True)
    assert (none.run_id, none.exit_code, "\n" in none.problem, none.problem != "") == ("", 2, False, True)
