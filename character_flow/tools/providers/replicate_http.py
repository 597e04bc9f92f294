"""How a request reaches replicate.com, how long it may take, and what is asked again: the wire below the real client.

Loads httpx, so it is imported with the provider. Where this differs from the client 1.0.7 on purpose:
1. Every request has timeouts: the client sends uploads and new predictions with none, whatever it was built with.
2. An error answer is raised here, with its headers, before the client's own retries see it: they obey any
   Retry-After of whole seconds however long, no other, and never ask again after 500, 502 or a dropped connection.
3. The answer is kept as it came: the client's models refuse a status they do not know (`aborted`).
4. A POST leaves on a connection of its own: one kept open may be closed by the other side at that very moment,
   and then nobody knows whether the request was read.
"""

import json
import math
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import JsonValue

from character_flow.errors import RunCancelledError

T = TypeVar("T")
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_PASSING = frozenset({408, 425, 429})
_MASK = "r8_***"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, in seconds. `patience_s` is how long nothing may be heard before it is given up."""

    connect_s: float = 10.0
    exchange_s: float = 60.0
    patience_s: float = 600.0
    brief_patience_s: float = 20.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0
    longest_wait_s: float = 300.0
    """The longest Retry-After that is obeyed."""
    look_s: float = 1.0
    """How often a prediction is asked for while its text is read along."""
    recheck_s: float = 1.5
    """How long after the first look a lost call is looked for once more: a list may lag behind."""


class Declined(Exception):  # noqa: N818  # an answer, not a fault of ours
    """An answer that says no: 400 and above. `fields` are the parts of the input it complains of."""

    def __init__(self, status: int, detail: str = "", *, fields: tuple[str, ...] = (), wait_s: float | None = None):
        self.status = status
        self.detail = detail
        self.fields = fields
        self.wait_s = wait_s
        super().__init__(f"answered {status}{': ' if detail else ''}{detail}")

    @property
    def is_passing(self) -> bool:
        """Whether the same question may be answered later."""
        return self.status in _PASSING or self.status >= 500


class Garbled(Exception):  # noqa: N818  # an answer, not a fault of ours
    """An answer that was no JSON object, or not all of one."""


class NotSent(Exception):  # noqa: N818  # the request's fate
    """Not one byte of a request left. `is_passing` tells whether the next one may."""

    def __init__(self, reason: str, *, is_passing: bool) -> None:
        self.is_passing = is_passing
        super().__init__(reason)


class Silent(Exception):  # noqa: N818  # the end of patience
    """Nothing usable was heard for as long as patience lasts."""


@dataclass
class Exchange:
    """What one call of the client sent and got: whether a request left, and the last answer as it came."""

    left: bool = False
    status: int = 0
    body: bytes | None = None

    def answer(self) -> dict[str, JsonValue]:
        """The JSON object of the answer; Garbled when it is none."""
        if self.body is None or not 200 <= self.status < 300:
            raise Garbled(f"answered {self.status or 'nothing'}")
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Garbled("answered something that is not JSON") from None
        if not isinstance(value, dict):
            raise Garbled("answered JSON that is not an object")
        return value


class Wire(httpx.BaseTransport):
    """Carries the client's requests, each whole and within its time; `heard()` keeps the answer for this thread."""

    def __init__(self, pace: Pace, *, clock: Callable[[], float] = time.monotonic) -> None:
        trust = _trusted()
        self.kept_open = httpx.HTTPTransport(verify=trust)
        """For what may be asked again: downloads and streams share its connections."""
        self._fresh = httpx.HTTPTransport(verify=trust, limits=httpx.Limits(max_keepalive_connections=0))
        self._pace = pace
        self._clock = clock
        self._heard = threading.local()
        self._is_closed = False

    @contextmanager
    def heard(self) -> Iterator[Exchange]:
        """What this thread's requests send and get, until the block ends."""
        exchange = Exchange()
        self._heard.exchange = exchange
        try:
            yield exchange
        finally:
            self._heard.exchange = Exchange()

    def carry(self, request: httpx.Request) -> httpx.Response:
        """One request, sent once; raises Declined for 400 and above."""
        self.check_open()
        exchange: Exchange = getattr(self._heard, "exchange", None) or Exchange()
        request.extensions["timeout"] = timeouts(self._pace).as_dict()
        exchange.body, exchange.left = None, True
        response = (self._fresh if request.method == "POST" else self.kept_open).handle_request(request)
        ends = self._clock() + self._pace.exchange_s
        body = bytearray()
        try:
            for piece in response.iter_bytes():
                body += piece
                if self._clock() > ends:  # a read timeout alone lets an answer trickle for ever
                    raise httpx.ReadTimeout("the answer did not end in time", request=request)
        finally:
            response.close()
            if self._is_closed:  # while it was on its way: a connection made meanwhile would be closed by nobody
                response.extensions["network_stream"].close()
        exchange.status, exchange.body = response.status_code, bytes(body)
        if response.status_code >= 400:
            raise declined(response.status_code, response.headers, exchange.body, longest_s=self._pace.longest_wait_s)
        return httpx.Response(response.status_code, content=exchange.body, request=request)

    handle_request = carry  # the name httpx calls

    def check_open(self) -> None:
        """Raise RunCancelledError once it is closed: on a thread that the run has left behind."""
        if self._is_closed:
            raise RunCancelledError("the run is over")

    def close(self) -> None:
        """Close what is open; nothing leaves from here any more."""
        self._is_closed = True
        self.kept_open.close()
        self._fresh.close()


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reads some hundred certificates: 20 ms


def timeouts(pace: Pace) -> httpx.Timeout:
    """What every request is sent with."""
    return httpx.Timeout(pace.exchange_s, connect=pace.connect_s)


def declined(status: int, headers: Mapping[str, str], body: bytes, *, longest_s: float) -> Declined:
    """What an error answer says: its sentence on one line, the fields it names, how long to wait."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    told: dict[str, JsonValue] = value if isinstance(value, dict) else {}
    detail = told.get("detail") or told.get("title") or ""
    named = told.get("invalid_fields")
    fields = tuple(
        str(entry["field"]) for entry in (named if isinstance(named, list) else ())
        if isinstance(entry, dict) and entry.get("field")
    )  # fmt: skip
    wait_s = wait_asked_for(headers.get("retry-after"), longest_s=longest_s)
    if wait_s is None:
        wait_s = wait_asked_for(str(told.get("retry_after")), longest_s=longest_s)
    return Declined(status, " ".join(str(detail).split())[:300], fields=fields, wait_s=wait_s)


def wait_asked_for(
    value: str | None, *, longest_s: float, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float | None:
    """The seconds a Retry-After asks for - whole, decimal, or until an HTTP date - from 0 to `longest_s`, else None."""
    if value is None:
        return None
    try:
        wait_s = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait_s = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now()).total_seconds()
    return None if math.isnan(wait_s) else max(0.0, min(wait_s, longest_s))


@dataclass
class Patience:
    """Asks again and again what may be asked again, with growing pauses, until `patience_s` without an answer."""

    pace: Pace
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    def pause_s(self, attempt: int, asked_for: float | None = None) -> float:
        """How long to wait after attempt 0, 1, 2 ...: what the service asked for, at least."""
        grown: float = min(self.pace.longest_pause_s, self.pace.first_pause_s * 2.0 ** min(attempt, 16))
        return max(asked_for or 0.0, grown * (0.75 + 0.5 * self.jitter()))

    def until_answered(self, ask: Callable[[], T], *, patience_s: float | None = None) -> T:
        """What `ask` gives at last; a definite no is raised at once (Declined), Silent when patience is over."""
        ends = self.clock() + (self.pace.patience_s if patience_s is None else patience_s)
        attempt = 0
        while True:
            try:
                return ask()
            except Declined as no:
                if not no.is_passing:
                    raise
                reason, asked_for = str(no), no.wait_s
            except NotSent as trouble:
                if not trouble.is_passing:
                    raise Silent(str(trouble)) from None
                reason, asked_for = str(trouble), None
            except (httpx.RequestError, Garbled) as trouble:
                reason, asked_for = reason_of(trouble), None
            pause = self.pause_s(attempt, asked_for)
            if self.clock() + pause > ends:
                raise Silent(reason)
            self.sleep(pause)
            attempt += 1


def heard_by(wire: Wire, call: Callable[[], object]) -> dict[str, JsonValue]:
    """The JSON object that one call of the client was answered with, whatever the client's own models think of it.

    Raises Declined for a no, NotSent where nothing left, httpx.RequestError or Garbled where nobody knows more.
    """
    with wire.heard() as exchange:
        try:
            call()
        except _NOT_SENT as trouble:
            raise NotSent(reason_of(trouble), is_passing=True) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if not exchange.left:
                raise NotSent(f"cannot be asked this: {' '.join(str(error).split())}", is_passing=False) from None
            # The client could not read what it got, and we can.
        return exchange.answer()


def reason_of(trouble: Exception) -> str:
    """One line about a request that came to nothing."""
    words = " ".join(str(trouble).split()) or type(trouble).__name__
    if isinstance(trouble, _NOT_SENT):
        return f"cannot be reached ({words})"
    if isinstance(trouble, httpx.TimeoutException):
        return "gave no answer in time"
    return f"was cut off ({words})" if isinstance(trouble, httpx.RequestError) else words


@dataclass(frozen=True)
class Home:
    """Where the service lives and the token it knows us by: the token goes to its hosts and to nobody else."""

    address: str
    token: str = field(repr=False)

    def is_address(self) -> bool:
        """Whether the service's own address is one."""
        return self.address.startswith(("http://", "https://")) and self.may_be_asked(self.address)

    def is_own(self, address: str) -> bool:
        """Whether an address is of the service's own origin."""
        try:
            return _origin(address) == _origin(self.address)
        except httpx.InvalidURL:
            return False

    def may_be_asked(self, address: str) -> bool:
        """Whether something may be fetched from there: an https address, or the service's own origin."""
        try:
            url = httpx.URL(address)
            urlsplit(address)  # is less patient with what is no address
        except (httpx.InvalidURL, ValueError):
            return False
        return (url.scheme == "https" and bool(url.host)) or self.is_own(address)

    def headers(self, address: str) -> dict[str, str]:
        """What a request to this address carries of us."""
        is_own = self.is_own(address) or (self.may_be_asked(address) and self._is_sister(httpx.URL(address)))
        return {"Authorization": f"Bearer {self.token}"} if is_own else {}

    def _is_sister(self, url: httpx.URL) -> bool:
        """The service streams from another host of its own domain; what users make lies in another domain."""
        is_ours = httpx.URL(self.address).host == "api.replicate.com"
        return is_ours and url.port is None and url.host.endswith(".replicate.com")

    def masked(self, text: str) -> str:
        """The text without the token, in whatever form it is in."""
        for form in {self.token, quote(self.token, safe="")}:
            text = text.replace(form, _MASK)
        return text


def _origin(address: str) -> tuple[str, str, int | None]:
    url = httpx.URL(address)
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
