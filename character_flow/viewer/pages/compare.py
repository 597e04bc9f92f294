"""What is different: two runs side by side, chosen here or by the address `/compare?a=RUN&b=RUN`."""

import streamlit as st

from character_flow.comparison import compare_runs
from character_flow.viewer import place
from character_flow.viewer.panels.differences import differences
from character_flow.viewer.panels.notices import notice
from character_flow.viewer.panels.run_picker import pick_run
from character_flow.viewer.run_rows import run_rows


def show() -> None:
    """The page: which two runs, then everything in which they differ or not."""
    stream = place.stream()
    rows = run_rows(stream)
    if len(rows) < 2:
        notice(f"It takes two runs to compare; in {stream.runs} there {'is one' if rows else 'are none'}.")
        return
    left, right = st.columns(2)
    with left:
        a = pick_run(stream, rows, label="This run", param="a", fallback=rows[1].id)
    with right:
        b = pick_run(
            stream, rows, label="and that run", param="b", fallback=next(row.id for row in rows if row.id != a)
        )
    if a == b:
        notice("This is one run twice. Choose another one on either side.")
        return
    differences(compare_runs(stream.run(a), stream.run(b)))


if __name__ == "__main__":  # Streamlit executes a page as a program; who imports it draws nothing
    show()
