"""A run on a disk that fills up, and a page that somebody else takes away: one clear line, and it can be resumed."""

import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from character_flow.app import resume_run, run_plan
from character_flow.errors import DurabilityError
from character_flow.plan import load_plan
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import Stream
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.faults.killing import check_nothing_twice
from tests.journal_laws import check_run, raw_lines
from tests.unit.small_runs import Running, check_result, options_for, run_text, wait_until

pytestmark = pytest.mark.faults
TALKING = """
steps:
  - {name: long, tool: talk, with: {words: 30}}
  - {name: side, tool: talk, needs: [], with: {words: 3}}
  - {name: last, tool: talk, needs: [long, side], with: {words: 2}}
output: "{{ steps.last.output }}"
"""


def talker() -> ToolRegistry:
    registry = ToolRegistry()

    @registry.tool("talk")
    def talk(ctx: ToolContext, *, words: int) -> str:
        for number in range(words):
            ctx.chunk(f"{number:04d}" * 1_250)  # each the size of one whole event
        (ctx.folder / "made.txt").write_text(ctx.step)
        ctx.artifact(ctx.folder / "made.txt", "file")
        return ctx.step

    return registry


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """The system refuses every byte beyond, in whichever file, at exactly that place."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)


def test_a_disk_that_refuses_at_any_byte_stops_the_run_which_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """DESIGN 3.3 and 10: at every write, also in the middle of one."""
    plan_path = tmp_path / "plan.yaml"
    plan_path.write_text(TALKING)
    plan = load_plan(plan_path, tools=talker())
    refused = 0
    for size in range(131_072, 186_000, 1_777):  # from the size of the reserve to that of the whole journal
        folder = tmp_path / str(size)
        folder.mkdir()
        options = options_for(folder, talker())
        error: DurabilityError | None = None
        try:
            with no_file_above(size):
                done = run_plan(plan_path, options=options)
        except DurabilityError as caught:
            error = caught
        if error is not None:
            refused += 1
            assert (error.exit_code, "\n" in str(error), "resume the run" in str(error)) == (74, False, True)
            (run,) = run_folders(Stream(folder))
            assert raw_lines(run), "nothing half-written is left"
            assert not list(run.path.rglob(".tmp-cf-*"))
            done = resume_run(run.id, options=options)
        lines = check_run(done.run, plan)
        check_nothing_twice(lines)
        assert (done.exit_code, done.output, lines[-1].type) == (0, "last", "plan_completed")
        shutil.rmtree(folder, ignore_errors=True)  # a tool of the refused run may be at its last write
    assert refused > 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    at = tmp_path / "disk"
    at.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", at], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.decode().strip()}")
    yield at
    subprocess.run(["umount", "-l", at], check=True)


def test_a_full_disk_ends_a_run_with_one_line_and_it_is_resumed_when_there_is_room(tmp_path: Path, disk: Path) -> None:
    """W0-18; exit 74, nothing half-written."""
    registry = talker()
    filler = disk / "filler"

    @registry.tool("fill")
    def fill(ctx: ToolContext) -> str:
        if ctx.attempt == 1:
            with suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(b"x" * 512)
            for _ in range(40):  # more than the reserve gives back
                ctx.chunk("y" * 5_000)
        return "filled"

    plan_path = tmp_path / "plan.yaml"
    plan_path.write_text("steps: [{name: one, tool: fill}, {name: two, tool: talk, with: {words: 1}}]")
    options = options_for(disk, registry)
    with pytest.raises(DurabilityError, match="the disk is full; free some space, then start again or resume the run"):
        run_plan(plan_path, options=options)
    (run,) = run_folders(Stream(disk))
    assert raw_lines(run)[-1].type == "chunk"
    filler.unlink()
    resumed = resume_run(run.id, options=options)
    check_result(resumed)
    assert resumed.exit_code == 0


def test_no_room_at_the_start_creates_nothing(tmp_path: Path, disk: Path) -> None:
    with suppress(OSError), (disk / "filler").open("ab", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
    plan_path = tmp_path / "plan.yaml"
    plan_path.write_text(TALKING)
    with pytest.raises(Exception, match="disk is full"):
        run_plan(plan_path, options=options_for(disk, talker()))
    assert run_folders(Stream(disk)) == ()


def _delete(page: Path) -> None:
    page.unlink()


def _truncate(page: Path) -> None:
    page.write_bytes(b"")


def _replace_by_folder(page: Path) -> None:
    while not page.is_dir():
        page.unlink(missing_ok=True)
        with suppress(FileExistsError):  # the run may rewrite the page between the two
            page.mkdir()


@pytest.mark.parametrize(
    ("harm", "problem"),
    [(_delete, None), (_truncate, None), (_replace_by_folder, "a folder stands where a file belongs")],
)
def test_whoever_harms_the_page_meanwhile_harms_no_run(
    tmp_path: Path, harm: Callable[[Path], None], problem: str | None
) -> None:
    """W0-05: the next rewrite brings it back; what cannot be written is told at the end."""
    page = tmp_path / "plan_stream.json"
    registry = ToolRegistry()

    @registry.tool("harm")
    def harmful(ctx: ToolContext) -> None:
        wait_until(page.exists)
        harm(page)
        ctx.progress(50, "harmed")

    result = run_text(
        tmp_path, "steps: [{name: one, tool: harm}, {name: two, tool: harm, when: '{{ false }}'}]", registry
    )
    assert result.exit_code == 0
    assert (result.problem is None) == (problem is None)
    if problem is None:
        assert page.read_bytes() == result.run.snapshot.read_bytes()
    else:
        assert problem in (result.problem or "")
    assert read_snapshot(result.run.path).status == "completed"


def test_a_clock_that_is_set_back_changes_no_duration_and_no_order(tmp_path: Path) -> None:
    """W0-16: durations come from the monotonic clock; `ts` is the wall clock as it is."""
    from character_flow.board import Board
    from character_flow.events import PlanCompleted, PlanStarted, StepCompleted, StepHead, StepStarted
    from character_flow.stream.journal import Journal, read_events

    moments = iter((datetime(2026, 11, 21, 12, tzinfo=UTC), *[datetime(2026, 11, 21, 3, tzinfo=UTC)] * 3))
    ticks = iter((100.0, 100.0, 101.0, 103.5, 104.0))
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, durable=False, now=lambda: next(moments), monotonic=lambda: next(ticks))
    journal.append(PlanStarted(run_id="r", steps=(StepHead(name="one", task="One", tool="t"),)))
    journal.append(StepStarted(name="one", tool="t", with_key="k"), step=1, attempt=1)
    journal.append(StepCompleted(duration_s=2.5), step=1, attempt=1)
    journal.append(PlanCompleted(outcome="success", duration_s=4.0))
    journal.close()
    board = Board()
    for event in read_events(path):
        board.apply(event)
    snapshot = board.snapshot()
    assert (snapshot.status, snapshot.duration_s, snapshot.steps[0].duration_s) == ("completed", 4.0, 2.5)
    assert [event.mono for event in read_events(path)] == [0.0, 1.0, 3.5, 4.0]


def test_a_run_beats_its_sign_of_life_while_its_steps_work(tmp_path: Path) -> None:
    """S0-39, DESIGN 3.5: the lock's holder touches owner.json; who removes it gets it back."""
    registry = ToolRegistry()
    found: list[str] = []

    @registry.tool("work")
    def work(ctx: ToolContext) -> None:
        (folder,) = run_folders(Stream(tmp_path))
        wait_until(folder.owner.exists)
        folder.owner.unlink()
        wait_until(folder.owner.exists)
        found.append(folder.owner.read_text())

    running = Running(lambda: run_text(tmp_path, "steps: [{name: one, tool: work}]", registry))
    result = running.result()
    assert result.exit_code == 0
    assert f'"run_id":"{result.run.id}"' in found[0]
    assert '"epoch":1' in found[0]
    assert not result.run.owner.exists()
