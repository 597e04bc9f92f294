"""How a file is kept: whole or not at all, and what is said when that cannot be."""

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from character_flow.errors import DurabilityError, StreamError, UsageError
from character_flow.stream.files import (
    is_temp_name,
    keep_bytes,
    keep_copy,
    keep_link,
    make_folder,
    refusal,
    remove_temp_files,
    replace_file,
    sync_folder,
)

TEMP = ".tmp-cf-0123456789abcdef"


def test_a_replaced_file_holds_the_new_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    for content in (b"old", b"new"):
        replace_file(page, content, durable=True)
    assert (page.read_bytes(), os.listdir(tmp_path)) == (b"new", ["page.json"])


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_bytes(b"old")
    page.chmod(0o604)
    replace_file(page, b"new", durable=False)
    assert page.stat().st_mode & 0o777 == 0o604


@pytest.mark.parametrize("leads_to_a_file", [True, False])
def test_a_symlink_stays_a_symlink(tmp_path: Path, leads_to_a_file: bool) -> None:
    (tmp_path / "far").mkdir()
    page, real = tmp_path / "page.json", tmp_path / "far" / "real.json"
    page.symlink_to(real)
    if leads_to_a_file:
        real.write_bytes(b"old")
    replace_file(page, b"new", durable=True)
    assert (page.is_symlink(), real.read_bytes(), os.listdir(tmp_path / "far")) == (True, b"new", ["real.json"])


def test_a_folder_in_the_place_of_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    page = tmp_path / "plan_stream.json"
    page.mkdir()
    with pytest.raises(StreamError) as caught:
        replace_file(page, b"new", durable=False)
    assert str(caught.value) == f"{page}: a folder stands where a file belongs; move the folder away"
    assert (caught.value.path, os.listdir(tmp_path)) == (page, ["plan_stream.json"])


def _reads(page: Path, write: Callable[[bytes], None], *, at_least: int, stop_at_torn: bool) -> tuple[int, int]:
    """Read while somebody writes: how often, and how often what was read was neither the old nor the new."""
    texts = (b"a" * 3_000_000, b"b" * 2_000_000)
    write(texts[0])
    over = threading.Event()

    def keep_writing() -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            write(texts[turn % 2])

    writer = threading.Thread(target=keep_writing)
    writer.start()
    torn = reads = 0
    try:
        while reads < at_least and not (stop_at_torn and torn):
            torn += page.read_bytes() not in texts
            reads += 1
    finally:
        over.set()
        writer.join()
    return reads, torn


def test_nobody_ever_reads_half_a_page(tmp_path: Path) -> None:
    """W0-01: the loop that saw 47 % torn reads; the million is the benchmark's."""
    page = tmp_path / "page.json"
    reads = _reads(page, lambda text: replace_file(page, text, durable=False), at_least=300, stop_at_torn=False)
    assert reads == (300, 0)


def test_the_same_loop_sees_torn_reads_where_a_page_is_written_in_place(tmp_path: Path) -> None:
    """W0-01: so the test above can fail."""
    page = tmp_path / "page.json"
    _reads_done, torn = _reads(page, lambda text: _write_in_place(page, text), at_least=100_000, stop_at_torn=True)
    assert torn == 1


def _write_in_place(page: Path, text: bytes) -> None:
    page.write_bytes(text)


def test_a_copy_is_told_by_its_hash(tmp_path: Path) -> None:
    source = tmp_path / "photo.png"
    source.write_bytes(os.urandom(3_000_000))
    told = keep_copy(tmp_path / "copy.png", source, durable=True)
    assert told == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (tmp_path / "copy.png").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("source", ["missing.png", "folder"])
def test_a_source_that_cannot_be_read_is_named_and_nothing_is_left(tmp_path: Path, source: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=f"{source}: cannot be read: "):
        keep_copy(tmp_path / "copy.png", tmp_path / source, durable=True)
    assert os.listdir(tmp_path) == ["folder"]


def test_all_missing_folders_are_made(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c", durable=True)
    make_folder(tmp_path / "a" / "b" / "c", durable=True)
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(StreamError, match="a file stands where a folder belongs"):
            make_folder(path, durable=False)


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "file"
    with pytest.raises(StreamError, match="it is not there; was its folder removed"):
        keep_bytes(gone, b"x", durable=True)
    with pytest.raises(StreamError, match="it is not there; was its folder removed"):
        sync_folder(gone)


def test_only_our_own_unfinished_files_are_removed(tmp_path: Path) -> None:
    for name in (TEMP, ".tmp-notes", ".tmp-cf-mine", "page.json"):
        (tmp_path / name).write_bytes(b"")
    remove_temp_files(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".tmp-cf-mine", ".tmp-notes", "page.json"]
    assert (is_temp_name(TEMP), is_temp_name("page.json")) == (True, False)


def test_an_unfinished_file_may_be_given_time(tmp_path: Path) -> None:
    (tmp_path / TEMP).write_bytes(b"")
    written = (tmp_path / TEMP).stat().st_mtime
    remove_temp_files(tmp_path, older_than_s=60, now=lambda: written + 59)
    assert os.listdir(tmp_path) == [TEMP]
    remove_temp_files(tmp_path, older_than_s=60, now=lambda: written + 61)
    assert os.listdir(tmp_path) == []
    remove_temp_files(tmp_path / "missing")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_a_disk_that_keeps_nothing_is_a_durability_error(code: int) -> None:
    told = refusal(OSError(code, os.strerror(code)), Path("/x"))
    assert (type(told), str(told).startswith("/x: the "), str(told).endswith("resume the run")) == (
        DurabilityError, True, True,
    )  # fmt: skip


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_missing_right_is_told_with_the_way_out(code: int) -> None:
    told = refusal(OSError(code, os.strerror(code)), Path("/x"))
    assert (type(told), str(told).endswith("folder with --dir") or "--dir" in str(told)) == (StreamError, True)


def test_what_the_system_says_is_passed_on_where_we_know_no_better() -> None:
    assert str(refusal(OSError(errno.ELOOP, "Too many symbolic links"), Path("/x"))) == "/x: Too many symbolic links"
    assert str(refusal(OSError("odd"), Path("/x"))) == "/x: odd"


@pytest.mark.parametrize("can_link", [True, False])
def test_one_more_name_is_a_link_or_else_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_link: bool
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "another file system")

    source, target = tmp_path / "made.png", tmp_path / "kept.png"
    source.write_bytes(b"a picture")
    target.write_bytes(b"what stood there")
    if not can_link:
        monkeypatch.setattr(os, "link", refuse)
    keep_link(target, source, durable=True)
    assert target.read_bytes() == b"a picture"
    assert target.samefile(source) == can_link
