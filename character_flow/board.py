"""How things stand, kept by the writer: the fast twin of `snapshot.fold`, and the bytes of `plan_stream.json`.

`fold` looks at every row after every event. A Board keeps running totals, O(1) an event, and the bytes of each row.
"""

from collections.abc import Sequence

from character_flow.events import Event
from character_flow.json_text import to_json_bytes
from character_flow.snapshot import OVER, Snapshot, StepRun, begin, change_rows, head_after

BATCH = 256


class Board:
    """The writer's mutable twin of a snapshot: `apply` is O(1) an event, `to_bytes` re-encodes changed rows only."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._later: list[Event] = []
        self._load(snapshot or Snapshot())

    def _load(self, snapshot: Snapshot) -> None:
        self._head = snapshot.model_copy(update={"steps": ()})
        self._rows = list(snapshot.steps)
        self._row_bytes: list[bytes | None] = [None] * len(self._rows)
        self._running = {row.step_number: row.progress or 0 for row in self._rows if row.status == "running"}
        self._over = sum(row.status in OVER for row in self._rows)

    @property
    def head(self) -> Snapshot:
        """The snapshot without its rows."""
        self.catch_up()
        return self._head

    def row(self, number: int) -> StepRun:
        """The row of a step, by its number from 1."""
        self.catch_up()
        return self._rows[number - 1]

    def note(self, event: Event) -> None:
        """Take one event in before anybody looks.

        Between two waits for the disk the processor is cold, and an event costs it twice what it does in a batch.
        """
        self._later.append(event)
        if len(self._later) >= BATCH:
            self.catch_up()

    def catch_up(self) -> None:
        """Take in what was noted."""
        noted, self._later = self._later, []
        for event in noted:
            self._take(event)

    def apply(self, event: Event) -> Sequence[int]:
        """Take one event in; returns the numbers of the steps whose rows are others now."""
        self.catch_up()
        return self._take(event)

    def _take(self, event: Event) -> Sequence[int]:
        head, rows = begin(self._head, self._rows, event)
        is_new = rows is not self._rows
        if is_new:
            self._load(head.model_copy(update={"steps": tuple(rows)}))
            head = self._head
        changes = change_rows(self._rows, event)
        for number, before in changes:
            self._count(before, self._rows[number - 1])
            self._row_bytes[number - 1] = None
        current = max(self._running, default=None)
        share = 100 * self._over + sum(self._running.values())
        self._head = head_after(head, self._rows, event, current=current, share=share)
        return range(1, len(self._rows) + 1) if is_new else [number for number, _before in changes]

    def _count(self, before: StepRun, after: StepRun) -> None:
        self._over += (after.status in OVER) - (before.status in OVER)
        if after.status == "running":
            self._running[after.step_number] = after.progress or 0
        else:
            self._running.pop(after.step_number, None)

    def snapshot(self) -> Snapshot:
        """The frozen snapshot of this moment."""
        self.catch_up()
        return self._head.model_copy(update={"steps": tuple(self._rows)})

    def head_bytes(self) -> bytes:
        """The JSON text of the snapshot without its rows."""
        return to_json_bytes(self.head.model_dump(exclude={"steps"}))

    def freeze(self) -> "Frozen":
        """What `to_bytes` needs, taken in one go, so that encoding needs no lock."""
        self.catch_up()
        return Frozen(self._head, list(self._rows), list(self._row_bytes), self)

    def keep_bytes(self, frozen: "Frozen") -> None:
        """Remember the rows encoded from `frozen` as far as they are still the newest."""
        for index, encoded in frozen.new.items():
            if index < len(self._rows) and self._rows[index] is frozen.rows[index]:
                self._row_bytes[index] = encoded

    def to_bytes(self) -> bytes:
        """The bytes of `plan_stream.json`: the head's keys, then one line a step."""
        frozen = self.freeze()
        encoded = frozen.to_bytes()
        self.keep_bytes(frozen)
        return encoded


class Frozen:
    """One moment of a board: its rows are values, so any thread may encode it."""

    def __init__(self, head: Snapshot, rows: list[StepRun], known: list[bytes | None], board: Board) -> None:
        self.head, self.rows, self._known, self._board = head, rows, known, board
        self.new: dict[int, bytes] = {}

    def to_bytes(self) -> bytes:
        """The bytes of `plan_stream.json`; rows encoded here are left in `new`, index -> bytes."""
        lines = self._known
        for index, known in enumerate(lines):
            if known is None:
                lines[index] = self.new[index] = to_json_bytes(_row_content(self.rows[index]))
        head = to_json_bytes(self.head.model_dump(exclude={"steps"}))
        body = b",\n".join(lines)  # type: ignore[arg-type]  # every None was replaced above
        return head[:-1] + b',"steps":[\n' + body + b"\n]}\n"


def _row_content(row: StepRun) -> dict[str, object]:
    """What `model_dump` gives, at a fifth of its cost for the rows that hold no other model."""
    return row.model_dump() if row.artifacts else row.__dict__


def snapshot_bytes(snapshot: Snapshot) -> bytes:
    """The bytes of `plan_stream.json` for a snapshot."""
    return Board(snapshot).to_bytes()
