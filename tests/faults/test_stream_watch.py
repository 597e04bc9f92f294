"""What is promised where the system has no bell: following goes on by looking."""

import subprocess
import sys
from pathlib import Path

import pytest

from character_flow.events import PlanCompleted
from tests.unit.recorded import make_run, two_steps

ROOT = Path(__file__).parents[2]
WITHOUT_A_BELL = """
import sys
from pathlib import Path
Path("/proc/sys/user/max_inotify_instances").write_text("0")
from watchdog.observers import Observer
try:
    observer = Observer()
    observer.start()
    observer.schedule(object(), sys.argv[1])
    print("there is a bell")
except OSError:
    print("no bell")
from character_flow.stream.follow import follow
for item in follow(Path(sys.argv[1]), until_end=True):
    print(item.type, flush=True)
"""
pytestmark = pytest.mark.faults


def test_without_a_bell_everything_is_followed_all_the_same(tmp_path: Path) -> None:
    """DESIGN 3.8: in a user namespace of its own the reader may not watch a single folder."""
    run, journal = make_run(tmp_path)
    with subprocess.Popen(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", WITHOUT_A_BELL, run.path],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        first = reader.stdout.readline()
        if not first:
            pytest.skip("no right to make a user namespace")
        lines = [first, reader.stdout.readline()]
        two_steps(journal)
        lines += [reader.stdout.readline() for _ in range(4)]
        journal.append(PlanCompleted(outcome="success"))
        journal.close()
        lines += reader.stdout.readlines()
    assert [line.strip() for line in lines] == [
        "no bell", "plan_started", "step_started", "step_completed", "step_started", "step_completed",
        "plan_completed",
    ]  # fmt: skip
