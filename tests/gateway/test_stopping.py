"""How the viewer stops: at once, whoever looks on, and its threads with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from character_flow.events import PlanResumed
from character_flow.gateway.stopping import PATIENCE_S
from character_flow.stream.liveness import this_process, write_owner
from tests.gateway.served import DEADLINE_S, Server, Watcher, wait_until
from tests.gateway.test_crowd import UPGRADE, asleep
from tests.gateway.test_live import publish, published
from tests.house.sources import ROOT
from tests.ports import kept_port
from tests.unit.recorded import RUN_ID, make_run
from tests.unit.recorded import started as plan_started

pytestmark = pytest.mark.faults


VIEWER = ["-m", "streamlit", "run", "stream_viewer.py", "--server.port"]
PLAIN = """
import os, sys, uvicorn
from pathlib import Path
from starlette.applications import Starlette
from character_flow.gateway.app import gateway

served = gateway(Path(os.environ["CHARACTER_FLOW_DIR"]))
app = Starlette(routes=served.routes, middleware=served.middleware, lifespan=served.lifespan)
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""

Process = subprocess.Popen[bytes]


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple[Process, int]]:
    """A server in a process of its own, and its port; what it prints is in `server.log`."""
    log = folder / "server.log"
    with kept_port() as port, log.open("wb") as out:
        environ = {**os.environ, "CHARACTER_FLOW_DIR": str(folder)}
        process = subprocess.Popen(
            [sys.executable, *words, str(port)], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            wait_until(lambda: _answers(port) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield process, port
        finally:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _stop(process: Process, number: signal.Signals) -> None:
    asked = time.monotonic()
    process.send_signal(number)
    process.wait(DEADLINE_S)  # tabs that hold it up hold it for good
    print(f"{number.name}: ended after {time.monotonic() - asked:.2f} s")


def test_ctrl_c_ends_the_viewer_at_once_though_tabs_are_open(tmp_path: Path) -> None:
    """The daily gesture in terminal 1."""
    run, journal = published(tmp_path)
    journal.close()
    with started(tmp_path, *VIEWER) as (process, port), ExitStack() as tabs:
        paths = ["/plan/events", "/plan/events", f"/plan/runs/{run.id}/events"]
        pages = [tabs.enter_context(Watcher(port, path)) for path in paths]
        for page in pages:
            page.shows(run_id=run.id)
        _stop(process, signal.SIGINT)
        wait_until(lambda: all(page.is_over for page in pages))
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_tabs_that_sleep_do_not_keep_the_server_up(tmp_path: Path) -> None:
    """They read no more, not even the end of their streams: they are cut off."""
    steps = 3_000
    run, journal = make_run(tmp_path, first=plan_started(steps=steps))
    write_owner(run.owner, this_process(RUN_ID, 1))
    publish(run)
    with started(tmp_path, "-c", PLAIN) as (process, port), Watcher(port, "/plan/events") as page, ExitStack() as tabs:
        tabs.enter_context(asleep(port))
        tabs.enter_context(asleep(port, "/plan/ws", *UPGRADE))
        for _ in range(8):  # about a megabyte each: more than the system keeps for him
            journal.append(PlanResumed(restart=tuple(range(1, steps + 1))))
            page.shows(seq=journal.seq)
        _stop(process, signal.SIGTERM)
    journal.close()
    assert PATIENCE_S < 1
    assert "asynchronous generator" not in (tmp_path / "server.log").read_text()


def test_a_server_that_stops_leaves_no_thread_behind(tmp_path: Path) -> None:
    _run, journal = published(tmp_path)
    journal.close()
    before = set(threading.enumerate())
    server = Server(tmp_path)
    with server.watch() as page:
        page.shows(status="running")
        server.stop()
        wait_until(lambda: page.is_over)
    left = [thread for thread in threading.enumerate() if thread not in before and "AnyIO" not in thread.name]
    assert left == []
