"""The provider at the fake, quick: what its tests share."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from character_flow.events import PredictionIntended
from character_flow.tools.providers.base import Call, Prediction, wait_for
from character_flow.tools.providers.replicate import ReplicateProvider
from character_flow.tools.providers.replicate_http import Pace
from tests.fake_replicate import UGC_VIDEO, FakeReplicate

_PAUSES = {"first_pause_s": 0.005, "longest_pause_s": 0.02, "look_s": 0.05, "recheck_s": 0.02}
QUICK = Pace(connect_s=10.0, exchange_s=10.0, patience_s=20.0, brief_patience_s=10.0, **_PAUSES)
"""Short pauses; what answers is waited for however busy this machine is."""
HASTY = replace(QUICK, patience_s=0.3, brief_patience_s=0.2)
"""Gives up soon: for what never gets better."""
HURRIED = replace(QUICK, exchange_s=1.0)
"""Takes a second without an answer for none: for what hangs. What is answered may be taken for that too."""
TEXT = "openai/gpt-4o"
IMAGE = "google/nano-banana"
ONE = "/v1/predictions/*"
ALL = "/v1/predictions"


@dataclass
class Sleeper:
    """Sleeps not at all, and remembers how long it should have."""

    slept: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


class HurryingClock:
    """A second passes between two looks at it: for what trickles, of which each byte is a look."""

    def __init__(self) -> None:
        self._looks = itertools.count()

    def __call__(self) -> float:
        return float(next(self._looks))


@contextlib.contextmanager
def provider_at(
    fake: FakeReplicate, folder: Path | None = None, *, pace: Pace = QUICK, sleep: Sleeper | None = None,
    token: str | None = None, clock: Callable[[], float] = time.monotonic,
) -> Iterator[ReplicateProvider]:  # fmt: skip
    """A provider whose pauses have no jitter; hung up at the end."""
    provider = ReplicateProvider(
        token or fake.token, base_url=fake.address, folder=folder, pace=pace, jitter=lambda: 0.5,
        sleep=sleep or time.sleep, clock=clock,
    )  # fmt: skip
    try:
        yield provider
    finally:
        provider.close()


def text_call(provider: ReplicateProvider, prompt: str = "Say hello", model: str = TEXT) -> Call:
    """A call of a model that writes."""
    return provider.prepare("text", {"model": model, "prompt": prompt, "offline": {}})


def image_call(provider: ReplicateProvider) -> Call:
    """A call of a model that draws."""
    return provider.prepare("image", {"model": IMAGE, "prompt": "A bottle"})


def video_call(provider: ReplicateProvider, **fields: JsonValue) -> Call:
    """A call of the ad's video model."""
    return provider.prepare("video", {"model": UGC_VIDEO, "dialogs": "Hello", **fields})


def finished(provider: ReplicateProvider, prediction_id: str) -> tuple[Prediction, list[Prediction]]:
    """How it ended, and every change on the way."""
    seen: list[Prediction] = []
    done = wait_for(provider, prediction_id, seen=seen.append, stopped=lambda: False, first_s=0.002, longest_s=0.01)
    return done, seen


def intent_of(call: Call, *, t0: datetime | None = None) -> PredictionIntended:
    """What the journal holds of a call before it leaves."""
    return PredictionIntended(
        call=1, provider="replicate", model=call.model, input_sha256=call.input_sha256, content_key=call.content_key,
        t0=(t0 or datetime.now(UTC)).isoformat(),
    )  # fmt: skip
