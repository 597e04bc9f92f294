"""A real server of the gateway on a free port, and clients that read its streams as a browser does."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from character_flow.gateway.app import Gateway, gateway
from character_flow.snapshot import Snapshot

DEADLINE_S = 60.0

Json = dict[str, Any]


class Server:
    """A gateway behind uvicorn, on a thread of its own."""

    def __init__(self, folder: Path, *, static: Path | None = None, token: str | None = None) -> None:
        self.folder = folder
        self.gateway: Gateway = gateway(folder, static=static, token=token)
        app = Starlette(routes=self.gateway.routes, middleware=self.gateway.middleware, lifespan=self.gateway.lifespan)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        # An idle connection is not closed at the moment a client that was held up uses it again.
        config = uvicorn.Config(app, log_level="error", lifespan="on", ws="websockets-sansio", timeout_keep_alive=600)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=DEADLINE_S, trust_env=False)

    def stop(self) -> None:
        """Stop as SIGINT would: open streams are ended first."""
        self.http.close()
        self.gateway.hub.end_streams()
        self._server.should_exit = True
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the server does not stop"
        self._socket.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET with these headers (`_` for `-`)."""
        return self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def json(self, path: str) -> Json:
        """The JSON object at a path."""
        answer = self.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
        content: Json = answer.json()
        return content

    def ask(self, path: str, **asked: object) -> httpx.Response:
        """POST a JSON object."""
        return self.http.post(path, json=asked)

    def raw(self, request: bytes) -> bytes:
        """What the server answers to these very bytes, up to its head's end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as connection:
            connection.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer and (piece := connection.recv(65536)):
                answer += piece
            return answer

    def exactly(self, target: str) -> tuple[int, Json]:
        """Status and JSON of a GET whose target is sent as it stands: no client tidies it up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.putrequest("GET", target, skip_accept_encoding=True)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def watch(self, path: str = "/plan/events", *, after: str | None = None) -> "Watcher":
        """Follow a stream of events."""
        return Watcher(self.port, path, after=after)

    def clients(self) -> int:
        """How many the server says look on."""
        count: int = self.json("/healthz")["clients"]
        return count


@contextmanager
def serving(folder: Path, *, static: Path | None = None, token: str | None = None) -> Iterator[Server]:
    """A server for as long as a test needs it."""
    server = Server(folder, static=static, token=token)
    try:
        yield server
    finally:
        server.stop()


def wait_until(is_so: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.005)


@dataclass
class Page:
    """What a browser keeps: frames folded as the contract says."""

    head: Json = field(default_factory=dict)
    rows: dict[int, Json] = field(default_factory=dict)
    last: Json = field(default_factory=dict)

    def apply(self, frame: Mapping[str, Any]) -> None:
        """Take a frame in: all rows anew, or the changed ones."""
        rows = {} if frame["full"] else dict(self.rows)
        rows.update((row["step_number"], row) for row in frame["rows"])
        self.last, self.head, self.rows = dict(frame), frame["head"], rows

    @property
    def snapshot(self) -> Snapshot:
        """What it shows."""
        rows = [self.rows[number] for number in sorted(self.rows)]
        return Snapshot.model_validate({**self.head, "steps": rows})


class Watcher:
    """A client of a stream, on a thread of its own. Whoever waits for a frame finds it kept in all that is here."""

    def __init__(self, port: int, path: str, *, after: str | None = None, page: Page | None = None) -> None:
        self.frames: list[Json] = []
        self.ids: list[str] = []
        self.lines: list[bytes] = []
        self.page = page or Page()
        self.is_over = False
        self._id = ""
        self._taking = threading.Lock()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        headers = {"last-event-id": after} if after is not None else {}
        self._connection.request("GET", path, headers=headers)
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError, http.client.HTTPException):  # closed, here or there
            while line := self.answer.readline():
                self._take(line)
        self.is_over = True

    def _take(self, line: bytes) -> None:
        self.lines.append(line)
        if line.startswith(b"data: "):
            frame = json.loads(line.removeprefix(b"data: "))
            with self._taking:
                self.page.apply(frame)
                self.frames.append(frame)
                self.ids.append(self._id)
        elif line.startswith(b"id: "):
            self._id = line.removeprefix(b"id: ").rstrip(b"\n").decode()

    def seen(self, wanted: Callable[[Page], bool], *, within_s: float = DEADLINE_S) -> Json:
        """Wait until the page shows this; returns the frame that did it, or a later one."""
        deadline = time.monotonic() + within_s
        while True:
            was_over = self.is_over
            with self._taking:
                if self.frames and wanted(self.page):
                    return self.page.last
            assert not was_over, f"the stream ended at {self.page.last}"
            assert time.monotonic() < deadline, f"it never came to that: {self.page.last}"
            time.sleep(0.005)

    def shows(self, **head: object) -> Json:
        """Wait until the head holds these values."""
        return self.seen(lambda page: {key: page.head.get(key) for key in head} == head)

    def close(self) -> "Watcher":
        """Go away, as a closed tab does."""
        with suppress(OSError):  # the server was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        self.answer.close()
        self._connection.close()
        return self

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
