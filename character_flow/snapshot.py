"""How things stand at one seq: the snapshot of a run, and the fold that makes it from events.

`fold` is the law: it derives `current_step` and `progress` by looking at every row again after every event. The
writer uses its fast twin, `board.Board`, which a property test holds equal to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue

from character_flow import events
from character_flow.events import PREVIEW_CHARS, SCHEMA_VERSION, TEXT_CHARS, ArtifactRef, Event
from character_flow.json_text import preview
from character_flow.picking import PickOption

M = TypeVar("M", bound=BaseModel)

KEPT_ARTIFACTS = 20

RunStatus = Literal["waiting", "running", "completed", "error"]
Outcome = Literal["success", "completed_with_issues", "failed", "uncertain", "cancelled", "lost"]
StepStatus = Literal["pending", "running", "completed", "error", "skipped", "cancelled", "uncertain"]

OVER: frozenset[StepStatus] = frozenset({"completed", "error", "skipped", "cancelled", "uncertain"})


def _as_text(value: JsonValue) -> str | None:
    return preview(value, limit=PREVIEW_CHARS)


class StepRun(BaseModel):
    """One step's row. Times are ISO 8601 texts; `output` is a preview, the whole value is at `output_ref`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    step_number: int
    task: str = ""
    tool_id: str = ""
    status: StepStatus = "pending"
    started_at: str | None = None
    completed_at: str | None = None
    output: Annotated[str | None, BeforeValidator(_as_text)] = None
    error: str | None = None
    name: str = ""
    duration_s: float | None = None
    attempt: int = 0
    progress: int | None = None
    message: str | None = None
    text: str = ""
    artifacts: tuple[ArtifactRef, ...] = ()
    artifact_count: int = 0
    cost_usd: float | None = None
    output_ref: str | None = None
    reused_from: str | None = None
    prediction_id: str | None = None
    reattached: bool = False


class InputRequest(BaseModel):
    """The open question of a run: what `input_requested` said, and the step's number."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    request_id: str
    step: int
    kind: events.AskKind
    prompt: str
    choices: tuple[str, ...] = ()
    options: tuple[PickOption, ...] = ()
    default: str | None = None
    expires_at: str | None = None


class Snapshot(BaseModel):
    """How a run stands. A file with only the documented keys, written by somebody else, is valid too."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    status: RunStatus = "waiting"
    plan_name: str = ""
    total_steps: int = 0
    current_step: int = 0
    started_at: str | None = None
    completed_at: str | None = None
    last_updated: str | None = None
    plan_id: str = ""
    plan_run_id: str = ""
    current_step_name: str | None = None
    current_step_tool: str | None = None
    schema_version: int = SCHEMA_VERSION
    run_id: str = ""
    run_dir: str = ""
    parent_run_id: str | None = None
    epoch: int = 0
    seq: int = 0
    outcome: Outcome | None = None
    progress: int = 0
    message: str | None = None
    duration_s: float | None = None
    cost_usd: float | None = None
    error: str | None = None
    input_request: InputRequest | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    artifact_count: int = 0
    steps: tuple[StepRun, ...] = ()

    @property
    def cursor(self) -> str:
        """`<epoch>.<seq>` of the last event in this snapshot."""
        return f"{self.epoch}.{self.seq}"

    @property
    def is_over(self) -> bool:
        """Whether the plan has ended, well or not."""
        return self.status in ("completed", "error")


def read_time(text: str) -> datetime:
    """An aware UTC time from ISO 8601; a time without a zone is read as local. ValueError for anything else."""
    return datetime.fromisoformat(text).astimezone(UTC)


def fold(snapshot: Snapshot, happened: Iterable[Event]) -> Snapshot:
    """The snapshot after these events. Pure: the law that Board is tested against."""
    head, rows = snapshot, list(snapshot.steps)
    for event in happened:
        head, rows = begin(head, rows, event)
        change_rows(rows, event)
        running = [row for row in rows if row.status == "running"]
        over = sum(row.status in OVER for row in rows)
        shares = sum(row.progress or 0 for row in running)
        current = max((row.step_number for row in running), default=None)
        head = head_after(head, rows, event, current=current, share=100 * over + shares)
    return head.model_copy(update={"steps": tuple(rows)})


def begin(head: Snapshot, rows: list[StepRun], event: Event) -> tuple[Snapshot, list[StepRun]]:
    """A first line with a step list begins a new snapshot; any other event leaves both as they are."""
    fact = event.fact
    if not isinstance(fact, events.PlanHead) or not fact.steps:
        return head, rows
    new_rows = [
        StepRun(step_number=number, name=step.name, task=step.task, tool_id=step.tool)
        for number, step in enumerate(fact.steps, 1)
    ]
    new_head = Snapshot(
        plan_name=fact.plan_name,
        plan_id=fact.plan_id,
        plan_run_id=fact.run_id,
        run_id=fact.run_id,
        run_dir=f"runs/{fact.run_id}",
        parent_run_id=fact.parent_run_id,
        total_steps=len(new_rows),
        schema_version=fact.schema_version,
    )
    return new_head, new_rows


def changed_to(value: M, update: Mapping[str, object]) -> M:
    """`model_copy(update=...)` for these models, which have neither extra nor private fields, in half the time."""
    copied = type(value).__new__(type(value))
    object.__setattr__(copied, "__dict__", {**value.__dict__, **update})
    object.__setattr__(copied, "__pydantic_fields_set__", value.__pydantic_fields_set__)
    object.__setattr__(copied, "__pydantic_extra__", None)
    object.__setattr__(copied, "__pydantic_private__", None)
    return copied


def change_rows(rows: list[StepRun], event: Event) -> Sequence[tuple[int, StepRun]]:
    """Replace the rows an event changes; returns each changed step's number and the row it had before."""
    changed: list[tuple[int, StepRun]] = []
    fact = event.fact
    if isinstance(fact, events.StepRetried | events.PlanResumed):
        for number in (n for n in fact.restart if 1 <= n <= len(rows)):
            before = rows[number - 1]
            kept = {"step_number", "name", "task", "tool_id", "attempt", "cost_usd"}
            rows[number - 1] = StepRun(**before.model_dump(include=kept))
            changed.append((number, before))
    if event.step is not None and 1 <= event.step <= len(rows):
        before = rows[event.step - 1]
        update = _row_update(before, event)
        if update:
            rows[event.step - 1] = changed_to(before, update)
            changed.append((event.step, before))
    return changed


def _row_update(row: StepRun, event: Event) -> Mapping[str, object]:
    """The fields of a step's row that an event changes."""
    fact = event.fact
    match fact:
        case events.StepStarted():
            return {
                **_CLEARED_AT_START,
                "status": "running",
                "started_at": event.ts,
                "attempt": event.attempt or 0,
                "message": fact.message,
            }
        case events.StepCompleted():  # the commonest first: each case before the right one costs 0.1 us
            return _ended(event, fact)
        case events.Progress():
            new = {"progress": fact.percent, "message": fact.message and fact.message[:TEXT_CHARS]}
            return {key: value for key, value in new.items() if value is not None}
        case events.Chunk():
            return {"text": (row.text + fact.text)[-TEXT_CHARS:]}
        case events.ArtifactMade():
            return _with_artifacts(row, (_ref(fact),))
        case events.PredictionSubmitted():
            return {**(_SETTLED if row.status == "uncertain" else {}), "prediction_id": fact.id}
        case events.PredictionReattached():
            message = f"Re-attached to prediction {fact.id}"
            return {"prediction_id": fact.id, "reattached": True, "message": message}
        case events.PredictionSettled(status="abandoned"):
            return _SETTLED if row.status == "uncertain" else {}
        case events.PredictionSettled():
            return {} if fact.cost_usd is None else {"cost_usd": (row.cost_usd or 0) + fact.cost_usd}
        case events.CacheHit():
            return {"message": _from_cache(fact), "cost_usd": row.cost_usd or 0.0}
        case events.StepRetried():
            return {"message": fact.reason[:TEXT_CHARS]}
        case events.StepSkipped():
            return {"status": "skipped", "completed_at": event.ts, "message": fact.reason}
        case events.StepReused():
            return _reused(row, event, fact)
        case events.StepEnd():
            return _ended(event, fact)
    return {}


# An uncertain step waits for a resume once a person has said what became of its call.
_SETTLED: Mapping[str, object] = {"status": "pending", "completed_at": None, "message": "settled, waits for resume"}
_CLEARED_AT_START: Mapping[str, object] = {
    key: StepRun.model_fields[key].get_default()
    for key in (
        "completed_at", "output", "error", "duration_s", "progress", "text", "artifacts", "artifact_count",
        "output_ref", "reused_from", "reattached",
    )
}  # fmt: skip


def _from_cache(fact: events.CacheHit) -> str:
    units = (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    unit, seconds = next((unit for unit in units if fact.age_s >= 2 * unit[1]), units[-1])
    saved = "" if fact.saved_usd is None else f", saved ${fact.saved_usd:.2f}"
    return f"from the cache, {round(fact.age_s / seconds)} {unit} old{saved}"


def _ref(fact: events.ArtifactMade) -> ArtifactRef:
    return ArtifactRef(path=fact.path, kind=fact.kind, sha256=fact.sha256, bytes=fact.bytes)


def _with_artifacts(row: StepRun | Snapshot, new: tuple[ArtifactRef, ...]) -> dict[str, object]:
    return {
        "artifacts": (*row.artifacts, *new)[-KEPT_ARTIFACTS:],
        "artifact_count": row.artifact_count + len(new),
    }


def _shown(event: Event, fact: events.StepCompleted | events.StepReused) -> dict[str, object]:
    """The preview of an output and where the whole value is: a file, or this line of the journal."""
    if fact.output_ref is not None:
        return {"output": fact.preview, "output_ref": fact.output_ref}
    shown = preview(fact.output, limit=PREVIEW_CHARS)
    return {"output": shown, "output_ref": f"journal.jsonl#{event.seq}"}


def _reused(row: StepRun, event: Event, fact: events.StepReused) -> Mapping[str, object]:
    return {
        "status": "completed",
        "completed_at": event.ts,
        "progress": 100,
        "reused_from": fact.from_run,
        **_with_artifacts(row, fact.artifacts),
        **_shown(event, fact),
    }


def _ended(event: Event, fact: events.StepEnd) -> Mapping[str, object]:
    update: dict[str, object] = {"duration_s": fact.duration_s, "completed_at": event.ts}
    match fact:
        case events.StepCompleted():
            return {**update, "status": "completed", "progress": 100, **_shown(event, fact)}
        case events.StepError(final=False):
            return {
                "status": "pending",
                "progress": None,
                "error": fact.message[:TEXT_CHARS],
                "duration_s": fact.duration_s,
            }
        case events.StepError():
            return {**update, "status": "error", "error": fact.message[:TEXT_CHARS]}
        case events.StepUncertain():
            return {**update, "status": "uncertain", "error": fact.message[:TEXT_CHARS]}
        case events.StepCancelled(left_running=str() as ids):
            update["message"] = f"left running at the provider: {ids}"[:TEXT_CHARS]
    return {**update, "status": "cancelled"}


def head_after(head: Snapshot, rows: Sequence[StepRun], event: Event, *, current: int | None, share: int) -> Snapshot:
    """The head after an event whose rows are changed already.

    `current` is the highest running step, `share` 100 for each step over plus the percents of those running.
    """
    update = _place_update(head, rows, event, current, share)
    update |= {"last_updated": event.ts, "seq": event.seq, "epoch": event.epoch}
    fact = event.fact
    match fact:
        case events.Progress() | events.StepStarted():
            if fact.message is not None:
                update["message"] = fact.message[:TEXT_CHARS]
        case events.StepEnd():
            update |= _head_at_step_end(head, rows, event, fact)
        case events.PlanStarted():
            update |= {"status": "running", "started_at": event.ts}
        case events.PlanResumed():
            update |= {
                "status": "running",
                "completed_at": None,
                "outcome": None,
                "error": None,
                "duration_s": None,
            }
            update |= {"input_request": None, "started_at": head.started_at or event.ts}
        case events.ArtifactMade():
            update |= _with_artifacts(head, (_ref(fact),))
        case events.StepReused():
            update |= _with_artifacts(head, fact.artifacts)
        case events.PredictionSettled():
            if fact.cost_usd is not None:
                update["cost_usd"] = (head.cost_usd or 0) + fact.cost_usd
        case events.CacheHit():
            update |= {"message": _from_cache(fact), "cost_usd": head.cost_usd or 0.0}
        case events.InputRequested():
            asked = InputRequest(step=event.step or 0, **fact.model_dump())
            update |= {"message": fact.prompt[:TEXT_CHARS], "input_request": asked}
        case events.InputReceived():
            if head.input_request is not None and head.input_request.request_id == fact.request_id:
                update["input_request"] = None
        case events.PlanEnd():
            update |= {"completed_at": event.ts, "duration_s": fact.duration_s, "input_request": None}
            update |= _head_at_plan_end(fact)
    return changed_to(head, update)


def _row_of(rows: Sequence[StepRun], event: Event) -> StepRun | None:
    """The row of an event's step; None where the plan has no such step."""
    return rows[event.step - 1] if event.step is not None and 1 <= event.step <= len(rows) else None


def _head_at_step_end(
    head: Snapshot, rows: Sequence[StepRun], event: Event, fact: events.StepEnd
) -> Mapping[str, object]:
    update: dict[str, object] = {}
    if head.input_request is not None and head.input_request.step == event.step:
        update["input_request"] = None
    failed = isinstance(fact, events.StepUncertain) or (isinstance(fact, events.StepError) and fact.final)
    row = _row_of(rows, event)
    if failed and head.error is None and row is not None and not getattr(fact, "continued", False):
        update["error"] = f"step '{row.name}': {row.error}"[:TEXT_CHARS]
    return update


def _head_at_plan_end(fact: events.PlanEnd) -> Mapping[str, object]:
    match fact:
        case events.PlanCompleted():
            return {"status": "completed", "outcome": fact.outcome}
        case events.PlanFailed():
            return {"status": "error", "outcome": fact.outcome, "error": fact.message[:TEXT_CHARS]}
    return {"status": "error", "outcome": "cancelled"}


def _place_update(
    head: Snapshot, rows: Sequence[StepRun], event: Event, current: int | None, share: int
) -> dict[str, object]:
    """Where the run is."""
    update: dict[str, object] = {"progress": _progress_after(head, event, share)}
    row = _row_of(rows, event)
    if current is None and row is not None and row.status in OVER:
        current = event.step
    if current is not None and current != head.current_step:
        row = rows[current - 1]
        update |= {"current_step": current, "current_step_name": row.task, "current_step_tool": row.tool_id}
    return update


def _progress_after(head: Snapshot, event: Event, share: int) -> int:
    """Never falls; a plan's own mark counts instead of the share of steps; 100 only when the plan completed."""
    if isinstance(event.fact, events.PlanCompleted):
        return 100
    if head.outcome is not None:  # ended; what a person says of it now is no work
        return head.progress
    if isinstance(event.fact, events.PlanEnd | events.StepCancelled | events.StepUncertain) or (
        isinstance(event.fact, events.StepError) and not event.fact.continued
    ):
        return head.progress
    mark = getattr(event.fact, "plan_percent", None)
    reached = mark if mark is not None else share // max(head.total_steps, 1)
    return max(head.progress, min(reached, 99))
