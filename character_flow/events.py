"""What happened: the closed set of facts a journal may hold, and the event that gives a fact its place in it.

A fact is the `data` of a journal line; its class names the line's `type`. An event is a fact with its place: seq,
time, epoch, step and attempt. Both are values. Facts are read with unknown keys ignored, and an unknown type becomes
an UnknownFact that is passed on, so that old readers survive new writers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from character_flow.picking import PickOption

SCHEMA_VERSION = 1
PREVIEW_CHARS = 2_000
TEXT_CHARS = 2_000

Seconds = Annotated[float, AfterValidator(lambda seconds: round(seconds, 6))]
Percent = Annotated[int, Field(ge=0, le=100)]
Moment = Literal["before_plan", "before_step", "during_step", "after_step", "after_plan"]


class Fact(BaseModel):
    """What a journal line says. Keys that hold their default are not written."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
    type: ClassVar[str]
    moment: ClassVar[Moment] = "during_step"

    def to_json(self) -> dict[str, JsonValue]:
        """The line's `data`: JSON values only, keys that hold their default left out."""
        return self.model_dump(exclude_defaults=True)


class StepHead(BaseModel):
    """One step as the first line of a journal lists it."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    task: str
    tool: str


class PlanHead(Fact):
    """The whole step list and where the plan came from; written once, in a journal's first line.
    With a parent run, `from_step` and what depends on it is done anew whatever that run did.
    """

    run_id: str = ""
    parent_run_id: str | None = None
    from_step: str | None = None
    plan_id: str = ""
    plan_name: str = ""
    plan_folder: str = ""
    provider: str = ""
    budget_usd: float | None = None
    schema_version: int = SCHEMA_VERSION
    engine_version: str = ""
    steps: tuple[StepHead, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """The line's `data`; a step list is always told with the schema it is written in."""
        content = super().to_json()
        return {"schema_version": self.schema_version, **content} if self.steps else content


class PlanQueued(PlanHead):
    """A run was created for another process to execute."""

    type: ClassVar[str] = "plan_queued"


class PlanStarted(PlanHead):
    """A run began. After `plan_queued` the step list is not repeated."""

    type: ClassVar[str] = "plan_started"
    moment: ClassVar[Moment] = "before_plan"


class PlanResumed(Fact):
    """A later process took the run up again; `restart` lists the ended steps that are pending again."""

    type: ClassVar[str] = "plan_resumed"
    moment: ClassVar[Moment] = "before_plan"
    by: str = "resume"
    engine_version: str = ""
    restart: tuple[int, ...] = ()


class StepStarted(Fact):
    """An attempt of a step began. `plan_percent` is the plan's own mark, where it gives one."""

    type: ClassVar[str] = "step_started"
    moment: ClassVar[Moment] = "before_step"
    name: str
    tool: str
    with_key: str
    message: str | None = None
    plan_percent: Percent | None = None


class Progress(Fact):
    """How far an attempt is: percent of the step, and a sentence for people."""

    type: ClassVar[str] = "progress"
    percent: Percent | None = None
    message: str | None = None
    plan_percent: Percent | None = None


class Chunk(Fact):
    """The next piece of a text being written."""

    type: ClassVar[str] = "chunk"
    text: str


class ArtifactRef(BaseModel):
    """A file a step made: its path (relative to the run folder on disk), kind, hash and size."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    path: str
    kind: str
    sha256: str
    bytes: int


class ArtifactMade(Fact, ArtifactRef):
    """A file is durable and may be looked at before its step ends."""

    type: ClassVar[str] = "artifact"


class PredictionIntended(Fact):
    """A paid call is about to leave. `input_sha256` is of the input exactly as sent."""

    type: ClassVar[str] = "prediction_intended"
    call: int
    provider: str
    model: str
    input_sha256: str
    content_key: str
    t0: str
    estimate_usd: float | None = None


class PredictionSubmitted(Fact):
    """The provider answered a call with its id."""

    type: ClassVar[str] = "prediction_submitted"
    call: int
    id: str


class PredictionReattached(Fact):
    """An attempt goes on with the call an earlier one made; nothing was called."""

    type: ClassVar[str] = "prediction_reattached"
    call: int
    id: str


class PredictionSettled(Fact):
    """How a call ended at the provider, and what it cost where that is known. Of a paid function, what it gave too."""

    type: ClassVar[str] = "prediction_settled"
    call: int
    id: str | None = None
    status: str
    cost_usd: float | None = None
    output: JsonValue = None
    output_ref: str | None = None


class CacheHit(Fact):
    """A paid call was not made, for an equal one was answered `age_s` ago; `saved_usd` is what that one cost."""

    type: ClassVar[str] = "cache_hit"
    call: int
    key: str
    age_s: Seconds
    saved_usd: float | None = None


AskKind = Literal["text", "choice", "approve", "pick"]


class InputRequested(Fact):
    """A step asks a person. `approve`: "approve", or else feedback; `pick`: one of `choices`, the options' names."""

    type: ClassVar[str] = "input_requested"
    request_id: str
    kind: AskKind
    prompt: str
    choices: tuple[str, ...] = ()
    options: tuple[PickOption, ...] = ()
    default: str | None = None
    expires_at: str | None = None


class InputReceived(Fact):
    """A question was answered; `by` is terminal, answer, default or the viewer."""

    type: ClassVar[str] = "input_received"
    request_id: str
    value: str
    by: str


class StepRetried(Fact):
    """Announces the next attempt and why.
    With `retry_from`, `restart` lists the steps sent back to pending, its target first, and `recheck` the finished
    steps that will run again only if what they are called with turns out different.
    """

    type: ClassVar[str] = "step_retried"
    next_attempt: int
    reason: str
    delay_s: float = 0.0
    feedback: str | None = None
    restart: tuple[int, ...] = ()
    recheck: tuple[int, ...] = ()


class StepEnd(Fact):
    """What all ends of an attempt share: how long it took, monotonic."""

    moment: ClassVar[Moment] = "after_step"
    duration_s: Seconds = 0.0


class StepCompleted(StepEnd):
    """An attempt ended well. A value too big for a line is in the file `output_ref`, shown as `preview`."""

    type: ClassVar[str] = "step_completed"
    output: JsonValue = None
    output_ref: str | None = None
    preview: str | None = None
    cost_usd: float | None = None
    plan_percent: Percent | None = None


class StepError(StepEnd):
    """An attempt failed. `final: false` promises another one. `continued` steps do not fail the plan."""

    type: ClassVar[str] = "step_error"
    reason: str
    message: str
    final: bool
    continued: bool = False
    charged: bool = False


class StepCancelled(StepEnd):
    """An attempt was stopped by somebody; `left_running` is a prediction that goes on at the provider."""

    type: ClassVar[str] = "step_cancelled"
    reason: str
    left_running: str | None = None


class StepUncertain(StepEnd):
    """A paid call went out and nobody knows how it ended."""

    type: ClassVar[str] = "step_uncertain"
    reason: str
    message: str


class StepSkipped(Fact):
    """A step was not needed."""

    type: ClassVar[str] = "step_skipped"
    moment: ClassVar[Moment] = "after_step"
    reason: str
    plan_percent: Percent | None = None


class StepReused(Fact):
    """A step's output was taken over from an earlier run."""

    type: ClassVar[str] = "step_reused"
    moment: ClassVar[Moment] = "after_step"
    from_run: str
    with_key: str
    output: JsonValue = None
    output_ref: str | None = None
    preview: str | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    plan_percent: Percent | None = None


class CommandAccepted(Fact):
    """A command is being obeyed; a repeat of its id changes nothing."""

    type: ClassVar[str] = "command_accepted"
    command_id: str
    kind: str
    by: str


class CommandRefused(Fact):
    """A command was not obeyed, and why."""

    type: ClassVar[str] = "command_refused"
    command_id: str
    kind: str
    by: str
    reason: str


class HookError(Fact):
    """A hook raised, or took longer than it may; the run is not affected."""

    type: ClassVar[str] = "hook_error"
    hook: str
    hook_moment: str
    message: str


class PlanEnd(Fact):
    """What all ends of a plan share: seconds at work, over all its epochs."""

    moment: ClassVar[Moment] = "after_plan"
    duration_s: Seconds = 0.0


class PlanCompleted(PlanEnd):
    """The plan reached its end; `outcome` says whether some step failed and was continued."""

    type: ClassVar[str] = "plan_completed"
    outcome: Literal["success", "completed_with_issues"]
    output: JsonValue = None
    output_ref: str | None = None
    preview: str | None = None


class PlanFailed(PlanEnd):
    """The plan stopped at a step that failed, or whose paid call is uncertain."""

    type: ClassVar[str] = "plan_error"
    outcome: Literal["failed", "uncertain"]
    message: str
    failed_step: int | None = None


class PlanCancelled(PlanEnd):
    """Somebody stopped the plan: a command, or the signal with that name."""

    type: ClassVar[str] = "plan_cancelled"
    by: str
    signal: str | None = None


class UnknownFact(Fact):
    """A fact this version has no class for (`custom.*`, or a later version's); passed on as it is."""

    type: ClassVar[str] = "unknown"
    kind: str
    content: dict[str, JsonValue] = Field(default_factory=dict)

    def to_json(self) -> dict[str, JsonValue]:
        """The line's `data` as it was read."""
        return self.content


FACTS: Mapping[str, type[Fact]] = {
    cls.type: cls
    for cls in (
        PlanQueued, PlanStarted, PlanResumed, StepStarted, Progress, Chunk, ArtifactMade,
        PredictionIntended, PredictionSubmitted, PredictionReattached, PredictionSettled, CacheHit, InputRequested,
        InputReceived, StepRetried, StepCompleted, StepError, StepCancelled, StepUncertain, StepSkipped, StepReused,
        CommandAccepted, CommandRefused, HookError, PlanCompleted, PlanFailed, PlanCancelled,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One fact at its place. `ts` is ISO 8601 UTC, `mono` seconds that only grow within one `epoch`."""

    seq: int
    ts: str
    mono: float
    epoch: int
    step: int | None
    attempt: int | None
    fact: Fact

    @property
    def type(self) -> str:
        """The journal line's `type`."""
        return self.fact.kind if isinstance(self.fact, UnknownFact) else self.fact.type

    @property
    def cursor(self) -> str:
        """`<epoch>.<seq>`: what a reader who has seen this event gives to go on after it."""
        return f"{self.epoch}.{self.seq}"
