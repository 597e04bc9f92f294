"""No money is spent past the budget, whatever runs side by side, and what nobody knows the price of is not guessed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.app import rerun, resume_run
from character_flow.config import Settings
from character_flow.errors import UsageError
from character_flow.run_state import RunState
from tests.fake_replicate import FakeReplicate, Script
from tests.unit.paid_plans import CREATE, events_of, intents, paid, run_paid
from tests.unit.paid_plans import account as account_at

FOUR_CLIPS = "steps:\n" + "".join(
    f"  - {{name: clip_{number}, tool: video.generate, needs: [],"
    f" with: {{model: google/veo-3.1-fast, prompt: 'number {number}', duration: 8}}}}\n"
    for number in range(4)
)
UNKNOWN = """
steps:
  - {name: clip, tool: video.generate, attempts: 3,
     with: {model: 1fb1d9f3ffb5da9774c24ce528c54c916d8d6cd63af866fe2afe85e44fb99999, dialogs: Hello}}
"""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with account_at(monkeypatch) as fake:
        yield fake


def test_a_budget_that_is_too_small_ends_the_run_before_anything_is_asked_for(
    tmp_path: Path, fake: FakeReplicate
) -> None:
    """S3-16, and the budget is what the message says."""
    result = run_paid(tmp_path, FOUR_CLIPS, budget_usd=1.19, max_parallel=1)
    assert (result.exit_code, fake.requests("POST", CREATE), intents(result.run)) == (1, [], 0)
    assert result.snapshot.error == (
        "step 'clip_0' (Clip 0): the budget of $1.19 does not last: $0.00 are spent or reserved, this call may cost"
        " $1.20; resume with a larger --budget"
    )
    again = resume_run(result.run.id, options=paid(tmp_path, budget_usd=4.80))
    assert (again.exit_code, fake.charged) == (0, 4)
    assert again.snapshot.cost_usd == pytest.approx(4.80)
    assert [row.cost_usd for row in again.snapshot.steps] == [1.2] * 4


@pytest.mark.parametrize(("budget_usd", "charged"), [(2.50, 2), (3.60, 3), (4.79, 3)])
def test_steps_side_by_side_cannot_overshoot(
    tmp_path: Path, fake: FakeReplicate, budget_usd: float, charged: int
) -> None:
    fake.script(Script(output="video", running_s=0.3, times=-1))
    result = run_paid(tmp_path, FOUR_CLIPS, budget_usd=budget_usd)
    assert (result.exit_code, fake.charged, intents(result.run)) == (1, charged, charged)
    statuses = sorted(row.status for row in result.snapshot.steps)
    assert statuses == ["completed"] * charged + ["error"] * (4 - charged)
    assert RunState.replayed(4, events_of(result.run)).booked_usd <= budget_usd


def test_within_a_budget_an_unknown_price_is_refused_unless_it_is_allowed(tmp_path: Path, fake: FakeReplicate) -> None:
    refused = run_paid(tmp_path, UNKNOWN, budget_usd=100.0)
    assert (refused.exit_code, fake.charged, refused.snapshot.steps[0].attempt) == (1, 0, 1)
    assert "is unknown, so the budget of $100.00 could be overrun; --allow-unknown-price lets it" in str(
        refused.snapshot.error
    )
    allowed = resume_run(refused.run.id, options=paid(tmp_path, allow_unknown_price=True))
    assert (allowed.exit_code, fake.charged, allowed.snapshot.cost_usd) == (0, 1, None)


def test_a_refused_call_reserves_nothing(tmp_path: Path, fake: FakeReplicate) -> None:
    fake.models.pop("google/veo-3.1-fast")
    result = run_paid(tmp_path, FOUR_CLIPS, budget_usd=1.20, max_parallel=1)
    assert (result.exit_code, fake.charged) == (1, 0)
    fake.models["google/veo-3.1-fast"] = "video"
    again = resume_run(result.run.id, options=paid(tmp_path, max_parallel=1))
    assert (again.exit_code, fake.charged) == (1, 1)


def test_what_earlier_runs_cost_counts_against_the_budget_of_a_new_run_of_them(
    tmp_path: Path, fake: FakeReplicate
) -> None:
    first = run_paid(tmp_path, FOUR_CLIPS, budget_usd=6.10)
    assert (first.exit_code, fake.charged) == (0, 4)
    second = rerun(first.run.id, from_step="clip_0", options=paid(tmp_path, provider=None))
    assert (second.exit_code, fake.charged) == (0, 5)
    third = rerun(second.run.id, from_step="clip_0", options=paid(tmp_path, provider=None))
    assert (third.exit_code, fake.charged) == (1, 5)
    assert "the budget of $6.10 does not last: $6.00 are spent or reserved" in str(third.snapshot.error)
    assert resume_run(third.run.id, options=paid(tmp_path, provider=None)).exit_code == 1
    assert fake.charged == 5


def test_without_a_token_nothing_is_created_and_auto_is_free(tmp_path: Path, fake: FakeReplicate) -> None:
    nobody = Settings()
    with pytest.raises(UsageError, match="set REPLICATE_API_TOKEN"):
        run_paid(tmp_path, FOUR_CLIPS, settings=nobody)
    assert not (tmp_path / "runs").exists()
    text = "steps: [{name: words, tool: text.generate, with: {prompt: hello, model: openai/gpt-4o}}]"
    for more in ({"settings": nobody, "budget_usd": 5.0}, {}):
        run_paid(tmp_path, text, provider="auto", **more)
    assert fake.seen == []
    run_paid(tmp_path, text, provider="auto", budget_usd=5.0)
    assert fake.charged == 1
