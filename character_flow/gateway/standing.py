"""What a page shows: the state behind its frames, as one board, and which of its rows are newer than a client's."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from character_flow.board import Board
from character_flow.events import Event
from character_flow.json_text import to_json_bytes
from character_flow.snapshot import Snapshot, StepRun
from character_flow.stream.stream import RUN_ID

_REMEMBERED = 4_096
_SHARED = timedelta(seconds=0.25)
_EMPTY_ROW = StepRun(step_number=0).model_dump(exclude={"step_number", "status"})


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that writes a run, as a reader sees it; `stale`: no sign of life for some seconds."""

    kind: str = "none"
    who: str | None = None
    pulse_at: str | None = None
    stale: bool = False

    @property
    def says(self) -> tuple[str, str | None, bool]:
        """What a client must hear of; a later sign of life of the same writer is no news."""
        return self.kind, self.who, self.stale

    def to_json(self) -> dict[str, JsonValue]:
        """As a frame tells it."""
        return {"kind": self.kind, "who": self.who, "pulse_at": self.pulse_at, "stale": self.stale}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a client is sent: one JSON text, the cursor it reaches, and the version it shows."""

    content: bytes
    cursor: str
    version: int
    made_at: datetime


class Standing:
    """How a page stands, in versions: each change makes a new one, and a client is sent what is newer than his.

    However slow a client is, what waits for him is never more than the newest state. Not for several threads at once.
    """

    def __init__(self) -> None:
        self.version = 1
        self.writer = Writer()
        self.problem: str | None = None
        self.expected: dict[str, JsonValue] | None = None
        self._board = Board()
        self._began = 1
        self._row_versions: list[int] = []
        self._row_texts: dict[int, tuple[StepRun, bytes]] = {}
        self._reached: OrderedDict[str, int] = OrderedDict()
        self._frames: dict[int, Frame] = {}

    @property
    def head(self) -> Snapshot:
        """The snapshot without its rows."""
        return self._board.head

    def take(self, item: Snapshot | Event) -> None:
        """Take in what a stream tells: an event of the run that is shown, or how another one stands."""
        self.problem = None
        if isinstance(item, Snapshot):
            self._show(item)
        else:
            self._changed(self._board.apply(item))

    def _show(self, snapshot: Snapshot) -> None:
        before = self._board.snapshot()
        self._board = Board(snapshot)
        is_same = (before.run_id, before.started_at) == (snapshot.run_id, snapshot.started_at)
        if not is_same or len(before.steps) != len(snapshot.steps) or not _is_numbered(snapshot.steps):
            self.expected = None
            self._changed(range(1, len(snapshot.steps) + 1), anew=True)
            return
        self._changed(_differing(before.steps, snapshot.steps))

    def _changed(self, numbers: Sequence[int], *, anew: bool = False) -> None:
        self.renew()
        if anew or len(self._row_versions) != self._board.head.total_steps:
            self._began = self.version
            self._row_versions = [self.version] * len(self._board.snapshot().steps)
            self._row_texts.clear()
        for number in numbers:
            self._row_versions[number - 1] = self.version
        self._reached.setdefault(self.cursor, self.version)
        if len(self._reached) > _REMEMBERED:
            self._reached.popitem(last=False)

    def renew(self) -> None:
        """The head, the writer or a problem is another one now."""
        self.version += 1
        self._frames.clear()

    @property
    def cursor(self) -> str:
        """`<run_id>:<epoch>.<seq>` of what is shown; it names no run where somebody else's snapshot is."""
        head = self._board.head
        return f"{head.run_id if RUN_ID.fullmatch(head.run_id) else ''}:{head.cursor}"

    def version_at(self, cursor: str | None) -> int:
        """The version a client has seen who stands at this cursor; 0, nothing at all, where that is not known.

        Never the newest: whoever comes is told at once what has no cursor - a writer who died, a problem, the time.
        """
        if cursor is None or cursor.startswith(":"):
            return 0
        return min(self._reached.get(cursor, 0), self.version - 1)

    def frame_after(self, seen: int, *, now: datetime | None = None) -> Frame | None:
        """What is newer than a version; None when nothing is. Clients who saw the same share one text for a moment."""
        if seen == self.version:
            return None
        moment = now or datetime.now(UTC)
        frame = self._frames.get(seen)
        if frame is None or moment - frame.made_at > _SHARED:
            frame = self._frames[seen] = Frame(self._encoded(seen, moment), self.cursor, self.version, moment)
        return frame

    def _encoded(self, seen: int, now: datetime) -> bytes:
        is_full = seen < self._began
        rows = [number for number, version in enumerate(self._row_versions, 1) if is_full or version > seen]
        around = {
            "full": is_full,
            "now": now.isoformat(),
            "writer": self.writer.to_json(),
            "expected": self.expected,
            "problem": self.problem,
        }
        body = b",".join(map(self._row_text, rows))
        return to_json_bytes(around)[:-1] + b',"head":' + self._board.head_bytes() + b',"rows":[' + body + b"]}"

    def _row_text(self, number: int) -> bytes:
        """A row without the keys that hold their default, a fifth of a pending one; encoded once for each change."""
        row = self._board.row(number)
        known = self._row_texts.get(number)
        if known is None or known[0] is not row:
            told = {key: value for key, value in row.model_dump().items() if value != _EMPTY_ROW.get(key, ...)}
            known = self._row_texts[number] = row, to_json_bytes(told)
        return known[1]


def _differing(before: Sequence[StepRun], after: Sequence[StepRun]) -> list[int]:
    return [number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]]


def _is_numbered(rows: Sequence[StepRun]) -> bool:
    """Whether a client can tell the rows apart by their numbers; in somebody else's snapshot anything may stand."""
    return all(row.step_number == number for number, row in enumerate(rows, 1))
