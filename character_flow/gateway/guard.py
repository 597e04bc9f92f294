"""Who may ask: which names this server answers to, which pages may call it, and the token where others can reach it.

Deliberate: a request without an Origin comes from no foreign page (every browser sends one with what it asks on behalf
of a page, or says so in Sec-Fetch-Site), so command-line clients need none.
"""

import ipaddress
from collections.abc import Mapping
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from character_flow.errors import UsageError

COOKIE = "character_flow_token"
_YEAR_S = 365 * 24 * 3600


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a server that listens here."""
    if address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def check_listening(address: str | None, token: str | None) -> None:
    """Raise UsageError where other machines could reach a server that asks nobody for a token."""
    if token or (address is not None and is_loopback(address)):
        return
    where = address or "all addresses"
    raise UsageError(
        f"the viewer would listen on {where}, for everyone who can reach this machine; listen on 127.0.0.1"
        " (--server.address 127.0.0.1), or set CHARACTER_FLOW_VIEWER_TOKEN to what visitors must bring"
    )


class Guard:
    """The middleware in front of every route and socket, Streamlit's too."""

    def __init__(self, app: ASGIApp, *, token: str | None = None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be asked, and answer the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        refused = self._refusal(scope, headers)
        if refused is None:
            if scope["path"].startswith("/plan/"):  # media keep their ranges, streams their moments: nothing is zipped
                scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refused(scope, receive, send)
        else:
            await receive()  # the handshake; closing before accepting it is answered with 403
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        host = headers.get("host", "")
        if not self._token and not is_loopback(_name_in(host)):
            return _problem(421, f"this server does not answer to {_shown(host)}; open it as http://localhost")
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) != host.lower():
            return _problem(403, f"a page of {_shown(origin)} may not call this server")
        is_visit = scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"
        is_visit = is_visit and headers.get("sec-fetch-dest", "document") == "document"  # in no frame of another page
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_visit:
            return _problem(403, "a page of another site may not call this server")
        return self._without_token(scope, headers) if self._token else None

    def _without_token(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        """None for who brings the token; a visitor who brings it in the address gets it as a cookie."""
        token = self._token or ""
        brought = (headers.get("authorization", "").removeprefix("Bearer "), _cookie(headers))
        if any(compare_digest(one.encode(), token.encode()) for one in brought):
            return None
        asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = asked.pop("token", [""])[0]
        if scope["type"] != "http" or not compare_digest(given.encode(), token.encode()):
            return _problem(401, "open this page once with ?token=..., the token the server was started with")
        query = urlencode(asked, doseq=True)
        here = "/" + scope["path"].lstrip("/")  # two slashes would name another server
        response = RedirectResponse(here + (f"?{query}" if query else ""), status_code=303)
        response.set_cookie(
            COOKIE, token, max_age=_YEAR_S, httponly=True, samesite="strict", secure=scope.get("scheme") == "https"
        )
        return response


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _name_in(host: str) -> str:
    """The name in a Host header, without its port: `[::1]:8501` and `localhost:8501` have one."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _shown(text: str) -> str:
    return repr(text[:80])


def _problem(status: int, problem: str) -> Response:
    return JSONResponse({"problem": problem}, status_code=status)
