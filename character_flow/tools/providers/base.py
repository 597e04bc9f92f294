"""Who answers for a model: the protocol every provider keeps, and how a tool waits for an answer.

A prediction is one call of a model with the provider's id. Nothing here knows which provider it is.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pydantic import JsonValue

from character_flow.errors import ProviderError, RunCancelledError
from character_flow.events import PredictionIntended

Status = Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
FINAL: frozenset[Status] = frozenset({"succeeded", "failed", "canceled", "aborted"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Once it is ready to leave, `sent` is the model's input exactly as it will go out, addresses for files.

    `input_sha256` is of the canonical JSON of `sent`: it finds the call again in the provider's own list.
    `content_key` is of kind, model and input with every file as its own sha256: it tells whether two calls are equal.
    `upload` brings the files of a call to the provider, and gives it ready to leave; None where it is that already.
    """

    kind: str
    model: str
    sent: Mapping[str, JsonValue]
    input_sha256: str
    content_key: str
    upload: "Callable[[], Call] | None" = field(default=None, compare=False, repr=False)

    def ready(self) -> "Call":
        """The call as it leaves, its files at the provider."""
        return self if self.upload is None else self.upload()


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a prediction stands. `text` is all that has been written so far; `percent` is 0 to 100 or None.

    `metrics` is what the provider measured, e.g. `{"predict_time": 3.2}` in seconds; empty where it tells nothing.
    `previews` are pictures on this machine that show what is being made, oldest first; each is whole once it is told.
    """

    id: str
    status: Status
    percent: int | None = None
    message: str | None = None
    text: str = ""
    error: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    previews: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a prediction produced: text, files in the folder it was fetched into, and what is worth knowing of it."""

    text: str | None = None
    files: tuple[Path, ...] = ()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


class Provider(Protocol):
    """Answers for models of some kinds. Ids are texts that mean something to this provider only."""

    name: str
    is_paid: bool
    """Whether a call may cost money: then it is on disk before it leaves."""

    def prepare(self, kind: str, arguments: Mapping[str, JsonValue]) -> Call:
        """The call, checked as far as that is possible here; nothing leaves this machine before it is made ready."""

    def submit(self, call: Call) -> str:
        """Start one prediction with a call that is ready, in one request that is never repeated by itself; its id.

        Raises RefusedCallError where nothing was started for sure, UncertainCallError where nobody can know.
        """

    def poll(self, prediction_id: str) -> Prediction:
        """How it stands now; may be asked any number of times. What can pass is waited out inside."""

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        """What a succeeded prediction produced, files written into `folder`; may be repeated. A text has no files."""

    def cancel(self, prediction_id: str) -> None:
        """Stop it, as far as that is possible."""

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> str | None:
        """The id of a call whose answer was lost, if exactly one fits that is not in `claimed`; else None."""

    def close(self) -> None:
        """Let go of what is held open; whoever asks later connects anew."""


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
    """Poll with backoff and jitter until the prediction is final, and return it; every change is shown to `seen`.

    Raises RunCancelledError when `stopped` says so; what costs nothing is cancelled then, the rest is its owner's.
    """
    pause, before = first_s, None
    try:
        while (now := provider.poll(prediction_id)).status not in FINAL:
            if now != before:
                seen(now)
                pause, before = first_s, now
            _check_wanted(stopped)
            sleep(pause * (0.75 + 0.5 * jitter()))
            _check_wanted(stopped)
            pause = min(pause * 1.5, longest_s)
        seen(now)
    except RunCancelledError:  # from here, or from `seen`: the attempt was ended
        if not provider.is_paid:
            provider.cancel(prediction_id)
        raise
    return now


def _check_wanted(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise RunCancelledError("the run was asked to stop")


def check_succeeded(provider: Provider, now: Prediction) -> None:
    """Raise ProviderError for a prediction that ended in any other way."""
    if now.status != "succeeded":
        raise ProviderError(
            f"{provider.name} ended prediction {now.id} as {now.status}: {now.error or 'no reason given'}",
            provider=provider.name,
            prediction_id=now.id,
            retryable=now.status == "aborted",
        )
