"""The page of all runs: found by filters, and with everything that can be done to one of them."""

from io import BytesIO
from pathlib import Path

import pytest

from character_flow.archive import export_run, is_pinned
from character_flow.background import start_run
from character_flow.snapshot import Snapshot
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import run_folders, seen
from character_flow.stream.stream import RunFolder, Stream
from character_flow.viewer.component import Showing
from tests.unit.recorded import make_run as recorded_run
from tests.unit.recorded import until
from tests.viewer.made import TITLE, long_plan, make_run
from tests.viewer.shown import Shown, viewer


def chosen(run: RunFolder) -> Shown:
    """The page with this run chosen."""
    return viewer().open("runs", run=run.id)


def helps(visit: Shown) -> dict[str, tuple[bool, str]]:
    """Of each action: whether it is refused, and what its help says."""
    return {str(button.key): (button.disabled, button.help) for button in visit.app.main.button}


def test_an_empty_list_says_how_to_begin(stream: Stream) -> None:
    visit = viewer().open("runs")
    assert visit.text == (
        f"There are no runs yet in {stream.runs}. Start one on the page New run, or with: python main.py"
    )
    assert visit.runs == []


def test_all_runs_are_listed_and_filters_narrow_them(stream: Stream) -> None:
    fine, failed = make_run(stream), make_run(stream, number="x")
    visit = viewer().open("runs")
    assert set(visit.runs) == {fine.id, failed.id}
    assert [caption.value for caption in visit.app.caption] == ["2 runs"]
    assert visit.app.selectbox(key="state").options == ["Completed", "Failed"]
    visit.app.selectbox(key="state").select("failed")
    assert visit.run().runs == [failed.id]
    assert [caption.value for caption in visit.app.caption] == ["1 of 2 runs"]
    visit.app.text_input(key="find").input("no such words")
    assert visit.run().text == "No run fits these filters."


def test_a_chosen_run_says_what_it_is_and_why_it_failed(stream: Stream) -> None:
    text = chosen(make_run(stream, number="x")).text
    assert text.startswith(f"{TITLE} Failed ")
    assert "step 'count' (Count): JSONDecodeError: " in text
    assert "Steps 2" in text


def test_what_cannot_be_done_says_why(stream: Stream) -> None:
    actions = helps(chosen(make_run(stream)))
    assert actions["resume"] == (True, "It has completed.")
    assert actions["cancel"] == (True, "It has ended.")
    assert actions["delete"] == (False, "")
    assert {key for key, (refused, _help) in actions.items() if refused} == {"resume", "cancel"}


def test_a_running_run_can_be_cancelled_and_neither_resumed_nor_deleted(stream: Stream, tmp_path: Path) -> None:
    run = start_run(stream, long_plan(tmp_path))
    until(lambda: read_snapshot(run.path).current_step == 1)
    visit = chosen(run)
    actions = helps(visit)
    assert actions["delete"] == (True, "It is running; cancel it first.")
    assert actions["resume"] == (True, "It is running.")
    visit.press("cancel")
    assert visit.text.startswith(f"Cancelled {run.id} ")
    until(lambda: seen(run).outcome == "cancelled")


def test_a_lost_run_can_be_cancelled_for_good(stream: Stream) -> None:
    run, journal = recorded_run(stream.folder)
    journal.close()
    run.owner.write_text(run.owner.read_text().replace('"start_token":"', '"start_token":"0'))
    visit = chosen(run)
    assert " Lost " in visit.text
    visit.press("cancel")
    assert visit.text.startswith(f"Cancelled {run.id} ")
    assert seen(run).outcome == "cancelled"


def test_a_failed_run_is_resumed_by_a_process_of_its_own(stream: Stream) -> None:
    run = make_run(stream, number="x")
    visit = chosen(run).press("resume")
    assert visit.board == Showing(run=run.id), "the page goes to the run"
    until(lambda: (seen(run).epoch, seen(run).status) == (2, "error"))


def test_a_run_is_run_again_from_a_step_and_the_steps_before_are_taken_over(stream: Stream) -> None:
    run = make_run(stream)
    visit = chosen(run)
    assert visit.app.selectbox(key="from_step").options == ["1. Say <i>it</i>", "2. Count"]
    visit.app.selectbox(key="from_step").select("count")
    new_id = visit.run().press("resume_from").board.run
    assert new_id is not None
    new = stream.run(new_id)
    until(lambda: seen(new).is_over)
    found: Snapshot = seen(new)
    assert (found.parent_run_id, found.outcome) == (run.id, "success")
    assert [row.reused_from for row in found.steps] == [run.id, None]


def test_pinned_runs_stand_on_top(stream: Stream) -> None:
    first, _second = make_run(stream), make_run(stream)
    visit = chosen(first).press("pin")
    assert is_pinned(first)
    assert visit.runs[0] == first.id
    assert visit.app.button(key="pin").label == "Unpin"
    visit.press("pin")
    assert not is_pinned(first)


def test_deleting_asks_first(stream: Stream) -> None:
    run, other = make_run(stream), make_run(stream)
    visit = chosen(run).press("delete")
    assert [button.label for button in visit.app.button if button.key in ("delete_for_good", "keep_it")] == [
        "Delete", "Keep it",
    ]  # fmt: skip
    visit.press("keep_it")
    assert run.path.exists()
    visit.press("delete").press("delete_for_good")
    assert visit.text == f"Deleted {run.id}"
    assert [folder.id for folder in run_folders(stream)] == [other.id] == visit.runs


def test_a_run_deleted_while_it_is_open_is_said_to_be_gone(stream: Stream) -> None:
    run, other = make_run(stream), make_run(stream)
    visit = chosen(run)
    run.path.rename(stream.folder / "elsewhere")
    assert visit.run().text.startswith(f"there is no run '{run.id}'; did you mean ")
    assert visit.runs == [other.id]


def test_an_exported_run_is_imported_again(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    run, kept = make_run(stream), BytesIO()
    export_run(run, kept)
    visit = chosen(run).press("delete").press("delete_for_good")
    visit.app.file_uploader[0].upload("run.zip", kept.getvalue())
    visit.run().press("import_run")
    assert visit.text.startswith(f"Imported {run.id} ")
    assert visit.runs == [run.id]
    assert seen(run).outcome == "success"


@pytest.mark.parametrize("content", [b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_run_is_refused_in_one_line(content: bytes, stream: Stream) -> None:
    visit = viewer().open("runs")
    visit.app.file_uploader[0].upload("run.zip", content)
    visit.run().press("import_run")
    assert 'role="alert"' in visit.html
    assert visit.runs == []


def test_export_and_report_are_downloads(stream: Stream) -> None:
    run = make_run(stream)
    visit = chosen(run)
    assert [(link.label, link.url) for link in visit.app.link_button] == [("Export", f"/plan/runs/{run.id}/export")]
    assert [button.label for button in visit.app.download_button] == ["Report"]


def test_other_pages_are_opened_for_the_chosen_run(stream: Stream) -> None:
    run, other = make_run(stream), make_run(stream, greeting="Bye")
    assert chosen(run).press("open").board == Showing(run=run.id)
    assert chosen(run).press("replay").board.mode == "replay"
    visit = chosen(run)
    assert visit.app.selectbox(key="other_run").value == other.id
    assert visit.press("compare").app.query_params == {"a": run.id, "b": other.id}
    assert "1 of 2 differ" in visit.text


def test_nothing_can_be_changed_without_the_right_to_write(stream: Stream) -> None:
    run = make_run(stream)
    stream.folder.rename(stream.folder.with_name("moved"))
    stream.folder.symlink_to(stream.folder.with_name("moved"))
    assert chosen(run).runs == [run.id], "a folder may be a link"
