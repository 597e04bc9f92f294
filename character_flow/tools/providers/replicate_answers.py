"""What an answer of replicate.com means: how a prediction stands, what its output holds, and why a call was refused."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import get_args

from pydantic import JsonValue

from character_flow.errors import ProviderError
from character_flow.events import PredictionIntended
from character_flow.json_text import canonical_json
from character_flow.tools.providers.base import Prediction, Status
from character_flow.tools.providers.replicate_http import Declined

NAME = "replicate"
KEPT_FOR = timedelta(minutes=50)
"""The service forgets inputs, outputs and files after an hour; from here on we do not count on them."""
_CLOCKS_APART = timedelta(seconds=60)
_LONGEST_POST = timedelta(minutes=5)
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3})(?:\.\d+)?%")
_UNSEEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_REFERENCE = re.compile(r"[\w.-]+/[\w.-]+(?::[0-9a-f]{64})?|[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHOWN = 200


def checked_model(model: JsonValue) -> str:
    """The reference as it is sent; ProviderError says what would be right."""
    if not isinstance(model, str) or not _REFERENCE.fullmatch(model):
        raise ProviderError(
            f"with.model: {model!r} names no model at replicate; give owner/name, owner/name:version or a version"
            " (64 hex digits)",
            provider=NAME,
        )
    return model


def is_id(prediction_id: JsonValue) -> bool:
    """Whether this can be a prediction's id, and so stand in an address."""
    return isinstance(prediction_id, str) and _ID.fullmatch(prediction_id) is not None


def read_prediction(
    raw: Mapping[str, JsonValue], *, kind: str | None, streamed: str = "", hide: Callable[[str], str] = str
) -> Prediction:
    """How a prediction stands. `streamed` is the text that came by another way; the final output is the truth.

    `hide` takes out of its words what nobody may see.
    """
    status = _status(raw)
    logs = raw.get("logs")
    lines = [line.strip() for line in re.split(r"[\r\n]+", logs) if line.strip()] if isinstance(logs, str) else []
    marks = _PERCENT.findall(lines[-1]) or _PERCENT.findall(" ".join(lines)) if lines else []
    percent = min(100, int(marks[-1])) if marks else None
    written = text_of(raw.get("output")) if kind in ("text", None) else None
    if written is not None and kind is None and addresses_in(raw.get("output")):
        written = None
    text = written if written is not None and (status == "succeeded" or len(written) > len(streamed)) else streamed
    return Prediction(
        str(raw.get("id")), status, percent,
        hide(_UNSEEN.sub("", lines[-1]))[:_SHOWN] if lines else None,
        text or "", _error(raw.get("error"), hide), _numbers(raw.get("metrics")),
    )  # fmt: skip


def _status(raw: Mapping[str, JsonValue]) -> Status:
    told = raw.get("status")
    for status in get_args(Status):
        if told == status:
            return status  # type: ignore[no-any-return]  # get_args forgets that these are Status
    return "failed" if raw.get("completed_at") else "processing"  # a status of tomorrow


def _error(value: JsonValue, hide: Callable[[str], str]) -> str | None:
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return hide(" ".join(_UNSEEN.sub("", text).split()))[:1000]


def _numbers(metrics: JsonValue) -> dict[str, float]:
    found = metrics.items() if isinstance(metrics, dict) else ()
    return {
        name: float(value) for name, value in found
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }  # fmt: skip


def unwrapped(output: JsonValue) -> JsonValue:
    """The output itself where it comes wrapped as `{"content": [{"text": JSON}]}`."""
    if not isinstance(output, dict) or not isinstance(content := output.get("content"), list):
        return output
    texts = [entry["text"] for entry in content if isinstance(entry, dict) and isinstance(entry.get("text"), str)]
    if not texts:
        return output
    text = "".join(str(text) for text in texts)
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return text
    is_prediction = isinstance(inner, dict) and "output" in inner
    return inner["output"] if is_prediction else inner if isinstance(inner, dict | list | str) else text


def text_of(output: JsonValue) -> str | None:
    """The text of an output: as it is, its pieces joined, or an object's own text; None where there is none."""
    output = unwrapped(output)
    if output is None or isinstance(output, str):
        return output
    if isinstance(output, list) and all(isinstance(piece, str) for piece in output):
        return "".join(str(piece) for piece in output)
    if isinstance(output, dict):
        for key in ("text", "output"):
            if isinstance(output.get(key), str):
                return str(output[key])
    return json.dumps(output, ensure_ascii=False)


def addresses_in(output: JsonValue) -> tuple[str, ...]:
    """Every address (http, https, data) in an output, in its order, each once."""
    return tuple(dict.fromkeys(_addresses(unwrapped(output))))


def _addresses(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("http://", "https://", "data:")) and not re.search(r"\s", text):
            yield text
        elif text.startswith(("[", "{")):  # a list or object written as a text
            try:
                inner = json.loads(text)
            except (ValueError, RecursionError):
                return
            yield from _addresses(inner)
    elif isinstance(value, list | dict):
        for part in value if isinstance(value, list) else value.values():
            yield from _addresses(part)


def why_refused(no: Declined, *, model: str, told: str) -> str:
    """What a refusal means, on one line, with what would help; `told` is the service's own sentence."""
    named = f" (with.{', with.'.join(field.removeprefix('input.') for field in no.fields)})" if no.fields else ""
    advice = {
        401: "the token is not accepted; put a valid one into REPLICATE_API_TOKEN"
        " (https://replicate.com/account/api-tokens)",
        402: "the account has no credit left; add some at https://replicate.com/account/billing",
        403: f"this token may not use {model}; look at https://replicate.com/{model}",
        404: f"there is no model {model}; correct with.model",
        413: "the input is too large; give smaller files or shorter texts",
        422: f"the input does not fit the model {model}; correct the step's fields{named}",
        429: "too many calls at the moment; later it may be accepted",
    }.get(no.status, f"the call of {model} is not accepted; correct the step{named}")
    heard = f" ({told})" if told else ""
    return f"replicate answered {no.status}: {advice}{heard}"


class Search:
    """Looks for one lost call in the list of predictions, newest first."""

    def __init__(self, intent: PredictionIntended) -> None:
        self._intent = intent
        self._sent_at = datetime.fromisoformat(intent.t0)

    def is_too_late(self, now: datetime) -> bool:
        """Whether the service may have forgotten the call's input by now."""
        return now - self._sent_at > KEPT_FOR

    def is_past(self, raw: Mapping[str, JsonValue]) -> bool:
        """Whether this prediction, and all that follow it, were made before the call."""
        made_at = _moment(raw.get("created_at"))
        return made_at is not None and made_at < self._sent_at - _CLOCKS_APART

    def may_fit(self, raw: Mapping[str, JsonValue]) -> bool:
        """Whether time and model are those of the call."""
        made_at = _moment(raw.get("created_at"))
        if made_at is None or self.is_past(raw) or made_at > self._sent_at + _LONGEST_POST:
            return False
        owner_and_name, _, version = self._intent.model.rpartition(":")
        if not owner_and_name and "/" in version:
            owner_and_name, version = version, ""
        told = str(raw.get("model") or "")
        return (not version or raw.get("version") == version) and (
            not owner_and_name or told.lower() == owner_and_name.lower()
        )

    def fits(self, raw: Mapping[str, JsonValue]) -> bool:
        """Whether the input is, to the last character, the one that was sent."""
        sent = raw.get("input")
        return isinstance(sent, dict) and sha256_of(settled(sent)) == self._intent.input_sha256


def _moment(value: JsonValue) -> datetime | None:
    try:
        made_at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return made_at if made_at.tzinfo else None


def sha256_of(value: JsonValue | Mapping[str, JsonValue]) -> str:
    """The hash of a JSON value's canonical text."""
    return sha256(canonical_json(value)).hexdigest()


def settled(value: JsonValue) -> JsonValue:
    """The value in the one form that survives the way to the service and back: 1.0 as 1, half characters as `?`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [settled(part) for part in value]
    if isinstance(value, dict):
        return {str(settled(key)): settled(part) for key, part in value.items()}
    return value
