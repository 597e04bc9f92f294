"""What stands behind an http(s) address: fetched once, within limits, never from inside the own network.

The host's name is looked up here, all its addresses are judged, and the connection goes to one of them and
nowhere else, so a name that answers differently the next time (DNS rebinding) gains nothing. Each redirect is
judged anew. Loads httpx, so it is imported when an address is given.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from character_flow.errors import ToolError

Resolver = Callable[[str, int], Sequence[str]]
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, how long and how far a fetch may go; `deadline_s` counts from the first look-up."""

    max_bytes: int = 50_000_000
    deadline_s: float = 30.0
    max_redirects: int = 5
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole body, the type the server gives it ("" if none), and the path of the last address."""

    content: bytes
    content_type: str
    path: str


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host; OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


def fetch(address: str, *, limits: Limits | None = None, resolver: Resolver = resolve) -> Fetched:
    """Get what the address leads to; raises ToolError naming it (without its query) and what is wrong.

    The work is done on a daemon thread: neither a name server nor a server that trickles its headers has a
    timeout that could be trusted, and what hangs must not hold the run.
    """
    limits = limits or Limits()
    attempt = _Fetch(limits, resolver, time.monotonic() + limits.deadline_s)
    thread = threading.Thread(target=attempt.run, args=(address,), name="fetch", daemon=True)
    thread.start()
    thread.join(limits.deadline_s)
    if attempt.outcome is None:
        attempt.is_given_up = True
        raise _too_slow(address, limits)
    if isinstance(attempt.outcome, ToolError):
        raise attempt.outcome
    return attempt.outcome


def shown_address(address: str) -> str:
    """The address as it may be shown: without name, password, query and fragment, which can hold keys."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the address"
    return f"{parts.scheme}://{host}{parts.path}"


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also in the IPv6 forms of IPv4 addresses."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _too_slow(address: str, limits: Limits) -> ToolError:
    return ToolError(f"{shown_address(address)} did not arrive within {limits.deadline_s:g} s")


class _Fetch:
    """One fetch under way; `outcome` is set once, at its end."""

    def __init__(self, limits: Limits, resolver: Resolver, ends: float) -> None:
        self.outcome: Fetched | ToolError | None = None
        self.is_given_up = False
        self._limits = limits
        self._resolver = resolver
        self._ends = ends

    def run(self, address: str) -> None:
        try:
            self.outcome = self._follow(address)
        except ToolError as error:
            self.outcome = error
        except httpx.TimeoutException:
            self.outcome = _too_slow(address, self._limits)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            self.outcome = ToolError(f"{shown_address(address)} cannot be fetched: {reason}")

    def _follow(self, address: str) -> Fetched:
        given = address
        for _ in range(self._limits.max_redirects + 1):
            try:
                answer = self._get(address)
            except ToolError as error:
                if address == given:
                    raise
                raise ToolError(f"{shown_address(given)} redirects: {error}") from None  # the address people know
            if isinstance(answer, Fetched):
                return answer
            address = urljoin(address, answer)
        raise ToolError(f"{shown_address(given)} redirects more than {self._limits.max_redirects} times")

    def _get(self, address: str) -> Fetched | str:
        """What is there, or where it is said to be."""
        parts, hosts = self._judged(address)
        unreachable: httpx.TransportError | None = None
        with httpx.Client(trust_env=False, follow_redirects=False) as client:
            for host in hosts:
                try:
                    return self._get_from(client, parts, host)
                except httpx.ConnectError as error:
                    unreachable = error
        raise ToolError(f"{shown_address(address)} cannot be reached: {unreachable}")

    def _judged(self, address: str) -> tuple[SplitResult, Sequence[str]]:
        """The parts of an address that may be fetched, and the IP addresses to connect to."""
        shown = shown_address(address)
        try:
            parts = urlsplit(address)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise ToolError(f"{shown} is no address: {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ToolError(f"{shown} is no http(s) address")
        if "@" in parts.netloc:
            raise ToolError(f"{shown} is given with a name or password, which would be kept: take them out")
        try:
            found = self._resolver(parts.hostname, port)
        except (OSError, UnicodeError) as error:
            raise ToolError(f"{shown} cannot be reached: its host is unknown ({error})") from None
        if not self._limits.allow_private and not all(is_public(ip) for ip in found):
            raise ToolError(
                f"{shown} leads to a private address; give a public one, or allow private ones"
                " (CHARACTER_FLOW_ALLOW_PRIVATE_URLS=true)"
            )
        return parts, found

    def _get_from(self, client: httpx.Client, parts: SplitResult, host: str) -> Fetched | str:
        shown = shown_address(parts.geturl())
        left = max(0.001, min(10.0, self._ends - time.monotonic()))
        literal = f"[{host}]" if ":" in host else host
        request = client.build_request(
            "GET",
            parts._replace(netloc=f"{literal}:{parts.port}" if parts.port else literal, fragment="").geturl(),
            headers={
                "Host": parts.netloc, "User-Agent": "character_flow", "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
            timeout=httpx.Timeout(left),
            # The certificate is checked against the name, though the connection goes to the address.
            extensions={"sni_hostname": parts.hostname},
        )  # fmt: skip
        response = client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS and response.headers.get("Location"):
                return str(response.headers["Location"])
            if response.status_code != HTTPStatus.OK:
                raise ToolError(f"{shown} answers {response.status_code} {response.reason_phrase}".rstrip())
            return self._read(response, shown, parts.path)
        finally:
            response.close()

    def _read(self, response: httpx.Response, shown: str, path: str) -> Fetched:
        too_large = ToolError(f"{shown} is larger than {self._limits.max_bytes / 1e6:g} MB")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ToolError(f"{shown} is sent compressed, which was not asked for")
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self._limits.max_bytes:
            raise too_large
        content = bytearray()
        for piece in response.iter_raw():
            content += piece
            if len(content) > self._limits.max_bytes:
                raise too_large
            if self.is_given_up or time.monotonic() > self._ends:
                raise _too_slow(shown, self._limits)
        return Fetched(bytes(content), response.headers.get("Content-Type", "").partition(";")[0].strip(), path)
