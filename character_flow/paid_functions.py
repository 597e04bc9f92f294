"""How a function that costs money is called once: intended on disk before it, and what it gave kept right after it.

It is in flight until it returns, raises, or tells the id of what it bought. A ToolError is its own word that nothing
was bought; after any other exception, as after a crash, nobody knows: only its `recover` or a person can tell.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Protocol

from pydantic import JsonValue

from character_flow import events
from character_flow.errors import (
    RefusedCallError,
    RunCancelledError,
    ToolError,
    UncertainCallError,
    UnkeptResultError,
)
from character_flow.json_text import to_json_value
from character_flow.paid import PaidCalls
from character_flow.run_state import CallState
from character_flow.tools.providers.base import Call
from character_flow.tools.registry import PaidFunction

FUNCTION = "function"
"""What stands for the provider in the intent of a function's call."""

ID_CHARS = 500


def cached_as(function: PaidFunction, call: Call) -> Call:
    """The call as the cache knows it: of other code, though under the same name, it is another one.

    A run's own call stays the same one when its code is mended: what it gave is taken up.
    """
    return replace(call, content_key=sha256(f"{call.content_key} {function.source}".encode()).hexdigest())


class Shelf(Protocol):
    """Where what a function gave is kept, so that a crash after it loses nothing."""

    def written(self, output: JsonValue) -> JsonValue:
        """An output as it may be written."""

    def taken_up(self, output: JsonValue, ref: str | None) -> JsonValue:
        """An output as tools see it, from what was written: itself, or the file that holds it."""

    def put_aside(self, step: str, attempt: int, result: object) -> str:
        """Keep what is no JSON value, as far as that is possible; returns the file, relative to the run folder."""


class PaidFunctions:
    """The call of a paid function in one attempt: there is one, and it is the attempt's only paid call."""

    def __init__(
        self, calls: PaidCalls, known: Mapping[int, CallState], shelf: Shelf, *, step: str, attempt: int
    ) -> None:
        self._calls, self._known, self._shelf = calls, known, shelf
        self._step, self._attempt = step, attempt
        self._number = 0
        self._is_in_flight = False

    @property
    def known(self) -> CallState | None:
        """The call, once it is on disk."""
        return self._known.get(self._number)

    @property
    def prediction_id(self) -> str | None:
        """The id of what was bought, as far as this or an earlier attempt told it, or a person did."""
        return self.known.id if self.known is not None else None

    def call(self, function: PaidFunction, call: Call) -> JsonValue:
        """What the function gives, or gave an earlier attempt."""
        lost = self._calls.lost
        self._number, known = self._calls.take(call.content_key)
        if known is None and lost:
            raise UncertainCallError(
                f"function '{function.name}' was called with something else before, and nobody knows whether that has"
                " bought anything"
            )
        if known is None:
            return self._called(function, call)
        if known.status is not None and not _is_aside(known):
            return self._shelf.taken_up(known.output, known.output_ref)
        return self._recovered(function, call, known)

    def submitted(self, prediction_id: object) -> None:
        """Make the id durable; from here on the attempt may be ended."""
        if not self._number:
            raise ToolError("submitted: only a function of a step with 'paid: true' tells what it bought")
        if not isinstance(prediction_id, str) or not 0 < len(prediction_id) <= ID_CHARS:
            problem = f"submitted: an id is a text of at most {ID_CHARS} characters, not {prediction_id!r:.80}"
            raise UncertainCallError(f"{problem}; nobody knows whether {self._step!r} has bought anything")
        if self.prediction_id is not None:
            raise UncertainCallError(f"submitted was called before, for {self.prediction_id}; one step buys one thing")
        fact = events.PredictionSubmitted(call=self._number, id=prediction_id)
        self._landed(fact)

    def _called(self, function: PaidFunction, call: Call) -> JsonValue:
        self._calls.intend(FUNCTION, self._number, call)
        self._is_in_flight = True
        try:
            result = function.call()
        except BaseException as error:
            if not self._is_in_flight:  # its id is known: it is taken up by that
                raise
            is_told = isinstance(error, ToolError) and not isinstance(error, UncertainCallError)
            status = "refused" if isinstance(error, RefusedCallError) else "failed"
            self._landed(events.PredictionSettled(call=self._number, status=status) if is_told else None)
            if isinstance(error, ToolError):
                raise
            raise UncertainCallError(
                f"function '{function.name}' broke off: {type(error).__name__}: {error}; nobody knows whether it has"
                " bought anything (a ToolError says that it has not)"
            ) from error
        return self._kept(function, result)

    def _recovered(self, function: PaidFunction, call: Call, known: CallState) -> JsonValue:
        if function.recover is None:
            if _is_aside(known):
                raise self._unkept(function, known.output_ref or "")
            bought = f" and bought {known.id}" if known.id else ""
            raise UncertainCallError(
                f"function '{function.name}' was called{bought}, but its result was never seen; without 'recover' in"
                " its 'with' nobody can find it"
            )
        try:
            result = function.recover()
        except (RunCancelledError, UncertainCallError):
            raise
        except BaseException as error:
            raise UncertainCallError(
                f"'recover' of function '{function.name}' does not tell what became of its call:"
                f" {type(error).__name__}: {error}"
            ) from error
        if result is not None:
            return self._kept(function, result)
        if known.output_ref is not None:
            raise self._unkept(function, known.output_ref)
        if self.prediction_id is not None:
            raise UncertainCallError(
                f"function '{function.name}' bought {self.prediction_id}, and its 'recover' finds no result of that"
            )
        self._calls.record(events.PredictionSettled(call=self._number, status="refused"))
        return self._called(function, call)

    def _kept(self, function: PaidFunction, result: object) -> JsonValue:
        """What it gave, durable: whatever happens from here on, it is there."""
        fact = events.PredictionSettled(call=self._number, id=self.prediction_id, status="succeeded")
        try:
            output = to_json_value(result)
        except Exception as error:  # noqa: BLE001  # a result's own code may raise anything while it is read
            ref = self._shelf.put_aside(self._step, self._attempt, result)
            self._end(fact.model_copy(update={"output_ref": ref}))
            raise self._unkept(function, ref, why=f": {error}") from None
        self._end(fact.model_copy(update={"output": self._shelf.written(output)}))
        return output

    def _end(self, fact: events.PredictionSettled) -> None:
        """Tell how it ended, once; a result found for one that was put aside is told by the step's own end."""
        known = self._known[self._number]
        if known.status is None:
            self._landed(fact)

    def _unkept(self, function: PaidFunction, ref: str, *, why: str = "") -> UnkeptResultError:
        return UnkeptResultError(
            f"function '{function.name}' was paid, but what it gave cannot be kept as JSON{why}; it was put aside as"
            f" {ref}"
        )

    def _landed(self, fact: events.Fact | None) -> None:
        """Put on disk what became of the call; from here on it is not in flight."""
        if self._is_in_flight:
            self._is_in_flight = False
            self._calls.landed(fact)
        elif fact is not None:
            self._calls.record(fact)


def _is_aside(known: CallState) -> bool:
    """Whether what it gave was no JSON value."""
    return known.output_ref is not None and not known.output_ref.endswith(".json")
