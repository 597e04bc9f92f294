"""Where a run is: what the engine must know of the past, learnt from the same events live and on resume.

The engine changes nothing here itself: it records an event, then applies it. So what a resume learns from the journal
is what the engine knew when it was killed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from character_flow import events
from character_flow.events import ArtifactRef, Event

Condition = Literal["pending", "running", "completed", "skipped", "continued", "failed", "cancelled", "uncertain"]
OVER: frozenset[Condition] = frozenset({"completed", "skipped", "continued"})
INTERRUPTED = "interrupted"


CALL_AGAIN = frozenset({"failed", "canceled", "aborted", "refused", "abandoned"})
"""How a paid call must have ended before a new one may be made in its place."""


@dataclass(slots=True)
class CallState:
    """One paid call: what was intended, the provider's id once it is known, and how it ended."""

    intent: events.PredictionIntended
    id: str | None = None
    status: str | None = None
    cost_usd: float | None = None
    output: JsonValue = None
    output_ref: str | None = None
    """What a paid function gave, as on disk: itself, or the file that holds it."""
    step: int = 0
    """The number of its step."""

    @property
    def is_in_flight(self) -> bool:
        """Whether it may have left, and nobody knows what became of it."""
        return self.id is None and self.status is None

    @property
    def is_open(self) -> bool:
        """Whether it may be at work at the provider."""
        return self.id is not None and self.status is None

    def settle(self, fact: events.PredictionSettled) -> None:
        """Take in how it ended."""
        self.status, self.cost_usd = fact.status, fact.cost_usd
        self.output, self.output_ref = fact.output, fact.output_ref

    @property
    def booked_usd(self) -> float:
        """What it cost, or may yet cost: its estimate until more is known, nothing once it was refused."""
        if self.cost_usd is not None:
            return self.cost_usd
        return 0.0 if self.status == "refused" else self.intent.estimate_usd or 0.0


@dataclass(slots=True)
class StepState:
    """One step of a run: its condition, and what its next attempt must know."""

    condition: Condition = "pending"
    output: JsonValue = None
    output_ref: str | None = None
    key: str = ""
    attempt: int = 0
    used: int = 0
    """Attempts that count against `attempts`."""
    rounds: int = 0
    """How often this step sent the plan back with `retry_from`."""
    feedback: str | None = None
    asked: int = 0
    """Questions of rounds that are over; the next attempt's first question is number `asked` + 1."""
    answered: int = 0
    recheck: bool = False
    """Finished, but something it depends on ran again: it runs again only if its rendered `with` changed."""
    artifacts: tuple[ArtifactRef, ...] = ()
    """What the newest attempt made."""
    calls: dict[int, CallState] = field(default_factory=dict)
    """The paid calls of this take by their number in an attempt; a later attempt goes on with them."""

    @property
    def has_lost_call(self) -> bool:
        """Whether a call of it may have been made and charged, and nobody knows."""
        return any(call.is_in_flight for call in self.calls.values())

    @property
    def is_over(self) -> bool:
        """Whether steps that need this one may start."""
        return self.condition in OVER and not self.recheck

    def restart(self, *, ask_again: bool, new_take: bool = False) -> None:
        """Pending again, with fresh attempts; `ask_again` forgets the answers given so far, `new_take` the calls."""
        if new_take:
            self.calls = {}
        self.condition, self.output, self.output_ref = "pending", None, None
        self.used, self.recheck = 0, False
        if ask_again:
            self.asked = self.answered

    def apply(self, event: Event) -> None:
        """Take one event of this step in."""
        fact = event.fact
        match fact:
            case events.StepStarted():
                if self.condition in OVER:  # what it is called with has changed: its calls were made for the old
                    self.calls = {}
                self.condition, self.attempt, self.key = "running", event.attempt or 0, fact.with_key
                self.output, self.output_ref = None, None
                self.recheck, self.artifacts = False, ()
            case events.StepCompleted():
                self.condition, self.output, self.output_ref = "completed", fact.output, fact.output_ref
            case events.StepReused():
                self.condition, self.output, self.output_ref = "completed", fact.output, fact.output_ref
                self.key = fact.with_key
                self.artifacts += fact.artifacts
            case events.ArtifactMade():
                self.artifacts += (ArtifactRef(path=fact.path, kind=fact.kind, sha256=fact.sha256, bytes=fact.bytes),)
            case events.StepSkipped():
                self.condition, self.output, self.output_ref = "skipped", None, None
                self.recheck, self.artifacts = False, ()
            case events.StepError():
                self.used += fact.reason != INTERRUPTED
                self.condition = "continued" if fact.continued else "failed" if fact.final else "pending"
            case events.StepCancelled():
                self.condition = "cancelled"
            case events.StepUncertain():
                self.condition = "uncertain"
            case events.InputReceived():
                self.answered += 1
            case events.PredictionIntended():
                self.calls[fact.call] = CallState(fact, step=event.step or 0)
            case events.PredictionSubmitted() if fact.call in self.calls:
                self.calls[fact.call].id = fact.id
                self._know()
            case events.PredictionSettled() if self.has_call(fact):
                self.calls[fact.call].settle(fact)
                self._know()

    def has_call(self, fact: events.PredictionSettled) -> bool:
        """Whether it is a call of this take that has ended, not one of an earlier take."""
        call = self.calls.get(fact.call)
        return call is not None and fact.id in (None, call.id)

    def _know(self) -> None:
        """What was uncertain is not any more, once a person has said what became of its call."""
        if self.condition == "uncertain":
            self.condition = "pending"


@dataclass(slots=True)
class RunState:
    """All steps of a run by number from 1, its answers, and whether it is to be cancelled."""

    steps: list[StepState]
    answers: dict[str, str] = field(default_factory=dict)
    open_request: tuple[int, events.InputRequested] | None = None
    obeyed: set[str] = field(default_factory=set)
    answering: str | None = None
    """The command whose answer was accepted and is not recorded yet."""
    cancel_by: str | None = None
    ended: bool = False
    completed: bool = False
    worked_before_s: float = 0.0
    """Seconds at work in earlier epochs."""
    calls: list[CallState] = field(default_factory=list)
    """Every paid call of the run, those of earlier takes too: what it has cost and may yet cost."""
    _epoch: int = 0
    _began: float = 0.0
    _last: float = 0.0

    @classmethod
    def fresh(cls, total: int) -> "RunState":
        """A run that has not begun."""
        return cls([StepState() for _ in range(total)])

    @classmethod
    def replayed(cls, total: int, happened: Iterable[Event]) -> "RunState":
        """What these events leave behind."""
        state = cls.fresh(total)
        for event in happened:
            state.apply(event)
        return state

    @property
    def booked_usd(self) -> float:
        """What the run's paid calls cost, or may yet cost."""
        return sum(call.booked_usd for call in self.calls)

    def step(self, number: int) -> StepState:
        """The state of a step, by its number from 1."""
        return self.steps[number - 1]

    def apply(self, event: Event) -> None:
        """Take one event in."""
        fact = event.fact
        if event.epoch != self._epoch:
            self.worked_before_s += self._last - self._began
            self._epoch, self._began = event.epoch, event.mono
        if event.step is not None:
            self.step(event.step).apply(event)
        match fact:
            case events.StepStarted():  # the commonest first: each case before the right one costs 0.1 us
                pass
            case events.PredictionIntended() if event.step is not None:
                self.calls.append(self.step(event.step).calls[fact.call])
            case events.PredictionSettled(id=str()) if event.step is not None:
                if not self.step(event.step).has_call(fact):
                    self._settle_earlier(event.step, fact)
            case events.PlanStarted() | events.PlanResumed():
                self._began, self.ended = event.mono, False  # what a queued run waited is no work
                for number in getattr(fact, "restart", ()):
                    step = self.step(number)
                    step.restart(ask_again=step.condition == "failed")
                    step.rounds = 0
            case events.StepRetried(restart=[target, *_]):
                for number in fact.restart:
                    self.step(number).restart(ask_again=True, new_take=True)
                    self.step(number).feedback = fact.feedback
                for number in fact.recheck:
                    self.step(number).recheck = True
                self.step(event.step or target).rounds += 1
            case events.InputRequested():
                self.open_request = (event.step or 0, fact)
            case events.StepEnd():
                if self.open_request is not None and self.open_request[0] == event.step and not _was_killed(fact):
                    self.open_request = None
            case events.InputReceived():
                self.answers[fact.request_id] = fact.value
                if self.answering is not None:
                    self.obeyed.add(self.answering)
                    self.answering = None
                self.open_request = None
            case events.CommandAccepted():
                if fact.kind == "answer":
                    self.answering = fact.command_id
                else:
                    self.obeyed.add(fact.command_id)
                if fact.kind == "cancel":
                    self.cancel_by = fact.by
            case events.PlanEnd():
                self.ended, self.cancel_by, self.open_request = True, None, None
                self.completed = isinstance(fact, events.PlanCompleted)
        self._last = event.mono

    def _settle_earlier(self, step: int, fact: events.PredictionSettled) -> None:
        """A call of an earlier take: the step was sent back while its prediction went on."""
        for call in self.calls:
            if (call.step, call.id) == (step, fact.id) and call.is_open:
                call.settle(fact)


def _was_killed(fact: events.StepEnd) -> bool:
    """Its question is still open: the next attempt asks it again, and an answer may come before that."""
    return isinstance(fact, events.StepError) and fact.reason == INTERRUPTED
