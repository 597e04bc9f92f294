"""Is the holder alive: who holds a run or the page, and his sign of life.

Readers never take a lock: probing it made starters see "busy". They look at the owner file instead.
"""

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from character_flow.json_text import to_json_bytes
from character_flow.stream.files import replace_file
from character_flow.stream.journal import utc_now

PULSE_S = 1.0


class Owner(BaseModel):
    """The process that holds a lock. `start_token` tells it from a later process with the same pid."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    host: str
    pid: int
    pid_namespace: str
    start_token: str
    boot_id: str
    started_at: str
    run_id: str = ""
    epoch: int = 0

    def __str__(self) -> str:
        """For people: `pid 4242 on myhost, run 2026..., since 2026-...`."""
        run = f", run {self.run_id}" if self.run_id else ""
        return f"pid {self.pid} on {self.host}{run}, since {self.started_at}"


def this_process(run_id: str = "", epoch: int = 0, *, now: Callable[[], datetime] = utc_now) -> Owner:
    """This process as the owner of a run."""
    pid = os.getpid()
    return Owner(
        host=platform.node(),
        pid=pid,
        pid_namespace=_pid_namespace(),
        start_token=_start_token(pid) or "",
        boot_id=_boot_id(),
        started_at=now().isoformat(timespec="seconds"),
        run_id=run_id,
        epoch=epoch,
    )


def write_owner(path: Path, owner: Owner) -> None:
    """Say who holds it. Not durable: after a power cut nobody does."""
    replace_file(path, to_json_bytes(owner.model_dump()) + b"\n", durable=False)


def read_owner(path: Path) -> Owner | None:
    """Who wrote the owner file; None when there is none or it says nothing that can be read."""
    try:
        return Owner.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


@dataclass(frozen=True, slots=True)
class Liveness:
    """`none`: nobody holds it. `unknown`: held elsewhere, and `silent_s` seconds without a sign of life."""

    kind: Literal["alive", "dead", "unknown", "none"]
    owner: Owner | None = None
    silent_s: float | None = None


def state_of(owner_path: Path, *, now: Callable[[], float] = time.time) -> Liveness:
    """Whether the holder named in an owner file is alive; certain only on the same host, boot and pid namespace."""
    try:
        touched = owner_path.stat().st_mtime
    except FileNotFoundError:
        return Liveness("none")
    except OSError:
        return Liveness("unknown")  # no right to look
    owner = read_owner(owner_path)
    if owner is not None and _is_near(owner):
        alive = _start_token(owner.pid) == owner.start_token
        return Liveness("alive" if alive else "dead", owner)
    return Liveness("unknown", owner, max(0.0, now() - touched))


def _is_near(owner: Owner) -> bool:
    here = (platform.node(), _boot_id(), _pid_namespace())
    return (owner.host, owner.boot_id, owner.pid_namespace) == here


def _start_token(pid: int) -> str | None:
    """When a process began, as the system tells it; None for no such process, or its remains."""
    if sys.platform != "linux":
        return _start_told_by_ps(pid)
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()  # the name before the bracket may hold anything
    return None if fields[0] in "ZX" else fields[19]  # a zombie writes no more; field 22 is the start time


def _start_told_by_ps(pid: int) -> str | None:
    told = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return None if not told or told[0].startswith("Z") else told[-1].strip()


@cache
def _boot_id() -> str:
    if sys.platform == "darwin":
        return subprocess.run(
            ["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, check=False
        ).stdout.strip()
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


@cache
def _pid_namespace() -> str:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


class Pulse:
    """The sign of life: calls each of `beats` once a second on a thread of its own, until `stop()`."""

    def __init__(self, beats: Sequence[Callable[[], None]], *, interval_s: float = PULSE_S) -> None:
        self._beats = tuple(beats)
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="character-flow-pulse", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            for beat in self._beats:
                beat()

    def stop(self) -> None:
        """No beat happens after this returns."""
        self._stop.set()
        self._thread.join()
