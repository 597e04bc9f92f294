"""Runs of three paid steps that are killed at a point of the test's choosing, and what they left and were charged.

As a program it is a nursery: it loads everything once, then forks a process for every line it is told, so that a run
costs no start of an interpreter. The service they pay lives in the process of the test, which sees every charge.
"""

import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from character_flow.app import RunOptions, resume_run, run_plan
from character_flow.errors import CharacterFlowError, UsageError
from character_flow.plan import load_plan
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from character_flow.tools.basic import tools as basic
from character_flow.tools.media import tools as media
from character_flow.tools.text import tools as text
from tests.fake_replicate import TOKEN, FakeReplicate, Script
from tests.faults.crash_points import CrashPoints
from tests.journal_laws import check_run, raw_lines

ROOT = Path(__file__).parents[2]
LONGEST_S = 60
"""After this a process is held to hang."""
STEPS = {"openai/gpt-4o": "words", "google/nano-banana": "picture", "google/veo-3.1-fast": "film"}
"""Which step asks which model."""
PLAN = """
name: Three paid steps
steps:
  - {name: words, tool: text.generate, with: {model: openai/gpt-4o, prompt: A bottle in five words}}
  - name: picture
    tool: image.generate
    attempts: 3
    with: {model: google/nano-banana, prompt: "{{ steps.words.output }}"}
  - name: film
    needs: [words, picture]
    attempts: 2
    tool: video.generate
    with: {model: google/veo-3.1-fast, prompt: "{{ steps.words.output }}", image: "{{ steps.picture.output.path }}"}
output: {words: "{{ steps.words.output }}", film: "{{ steps.film.output.path }}"}
"""


@dataclass(frozen=True)
class Job:
    """What one process does: the run of this folder, at this service, up to this point; `trace` is what it passed."""

    folder: str
    address: str
    die_at: str | int | None = None
    trace: str | None = None
    exchange_s: float = 5.0
    """How long a request may take."""


class Nursery:
    """Starts processes that have loaded everything already, and waits for them."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.paid_runs"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.close()
        self._parent.wait(LONGEST_S)
        self._parent.stdout.close()

    def run(self, *jobs: Job) -> list[int]:
        """The exit codes of these jobs, which begin at once; minus the signal where one ended it."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps([asdict(job) for job in jobs]).encode() + b"\n")
        self._parent.stdin.flush()
        assert select.select([self._parent.stdout], [], [], 2 * LONGEST_S)[0], "the nursery says nothing"
        codes: list[int] = json.loads(self._parent.stdout.readline())
        return codes


@dataclass
class PaidRun:
    """One run with a service of its own."""

    folder: Path
    fake: FakeReplicate
    nursery: Nursery
    exchange_s: float = 5.0
    kills: int = 0
    charges_at_kill: Counter[str] = field(default_factory=Counter)
    """How often each step had been charged when the process died last."""

    def job(self, die_at: str | int | None = None, *, trace: Path | None = None) -> Job:
        """Start the run, or go on with it."""
        return Job(str(self.folder), self.fake.address, die_at, str(trace) if trace else None, self.exchange_s)

    def go(self, die_at: str | int | None = None) -> int:
        """One process; its exit code."""
        (code,) = self.nursery.run(self.job(die_at))
        if code == -signal.SIGKILL:
            self.kills += 1
            self.fake.hear_out()  # what it sent is on its way no more
            self.charges_at_kill |= self.charges
        return code

    def traced(self) -> list[str]:
        """Every point one process passes, in their order."""
        trace = self.folder / "trace.json"
        self.nursery.run(self.job(trace=trace))
        points: list[str] = json.loads(trace.read_text())
        trace.unlink()
        return points

    def until_over(self, *, at_most: int = 6) -> int:
        """Resume until it has completed or is uncertain: a failed step's trouble may pass."""
        code = self.go()
        while code not in (0, 3) and at_most:
            code, at_most = self.go(), at_most - 1
        return code

    @property
    def charges(self) -> Counter[str]:
        """How often each step was charged."""
        return Counter(STEPS[kept["model"]] for kept in self.fake.predictions.values())

    def problems(self, code: int, *, is_hidden: bool = False) -> list[str]:
        """Every promise that is broken now; `is_hidden`: the service did not list its predictions."""
        found = [f"{step} was charged {count} times" for step, count in self.charges.items() if count > 1]
        runs = run_folders(Stream(self.folder))
        if len(runs) != 1:
            return [*found, f"there are {len(runs)} runs"]
        run = runs[0]
        try:
            check_run(run, load_plan(self.folder / "plan.yaml", tools=basic.merged([text, media])))
        except AssertionError as error:
            found.append(f"a law of the journal: {str(error) or 'broken'}")
        left = [str(path.relative_to(run.path)) for path in run.path.rglob(".tmp*")]
        return [*found, *self._end_problems(run, code, is_hidden=is_hidden), *(f"{name} is left" for name in left)]

    def _end_problems(self, run: RunFolder, code: int, *, is_hidden: bool) -> list[str]:
        rows = json.loads(run.snapshot.read_bytes())["steps"]
        told = ids_told(run)
        found = []
        for row in rows:
            name, status, charged = row["name"], row["status"], self.charges[row["name"]]
            if status == "completed" and charged != 1:
                found.append(f"{name} is completed and was charged {charged} times")
            if status == "uncertain" and charged and not is_hidden and self._could_be_found(name):
                found.append(f"{name} is uncertain, but the service lists its call")
            if status == "uncertain" and row["name"] not in open_calls(run.journal.read_bytes()):
                found.append(f"{name} is uncertain, but no call of it was in flight")
            if status not in ("completed", "uncertain", "pending"):
                found.append(f"{name} ended as {status}: {row['error']}")
        wanted = {0: ["completed"] * 3, 3: ["completed", "pending", "uncertain"]}.get(code)
        if wanted is None or not {row["status"] for row in rows} <= set(wanted):
            found.append(f"it ended with code {code}: {[row['status'] for row in rows]}")
        found += [f"{one} is nobody's" for one in self.fake.predictions if one not in told and code == 0]
        return found

    def _could_be_found(self, step: str) -> bool:
        """Whether a list told of this step's call; also where none was asked for. A call may arrive after the looks."""
        listed = (self.fake.predictions[one]["model"] for one in self.fake.listed)
        return not self.fake.requests("GET", "/v1/predictions") or step in map(STEPS.get, listed)


def ids_told(run: RunFolder) -> set[str]:
    """The ids of all predictions the journal knows."""
    return {line.data["id"] for line in raw_lines(run) if line.type == "prediction_submitted"}


def open_calls(journal: bytes) -> list[str]:
    """The steps with a call that was intended, of which neither an id nor an end is known."""
    lines = [json.loads(line) for line in journal.splitlines()]
    names = [step["name"] for step in lines[0]["data"]["steps"]] if lines else []
    is_open: dict[tuple[int, int], bool] = {}
    for line in lines:
        place = (line["step"], line["data"].get("call", 0))
        if line["type"] == "prediction_intended":
            is_open[place] = True
        elif line["type"] in ("prediction_submitted", "prediction_settled"):
            is_open.pop(place, None)
    return [names[step - 1] for step, _ in is_open]


@contextmanager
def paid_run(folder: Path, nursery: Nursery, *scripts: Script) -> Iterator[PaidRun]:
    """A run that has not begun, and a service that obeys these scripts, then lets every model take a moment."""
    folder.mkdir(parents=True)
    (folder / "plan.yaml").write_text(PLAN)
    with FakeReplicate() as fake:
        for script in scripts:
            fake.script(script)
        fake.script(Script(model="openai/gpt-4o", pieces=["A ", "teal ", "bottle"], running_s=0.1, times=-1))
        for model, output in (("google/nano-banana", "image"), ("google/veo-3.1-fast", "video")):
            fake.script(Script(model=model, output=output, running_s=0.02, logs=["half 50%"], times=-1))
        yield PaidRun(folder, fake, nursery)


# The processes that are killed.


def go(folder: Path) -> int:
    """Start the run of this folder, or go on with it; its exit code."""
    options = RunOptions(folder=folder, provider="replicate", durability="full", first_backoff_s=0.01)
    runs = run_folders(Stream(folder))
    try:
        if runs:
            return resume_run(runs[0].id, options=options).exit_code
        return run_plan(folder / "plan.yaml", options=options).exit_code
    except UsageError as error:  # killed after the plan's end, before it could say so
        return 0 if "has completed" in str(error) else error.exit_code
    except CharacterFlowError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _load() -> None:
    """Once, for all processes: what a run that pays loads, which takes a second."""
    import replicate.client  # noqa: F401

    from character_flow.tools.providers import replicate_http

    replicate_http._trusted()


def _hurry(exchange_s: float) -> None:
    """Let nothing be waited for longer than a test can bear."""
    from character_flow import paid
    from character_flow.tools.providers import replicate
    from tests.unit.replicate_calls import QUICK

    paid._LOOKS_S = (0.0, 0.01, 0.02)
    pace = dataclasses.replace(QUICK, exchange_s=exchange_s, patience_s=2.0, brief_patience_s=0.5)
    plain: Callable[..., replicate.ReplicateProvider] = replicate.ReplicateProvider
    replicate.ReplicateProvider = partial(plain, pace=pace)  # type: ignore[assignment, misc]


def _live(job: Job) -> None:
    """What a forked process does; it ends here."""
    code = 70
    try:
        signal.alarm(LONGEST_S)
        folder = Path(job.folder)
        with open(folder / "stderr.txt", "ab") as errors:
            os.dup2(errors.fileno(), 2)
        os.dup2(2, 1)
        os.environ |= {"REPLICATE_BASE_URL": job.address, "REPLICATE_API_TOKEN": TOKEN}
        _hurry(job.exchange_s)
        points = CrashPoints(folder, die_at=job.die_at)
        points.watch()
        code = go(folder)
        if job.trace is not None:
            points.save(Path(job.trace))
    except BaseException:  # noqa: BLE001  # told, and then the process is over
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(children: Sequence[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def main() -> None:
    """Fork the jobs of each line of stdin, wait for them, and print their exit codes."""
    _load()
    for line in iter(sys.stdin.readline, ""):
        children = []
        for job in json.loads(line):
            child = os.fork()  # noqa: TID251  # no run: the parent of runs, with one thread
            if child == 0:
                _live(Job(**job))
            children.append(child)
        print(json.dumps(_wait(children)), flush=True)


if __name__ == "__main__":
    main()
