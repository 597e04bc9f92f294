"""How did it go: a run played again as it happened, faster or slower, on the same board."""

from character_flow.viewer import place
from character_flow.viewer.component import Showing, board
from character_flow.viewer.panels.notices import notice
from character_flow.viewer.panels.run_picker import pick_run
from character_flow.viewer.run_rows import run_rows


def show() -> None:
    """The page: which run, and its player."""
    stream = place.stream()
    rows = run_rows(stream)
    if not rows:
        notice(f"There are no runs yet in {stream.runs}. Once there is one, it can be replayed here.")
        return
    run_id = pick_run(stream, rows, label="Run", param="run", fallback=rows[0].id)
    board(Showing(run=run_id, mode="replay", can_write=False, why_read_only="This is a replay."))


if __name__ == "__main__":  # Streamlit executes a page as a program; who imports it draws nothing
    show()
