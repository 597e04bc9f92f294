"""What may start now: steps whose needs are over, lowest first."""

from character_flow import events
from character_flow.events import Event
from character_flow.plan import Plan, parse_plan
from character_flow.run_state import RunState
from character_flow.schedule import Schedule


def plan_of(needs: dict[str, str], *, back: tuple[str, str] | None = None) -> Plan:
    lines = []
    for name, needed in needs.items():
        question = "{{ feedback }}" if back and name == back[1] else "q"
        more = f", retry_from: {{step: {back[1]}, at_most: 1}}" if back and name == back[0] else ""
        lines.append(f'- {{name: {name}, tool: ask, needs: [{needed}], with: {{question: "{question}"}}{more}}}')
    return parse_plan("steps:\n" + "\n".join(lines), path="p.yaml", plan_id="p")


def happen(state: RunState, fact: events.Fact, step: int, attempt: int = 1) -> None:
    state.apply(Event(1, "2026-11-21T12:00:00+00:00", 0.0, 1, step, attempt, fact))


def finish(state: RunState, schedule: Schedule, step: int) -> None:
    happen(state, events.StepStarted(name="n", tool="t", with_key="k"), step)
    happen(state, events.StepCompleted(), step)
    schedule.over(step)


def taken(schedule: Schedule) -> list[int]:
    found = []
    while (number := schedule.take()) is not None:
        found.append(number)
    return found


def test_steps_become_ready_when_the_last_of_their_needs_is_over() -> None:
    plan = plan_of({"a": "", "b": "", "c": "a, b", "d": "c"})
    state = RunState.fresh(4)
    schedule = Schedule(plan, state)
    assert taken(schedule) == [1, 2]
    finish(state, schedule, 2)
    assert taken(schedule) == []
    finish(state, schedule, 1)
    assert taken(schedule) == [3]


def test_a_resumed_run_begins_with_what_is_left() -> None:
    plan = plan_of({"a": "", "b": "a", "c": "a"})
    state = RunState.fresh(3)
    finish(state, Schedule(plan, state), 1)
    assert taken(Schedule(plan, state)) == [2, 3]


def test_a_held_step_is_not_ready_until_it_is_released() -> None:
    plan = plan_of({"a": "", "b": ""})
    state = RunState.fresh(2)
    schedule = Schedule(plan, state)
    schedule.hold(1)
    schedule.rebuild()
    assert (taken(schedule), schedule.held) == ([2], {1})
    assert schedule.release(1)
    assert schedule.held == set()


def test_sent_back_are_the_way_to_the_failing_step_and_looked_at_again_is_who_else_used_it() -> None:
    plan = plan_of({"a": "", "b": "a", "aside": "b", "c": "b", "far": "aside", "d": "c"}, back=("d", "b"))
    state = RunState.fresh(6)
    schedule = Schedule(plan, state)
    for number in (1, 2, 3, 4):
        finish(state, schedule, number)
    assert schedule.sent_back(plan.steps[5]) == ((2, 4, 6), (3,))
