"""Is that really wanted: what a person is asked before something is gone for good."""

import sys

from character_flow.archive import is_pinned
from character_flow.cli.run_words import stands
from character_flow.cli.speech import ask
from character_flow.cli.words import local_time, one_line
from character_flow.errors import StreamError, UsageError
from character_flow.stream.stream import RunFolder


def is_sure(run: RunFolder) -> bool:
    """Whether the person at the terminal wants a run to be gone; UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(f"delete asks first, and nobody can answer here: delete {run.id} --yes")
    print(f"run {run.id} ({_about(run)}{', pinned' if is_pinned(run) else ''})", flush=True)
    try:
        return ask("delete it and all its files? y or n").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _about(run: RunFolder) -> str:
    try:
        snapshot = stands(run)
    except StreamError:
        return "it cannot be read"
    return f"{one_line(snapshot.plan_name, limit=60)}, {local_time(snapshot.started_at) or 'not begun'}"
