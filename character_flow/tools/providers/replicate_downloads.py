"""How an output gets from replicate.com into a folder: whole, with the size, hash and type it should have, or not."""

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import httpx

from character_flow.errors import ProviderError
from character_flow.tools.providers.replicate_answers import NAME
from character_flow.tools.providers.replicate_files import FAMILIES, SAME, kind_of_content
from character_flow.tools.providers.replicate_http import Declined, Home, Patience, declined, reason_of, timeouts

_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (403, 404, 410)
_SLOWEST = 1024  # bytes a second
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml|error)", re.IGNORECASE)


@dataclass(frozen=True)
class Downloads:
    """Brings outputs into a folder: size, hash and type are checked, and only whole files get their name."""

    home: Home
    transport: httpx.BaseTransport
    patience: Patience
    max_bytes: int = 4_000_000_000
    restarts: int = 4
    """How often a file is begun again from its start before it is given up."""

    def get(self, address: str, folder: Path, *, kind: str | None, number: int, prediction_id: str) -> Path:
        """Download one output, `number` of its prediction; ProviderError tells why not, retryable if that may help."""
        # Named as stream/files.py names what it writes aside: whoever takes the run removes what a dead process left.
        part = _Part(self, folder / f".tmp-cf-{secrets.token_hex(8)}", prediction_id)
        try:
            with part.path.open("xb") as file:
                if address.startswith("data:"):
                    file.write(_decoded(address, prediction_id))
                else:
                    part.fill(file, address)
            ending = _checked_ending(part.path, address, kind=kind, prediction_id=prediction_id)
            target = _free(folder, kind or "output", ending, first=number)
            part.path.replace(target)
        finally:
            part.path.unlink(missing_ok=True)
        return target


def _free(folder: Path, stem: str, ending: str, *, first: int) -> Path:
    """A file of a name that nothing else in the folder has: it may hold what an earlier call of the attempt gave."""
    number = first
    while True:
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{ending}"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path


def _decoded(address: str, prediction_id: str) -> bytes:
    head, _, payload = address.partition(",")
    try:
        if head.endswith(";base64"):
            return base64.b64decode(unquote_to_bytes(payload), validate=True)
    except binascii.Error:
        raise _bad("its output is a data: address that cannot be decoded", prediction_id) from None
    return unquote_to_bytes(payload)


def _bad(problem: str, prediction_id: str, *, retryable: bool = False) -> ProviderError:
    return ProviderError(
        f"replicate's prediction {prediction_id}: {problem}",
        provider=NAME, prediction_id=prediction_id, retryable=retryable,
    )  # fmt: skip


def _checked_ending(path: Path, address: str, *, kind: str | None, prediction_id: str) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise _bad("its output file is empty", prediction_id)
    named = Path(urlsplit(address).path).suffix.lower() if not address.startswith("data:") else ""
    named = SAME.get(named, named)
    found = kind_of_content(head)
    if found is None and _MARKUP.match(head) and named not in (".html", ".htm", ".xml"):
        raise _bad("instead of its output a web page came", prediction_id)
    wanted = FAMILIES.get(named) if named else kind if kind in ("image", "video") else None
    if wanted is not None and (found is None or FAMILIES[found] != wanted):
        what = "of no known kind" if found is None else found[1:]
        raise _bad(
            f"its output should be {'an' if wanted[0] in 'aeiou' else 'a'} {wanted}, but is {what}", prediction_id
        )
    return found or (named if re.fullmatch(r"\.[a-z0-9]{1,8}", named) else ".bin")


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        return ""  # leads nowhere, and is refused there


class _Speed:
    """Ends what comes too slowly to be waited for: asked anew, it goes on from where it was."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._since, self._came = patience.clock(), 0

    def check(self, came: int) -> None:
        """Raises a timeout when less than a kilobyte a second came for as long as an exchange may take."""
        self._came += came
        now = self._patience.clock()
        if now - self._since > self._patience.pace.exchange_s:
            if self._came < _SLOWEST * (now - self._since):
                raise httpx.ReadTimeout("too slow")
            self._since, self._came = now, 0


class _Part:
    """One file on its way: what has arrived of it, and what the service said of the whole."""

    def __init__(self, downloads: Downloads, path: Path, prediction_id: str) -> None:
        self.path = path
        self._own = downloads
        self._prediction_id = prediction_id
        self._begin()

    def _begin(self) -> None:
        self._arrived = 0
        self._total: int | None = None
        self._etag: str | None = None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._promised_md5: str | None = None

    def fill(self, file: BinaryIO, address: str) -> None:
        """Ask until the whole file has arrived, going on where it was cut."""
        patience, restarts = self._own.patience, 0
        heard_at, attempt = patience.clock(), 0
        while True:
            before = self._arrived
            asked_for: float | None = None
            try:
                problem = self._ask(file, address)
                if problem is None:
                    return
                restarts += 1
                self._begin()
            except httpx.RequestError as trouble:
                problem = f"its output is cut off ({self._own.home.masked(reason_of(trouble))})"
            except Declined as no:
                if not no.is_passing:
                    raise self._no(no) from None
                problem, asked_for = f"its output cannot be had now ({no.status})", no.wait_s
            if self._arrived > before:
                heard_at, attempt = patience.clock(), 0
            pause = patience.pause_s(attempt, asked_for)
            if restarts > self._own.restarts or patience.clock() + pause - heard_at > patience.pace.patience_s:
                raise _bad(f"{problem}; resume the run to try again", self._prediction_id, retryable=True)
            patience.sleep(pause)
            attempt += 1

    def _no(self, no: Declined) -> ProviderError:
        if no.status in _GONE:
            return _bad(f"its output is gone ({no.status}): the service keeps outputs for an hour", self._prediction_id)
        return _bad(f"its output cannot be downloaded: {self._own.home.masked(str(no))}", self._prediction_id)

    def _ask(self, file: BinaryIO, address: str) -> str | None:
        """One request; None when the file is whole, else why it must be begun again."""
        response = self._answer(address)
        try:
            if response.status_code == 416:
                return "its output is shorter than was said"
            if not self._goes_on(response):
                self._begin()
                self._note(response)
            file.seek(self._arrived)
            file.truncate()
            speed = _Speed(self._own.patience)
            for piece in response.iter_raw():  # as they come: a cut loses nothing that has arrived
                file.write(piece)
                if self._promised_md5 is not None:
                    self._md5.update(piece)
                self._arrived += len(piece)
                if self._arrived > self._own.max_bytes:
                    raise _bad(f"its output is larger than {self._own.max_bytes / 1e9:g} GB", self._prediction_id)
                speed.check(len(piece))
        finally:
            response.close()
        if self._total is not None and self._arrived < self._total:
            raise httpx.RemoteProtocolError(f"{self._arrived} of {self._total} bytes came")  # go on from there
        if self._total is not None and self._arrived > self._total:
            return f"its output is longer than was said: {self._arrived} bytes instead of {self._total}"
        if self._promised_md5 is not None and self._md5_text() != self._promised_md5:
            return "its output came damaged: the hash is not the one that was said"
        return None

    def _md5_text(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()

    def _goes_on(self, response: httpx.Response) -> bool:
        """Whether this answer continues what has arrived."""
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
        return (
            response.status_code == 206
            and self._arrived > 0
            and told is not None
            and int(told[1]) == self._arrived
            and told[2] in ("*", str(self._total))
        )

    def _note(self, response: httpx.Response) -> None:
        if response.status_code == 206:  # not asked for: the range is of something else
            raise httpx.RemoteProtocolError("a part came that was not asked for")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _bad("its output came compressed, which was not asked for", self._prediction_id)
        length = response.headers.get("content-length", "")
        self._total = int(length) if length.isdigit() else None
        etag = response.headers.get("etag", "")
        self._etag = etag if etag.startswith('"') else None  # a weak one does not promise the same bytes
        said = re.search(r"md5=([A-Za-z0-9+/]{22}==)", response.headers.get("x-goog-hash", ""))
        self._promised_md5 = said[1] if said else None

    def _answer(self, address: str) -> httpx.Response:
        """The answer behind all redirects: the file, a part of it, or "no such range"; else Declined."""
        for _ in range(6):
            if not self._own.home.may_be_asked(address):
                raise _bad("its output lies at an address that is not https; it is not fetched", self._prediction_id)
            headers = {"Accept-Encoding": "identity", "User-Agent": "character_flow", **self._own.home.headers(address)}
            if self._arrived and self._etag:  # without a promise of the same bytes it begins again
                headers |= {"Range": f"bytes={self._arrived}-", "If-Range": self._etag}
            request = httpx.Request("GET", address, headers=headers)
            request.extensions["timeout"] = timeouts(self._own.patience.pace).as_dict()
            response = self._own.transport.handle_request(request)
            if response.status_code in _REDIRECTS and response.headers.get("location"):
                response.close()
                address = _joined(address, response.headers["location"])
                continue
            if response.status_code not in (200, 206, 416):
                response.close()
                raise declined(
                    response.status_code, response.headers, b"", longest_s=self._own.patience.pace.longest_wait_s
                )
            return response
        raise _bad("its output is redirected more than 5 times", self._prediction_id)
