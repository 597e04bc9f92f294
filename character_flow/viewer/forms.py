"""What a form asks for a plan's inputs: which fields are shown, what their values mean, and what is wrong with them.

Knows nothing of how fields are drawn: what was typed is looked up in a mapping, the session's state, under stable keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from character_flow.errors import InputError, ToolError
from character_flow.input_specs import InputSpec, is_web_address
from character_flow.inputs import check_inputs, check_local_file, input_scope, read_text_answer
from character_flow.plan import Plan, readable
from character_flow.templates import evaluate_condition

Widget = Literal["line", "lines", "switch", "yes_no", "choice", "portraits", "file", "secret"]
DEFAULT, UPLOAD, ADDRESS = "Default", "Upload", "Path or URL"
_ONE_LINE = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded: where it lies meanwhile, and the name it came with."""

    path: Path
    name: str


@dataclass(frozen=True)
class Field:
    """One input of the plan as a form asks for it; `values` are the choices a person can click."""

    plan_id: str
    name: str
    spec: InputSpec
    widget: Widget
    values: Sequence[int | str] = ()

    @property
    def key(self) -> str:
        """The key of its widget; of a file, of the line its path or address is typed in."""
        return f"input_{self.plan_id}_{self.name}"

    def part(self, part: str) -> str:
        """The key of a further widget of this field; no input's name holds a point, so none can be the same."""
        return f"{self.key}.{part}"

    @property
    def question(self) -> str:
        """What a person is asked: the plan's sentence without a last remark in brackets."""
        return _split(self.spec.description)[0] or readable(self.name)

    @property
    def aside(self) -> str:
        """What else is good to know: that last remark, where it still tells something, and the limits."""
        remark = _split(self.spec.description)[1] if self.widget not in ("portraits", "file") else ""
        return "; ".join(filter(None, [remark, _limits(self)]))

    @property
    def is_prepared(self) -> bool:
        """Whether it holds several lines already, which few people change."""
        return self.widget == "lines" and "\n" in str(self.spec.default or "").strip()

    @property
    def sources(self) -> tuple[str, ...]:
        """Where a file may come from."""
        return (DEFAULT, UPLOAD, ADDRESS) if self.spec.default is not None else (UPLOAD, ADDRESS)

    @property
    def first(self) -> JsonValue:
        """What its widget holds before anything was typed."""
        match self.widget:
            case "file" | "secret":
                return ""
            case "line" | "lines":
                return "" if self.spec.default is None else str(self.spec.default)
            case _:
                return self.spec.default

    def holds(self, typed: object) -> bool:
        """Whether its widget can show this; what an earlier state of the plan file left behind may not fit."""
        match self.widget:
            case "switch":
                return isinstance(typed, bool)
            case "yes_no":
                return typed is None or isinstance(typed, bool)
            case "choice" | "portraits":
                return typed is None or (typed in self.values and not isinstance(typed, bool))
            case _:
                return isinstance(typed, str)


@dataclass(frozen=True)
class Findings:
    """What is wrong: with what was given (`wrong`), and for want of something (`missing`); by input."""

    wrong: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def file_problem(path: Path, spec: InputSpec) -> str | None:
    """What is wrong with a file on this machine; found out anew only when the file has changed."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return _file_problem(str(path), None, spec.model_dump_json())
    return _file_problem(str(path), (found.st_ctime_ns, found.st_size, found.st_ino), spec.model_dump_json())


@lru_cache(maxsize=64)
def _file_problem(path: str, stamp: tuple[int, int, int] | None, spec: str) -> str | None:
    try:
        check_local_file("file", InputSpec.model_validate_json(spec), path, base=Path())
    except InputError as error:
        return error.problems["file"]
    return None


def fields_of(plan: Plan, portraits: Mapping[str, Sequence[int | str]]) -> tuple[Field, ...]:
    """The fields of a plan, in its order; `portraits` names the inputs whose values have pictures."""
    found = []
    for name, spec in plan.inputs.items():
        if name in portraits:
            found.append(Field(plan.id, name, spec, "portraits", tuple(portraits[name])))
        else:
            found.append(Field(plan.id, name, spec, _widget(spec), tuple(spec.choices or ())))
    return tuple(found)


def _widget(spec: InputSpec) -> Widget:
    match spec.type:
        case "text":
            is_short = spec.max is not None and spec.max <= _ONE_LINE and "\n" not in str(spec.default or "")
            return "line" if is_short else "lines"
        case "number" | "integer":
            return "line"
        case "boolean":
            return "switch" if spec.default is not None else "yes_no"
        case "choice":
            return "choice"
        case "secret":
            return "secret"
        case _:
            return "file"


@dataclass(frozen=True)
class Form:
    """A plan's form with what was typed so far; `base` is the plan's folder, `env` holds the secrets."""

    plan: Plan
    fields: Sequence[Field]
    typed: Mapping[str, object]
    base: Path
    env: Mapping[str, str]
    cwd: Path

    @cached_property
    def _read(self) -> tuple[dict[str, JsonValue], dict[str, str], dict[str, str]]:
        """What each field gives, what cannot be read, and where a file is still to come; hidden fields too."""
        given: dict[str, JsonValue] = {}
        wrong: dict[str, str] = {}
        missing: dict[str, str] = {}
        for asked in self.fields:
            try:
                value = self._value(asked)
            except InputError as error:
                wrong |= error.problems
                continue
            if value is not None and value != asked.spec.default:
                given[asked.name] = value
            elif asked.widget == "file" and self.source(asked) != DEFAULT:
                missing[asked.name] = _WANTING[self.source(asked)]
        return given, wrong, missing

    def source(self, asked: Field) -> str:
        """Where the file of this field is to come from."""
        chosen = self.typed.get(asked.part("source"))
        return chosen if isinstance(chosen, str) and chosen in asked.sources else asked.sources[0]

    def _value(self, asked: Field) -> JsonValue:
        typed = self.typed.get(asked.key, asked.first)
        if not asked.holds(typed):
            typed = asked.first
        if asked.widget == "file":
            return self._file(asked, str(typed))
        if asked.widget == "secret" or typed is None:
            return None
        if not isinstance(typed, str) or asked.widget in ("choice", "portraits"):
            return typed if isinstance(typed, str | int | float) else None
        if not typed.strip() and asked.spec.default is None:
            return None
        return read_text_answer(asked.spec, typed, name=asked.name)

    def _file(self, asked: Field, typed: str) -> JsonValue:
        match self.source(asked):
            case str(source) if source == UPLOAD:
                kept = self.typed.get(asked.part("kept"))
                return str(kept.path) if isinstance(kept, Upload) else None
            case str(source) if source == ADDRESS:
                return read_text_answer(asked.spec, typed, name=asked.name)
            case _:
                return None

    @cached_property
    def shown(self) -> frozenset[str]:
        """The inputs that are asked for now: those that are always needed, and those whose condition is true."""
        return frozenset(asked.name for asked in self.fields if self._is_needed(asked.spec))

    def _is_needed(self, spec: InputSpec) -> bool:
        if spec.required_when is None:
            return True
        specs, given = self.plan.inputs, self._read[0]
        known = {name: given.get(name, other.default) for name, other in specs.items()}
        scope = {"inputs": input_scope(specs, known, env=self.env)}
        try:
            return evaluate_condition(spec.required_when, scope, place="required_when")
        except ToolError:
            return True  # it hangs on something that is still to be given: ask rather than guess

    @property
    def given(self) -> dict[str, JsonValue]:
        """What a run is given: of the fields that are shown, all that differs from the plan's own defaults."""
        return {name: value for name, value in self._read[0].items() if name in self.shown}

    @cached_property
    def findings(self) -> Findings:
        """All that stands against a start, each problem in one line."""
        _, unreadable, absent = self._read
        wrong = {name: problem for name, problem in unreadable.items() if name in self.shown}
        missing = {name: problem for name, problem in absent.items() if name in self.shown}
        try:
            check_inputs(self.plan.inputs, self.given, base=self.base, env=self.env, cwd=self.cwd)
        except InputError as error:
            for name, problem in error.problems.items():
                # Why a field is needed is seen on the page; the plan's expression is for who reads plans.
                told = "is needed" if problem.startswith("is needed") else problem
                (wrong if name in self.given else missing).setdefault(name, told)
        for asked in self.fields:
            if asked.name in self.given and asked.widget == "file":
                wrong |= self._file_problem(asked)
        return Findings(wrong, {name: problem for name, problem in missing.items() if name not in wrong})

    def _file_problem(self, asked: Field) -> dict[str, str]:
        path = self.local_file(asked)
        problem = file_problem(path, asked.spec) if path is not None else None
        if problem is None:
            return {}
        kept = self.typed.get(asked.part("kept"))
        # An uploaded file is known to its owner by the name it had, not by where it lies meanwhile.
        return {asked.name: problem.replace(str(kept.path), kept.name) if isinstance(kept, Upload) else problem}

    def local_file(self, asked: Field) -> Path | None:
        """The file on this machine that the field means now; None for an address, or for nothing yet."""
        value = self._read[0].get(asked.name)
        folder = self.cwd
        if self.source(asked) == DEFAULT:
            value, folder = asked.spec.default, self.base
        return folder / Path(value).expanduser() if isinstance(value, str) and not is_web_address(value) else None


_WANTING = {
    UPLOAD: "is needed: upload a file, or choose where else it comes from",
    ADDRESS: "is needed: give a path or an http(s) address, or choose where else it comes from",
}


def _split(description: str | None) -> tuple[str, str]:
    """A sentence, and the remark in brackets at its end if there is one."""
    text = (description or "").strip()
    start = text.rfind("(")
    # "a file or an http(s) address" has brackets within brackets: the last remark begins at the outermost one.
    while start > 0 and text[start:].count("(") < text[start:].count(")"):
        start = text.rfind("(", 0, start)
    is_remark = start > 0 and text.endswith(")") and text[start - 1] == " "
    return (text[:start].strip(), text[start + 1 : -1].strip()) if is_remark else (text, "")


def _limits(asked: Field) -> str:
    """What a typed value must keep to, in a few words; empty when nothing is to be said."""
    spec = asked.spec
    if asked.widget not in ("line", "lines"):
        return ""
    unit = " characters" if spec.type == "text" else ""
    if spec.min is not None and spec.max is not None:
        limits = f"{spec.min:g} to {spec.max:g}{unit}"
    elif spec.max is not None:
        limits = f"at most {spec.max:g}{unit}"
    elif spec.min is not None and (spec.type != "text" or spec.min > 1):
        limits = f"at least {spec.min:g}{unit}"
    else:
        limits = {"integer": "a whole number", "number": "a number"}.get(spec.type, "")
    is_optional = spec.type != "text" and spec.default is not None
    return ", ".join(filter(None, [limits, f"{spec.default} if left empty" if is_optional else ""]))
