"""What a run has of the runs it was made of: their outputs to take over, and what they have cost."""

from collections.abc import Callable, Sequence

from character_flow.errors import StreamCorruptError, StreamError
from character_flow.events import Event, Fact, PlanHead
from character_flow.plan import Plan
from character_flow.resume import Reuse, Workshop, depending_on, taking_over
from character_flow.run_state import RunState
from character_flow.stream.journal import read_events, salvage_events
from character_flow.stream.stream import RunFolder, Stream, read_output

TakingOver = Callable[[Workshop], Reuse]


def taken_over(parent: RunFolder, happened: Sequence[Event], plan: Plan, *, from_step: str | None) -> TakingOver | None:
    """What a plan may take over from a parent run; None when the parent's first line cannot be read."""
    anew = depending_on(plan, from_step) if from_step is not None else frozenset[str]()
    return taking_over(parent.path, happened, load_output=lambda ref: read_output(parent, ref), anew=anew)


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
