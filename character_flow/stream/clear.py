"""How the page becomes empty: the snapshot goes, the run it showed stays in `runs/`."""

import os
from collections.abc import Callable

from character_flow.errors import StreamBusyError
from character_flow.stream.files import real_path, refusals, sync_folder
from character_flow.stream.inbox import new_command, send
from character_flow.stream.journal import last_event
from character_flow.stream.liveness import Owner, read_owner
from character_flow.stream.locks import WAIT_S, Held, hold_page
from character_flow.stream.stream import RunFolder, Stream

CANCEL_WAIT_S = 30.0


def send_cancel(run: RunFolder, owner: Owner) -> None:
    """Ask the holder of a run to cancel it, in the epoch he has declared or already written in."""
    last = last_event(run.journal)
    send(run, new_command("cancel", epoch=max(owner.epoch, last.epoch if last else 1), by="clear"))


def clear(
    stream: Stream,
    *,
    force: bool = False,
    cancel: Callable[[RunFolder, Owner], None] = send_cancel,
    wait_s: float = CANCEL_WAIT_S,
) -> bool:
    """Remove the page's snapshot; returns whether there was one.

    StreamBusyError naming the holder when a run publishes here. With `force` that run is cancelled first, and given
    `wait_s` to let go. A holder that died holds nothing.
    """
    if not os.path.lexists(stream.folder):
        return False
    with _page_let_go(stream, cancel if force else None, wait_s), refusals(stream.page):
        page = real_path(stream.page)  # a symlink stays, as it does at each rewrite
        try:
            page.unlink()
        except FileNotFoundError:
            return False
        sync_folder(page.parent)
        return True


def _page_let_go(stream: Stream, cancel: Callable[[RunFolder, Owner], None] | None, wait_s: float) -> Held:
    try:
        return hold_page(stream, wait_s=WAIT_S)
    except StreamBusyError:
        owner = read_owner(stream.page_owner)
        if cancel is None:
            raise
        if owner is not None and owner.run_id:
            cancel(stream.run(owner.run_id), owner)
    return hold_page(stream, wait_s=wait_s)
