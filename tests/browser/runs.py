"""Which runs the browser tests look at: plans written for them, executed by `python main.py` as a person does it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import JsonValue

from character_flow.stream.liveness import read_owner, state_of
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from tests.browser.made import HERE, let_go
from tests.browser.server import ROOT, environment, started, wait_for
from tests.forked import Forked

AD = ROOT / "plans" / "ugc_ad.yaml"


def step(name: str, call: str, task: str | None = None, **arguments: JsonValue) -> dict[str, JsonValue]:
    """One step that calls a function of tests/browser/made.py."""
    return {"name": name, "task": task or name, "tool": "function", "with": {"call": f"{HERE}:{call}", **arguments}}


def question(name: str, prompt: str, **more: JsonValue) -> dict[str, JsonValue]:
    """One step that asks a person."""
    return {"name": name, "task": f"Ask {name}", "tool": "ask", "with": {"question": prompt, **more}}


class Runs:
    """Writes plans beside a stream's folder and runs them, each in a process of its own."""

    def __init__(self, folder: Path, *, are_forked: bool = False) -> None:
        self._are_forked = are_forked
        self.stream = Stream(folder)
        self.plans = folder.parent / "plans"
        self.log = folder.parent / "runs.log"
        self._processes: list[subprocess.Popen[bytes] | Forked] = []

    def plan(self, name: str, steps: Sequence[JsonValue], *, title: str | None = None) -> Path:
        """A plan file; JSON is YAML too. Its title is its name in words, unless there is another."""
        self.plans.mkdir(exist_ok=True)
        path = self.plans / f"{name}.yaml"
        content = {"name": title or name.replace("_", " ").capitalize(), "steps": list(steps)}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    def start(
        self, plan: Path, *words: str, more: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes] | Forked":
        """Begin a run; its page is the live page if that is free."""
        process = started(
            ["main.py", "run", str(plan), "--yes", "--dir", str(self.stream.folder), *words],
            environ=environment(self.stream.folder, more), log=self.log, is_forked=self._are_forked,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def complete(self, plan: Path, *words: str, code: int = 0) -> RunFolder:
        """Run a plan to its end: the run it made."""
        process = self.start(plan, *words)
        assert process.wait(300) == code, self.log.read_text()
        return self.newest()

    def newest(self) -> RunFolder:
        """The run begun last."""
        return run_folders(self.stream)[0]

    def begun(self, plan: Path, *words: str) -> RunFolder:
        """Begin a run, and wait until it is there."""
        before = {run.id for run in run_folders(self.stream)}
        self.start(plan, *words)
        wait_for(lambda: {run.id for run in run_folders(self.stream)} > before, "a run has begun")
        return self.newest()

    @contextmanager
    def held(self, step: int) -> Iterator[None]:
        """The newest run stands still in this step, however quick or busy the machine is, until the block ends."""
        begun = f'"type":"step_started","step":{step},'.encode()
        wait_for(lambda: any(begun in run.journal.read_bytes() for run in run_folders(self.stream)[:1]), "it begins")
        owner = read_owner(self.newest().owner)
        assert owner is not None
        os.kill(owner.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(owner.pid, signal.SIGCONT)

    def go_on(self, *names: str) -> None:
        """Let the steps that wait for these names go on."""
        let_go(self.plans, names)

    def kill(self, process: "subprocess.Popen[bytes] | Forked") -> None:
        """As the system's out-of-memory killer does it."""
        process.kill()
        process.wait()

    def end(self) -> None:
        """End every process that was started here."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def end_owners(stream: Stream) -> None:
    """End the runs that are at work: one that a page started has a process of its own, that would outlive the test."""
    for run in run_folders(stream):
        state = state_of(run.owner)
        if state.kind == "alive" and state.owner is not None and state.owner.pid != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(state.owner.pid, signal.SIGKILL)
