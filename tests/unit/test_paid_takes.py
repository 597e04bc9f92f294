"""Which call an attempt goes on with: one prediction belongs to one step, and to what that step was called with."""

import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.app import run_plan
from character_flow.config import read_settings
from character_flow.errors import RetryableToolError, UncertainCallError
from character_flow.events import Event, PredictionIntended
from character_flow.hooks import ExecutionHooks
from character_flow.money import PriceTable
from character_flow.paid import PaidCalls, Paying, Placed, Purse
from character_flow.paid_functions import PaidFunctions
from character_flow.run_state import RunState
from character_flow.tools.providers.base import Call
from character_flow.tools.registry import PaidFunction, ToolContext, ToolRegistry
from tests.fake_replicate import TOKEN, FakeReplicate, Script
from tests.unit.small_runs import check_result, facts, options_for
from tests.unit.test_paid import CALL, NOW, Books, Shop


class SlowList(Shop):
    """Lists one prediction; whoever asks waits a moment for the other one to ask too."""

    def __init__(self) -> None:
        super().__init__([])
        self._met = threading.Barrier(2)

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> str | None:
        before = "p1" in claimed
        with suppress(threading.BrokenBarrierError):
            self._met.wait(0.3)
        return None if before else "p1"


def test_two_steps_that_lost_their_answers_at_once_do_not_claim_the_same_prediction() -> None:
    """Both were called with the same; only one of the calls was accepted."""
    shop, state = SlowList(), RunState.fresh(1)
    shop.answers = [UncertainCallError("cut off"), UncertainCallError("cut off")]
    both = [Books(), Books()]

    def claimed() -> set[str]:
        return {call.id for books in both for call in tuple(books.calls.values()) if call.id is not None}

    paying = Paying(Purse(state, PriceTable({})), claimed)
    found: list[str] = []

    def place(books: Books) -> None:
        calls = PaidCalls(books, books.calls, paying, sleep=lambda seconds: None, now=lambda: NOW)
        try:
            found.append(calls.place(shop, CALL).id)
        except UncertainCallError:
            found.append("uncertain")

    threads = [threading.Thread(target=place, args=(books,)) for books in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == ["p1", "uncertain"]
    assert [call.id for books in both for call in books.calls.values()].count("p1") == 1


OTHER = replace(CALL, sent={"prompt": "Another bottle"}, input_sha256="of-other", content_key="of-other-content")


def _first_attempt(*answers: str | UncertainCallError) -> tuple[Shop, Books, Paying]:
    """A shop and the books of a step, after an attempt that made the first call; the answers are of all calls."""
    shop, books = Shop([]), Books()
    shop.answers = list(answers)
    paying = Paying(Purse(books.state, PriceTable({})), lambda: ())
    with suppress(UncertainCallError):
        _attempt(books, paying).place(shop, CALL)
    shop.log.clear()
    return shop, books, paying


def _attempt(books: Books, paying: Paying) -> PaidCalls:
    return PaidCalls(books, books.calls, paying, sleep=lambda seconds: None, now=lambda: NOW)


def test_a_call_that_was_made_for_something_else_is_not_taken_up() -> None:
    shop, books, paying = _first_attempt("p1", "p2")
    assert _attempt(books, paying).place(shop, OTHER) == Placed(2, "p2")
    assert [(call.id, call.status) for call in books.calls.values()] == [("p1", None), ("p2", None)]
    third = _attempt(books, paying)  # and both are there for whoever calls for the same again, in any order
    assert [third.place(shop, OTHER), third.place(shop, CALL)] == [
        Placed(2, "p2", is_reattached=True), Placed(1, "p1", is_reattached=True),
    ]  # fmt: skip
    assert shop.log == ["POST"]


def test_two_equal_calls_of_an_attempt_are_two_calls_for_the_next_one_too() -> None:
    shop, books, paying = _first_attempt("p1", "p2")
    second, third = _attempt(books, paying), _attempt(books, paying)
    assert [placed.id for placed in (second.place(shop, CALL), second.place(shop, CALL))] == ["p1", "p2"]
    assert [placed.id for placed in (third.place(shop, CALL), third.place(shop, CALL))] == ["p1", "p2"]
    assert shop.log == ["POST"]


def test_before_something_else_is_called_it_must_be_known_what_became_of_the_call_before() -> None:
    shop, books, paying = _first_attempt(UncertainCallError("cut off"), "p2")
    with pytest.raises(UncertainCallError, match="nobody knows whether someone/model was called"):
        _attempt(books, paying).place(shop, OTHER)
    assert ("POST" in shop.log, books.calls[1].is_in_flight) == (False, True)
    shop.listed = ["p1"]
    assert _attempt(books, paying).place(shop, OTHER) == Placed(2, "p2")
    assert [call.id for call in books.calls.values()] == ["p1", "p2"]


def test_a_function_that_is_called_with_something_else_gives_no_old_result() -> None:
    given: list[str] = []

    def called(what: str, attempt: int) -> object:
        call = Call("function", "a:b", {}, what, what)

        def give() -> str:
            given.append(what)
            return what

        functions = PaidFunctions(_attempt(books, paying), books.calls, Shelf(), step="s", attempt=attempt)
        return functions.call(PaidFunction("a:b", {}, give), call)

    books = Books()
    paying = Paying(Purse(books.state, PriceTable({})), lambda: ())
    assert [called("tea", 1), called("tea", 2), called("milk", 3)] == ["tea", "tea", "milk"]
    assert given == ["tea", "milk"]
    books.calls[2].status = None
    with pytest.raises(UncertainCallError, match="was called with something else before"):
        called("coffee", 4)
    assert given == ["tea", "milk"]


class Shelf:
    """A shelf that keeps values as they are."""

    def written(self, output: JsonValue) -> JsonValue:
        return output

    def taken_up(self, output: JsonValue, ref: str | None) -> JsonValue:
        return output

    def put_aside(self, step: str, attempt: int, result: object) -> str:
        raise AssertionError("nothing is put aside")


class Hasty:
    """A lock that somebody else had first, who has claimed the call meanwhile."""

    def __init__(self, claimed: set[str]) -> None:
        self._claimed = claimed

    def __enter__(self) -> None:
        self._claimed.add("p1")

    def __exit__(self, *_: object) -> None:
        """Let go."""


def test_a_call_that_was_claimed_while_the_lock_was_waited_for_is_not_claimed_again() -> None:
    """By a run of another process, say: what was looked up before the lock was held is old."""
    shop, books, claimed = Shop([]), Books(), set[str]()
    shop.answers, shop.listed = [UncertainCallError("cut off")], ["p1", None, None]
    paying = Paying(Purse(books.state, PriceTable({})), lambda: claimed, adopting=Hasty(claimed))
    with pytest.raises(UncertainCallError, match="lists no single call"):
        PaidCalls(books, books.calls, paying, sleep=lambda seconds: None, now=lambda: NOW).place(shop, CALL)
    assert [call.id for call in books.calls.values()] == [None]


def test_a_step_that_runs_again_because_its_arguments_changed_has_no_calls_yet() -> None:
    """Else it would go on with the prediction that was made for the old ones."""
    state = RunState.fresh(1)
    started = events.StepStarted(name="one", tool="image.generate", with_key="k1")
    told: list[events.Fact] = [
        started,
        PredictionIntended(call=1, provider="p", model="m", input_sha256="s", content_key="c", t0="t"),
        events.PredictionSubmitted(call=1, id="p1"),
        events.PredictionSettled(call=1, id="p1", status="succeeded"),
        events.StepCompleted(output="old"),
    ]
    for seq, fact in enumerate(told, 1):
        state.apply(Event(seq, NOW.isoformat(), 0.0, 1, 1, 1, fact))
    assert set(state.step(1).calls) == {1}
    again = started.model_copy(update={"with_key": "k2"})
    state.apply(Event(6, NOW.isoformat(), 0.0, 1, 1, 2, again))
    assert state.step(1).calls == {}
    assert len(state.calls) == 1  # what it has cost stays


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with FakeReplicate() as service:
        monkeypatch.setenv("REPLICATE_BASE_URL", service.address)
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        yield service


PLAN = """
steps:
  - name: words
    tool: text.generate
    with: {model: openai/gpt-4o, prompt: "Write {{ feedback }}"}
  - name: frame
    tool: image.generate
    with: {model: google/nano-banana, prompt: "{{ steps.words.output }}"}
  - name: check
    tool: my.check
    needs: [words]
    with: {text: "{{ steps.words.output }}"}
    retry_from: {step: words, at_most: 1}
output: "{{ steps.frame.output.id }}"
"""


@dataclass
class Frame(ExecutionHooks):
    """Tells when the picture's step has completed."""

    is_there: threading.Event

    def after_step(self, event: Event) -> None:
        if event.step == 2:
            self.is_there.set()


def test_a_picture_of_words_that_were_written_anew_is_a_picture_of_the_new_words(
    tmp_path: Path, fake: FakeReplicate
) -> None:
    tools, frame_is_there = ToolRegistry(), threading.Event()

    @tools.tool("my.check")
    def check(ctx: ToolContext, *, text: str) -> str:
        assert frame_is_there.wait(60)
        if text == "first":
            raise RetryableToolError("other words")
        return text

    for words in ("first", "second"):
        fake.script(Script(output="value", value=words, stream="none", model="openai/gpt-4o"))
    (tmp_path / "plan.yaml").write_text(PLAN)
    options = replace(
        options_for(tmp_path, tools, hooks=(Frame(frame_is_there),)), provider="replicate", settings=read_settings()
    )
    result = run_plan(tmp_path / "plan.yaml", options=options)
    check_result(result)
    assert (result.exit_code, fake.charged) == (0, 4)
    assert result.output == fake.last_id
    assert fake.predictions[fake.last_id]["input"]["prompt"] == "second"
    assert facts(result.run, events.PredictionReattached) == []
