r"""How a value becomes JSON text: strict, compact, one line, and never a traceback in the middle of a run.

A lone surrogate (half a character, cut out of a stream) is kept as its `\uXXXX` escape: valid JSON, nothing lost.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath

from pydantic import BaseModel, JsonValue

MAX_DEPTH = 200
_PLACE = 60
MAX_BITS = 14_000  # Python neither writes nor reads whole numbers of more than 4,300 digits

# No check for circles: what is encoded was made by `to_json_value`, and a set of ids for each call costs a third.
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode
_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_indented = json.JSONEncoder(ensure_ascii=False, indent=2).iterencode
_canonical = json.JSONEncoder(allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def to_json_bytes(value: object) -> bytes:
    """UTF-8 of the compact JSON text of a JSON value; never contains a line break. ValueError for NaN."""
    try:
        return _compact(value).encode()
    except UnicodeEncodeError:
        return _ascii(value).encode()


def canonical_json(value: object) -> bytes:
    """The one ASCII text of a JSON value, keys sorted: what hashes are made of."""
    return _canonical(value).encode()


def to_json_value(value: object, *, place: str = "output") -> JsonValue:
    """The JSON value of a tool's result; Path, Enum, date, dataclass and pydantic model are converted.

    Raises ValueError naming the place, e.g. `output.items[3]: NaN is not a JSON value`.
    """
    return _convert(value, place, 0)


def _convert(value: object, place: str, depth: int) -> JsonValue:
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, int) and not isinstance(value, Enum):
        if value.bit_length() > MAX_BITS:
            raise ValueError(f"{place}: a whole number of more than 4,200 digits; give a text instead")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{place}: {value} is not a JSON value; give null or a text instead")
        return float(value)
    if depth >= MAX_DEPTH:
        shown = place if len(place) <= _PLACE else f"{place[:_PLACE]}..."  # the reason is not to drown in the place
        raise ValueError(f"{shown}: nested deeper than {MAX_DEPTH} levels, or refers to itself")
    if isinstance(value, Mapping):
        return {_key(key, place): _convert(item, f"{place}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_convert(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    return _convert(_unwrapped(value, place), place, depth + 1)


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise ValueError(f"{place}: the key {key!r} is not a text; JSON objects have text keys")
    return key


def _unwrapped(value: object, place: str) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise ValueError(
        f"{place}: {type(value).__name__} is not a JSON value; give text, number, true/false, null, list or mapping"
    )


def preview(value: JsonValue, *, limit: int) -> str | None:
    """What people are shown: of null null, of a text the text, else the JSON; at most `limit` characters."""
    if value is None:
        return None
    if isinstance(value, str):
        return value[:limit]
    pieces, length = [], 0
    for piece in _indented(value):  # no further than it is shown: a value may be very large
        pieces.append(piece)
        length += len(piece)
        if length >= limit:
            break
    return "".join(pieces)[:limit]
