"""What a run has of the runs it was made of: their outputs to take over, what they have cost, what they still hold."""

from collections.abc import Callable, Sequence

from character_flow.errors import StreamCorruptError, StreamError, UsageError
from character_flow.events import Event, Fact, PlanHead
from character_flow.plan import Plan
from character_flow.resume import Reuse, Workshop, depending_on, taking_over
from character_flow.run_state import CALL_AGAIN, CallState, RunState
from character_flow.stream.journal import read_events, salvage_events
from character_flow.stream.liveness import state_of
from character_flow.stream.stream import RunFolder, Stream, read_output

TakingOver = Callable[[Workshop], Reuse]


def taken_over(parent: RunFolder, happened: Sequence[Event], plan: Plan, *, from_step: str | None) -> TakingOver | None:
    """What a plan may take over from a parent run; None when the parent's first line cannot be read."""
    anew = depending_on(plan, from_step) if from_step is not None else frozenset[str]()
    return taking_over(parent.path, happened, load_output=lambda ref: read_output(parent, ref), anew=anew)


def check_free_to_pay(parent: RunFolder, happened: Sequence[Event], plan: Plan, *, from_step: str | None) -> None:
    """UsageError where a new run would pay again for a call that the parent has made, and may yet take up itself.

    Only the steps from `from_step` on are meant to be made anew, unless the parent is at work on them.
    """
    head = happened[0].fact
    if not isinstance(head, PlanHead):
        return
    is_alive, names = state_of(parent.owner).kind == "alive", {step.name for step in plan.steps}
    anew = depending_on(plan, from_step) if from_step is not None else frozenset[str]()
    state = RunState.replayed(len(head.steps), happened)
    for named, step in zip(head.steps, state.steps, strict=True):
        if named.name not in names or step.condition in ("completed", "skipped"):
            continue
        kept = next((call for call in step.calls.values() if call.status not in CALL_AGAIN), None)
        if kept is not None and (is_alive or named.name not in anew):
            raise UsageError(_kept(parent, named.name, kept, is_alive=is_alive))


def _kept(parent: RunFolder, name: str, call: CallState, *, is_alive: bool) -> str:
    made = f"has made a paid call, {call.id}," if call.id else "has made a paid call"
    told = f"run {parent.id} {made} in step '{name}', and a new run would pay for it again"
    if is_alive:
        return f"{told}; it is at work: wait for it, or cancel it"
    remedy = f"`resume {parent.id}` goes on with it"
    if call.is_in_flight:
        remedy = f"`resume {parent.id}` looks for it, `settle {parent.id} {name}` says what became of it"
    return f"{told}; {remedy}, --from {name} makes it anew"


def still_taken_over(stream: Stream, head: Fact, plan: Plan) -> TakingOver | None:
    """A run made of an earlier one goes on to take over from it, as far as that is still there and readable."""
    if not isinstance(head, PlanHead) or head.parent_run_id is None:
        return None
    parent = stream.run(head.parent_run_id)
    try:
        happened: Sequence[Event] = list(read_events(parent.journal))
    except StreamCorruptError:
        happened = salvage_events(parent.journal).events
    except StreamError:
        return None
    return taken_over(parent, happened, plan, from_step=head.from_step)


def spent_by_parents(stream: Stream, head: Fact) -> float:
    """What the runs cost, or may yet cost, that a run takes over from; one that cannot be read counts for nothing."""
    spent, seen = 0.0, set[str]()
    while isinstance(head, PlanHead) and head.parent_run_id is not None and head.parent_run_id not in seen:
        seen.add(head.parent_run_id)
        try:
            happened = salvage_events(stream.run(head.parent_run_id).journal).events
        except StreamError:
            break
        if not happened:
            break
        head = happened[0].fact
        if isinstance(head, PlanHead):
            spent += RunState.replayed(len(head.steps), happened).booked_usd
    return spent
