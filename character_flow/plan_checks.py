"""Whether what a plan refers to is there: the mistakes in its values, and where in the file each stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from character_flow.errors import PlanError, Problem, ToolError
from character_flow.nearest import did_you_mean
from character_flow.templates import has_expression, is_one_expression, place_of, read_text, texts_of
from character_flow.yaml_nodes import Path, Source, Spot, Spots, find_spots

MAX_SHOWN = 100
MAX_FOUND = 200  # then reading stops: each mistake costs a search for the name that was meant
_READABLE = ("with", "when", "message")
_EXAMPLE = "\"{{ inputs.x == 'a' }}\""


@dataclass(frozen=True, slots=True)
class _Finding:
    path: Path
    message: str
    on_key: bool
    needle: str
    first: Path | None


class Findings:
    """The mistakes found so far; their places are looked up at the end, and only if there are any."""

    def __init__(self) -> None:
        self._found: list[_Finding] = []

    def add(
        self, path: Path, message: str, *, on_key: bool = False, needle: str = "", first: Path | None = None
    ) -> None:
        """Something is wrong at a value, its key, or where `needle` stands in it; `first` is what it repeats."""
        self._found.append(_Finding(path, message, on_key, needle, first))

    @property
    def is_full(self) -> bool:
        """Whether there are so many mistakes that looking for more helps nobody."""
        return len(self._found) >= MAX_FOUND

    def raise_any(self, source: Source) -> None:
        """PlanError with all mistakes in the order of the file; of very many only the first are shown."""
        if not self._found:
            return
        wanted = {
            path[:length]
            for found in self._found
            for path in (found.path, found.first or ())
            for length in range(len(path) + 1)
        }
        spots = find_spots(source.text, wanted)
        problems = sorted(
            dict.fromkeys(_placed(found, spots, source) for found in self._found),
            key=lambda problem: (problem.line, problem.column),
        )
        if len(problems) > MAX_SHOWN:
            last = problems[MAX_SHOWN]
            at_least = "at least " if self.is_full else ""
            more = f"and {at_least}{len(problems) - MAX_SHOWN:,} more problems from here on"
            problems[MAX_SHOWN:] = [Problem(last.path, last.line, last.column, more)]
        raise PlanError(problems)


def _placed(found: _Finding, spots: Spots, source: Source) -> Problem:
    spot = _spot(found.path, spots, on_key=found.on_key)
    message = found.message
    if found.first is not None:
        first = _spot(found.first, spots, on_key=False)
        message = f"{message} (first at {first.line}:{first.column})"
    if found.needle:
        exactly = re.compile(re.escape(found.needle) + r"(?!\w)").search(source.text, spot.start, spot.end)
        if exactly:
            return source.problem_at(exactly.start(), message)
    return source.problem(spot.line, spot.column, message)


def _spot(path: Path, spots: Spots, *, on_key: bool) -> Spot:
    if on_key and path in spots.keys:
        return spots.keys[path]
    while path not in spots.values:
        path = path[:-1]  # what is missing is told where it should stand
    return spots.values[path]


@dataclass(slots=True)
class Known:
    """What can be referred to: the inputs, which of them are secret, and the number of each step."""

    inputs: frozenset[str]
    secrets: frozenset[str]
    steps: Mapping[str, int]
    needed: dict[int, set[int]] = field(default_factory=dict)
    mentions: dict[int, Path] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)


def check_templates(
    findings: Findings, known: Known, entry: Mapping[str, JsonValue], *, number: int, name: str
) -> None:
    """All a step reads; what it needs thereby goes to `needed`, {{ feedback }} to `mentions` and `told`."""
    at: Path = ("steps", number - 1)
    when = entry.get("when")
    if isinstance(when, str) and not _is_condition(when):
        findings.add(
            (*at, "when"),
            f"step '{name}': when must be exactly one expression, such as {_EXAMPLE}",
        )
    for key in _READABLE:
        for path, names in _references(findings, entry.get(key), (*at, key), f"step '{name}'"):
            if names[0] == "feedback":
                known.mentions.setdefault(number, path)
                if key == "with":
                    known.told.add(number)
                continue
            problem = _unreadable(known, names, number) or (
                _secret(known, names, "shown to everybody") if key == "message" else None
            )
            if problem:
                findings.add(path, f"step '{name}' {problem}", needle=".".join(names[:2]))
            elif names[0] == "steps":
                known.needed.setdefault(number, set()).add(known.steps[names[1]])
    for path in _template_keys(entry.get("with")):
        findings.add((*at, "with", *path), f"step '{name}': keys are not rendered, only values are", on_key=True)


def check_output(findings: Findings, known: Known, output: JsonValue) -> None:
    """What the plan gives in the end may read every step, and no secret."""
    for path, names in _references(findings, output, ("output",), "output"):
        if names[0] == "feedback":
            findings.add(path, "output cannot read feedback, only steps are told it", needle="feedback")
            continue
        problem = _unreadable(known, names, len(known.steps) + 1) or _secret(known, names, "written to disk")
        if problem:
            findings.add(path, f"output {problem}", needle=".".join(names[:2]))
    for path in _template_keys(output):
        findings.add(("output", *path), "output: keys are not rendered, only values are", on_key=True)


def check_required_when(findings: Findings, known: Known, name: str, text: str) -> None:
    """The condition of an input may read other inputs and nothing else."""
    at: Path = ("inputs", name, "required_when")
    if not _is_condition(text):
        findings.add(
            at,
            f"input '{name}': required_when must be exactly one expression, such as {_EXAMPLE}",
        )
    for path, names in _references(findings, text, at, f"input '{name}'"):
        if names[0] != "inputs":
            findings.add(path, f"input '{name}': required_when can read only inputs", needle=names[0])
        elif problem := _unreadable(known, names, 0):
            findings.add(path, f"input '{name}' {problem}", needle=".".join(names[:2]))


def step_problem(known: Known, name: str, number: int) -> str | None:
    """Why step `number` cannot name this step, as the end of a sentence; None if it can."""
    target = known.steps.get(name)
    if target is None:
        return f"which is no step{did_you_mean(name, known.steps)}"
    if target == number:
        return "which is the step itself, only steps above can be named"
    if target > number:
        return "which is below it, only steps above can be named"
    return None


def _unreadable(known: Known, names: Sequence[str], number: int) -> str | None:
    root = names[0]
    if len(names) == 1:
        return f"reads {root} as a whole, read one by its name, such as {root}.x"
    shown = f"{root}.{names[1]}"
    if root == "inputs":
        if names[1] in known.inputs:
            return None
        return f"refers to {shown}, which is no input{did_you_mean(names[1], known.inputs)}"
    target = known.steps.get(names[1])
    if target is None:
        return f"refers to {shown}{did_you_mean(names[1], known.steps) or ', which is no step'}"
    problem = step_problem(known, names[1], number)
    if problem:
        return f"refers to {shown}, {problem}"
    if len(names) == 2 or names[2] != "output":
        wrong = f"not '{names[2]}'" if len(names) > 2 else "so read that"
        return f"refers to {shown}, of which only {shown}.output can be read, {wrong}"
    return None


def _secret(known: Known, names: Sequence[str], fate: str) -> str | None:
    if names[0] == "inputs" and names[1] in known.secrets:
        shown = f"inputs.{names[1]}"
        return f"refers to the secret {shown}, which would be {fate}; only 'with' and 'when' can read it"
    return None


def _references(findings: Findings, tree: JsonValue, at: Path, owner: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for path, text in texts_of(tree):
        reading = read_text(text)
        place = place_of((*at, *path)[2 if at[0] == "steps" else 0 :])
        for shown, problem in reading.problems:
            findings.add((*at, *path), f"{owner}, {place}: {problem}", needle=shown)
        for names in dict.fromkeys(reading.references):
            if not findings.is_full:
                yield (*at, *path), names


def _is_condition(text: str) -> bool:
    try:
        return is_one_expression(text)
    except ToolError:
        return True  # its syntax is complained about where its references are read


def _template_keys(tree: JsonValue) -> Iterator[Path]:
    if isinstance(tree, dict | list):
        for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if isinstance(key, str) and has_expression(key):
                yield (key,)
            if isinstance(child, dict | list):
                yield from ((key, *path) for path in _template_keys(child))
