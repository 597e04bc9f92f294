"""Who answers for a model: the protocol every provider keeps, and how a tool waits for an answer.

A prediction is one call of a model with the provider's id. Nothing here knows which provider it is.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pydantic import JsonValue

from character_flow.errors import ProviderError, RunCancelledError

Status = Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
FINAL: frozenset[Status] = frozenset({"succeeded", "failed", "canceled", "aborted"})


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a prediction stands. `text` is all that has been written so far; `percent` is 0 to 100 or None."""

    id: str
    status: Status
    percent: int | None = None
    message: str | None = None
    text: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a prediction produced: text, files in the folder it was fetched into, and what is worth knowing of it."""

    text: str | None = None
    files: tuple[Path, ...] = ()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


class Provider(Protocol):
    """Answers for models of some kinds. Ids are texts that mean something to this provider only."""

    name: str

    def submit(self, kind: str, arguments: Mapping[str, JsonValue]) -> str:
        """Start one prediction; returns its id."""

    def poll(self, prediction_id: str) -> Prediction:
        """How it stands now; may be asked any number of times."""

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        """What a succeeded prediction produced, files written into `folder`; may be repeated."""

    def cancel(self, prediction_id: str) -> None:
        """Stop it, as far as that is possible."""

    def recover(self, intent: Mapping[str, JsonValue]) -> str | None:
        """The id of a call whose answer was lost, if exactly one fits; else None."""


def wait_for(
    provider: Provider,
    prediction_id: str,
    *,
    seen: Callable[[Prediction], None],
    stopped: Callable[[], bool],
    first_s: float = 0.02,
    longest_s: float = 5.0,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
) -> Prediction:
    """Poll with backoff and jitter until the prediction is final; every change is shown to `seen`.

    Raises ProviderError when it did not succeed, RunCancelledError (after cancelling it) when `stopped` says so.
    """
    pause, before = first_s, None
    try:
        while (now := provider.poll(prediction_id)).status not in FINAL:
            if now != before:
                seen(now)
                pause, before = first_s, now
            if stopped():
                raise RunCancelledError("the run was asked to stop")
            sleep(pause * (0.75 + 0.5 * jitter()))
            pause = min(pause * 1.5, longest_s)
        seen(now)
    except RunCancelledError:  # from here, or from `seen`: the attempt was ended
        provider.cancel(prediction_id)
        raise
    if now.status != "succeeded":
        raise ProviderError(
            f"{provider.name} ended prediction {prediction_id} as {now.status}: {now.error or 'no reason given'}",
            provider=provider.name,
            prediction_id=prediction_id,
            retryable=now.status == "aborted",
        )
    return now
