"""What is promised when the disk is full, read-only, forbidden or broken: one clear line, and nothing lost."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from character_flow.board import Board
from character_flow.errors import DurabilityError, StreamError
from character_flow.events import Chunk, PlanCompleted, PlanResumed
from character_flow.stream.files import keep_bytes, keep_copy
from character_flow.stream.journal import RESERVE_BYTES, Journal, read_events
from character_flow.stream.locks import hold_page
from character_flow.stream.publisher import Publisher
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import Stream, keep_outcome
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.faults


def _mount(*options: str, at: Path) -> None:
    done = subprocess.run(["mount", *options, at], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no right to mount a small disk: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    at = tmp_path / "disk"
    at.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", at=at)
    yield at
    subprocess.run(["umount", "-l", at], check=True)


def _fill(disk: Path) -> Path:
    filler = disk / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return filler


def _append_until_refused(journal: Journal) -> tuple[int, DurabilityError]:
    """Lines of every length, so that the disk refuses in the middle of one."""
    count = 0
    try:
        while True:
            journal.append(Chunk(text="x" * (37 * count % 3_000)), step=1, attempt=1)
            count += 1
    except DurabilityError as error:
        return count, error


def test_a_full_disk_takes_what_the_reserve_gives_and_then_stops_the_run(disk: Path) -> None:
    """DESIGN 3.3: the reserve is used, the journal stays whole, nothing is tried again on that descriptor."""
    run, journal = make_run(disk, durable=True)
    filler = _fill(disk)
    count, error = _append_until_refused(journal)
    written = run.journal.read_bytes()
    assert str(error) == f"{run.journal}: the disk is full; free some space, then start again or resume the run"
    assert not run.reserve.exists()
    assert RESERVE_BYTES - 8_192 < len(written) < RESERVE_BYTES + 8_192
    assert (len(list(read_events(run.journal))), journal.size, journal.seq) == (count + 1, len(written), count + 1)
    filler.unlink()
    with pytest.raises(DurabilityError, match="the disk is full"):
        journal.append(PlanCompleted(outcome="success"))
    assert run.journal.read_bytes() == written
    journal.close()
    again = Journal.open(run.journal, durable=True)
    assert (again.append(PlanResumed()).seq, run.reserve.stat().st_size) == (count + 2, RESERVE_BYTES)
    again.close()


def test_a_run_that_lasts_to_its_end_thanks_to_the_reserve_ends_well(disk: Path) -> None:
    run, journal = make_run(disk, durable=True)
    filler = _fill(disk)
    journal.append(Chunk(text="x" * 9_000), step=1, attempt=1)
    journal.append(PlanCompleted(outcome="success"))
    journal.close()
    assert (run.reserve.exists(), filler.exists()) == (False, True)
    assert [event.type for event in read_events(run.journal)] == ["plan_started", "chunk", "plan_completed"]


def test_a_run_is_not_begun_or_taken_up_where_there_is_no_room(disk: Path) -> None:
    run, journal = make_run(disk, durable=True)
    journal.close()
    run.reserve.unlink()
    before = run.journal.read_bytes()
    _fill(disk)
    with pytest.raises(DurabilityError, match="the disk is full; free some space"):
        make_run(disk, OTHER_ID, durable=True)
    with pytest.raises(DurabilityError, match="the disk is full; free some space"):
        Journal.open(run.journal, durable=True)
    assert (os.listdir(disk / "runs"), run.journal.read_bytes()) == ([RUN_ID], before)


def test_what_does_not_fit_leaves_no_part_of_itself(disk: Path, tmp_path: Path) -> None:
    run, journal = make_run(disk)
    journal.close()
    big = tmp_path / "big.png"
    big.write_bytes(os.urandom(3 << 20))
    before = sorted(os.listdir(run.inputs)), sorted(os.listdir(run.outcomes))
    with pytest.raises(DurabilityError, match=r"big\.png: the disk is full"):
        keep_copy(run.inputs / "big.png", big, durable=True)
    with pytest.raises(DurabilityError, match=r"video-1\.json: the disk is full"):
        keep_outcome(run, "video", attempt=1, content=big.read_bytes(), durable=True)
    keep_bytes(run.inputs / "old.png", b"old", durable=True)
    with pytest.raises(DurabilityError):
        keep_bytes(run.inputs / "old.png", big.read_bytes(), durable=True)
    assert (run.inputs / "old.png").read_bytes() == b"old"
    assert (sorted({*os.listdir(run.inputs)} - {"old.png"}), sorted(os.listdir(run.outcomes))) == before


def test_a_page_that_cannot_be_written_on_a_full_disk_is_written_when_there_is_room(disk: Path) -> None:
    """W0-18"""
    run, journal = make_run(disk)
    board = Board()
    for event in read_events(run.journal):
        board.apply(event)
    journal.close()
    filler = _fill(disk)
    for has_room in (False, True):
        if has_room:
            filler.unlink()
        publisher = Publisher(board, threading.RLock(), targets=[disk / "plan_stream.json"], durable=True)
        problem = publisher.finish()
        assert problem is None if has_room else "the disk is full" in str(problem)
    assert read_snapshot(disk) == board.snapshot()


def test_a_file_that_may_not_grow_stops_the_run_and_keeps_the_reserve(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, durable=True)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.size + 5_000, limit[1]))
    try:
        count, error = _append_until_refused(journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    journal.close()
    assert "the file would be bigger than this system allows" in str(error)
    assert (len(list(read_events(run.journal))), run.reserve.exists()) == (count + 1, True)


def test_after_a_failed_fsync_nothing_is_recorded_any_more(tmp_path: Path) -> None:
    """DESIGN 3.3: the line stays, for it happened; a second fsync would lie. The descriptor becomes one that takes
    writes and refuses to be synced: the end of a pipe.
    """
    run, journal = make_run(tmp_path, durable=True)
    before = run.journal.read_bytes()
    end, into = os.pipe()
    os.dup2(into, journal._fd)
    for _attempt in range(2):
        with pytest.raises(DurabilityError, match=os.strerror(errno.EINVAL)):
            journal.append(Chunk(text="x"), step=1, attempt=1)
    journal.close()
    os.close(into)
    assert os.read(end, 100_000).count(b"\n") == 1  # the second was refused before it was written
    os.close(end)
    assert run.journal.read_bytes() == before


def test_a_read_only_disk_is_refused_in_one_line_and_still_read(disk: Path) -> None:
    """S0-45, W0-18: named with what would be right, before anything runs."""
    run, journal = make_run(disk)
    journal.close()
    _mount("-o", "remount,ro", at=disk)
    remedy = "the file system is read-only; choose a folder that can be written with --dir"
    for path, write in (
        (disk / "plan_stream.lock", lambda: hold_page(Stream(disk))),
        (run.journal, lambda: Journal.open(run.journal, durable=True)),
        (disk / "new", lambda: hold_page(Stream(disk / "new"))),
    ):
        with pytest.raises(StreamError) as caught:
            write()
        assert str(caught.value) == f"{path}: {remedy}"
    assert read_snapshot(run.path).run_id == RUN_ID


AS_NOBODY = """
import os, sys
import watchdog.events, watchdog.observers  # all code is loaded while it may still be read
from pathlib import Path
from character_flow.errors import StreamError
from character_flow.stream.follow import follow
from character_flow.stream.locks import hold_page
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import Stream
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
stream = Stream(Path(sys.argv[1]))
for use in (hold_page, list_runs, lambda _: read_snapshot(stream.folder), lambda _: next(follow(stream.folder))):
    try:
        use(stream)
    except StreamError as error:
        print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_folder_without_the_right_to_use_it_is_named_with_the_way_out(mode: int) -> None:
    """S0-45, W0-18: to who would write and to who would read."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folder is closed to others
    try:
        (folder / "runs").mkdir()
        (folder / "plan_stream.json").write_text('{"status": "waiting"}')
        for private in (folder / "runs", folder / "plan_stream.json"):
            private.chmod(0)
        folder.chmod(mode)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, folder], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        shutil.rmtree(folder)
    remedy = "permission denied; give yourself the right to use it, or choose another folder with --dir"
    files = ("plan_stream.lock", "runs", "plan_stream.json", "plan_stream.json")
    assert done.stdout.splitlines() == [f"{folder / name}: {remedy}" for name in files], done.stderr
