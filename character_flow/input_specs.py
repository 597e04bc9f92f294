"""What an input may hold: its type, its limits, and whether a value or a typed answer keeps to them."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from character_flow.nearest import did_you_mean
from character_flow.templates import kind_of

InputType = Literal["text", "number", "integer", "boolean", "choice", "image", "file", "secret"]
_LIMITED = ("text", "number", "integer", "image", "file")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://.*)?", re.DOTALL)  # two letters at least: C:\ is a drive
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_WORDS: Mapping[str, bool] = {
    "true": True, "yes": True, "y": True, "on": True, "1": True,
    "false": False, "no": False, "n": False, "off": False, "0": False,
}  # fmt: skip


class InputSpec(BaseModel):
    """One input of a plan. A value keeps its declared type; `is_required` says whether a run needs one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    type: InputType = Field(description="What kind of value this is.")
    description: str | None = Field(default=None, description="One line for the person who is asked.")
    default: JsonValue = Field(
        default=None,
        description="Taken when nothing is given; the path of a file is relative to the plan file.",
    )
    choices: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="For `choice`: the texts one can choose from."
    )
    min: float | None = Field(
        default=None, description="The least number, characters of a text, or bytes of a picture or file."
    )
    max: float | None = Field(
        default=None, description="The greatest number, characters of a text, or bytes of a picture or file."
    )
    required_when: str | None = Field(
        default=None,
        description="One {{ }} expression about other inputs: only when it is true is a value needed.",
    )
    ask: bool = Field(
        default=True, description="False: a terminal does not ask for it; `-i`, a file or the form may give it."
    )
    env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="For `secret`: the environment variable that holds it."
    )

    @property
    def is_required(self) -> bool:
        """Whether every run needs a value; with `required_when` only some do."""
        return self.default is None and self.required_when is None

    @property
    def is_file(self) -> bool:
        """Whether the value is the path or address of a file, which a run copies."""
        return self.type in ("image", "file")

    @model_validator(mode="after")
    def _fits_together(self) -> "InputSpec":
        for key, problem in _misfits(self):
            raise PydanticCustomError("plan", "{problem}", {"problem": problem, "key": key})
        return self


def _misfits(spec: InputSpec) -> Iterator[tuple[str, str]]:
    """What is wrong between the keys of one input, and the key that is to be mended."""
    kind = with_article(spec.type)
    if (spec.type == "choice") != (spec.choices is not None):
        yield "choices", "a choice needs 'choices'" if spec.type == "choice" else f"{kind} input has no 'choices'"
    if spec.choices is not None and len(set(spec.choices)) < len(spec.choices):
        yield "choices", "the same choice stands there twice"
    if spec.type == "secret" and spec.env is None:
        yield "env", "a secret needs 'env', the name of the environment variable that holds it"
    if spec.type != "secret" and spec.env is not None:
        yield "env", f"only a secret has 'env', this is {kind} input"
    if spec.type == "secret" and spec.default is not None:
        yield "default", f"a secret is never written in a plan: take 'default' out and set {spec.env} instead"
    for key, bound in (("min", spec.min), ("max", spec.max)):
        if bound is not None and spec.type not in _LIMITED:
            yield key, f"{kind} input has no '{key}'"
    if spec.min is not None and spec.max is not None and spec.min > spec.max:
        yield "min", f"min {_bare(spec.min)} is above max {_bare(spec.max)}"
    if not spec.ask and spec.default is None:
        yield "ask", "what is not asked for needs a 'default'"
    if spec.type != "secret" and spec.default is not None:
        problem = value_problem(spec, spec.default)
        if problem:
            yield "default", f"default: {problem}"


def is_web_address(value: JsonValue) -> bool:
    """Whether a picture or file is given by its http(s) address."""
    return isinstance(value, str) and _WEB.match(value) is not None


def with_article(kind: str) -> str:
    """The type in a sentence: `a text`, `an image`."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def value_problem(spec: InputSpec, value: JsonValue) -> str | None:
    """What is wrong with a value, in one line; None if nothing is. Files are not opened."""
    match spec.type:
        case "text":
            return _text_problem(spec, value)
        case "number" | "integer":
            return _number_problem(spec, value)
        case "boolean":
            return None if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"
        case "choice":
            return _choice_problem(spec, value)
        case "secret":
            return f"is a secret: set the environment variable {spec.env} instead"
        case _:
            return _source_problem(spec, value)


def _text_problem(spec: InputSpec, value: JsonValue) -> str | None:
    if not isinstance(value, str):
        return f"must be text, not {_shown(value)}" + ("" if isinstance(value, dict | list) else ", quote it")
    return _limit_problem(spec, len(value), "character")


def _number_problem(spec: InputSpec, value: JsonValue) -> str | None:
    kinds = (int,) if spec.type == "integer" else (int, float)
    wanted = "a whole number" if spec.type == "integer" else "a number"
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        return f"must be {wanted}, not {_shown(value)}"
    return _limit_problem(spec, value, "")


def _choice_problem(spec: InputSpec, value: JsonValue) -> str | None:
    choices = spec.choices or []
    if isinstance(value, str) and value in choices:
        return None
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    return f"must be one of {', '.join(choices)}, not {_shown(value)}{hint}"


def _source_problem(spec: InputSpec, value: JsonValue) -> str | None:
    if not isinstance(value, str):
        return f"must be a path or an http(s) address, not {_shown(value)}"
    if not value.strip() or "\0" in value:
        return "must be a path or an http(s) address, not an empty text" if not value.strip() else "has a NUL in it"
    scheme = _SCHEME.match(value)
    if scheme and not is_web_address(value) and (scheme[0].find("://") > 0 or scheme[1].lower() in ("data", "file")):
        return f"begins with '{scheme[1]}:', only paths and http(s) addresses can be read"
    return None


def _limit_problem(spec: InputSpec, size: float, unit: str) -> str | None:
    if spec.min is not None and size < spec.min:
        return f"must be at least {_counted(spec.min, unit)}, not {_bare(size)}"
    if spec.max is not None and size > spec.max:
        return f"must be at most {_counted(spec.max, unit)}, not {_bare(size)}"
    return None


def _counted(limit: float, unit: str) -> str:
    return f"{_bare(limit)} {unit}{'' if limit == 1 else 's'}" if unit else _bare(limit)


def size_problem(spec: InputSpec, size: int) -> str | None:
    """What is wrong with a file of so many bytes."""
    return _limit_problem(spec, size, "byte")


def _shown(value: JsonValue) -> str:
    if isinstance(value, str):
        cut = value if len(value) <= 60 else f"{value[:57]}..."
        return f"text {cut!r}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _bare(value)
    return kind_of(value)


def _bare(value: JsonValue) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    shown = str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def answer_value(spec: InputSpec, text: str, *, by_number: bool = False) -> JsonValue:
    """The value a typed answer stands for; ValueError, in one line, if it stands for none.

    An empty answer is null, except for a text. With `by_number` a choice may be given by its position from 1.
    """
    if spec.type == "text":
        value: JsonValue = text
    else:
        value = _read_answer(spec, text.strip(), by_number=by_number) if text.strip() else None
    problem = None if value is None else value_problem(spec, value)
    if problem:
        raise ValueError(problem)
    return value


def _read_answer(spec: InputSpec, text: str, *, by_number: bool) -> JsonValue:
    match spec.type:
        case "integer":
            return int(text) if _INTEGER.fullmatch(text) else text
        case "number":
            return int(text) if _INTEGER.fullmatch(text) else float(text) if _NUMBER.fullmatch(text) else text
        case "boolean":
            return _WORDS.get(text.lower(), text)
        case "choice":
            return _chosen(spec.choices or [], text, by_number=by_number)
        case "image" | "file":
            # What a file manager drops into a terminal is often quoted.
            quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
            return text[1:-1] if quoted else text
        case _:
            return text


def _chosen(choices: list[str], text: str, *, by_number: bool) -> str:
    alike = [choice for choice in choices if choice.casefold() == text.casefold()]
    if text in choices or len(alike) != 1:
        is_position = by_number and text not in choices and text.isascii() and text.isdigit() and len(text) < 6
        return choices[int(text) - 1] if is_position and 1 <= int(text) <= len(choices) else text
    return alike[0]
