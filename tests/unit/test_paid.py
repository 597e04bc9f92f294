"""A paid call is made once: what is on disk when it leaves, who takes it up, what it may cost (DESIGN 3.1 and 5)."""

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import (
    DurabilityError,
    ProviderError,
    RefusedCallError,
    RunCancelledError,
    ToolError,
    UncertainCallError,
)
from character_flow.events import Event, Fact, PredictionIntended, PredictionSettled, PredictionSubmitted
from character_flow.paid import PaidCalls, Paying, Placed, Purse
from character_flow.run_state import CALL_AGAIN, CallState, RunState
from character_flow.tools.providers.base import Answer, Call, Prediction

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL = Call("image", "someone/model", {"prompt": "A bottle"}, "of-sent", "of-content")


class Shop:
    """A provider that answers as the test says, and counts what it was asked."""

    name = "shop"
    is_paid = True

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.answers: list[str | BaseException | Callable[[], str]] = []
        self.listed: list[str | BaseException | Callable[[], str] | None] = []
        self.asked: list[tuple[PredictionIntended, Collection[str]]] = []
        self._lock = threading.Lock()
        self.made = 0

    def prepare(self, kind: str, arguments: Mapping[str, JsonValue]) -> Call:
        raise AssertionError("nobody asks")

    def submit(self, call: Call) -> str:
        with self._lock:
            self.log.append("POST")
            self.made += 1
            answer = self.answers.pop(0) if self.answers else f"p{self.made}"
        if callable(answer):
            return answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> str | None:
        self.log.append("list")
        self.asked.append((intent, claimed))
        answer = self.listed.pop(0) if self.listed else None
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer

    def poll(self, prediction_id: str) -> Prediction:
        raise AssertionError("nobody asks")

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        raise AssertionError("nobody asks")

    def cancel(self, prediction_id: str) -> None:
        raise AssertionError("nobody asks")

    def close(self) -> None:
        raise AssertionError("nobody asks")


@dataclass
class Books:
    """The journal of a run of one step: what is recorded is applied to its state at once, as the engine does."""

    state: RunState = field(default_factory=lambda: RunState.fresh(1))
    log: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_open: bool = True
    refuses: type[Fact] | None = None

    def record(self, fact: Fact) -> None:
        if self.refuses is not None and isinstance(fact, self.refuses):
            raise DurabilityError("the disk is full", path=Path("journal.jsonl"))
        match fact:
            case PredictionIntended():
                self.log.append(f"intended {fact.call}")
            case PredictionSubmitted():
                self.log.append(f"submitted {fact.call} {fact.id}")
            case PredictionSettled():
                self.log.append(f"settled {fact.call} {fact.status}")
        self.state.apply(Event(len(self.log), NOW.isoformat(), 0.0, 1, 1, 1, fact))

    def check_open(self) -> None:
        if not self.is_open:
            raise RunCancelledError("it is being ended")

    @property
    def calls(self) -> Mapping[int, CallState]:
        return self.state.step(1).calls


@dataclass(frozen=True)
class Tariff:
    """The price of every call; None where nobody knows."""

    usd: float | None

    def estimate(self, kind: str, model: str, sent: Mapping[str, JsonValue]) -> float | None:
        return self.usd

    def actual(
        self, model: str, metrics: Mapping[str, float], *, status: str = "", estimate_usd: float | None = None
    ) -> float | None:
        return metrics.get("usd")


class Setup:
    """A step, its shop, and attempts at it one after the other."""

    def __init__(self) -> None:
        self.books = Books()
        self.shop = Shop(self.books.log)
        self.slept: list[float] = []
        self.claimed: frozenset[str] = frozenset()

    def attempt(
        self,
        *,
        usd: float | None = None,
        budget_usd: float | None = None,
        allow_unknown: bool = False,
        before_usd: float = 0.0,
    ) -> PaidCalls:
        purse = Purse(
            self.books.state, Tariff(usd),
            budget_usd=budget_usd, allow_unknown=allow_unknown, spent_before_usd=before_usd,
        )  # fmt: skip
        paying = Paying(purse, lambda: self.claimed)
        return PaidCalls(self.books, self.books.calls, paying, sleep=self.slept.append, now=lambda: NOW)

    def taken(self) -> list[str]:
        """What was logged since this was asked last."""
        log, self.books.log[:] = list(self.books.log), []
        return log


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_the_intent_is_on_disk_before_the_call_and_the_id_right_after_it(setup: Setup) -> None:
    """DESIGN 3.1."""
    attempt = setup.attempt(usd=0.5)
    in_flight: list[int] = []

    def answer() -> str:
        in_flight.append(attempt.in_flight)
        return "p1"

    setup.shop.answers = [answer]
    assert attempt.in_flight == 0
    assert attempt.place(setup.shop, CALL) == Placed(1, "p1")
    assert setup.taken() == ["intended 1", "POST", "submitted 1 p1"]
    assert (in_flight, attempt.in_flight) == ([1], 0)
    assert setup.books.calls[1].intent == PredictionIntended(
        call=1, provider="shop", model="someone/model", input_sha256="of-sent", content_key="of-content",
        t0="2026-11-21T12:00:00+00:00", estimate_usd=0.5,
    )  # fmt: skip


def test_a_later_attempt_takes_up_each_call_by_its_number_and_makes_only_what_is_missing(setup: Setup) -> None:
    first = setup.attempt()
    assert [first.place(setup.shop, CALL) for _ in range(2)] == [Placed(1, "p1"), Placed(2, "p2")]
    setup.taken()
    second = setup.attempt()
    again = [second.place(setup.shop, CALL) for _ in range(3)]
    assert again == [Placed(1, "p1", is_reattached=True), Placed(2, "p2", is_reattached=True), Placed(3, "p3")]
    assert setup.taken() == ["intended 3", "POST", "submitted 3 p3"]


def test_a_call_that_succeeded_is_taken_up_too(setup: Setup) -> None:
    """What fails after success repeats the fetch, never the call."""
    first = setup.attempt()
    first.place(setup.shop, CALL)
    first.settle(1, Prediction("p1", "succeeded"))
    setup.taken()
    second = setup.attempt()
    assert second.place(setup.shop, CALL) == Placed(1, "p1", is_reattached=True)
    second.settle(1, Prediction("p1", "succeeded"))
    assert setup.taken() == []


@pytest.mark.parametrize("status", sorted(CALL_AGAIN))
def test_only_after_a_sure_failure_or_a_persons_word_is_a_call_made_anew(setup: Setup, status: str) -> None:
    setup.attempt().place(setup.shop, CALL)
    setup.books.record(PredictionSettled(call=1, id="p1", status=status))
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p2")
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p2", is_reattached=True)
    assert setup.shop.made == 2


def test_a_refused_call_is_told_so_and_may_be_made_again(setup: Setup) -> None:
    setup.shop.answers = [RefusedCallError("no credit", provider="shop")]
    attempt = setup.attempt(usd=2.0)
    with pytest.raises(RefusedCallError, match="no credit"):
        attempt.place(setup.shop, CALL)
    assert setup.taken() == ["intended 1", "POST", "settled 1 refused"]
    assert (attempt.in_flight, setup.books.state.booked_usd) == (0, 0.0)
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p2")


def test_an_answer_that_was_lost_is_looked_for_in_the_list(setup: Setup) -> None:
    setup.shop.answers = [UncertainCallError("it was cut off")]
    setup.shop.listed = [None, "p9"]
    setup.claimed = frozenset({"of-another-run"})
    attempt = setup.attempt()
    assert attempt.place(setup.shop, CALL) == Placed(1, "p9")
    assert setup.taken() == ["intended 1", "POST", "list", "list", "submitted 1 p9"]
    assert (setup.slept, attempt.in_flight) == ([0.0, 1.0], 0)
    assert setup.shop.asked[0] == (setup.books.calls[1].intent, {"of-another-run"})


@pytest.mark.parametrize(
    "trouble",
    [
        UncertainCallError("it gave no answer"),
        OSError("a broken pipe"),
        SystemExit(1),
        ProviderError("x", provider="s"),
    ],
)
def test_a_call_that_nobody_lists_is_uncertain_and_never_made_again(setup: Setup, trouble: BaseException) -> None:
    setup.shop.answers = [trouble]
    first = setup.attempt()
    with pytest.raises(UncertainCallError, match="nobody knows whether"):
        first.place(setup.shop, CALL)
    assert first.in_flight == 0
    for _ in range(3):  # also a later attempt only looks
        setup.taken()
        with pytest.raises(UncertainCallError, match="the process that made the call is gone, and shop lists no"):
            setup.attempt().place(setup.shop, CALL)
        assert setup.taken() == ["list", "list", "list"]
    assert setup.shop.made == 1


def test_a_call_in_flight_when_its_process_died_is_found_later(setup: Setup) -> None:
    """A crash after the intent: what is on disk does not tell whether it left."""
    setup.attempt().intend("shop", 1, CALL)
    setup.shop.listed = ["p1"]
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p1", is_reattached=True)
    assert setup.taken() == ["intended 1", "list", "submitted 1 p1"]
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p1", is_reattached=True)
    assert (setup.taken(), setup.shop.made) == ([], 0)


@pytest.mark.parametrize("is_own", [True, False])
def test_a_list_that_cannot_be_read_leaves_it_uncertain(setup: Setup, *, is_own: bool) -> None:
    """Not "no such call"; and whatever goes wrong there, the attempt can be ended."""
    setup.shop.answers = [UncertainCallError("it was cut off")]
    setup.shop.listed = [ProviderError("replies with a web page", provider="shop"), RuntimeError("a bug"), OSError(5)]
    attempt = setup.attempt()
    if not is_own:
        setup.attempt().intend("shop", 1, CALL)
    with pytest.raises(UncertainCallError):
        attempt.place(setup.shop, CALL)
    assert (attempt.in_flight, setup.shop.made) == (0, int(is_own))


def test_an_attempt_that_is_over_looks_for_nothing_any_more(setup: Setup) -> None:
    setup.attempt().intend("shop", 1, CALL)
    attempt = setup.attempt()

    def end() -> str:
        setup.books.is_open = False
        raise ProviderError("no answer", provider="shop")

    setup.shop.listed = [end]
    with pytest.raises(RunCancelledError):
        attempt.place(setup.shop, CALL)
    assert (setup.taken().count("list"), attempt.is_looking) == (1, False)


def test_without_a_durable_intent_nothing_leaves(setup: Setup) -> None:
    setup.books.refuses = PredictionIntended
    attempt = setup.attempt()
    with pytest.raises(DurabilityError):
        attempt.place(setup.shop, CALL)
    assert (setup.taken(), attempt.in_flight) == ([], 0)


def test_an_id_that_could_not_be_written_is_found_again_and_not_paid_again(setup: Setup) -> None:
    setup.books.refuses = PredictionSubmitted
    attempt = setup.attempt()
    with pytest.raises(DurabilityError):
        attempt.place(setup.shop, CALL)
    assert attempt.in_flight == 0
    setup.books.refuses, setup.shop.listed = None, ["p1"]
    assert setup.attempt().place(setup.shop, CALL) == Placed(1, "p1", is_reattached=True)
    assert setup.shop.made == 1


def test_an_attempt_that_is_being_ended_makes_no_call(setup: Setup) -> None:
    setup.books.is_open = False
    with pytest.raises(RunCancelledError, match="it is being ended"):
        setup.attempt().place(setup.shop, CALL)
    assert setup.taken() == []


def test_how_a_call_ended_and_what_it_cost_is_told_once(setup: Setup) -> None:
    attempt = setup.attempt(usd=2.0)
    attempt.place(setup.shop, CALL)
    assert setup.books.state.booked_usd == 2.0  # until more is known
    for _ in range(2):
        attempt.settle(1, Prediction("p1", "succeeded", metrics={"usd": 0.25}))
    assert setup.taken()[3:] == ["settled 1 succeeded"]
    assert setup.books.state.booked_usd == 0.25


def test_steps_side_by_side_cannot_overshoot_a_budget(setup: Setup) -> None:
    """What is in flight is reserved, under the one lock: of eight calls at once, three fit."""
    together = threading.Barrier(8)

    def place(_: int) -> bool:
        attempt = setup.attempt(usd=1.0, budget_usd=5.0, before_usd=1.5)
        attempt.next_number()
        together.wait(60)
        try:
            attempt.intend("shop", next(numbers), CALL)
        except ToolError as error:
            refused.append(str(error))
            return False
        return True

    numbers = iter(range(1, 9))
    refused: list[str] = []
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(place, range(8))) == 3
    assert set(refused) == {
        "the budget of $5.00 does not last: $4.50 are spent or reserved, this call may cost $1.00; resume with a larger"
        " --budget"
    }
    assert setup.books.state.booked_usd == 3.0


def test_a_budget_that_is_used_up_to_the_cent_is_kept(setup: Setup) -> None:
    attempt = setup.attempt(usd=0.1, budget_usd=0.3)
    for _ in range(3):
        attempt.place(setup.shop, CALL)
    with pytest.raises(ToolError, match=r"\$0.30 are spent or reserved, this call may cost \$0.10; resume with"):
        attempt.place(setup.shop, CALL)
    assert setup.shop.made == 3


def test_under_a_budget_an_unknown_price_is_refused_unless_it_is_allowed(setup: Setup) -> None:
    with pytest.raises(ToolError, match=r"the price of someone/model is unknown.*--allow-unknown-price"):
        setup.attempt(budget_usd=5.0).place(setup.shop, CALL)
    assert setup.taken() == []
    setup.attempt(budget_usd=5.0, allow_unknown=True).place(setup.shop, CALL)
    assert setup.books.calls[1].intent.estimate_usd is None  # unknown, and not 0
    assert setup.shop.made == 1


def test_taking_a_call_up_again_asks_no_purse(setup: Setup) -> None:
    setup.attempt(usd=1.0).place(setup.shop, CALL)
    assert setup.attempt(usd=1.0, budget_usd=0.5).place(setup.shop, CALL).is_reattached
