"""What one attempt takes from the cache instead of paying for it, and what it leaves there once its tool is done."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from character_flow.paid import Cache, Hit, Result
from character_flow.run_state import CallState
from character_flow.tools.providers.base import Answer, Call, Prediction


class Recall:
    """The cache as one attempt uses it. `may_take`: this is the first attempt of a step's first take."""

    def __init__(
        self, cache: Cache | None, step: str, *, may_take: bool, folder: Callable[[], Path], tell: Callable[[Hit], None]
    ) -> None:
        self._cache, self._folder, self._tell = cache, folder, tell
        self._may_take = may_take and cache is not None and cache.is_for(step)
        self._waiting: list[Callable[[], None]] = []

    def find(self, provider: str, call: Call) -> Hit | None:
        """What an equal call gave in an earlier run, told at once."""
        if self._cache is None or not self._may_take:
            return None
        hit = self._cache.find(provider, call, self._folder())
        if hit is not None:
            self._tell(hit)
        return hit

    def remember(self, provider: str, call: Call, known: CallState | None, result: Result) -> None:
        """Keep what a call gave, once the tool has made use of it."""
        if self._cache is not None and known is not None:
            cost_usd = known.intent.estimate_usd if known.cost_usd is None else known.cost_usd
            keep = partial(self._cache.keep, provider, call, result, folder=self._folder(), cost_usd=cost_usd)
            self._waiting.append(keep)

    def keep(self) -> None:
        """The tool has done its work. Never raises."""
        for keep in self._waiting:
            keep()


def as_answer(result: Result) -> tuple[Prediction, Answer]:
    """A model's result as its provider would have told it."""
    answer = Answer(result.text, tuple(path for path, _kind in result.files), result.facts)
    return Prediction(result.id, "succeeded", percent=100, text=result.text or ""), answer


def as_result(prediction_id: str, answer: Answer) -> Result:
    """A model's answer as it is kept; of what kind its files are, the tool knows."""
    return Result(prediction_id, answer.text, answer.facts, files=tuple((path, "") for path in answer.files))
