"""Which call an attempt goes on with: one prediction belongs to one step, and to what that step was called with."""

import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from character_flow import events
from character_flow.app import run_plan
from character_flow.config import read_settings
from character_flow.errors import RetryableToolError, UncertainCallError
from character_flow.events import Event, PredictionIntended
from character_flow.hooks import ExecutionHooks
from character_flow.money import PriceTable
from character_flow.paid import PaidCalls, Paying, Purse
from character_flow.run_state import RunState
from character_flow.tools.registry import ToolContext, ToolRegistry
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
        return {call.id for books in both for call in books.calls.values() if call.id is not None}

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
        thread.join(10)
    assert sorted(found) == ["p1", "uncertain"]
    assert [call.id for books in both for call in books.calls.values()].count("p1") == 1


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
        assert frame_is_there.wait(10)
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
