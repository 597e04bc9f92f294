"""What should happen: a plan and its steps, as one YAML file says them, all references checked beforehand."""

import os
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from character_flow.errors import PlanError, Problem
from character_flow.input_specs import InputSpec
from character_flow.nearest import did_you_mean
from character_flow.plan_checks import (
    Findings,
    Known,
    check_output,
    check_required_when,
    check_templates,
    step_problem,
)
from character_flow.plan_file import PlanOutline, RetryFrom, StepEntry, complaints, keys_of, schema
from character_flow.yaml_nodes import Path as Place
from character_flow.yaml_nodes import Source, read_yaml

ALWAYS_KNOWN = ("ask", "function")
_CALL = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_Model = TypeVar("_Model", bound=BaseModel)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a plan. `with_` is a JSON tree whose texts may be templates; it is never changed.

    `needs` holds all that must be over first: what the file says (by default the step above), every step that
    is referred to, and the one `retry_from` goes back to. `progress` is the plan's
    percent from the step's start on, or a span.
    """

    number: int
    name: str
    task: str
    tool: str
    with_: dict[str, JsonValue]
    needs: tuple[str, ...] = ()
    when: str | None = None
    attempts: int = 1
    timeout_s: float | None = None
    on_error: Literal["fail", "continue"] = "fail"
    message: str | None = None
    progress: tuple[int, int] | int | None = None
    retry_from: RetryFrom | None = None
    paid: bool = False
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Named, ordered steps from one file; `id` is the file's stem, `source` its text as read."""

    id: str
    name: str
    description: str | None
    inputs: Mapping[str, InputSpec]
    steps: tuple[Step, ...]
    output: JsonValue
    source: str


def load_plan(path: Path, *, tools: Container[str] | None = None) -> Plan:
    """The plan in this file; raises PlanError with every mistake in it, or with why it cannot be read.

    `tools` holds the known tool ids; without it they are not checked.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        column = error.start - (error.object.rfind(b"\n", 0, error.start) + 1) + 1
        raise PlanError([Problem(str(path), line, column, "is not UTF-8 from here on, save it as UTF-8")]) from None
    except (OSError, ValueError) as error:
        raise PlanError([Problem(str(path), 1, 1, _unreadable(path, error))]) from None
    return parse_plan(text, path=str(path), plan_id=path.stem, tools=tools)


def parse_plan(text: str, *, path: str, plan_id: str, tools: Container[str] | None = None) -> Plan:
    """The plan this text says; `path` is the name its mistakes are told under. Raises PlanError."""
    source = Source(text.removeprefix("\ufeff"), path)
    value = read_yaml(source.text, path=path)
    if value is None:
        raise PlanError([Problem(path, 1, 1, "the plan is empty, it needs at least 'steps'")])
    if not isinstance(value, dict):
        raise PlanError([source.problem(1, 1, "a plan is a mapping with the keys name, inputs, steps, output")])
    reading = _Reading(value, tools)
    plan = reading.plan(plan_id, text)
    reading.findings.raise_any(source)
    return plan


def json_schema() -> dict[str, JsonValue]:
    """The JSON Schema (2020-12) of plan files, for editors."""
    return schema()


def readable(name: str) -> str:
    """A name as a title: `get_character_url` becomes `Get character url`."""
    shown = name.replace("_", " ").strip()
    return shown[:1].upper() + shown[1:]


def _unreadable(path: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such plan file"
    if os.path.isdir(path):  # Path.is_dir raises for a name that is too long
        return "is a folder, a plan file is needed"
    return f"cannot be read: {(error.strerror if isinstance(error, OSError) else None) or error}"


class _Reading:
    """One pass over a plan's values; goes on after a mistake, so that one reading finds them all."""

    def __init__(self, value: dict[str, JsonValue], tools: Container[str] | None) -> None:
        self.findings = Findings()
        self._value = value
        self._tools = tools
        inputs, steps = value.get("inputs"), value.get("steps")
        self._inputs = inputs if isinstance(inputs, dict) else {}
        self._steps = steps if isinstance(steps, list) else []
        numbers: dict[str, int] = {}
        for number, entry in enumerate(self._steps, 1):
            name = entry.get("name") if isinstance(entry, dict) else None
            if isinstance(name, str):
                numbers.setdefault(name, number)
        secrets = {
            name for name, spec in self._inputs.items() if isinstance(spec, dict) and spec.get("type") == "secret"
        }
        self._known = Known(frozenset(self._inputs), frozenset(secrets), numbers)

    def plan(self, plan_id: str, text: str) -> Plan:
        """The plan, to be believed only if there are no findings."""
        top = self._validated(PlanOutline, self._value, ())
        inputs = self._input_specs()
        entries = [
            (number, self._entry(number, raw)) for number, raw in enumerate(self._steps, 1) if not self.findings.is_full
        ]
        check_output(self.findings, self._known, self._value.get("output"))
        whole = [(number, entry) for number, entry in entries if entry is not None]
        self._check_feedback(whole)
        steps = tuple(self._step(number, entry) for number, entry in whole)
        return Plan(
            plan_id,
            (top.name if top else None) or readable(plan_id),
            top.description if top else None,
            inputs,
            steps,
            self._value.get("output"),
            text,
        )

    def _input_specs(self) -> dict[str, InputSpec]:
        specs: dict[str, InputSpec] = {}
        for name, raw in self._inputs.items():
            if not _NAME.fullmatch(name):
                self.findings.add(
                    ("inputs", name),
                    f"'{name}' is no name: small letters, digits and _, a letter first, at most 64",
                    on_key=True,
                )
            spec = self._validated(InputSpec, raw, ("inputs", name), f"input '{name}'")
            if spec is not None:
                specs[name] = spec
                if spec.required_when is not None:
                    check_required_when(self.findings, self._known, name, spec.required_when)
        return specs

    def _entry(self, number: int, raw: JsonValue) -> StepEntry | None:
        at: Place = ("steps", number - 1)
        name = raw.get("name") if isinstance(raw, dict) else None
        owner = f"step '{name}'" if isinstance(name, str) else f"step {number}"
        entry = self._validated(StepEntry, raw, at, owner)
        if not isinstance(raw, dict):
            return None
        check_templates(
            self.findings,
            self._known,
            raw,
            number=number,
            name=name if isinstance(name, str) else str(number),
        )
        first = self._known.steps.get(name, number) if isinstance(name, str) else number
        if first != number:
            self.findings.add((*at, "name"), f"{owner} stands here again", first=("steps", first - 1, "name"))
        self._check_tool(raw, at, owner)
        needs = raw.get("needs")
        for position, needed in enumerate(needs if isinstance(needs, list) else ()):
            if self.findings.is_full:
                break
            problem = step_problem(self._known, needed, number) if isinstance(needed, str) else None
            if problem:
                self.findings.add((*at, "needs", position), f"{owner} needs '{needed}', {problem}")
        return entry

    def _validated(self, model: type[_Model], raw: JsonValue, at: Place, owner: str = "") -> _Model | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for path, on_key, message in complaints(error, keys_of(model)):
                self.findings.add((*at, *path), f"{owner}: {message}" if owner else message, on_key=on_key)
        return None

    def _check_tool(self, raw: Mapping[str, JsonValue], at: Place, owner: str) -> None:
        tool, given = raw.get("tool"), raw.get("with")
        given = given if isinstance(given, dict) else {}
        is_paid = raw.get("paid") is True
        if tool == "function":
            self._check_function(given, at, owner, is_paid=is_paid)
        elif is_paid:
            message = f"{owner}: 'paid' is for functions only, of a model's price the provider knows; leave it out"
            self.findings.add((*at, "paid"), message, on_key=True)
        if raw.get("cache") is True and not (is_paid or str(tool).endswith(".generate")):
            message = (
                f"{owner}: 'cache' is for what costs money: the tools *.generate, and paid functions; leave it out"
            )
            self.findings.add((*at, "cache"), message, on_key=True)
        if isinstance(tool, str) and tool and not self._is_tool(tool):
            tools: object = self._tools
            hint = did_you_mean(tool, (*ALWAYS_KNOWN, *(tools if isinstance(tools, Iterable) else ())))
            self.findings.add((*at, "tool"), f"{owner}: there is no tool '{tool}'{hint}")

    def _check_function(self, given: Mapping[str, JsonValue], at: Place, owner: str, *, is_paid: bool) -> None:
        call, recover = given.get("call"), given.get("recover")
        if not (isinstance(call, str) and _CALL.fullmatch(call)):
            message = f"{owner}: a function step needs 'call' in its 'with', such as \"module:name\""
            self.findings.add((*at, "with", "call"), message)
        if "recover" in given and not is_paid:
            message = f"{owner}: 'recover' is for paid functions only; add 'paid: true', or leave it out"
            self.findings.add((*at, "with", "recover"), message, on_key=True)
        elif "recover" in given and not (isinstance(recover, str) and _CALL.fullmatch(recover)):
            message = f"{owner}: 'recover' names a function, such as \"module:name\""
            self.findings.add((*at, "with", "recover"), message)

    def _is_tool(self, tool: str) -> bool:
        return self._tools is None or tool in ALWAYS_KNOWN or tool in self._tools

    def _check_feedback(self, entries: Iterable[tuple[int, StepEntry]]) -> None:
        told: set[int] = set()
        for number, entry in entries:
            if entry.retry_from is None:
                continue
            target = entry.retry_from.step
            problem = step_problem(self._known, target, number)
            if problem is None and self._known.steps[target] not in self._known.told:
                problem = "whose 'with' does not mention {{ feedback }}, so it would only do the same again"
            if problem:
                self.findings.add(
                    ("steps", number - 1, "retry_from", "step"),
                    f"step '{entry.name}': retry_from goes back to '{target}', {problem}",
                )
            told.update(range(self._known.steps.get(target, number), number))
        for number, path in self._known.mentions.items():
            if number not in told:
                self.findings.add(
                    path,
                    f"step '{self._name(number)}' mentions feedback, but no step below goes back to it by retry_from",
                    needle="feedback",
                )

    def _name(self, number: int) -> str:
        raw = self._steps[number - 1]
        return str(raw.get("name", number)) if isinstance(raw, dict) else str(number)

    def _step(self, number: int, entry: StepEntry) -> Step:
        steps = self._known.steps
        if entry.needs is None:
            needed = {number - 1} - {0}
        else:
            needed = {steps.get(name, number) for name in entry.needs}
        needed |= self._known.needed.get(number, set())
        if entry.retry_from is not None:
            needed.add(steps.get(entry.retry_from.step, number))
        return Step(
            number=number,
            name=entry.name,
            task=entry.task or readable(entry.name),
            tool=entry.tool,
            with_=entry.with_ or {},
            needs=tuple(self._name(other) for other in sorted(needed)),
            when=entry.when,
            attempts=entry.attempts,
            timeout_s=entry.timeout,
            on_error=entry.on_error,
            message=entry.message,
            progress=entry.progress,
            retry_from=entry.retry_from,
            paid=entry.paid,
            cache=entry.cache,
        )
