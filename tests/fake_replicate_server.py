"""How the fake talks HTTP/1.1: requests read whole, replies sent whole, cut, too short, or not at all."""

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue

from tests.fake_replicate_media import Blob


@dataclass(frozen=True)
class Request:
    """What was asked; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    port: int = 0
    """Of who asks: tells connections apart."""

    @property
    def json(self) -> JsonValue:
        """The body, read."""
        value: JsonValue = json.loads(self.body)
        return value

    def part(self, name: str) -> tuple[str, str, bytes]:
        """File name, type and bytes of one part of a form."""
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        for part in self.body.split(b"--" + boundary):
            head, _, content = part.partition(b"\r\n\r\n")
            if f'name="{name}"'.encode() in head:
                file_name = re.search(rb'filename="([^"]*)"', head)
                content_type = re.search(rb"Content-Type: (\S+)", head)
                assert file_name is not None
                assert content_type is not None
                return file_name[1].decode(), content_type[1].decode(), content.removesuffix(b"\r\n")
        raise AssertionError(f"the form has no part {name}")


@dataclass
class Reply:
    """What is answered: `pieces` are the body; `spoil` is what goes wrong on its way."""

    status: int
    headers: dict[str, str]
    pieces: Iterable[bytes]
    length: int | None = None
    has_end: bool = True
    spoil: str | None = None
    then: Callable[[], None] = lambda: None
    """Done once the answer is on its way."""

    @classmethod
    def json(cls, status: int, value: object) -> "Reply":
        """A JSON answer."""
        return cls(status, {"Content-Type": "application/json"}, [json.dumps(value).encode()])

    @classmethod
    def of_file(cls, request: Request, blob: Blob) -> "Reply":
        """A file, or the part of it that is asked for."""
        headers = {"Content-Type": blob.content_type, "ETag": blob.etag, "Accept-Ranges": "bytes"}
        if blob.size < 1_000_000:
            headers["X-Goog-Hash"] = f"crc32c=AAAAAA==,md5={blob.md5}"
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if wanted is None or request.headers.get("if-range") not in (None, blob.etag):
            return cls(200, headers, blob.pieces(0, blob.size), length=blob.size)
        start = int(wanted[1])
        if start >= blob.size:
            return cls(416, {"Content-Range": f"bytes */{blob.size}"}, [])
        headers["Content-Range"] = f"bytes {start}-{blob.size - 1}/{blob.size}"
        return cls(206, headers, blob.pieces(start, blob.size), length=blob.size - start)


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def own(self) -> "Server":
        assert isinstance(self.server, Server)
        return self.server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body, self.client_address[1])
        reply = self.own.answer(request)
        if reply.spoil == "drop_after":
            self._hang_up()
            return
        with contextlib.suppress(ConnectionError):  # whoever asked did not wait
            self._send(reply)
        reply.then()

    do_GET = do_POST = _serve  # noqa: N815  # the names the standard library calls

    def _send(self, reply: Reply) -> None:
        if reply.spoil == "other_range" and reply.status == 206:
            total = reply.headers["Content-Range"].partition("/")[2]
            reply.headers["Content-Range"] = f"bytes 7-{(reply.length or 0) + 6}/{total}"
            reply.pieces = [b"x" * (reply.length or 0)]
        pieces = reply.pieces
        length = reply.length
        if length is None and reply.has_end:
            pieces = [b"".join(pieces)]
            length = len(pieces[0])
        if reply.spoil == "small_part" and reply.status == 206 and length is not None:
            pieces, length = [b"".join(pieces)[: length // 2]], length // 2
        if reply.spoil == "wrong_length" and length is not None:
            length += 10
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.has_end:  # all that comes from there has been heard
            self.own.unheard.discard(self.connection)
        self.send_header("Connection", "close") if length is None else self.send_header("Content-Length", str(length))
        self.end_headers()
        sent, until = 0, (length or 0) // 2
        if reply.spoil == "trickle":
            pieces = self._drops(pieces)
        for piece in pieces:
            if reply.spoil in ("half", "cut") and sent + len(piece) >= until:
                self.wfile.write(piece[: max(0, until - sent)])
                break
            self.wfile.write(piece if reply.spoil != "damaged" else b"\0" * 64 + piece[64:])
            sent += len(piece)
        if length is None or reply.spoil in ("half", "cut", "wrong_length"):
            self._hang_up()

    def _drops(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for byte in b"".join(pieces):
            yield bytes([byte])
            self.own.over.wait(0.02)

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """Listens on loopback from its making on, answers from `start` to `stop`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Reply], *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Talk)
        self.answer = answer
        self.port = self.server_port
        self.over = threading.Event()
        self._talking: set[socket.socket] = set()
        self.unheard: set[socket.socket] = set()
        """Connections on which a request may be under way."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more, and cut who is connected."""
        self.over.set()
        self.shutdown()
        self.server_close()
        for talking in tuple(self._talking):
            with contextlib.suppress(OSError):
                talking.shutdown(socket.SHUT_RDWR)

    def hear_out(self, *, patience_s: float = 30.0) -> None:
        """Wait until whoever is connected now was heard to his end. One connection is taken after the other."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience_s) as last:
            last.sendall(b"OPTIONS / HTTP/1.0\r\n\r\n")
            while last.recv(4096):  # answered: so all who came before have been taken
                pass
        until = time.monotonic() + patience_s
        while self.unheard:
            assert time.monotonic() < until, "somebody is still connected"
            time.sleep(0.001)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Remembers from the first moment on who may be asking something."""
        assert isinstance(request, socket.socket)
        self.unheard.add(request)
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Remembers who is connected, so that `stop` can hang up on them."""
        assert isinstance(request, socket.socket)
        self._talking.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._talking.discard(request)
            self.unheard.discard(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up is no error here."""
