"""What a line says: one event as bytes, sealed with a checksum, and back.

`{"seq","ts","mono","epoch","type","step","attempt","data","crc"}`; `crc` is the crc32 of the line's bytes before it.
"""

import json
from collections.abc import Mapping
from types import NoneType
from zlib import crc32

from pydantic import JsonValue, ValidationError
from pydantic_core import PydanticSerializationError

from character_flow.events import FACTS, Event, Fact, PlanHead, UnknownFact
from character_flow.json_text import to_json_bytes

_read_json = json.JSONDecoder().raw_decode
_SPECIAL = (PlanHead, UnknownFact)
_CRC_BYTES = len(b',"crc":"00000000"}')


def encode_event(event: Event) -> bytes:
    """The event's journal line, line end included. ValueError when its data are not JSON values."""
    step = "null" if event.step is None else event.step
    attempt = "null" if event.attempt is None else event.attempt
    kind = to_json_bytes(event.type).decode() if isinstance(event.fact, UnknownFact) else f'"{event.fact.type}"'
    head = (
        f'{{"seq":{event.seq},"ts":"{event.ts}","mono":{event.mono!r},"epoch":{event.epoch},'
        f'"type":{kind},"step":{step},"attempt":{attempt},"data":'
    )
    body = head.encode() + _fact_text(event.fact)
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def _fact_text(fact: Fact) -> bytes:
    """The JSON text of a fact's fields, by pydantic itself where these are texts and numbers: a quarter of the time."""
    if not isinstance(fact, _SPECIAL) and type(fact.__dict__.get("output")) in (str, NoneType):
        try:
            return fact.__pydantic_serializer__.to_json(fact, exclude_defaults=True)
        except PydanticSerializationError:
            pass  # a lone surrogate: it has an escape here
    return to_json_bytes(fact.to_json())


def decode_line(line: bytes) -> Event:
    """The event of a journal line, with or without its line end. ValueError says what is wrong."""
    text = line.removesuffix(b"\n")
    body, tail = text[:-_CRC_BYTES], text[-_CRC_BYTES:]
    if tail != b',"crc":"%08x"}' % crc32(body):
        raise ValueError(_why_unsealed(text))
    try:
        whole = body.decode() + "}"
        parts, end = _read_json(whole)  # a third quicker than json.loads, which looks for encodings and spaces
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if end != len(whole) or not isinstance(parts, dict):
        raise ValueError("it is not one JSON object")
    return _placed(parts)


def _why_unsealed(text: bytes) -> str:
    if not text.strip(b"\0"):
        return "it holds zeroes only"
    if b"\0" in text:
        return "it holds zeroes"
    return "its checksum does not fit its bytes" if text[-_CRC_BYTES:].startswith(b',"crc"') else "it has no checksum"


def _placed(parts: dict[str, object]) -> Event:
    """The event whose keys are `parts`; checked by hand, as a model would cost more than the rest."""
    try:
        seq, ts, mono, epoch = parts["seq"], parts["ts"], parts["mono"], parts["epoch"]
        kind, step, attempt, content = parts["type"], parts["step"], parts["attempt"], parts["data"]
    except KeyError as error:
        raise ValueError(f"it has no key {error}") from None
    if type(seq) is not int or type(epoch) is not int or seq < 1 or epoch < 1:
        raise ValueError("its seq and epoch are not whole numbers from 1")
    if not isinstance(ts, str) or not isinstance(mono, int | float) or not isinstance(kind, str):
        raise ValueError("its ts, mono or type is of the wrong kind")
    if type(step) not in (int, type(None)) or type(attempt) not in (int, type(None)):
        raise ValueError("its step or attempt is not a number or null")
    if not isinstance(content, dict):
        raise ValueError("its data is not an object")
    fact = fact_from_json(kind, content)
    return Event(seq, ts, mono, epoch, step, attempt, fact)  # type: ignore[arg-type]  # step, attempt: checked above


def fact_from_json(kind: str, content: Mapping[str, JsonValue]) -> Fact:
    """The fact a line of this type and data holds; unknown or unreadable ones become UnknownFact."""
    cls = FACTS.get(kind)
    if cls is not None:
        try:
            return cls.model_validate(content)
        except ValidationError:
            pass  # a later version may have changed a field: show what is there rather than nothing
    return UnknownFact(kind=kind, content=dict(content))
