"""The law of the live page: whoever stops anywhere, is cut off and comes back shows what the files say."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from character_flow import events
from character_flow.events import Event, Fact
from character_flow.gateway.standing import Standing, Writer
from character_flow.snapshot import Snapshot, fold
from tests.gateway.served import Page
from tests.unit.recorded import OTHER_ID, RUN_ID, started

STEPS = 3
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _facts() -> st.SearchStrategy[tuple[Fact, int | None]]:
    step = st.integers(1, STEPS)
    of_step = st.sampled_from(
        [
            events.StepStarted(name="s", tool="t", with_key="k"), events.Progress(percent=30), events.Chunk(text="a "),
            events.StepCompleted(output={"a": 1}), events.StepError(reason="x", message="no", final=True),
            events.StepSkipped(reason="not needed"),
            events.ArtifactMade(path="artifacts/a", kind="image", sha256="0", bytes=1),
        ]
    )  # fmt: skip
    of_plan = st.sampled_from(
        [events.PlanResumed(restart=(1, 2)), events.PlanFailed(outcome="failed", message="no"), events.HookError(
            hook="h", hook_moment="m", message="x")]
    )  # fmt: skip
    return st.one_of(st.tuples(of_step, step), st.tuples(of_plan, st.none()))


def _history(run_id: str, facts: list[tuple[Fact, int | None]]) -> list[Event]:
    placed = [(started(run_id, steps=STEPS), None), *facts]
    return [
        Event(seq, f"2026-11-20T12:00:{seq:02}+00:00", float(seq), 1, step, 1 if step else None, fact)
        for seq, (fact, step) in enumerate(placed, 1)
    ]


Act = tuple[str, int]
_ACTS = ("look", "cut", "events", "problem", "writer", "lost", "clear", "again", "restart")
_acts = st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(0, 2)), max_size=40)


class _Tab:
    """A client: what it shows, which version it was sent last, and the cursor its browser would bring back."""

    def __init__(self) -> None:
        self.page, self.seen, self.cursor = Page(), 0, None

    seen: int
    cursor: str | None

    def look(self, standing: Standing) -> None:
        frame = standing.frame_after(self.seen)
        if frame is not None:
            self.seen, self.cursor = frame.version, frame.cursor
            self.page.apply(json.loads(frame.content))

    def cut(self, standing: Standing) -> None:
        self.seen = standing.version_at(self.cursor)


@settings(max_examples=300)
@given(st.lists(_facts(), max_size=12), st.lists(_facts(), max_size=8), _acts)
def test_a_page_that_stops_anywhere_and_comes_back_shows_how_it_stands(
    first: list[tuple[Fact, int | None]], second: list[tuple[Fact, int | None]], acts: list[Act]
) -> None:
    """Tabs look and are cut off whenever they like; a run is lost, cleared, published again; the server restarts."""
    runs = [_history(RUN_ID, first), _history(OTHER_ID, second)]
    standing, tabs = Standing(), [_Tab(), _Tab(), _Tab()]
    number, at, problem = 0, 0, None
    shown = Snapshot()
    for act, which in acts:
        tab, told = tabs[which], runs[number % 2]
        match act:
            case "look":
                tab.look(standing)
            case "cut":
                tab.cut(standing)
            case "events" if at:
                for event in told[at : at + which + 1]:
                    standing.take(event)
                    problem = None
                at = min(at + which + 1, len(told))
                shown = fold(Snapshot(), told[:at])
            case "events" | "again" | "clear":
                number, at = number + (act == "again"), 0 if act == "clear" else 1
                shown = fold(Snapshot(), runs[number % 2][:at])
                standing.take(shown)
                problem = None
            case "lost" if at:
                shown = shown.model_copy(update={"status": "error", "outcome": "lost", "error": "gone"})
                standing.take(shown)
                shown, problem = fold(Snapshot(), told[:at]), None
                standing.take(shown)  # taken back by whoever goes on with it
            case "problem":
                problem = standing.problem = f"problem {which}"
                standing.renew()
            case "restart":
                standing, problem = Standing(), None
                standing.take(shown)
            case "writer":
                standing.writer = Writer("alive", "pid 1", stale=bool(which))
                standing.renew()
    for tab in tabs:
        tab.cut(standing)
        tab.look(standing)
        assert tab.page.snapshot == shown
        beside = (tab.page.last["problem"], tab.page.last["writer"])
        assert beside == (problem, standing.writer.to_json())


def test_a_page_that_comes_back_to_a_restarted_server_hears_that_the_writer_died_meanwhile() -> None:
    """No event tells it, so the place is the same as before."""
    before, after, tab = Standing(), Standing(), _Tab()
    running = fold(Snapshot(), _history(RUN_ID, []))
    before.take(running)
    tab.look(before)
    after.take(running.model_copy(update={"status": "error", "outcome": "lost"}))
    tab.cut(after)
    tab.look(after)
    assert (tab.page.snapshot.status, tab.page.snapshot.outcome) == ("error", "lost")


def test_clients_who_saw_the_same_share_one_text_but_never_an_old_time() -> None:
    """The page computes with the server's clock: a frame sent a minute later tells a minute later."""
    standing = Standing()
    standing.take(fold(Snapshot(), _history(RUN_ID, [])))
    early = standing.frame_after(0, now=NOON)
    shared = standing.frame_after(0, now=NOON + timedelta(seconds=0.2))
    late = standing.frame_after(0, now=NOON + timedelta(seconds=60))
    assert early is shared
    assert late is not None
    assert json.loads(late.content)["now"] == "2026-11-20T12:01:00+00:00"


def test_a_small_change_in_a_large_plan_is_a_small_frame() -> None:
    """W0-02: what is told does not grow with the plan."""
    standing = Standing()
    standing.take(Event(1, "t1", 0.0, 1, None, None, started(RUN_ID, steps=5_000)))
    whole = standing.frame_after(0)
    standing.take(Event(2, "t2", 0.0, 1, 4_000, 1, events.Progress(percent=10)))
    assert whole is not None
    change = standing.frame_after(whole.version)
    assert change is not None
    content = json.loads(change.content)
    assert (content["full"], [row["step_number"] for row in content["rows"]]) == (False, [4_000])
    assert (len(whole.content) > 300_000, len(change.content) < 3_000) == (True, True)


def test_a_row_is_told_without_the_keys_that_hold_their_default() -> None:
    """50 tabs of a plan of thousands of steps are sent all of its pending rows; most of their keys say nothing."""
    standing = Standing()
    standing.take(Event(1, "t1", 0.0, 1, None, None, started(RUN_ID, steps=2)))
    standing.take(Event(2, "t2", 0.0, 1, 2, 1, events.Progress(percent=0)))
    frame = standing.frame_after(0)
    assert frame is not None
    first, second = json.loads(frame.content)["rows"]
    assert set(first) == {"step_number", "status", "name", "task", "tool_id"}
    assert set(second) == {*first, "progress"}, "0 is not the default of a progress nobody told"
