"""A paid function is called at most once, wherever its process is killed: at every write, sync and rename it makes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from character_flow.plan import load_plan
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import Stream
from tests.faults.paid_runs import Job, Nursery
from tests.journal_laws import check_run
from tests.unit.paid_shop import charged

pytestmark = [pytest.mark.faults, pytest.mark.slow]

NOWHERE = "http://127.0.0.1:9"
"""The address of no service: these runs call no model."""
POINTS = 8
PLAN = """
steps:
  - name: pay
    tool: function
    paid: true
    with: {{call: "tests.unit.paid_shop:buy", then: "{then}"{recover}}}
output: "{{{{ steps.pay.output }}}}"
"""
RECOVER = ', recover: "tests.unit.paid_shop:find"'


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as one:
        yield one


def begun(folder: Path, *, then: str, recover: str) -> Path:
    folder.mkdir()
    (folder / "plan.yaml").write_text(PLAN.format(then=then, recover=recover))
    return folder


def points_of(nursery: Nursery, folder: Path, *, then: str, recover: str) -> list[str]:
    """Every point of a run that nobody disturbs."""
    trace = begun(folder, then=then, recover=recover) / "trace.json"
    assert nursery.run(Job(str(folder), NOWHERE, trace=str(trace))) == [0]
    found: list[str] = json.loads(trace.read_text())
    return found


@pytest.mark.parametrize(("then", "recover"), [("", RECOVER), ("tell", RECOVER), ("", ""), ("give much", "")])
def test_a_paid_function_is_called_once_wherever_its_process_is_killed(
    tmp_path: Path, nursery: Nursery, then: str, recover: str
) -> None:
    points = points_of(nursery, tmp_path / "undisturbed", then=then, recover=recover)
    every = max(1, len(points) // POINTS)
    kills, uncertain = 0, 0
    for number, point in enumerate(points[::every]):
        folder = begun(tmp_path / str(number), then=then, recover=recover)
        (code,) = nursery.run(Job(str(folder), NOWHERE, point))
        kills += code < 0
        for _ in range(3):
            if code not in (0, 3):
                (code,) = nursery.run(Job(str(folder), NOWHERE))
        assert code in ((0,) if recover else (0, 3)), f"{point}: it ended with {code}"
        assert charged(folder) <= 1, f"{point}: it was charged {charged(folder)} times"
        assert code == 3 or charged(folder) == 1, f"{point}: it has completed and was not charged"
        (run,) = run_folders(Stream(folder))
        check_run(run, load_plan(folder / "plan.yaml"))
        uncertain += code == 3
    assert kills >= min(POINTS, len(points)) // 2
    assert uncertain < kills / 2, "a result that was kept is not uncertain"
