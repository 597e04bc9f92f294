"""One measured process of `bench/paid.py`: paid steps beside bare calls, or one run that downloads a large output."""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from replicate.client import Client

from bench._chain import between, write_bare
from character_flow.app import RunOptions, RunResult, run_plan
from tests.fake_replicate import TOKEN

WORDS_MODEL, FILM_MODEL = "openai/gpt-4o", "google/veo-3.1-fast"
ROUNDS = 9
Figures = dict[str, float | list[float]]


def chain_text(steps: int) -> str:
    """Paid steps one after the other, each with a prompt of its own that holds what the one before it wrote."""
    call = f"tool: text.generate, with: {{model: {WORDS_MODEL}, prompt: "
    lines = ["name: A paid chain", "steps:", f"- {{name: s1, {call}Write 1}}}}"]
    lines += [
        f'- {{name: s{number}, {call}"Write {number} after {{{{ steps.s{number - 1}.output }}}}"}}}}'
        for number in range(2, steps + 1)
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def ran(text: str, *, durability: str = "full") -> Iterator[RunResult]:
    """A plan given as text, run for money in a folder of its own, which is removed after the block."""
    folder = Path(tempfile.mkdtemp(prefix="paid-", dir=Path.cwd()))
    try:
        (folder / "plan.yaml").write_text(text)
        options = RunOptions(folder=folder / "stream", provider="replicate", durability=durability)
        result = run_plan(folder / "plan.yaml", options=options)
        if result.exit_code != 0:
            raise SystemExit(f"the plan ended with {result.exit_code}: {result.snapshot.error}")
        yield result
    finally:
        shutil.rmtree(folder)


def ours_ms(steps: int, *, durability: str = "full") -> tuple[float, float]:
    """Milliseconds a paid step, from the start of the first to the plan's end; and what its lines alone take bare."""
    with ran(chain_text(steps), durability=durability) as result:
        lines = result.run.journal.read_bytes().splitlines(keepends=True)
        bare_s = write_bare(lines[1:-1], result.run.path / "bare", durable=durability == "full")
        return 1000 * between(lines) / steps, 1000 * bare_s / steps


def bare_ms(client: Client, steps: int, *, looks: int) -> float:
    """Milliseconds a bare call: the prediction is created, then looked at as often as ours is."""
    before = "Write 0"
    began = time.perf_counter()
    for number in range(1, steps + 1):
        made = client.predictions.create(version=WORDS_MODEL, input={"prompt": f"Write {number} after {before}"})
        for _look in range(looks):
            made = client.predictions.get(made.id)
        assert made.status == "succeeded"
        before = "".join(made.output or ())
    return 1000 * (time.perf_counter() - began) / steps


def requests_answered() -> int:
    """How many requests the service has answered so far."""
    with urllib.request.urlopen(f"{os.environ['REPLICATE_BASE_URL']}/_fake/state") as answer:
        told = json.loads(answer.read())
    return int(told["requests"])


def overhead(steps: int) -> Figures:
    """Our paid step and the bare call in turns, with as many requests each; the first round warms both up."""
    client = Client(api_token=TOKEN, base_url=os.environ["REPLICATE_BASE_URL"])
    before = requests_answered()
    ours_ms(steps)
    asked = (requests_answered() - before - 1) / steps  # our own question about it is one of them
    looks = round(asked) - 1
    bare_ms(client, steps, looks=looks)
    rounds = [
        (*ours_ms(steps), ours_ms(steps, durability="none")[0], bare_ms(client, steps, looks=looks))
        for _ in range(ROUNDS)
    ]
    ours, synced_lines, unsynced, bare = ([one[at] for one in rounds] for at in range(4))
    over = [one - other for one, other in zip(ours, bare, strict=True)]
    return {
        "steps": steps,
        "rounds": ROUNDS,
        "requests_a_step": asked,
        "ours_ms": round(statistics.median(ours), 3),
        "bare_ms": round(statistics.median(bare), 3),
        "overhead_ms": round(statistics.median(over), 3),
        "its_lines_written_bare_ms": round(statistics.median(synced_lines), 3),
        "without_fsync_ms": round(statistics.median(unsynced), 3),
        "overhead_ms_of_each_round": [round(one, 3) for one in over],
    }


def peak_mib() -> float:
    """The most memory this process has held at once. (`ru_maxrss` would begin with what its parent held.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def download(size: int) -> Figures:
    """A run whose film is that large; what its process held at the most."""
    text = f"steps: [{{name: film, tool: video.generate, with: {{model: {FILM_MODEL}, prompt: A bottle}}}}]\n"
    with ran(text) as result:
        (film,) = (path for path in result.run.artifacts.rglob("*.mp4"))
        took_bytes = film.stat().st_size
    return {"bytes": took_bytes, "peak_mib": round(peak_mib(), 2)}


if __name__ == "__main__":
    what, amount = sys.argv[1], int(sys.argv[2])
    print(json.dumps(overhead(amount) if what == "overhead" else download(amount)))
