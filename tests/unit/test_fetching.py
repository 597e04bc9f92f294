"""Fetching from an address: once, within its limits, and never from inside the own network unless allowed."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from character_flow.errors import ToolError
from character_flow.fetching import Fetched, Limits, fetch, is_public, shown_address

OPEN = Limits(allow_private=True, max_bytes=100_000, deadline_s=20)


class _Traps(BaseHTTPRequestHandler):
    """A server with a trap behind each path; `seen` lists what was asked for, with the Host header."""

    protocol_version = "HTTP/1.1"

    @property
    def traps(self) -> "_Server":
        assert isinstance(self.server, _Server)
        return self.server

    def do_GET(self) -> None:
        self.traps.seen.append((self.path, self.headers["Host"], self.headers["Accept-Encoding"]))
        path = self.path.partition("?")[0]
        if path == "/ok.png":
            self._answer(200, b"x" * 1000, "image/png; charset=x")
        elif path.startswith("/hop/"):
            left = int(path.removeprefix("/hop/"))
            self._redirect(f"/hop/{left - 1}" if left else "/ok.png")
        elif path == "/elsewhere":
            self._redirect(self.traps.elsewhere)
        elif path == "/large-said":
            self.send_response(200)
            self.send_header("Content-Length", "60000000")
            self.end_headers()
        elif path in ("/large-unsaid", "/endless", "/headers"):
            self._drip(path)
        elif path == "/gzip":
            self._answer(200, b"x", "image/png", encoding="gzip")
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b"x")
            self.close_connection = True
        else:
            self._answer(int(path.removeprefix("/")), b"no", "text/html")

    def _answer(self, status: int, content: bytes, kind: str, *, encoding: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self, path: str) -> None:
        """Goes on until the reader hangs up or the test is over."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if path == "/headers" else b"\r\n"))
        piece = {"/large-unsaid": b"x" * 65_536, "/endless": b"x", "/headers": b"A: b\r\n"}[path]
        try:
            while not self.traps.over.wait(0 if path == "/large-unsaid" else 0.02):
                self.wfile.write(piece)
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Traps)
        self.seen: list[tuple[str, str, str]] = []
        self.over = threading.Event()
        self.elsewhere = ""

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up is no error here."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


def _refusal(address: str, limits: Limits = OPEN) -> str:
    with pytest.raises(ToolError) as caught:
        fetch(address, limits=limits)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_address_is_fetched_once_and_sent_nothing_about_us(server: _Server) -> None:
    assert fetch(server.at("/ok.png?key=1#part"), limits=OPEN) == Fetched(b"x" * 1000, "image/png", "/ok.png")
    assert server.seen == [("/ok.png?key=1", f"127.0.0.1:{server.server_port}", "identity")]


def test_the_connection_goes_to_the_address_that_was_judged_and_the_name_only_into_the_header(server: _Server) -> None:
    """DNS rebinding: a name that answers differently the second time is not asked a second time."""
    asked: list[str] = []

    def changing(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("203.0.113.1",)

    found = fetch(server.at("/ok.png", "pictures.example"), limits=OPEN, resolver=changing)
    assert found.content == b"x" * 1000
    assert asked == ["pictures.example"]
    assert server.seen == [("/ok.png", f"pictures.example:{server.server_port}", "identity")]


def test_a_certificate_is_asked_for_by_name_though_the_connection_goes_to_the_address() -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # has no certificate, so the greeting ends after the name
    context.sni_callback = lambda _, name, __: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=greet)
        thread.start()
        address = f"https://pictures.example:{listening.getsockname()[1]}/x"
        with pytest.raises(ToolError, match=r"^https://pictures\.example:\d+/x cannot be reached: .*ALERT"):
            fetch(address, limits=OPEN, resolver=lambda *_: ("127.0.0.1",))
        thread.join()
    assert asked == ["pictures.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(server: _Server) -> None:
    # The server listens on 127.0.0.1 only, so ::1 refuses (or does not exist) at once.
    found = fetch(server.at("/ok.png", "two.example"), limits=OPEN, resolver=lambda *_: ("::1", "127.0.0.1"))
    assert found.path == "/ok.png"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
    ],
)
def test_private_addresses_are_refused_in_every_spelling_before_anything_is_sent(server: _Server, host: str) -> None:
    def without_name_server(name: str, port: int) -> Sequence[str]:
        numbers = {"localhost": "127.0.0.1", "127.1": "127.0.0.1", "2130706433": "127.0.0.1", "0x7f.0.0.1": "127.0.0.1"}
        return (numbers.get(name, name),)

    with pytest.raises(ToolError, match="leads to a private address; give a public one, or allow private ones"):
        fetch(server.at("/ok.png", host), limits=Limits(), resolver=without_name_server)
    assert server.seen == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(server: _Server) -> None:
    with pytest.raises(ToolError, match="leads to a private address"):
        fetch(
            server.at("/ok.png", "mixed.example"), limits=Limits(), resolver=lambda *_: ("93.184.216.34", "127.0.0.1")
        )
    assert server.seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.255.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:0a00:1::", False),
        ("64:ff9b::5db8:d822", True),
        ("nonsense", False),
    ],
)
def test_an_address_is_public_only_if_everybody_reaches_it(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_redirects_are_followed_up_to_five(server: _Server) -> None:
    assert fetch(server.at("/hop/4"), limits=OPEN).path == "/ok.png"
    assert "redirects more than 5 times" in _refusal(server.at("/hop/5"))


def test_a_redirect_is_judged_like_the_first_address(server: _Server) -> None:
    judged: list[str] = []

    def resolver(host: str, port: int) -> Sequence[str]:
        judged.append(host)
        return ("127.0.0.1",)

    server.elsewhere = "http://second.example:1/secret"
    with pytest.raises(
        ToolError,
        match=r"^http://first\.example:\d+/elsewhere redirects: http://second\.example:1/secret cannot be reached",
    ):
        fetch(server.at("/elsewhere", "first.example"), limits=OPEN, resolver=resolver)
    assert judged == ["first.example", "second.example"]
    for target, refusal in (
        ("file:///etc/passwd", "is no http(s) address"),
        ("ftp://127.0.0.1/x", "is no http(s) address"),
        ("http://name:word@127.0.0.1/x", "is given with a name or password"),
        ("http://127.0.0.1:99999/", "is no address"),
    ):
        server.elsewhere = target
        message = _refusal(server.at("/elsewhere"))
        assert message.startswith(f"{server.at('/elsewhere')} redirects: ")
        assert refusal in message
        assert "word" not in message.replace("password", "")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/404", "answers 404 Not Found"),
        ("/500", "answers 500 Internal Server Error"),
        ("/204", "answers 204 No Content"),
        ("/large-said", "is larger than 0.1 MB"),
        ("/large-unsaid", "is larger than 0.1 MB"),
        ("/gzip", "is sent compressed, which was not asked for"),
        ("/cut", "cannot be fetched: "),
    ],
)
def test_what_does_not_arrive_whole_is_one_line_that_keeps_the_query_to_itself(
    server: _Server, path: str, message: str
) -> None:
    assert _refusal(server.at(f"{path}?token=secret")).startswith(f"{server.at(path)} {message}")


@pytest.mark.parametrize("path", ["/endless", "/headers"])
def test_a_server_that_never_comes_to_an_end_is_left(server: _Server, path: str) -> None:
    limits = Limits(allow_private=True, deadline_s=0.3)
    assert _refusal(server.at(path), limits) == f"{server.at(path)} did not arrive within 0.3 s"


def test_a_name_server_that_never_answers_is_left() -> None:
    release = threading.Event()

    def hanging(host: str, port: int) -> Sequence[str]:
        release.wait(30)
        return ()

    with pytest.raises(ToolError, match=r"did not arrive within 0\.2 s"):
        fetch("http://slow.example/x", limits=Limits(deadline_s=0.2), resolver=hanging)
    release.set()


def test_a_host_that_is_unknown_says_so() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ToolError, match=r"^https://no\.example/x cannot be reached: its host is unknown"):
        fetch("https://no.example/x?y", resolver=unknown)


def test_proxies_of_the_environment_are_not_used(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(server.at("/ok.png"), limits=OPEN).content == b"x" * 1000


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown_address("https://me:word@h.example:8/p/x.png?sig=1#f") == "https://h.example:8/p/x.png"
    assert shown_address("http://[bad") == "the address"
