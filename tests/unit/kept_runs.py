"""Whole runs for the tests of what happens to runs afterwards: with inputs, files, a big output and an end."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import JsonValue

from character_flow import events
from character_flow.events import Fact, PlanStarted, StepHead
from character_flow.json_text import to_json_bytes
from character_flow.stream.journal import Journal
from character_flow.stream.stream import RunFolder, Stream, create_run, keep_outcome
from tests.unit.recorded import RUN_ID

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"moving" * 500
BEGAN = datetime(2026, 11, 20, 21, 5, 30, tzinfo=UTC)
PLAN = "name: An ad\nsteps:\n  - {name: write, tool: function, with: {call: 'jobs:write'}}\n"


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return 1_000.0 + self.passed_s


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Recording:
    """A run being recorded by hand: steps begin and end at the moments the test says."""

    def __init__(
        self,
        folder: Path,
        run_id: str = RUN_ID,
        *,
        tasks: Sequence[str] = ("Write", "Draw", "Film"),
        inputs: dict[str, JsonValue] | None = None,
        picture: bytes | None = PICTURE,
        plan_name: str = "An ad",
        first: type[events.PlanHead] = PlanStarted,
    ) -> None:
        self.clock = Clock()
        steps = tuple(StepHead(name=task.lower()[:20].strip(), task=task, tool="function") for task in tasks)
        files = {} if picture is None else {"product.png": picture}
        records: dict[str, JsonValue] = {}
        for name, content in files.items():
            records["product"] = {
                "given": "/home/me/product.png", "name": name, "sha256": sha256(content), "bytes": len(content),
                "kind": "image",
            }  # fmt: skip
        values: dict[str, JsonValue] = {"brand": "Acme"} if inputs is None else inputs
        kept = {"inputs": {**values, **dict.fromkeys(records, "/home/me/product.png")}, "chosen": [], "files": records}
        self.run = Stream(folder).run(run_id)
        self.journal: Journal = create_run(
            Stream(folder),
            run_id,
            plan_text=PLAN,
            inputs=to_json_bytes(kept),
            files=files,
            first=first(run_id=run_id, plan_id="ad", plan_name=plan_name, plan_folder="/elsewhere", steps=steps),
            durable=False,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )
        self._names = [step.name for step in steps]
        self._attempts: dict[int, int] = {}

    def say(self, fact: Fact, *, step: int | None = None, after_s: float = 0.0) -> None:
        self.clock.passed_s += after_s
        self.journal.append(fact, step=step, attempt=self._attempts.get(step) if step else None)

    def begin(self, step: int, *, after_s: float = 0.0) -> None:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        self.say(
            events.StepStarted(name=self._names[step - 1], tool="function", with_key="k"), step=step, after_s=after_s
        )

    def artifact(self, step: int, name: str, content: bytes, *, kind: str = "image") -> str:
        folder = f"artifacts/{self._names[step - 1]}-{self._attempts[step]}"
        path = self.run.path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        fact = events.ArtifactMade(path=f"{folder}/{name}", kind=kind, sha256=sha256(content), bytes=len(content))
        self.say(fact, step=step)
        return f"{folder}/{name}"

    def complete(self, step: int, output: JsonValue = None, *, took_s: float = 1.0, is_big: bool = False) -> None:
        fact = events.StepCompleted(output=output, duration_s=took_s)
        if is_big:
            content = json.dumps(output).encode()
            ref = keep_outcome(
                self.run, self._names[step - 1], attempt=self._attempts[step], content=content, durable=False
            )
            fact = events.StepCompleted(output_ref=ref, preview=content.decode()[:100], duration_s=took_s)
        self.say(fact, step=step, after_s=took_s)

    def fail(self, step: int, message: str, *, final: bool = True, took_s: float = 1.0) -> None:
        fact = events.StepError(reason="tool", message=message, final=final, duration_s=took_s)
        self.say(fact, step=step, after_s=took_s)

    def end(self, fact: Fact | None = None) -> RunFolder:
        self.say(fact or events.PlanCompleted(outcome="success", duration_s=self.clock.passed_s))
        return self.let_go()

    def let_go(self) -> RunFolder:
        """The journal is closed; who wrote it is gone."""
        self.journal.close()
        self.run.owner.unlink(missing_ok=True)
        return self.run


def whole_run(folder: Path, run_id: str = RUN_ID) -> RunFolder:
    """A run of three steps with every kind of file a run has."""
    recording = Recording(folder, run_id)
    recording.begin(1)
    recording.complete(1, "Two lines\nof text", took_s=2.0)
    recording.begin(2)
    picture = recording.artifact(2, "frame.png", PICTURE)
    recording.complete(2, {"path": picture, "kind": "image", "size": [2, 3]})
    recording.begin(3)
    video = recording.artifact(3, "take one/ad.mp4", VIDEO, kind="video")
    recording.complete(3, {"path": video, "kind": "video", "notes": ["x" * 70_000]}, took_s=5.0, is_big=True)
    return recording.end(
        events.PlanCompleted(outcome="success", duration_s=8.0, output={"video": video, "words": "Two lines\nof text"})
    )
