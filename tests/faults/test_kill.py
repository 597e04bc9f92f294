"""Nothing is lost by kill -9 at any moment (DESIGN 3 and 10; CONTRACTS D3 A2)."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from character_flow.plan import load_plan
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import Stream
from tests.faults.killing import PLAN, check_nothing_twice, go, run_until_complete, tools
from tests.journal_laws import check_run

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS = 100


def test_a_hundred_kills_at_random_moments_lose_nothing_and_run_no_finished_step_twice(tmp_path: Path) -> None:
    """A2: after each kill the journal is whole, the snapshot valid at every look, and the resumed run completes."""
    kills, numbers = 0, count()
    with ThreadPoolExecutor(2) as pool:
        while kills < KILLS:
            seeds = [next(numbers) for _ in range(4)]
            outcomes = pool.map(lambda seed: run_until_complete(tmp_path / str(seed), seed=seed, longest_s=0.12), seeds)
            for outcome in outcomes:
                kills += outcome.kills
                assert outcome.looks > 0
    assert kills >= KILLS


def test_a_kill_at_every_single_write_loses_nothing(tmp_path: Path) -> None:
    """DESIGN 10: what a kill between or within two writes leaves behind is the journal up to there."""
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "plan.yaml").write_text(PLAN)
    assert go(whole, durability="none") == 0
    (run,) = run_folders(Stream(whole))
    lines = run.journal.read_bytes().splitlines(keepends=True)
    plan = load_plan(whole / "plan.yaml", tools=tools)
    sizes = [sum(map(len, lines[:kept])) for kept in range(1, len(lines))]
    for size in [*sizes, *(size + 40 for size in sizes)]:
        copy = tmp_path / str(size)
        shutil.copytree(whole, copy)
        (left,) = run_folders(Stream(copy))
        os.truncate(left.journal, size)
        assert go(copy, durability="none") == 0
        after = check_run(left, plan)
        check_nothing_twice(after)
        assert after[-1].type == "plan_completed"
        assert left.journal.read_bytes().startswith(b"".join(lines[: sum(size >= one for one in sizes)]))
        shutil.rmtree(copy)
