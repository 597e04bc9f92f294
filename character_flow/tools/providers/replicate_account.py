"""What may be asked of an account at replicate.com any number of times, and how its refusals are told."""

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pydantic import JsonValue

from character_flow.errors import ProviderError
from character_flow.tools.providers.base import FINAL, Call
from character_flow.tools.providers.replicate_answers import NAME, Search, is_id, why_refused
from character_flow.tools.providers.replicate_http import (
    Declined,
    Garbled,
    Home,
    Patience,
    Silent,
    Wire,
    heard_by,
    reason_of,
)

_PAGES = 50


@dataclass(frozen=True)
class Calls:
    """What is asked of the real client, all of it, and the wire below that hears the answers."""

    wire: Wire
    create: Callable[[Call], object]
    get: Callable[[str], object]
    cancel: Callable[[str], object]
    list: Callable[[str | None], object]
    upload: Callable[[BinaryIO, Path], object]
    account: Callable[[], object]
    model: Callable[[str], object]
    version: Callable[[str, str, str], object]


@dataclass(frozen=True)
class Account:
    """Asks until it is answered; what stays wrong is a ProviderError of one line, without the token."""

    calls: Callable[[], Calls]
    home: Home
    patience: Patience

    def prediction(self, prediction_id: str, *, briefly: bool = False) -> dict[str, JsonValue]:
        """A prediction as the service tells it; an answer about anything else is asked for again."""
        get = partial(self.calls().get, self._checked(prediction_id))
        patience_s = self.patience.pace.brief_patience_s if briefly else None
        return self._looked_up(f"prediction {prediction_id}", get, patience_s, expected_id=prediction_id)

    def cancel(self, prediction_id: str) -> None:
        """Ask for a prediction's end; quietly, if it has ended already."""
        calls, brief_s = self.calls(), self.patience.pace.brief_patience_s
        try:
            self._asked(partial(calls.cancel, self._checked(prediction_id)), brief_s)
        except (Declined, Silent) as trouble:
            with contextlib.suppress(Declined, Silent):
                if self._asked(partial(calls.get, prediction_id), 0.0).get("status") in FINAL:
                    return
            problem = (
                f"prediction {prediction_id} could not be cancelled (replicate {self.line(trouble)}): it may run on"
            )
            raise self.error(problem, prediction_id, retryable=True) from None

    def upload(self, path: Path) -> str:
        """Bring a file there; its address."""
        calls = self.calls()

        def send() -> None:
            with path.open("rb") as file:
                calls.upload(file, path)

        urls = self._looked_up(f"the upload of {path.name}", send).get("urls")
        address = urls.get("get") if isinstance(urls, dict) else None
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise self.error(f"the upload of {path.name} was answered without an address", retryable=True)
        return address

    def found(self, search: Search, claimed: Collection[str]) -> list[str]:
        """The ids that fit a lost call, from the newest page of the list down to the call's own time."""
        cursor, found = None, list[str]()
        for _ in range(_PAGES):
            page = self._looked_up("the list of predictions", partial(self.calls().list, cursor))
            results = page.get("results")
            for raw in results if isinstance(results, list) else ():
                if not isinstance(raw, dict) or not is_id(raw.get("id")):
                    continue
                if search.is_past(raw):
                    return found
                prediction_id = str(raw["id"])
                if prediction_id in claimed or prediction_id in found or not search.may_fit(raw):
                    continue
                if search.fits(raw if "input" in raw else self.prediction(prediction_id)):
                    found.append(prediction_id)
            after = page.get("next")
            if not isinstance(after, str) or not self.home.is_own(after):  # the token goes nowhere else
                return found
            cursor = after
        return found

    def holder(self) -> str:
        """Whose account the token is."""
        raw = self._looked_up("the account", self.calls().account, self.patience.pace.brief_patience_s)
        return self.home.masked(str(raw.get("username") or raw.get("name") or "an account"))

    def has_model(self, reference: str) -> bool | None:
        """Whether the account can see a model; None for a bare version, which cannot be looked up."""
        name, _, version = reference.partition(":")
        owner, _, short = name.partition("/")
        if not short:
            return None
        calls = self.calls()
        ask = partial(calls.version, owner, short, version) if version else partial(calls.model, name)
        try:
            self._asked(ask, self.patience.pace.brief_patience_s)
        except Declined as no:
            if no.status == 404:
                return False
            raise self._told_no(f"the model {reference}", no) from None
        except Silent as trouble:
            raise self._silent(trouble) from None
        return True

    def error(self, problem: str, prediction_id: str | None = None, *, retryable: bool = False) -> ProviderError:
        """A ProviderError of this provider."""
        return ProviderError(problem, provider=NAME, prediction_id=prediction_id, retryable=retryable)

    def line(self, trouble: Exception) -> str:
        """What went wrong, after "replicate ...", without the token."""
        return self.home.masked(reason_of(trouble))

    def _checked(self, prediction_id: str) -> str:
        if not is_id(prediction_id):
            raise self.error(f"{prediction_id[:80]!r} is no id of a prediction at replicate")
        return prediction_id

    def _asked(
        self, call: Callable[[], object], patience_s: float | None = None, *, expected_id: str | None = None
    ) -> dict[str, JsonValue]:
        wire = self.calls().wire

        def ask() -> dict[str, JsonValue]:
            raw = heard_by(wire, call)
            if expected_id is not None and (raw.get("id") != expected_id or not isinstance(raw.get("status"), str)):
                raise Garbled("answered something else than the prediction")
            return raw

        return self.patience.until_answered(ask, patience_s=patience_s)

    def _looked_up(
        self, what: str, call: Callable[[], object], patience_s: float | None = None, *, expected_id: str | None = None
    ) -> dict[str, JsonValue]:
        try:
            return self._asked(call, patience_s, expected_id=expected_id)
        except Declined as no:
            raise self._told_no(what, no) from None
        except Silent as trouble:
            raise self._silent(trouble) from None

    def _told_no(self, what: str, no: Declined) -> ProviderError:
        if no.status in (401, 402):
            return self.error(why_refused(no, model=what, told=self.home.masked(no.detail)))
        if no.status == 404:
            return self.error(f"replicate knows nothing of {what} (404): it is of another account, or long gone")
        return self.error(f"replicate refused {what}: it {self.line(no)}")

    def _silent(self, trouble: Silent) -> ProviderError:
        return self.error(f"replicate {self.line(trouble)}; try again later", retryable=True)
