"""What runs there are and how one stands, in lines to print."""

import json
from collections.abc import Iterator

from pydantic import JsonValue

from character_flow.archive import is_pinned
from character_flow.cli.ending import SETTLE
from character_flow.cli.frame import icon
from character_flow.cli.money_words import cost_of, usd
from character_flow.cli.words import count, harmless, lines, local_time, one_line
from character_flow.durations import took
from character_flow.run_state import RunState
from character_flow.snapshot import Snapshot, StepRun
from character_flow.stream.journal import read_events
from character_flow.stream.outputs import read_outputs
from character_flow.stream.reading import observe, read_snapshot
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import RunFolder, Stream

_OUTPUT_LINES = 6


def run_list(stream: Stream, *, as_json: bool) -> Iterator[str]:
    """One run a line, newest first; with `as_json` one JSON text of all, without their steps."""
    found = list_runs(stream)
    if as_json:
        told = [{**run.model_dump(exclude={"steps"}), "pinned": _is_pinned(stream, run)} for run in found]
        yield json.dumps(told, ensure_ascii=False, indent=2)
    elif not found:
        yield f"no runs yet in {stream.runs}"
    else:
        for run in found:
            how = run.outcome or run.status
            where = f"{run.current_step}/{run.total_steps}"
            cost = "" if run.cost_usd is None else usd(run.cost_usd)
            when = f"{took(run.duration_s):>12}  {local_time(run.started_at):<19}"
            line = f"{run.run_id}  {how:<21} {where:>7}  {when}  {cost}"
            yield f"{line.rstrip()}{'  pinned' if _is_pinned(stream, run) else ''}"


def _is_pinned(stream: Stream, run: Snapshot) -> bool:
    return is_pinned(stream.run(run.run_id))


def stands(run: RunFolder) -> Snapshot:
    """How a run stands, as a reader may say it."""
    return observe(read_snapshot(run.path), run)


def run_as_json(run: RunFolder) -> dict[str, JsonValue]:
    """The snapshot of a run, with every output whole and the plan's own output."""
    snapshot = stands(run)
    outputs = read_outputs(run)
    told: dict[str, JsonValue] = snapshot.model_dump(mode="json")
    told["output"] = outputs.plan
    rows = told["steps"]
    for row, step in zip(rows if isinstance(rows, list) else [], snapshot.steps, strict=True):
        if isinstance(row, dict):
            row["output"] = outputs.values.get(step.step_number) if step.status == "completed" else None
    return told


def run_page(run: RunFolder, *, resume: str, settle: str = "") -> Iterator[str]:
    """A run for people: what, when, each step with its output's beginning, the files it made, what next."""
    snapshot = stands(run)
    yield one_line(snapshot.plan_name)
    yield f"  run      {run.path}"
    yield f"  how      {snapshot.outcome or snapshot.status}, {snapshot.progress}%"
    if snapshot.started_at:
        ended = f" - {local_time(snapshot.completed_at)}" if snapshot.completed_at else ""
        yield f"  when     {local_time(snapshot.started_at)}{ended}"
    if snapshot.duration_s is not None:
        yield f"  took     {took(snapshot.duration_s)}"
    cost = _cost(run, snapshot)
    if cost is not None:
        yield f"  cost     {cost}"
    if snapshot.parent_run_id:
        yield f"  from     {snapshot.parent_run_id}"
    if snapshot.error:
        yield f"  why      {one_line(snapshot.error)}"
    if snapshot.input_request is not None:
        yield f"  asks     {one_line(snapshot.input_request.prompt, limit=500)}"
    yield ""
    for row in snapshot.steps:
        yield from _step(row, run)
    uncertain = [row.name for row in snapshot.steps if row.status == "uncertain"]
    if uncertain:
        yield ""
        yield f"uncertain, so settle first: {', '.join(uncertain)}"
        yield from (f"  {settle} {' '.join(how)}" for how in SETTLE)
    if snapshot.status == "error":
        yield ""
        yield f"go on with: {resume}"


def _cost(run: RunFolder, snapshot: Snapshot) -> str | None:
    """From the journal, which knows more than the snapshot; None for a run that paid for nothing."""
    if snapshot.cost_usd is None and not any(row.prediction_id or row.status == "uncertain" for row in snapshot.steps):
        return None
    return cost_of(RunState.replayed(snapshot.total_steps, read_events(run.journal)).calls)


def _step(row: StepRun, run: RunFolder) -> Iterator[str]:
    told = [one_line(row.task), f"({one_line(row.tool_id)})"]
    told += [took(row.duration_s)] if row.duration_s is not None else []
    told += [count(row.attempt, "attempt")] if row.attempt > 1 else []
    told += [usd(row.cost_usd)] if row.cost_usd is not None else []
    told += [f"taken over from {row.reused_from}"] if row.reused_from else []
    yield f"{icon(row.status, is_ascii=False)} {row.step_number}. {'  '.join(told)}"
    if row.error and row.status in ("error", "uncertain"):
        for line in lines(row.error, most=_OUTPUT_LINES):
            yield f"     {line}"
    if row.output and not any(artifact.path in row.output for artifact in row.artifacts):
        for line in lines(row.output, most=_OUTPUT_LINES):
            yield f"     {line}"
    for artifact in row.artifacts:
        yield f"     {one_line(artifact.kind)}: {harmless(str(run.path / artifact.path))}"
    if row.artifact_count > len(row.artifacts):
        yield f"     … {row.artifact_count - len(row.artifacts)} files before these"
