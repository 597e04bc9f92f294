"""What the tests of the stream start from: runs made for real in a folder of the test's own."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from character_flow.events import Event, Fact, PlanQueued, PlanStarted, StepCompleted, StepHead, StepStarted
from character_flow.stream.journal import Journal
from character_flow.stream.stream import RunFolder, Stream, create_run

RUN_ID = "20261120T210530Z-ugc_ad-3f9a1c"
OTHER_ID = "20261120T210531Z-ugc_ad-0b77de"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def heads(count: int) -> tuple[StepHead, ...]:
    return tuple(StepHead(name=f"s{n}", task=f"Task {n}", tool="text.generate") for n in range(1, count + 1))


def started(run_id: str = RUN_ID, *, steps: int = 2) -> PlanStarted:
    return PlanStarted(run_id=run_id, plan_id="ugc_ad", plan_name="An ad", steps=heads(steps))


def queued(run_id: str = RUN_ID, *, steps: int = 2) -> PlanQueued:
    return PlanQueued(run_id=run_id, plan_id="ugc_ad", plan_name="An ad", steps=heads(steps))


def make_run(
    folder: Path,
    run_id: str = RUN_ID,
    *,
    first: Fact | None = None,
    files: Mapping[str, bytes | Path] | None = None,
    durable: bool = False,
) -> tuple[RunFolder, Journal]:
    stream = Stream(folder)
    journal = create_run(
        stream,
        run_id,
        plan_text="name: An ad\n",
        inputs=b"{}",
        files=files or {},
        first=first or started(run_id),
        durable=durable,
    )
    return stream.run(run_id), journal


def two_steps(journal: Journal) -> list[Event]:
    """Both steps of a run, begun and completed."""
    events: list[Event] = []
    for step in (1, 2):
        begun = StepStarted(name=f"s{step}", tool="text.generate", with_key="k")
        events.append(journal.append(begun, step=step, attempt=1))
        events.append(journal.append(StepCompleted(output=f"out {step}"), step=step, attempt=1))
    return events


def until(condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def watched() -> int:
    """How many folders this process has under the system's watch."""
    count = 0
    for entry in Path("/proc/self/fdinfo").iterdir():
        try:
            count += entry.read_text().count("inotify wd:")
        except OSError:
            continue  # closed meanwhile
    return count
