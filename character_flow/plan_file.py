"""What may stand in a plan file: its keys, their types and limits, and the JSON Schema editors read."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from character_flow.input_specs import InputSpec
from character_flow.nearest import did_you_mean
from character_flow.templates import has_expression, kind_of
from character_flow.yaml_nodes import Path

MAX_TIMEOUT_S = 30 * 86_400
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(s|m|h)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_NAME = r"^[a-z][a-z0-9_]{0,63}$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]


def _seconds(value: JsonValue) -> JsonValue:
    seconds: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        seconds = float(match[1]) * _UNITS[match[2]]
    if value is not None and (seconds is None or not 0 < seconds <= MAX_TIMEOUT_S):
        raise PydanticCustomError("plan", "must be seconds or a text such as '90s', '2m' or '1.5h', at most 720h")
    return seconds


def _mark_or_span(value: JsonValue) -> object:
    marks = value if isinstance(value, list) else [value]
    whole = [mark for mark in marks if isinstance(mark, int) and not isinstance(mark, bool) and 0 <= mark <= 100]
    if value is None or (whole == marks and len(marks) == 1 and not isinstance(value, list)):
        return value
    if whole != marks or len(whole) != 2 or whole[0] > whole[1]:
        raise PydanticCustomError("plan", "must be a percent such as 30, or a span such as [30, 50], within 0-100")
    return (whole[0], whole[1])


def _plain_text(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and has_expression(value):
        raise PydanticCustomError("plan", "is shown as it stands, without {{ }}; a step's 'message' can hold them")
    return value


_Percent = Annotated[int, Field(ge=0, le=100)]
Title = Annotated[str, BeforeValidator(_plain_text), StringConstraints(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RetryFrom(_Entry):
    """Where a failing step sends the plan back to, with the reason as {{ feedback }}, and how often."""

    step: Name = Field(description="The step above to run again; its `with` must mention {{ feedback }}.")
    at_most: int = Field(default=1, ge=1, le=20, description="How many times.")


class StepEntry(_Entry):
    """One step as it stands in the file."""

    name: Name = Field(description="What other steps call it: small letters, digits, underscores.")
    task: Title | None = Field(default=None, description="One line for people; by default the name, made readable.")
    tool: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="The id of the tool that does the work; `function` calls a Python function, `ask` a person."
    )
    with_: dict[str, JsonValue] | None = Field(
        default=None, alias="with", description="What the tool is given; texts may hold {{ }} expressions."
    )
    needs: list[str] | None = Field(
        default=None,
        description="Steps above that must be over first; by default the step above, [] starts at once."
        " Every step referred to is needed too.",
    )
    when: str | None = Field(
        default=None,
        description="One {{ }} expression that gives true or false; when false the step is skipped.",
    )
    attempts: int = Field(default=1, ge=1, le=100, description="How often to try what can pass by itself.")
    timeout: Annotated[float | None, BeforeValidator(_seconds, json_schema_input_type=float | str | None)] = Field(
        default=None, description="How long one attempt may take: seconds, or '90s', '2m', '1.5h'."
    )
    on_error: Literal["fail", "continue"] = Field(
        default="fail", description="Whether a failure ends the plan or leaves the step's output null."
    )
    paid: bool = Field(
        default=False,
        description="The function costs money: it is called once, and after a crash only once nobody can have paid."
        " `recover` in its `with` names the function that finds the result of a call that was cut off.",
    )
    cache: bool = Field(
        default=False, description="Take the result of an equal paid call of an earlier run, where there is one."
    )
    message: str | None = Field(
        default=None, description="What is shown while the step runs; may hold {{ }} expressions."
    )
    progress: Annotated[
        int | tuple[int, int] | None,
        BeforeValidator(_mark_or_span, json_schema_input_type=_Percent | tuple[_Percent, _Percent] | None),
    ] = Field(
        default=None, description="Percent of the plan from the step's start, or a span from its start to its end."
    )
    retry_from: RetryFrom | None = Field(
        default=None, description="On failure go back to a step above, at most so many times."
    )


class _Head(_Entry):
    name: Title | None = Field(default=None, description="The plan's title; by default the file's name.")
    description: str | None = Field(default=None, description="What the plan is for.")
    output: JsonValue = Field(default=None, description="What the plan gives; texts may hold {{ }} expressions.")


class PlanOutline(_Head):
    """The file as a whole, inputs and steps unread: each is validated by itself and tells its own mistakes."""

    inputs: dict[str, object] | None = None
    steps: list[object] = Field(min_length=1)


class PlanEntry(_Head):
    """The file with all that is in it, as the JSON Schema shows it."""

    inputs: dict[Name, InputSpec] | None = Field(default=None, description="What a run is given, by name.")
    steps: list[StepEntry] = Field(min_length=1, description="The steps, in order.")


def schema() -> dict[str, JsonValue]:
    """The JSON Schema (2020-12) of plan files."""
    made = PlanEntry.model_json_schema(by_alias=True)
    for inputs in made["properties"]["inputs"]["anyOf"]:
        if "patternProperties" in inputs:
            inputs["additionalProperties"] = False  # pydantic leaves names that do not match the pattern open
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "character_flow plan",
        "description": "A plan: named steps in order, run by character_flow.",
    }


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys a model has in a file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def complaints(error: ValidationError, keys: tuple[str, ...]) -> Iterator[tuple[Path, bool, str]]:
    """Every mistake pydantic found, in our words: the path, whether its key is meant, and the message."""
    for found in error.errors(include_url=False):
        path: Path = tuple(found["loc"])
        if found["type"] == "extra_forbidden":
            known = keys if len(path) == 1 else keys_of(RetryFrom)
            hint = did_you_mean(str(path[-1]), known)
            if not hint and "with" in known:
                hint = ", what the tool is given stands under 'with'"
            yield path, True, f"unknown key '{path[-1]}'{hint}"
        elif found["type"] == "missing":
            yield path[:-1], False, f"'{path[-1]}' is missing"
        else:
            key = found.get("ctx", {}).get("key")
            yield (*path, key) if key else path, False, _in_our_words(path, found)


_WANTED: Mapping[str, str] = {
    "string_type": "text", "int_type": "a whole number", "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list", "dict_type": "a mapping", "model_type": "a mapping",
    "model_attributes_type": "a mapping", "finite_number": "a finite number",
}  # fmt: skip


def _in_our_words(path: Path, found: ErrorDetails) -> str:
    kind, value, context = found["type"], found["input"], found.get("ctx", {})
    subject = f"'{path[-1]}'" if path and isinstance(path[-1], str) else "this"
    if kind == "plan":
        return f"{subject} {found['msg']}" if path else found["msg"]
    if kind in _WANTED:
        quote = ", quote it" if kind == "string_type" and isinstance(value, int | float) else ""
        return f"{subject} must be {_WANTED[kind]}, not {kind_of(value)}{quote}"
    if kind == "literal_error":
        choices = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        return f"{subject} must be one of {', '.join(choices)}{hint}"
    if kind == "string_pattern_mismatch" and context["pattern"] == _NAME:
        return f"{subject}: {value!r} is no name: small letters, digits and _, a letter first, at most 64"
    if kind in ("string_too_short", "too_short"):
        return f"{subject} must not be empty" if value == "" else f"{subject} must hold at least one"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = "at least " + str(context["ge"]) if kind == "greater_than_equal" else f"at most {context['le']}"
        return f"{subject} must be {bound}"
    return f"{subject}: {found['msg'][:1].lower()}{found['msg'][1:]}"
