"""Small plans of paid steps run at the fake: what the tests of money and of settling share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.events import Event, PredictionIntended
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import TOKEN, FakeReplicate, Fault

THREE = """
name: Three paid steps
steps:
  - {name: words, tool: text.generate, with: {model: openai/gpt-4o, prompt: Say hello}}
  - {name: picture, tool: image.generate, with: {model: google/nano-banana, prompt: "A bottle"}}
  - name: clip
    tool: video.generate
    with: {model: google/veo-3.1-fast, prompt: "{{ steps.words.output }}", image: "{{ steps.picture.output.path }}"}
output: "{{ steps.clip.output.kind }}"
"""
CREATE, LIST = "/v1/predictions", "/v1/predictions"


@contextmanager
def account(patch: pytest.MonkeyPatch, *, state: Path | None = None) -> Iterator[FakeReplicate]:
    """A fake with an account, in this process's environment; a lost call is looked for once."""
    with FakeReplicate(state=state) as fake:
        patch.setenv("REPLICATE_BASE_URL", fake.address)
        patch.setenv("REPLICATE_API_TOKEN", TOKEN)
        patch.setattr("character_flow.paid._LOOKS_S", (0.0,))
        yield fake


def paid(folder: Path, **more: object) -> RunOptions:
    """Runs that pay, quick and not durable."""
    given: dict[str, object] = {"folder": folder, "provider": "replicate", "durability": "none", **more}
    return RunOptions(first_backoff_s=0.01, **given)  # type: ignore[arg-type]  # fields of RunOptions, by name


def run_paid(folder: Path, text: str = THREE, **more: object) -> RunResult:
    """Run a plan given as text, for money."""
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return run_plan(path, options=paid(folder, **more))


def lose_answer(fake: FakeReplicate, *, is_made: bool = True) -> None:
    """The next call's answer never comes, and the list of predictions is of no help."""
    fake.fault(Fault("POST", CREATE, "drop_after" if is_made else "drop_before"))
    fake.fault(Fault("GET", LIST, "status", status=404))


def events_of(run: RunFolder) -> list[Event]:
    """The run's events."""
    return list(read_events(run.journal))


def intents(run: RunFolder) -> int:
    """How many calls the run intended."""
    return sum(isinstance(event.fact, PredictionIntended) for event in events_of(run))


def told(run: RunFolder, *, since: int = 0) -> list[tuple[str, int | None, dict[str, JsonValue]]]:
    """Type, step and data of the run's events after a seq."""
    return [
        (event.type, event.step, event.fact.model_dump(mode="json", exclude_defaults=True))
        for event in events_of(run)
        if event.seq > since
    ]
