"""The crash matrix of paid calls: how a run is killed, resumed until it ends, and held to its promises."""

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from character_flow.requests import settle_run
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import Stream
from tests.faults.paid_faults import EMPTY_LIST, LIST, FaultAt
from tests.faults.paid_runs import Nursery, PaidRun, open_calls, paid_run

T = TypeVar("T")
R = TypeVar("R")
BUSY = 75


@dataclass
class Told:
    """What came of one kill, or two: `code` is how the resumed run ended, before a person settled anything."""

    name: str
    kills: int
    code: int
    was_in_flight: bool
    """Whether a call was between its durable intent and its durable id when the process died."""
    was_charged: bool
    """Whether that call had been charged."""
    problems: list[str] = field(default_factory=list)


@contextmanager
def nurseries(count: int) -> Iterator[Callable[[Callable[[Nursery, T], R], Iterable[T]], list[R]]]:
    """Does something for each of many things, so many at a time, each time with a nursery nobody else uses."""
    with ExitStack() as stack:
        free: queue.SimpleQueue[Nursery] = queue.SimpleQueue()
        for _ in range(count):
            free.put(stack.enter_context(Nursery()))
        pool = stack.enter_context(ThreadPoolExecutor(count))

        def with_one(call: Callable[[Nursery, T], R], thing: T) -> R:
            nursery = free.get()
            try:
                return call(nursery, thing)
            finally:
                free.put(nursery)

        yield lambda call, things: list(pool.map(lambda thing: with_one(call, thing), things))


def every_point(folder: Path, nursery: Nursery) -> list[str]:
    """What a whole run passes, in its order. The first run of a nursery is a little different: it is let go by."""
    for name in ("first", "second"):
        with paid_run(folder / name, nursery) as run:
            points = run.traced()
            assert run.problems(0) == []
    return points


def killed_at(point: str, folder: Path, nursery: Nursery) -> Told:
    """Killed there once, then resumed; the service lists every prediction."""
    with paid_run(folder, nursery) as run:
        run.go(point)
        in_flight = _in_flight(run)
        code = run.until_over()
        return _told(point, run, code, in_flight, [*run.problems(code), *_settled(run, code)])


def surely_killed_at(point: str, folder: Path, nursery: Nursery) -> Told:
    """As `killed_at`; at an earlier point of its kind where this run, quicker than the one traced, never came there."""
    told = killed_at(point, folder, nursery)
    kind, _, number = point.rpartition(" #")
    if told.kills or told.problems or number == "1":
        return told
    return surely_killed_at(f"{kind} #{int(number) // 2}", folder / "earlier", nursery)


def killed_unlisted(point: str, folder: Path, nursery: Nursery) -> Told:
    """The same, but the service lists nothing until later: what is in flight must stay uncertain, and unpaid."""
    with paid_run(folder, nursery) as run:
        run.go(point)
        in_flight = _in_flight(run)
        hidden = FaultAt(*LIST, kind="wrong_json", body=EMPTY_LIST, times=-1)
        run.fake.fault(hidden)
        code = run.until_over()
        problems = run.problems(code, is_hidden=True)
        if (code == 3) != bool(in_flight):
            problems.append(f"ended with {code}, and in flight was {in_flight or 'nothing'}")
        hidden.times = 0
        if code == 3 and run.charges[in_flight] == 1:
            again = run.until_over()
            problems += [*run.problems(again), *([] if again == 0 else ["what is listed now is not taken up"])]
        return _told(f"unlisted: {point}", run, code, in_flight, problems)


def killed_twice(point: str, second: int, folder: Path, nursery: Nursery) -> Told:
    """Killed there, and its resume at its point of this number."""
    with paid_run(folder, nursery) as run:
        run.go(point)
        in_flight = _in_flight(run)
        run.go(second)
        in_flight = in_flight or _in_flight(run)
        code = run.until_over()
        return _told(f"{point}, then {second}", run, code, in_flight, [*run.problems(code), *_settled(run, code)])


def resumed_by_two(point: str, folder: Path, nursery: Nursery) -> Told:
    """Killed there, then resumed by two processes at once: one goes on, the other is told that it is busy or over."""
    with paid_run(folder, nursery) as run:
        run.go(point)
        in_flight = _in_flight(run)
        jobs = [run.job()] * (2 if run_folders(Stream(folder)) else 1)  # two that begin are two runs
        codes = nursery.run(*jobs)
        problems = [f"one of two ended with {code}" for code in codes if code not in (0, 3, BUSY)]
        code = run.until_over()
        return _told(f"two at once: {point}", run, code, in_flight, [*problems, *run.problems(code)])


def _in_flight(run: PaidRun) -> str:
    """The step whose call nobody knows the fate of; the journal's last line may be torn."""
    runs = run_folders(Stream(run.folder))
    if not runs:
        return ""
    whole = runs[0].journal.read_bytes().rpartition(b"\n")[0] + b"\n"
    return next(iter(open_calls(whole)), "")


def _told(name: str, run: PaidRun, code: int, in_flight: str, problems: list[str]) -> Told:
    if code == 3 and not in_flight:
        problems.append("uncertain, though no call was in flight")
    was_charged = bool(in_flight) and run.charges_at_kill[in_flight] == 1
    return Told(name, run.kills, code, bool(in_flight), was_charged, problems)


def _settled(run: PaidRun, code: int) -> list[str]:
    """An uncertain call that was never made is made when a person says so, once."""
    if code != 3:
        return []
    (own,) = run_folders(Stream(run.folder))
    step = next(iter(open_calls(own.journal.read_bytes())))
    settle_run(own, step, charge_again=True, by="test")
    again = run.until_over()
    return [*run.problems(again), *([] if again == 0 else [f"settled, it ended with {again}"])]
