"""What two runs differ in, in lines to print: what is the same is said in a word, what differs is shown."""

import json
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from character_flow.cli.words import count, local_time, one_line
from character_flow.comparison import Comparison, StepDifference, Totals, ValueDifference
from character_flow.durations import took
from character_flow.snapshot import Snapshot
from character_flow.text_diff import DiffLine

Line = tuple[str, str]
"""A line and its style."""

_MOST_LINES = 40
_AROUND = 1
_MARKS = {"same": "  ", "only_a": "- ", "only_b": "+ "}
_STYLES = {"same": "dim", "only_a": "red", "only_b": "green"}


def comparison_page(found: Comparison) -> Iterator[Line]:
    """The whole comparison; lines of the first run begin with -, those of the second with +."""
    yield from _side("-", found.a, found.totals.a)
    yield from _side("+", found.b, found.totals.b)
    yield "", ""
    yield from _inputs(found.inputs)
    differing = sum(not step.same for step in found.steps)
    yield f"Steps: {f'{differing} of {len(found.steps)} differ' if differing else 'all alike'}", "bold"
    for number, step in enumerate(found.steps, 1):
        yield from _step(number, step)


def _side(mark: str, run: Snapshot, totals: Totals) -> Iterator[Line]:
    cost = "" if totals.cost_usd is None else f", ${totals.cost_usd:.2f}"
    told = f"{took(totals.duration_s) or '-'}{cost}, {count(totals.attempts, 'attempt')}"
    yield f"{mark} {run.run_id}  {run.outcome or run.status}  {told}  {local_time(run.started_at)}", "bold"


def _inputs(inputs: Sequence[ValueDifference]) -> Iterator[Line]:
    changed = [item for item in inputs if not item.same]
    if not inputs:
        return
    yield f"Inputs: {f'{len(changed)} of {len(inputs)} differ' if changed else 'all the same'}", "bold"
    for item in changed:
        yield f"  {item.name}", ""
        yield f"    - {_value(item.a)}", "red"
        yield f"    + {_value(item.b)}", "green"
    yield "", ""


def _value(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return one_line(text, limit=200) or '""'


def _step(number: int, step: StepDifference) -> Iterator[Line]:
    times = f"{took(step.duration_s.a) or '-'} | {took(step.duration_s.b) or '-'}"
    word = "=" if step.same else "≠"
    yield f"  {word} {number}. {one_line(step.task)}  {times}", "" if step.same else "bold"
    if step.same:
        return
    if not step.in_a or not step.in_b:
        yield f"      only in the {'first' if step.in_a else 'second'} run", "dim"
    elif not step.status.same:
        yield f"      {step.status.a} | {step.status.b}", ""
    for mark, error, style in (("-", step.error.a, "red"), ("+", step.error.b, "green")):
        if error and not step.error.same:
            yield f"      {mark} {one_line(error, limit=300)}", style
    if not step.output_same:
        yield from _diff(step.text_diff)
        if not any(line.kind != "same" for line in step.text_diff):
            yield "      the files in its output differ", "dim"
    elif not step.media_same:
        yield "      the files it made differ", "dim"


def _diff(lines: Sequence[DiffLine]) -> Iterator[Line]:
    """The lines that differ, with a line around them."""
    changed = [at for at, line in enumerate(lines) if line.kind != "same"]
    near = sorted(
        {index for at in changed for index in range(at - _AROUND, at + _AROUND + 1) if 0 <= index < len(lines)}
    )
    last = -1
    for index in near[:_MOST_LINES]:
        if last >= 0 and index > last + 1:
            yield "        …", "dim"
        line = lines[index]
        indent = " " * min(20, len(line.text) - len(line.text.lstrip(" ")))
        yield f"      {_MARKS[line.kind]}{indent}{one_line(line.text, limit=400)}", _STYLES[line.kind]
        last = index
    if len(near) > _MOST_LINES:
        yield f"        … {len(near) - _MOST_LINES} more lines", "dim"
