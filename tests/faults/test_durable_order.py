"""In which order things reach the disk: every sync, write, rename and removal of a run, as the system was told them."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from character_flow.app import RunOptions, resume_run, run_plan
from character_flow.events import Event
from character_flow.hooks import ExecutionHooks
from character_flow.stream.inbox import new_command, send
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import options_for, wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "darwin", reason="is synced by fcntl there, which tells no more than this"),
]
PLAN = """
inputs: {given: {type: file}}
steps: [{name: make, tool: make, with: {path: "{{ inputs.given }}"}}]
"""


class Disk:
    """What the system was told: the inodes synced so far, and what was renamed or written unsynced."""

    def __init__(self, patch: Callable[[str, object], None]) -> None:
        self.synced: set[int] = set()
        self.renamed_unsynced: set[str] = set()
        self.at_line: dict[str, set[int]] = {}
        self.overtaken: list[bytes] = []
        self.last_of: dict[str, int] = {}
        self.removed: dict[str, bytes] = {}
        self._dirty: set[int] = set()
        self.lines_synced = 0
        self._told = 0
        self.moved_early: list[Path] = []
        self._write, self._replace, self._unlink, self._rename = os.write, os.replace, os.unlink, os.rename
        for name in ("fsync", "fdatasync"):
            patch(name, self._noting_sync(getattr(os, name)))
        patch("write", self.write)
        patch("replace", self.replace)
        patch("unlink", self.unlink)
        patch("rename", self.rename)

    def _noting_sync(self, sync: Callable[[int], None]) -> Callable[[int], None]:
        def noted(fd: int) -> None:
            sync(fd)
            inode = os.fstat(fd).st_ino
            self.synced.add(inode)
            if inode in self._dirty:
                self.lines_synced += 1
            self._dirty.discard(inode)
            self._tell(f"sync {inode}")

        return noted

    def _tell(self, what: str) -> None:
        self._told += 1
        self.last_of[what] = self._told

    def write(self, fd: int, content: bytes) -> int:
        """As os.write. A journal line must not follow one that is not synced yet."""
        if bytes(content[:7]) == b'{"seq":':
            inode, line = os.fstat(fd).st_ino, bytes(content)
            if inode in self._dirty:
                self.overtaken.append(line)
            self.at_line.setdefault(line.split(b'"type":"')[1].split(b'"')[0].decode(), set(self.synced))
            self._dirty.add(inode)
            self._tell("line")
        return self._write(fd, content)

    @property
    def has_all_lines(self) -> bool:
        """Whether every journal line written so far is synced."""
        return not self._dirty

    def replace(self, source: Path, target: Path) -> None:
        """As os.replace."""
        if os.stat(source).st_ino not in self.synced:
            self.renamed_unsynced.add(Path(target).name)
        if os.path.exists(target):
            self.synced.discard(os.stat(target).st_ino)  # its number may be given to another file
        self._replace(source, target)
        self._tell(f"replace {Path(target).name}")

    def rename(self, source: Path, target: Path) -> None:
        """As os.rename: of the folder of a new run, which must hold its first line's name by then."""
        if self.last_of.get(f"sync {os.stat(source).st_ino}", 0) < self.last_of["line"]:
            self.moved_early.append(target)
        self._rename(source, target)

    def unlink(self, path: Path | str, *, dir_fd: int | None = None) -> None:
        """As os.unlink; of a command, what the journal said by then is kept."""
        file = Path(path)
        if file.parent.name == "inbox":
            self.removed[file.name] = (file.parents[1] / "journal.jsonl").read_bytes()
        self._unlink(path, dir_fd=dir_fd)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(lambda name, value: monkeypatch.setattr(os, name, value))


def a_run(folder: Path, make: Callable[[ToolContext, str], object]) -> tuple[Path, RunOptions]:
    (folder / "plan.yaml").write_text(PLAN)
    (folder / "given.txt").write_text("given")
    registry = ToolRegistry()
    registry.tool("make")(lambda ctx, *, path: make(ctx, path))
    return folder / "plan.yaml", replace(options_for(folder / "new" / "stream", registry), durability="full")


def inodes(*paths: Path) -> set[int]:
    return {path.stat().st_ino for path in paths}


def test_a_run_and_all_its_names_are_on_the_disk_before_its_first_step_begins(tmp_path: Path, disk: Disk) -> None:
    """DESIGN 3.4: plan, inputs, copies, first line, the run folder, runs/ and every folder just made; S0-33."""
    missing: list[Path] = []
    stream = tmp_path / "new" / "stream"

    def make(ctx: ToolContext, path: str) -> str:
        (run,) = run_folders(Stream(stream))
        wanted = (
            run.plan, run.inputs_json, Path(path), run.journal, run.inputs, run.path, stream / "runs", stream,
            stream.parent, tmp_path,
        )  # fmt: skip
        missing.extend(name for name in wanted if name.stat().st_ino not in disk.synced)
        return "made"

    plan, options = a_run(tmp_path, make)
    result = run_plan(plan, {"given": str(tmp_path / "given.txt")}, options=options)
    assert (result.exit_code, missing, disk.moved_early) == (0, [], [])
    assert disk.overtaken == []  # each line synced before the next


def test_all_that_was_recorded_is_on_the_disk_whenever_a_tool_begins_or_a_hook_is_told(
    tmp_path: Path, disk: Disk
) -> None:
    """DESIGN 3.3: an end may be synced as late as just before the next line, and nothing follows from it until then."""
    seen: list[bool] = []

    class Looking(ExecutionHooks):
        def after_step(self, event: Event) -> None:
            seen.append(event.seq <= disk.lines_synced)

    registry = ToolRegistry()

    @registry.tool("look")
    def look(ctx: ToolContext, *, before: str) -> str:
        seen.append(disk.has_all_lines)
        return before + "x"

    steps = "".join(
        f"- {{name: s{n}, tool: look, with: {{before: '{{{{ steps.s{n - 1}.output }}}}'}}}}\n" for n in range(2, 9)
    )
    (tmp_path / "plan.yaml").write_text("steps:\n- {name: s1, tool: look, with: {before: x}}\n" + steps)
    options = replace(options_for(tmp_path / "stream", registry), durability="full", hooks=(Looking(),))
    assert run_plan(tmp_path / "plan.yaml", options=options).exit_code == 0
    assert (seen, disk.overtaken) == ([True] * 16, [])


def test_a_file_is_on_the_disk_before_it_is_told_and_no_file_gets_its_name_before_its_bytes(
    tmp_path: Path, disk: Disk
) -> None:
    """DESIGN 3.1, 3.2, 3.4: artifact, then its line; synced, then renamed. Owner files are of no use after a cut."""

    def make(ctx: ToolContext, path: str) -> object:
        (ctx.folder / "made.txt").write_text("made")
        return {**ctx.artifact(ctx.folder / "made.txt", "file"), "text": "x" * 100_000}

    plan, options = a_run(tmp_path, make)
    run = run_plan(plan, {"given": str(tmp_path / "given.txt")}, options=options).run
    folder = run.artifacts / "make-1"
    assert inodes(folder / "made.txt", folder, run.artifacts) <= disk.at_line["artifact"]
    assert inodes(run.outcomes / "make-1.json", run.outcomes) <= disk.at_line["step_completed"]
    assert disk.renamed_unsynced <= {"owner.json", "plan_stream.owner.json"}


def test_the_last_snapshots_name_is_on_the_disk_when_the_run_is_over(tmp_path: Path, disk: Disk) -> None:
    """DESIGN 3.2: folders are synced at plan ends, after the last rewrite."""
    plan, options = a_run(tmp_path, lambda ctx, path: "made")
    run = run_plan(plan, {"given": str(tmp_path / "given.txt")}, options=options).run
    for page in (run.snapshot, options.stream.page):
        assert disk.last_of[f"sync {page.parent.stat().st_ino}"] > disk.last_of[f"replace {page.name}"]


def test_a_resume_syncs_the_journal_before_it_adds_to_it(tmp_path: Path, disk: Disk) -> None:
    """DESIGN 3.3: what was read may have been in memory only."""

    def make(ctx: ToolContext, path: str) -> str:
        if ctx.attempt == 1:
            raise ValueError("not yet")
        return "made"

    plan, options = a_run(tmp_path, make)
    run = run_plan(plan, {"given": str(tmp_path / "given.txt")}, options=options).run
    disk.synced.clear()
    assert resume_run(run.id, options=options).exit_code == 0
    assert inodes(run.journal) <= disk.at_line["plan_resumed"]


def test_a_command_is_removed_only_when_the_journal_says_it_is_obeyed(tmp_path: Path, disk: Disk) -> None:
    """DESIGN 3.7: whoever is killed between the two finds it again."""
    command = new_command("cancel", epoch=1, by="test")

    def make(ctx: ToolContext, path: str) -> None:
        send(RunFolder(options.stream.runs / ctx.run_id), command)
        wait_until(lambda: ctx.cancelled)

    plan, options = a_run(tmp_path, make)
    assert run_plan(plan, {"given": str(tmp_path / "given.txt")}, options=options).exit_code == 1
    assert b"command_accepted" in disk.removed[f"{command.id}.json"]
