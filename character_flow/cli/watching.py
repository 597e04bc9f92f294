"""How a run is watched from another process: the faces of a run of one's own, fed from the files."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from character_flow import events
from character_flow.cli.channels import is_terminal, reserved
from character_flow.cli.faces import Face, JournalLines, PlainLines
from character_flow.cli.showing import Showing
from character_flow.cli.signals import EXIT_CODES, Interrupted, Signals
from character_flow.cli.speech import complain
from character_flow.events import Event
from character_flow.snapshot import Snapshot
from character_flow.stream.follow import follow
from character_flow.stream.reading import folded
from character_flow.stream.runs import find_run
from character_flow.stream.stream import RunFolder, Stream

_LOST = 1


def watch_run(folder: Path, name: str, *, as_lines: bool) -> int:
    """Show a run until it ends; returns the exit code it ended with, or 130 after Ctrl-C."""
    run = find_run(Stream(folder), name)
    with ExitStack() as held:
        fd = held.enter_context(reserved()) if as_lines else 1
        return _shown(_of_run(run), JournalLines(run.journal, fd) if as_lines else _face(run))


def watch_page(folder: Path) -> int:
    """Show whatever is published in a folder, one run after the other, until Ctrl-C."""
    return _shown(follow(folder), _face(None), waiting=f"nothing is shown in {folder} yet")


def _of_run(run: RunFolder) -> Iterator[Snapshot | Event]:
    """How the run stands, then what happens, to its end; also when it has ended already."""
    so_far = folded(run.journal)
    yield so_far
    if not so_far.is_over:
        yield from follow(run.path, after=so_far.cursor, until_end=True)


def _face(run: RunFolder | None) -> Face:
    if is_terminal(1) and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from character_flow.cli.live import LiveList  # rich, only where it can draw

        return LiveList()
    return PlainLines(run)


def _shown(items: Iterator[Snapshot | Event], face: Face, *, waiting: str | None = None) -> int:
    showing, code = Showing(face), 0
    try:
        with Signals(), closing(showing):
            for item in items:
                if isinstance(item, Snapshot) and not item.total_steps:
                    showing.put(waiting or "waiting")
                    continue
                showing.put(item)
                code = _code(item, code)
    except Interrupted as stopped:
        return stopped.exit_code
    return code


def _code(item: Snapshot | Event, code: int) -> int:
    """The exit code of the run as far as it is known after this item."""
    if isinstance(item, Snapshot):
        if item.outcome == "lost":
            complain(item.error or "its process is gone")
        return 0 if item.status != "error" else 3 if item.outcome == "uncertain" else _LOST
    match item.fact:
        case events.PlanCompleted():
            return 0
        case events.PlanFailed(outcome=outcome):
            return 3 if outcome == "uncertain" else 1
        case events.PlanCancelled(signal=signal):
            return EXIT_CODES.get(signal or "", 1)
    return code
