"""The provider at replicate.com: the real client, asked so that no call is ever made twice.

It creates a prediction in one request, then asks for it by its id; `replicate.run()` is never used, for it takes
every status but `starting` for an end. Whatever the client's own models refuse is read from the answer itself.
Loads httpx, so it is imported when a run pays for models.
"""

import os
import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
from pydantic import JsonValue

from character_flow.errors import ProviderError, RefusedCallError, UncertainCallError
from character_flow.events import PredictionIntended
from character_flow.json_text import to_json_value
from character_flow.tools.providers.base import FINAL, Answer, Call, Prediction
from character_flow.tools.providers.replicate_account import Account, Calls
from character_flow.tools.providers.replicate_answers import (
    NAME,
    Search,
    addresses_in,
    checked_model,
    is_id,
    read_prediction,
    settled,
    sha256_of,
    text_of,
    why_refused,
)
from character_flow.tools.providers.replicate_downloads import Downloads
from character_flow.tools.providers.replicate_files import Uploads, family_of, file_sha256, media_type
from character_flow.tools.providers.replicate_http import (
    Declined,
    Garbled,
    Home,
    NotSent,
    Pace,
    Patience,
    Wire,
    heard_by,
)
from character_flow.tools.providers.replicate_stream import TextStream

API = "https://api.replicate.com"
_TOKEN = re.compile(r"[\x21-\x7e]+")


class ReplicateProvider:
    """Answers for the models of replicate.com with an account's token; threads may share one."""

    name = NAME
    is_paid = True

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        folder: Path | None = None,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`base_url` is without /v1, by default what REPLICATE_BASE_URL says; files are uploaded from `folder` only."""
        token = token.strip()
        if not _TOKEN.fullmatch(token):  # the HTTP library would show it in its own message
            raise ProviderError(
                "the token for replicate is empty or no token; check REPLICATE_API_TOKEN", provider=NAME
            )
        base_url = base_url or os.environ.get("REPLICATE_BASE_URL") or API  # the client's own variable, its own rule
        home = Home(base_url.rstrip("/").removesuffix("/v1"), token)
        if not home.is_address():
            raise ProviderError(f"REPLICATE_BASE_URL={base_url!r} is no http(s) address", provider=NAME)
        self._home = home
        self._patience = Patience(pace or Pace(), sleep, jitter, clock)
        self._account = Account(self._calls, home, self._patience)
        self._now = now
        self._uploads = Uploads(self._account.upload, folder, lambda: now().timestamp())
        self._streams: dict[str, TextStream] = {}
        self._kinds: dict[str, str] = {}
        self._looks: dict[str, tuple[Prediction, float]] = {}
        self._ends: dict[str, dict[str, JsonValue]] = {}
        self._unwanted: set[str] = set()
        self._opening = threading.Lock()
        self._opened: Calls | None = None

    def prepare(self, kind: str, arguments: Mapping[str, JsonValue]) -> Call:
        """The call; its files are uploaded once it is to be made. A text's `images` are the model's `image_input`."""
        model = checked_model(arguments.get("model"))
        self._calls()  # a client that cannot be loaded is told before anything is on disk or on its way
        fields = {name: value for name, value in arguments.items() if name not in ("model", "offline")}
        if kind == "text":
            images = fields.pop("images", None)
            fields = {name: value for name, value in fields.items() if value is not None}
            if images:
                fields["image_input"] = images
        plain = settled(to_json_value(fields, place="with"))
        content = self._uploads.replaced(plain, lambda path: f"sha256:{file_sha256(path)}")
        assert isinstance(plain, dict)
        self._kinds[model.rpartition(":")[2].lower()] = kind
        call = Call(kind, model, plain, sha256_of(plain), sha256_of([kind, model, content]))
        return call if content == plain else replace(call, upload=partial(self._uploaded, call))

    def _uploaded(self, call: Call) -> Call:
        sent = self._uploads.replaced(dict(call.sent), self._uploads.address)
        assert isinstance(sent, dict)
        return replace(call, sent=sent, input_sha256=sha256_of(sent))

    def submit(self, call: Call) -> str:
        """Create the prediction: one POST, with our own timeouts, never a second one."""
        calls = self._calls()
        try:
            raw = heard_by(calls.wire, lambda: calls.create(call))
        except NotSent as trouble:
            raise RefusedCallError(
                f"replicate {self._account.line(trouble)}; nothing was sent",
                provider=NAME,
                retryable=trouble.is_passing,
            ) from None
        except Declined as no:
            if no.status >= 500 or no.status == 408:
                raise self._uncertain(call, no) from None
            raise RefusedCallError(
                why_refused(no, model=call.model, told=self._home.masked(no.detail)),
                provider=NAME,
                retryable=no.is_passing,
                retry_after_s=no.wait_s,
            ) from None
        except (httpx.RequestError, Garbled) as trouble:
            raise self._uncertain(call, trouble) from None
        prediction_id = raw.get("id")
        if not is_id(prediction_id):
            raise self._uncertain(call, Garbled("answered without a prediction's id"))
        self._kinds[str(prediction_id)] = call.kind
        return str(prediction_id)

    def poll(self, prediction_id: str) -> Prediction:
        """How it stands; a text is read along while it is written, which spares most of the asking."""
        stream, (before, looked_at) = self._streams.get(prediction_id), self._looks.get(prediction_id, (None, 0.0))
        is_recent = self._patience.clock() - looked_at < self._patience.pace.look_s
        if stream is not None and not stream.is_over and before is not None and is_recent:
            return before if len(stream.text) <= len(before.text) else replace(before, text=stream.text)
        raw = self._account.prediction(prediction_id, briefly=prediction_id in self._unwanted)
        kind = self._kind_of(raw)
        stream = self._listening(prediction_id, raw, kind)
        now = read_prediction(raw, kind=kind, streamed=stream.text if stream else "", hide=self._home.masked)
        if now.status not in FINAL:
            self._looks[prediction_id] = now, self._patience.clock()
        elif now.status == "succeeded":
            self._ends[prediction_id] = raw  # tells where the output is: spares the first fetch one request
        return now

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        """The output: the text of a text, else its files, downloaded into `folder` and checked."""
        raw = self._ends.pop(prediction_id, None) or self._account.prediction(prediction_id)
        kind, output = self._kind_of(raw), raw.get("output")
        self._check_output(prediction_id, raw)
        facts: dict[str, JsonValue] = {"model": raw.get("model") or raw.get("version")}
        addresses = addresses_in(output) if kind != "text" else ()
        if not addresses:
            if kind in ("image", "video"):
                raise self._account.error(
                    f"replicate's prediction {prediction_id} gave no {kind}: its output holds no file", prediction_id
                )
            return Answer(text=text_of(output), facts=facts)
        files = self._download(addresses, folder, kind=kind, prediction_id=prediction_id)
        return Answer(files=files, facts=facts)

    def _download(
        self, addresses: Sequence[str], folder: Path, *, kind: str | None, prediction_id: str
    ) -> tuple[Path, ...]:
        downloads = Downloads(self._home, self._calls().wire.kept_open, self._patience)
        files: list[Path] = []
        try:
            for number, address in enumerate(addresses, start=1):
                files.append(downloads.get(address, folder, kind=kind, number=number, prediction_id=prediction_id))
            if kind in ("image", "video") and kind not in map(family_of, files):
                names = ", ".join(file.suffix[1:] for file in files)
                problem = f"replicate's prediction {prediction_id} gave no {kind}, but: {names}"
                raise self._account.error(problem, prediction_id)
        except BaseException:
            for file in files:  # all or nothing
                file.unlink(missing_ok=True)
            raise
        return tuple(files)

    def cancel(self, prediction_id: str) -> None:
        """Ask for its end; quietly, if it has ended already. From then on nobody waits long to hear of it."""
        self._unwanted.add(prediction_id)
        self._account.cancel(prediction_id)

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> str | None:
        """The id of the one prediction that has model, input and time of the intent; None without, or with several."""
        search = Search(intent)
        if search.is_too_late(self._now()):
            return None
        wire = self._calls().wire
        found = self._account.found(search, claimed)
        if not found:
            self._patience.sleep(self._patience.pace.recheck_s)  # the list may lag behind
            wire.check_open()
            found = self._account.found(search, claimed)
        return found[0] if len(found) == 1 else None

    def check_token(self) -> str:
        """For doctor, free: the name of the token's account; ProviderError says what is wrong with the token."""
        return self._account.holder()

    def model_exists(self, reference: str) -> bool | None:
        """For doctor, free: whether the account sees this model; None for a bare version, which cannot be looked up."""
        return self._account.has_model(checked_model(reference))

    def close(self) -> None:
        """Hang up. A later question connects anew."""
        for stream in tuple(self._streams.values()):
            stream.stop()
        with self._opening:
            if self._opened is not None:
                self._opened.wire.close()
                self._opened = None

    def _calls(self) -> Calls:
        with self._opening:
            if self._opened is None:
                self._opened = _open_client(self._home, self._patience)
            return self._opened

    def _listening(self, prediction_id: str, raw: Mapping[str, JsonValue], kind: str | None) -> TextStream | None:
        """Who reads along while a text is written."""
        if raw.get("status") in FINAL:
            self._looks.pop(prediction_id, None)
            stream = self._streams.pop(prediction_id, None)
            if stream is not None:
                stream.stop()
            return stream
        urls = raw.get("urls")
        address = urls.get("stream") if isinstance(urls, dict) else None
        if kind in ("text", None) and isinstance(address, str) and prediction_id not in self._streams:
            transport, pace = self._calls().wire.kept_open, self._patience.pace
            self._streams[prediction_id] = TextStream(address, home=self._home, transport=transport, pace=pace)
        return self._streams.get(prediction_id)

    def _kind_of(self, raw: Mapping[str, JsonValue]) -> str | None:
        """What was asked for: known of calls made here, and of models prepared for here."""
        keys = (str(raw.get("id")), str(raw.get("version")), str(raw.get("model")).lower())
        return next((self._kinds[key] for key in keys if key in self._kinds), None)

    def _check_output(self, prediction_id: str, raw: Mapping[str, JsonValue]) -> None:
        if raw.get("status") != "succeeded":
            problem = f"has no output: it is {raw.get('status')}"
        elif raw.get("output") is not None:
            return
        elif raw.get("data_removed") is True:
            problem = "has lost its output: the service keeps outputs for an hour"
        else:
            problem = "ended without an output"
        raise self._account.error(f"replicate's prediction {prediction_id} {problem}", prediction_id)

    def _uncertain(self, call: Call, trouble: Exception) -> UncertainCallError:
        return UncertainCallError(
            f"nobody knows whether replicate started {call.model}: it {self._account.line(trouble)}"
        )


def _open_client(home: Home, patience: Patience) -> Calls:
    try:
        from replicate.client import Client  # 0.16 s, and only where a model is paid for
        from replicate.version import Versions
    except Exception as error:  # noqa: BLE001  # it builds a client while it loads: a bad variable ends in ValueError
        raise ProviderError(f"the package replicate cannot be loaded: {error}", provider=NAME) from None
    wire = Wire(patience.pace, clock=patience.clock)
    client = Client(api_token=home.token, base_url=home.address, transport=wire)
    predictions = client.predictions
    return Calls(
        wire,
        create=lambda call: predictions.create(version=call.model, input=dict(call.sent), stream=call.kind == "text"),
        get=predictions.get,
        cancel=predictions.cancel,
        list=lambda cursor: predictions.list(... if cursor is None else cursor),
        upload=lambda file, path: client.files.create(file, filename=path.name, content_type=media_type(path)),
        account=client.accounts.current,
        model=client.models.get,
        version=lambda owner, name, version: Versions(client, (owner, name)).get(version),
    )
