"""What a model has written so far: its text, token by token, read on a thread while the prediction runs.

Only for showing: the prediction's final output is the truth, so whatever goes wrong here ends in silence.
Unlike the client 1.0.7 it keeps events without an id, goes on after a cut (Last-Event-ID), and survives `error`.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from character_flow.tools.providers.replicate_http import Home, Pace, timeouts

_ATTEMPTS = 4
_LONGEST_LINE = 1_000_000


@dataclass
class Event:
    """One server-sent event as it came."""

    name: str = "message"
    pieces: list[str] = field(default_factory=list)
    id: str | None = None


def events_of(pieces: Iterator[bytes]) -> Iterator[Event]:
    """The events in a stream of bytes; lines end with LF or CRLF only, for a text may hold every other break."""
    event = Event()
    for line in _lines(pieces):
        if not line:
            if event.pieces or event.name != "message":
                yield event
            event = Event()
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            event.name = value
        elif name == "data":
            event.pieces.append(value)
        elif name == "id" and "\0" not in value:
            event.id = value


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
        if len(rest) > _LONGEST_LINE:
            return


class TextStream:
    """Listens from its creation on; `text` only grows, `is_over` says that nothing more will come."""

    def __init__(self, address: str, *, home: Home, transport: httpx.BaseTransport, pace: Pace) -> None:
        self.text = ""
        self.is_over = False
        self._address = address
        self._home = home
        self._transport = transport
        self._pace = pace
        self._last_id: str | None = None
        self._ids: set[str] = set()
        self._stopped = threading.Event()
        threading.Thread(target=self._listen, name="replicate-stream", daemon=True).start()

    def stop(self) -> None:
        """Nobody reads it any more."""
        self._stopped.set()

    def _listen(self) -> None:
        without_news = 0
        try:
            while without_news < _ATTEMPTS and not self._stopped.is_set():
                before = self.text
                try:
                    if self._listen_once():
                        return
                except (httpx.RequestError, OSError, RuntimeError):
                    pass  # cut, or hung up under our hands: go on where it stopped
                without_news = 0 if len(self.text) > len(before) else without_news + 1
                self._stopped.wait(self._pace.first_pause_s * 2**without_news)
        finally:
            self.is_over = True

    def _listen_once(self) -> bool:
        """Whether there is nothing more to listen for."""
        if not self._home.may_be_asked(self._address):
            return True
        headers = {
            "Accept": "text/event-stream", "Cache-Control": "no-store", "User-Agent": "character_flow",
            **self._home.headers(self._address),
        }  # fmt: skip
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        request = httpx.Request("GET", self._address, headers=headers)
        request.extensions["timeout"] = timeouts(self._pace).as_dict()
        response = self._transport.handle_request(request)
        try:
            if response.status_code != 200 or not response.headers.get("content-type", "").startswith(
                "text/event-stream"
            ):
                return response.status_code not in (408, 425, 429) and response.status_code < 500
            return self._read(response)
        finally:
            response.close()

    def _read(self, response: httpx.Response) -> bool:
        heard = self.text if self._last_id is not None else ""  # without ids it begins again from the start
        for event in events_of(response.iter_bytes()):
            if self._stopped.is_set() or event.name in ("done", "error"):
                return True
            if event.name == "output" and (event.id is None or event.id not in self._ids):
                heard += "\n".join(event.pieces)
                if heard.startswith(("http://", "https://", "data:")):  # files, not words
                    self.text = ""
                    return True
                if len(heard) > len(self.text):
                    self.text = heard
            if event.id is not None:
                self._ids.add(event.id)
                self._last_id = event.id
        return False
