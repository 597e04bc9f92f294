"""Nothing is paid twice, whenever a run is killed and whatever its provider's answers come to (DESIGN 3.1 and 5).

The short form of `bench/money.py`, which kills at every point and tries every trouble at every request.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.fake_replicate import Fault, Script
from tests.faults.crash_points import CrashPoints
from tests.faults.paid_faults import CREATE, every_trouble, suffered
from tests.faults.paid_matrix import (
    every_point,
    killed_at,
    killed_twice,
    killed_unlisted,
    nurseries,
    resumed_by_two,
    surely_killed_at,
)
from tests.faults.paid_runs import Nursery, paid_run

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes to be killed are forked"),
]
POINTS = 60
Each = Callable[[Callable[[Nursery, Any], Any], Iterable[Any]], list[Any]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where runs are kept; in memory if possible, for a thousand syncs a second are asked for."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(prefix="character-flow-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def each() -> Iterator[Each]:
    with nurseries(2) as each:
        yield each


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> list[str]:
    return every_point(tmp_path_factory.mktemp("points"), nursery)


def spread(points: list[str], count: int) -> list[str]:
    """So many of them, evenly from the first to the last."""
    return [points[number * (len(points) - 1) // (count - 1)] for number in range(count)]


def around_the_calls(points: list[str]) -> list[str]:
    """Where a call is on its way: what each POST sends and hears, and the lines about it."""
    return [point for point in points if "POST /v1/predictions" in point]


def test_every_write_sync_rename_and_message_of_a_run_is_a_point(points: list[str]) -> None:
    """What is traced is what DESIGN 3.1 and 3.2 say must happen, in that order."""
    wanted = [
        "before connect", "half of write runs/RUN/journal.jsonl", "after fdatasync runs/RUN/journal.jsonl",
        "half of send POST /v1/predictions", "after hear POST /v1/predictions", "before fdatasync runs/RUN/.tmp",
        "after replace runs/RUN/.tmp to runs/RUN/snapshot.json", "half of write runs/RUN/artifacts/film-1/.tmp",
        "after replace runs/RUN/artifacts/film-1/.tmp to runs/RUN/artifacts/film-1/video.mp4",
        "after hear GET /v1/predictions/ID", "half of send POST /v1/files", "after hear GET /stream/ID",
        "after hear GET /delivery/ID/out.mp4", "after rename runs/RUN", "before fsync runs", "after mkdir runs",
    ]  # fmt: skip
    missing = [what for what in wanted if not any(point.startswith(what) for point in points)]
    assert missing == []
    order = [points.index(point) for point in (
        "after fdatasync runs/RUN/journal.jsonl #3", "before send POST /v1/predictions #1",
        "after hear POST /v1/predictions #1", "before write runs/RUN/journal.jsonl #4",
    )]  # fmt: skip
    assert order == sorted(order)
    assert len(points) > 300


def test_the_process_dies_where_it_is_told_to(place: Path, nursery: Nursery) -> None:
    """Half of a line is on the disk then, and half of a request on its way."""
    with paid_run(place / "run", nursery) as run:
        assert run.go("half of write runs/RUN/journal.jsonl #2") == -9
        (journal,) = place.glob("run/runs/*/journal.jsonl")
        assert journal.read_bytes().count(b"\n") == 1
        assert not journal.read_bytes().endswith(b"\n")
        assert run.until_over() == 0
        assert run.problems(0) == []


def test_killed_at_sixty_points_no_step_is_charged_twice(place: Path, each: Each, points: list[str]) -> None:
    chosen = enumerate(spread(points, POINTS))
    told = each(lambda nursery, at: surely_killed_at(at[1], place / f"{at[0]}", nursery), chosen)
    assert [(one.name, one.problems) for one in told if one.problems] == []
    assert sum(one.kills for one in told) >= POINTS - 6  # a few depend on how fast a thread was
    assert {one.code for one in told} <= {0, 3}


def test_killed_while_a_call_is_on_its_way_it_is_found_in_the_list_or_left_to_a_person(
    place: Path, each: Each, points: list[str]
) -> None:
    """Uncertain only where nothing was charged as far as the list tells; never called again by itself."""
    chosen = around_the_calls(points)[::2]
    listed = each(lambda nursery, at: killed_at(at[1], place / f"a{at[0]}", nursery), enumerate(chosen))
    unlisted = each(lambda nursery, at: killed_unlisted(at[1], place / f"b{at[0]}", nursery), enumerate(chosen[::2]))
    assert [(one.name, one.problems) for one in (*listed, *unlisted) if one.problems] == []
    assert all(one.code == 0 for one in listed if one.was_charged)
    assert all(one.code == 3 for one in unlisted if one.was_in_flight)
    assert any(one.was_charged for one in listed)
    assert any(one.was_in_flight and not one.was_charged for one in listed)


def test_a_resume_that_is_killed_too_and_two_resumes_at_once_pay_nothing_twice(
    place: Path, each: Each, points: list[str]
) -> None:
    chosen = around_the_calls(points)[::5]
    twice = each(
        lambda nursery, at: killed_twice(at[1], 40 + 9 * at[0], place / f"a{at[0]}", nursery), enumerate(chosen)
    )
    at_once = each(lambda nursery, at: resumed_by_two(at[1], place / f"b{at[0]}", nursery), enumerate(chosen))
    assert [(one.name, one.problems) for one in (*twice, *at_once) if one.problems] == []
    assert sum(one.kills for one in twice) >= 1.5 * len(twice)


def test_each_trouble_between_a_run_and_its_provider_costs_nothing_twice(place: Path, each: Each) -> None:
    """At the call itself each kind, at the other requests in turn."""
    troubles = list(every_trouble(places=1))
    chosen = [one for one in troubles if " ".join(CREATE) in one.name]
    others = [one for one in troubles if one not in chosen and "for good" not in one.name]
    told = each(lambda nursery, at: suffered(at[1], place / f"{at[0]}", nursery), enumerate(chosen + others[::4]))
    assert [(one.name, one.problems) for one in told if one.problems] == []


@pytest.mark.parametrize("final", ["failed", "canceled", "aborted"])
def test_what_ended_badly_at_the_provider_is_called_anew_by_a_resume_and_only_then(
    place: Path, nursery: Nursery, final: str
) -> None:
    with paid_run(place / "run", nursery, Script(model="openai/gpt-4o", final=final)) as run:
        assert (run.go(), run.charges) == (1, {"words": 1})
        assert (run.go(), run.charges) == (0, {"words": 2, "picture": 1, "film": 1})
        assert run.problems(0) == ["words was charged 2 times", "words is completed and was charged 2 times"]


@pytest.mark.parametrize("output", ["null", "image"])
def test_a_prediction_without_the_film_is_not_bought_again_by_itself(
    place: Path, nursery: Nursery, output: str
) -> None:
    with paid_run(place / "run", nursery, Script(model="google/veo-3.1-fast", output=output)) as run:
        for _ in range(3):
            assert (run.go(), run.charges) == (1, {"words": 1, "picture": 1, "film": 1})


@pytest.mark.parametrize("is_expired", [True, False])
def test_an_output_that_is_gone_is_not_bought_again_by_itself(
    place: Path, nursery: Nursery, *, is_expired: bool
) -> None:
    """The service keeps everything for an hour."""
    with paid_run(place / "run", nursery) as run:
        if is_expired:
            assert run.go("after hear GET /delivery/ID/out.mp4 #1") == -9
            run.fake.expire()
        else:
            run.fake.fault(Fault("GET", "/delivery/*/out.mp4", "status", status=404, times=-1))
        for _ in range(3):
            assert (run.go(), run.charges) == (1, {"words": 1, "picture": 1, "film": 1})


def test_nobody_at_home_costs_nothing_and_is_told(place: Path, nursery: Nursery) -> None:
    with paid_run(place / "run", nursery) as run:
        with run.fake.refusing():
            assert (run.go(), run.charges) == (1, {})
        assert run.until_over() == 0
        assert run.problems(0) == []


def test_a_broken_promise_is_seen(place: Path, nursery: Nursery) -> None:
    """The look at a run can fail: it sees a second charge, and a call that nobody owns."""
    with paid_run(place / "run", nursery) as run:
        assert run.go() == 0
        bought = dict(run.fake.predictions[run.fake.last_id])
        run.fake.predictions["another"] = bought
        assert run.problems(0) == [
            "film was charged 2 times", "film is completed and was charged 2 times", "another is nobody's"
        ]  # fmt: skip


def test_a_point_that_is_never_passed_kills_nobody(place: Path) -> None:
    points = CrashPoints(place, die_at="after something else #1")
    assert points.around("something", lambda: 7) == 7
    assert points.passed == ["before something #1", "after something #1"]
