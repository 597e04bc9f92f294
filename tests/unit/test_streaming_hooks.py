"""How a run gets onto the disk: durable first, then visible (DESIGN 3)."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.board import Board
from character_flow.events import PlanCompleted, PlanStarted, StepCompleted, StepHead, StepStarted
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.publisher import Publisher
from character_flow.stream.stream import RunFolder, read_output
from character_flow.streaming_hooks import StreamingHooks


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def recorder(run: RunFolder) -> Iterator[StreamingHooks]:
    board, lock = Board(), threading.RLock()
    journal = Journal.create(run.journal, durable=False)
    publisher = Publisher(board, lock, targets=[run.snapshot], durable=False)
    made = StreamingHooks(run, journal, board, publisher, lock=lock, names=["one"], durable=False)
    made.record(PlanStarted(run_id="r", steps=(StepHead(name="one", task="One", tool="t"),)))
    made.record(StepStarted(name="one", tool="t", with_key="k"), step=1, attempt=1)
    yield made
    publisher.finish()
    journal.close()


def test_an_event_is_in_the_journal_and_on_the_board_when_record_returns(
    recorder: StreamingHooks, run: RunFolder
) -> None:
    event = recorder.record(StepCompleted(output="done"), step=1, attempt=1)
    assert list(read_events(run.journal))[-1] == event
    row = recorder.snapshot.steps[0]
    assert (recorder.snapshot.seq, row.status, row.output, row.output_ref) == (
        3,
        "completed",
        "done",
        "journal.jsonl#3",
    )


@pytest.mark.parametrize(
    ("output", "is_inline"),
    [
        ("x" * 30_000, True), ("x" * 33_000, False), (["x" * 100] * 250, True), (["x" * 100] * 400, False),
        ("\ud800" + "\U0001f600" * 2_700, True), ("\ud800" + "\U0001f600" * 5_400, False), (10**4_000, True),
        ("\0" * 5_000, True), ("\0" * 12_000, False), (None, True), (1.5, True),
    ],
)  # fmt: skip
def test_an_output_too_big_for_a_line_is_kept_in_a_file_of_its_own(
    recorder: StreamingHooks, run: RunFolder, output: JsonValue, is_inline: bool
) -> None:
    """DESIGN 2: a line has at most 64 KiB, whatever the characters are."""
    recorder.record(StepCompleted(output=output), step=1, attempt=1)
    ref = recorder.snapshot.steps[0].output_ref
    assert ref == ("journal.jsonl#3" if is_inline else "outcomes/one-1.json")
    assert read_output(run, str(ref)) == output
    assert max(map(len, run.journal.read_bytes().splitlines())) < 64 * 1024


def test_the_plans_output_has_a_file_of_its_own_too(recorder: StreamingHooks, run: RunFolder) -> None:
    recorder.record(PlanCompleted(outcome="success", output="x" * 100_000))
    assert json.loads((run.outcomes / "plan-0.json").read_bytes()) == "x" * 100_000
    assert (recorder.snapshot.status, recorder.problem) == ("completed", None)
