"""How a file is kept: every durable write of the project, and what is said when the disk refuses.

A file is written aside (`.tmp-cf-*`), synced and renamed, so that nobody ever reads half of it.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from character_flow.errors import DurabilityError, StreamError, UsageError

BLOCK_BYTES = 1 << 20
REPLACE_PATIENCE_S = 2.5
TEMP_PREFIX = ".tmp-cf-"

# People keep files in the stream's folder too: only names of exactly this shape are ours to remove.
_TEMP_NAME = re.compile(re.escape(TEMP_PREFIX) + r"[0-9a-f]{16}")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_NOT_KEPT = {
    errno.ENOSPC: "the disk is full; free some space, then start again or resume the run",
    errno.EDQUOT: "the disk quota is used up; free some space, then start again or resume the run",
    errno.EFBIG: "the file would be bigger than this system allows; raise the limit, then resume the run",
    errno.EIO: "the disk failed to keep what was written; check the disk, then resume the run",
}
_NOT_ALLOWED = {
    errno.EROFS: "the file system is read-only; choose a folder that can be written with --dir",
    errno.EACCES: "permission denied; give yourself the right to use it, or choose another folder with --dir",
    errno.EPERM: "not permitted; give yourself the right to use it, or choose another folder with --dir",
    errno.EISDIR: "a folder stands where a file belongs; move the folder away",
    errno.ENOTDIR: "a file stands where a folder belongs; move the file away",
    errno.ENOENT: "it is not there; was its folder removed?",
}


def refusal(error: OSError, path: Path) -> StreamError:
    """The error of ours, in one line, for what the system said about this file or folder."""
    code = error.errno or 0
    if code in _NOT_KEPT:
        return DurabilityError(f"{path}: {_NOT_KEPT[code]}", path=path)
    return StreamError(f"{path}: {_NOT_ALLOWED.get(code, error.strerror or str(error))}", path=path)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn the system's errors inside into StreamError or DurabilityError naming `path`."""
    try:
        yield
    except OSError as error:
        raise refusal(error, path) from error


if sys.platform == "darwin":
    import fcntl

    def sync(fd: int) -> None:
        """Make what was written to this descriptor durable. OSError when the disk refuses."""
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # macOS: fsync leaves the data in the drive's own cache

elif hasattr(os, "fdatasync"):

    def sync(fd: int) -> None:
        """Make what was written to this descriptor durable. OSError when the disk refuses."""
        os.fdatasync(fd)

else:

    def sync(fd: int) -> None:
        """Make what was written to this descriptor durable. OSError when the disk refuses."""
        os.fsync(fd)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":
        return  # Windows cannot open a folder; its file systems keep names by themselves
    with refusals(path):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def make_folder(path: Path, *, durable: bool) -> None:
    """Make a folder and all that are missing above it; each new name is made durable in its parent."""
    missing = [path]
    while not os.path.isdir(missing[-1].parent) and missing[-1] != missing[-1].parent:
        missing.append(missing[-1].parent)
    for folder in reversed(missing):
        with refusals(folder):
            try:
                os.mkdir(folder)
            except FileExistsError:
                if not os.path.isdir(folder):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
                continue
        if durable:
            sync_folder(folder.parent)


def write_all(fd: int, content: bytes | memoryview) -> None:
    """Write everything: a system call may take only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def real_path(path: Path) -> Path:
    """The file itself where the path is a symlink, which need not lead anywhere yet."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path


def replace_file(path: Path, content: bytes, *, durable: bool) -> None:
    """Put `content` in the file's place at once: readers see the old bytes or the new ones, nothing between.

    The target's mode is kept, a symlink stays a symlink. With `durable` the bytes are synced before the rename; the new
    name is durable after `sync_folder`. Raises StreamError or DurabilityError; then the old file is untouched.
    """
    target = real_path(path)
    with refusals(path):
        _write_aside(target, lambda fd: write_all(fd, content), durable=durable)


def replace_written(path: Path, write: Callable[[int], None], *, durable: bool) -> None:
    """As `replace_file`, for content of any size: `write` puts it through a descriptor."""
    with refusals(path):
        _write_aside(real_path(path), write, durable=durable)


def keep_bytes(path: Path, content: bytes, *, durable: bool) -> None:
    """Write a file so that it, whole, and its name survive a power cut once this returns."""
    replace_file(path, content, durable=durable)
    if durable:
        sync_folder(path.parent)


def keep_copy(path: Path, source: Path, *, durable: bool) -> str:
    """Copy a file as `keep_bytes` would write it; returns the sha256 of its bytes. UsageError: no readable source."""
    digest = hashlib.sha256()

    def copy(fd: int) -> None:
        while block := _next_block(reader, source):
            digest.update(block)
            write_all(fd, block)

    try:
        reader = os.open(source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror}") from error
    try:
        with refusals(path):
            _write_aside(path, copy, durable=durable)
    finally:
        os.close(reader)
    if durable:
        sync_folder(path.parent)
    return digest.hexdigest()


def keep_link(path: Path, source: Path, *, durable: bool) -> None:
    """Give a file that is never changed one more name, in the place of what stood there; a copy where that cannot be.

    With `durable` the file and the name survive a power cut once this returns.
    """
    with refusals(path):
        path.unlink(missing_ok=True)
        try:
            os.link(source, path)
        except OSError:  # another file system, or one without links
            keep_copy(path, source, durable=durable)
            return
        if durable:
            with path.open("rb") as file:
                sync(file.fileno())
    if durable:
        sync_folder(path.parent)


def _next_block(reader: int, source: Path) -> bytes:
    try:
        return os.read(reader, BLOCK_BYTES)
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror}") from error


def _write_aside(target: Path, write: Callable[[int], None], *, durable: bool) -> None:
    temp = target.with_name(TEMP_PREFIX + secrets.token_hex(8))
    fd = os.open(temp, _NEW_FILE, 0o666)
    try:
        try:
            _take_mode(fd, target)
            write(fd)
            if durable:
                sync(fd)
        finally:
            os.close(fd)
        _rename(temp, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temp)
        raise


def _take_mode(fd: int, target: Path) -> None:
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(target).st_mode)
        if os.name != "nt" and mode != stat.S_IMODE(os.fstat(fd).st_mode):
            os.fchmod(fd, mode)


def _rename(temp: Path, target: Path) -> None:
    deadline = time.monotonic() + REPLACE_PATIENCE_S
    while True:
        try:
            os.replace(temp, target)
            return
        except PermissionError:
            # Windows: somebody has the old file open for reading; it will be closed in a moment.
            if os.name != "nt" or os.path.isdir(target) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def is_temp_name(name: str) -> bool:
    """Whether a file of this name is one of ours that was never finished."""
    return _TEMP_NAME.fullmatch(name) is not None


def remove_temp_files(folder: Path, *, older_than_s: float = 0.0, now: Callable[[], float] = time.time) -> None:
    """Remove what dead writers left unfinished in a folder; only for who holds the lock of that folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not is_temp_name(entry.name):
                continue
            with suppress(OSError):
                if now() - entry.stat(follow_symlinks=False).st_mtime >= older_than_s:
                    os.unlink(entry)
