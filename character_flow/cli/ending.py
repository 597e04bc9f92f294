"""What is said when a run is over: where the result is, how long it took, and what to type next."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from character_flow.cli.words import harmless, lines, one_line
from character_flow.durations import took
from character_flow.snapshot import Snapshot, StepRun

_OUTPUT_LINES = 20
SETTLE = (("--adopt", "ID"), ("--charge-again",), ("--skip",))


@dataclass(frozen=True)
class Words:
    """The commands that may come next, as they can be pasted."""

    show: str
    resume: str
    resume_from: str
    mend_plan: str
    settle: Callable[..., str] = lambda step, *how: f"settle {step} {' '.join(how)}"
    """The command for a step, and how."""


def result_of(output: JsonValue) -> str:
    """The one thing --quiet prints: the path of the video, else the plan's output, a text as it is."""
    video = video_of(output)
    if video is not None:
        return video
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


def video_of(output: JsonValue) -> str | None:
    """The path of the first artifact of kind video in an output, however deep; else of anything called `video`."""
    for found in _mappings(output):
        path = found.get("path")
        if found.get("kind") == "video" and isinstance(path, str):
            return path
    for found in _mappings(output):
        path = found.get("video") or found.get("video_path")
        if isinstance(path, str) and Path(path).is_file():
            return path
    return None


def _mappings(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    """Every mapping in a value, outer ones first; not recursive, for outputs nest deeper than Python calls."""
    waiting = [value]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, dict):
            yield current
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current


Line = tuple[str, str]
"""A line and its style."""


def notes_of(output: JsonValue) -> list[str]:
    """What a step says people should know of its output: the texts under its key `notes`."""
    notes = output.get("notes") if isinstance(output, dict) else None
    return [note for note in notes if isinstance(note, str)] if isinstance(notes, list) else []


def completed(
    output: JsonValue,
    snapshot: Snapshot,
    words: Words,
    *,
    run: Path,
    notes: Sequence[str] = (),
    cost: str | None = None,
) -> list[Line]:
    """What is said of a run that came to its end; `notes` is what its steps said of their outputs."""
    issues = [row for row in snapshot.steps if row.status == "error"]
    told: list[Line] = [("", "")]
    if issues:
        told.append((f"Done in {took(snapshot.duration_s)}, with issues", "yellow"))
        told += [(f"  {one_line(row.task)}: {one_line(row.error or '')}", "yellow") for row in issues]
    else:
        told.append((f"Done in {took(snapshot.duration_s)}", "good"))
    video = video_of(output)
    if video is not None:
        told.append((f"  Video   {harmless(video)}", ""))
    elif output is not None:
        shown = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2)
        first, *rest = lines(shown, most=_OUTPUT_LINES)
        told += [(f"  Output  {first}", ""), *((f"          {line}", "") for line in rest)]
    told += [(f"  Note    {one_line(note, limit=200)}", "yellow") for note in notes]
    told += _cost(cost)
    told.append((f"  Run     {run}", ""))
    told.append((f"  Look    {words.show}", "hint"))
    if snapshot.steps:
        told.append((f"  Vary    {words.resume_from}", "hint"))
    return told


def _cost(cost: str | None) -> list[Line]:
    return [] if cost is None else [(f"  Cost    {cost}", "")]


def failed(snapshot: Snapshot, words: Words, *, reason: str | None, run: Path, cost: str | None = None) -> list[Line]:
    """What is said of a run that failed: the step, why, and the command that mends it."""
    row = next((step for step in snapshot.steps if step.status in ("error", "uncertain") and step.error), None)
    told: list[Line] = [("", ""), (_headline(row, snapshot), "bad")]
    why = (row.error if row is not None else None) or snapshot.error or ""
    told += [(f"  {line}", "") for line in lines(why, most=12)]
    told += _cost(cost)
    told.append((f"  Run     {run}", ""))
    unsettled = settling(snapshot, words)
    if unsettled:
        return [*told, *unsettled, (f"  Then    {words.resume}", "hint")]
    if row is None or reason == "template":
        told.append((f"  Mend    the plan, then: {words.mend_plan}", "hint"))
    elif reason in ("bug", "bad_output"):
        told.append((f"  Mend    the function, then: {words.resume}", "hint"))
    else:
        told.append((f"  Mend    {words.resume}", "hint"))
    return told


def settling(snapshot: Snapshot, words: Words) -> list[Line]:
    """The three ways on for each step of which nobody knows whether it was paid for."""
    told: list[Line] = []
    for number, row in enumerate(row for row in snapshot.steps if row.status == "uncertain"):
        if number:  # why the first one is has been told
            told.append((f"  Unknown {row.name}: {one_line(row.error or '')}", ""))
        told += [
            ("  Settle  by its id, if the provider lists the call; else call again (may cost twice) or skip:", "hint"),
            *((f"          {words.settle(row.name, *how)}", "hint") for how in SETTLE),
        ]
    return told


def _headline(row: StepRun | None, snapshot: Snapshot) -> str:
    if row is None:
        return f"Failed after {took(snapshot.duration_s)}"
    word = "Nobody knows how" if row.status == "uncertain" else "Failed at"
    ended = " ended" if row.status == "uncertain" else ""
    place = f"step {row.step_number} of {snapshot.total_steps}, {one_line(row.task)}"
    return f"{word} {place}{ended}, after {took(snapshot.duration_s)}"


def cancelled(
    snapshot: Snapshot, words: Words, *, by: str, run: Path, cost: str | None = None, left: Sequence[Line] = ()
) -> list[Line]:
    """What is said of a run that somebody stopped; `left` tells what goes on at a provider."""
    done = sum(row.status in ("completed", "skipped") for row in snapshot.steps)
    told: list[Line] = [("", ""), (f"Stopped by {one_line(by)}, {done} of {snapshot.total_steps} steps done", "yellow")]
    told += [*_cost(cost), *left]
    told.append((f"  Run     {run}", ""))
    told += settling(snapshot, words)
    told.append((f"  Go on   {words.resume}", "hint"))
    return told
