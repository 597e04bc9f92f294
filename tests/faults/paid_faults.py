"""Everything that can go wrong between a run and the service it pays: each kind of trouble at each of its requests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from tests.fake_replicate import Fault
from tests.fake_replicate_server import Request
from tests.faults.paid_runs import Nursery, PaidRun, paid_run

_NOWHERE = "http://127.0.0.1:9/elsewhere"
EMPTY_LIST = '{"previous": null, "next": null, "results": []}'
_REFUSED = (400, 401, 402, 403, 404, 413, 422)
_PASSING = (408, 429, 500, 502, 503, 504)
_UNCLEAR = (408, 500, 504)
_BROKEN = ("drop_before", "drop_after", "slow", "half", "cut", "wrong_json", "wrong_length", "damaged", "trickle")
TIMEOUT_S = 0.4
"""How long a request may take where the trouble is that it takes longer."""

CREATE, LIST, ONE = ("POST", "/v1/predictions"), ("GET", "/v1/predictions"), ("GET", "/v1/predictions/*")
UPLOAD, DELIVERY, STREAM = ("POST", "/v1/files"), ("GET", "/delivery/*/*"), ("GET", "/stream/*")
_ALWAYS_ASKED = (CREATE, ONE, UPLOAD, DELIVERY)
"""The list is asked for a lost call only, the stream only while a text is written."""


@dataclass
class FaultAt(Fault):
    """A fault that lets so many requests pass first."""

    skip: int = 0

    def fits(self, request: Request) -> bool:
        """Counts: it is asked once for every request."""
        if not super().fits(request):
            return False
        self.skip -= 1
        return self.skip < 0


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in one run; `name` tells it."""

    name: str
    faults: tuple[FaultAt, ...]
    is_slow: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether the list does not tell of what was charged for as long as the fault lasts."""
        return any((fault.method, fault.path) == LIST for fault in self.faults)


@dataclass
class Outcome:
    """What came of one trouble: how the run ended, and every broken promise."""

    name: str
    code: int
    charges: dict[str, int]
    problems: list[str] = field(default_factory=list)


def every_trouble(*, places: int = 3) -> Iterator[Trouble]:
    """Each kind at each request: at the first `places` of the requests there are many of."""
    for kind in _kinds():
        for nth in range(min(places, 3)):
            yield _trouble(kind, CREATE, nth)
        for nth in range(places):
            yield _trouble(kind, ONE, 2 * nth)
        for nth in range(min(places, 2)):
            yield _trouble(kind, DELIVERY, nth)
        yield _trouble(kind, UPLOAD)
        yield _trouble(kind, STREAM)
        for times, words in ((1, "once"), (-1, "for good")):
            lost = _fault({"kind": "drop_after"}, CREATE, nth=1)
            listed = _fault(kind, LIST, times=times)
            name = f"lost answer, and {_words(kind)} at its list {words}"
            yield Trouble(name, (lost, listed), is_slow=kind["kind"] in ("slow", "trickle"))


def _trouble(kind: dict[str, object], where: tuple[str, str], nth: int = 0) -> Trouble:
    name = f"{_words(kind)} at {' '.join(where)}, number {nth + 1}"
    return Trouble(name, (_fault(kind, where, nth=nth),), is_slow=kind["kind"] in ("slow", "trickle"))


def _fault(kind: dict[str, object], where: tuple[str, str], *, nth: int = 0, times: int = 1) -> FaultAt:
    method, path = where
    return FaultAt(method, path, **{"times": times, "skip": nth, **kind})  # type: ignore[arg-type]


def _kinds() -> Iterator[dict[str, object]]:
    for status in chain(_REFUSED, _PASSING):
        yield {"kind": "status", "status": status}
    for status in _UNCLEAR:
        yield {"kind": "late_status", "status": status}
    for wait in ("0", "0.1", "1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"):
        yield {"kind": "status", "status": 429, "headers": {"Retry-After": wait}}
    for kind in _BROKEN:
        yield {"kind": kind, "seconds": 2 * TIMEOUT_S}
    yield {"kind": "wrong_json", "body": EMPTY_LIST}
    yield {"kind": "wrong_json", "body": "{}"}
    yield {"kind": "wrong_json", "body": "[]"}
    yield {"kind": "redirect", "to": _NOWHERE}


def _words(kind: dict[str, object]) -> str:
    told = [str(value) for name, value in kind.items() if name in ("status", "headers", "body")]
    return " ".join([str(kind["kind"]), *told])


def suffered(trouble: Trouble, folder: Path, nursery: Nursery) -> Outcome:
    """Run into it, resume until it is over, lift it, and resume once more: was anything paid twice?"""
    with paid_run(folder, nursery) as run:
        if trouble.is_slow:
            run.exchange_s = TIMEOUT_S
        for fault in trouble.faults:
            run.fake.fault(fault)
        code = run.until_over()
        problems = run.problems(code, is_hidden=trouble.is_hidden)
        if code == 3 and trouble.is_slow and not trouble.is_hidden:  # a call came later than it was looked for
            code = run.until_over()
            problems += run.problems(code)
        if any(fault.skip >= 0 for fault in trouble.faults if (fault.method, fault.path) in _ALWAYS_ASKED):
            problems.append("it never happened")
        for fault in trouble.faults:
            fault.times = 0
        run.exchange_s = PaidRun.exchange_s
        if code == 3:
            again = run.until_over()
            problems += run.problems(again)
            if trouble.is_hidden and again != 0:
                problems.append("the service lists the call again, but the run does not take it up")
        return Outcome(trouble.name, code, dict(run.charges), problems)
