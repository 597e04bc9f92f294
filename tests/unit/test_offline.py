"""The provider without a network: true work on threads of its own, shared by who asks for the same."""

import threading
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.errors import ProviderError, RunCancelledError, ToolError
from character_flow.events import PredictionIntended
from character_flow.tools.providers.base import Answer, Prediction, check_succeeded, wait_for
from character_flow.tools.providers.offline import Job, OfflineProvider
from tests.unit.small_runs import wait_until


class Recipes:
    """Recipes that count, wait, fail."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = threading.Event()
        self.table = {"write": self.write, "wait": self.wait, "fail": self.fail, "bug": self.bug}

    def write(self, job: Job) -> Answer:
        self.begun += 1
        job.text = "the text"
        job.progress(50.7, "half way")
        path = job.folder / "made.txt"
        path.write_text("made")
        return Answer(job.text, (path,), {"fact": 1})

    def wait(self, job: Job) -> Answer:
        self.begun += 1
        while not self.go_on.wait(0.001):
            if job.cancelled():
                raise RunCancelledError("stopped")
        return Answer("waited")

    def fail(self, job: Job) -> Answer:
        raise ToolError("cannot be made")

    def bug(self, job: Job) -> Answer:
        raise ZeroDivisionError("a mistake")


@pytest.fixture
def recipes() -> Recipes:
    return Recipes()


@pytest.fixture
def provider(tmp_path: Path, recipes: Recipes) -> OfflineProvider:
    return OfflineProvider(tmp_path / "scratch", recipes.table)


def submitted(provider: OfflineProvider, kind: str, arguments: dict[str, JsonValue]) -> str:
    """As a step does it."""
    return provider.submit(provider.prepare(kind, arguments))


def finished(provider: OfflineProvider, prediction_id: str) -> Prediction:
    return wait_for(provider, prediction_id, seen=lambda now: None, stopped=lambda: False, first_s=0.001)


def test_a_prediction_works_tells_and_gives_what_it_made(provider: OfflineProvider, tmp_path: Path) -> None:
    prediction_id = submitted(provider, "text", {"offline": {"recipe": "write"}})
    done = finished(provider, prediction_id)
    assert done == Prediction(prediction_id, "succeeded", 50, "half way", "the text")
    for folder in (tmp_path / "a", tmp_path / "b"):  # fetch may be repeated
        folder.mkdir()
        answer = provider.fetch(prediction_id, folder)
        assert answer == Answer("the text", (folder / "made.txt",), {"fact": 1})
        assert (folder / "made.txt").read_text() == "made"


def test_a_recipe_shows_pictures_while_it_works(tmp_path: Path) -> None:
    def draw(job: Job) -> Answer:
        for number in (1, 2):
            path = job.folder / f"preview-{number}.jpg"
            path.write_text("a picture")
            job.show(path)
        return Answer("drawn")

    provider = OfflineProvider(tmp_path / "scratch", {"draw": draw})
    done = finished(provider, submitted(provider, "video", {"offline": {"recipe": "draw"}}))
    assert [path.name for path in done.previews] == ["preview-1.jpg", "preview-2.jpg"]


def test_two_steps_that_ask_for_the_same_share_the_work(
    provider: OfflineProvider, recipes: Recipes, tmp_path: Path
) -> None:
    first = submitted(provider, "text", {"offline": {"recipe": "wait"}, "a": 1})
    second = submitted(provider, "text", {"offline": {"recipe": "wait"}, "a": 1})
    other = submitted(provider, "text", {"offline": {"recipe": "wait"}, "a": 2})
    assert (first == second, first == other) == (True, False)
    provider.cancel(first)  # the second still wants it
    recipes.go_on.set()
    assert (finished(provider, second).status, recipes.begun) == ("succeeded", 2)


def test_a_cancelled_prediction_is_begun_anew_when_it_is_asked_for_again(
    provider: OfflineProvider, recipes: Recipes
) -> None:
    first = submitted(provider, "text", {"offline": {"recipe": "wait"}})
    provider.cancel(first)
    wait_until(lambda: provider.poll(first).status == "canceled")
    assert submitted(provider, "text", {"offline": {"recipe": "wait"}}) == first
    recipes.go_on.set()
    assert (finished(provider, first).status, recipes.begun) == ("succeeded", 2)


@pytest.mark.parametrize(("recipe", "problem"), [("fail", "cannot be made"), ("bug", "ZeroDivisionError: a mistake")])
def test_a_recipe_that_fails_is_a_failed_prediction(provider: OfflineProvider, recipe: str, problem: str) -> None:
    prediction_id = submitted(provider, "text", {"offline": {"recipe": recipe}})
    done = finished(provider, prediction_id)
    with pytest.raises(ProviderError, match=f"offline ended prediction {prediction_id} as failed: {problem}") as caught:
        check_succeeded(provider, done)
    assert (caught.value.retryable, caught.value.prediction_id) == (False, prediction_id)


def test_an_unknown_recipe_and_an_unknown_prediction_are_told(provider: OfflineProvider) -> None:
    with pytest.raises(ProviderError, match=r"offline has no recipe 'x' for this video step; .* bug, fail, wait"):
        submitted(provider, "video", {"offline": {"recipe": "x"}})
    with pytest.raises(ProviderError, match="no prediction p in this process"):
        provider.poll("p")
    intent = PredictionIntended(call=1, provider="offline", model="", input_sha256="", content_key="", t0="")
    assert provider.recover(intent, claimed=()) is None


@pytest.mark.parametrize("how", ["stopped", "seen"])
def test_who_stops_waiting_stops_the_prediction(provider: OfflineProvider, how: str) -> None:
    """Also when the step's end is noticed while its progress is told."""
    prediction_id = submitted(provider, "text", {"offline": {"recipe": "wait"}})

    def seen(now: Prediction) -> None:
        if how == "seen":
            raise RunCancelledError("over")

    with pytest.raises(RunCancelledError):
        wait_for(provider, prediction_id, seen=seen, stopped=lambda: how == "stopped", first_s=0.001)
    wait_until(lambda: provider.poll(prediction_id).status == "canceled")


def test_waiting_looks_less_and_less_often_until_something_changes() -> None:
    states = iter(["starting", *["processing"] * 4, "succeeded"])
    pauses: list[float] = []
    shown: list[str] = []

    class Scripted(OfflineProvider):
        def poll(self, prediction_id: str) -> Prediction:
            return Prediction(prediction_id, next(states))  # type: ignore[arg-type]

    wait_for(
        Scripted(Path()), "p", seen=lambda now: shown.append(now.status), stopped=lambda: False,
        first_s=1.0, longest_s=2.0, sleep=pauses.append, jitter=lambda: 0.5,
    )  # fmt: skip
    assert (pauses, shown) == ([1.0, 1.0, 1.5, 2.0, 2.0], ["starting", "processing", "succeeded"])
