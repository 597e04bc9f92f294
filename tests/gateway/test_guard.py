"""Who is let in: this machine's own pages, and with a token whoever brings it; nobody else, by no way round."""

from collections.abc import Iterator

import httpx
import pytest

from character_flow.errors import UsageError
from character_flow.gateway.guard import COOKIE, check_listening, is_loopback
from tests.gateway.served import Server, serving

TOKEN = "correct horse & battery = staple"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for this machine only."""
    with serving(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for a token."""
    with serving(tmp_path_factory.mktemp("shared"), token=TOKEN) as server:
        yield server


def _refused(answer: httpx.Response) -> tuple[int, str]:
    assert list(answer.json()) == ["problem"]
    return answer.status_code, answer.json()["problem"]


@pytest.mark.parametrize(
    "host", ["localhost:{}", "LOCALHOST:{}", "127.0.0.1:{}", "127.8.9.1", "[::1]:{}", "[::1]", "localhost"]
)
def test_this_machine_is_known_by_all_its_names(home: Server, host: str) -> None:
    assert home.get("/healthz", host=host.format(home.port)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5:8501",
     "0.0.0.0", "[::]:80", "[fe80::1]", "::1", "user@localhost", "localhost.", ""],
)  # fmt: skip
def test_a_name_that_is_not_this_machines_is_misdirected(home: Server, host: str) -> None:
    """DNS rebinding: a foreign name that leads here is still foreign."""
    for path in ("/plan/events", "/anything"):
        told = _refused(home.get(path, host=host))
        assert told == (421, f"this server does not answer to {host!r}; open it as http://localhost")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:1", "http://localhost.evil.example", "http://[::1", "file://"],
)  # fmt: skip
def test_a_foreign_page_may_not_call(home: Server, origin: str) -> None:
    for method, path in (("GET", "/plan/snapshot"), ("POST", "/plan/clear"), ("OPTIONS", "/plan/clear")):
        answer = home.http.request(method, path, headers={"origin": origin, "host": f"localhost:{home.port}"})
        assert _refused(answer) == (403, f"a page of {origin!r} may not call this server")


def test_the_pages_of_this_server_may_call(home: Server) -> None:
    for host in (f"localhost:{home.port}", f"[::1]:{home.port}"):
        for site in ("same-origin", "none"):
            answer = home.get("/healthz", host=host, origin=f"http://{host}", sec_fetch_site=site)
            assert answer.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_another_page_may_lead_here_and_nothing_more(home: Server, site: str) -> None:
    """Followed by a person, not fetched, framed or sent as a form."""
    visit = {"sec_fetch_site": site, "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert home.get("/healthz", **visit).status_code == 200
    refused = (403, "a page of another site may not call this server")
    others = [visit | {"sec_fetch_dest": dest} for dest in ("iframe", "frame", "object", "embed")]
    others += [{"sec_fetch_site": site, "sec_fetch_mode": mode} for mode in ("no-cors", "cors", "websocket")]
    assert [_refused(home.get("/plan/snapshot", **headers)) for headers in others] == [refused] * len(others)
    headers = {name.replace("_", "-"): value for name, value in visit.items()}
    assert _refused(home.http.post("/plan/clear", json={}, headers=headers)) == refused


def _handshake(server: Server, path: str, *lines: str, host: str | None = None) -> bytes:
    request = [
        f"GET {path} HTTP/1.1", f"Host: {host or f'localhost:{server.port}'}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", *lines,
    ]  # fmt: skip
    return server.raw("\r\n".join([*request, "", ""]).encode()).partition(b"\r\n")[0]


def test_sockets_are_guarded_like_everything_else(home: Server, shared: Server) -> None:
    own = f"Origin: http://localhost:{home.port}"
    assert _handshake(home, "/plan/ws", own) == b"HTTP/1.1 101 Switching Protocols"
    assert _handshake(shared, "/plan/ws", f"Authorization: Bearer {TOKEN}") == b"HTTP/1.1 101 Switching Protocols"
    refused = [
        _handshake(home, "/plan/ws", "Origin: http://evil.example"),
        _handshake(home, "/plan/ws", "Origin: null"),
        _handshake(home, "/plan/ws", own, "Sec-Fetch-Site: cross-site"),
        _handshake(home, "/_stcore/stream", "Origin: http://evil.example"),
        _handshake(home, "/plan/ws", host="evil.example"),
        _handshake(shared, "/plan/ws"),
        _handshake(shared, "/plan/ws?token=wrong"),
    ]
    assert refused == [b"HTTP/1.1 403 Forbidden"] * len(refused)


ASKED = (401, "open this page once with ?token=..., the token the server was started with")


def test_without_the_token_nothing_is_answered(shared: Server) -> None:
    for path in ("/", "/healthz", "/plan/events", "/plan/snapshot", "/plan/static/main.js"):
        assert _refused(shared.get(path)) == ASKED
    assert _refused(shared.http.post("/plan/clear", json={})) == ASKED


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer wrong"}, {"authorization": "Bearer"}, {"authorization": "Basic Og=="},
     {"cookie": f"{COOKIE}=wrong"}, {"cookie": f"{COOKIE}="}, {"cookie": "=;;=[x]"}, {"cookie": "a=b;" * 500},
     {"authorization": "Bearer t\xf6ken"}],
)  # fmt: skip
def test_a_wrong_token_is_no_token(shared: Server, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    assert _refused(shared.http.get("/healthz", headers=encoded)) == ASKED
    assert _refused(shared.http.get("/healthz?token=wrong", headers=encoded)) == ASKED


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address(shared: Server) -> None:
    answer = shared.http.get("/healthz", params={"token": TOKEN, "run": "a b", "empty": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/healthz?run=a+b&empty=")
    cookie = answer.headers["set-cookie"]
    assert [part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/", "Secure")] == [True, True, True, False]
    assert shared.http.cookies.get(COOKIE) is not None
    assert shared.http.get("/healthz").status_code == 200
    with_both = shared.http.get("/healthz", headers={"authorization": "Basic Og=="})  # of a proxy, say
    assert with_both.status_code == 200
    shared.http.cookies.clear()
    assert _refused(shared.http.get("/healthz")) == ASKED


def test_the_way_back_from_the_token_never_leads_to_another_server(shared: Server) -> None:
    head = shared.raw(
        f"GET //evil.example/x?token={TOKEN.replace(' ', '+').replace('&', '%26')} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    )
    assert b"location: /evil.example/x\r\n" in head.lower()


def test_a_program_brings_the_token_as_bearer_from_any_name(shared: Server) -> None:
    """Where others may reach the server it has names of its own; pages of other origins stay out."""
    brought = {"authorization": f"Bearer {TOKEN}"}
    assert shared.get("/healthz", **brought, host="studio.example:8501").status_code == 200
    assert _refused(shared.get("/healthz", **brought, origin="http://evil.example"))[0] == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]", "127.1.2.3"])
def test_listening_for_this_machine_needs_no_token(address: str) -> None:
    assert is_loopback(address)
    check_listening(address, None)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "studio.example"])
def test_listening_for_others_needs_a_token(address: str | None) -> None:
    check_listening(address, "secret")
    with pytest.raises(UsageError, match=r"for everyone who can reach this machine; listen on 127\.0\.0\.1"):
        check_listening(address, None)
