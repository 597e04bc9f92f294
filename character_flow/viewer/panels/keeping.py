"""How a run is kept: taken in from a zip, written as a report, thrown away after a question."""

import tempfile
from functools import partial
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from character_flow.archive import delete_run, import_run
from character_flow.errors import CharacterFlowError
from character_flow.stream.stream import RunFolder, Stream
from character_flow.viewer.panels.notices import plain, problem


def tell(line: str) -> None:
    """Say this in a corner of the next screen."""
    st.session_state["told"] = line


def chosen_before() -> str | None:
    """The run chosen on an earlier visit of the list: the browser's Back leads there without its address."""
    chosen = st.session_state.get("chosen_run")
    return chosen if isinstance(chosen, str) else None


def keep_chosen(run_id: str | None) -> None:
    """From now on this run is the chosen one, here and in the page's address; None for no run."""
    st.session_state["chosen_run"] = run_id
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


def import_box(stream: Stream, *, why_read_only: str | None) -> None:
    """Take in a run that was exported here or elsewhere."""
    turn = st.session_state.get("imports", 0)  # new keys after an import: the box is closed and the uploader empty
    with st.popover(
        "Import", icon=":material/upload:", key=f"import_{turn}", disabled=why_read_only is not None, help=why_read_only
    ):
        file = st.file_uploader("A run that was exported as a zip", type="zip", key=f"import_file_{turn}")
        if file is not None and st.button("Import this run", key="import_run", type="primary"):
            _take_in(stream, file)


def _take_in(stream: Stream, file: BinaryIO) -> None:
    try:
        run = import_run(stream, file)
    except CharacterFlowError as error:
        problem(str(error))
        return
    st.session_state["imports"] = st.session_state.get("imports", 0) + 1
    keep_chosen(run.id)
    tell(f"Imported {run.id}")
    st.rerun()


def report_file(run: RunFolder) -> bytes:
    """The run as one HTML file, made when somebody asks for it."""
    # jinja2 is needed only where somebody asks for a report
    from character_flow.report import write_report

    with tempfile.TemporaryDirectory(prefix="character_flow-report-") as folder:
        return write_report(run, Path(folder, "report.html")).read_bytes()


def ask_to_delete(run_id: str | None) -> None:
    """From now on it is asked whether this run is to be deleted; None: no longer."""
    st.session_state["to_delete"] = run_id


def is_asked_to_delete(run: RunFolder) -> bool:
    """Whether a person wants this run deleted and has not yet said so twice."""
    return st.session_state.get("to_delete") == run.id


@st.dialog("Delete this run?", on_dismiss=partial(ask_to_delete, None))
def delete_dialog(run: RunFolder, title: str) -> None:
    """Ask, then delete; what refuses is said in the dialog."""
    st.html(f"<p>{plain(title)}<br><code>{plain(run.id)}</code></p>")
    st.write("Its journal, outputs and media are removed from the disk. Export it first to keep a copy.")
    with st.container(horizontal=True):
        if st.button("Delete", key="delete_for_good", type="primary") and _delete(run):
            ask_to_delete(None)
            keep_chosen(None)
            tell(f"Deleted {run.id}")
            st.rerun()
        if st.button("Keep it", key="keep_it"):
            ask_to_delete(None)
            st.rerun()


def _delete(run: RunFolder) -> bool:
    try:
        delete_run(run)
    except CharacterFlowError as error:
        problem(str(error))
        return False
    return True
