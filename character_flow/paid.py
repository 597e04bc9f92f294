"""How a paid call is made once: intended on disk before it leaves, its id on disk as soon as it is known.

An attempt that finds an equal call of an earlier one takes it up: it re-attaches to the id, or asks the provider for a
call whose answer was lost. Only what ended badly for sure, or what a person gave up, is called anew.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from character_flow import events
from character_flow.errors import ProviderError, RefusedCallError, RunCancelledError, ToolError, UncertainCallError
from character_flow.events import Fact
from character_flow.money import Prices
from character_flow.run_state import CALL_AGAIN, CallState, RunState
from character_flow.tools.providers.base import Call, Prediction, Provider

_LOOKS_S = (0.0, 1.0, 3.0)
"""When a provider is asked for a call whose answer was lost: its list may be a moment behind."""


class Purse:
    """What a run may spend: asked at each intent, under the recorder's lock, so that steps side by side share it."""

    def __init__(
        self,
        state: RunState,
        prices: Prices,
        *,
        budget_usd: float | None = None,
        allow_unknown: bool = False,
        spent_before_usd: float = 0.0,
    ) -> None:
        self._state, self.prices = state, prices
        self._budget_usd, self._allow_unknown = budget_usd, allow_unknown
        self._spent_before_usd = spent_before_usd

    def estimate(self, call: Call) -> float | None:
        """What a call may cost; None for a model without a price. ToolError where that is beyond the budget."""
        estimate = self.prices.estimate(call.kind, call.model, call.sent)
        if self._budget_usd is None:
            return estimate
        if estimate is None:
            if self._allow_unknown:
                return None
            raise ToolError(
                f"the price of {call.model or call.kind} is unknown, so the budget of ${self._budget_usd:.2f} could be"
                " overrun; --allow-unknown-price lets it"
            )
        booked = self._spent_before_usd + self._state.booked_usd
        if booked + estimate > self._budget_usd + 1e-9:
            raise ToolError(
                f"the budget of ${self._budget_usd:.2f} does not last: ${booked:.2f} are spent or reserved, this call"
                f" may cost ${estimate:.2f}; resume with a larger --budget"
            )
        return estimate


class Books(Protocol):
    """What paid calls need of the attempt they are made in."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The recorder's lock."""

    def record(self, fact: Fact) -> None:
        """Make a fact of this attempt durable."""

    def check_open(self) -> None:
        """Raise RunCancelledError when no call may be made any more."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that is at the provider: its number in the attempt, its id, and whether an earlier attempt made it."""

    number: int
    id: str
    is_reattached: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a paid call gave: text, facts and files of a model's answer, or a function's output and its files.

    Each file stands with its kind. A text in `output` that is the path of one of them means that file.
    """

    id: str
    text: str | None = None
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    output: JsonValue = None
    files: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """What an equal call gave `age_s` ago; `saved_usd` is what it cost then, None where nobody knows."""

    key: str
    age_s: float
    saved_usd: float | None
    result: Result


class Cache(Protocol):
    """Results of paid calls for later runs. It never raises: what cannot be kept or read is not there."""

    def is_for(self, step: str) -> bool:
        """Whether the step of this name may take a result from here."""

    def find(self, provider: str, call: Call, folder: Path) -> Hit | None:
        """What an equal call gave, its files put into `folder`."""

    def keep(self, provider: str, call: Call, result: Result, *, folder: Path, cost_usd: float | None) -> None:
        """Keep a result whose files lie in `folder`."""


@dataclass(frozen=True)
class Paying:
    """What all paid calls of a run share: the purse, the ids some journal has claimed already, and the cache."""

    purse: Purse
    claimed: Callable[[], Collection[str]]
    cache: Cache | None = None
    adopting: AbstractContextManager[object] = field(default_factory=threading.Lock)
    """Held from seeing that nobody has claimed a call until it is claimed: else two could take the same for theirs."""


class PaidCalls:
    """The paid calls of one attempt, numbered from 1 in the order they are made.

    A call of an earlier attempt belongs to whoever calls for the same; one for something else stays under its number.
    """

    def __init__(
        self,
        books: Books,
        known: Mapping[int, CallState],
        paying: Paying,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._books, self._known, self._paying = books, known, paying
        self._sleep, self._now = sleep, now
        self._taken: set[int] = set()
        self._numbering = threading.Lock()
        self._taking = threading.Lock()
        self.in_flight = 0
        """How many calls are between their durable intent and their durable id; read with the lock held."""
        self._looking = 0

    @property
    def is_looking(self) -> bool:
        """Whether a lost call is being looked for: a timeout waits for that, what ends the run does not."""
        return self._looking > 0

    def place(self, provider: Provider, call: Call) -> Placed:
        """Make a call, or take up the equal one that an earlier attempt made."""
        with self._taking:  # so that no two threads look for the same lost call
            lost = self.lost
            number, known = self.take(call.content_key)
            for of_attempt in lost if known is None else {number} & lost.keys():
                why = "the process that made the call is gone"
                with self._look():
                    self._found(provider, of_attempt, lost[of_attempt].intent, why)
        if known is None:
            return Placed(number, self._make(provider, number, call))
        return Placed(number, known.id or "", is_reattached=True)

    @property
    def lost(self) -> dict[int, CallState]:
        """The calls of earlier attempts whose fate nobody knows; nothing else may be called before that is known."""
        with self._numbering:
            known = sorted(self._known.items())
            return {number: call for number, call in known if call.is_in_flight and number not in self._taken}

    def take(self, content_key: str) -> tuple[int, CallState | None]:
        """The number of the attempt's next call, and the equal call of an earlier attempt that it goes on with."""
        with self._numbering:
            for number, call in sorted(self._known.items()):
                is_free = number not in self._taken and call.status not in CALL_AGAIN
                if is_free and call.intent.content_key == content_key:
                    self._taken.add(number)
                    return number, call
            return self._next_number(), None

    def next_number(self) -> int:
        """The number of what is no call at all."""
        with self._numbering:
            return self._next_number()

    def _next_number(self) -> int:
        """The lowest that no call stands under, but for one that must be made anew."""
        number = 1
        while number in self._taken or (number in self._known and self._known[number].status not in CALL_AGAIN):
            number += 1
        self._taken.add(number)
        return number

    def settle(self, number: int, prediction: Prediction) -> None:
        """Tell how a call ended, once, and what it cost as far as the provider's own figures say."""
        known = self._known[number]
        if known.status is not None:
            return
        cost = self._paying.purse.prices.actual(
            known.intent.model, prediction.metrics, status=prediction.status, estimate_usd=known.intent.estimate_usd
        )
        fact = events.PredictionSettled(call=number, id=prediction.id, status=prediction.status, cost_usd=cost)
        self.record(fact)

    def _make(self, provider: Provider, number: int, call: Call) -> str:
        call = call.ready()
        intent = self.intend(provider.name, number, call)
        try:
            prediction_id = provider.submit(call)
        except RefusedCallError:
            self.landed(events.PredictionSettled(call=number, status="refused"))
            raise
        except UncertainCallError as error:
            with self._look(has_left=True):
                return self._found(provider, number, intent, str(error))
        except BaseException as error:
            self.landed(None)
            why = f"the call of {call.model or call.kind} broke off: {type(error).__name__}: {error}"
            raise UncertainCallError(f"{why}; nobody knows whether it was made") from error
        self.landed(events.PredictionSubmitted(call=number, id=prediction_id))
        return prediction_id

    def intend(self, provider: str, number: int, call: Call) -> events.PredictionIntended:
        """Put on disk that a call is about to leave, if the purse allows it; it is in flight from here on."""
        with self._books.lock:
            self._books.check_open()
            intent = events.PredictionIntended(
                call=number,
                provider=provider,
                model=call.model,
                input_sha256=call.input_sha256,
                content_key=call.content_key,
                t0=self._now().isoformat(),
                estimate_usd=self._paying.purse.estimate(call),
            )
            self._books.record(intent)
            self.in_flight += 1
        return intent

    def landed(self, fact: Fact | None) -> None:
        """What became of a call in flight is on disk; from here on the attempt may be ended again."""
        with self._books.lock:
            try:
                if fact is not None:
                    self._books.record(fact)
            finally:
                self.in_flight -= 1

    def record(self, fact: Fact) -> None:
        """Put a fact of a call that is not in flight on disk, while the attempt is open."""
        with self._books.lock:
            self._books.check_open()
            self._books.record(fact)

    @contextmanager
    def _look(self, *, has_left: bool = False) -> Iterator[None]:
        """A lost call is looked for; `has_left`: by the attempt that made it, in flight until now."""
        with self._books.lock:
            if not has_left:
                self._books.check_open()
            self._looking += 1
            self.in_flight -= has_left
        try:
            yield
        finally:
            with self._books.lock:
                self._looking -= 1

    def _found(self, provider: Provider, number: int, intent: events.PredictionIntended, why: str) -> str:
        """The id of a call whose answer was lost, from the provider's own list; UncertainCallError without one."""
        trouble = ""
        for pause_s in _LOOKS_S:
            self._sleep(pause_s)
            self._books.check_open()
            try:
                found = provider.recover(intent, claimed=self._paying.claimed())
            except RunCancelledError:  # hung up on: the run has ended meanwhile
                raise
            except Exception as error:  # noqa: BLE001  # whatever it is, it tells nothing of the call
                told = str(error) if isinstance(error, ProviderError) else f"{type(error).__name__}: {error}"
                found, trouble = None, f" ({told})"
            if found is not None and self._is_adopted(number, found):
                return found
        raise UncertainCallError(
            f"{why}, and {provider.name} lists no single call that must be it{trouble}: nobody knows whether"
            f" {intent.model or 'it'} was called and charged"
        )

    def _is_adopted(self, number: int, found: str) -> bool:
        """Call a prediction one's own; False where another step or run has just done that."""
        with self._paying.adopting:
            if found in self._paying.claimed():
                return False
            self.record(events.PredictionSubmitted(call=number, id=found))
            return True
