"""Is a run's folder as DESIGN 2 says: an independent look at the journal's raw lines, and at what is folded from it.

It knows nothing of the engine: lines are parsed and checked here, by the words of the design alone.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from zlib import crc32

from character_flow.board import snapshot_bytes
from character_flow.events import Event
from character_flow.plan import Plan
from character_flow.snapshot import OVER, Snapshot, fold
from character_flow.stream.journal import read_events
from character_flow.stream.stream import RunFolder

KEYS = ["seq", "ts", "mono", "epoch", "type", "step", "attempt", "data", "crc"]
ENDS = {"step_completed", "step_error", "step_cancelled", "step_uncertain"}
OF_AN_ATTEMPT = {"progress", "chunk", "artifact", "input_requested", "prediction_intended", *ENDS}
CALL_AGAIN = {"failed", "canceled", "aborted", "refused", "abandoned"}
PLAN_ENDS = {"plan_completed", "plan_error", "plan_cancelled"}


@dataclass
class Line:
    """One line as it was read."""

    seq: int
    mono: float
    epoch: int
    type: str
    step: int | None
    attempt: int | None
    data: dict  # type: ignore[type-arg]  # whatever the line says


@dataclass
class _Step:
    condition: str = "pending"
    attempt: int = 0
    is_open: bool = False
    promised: bool = False
    recheck: bool = False
    ended: set[int] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        return self.condition in ("completed", "skipped", "continued") and not self.recheck


@dataclass
class _Call:
    provider: str
    content_key: str
    attempt: int | None
    """The newest attempt that made it or took it up."""
    is_said: bool = False
    """Whether a person said its id."""
    id: str | None = None
    status: str | None = None


def raw_lines(run: RunFolder) -> list[Line]:
    """The journal's lines: whole, sealed, with the nine keys in their order."""
    content = run.journal.read_bytes()
    assert content.endswith(b"\n"), "the last line is torn"
    lines = []
    for raw in content.splitlines():
        parts = json.loads(raw)
        assert list(parts) == KEYS
        sealed = raw[: raw.rindex(b',"crc"')]
        assert parts["crc"] == f"{crc32(sealed):08x}"
        assert len(raw) < 64 * 1024 or parts["seq"] == 1
        lines.append(Line(*(parts[key] for key in ("seq", "mono", "epoch", "type", "step", "attempt", "data"))))
    return lines


def check_run(run: RunFolder, plan: Plan, *, max_parallel: int = 16) -> list[Line]:
    """Hold a run that has ended against every law; returns its lines."""
    lines = raw_lines(run)
    check_places(lines)
    check_steps(lines, plan, max_parallel=max_parallel)
    check_calls(lines)
    assert lines[-1].type in PLAN_ENDS, "a plan's end is the last line its process writes"
    check_snapshots(run)
    return lines


def check_places(lines: list[Line]) -> None:
    """seq from 1 without a gap, epochs that rise, mono that never falls in one, plan ends only at an epoch's end."""
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0].type in ("plan_queued", "plan_started")
    assert lines[0].epoch == 1
    for before, after in pairwise(lines):
        assert after.epoch in (before.epoch, before.epoch + 1)
        if after.epoch == before.epoch:
            assert after.mono >= before.mono
            assert before.type not in PLAN_ENDS, f"{after.type} after {before.type} in one epoch"


def check_steps(lines: list[Line], plan: Plan, *, max_parallel: int) -> None:
    """Each attempt ends in exactly one way; nothing starts before its needs are over or after the plan failed."""
    steps: dict[int, _Step] = defaultdict(_Step)
    needs = {step.number: [other.number for other in plan.steps if other.name in step.needs] for step in plan.steps}
    failed = False
    for line in lines:
        if line.type == "command_accepted" and line.data["kind"] == "settle":
            failed = False  # a person says what becomes of a step, also that it is skipped
        if line.type in ("plan_started", "plan_resumed"):
            failed = False
            for step in steps.values():
                step.promised = False
        for number in line.data.get("restart", ()):
            assert not steps[number].is_open
            steps[number].condition, steps[number].recheck = "pending", False
        for number in line.data.get("recheck", ()):
            steps[number].recheck = True
        if line.step is None:
            if line.type == "plan_completed":
                assert all(steps[step.number].is_over or steps[step.number].recheck for step in plan.steps)
                has_issues = any(step.condition == "continued" for step in steps.values())
                assert line.data["outcome"] == ("completed_with_issues" if has_issues else "success")
            if line.type in PLAN_ENDS:
                assert not any(step.is_open for step in steps.values())
            continue
        step = steps[line.step]
        if line.type in ("step_started", "step_skipped", "step_reused"):
            assert not step.is_open
            assert not failed or step.promised, f"step {line.step} begins after the plan failed"
            waiting = [number for number in needs[line.step] if not _is_over(steps, needs, number)]
            assert waiting == [], f"step {line.step} begins before {waiting} are over"
            step.recheck = False
        if line.type == "step_started":
            assert line.attempt == step.attempt + 1
            step.attempt, step.is_open, step.promised, step.condition = line.attempt, True, False, "running"
            assert sum(other.is_open for other in steps.values()) <= max_parallel
        elif line.type == "step_skipped":
            step.condition = "skipped"
        elif line.type == "step_reused":
            step.condition = "completed"
        elif line.type in OF_AN_ATTEMPT:
            assert (step.is_open, line.attempt) == (True, step.attempt), f"{line.type} outside of an attempt"
        if line.type in ENDS:
            assert step.attempt not in step.ended
            step.ended.add(step.attempt)
            step.is_open = False
            step.condition = {"step_completed": "completed", "step_cancelled": "cancelled"}.get(line.type, "failed")
            if line.type == "step_error" and line.data.get("continued"):
                step.condition = "continued"
            elif line.type == "step_error" and not line.data["final"]:
                step.condition, step.promised = "pending", True
            failed = failed or step.condition == "failed"
    assert all(set(range(1, step.attempt + 1)) == step.ended for step in steps.values())


def _is_over(steps: dict[int, _Step], needs: dict[int, list[int]], number: int) -> bool:
    """Over; or finished and, as nothing it needs is otherwise, looked at again and left, which no event tells."""
    step = steps[number]
    if step.recheck and step.condition in ("completed", "skipped", "continued"):
        return all(_is_over(steps, needs, other) for other in needs[number])
    return step.is_over


def check_calls(lines: list[Line]) -> set[str]:
    """Each paid call: intended, then at most one id that no other has, then at most one end; and never made twice.

    A new call takes its number only where it surely came to nothing, was given up, or its step was sent back; one for
    something else may stay behind. What a person said he may say otherwise. Returns the ids of all predictions.
    """
    calls: dict[int, dict[int, _Call]] = defaultdict(dict)
    earlier: dict[str, _Call] = {}
    ids: set[str] = set()
    changed: set[int] = set()
    settled = {line.epoch for line in lines if line.type == "command_accepted" and line.data["kind"] == "settle"}
    for line in lines:
        if line.type == "step_retried":
            for number in line.data.get("restart", ()):
                earlier |= {call.id: call for call in calls[number].values() if call.id and call.status is None}
                calls[number] = {}
            changed |= set(line.data.get("recheck", ()))
        if line.step is None:
            continue
        if line.type == "step_started" and line.step in changed:  # it is called with something else now
            changed.discard(line.step)
            calls[line.step] = {}
        own = calls[line.step]
        if line.type == "prediction_intended":
            key = line.data.get("content_key", "")
            for number, call in own.items():
                if number == line.data["call"] or (call.content_key == key and call.attempt != line.attempt):
                    assert call.status in CALL_AGAIN, f"step {line.step} makes a call a second time"
            own[line.data["call"]] = _Call(line.data.get("provider", ""), key, line.attempt)
        elif line.type == "prediction_submitted":
            call = own[line.data["call"]]
            assert call.status is None, f"step {line.step} is told of a second id"
            assert call.id is None or call.is_said, f"step {line.step} is told of a second id"
            assert line.data["id"] not in ids, "one prediction for two calls"
            ids.discard(call.id or "")
            ids.add(line.data["id"])
            call.id, call.attempt, call.is_said = line.data["id"], line.attempt, line.epoch in settled
        elif line.type == "prediction_reattached":
            own[line.data["call"]].attempt = line.attempt
        elif line.type == "prediction_settled":
            told = line.data.get("id")
            call = earlier.pop(told) if told in earlier else own[line.data["call"]]
            assert call.status is None, f"step {line.step} is told of a second end"
            assert line.data.get("id") in (None, call.id)
            is_told = call.provider == "function"  # it has no id to be asked by, but says itself how it ended
            assert is_told or call.id is not None or line.data["status"] in CALL_AGAIN, "nobody knows what ended"
            call.status = line.data["status"]
        elif line.type == "step_completed":
            for call in own.values():
                assert call.status or (call.id and call.attempt != line.attempt), (
                    f"step {line.step} completed before its call"
                )
        elif line.type == "step_uncertain":
            assert any(call.status is None for call in own.values()), f"step {line.step} has nothing uncertain"
    return ids


def check_snapshots(run: RunFolder) -> None:
    """fold(journal) is snapshot.json to the byte; progress never falls; the current step is the highest running one."""
    happened = list(read_events(run.journal))
    assert run.snapshot.read_bytes() == snapshot_bytes(fold(Snapshot(), happened))
    snapshot = Snapshot()
    for event in happened:
        before, snapshot = snapshot, fold(snapshot, [event])
        _check_place(before, snapshot, event)


def _check_place(before: Snapshot, after: Snapshot, event: Event) -> None:
    assert after.progress >= before.progress
    assert (after.progress == 100) == (after.status == "completed")
    running = [row.step_number for row in after.steps if row.status == "running"]
    if running:
        assert after.current_step == max(running)
    elif event.step is not None and after.steps[event.step - 1].status in OVER:
        assert after.current_step == event.step
    else:
        assert after.current_step == before.current_step
