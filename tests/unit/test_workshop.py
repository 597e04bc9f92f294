"""Where a run's tools work: folders of their own, and files that are durable before they are told of."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from character_flow.errors import ToolError
from character_flow.events import ArtifactRef
from character_flow.file_book import FileBook
from character_flow.stream.stream import RunFolder
from character_flow.workshop import RunWorkshop


@pytest.fixture
def workshop(tmp_path: Path) -> RunWorkshop:
    run = RunFolder(tmp_path / "run")
    run.artifacts.mkdir(parents=True)
    return RunWorkshop(run, FileBook(run.path), durable=True)


def test_an_attempt_has_a_folder_of_its_own_and_what_it_keeps_is_described(
    workshop: RunWorkshop, tmp_path: Path
) -> None:
    folder = workshop.folder("make", 2)
    assert folder == workshop.folder("make", 2) == tmp_path / "run/artifacts/make-2"
    (folder / "deep").mkdir()
    path = folder / "deep" / "x.txt"
    path.write_bytes(b"content")
    kept = workshop.keep(folder, path, "file")
    assert kept == ArtifactRef(path=str(path), kind="file", sha256=sha256(b"content").hexdigest(), bytes=7)
    assert workshop.on_disk(kept).path == "artifacts/make-2/deep/x.txt"


@pytest.mark.parametrize("name", ["../other-1/x.txt", "link.txt", "missing.txt", "."])
def test_only_a_file_in_the_attempts_own_folder_is_kept(workshop: RunWorkshop, name: str) -> None:
    other, folder = workshop.folder("other", 1), workshop.folder("make", 1)
    (other / "x.txt").write_text("x")
    (folder / "link.txt").symlink_to(other / "x.txt")
    with pytest.raises(ToolError, match=r"must lie in the attempt's own folder|there is no such file"):
        workshop.keep(folder, folder / name, "file")


def test_another_runs_file_is_linked_or_copied_and_known(workshop: RunWorkshop, tmp_path: Path) -> None:
    source = tmp_path / "parent.txt"
    source.write_text("x")
    reference = ArtifactRef(path="artifacts/make-0/x.txt", kind="file", sha256="a" * 64, bytes=1)
    for _ in range(2):  # a resume may bring it again
        workshop.bring(source, reference)
    brought = tmp_path / "run/artifacts/make-0/x.txt"
    assert brought.read_text() == "x"
    assert os.stat(brought).st_ino == os.stat(source).st_ino
    assert workshop.on_disk(reference.model_copy(update={"path": str(brought)})).path == reference.path


def test_what_nobody_fetched_is_removed_at_the_end(workshop: RunWorkshop, tmp_path: Path) -> None:
    assert workshop.provider("text") is workshop.provider("video")
    (tmp_path / "run/.tmp-offline/offline-1").mkdir(parents=True)
    workshop.close()
    assert not (tmp_path / "run/.tmp-offline").exists()


def test_the_names_of_folders_a_tool_made_are_durable_too(
    workshop: RunWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 3.4: every name on the way to an artifact, before anything is said of it."""
    folder, synced, fsync = workshop.folder("make", 1), set[int](), os.fsync

    def noted(fd: int) -> None:
        synced.add(os.fstat(fd).st_ino)
        fsync(fd)

    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "x.txt").write_text("x")
    monkeypatch.setattr(os, "fsync", noted)
    workshop.keep(folder, deep / "x.txt", "file")
    assert {path.stat().st_ino for path in (folder, folder / "a", deep)} <= synced
