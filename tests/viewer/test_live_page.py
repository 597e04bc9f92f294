"""The live page: the documented controls with their documented words, and what they tell the board."""

import json
import os
import re
from pathlib import Path

import pytest

import character_flow.viewer
from character_flow.background import start_run
from character_flow.snapshot import StepRun
from character_flow.stream.liveness import this_process
from character_flow.stream.locks import hold_page
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import seen
from character_flow.stream.stream import Stream
from character_flow.viewer.component import Showing
from character_flow.viewer.panels.notices import plain
from tests.unit.recorded import until
from tests.viewer.made import long_plan, make_run
from tests.viewer.shown import Shown, viewer

BOARD = Path(character_flow.viewer.__file__).with_name("board")


def _path(file: Path) -> str:
    return f'<code class="cf-path">{plain(str(file))}</code>'


def test_the_sidebar_has_the_documented_controls(stream: Stream) -> None:
    """S0-27, S0-28, S0-29, S0-60: Auto Refresh is on, and the path, the interval and the last refresh are shown."""
    side = viewer().app.sidebar
    assert [(switch.label, switch.value) for switch in side.toggle] == [("Auto Refresh", True)]
    assert [button.label for button in side.button] == ["Refresh Now", "Clear Stream"]
    assert [caption.value for caption in side.caption] == ["File path", "Last refresh"]
    assert [part.value for part in side.html] == [_path(stream.page)]
    assert [(slider.label, slider.value) for slider in side.select_slider] == [("Interval", 1.0)]


def test_the_board_shows_what_is_published_unless_told_otherwise(stream: Stream) -> None:
    assert viewer().board == Showing()


def test_the_interval_is_a_setting(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """S0-38: one second, and configurable."""
    monkeypatch.setenv("CHARACTER_FLOW_INTERVAL_S", "2.5")
    visit = viewer()
    assert visit.board == Showing(interval_s=2.5)
    visit.app.select_slider(key="interval_s").set_value(10.0)
    assert visit.run().board == Showing(interval_s=10.0)


def test_refresh_now_asks_the_board_to_look_again(stream: Stream) -> None:
    """S0-28."""
    visit = viewer()
    assert [visit.press("refresh_now").board.nonce for _ in range(3)] == [1, 2, 3]
    assert visit.run().board.nonce == 3


def test_auto_refresh_off_stops_the_board_from_following(stream: Stream) -> None:
    """S0-27."""
    visit = viewer()
    visit.app.toggle(key="auto_refresh").set_value(False)
    assert visit.run().board == Showing(live=False)


def test_the_controls_stay_as_they_were_set_while_one_looks_at_another_page(stream: Stream) -> None:
    visit = viewer()
    visit.app.toggle(key="auto_refresh").set_value(False)
    visit.app.select_slider(key="interval_s").set_value(5.0)
    visit.run().open("runs").open("live")
    assert visit.board == Showing(live=False, interval_s=5.0)


def test_a_run_has_a_live_page_of_its_own(stream: Stream) -> None:
    run = make_run(stream)
    for name in (run.id, run.id[-6:], "last"):
        visit = viewer(run=name)
        assert visit.board == Showing(run=run.id)
        assert [part.value for part in visit.app.sidebar.html] == [_path(run.snapshot)]
        assert _clear_button(visit) == (True, "This is one run's own page; the live page is cleared there.")


def test_from_the_page_of_a_run_one_comes_back_to_the_live_page(stream: Stream) -> None:
    run = make_run(stream)
    for name in (run.id, "nonsense"):
        visit = viewer(run=name).press("to_live")
        assert visit.board == Showing()
        assert visit.app.query_params == {}


def test_a_run_that_is_not_there_is_said_so(stream: Stream) -> None:
    run = make_run(stream)
    visit = viewer(run=f"{run.id[:-6]}000000")
    assert visit.text.startswith(f"there is no run '{run.id[:-6]}000000'; did you mean '")
    assert viewer(run="../../etc").text.startswith("there is no run '../../etc'")


def test_clear_stream_empties_the_page_and_keeps_the_run(stream: Stream) -> None:
    """S0-29."""
    run = make_run(stream)
    visit = viewer().press("clear_stream")
    assert [toast.value for toast in visit.app.toast] == [
        "The live page is empty now. Its run is still among the runs."
    ]
    assert not stream.page.exists()
    assert seen(run).outcome == "success"
    assert [toast.value for toast in visit.press("clear_stream").app.toast] == ["The live page was empty already."]


def test_clear_stream_asks_while_a_run_publishes_and_names_its_owner(stream: Stream) -> None:
    run = make_run(stream)
    with hold_page(stream, owner=this_process(run.id, 1)):
        visit = viewer().press("clear_stream")
        assert f"pid {os.getpid()}" in visit.text
        assert run.id in visit.text
        visit.press("leave_alone")
        assert "leave_alone" not in {button.key for button in visit.app.button}
    assert stream.page.exists()


def test_clear_stream_cancels_a_run_that_publishes_when_told_to(stream: Stream, tmp_path: Path) -> None:
    run = start_run(stream, long_plan(tmp_path))
    until(lambda: _is_at_work(stream, run.id))
    visit = viewer().press("clear_stream").press("clear_by_force")
    assert [toast.value for toast in visit.app.toast] == [
        "The live page is empty now. Its run is still among the runs."
    ]
    assert not stream.page.exists()
    assert seen(run).outcome == "cancelled"


def _is_at_work(stream: Stream, run_id: str) -> bool:
    snapshot = read_snapshot(stream.folder)
    return (snapshot.run_id, snapshot.status, snapshot.current_step) == (run_id, "running", 1)


def _clear_button(visit: Shown) -> tuple[bool, str]:
    button = visit.app.button(key="clear_stream")
    return button.disabled, button.help


def test_nothing_can_be_cleared_without_the_right_to_write(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = f"there is no right to write in {stream.folder}"
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: mode == os.R_OK)  # tests may run as root, who may write all
        visit = viewer()
    assert _clear_button(visit) == (True, reason)
    assert visit.board == Showing(can_write=False, why_read_only=reason)


def test_a_folder_that_is_not_there_yet_can_be_made_by_a_run(stream: Stream) -> None:
    stream.folder.rmdir()
    visit = viewer()
    assert visit.board == Showing()
    assert [toast.value for toast in visit.press("clear_stream").app.toast] == ["The live page was empty already."]
    assert not stream.folder.exists()


def test_a_file_in_the_place_of_the_folder_is_said_so(stream: Stream) -> None:
    stream.folder.rmdir()
    stream.folder.write_text("a file")
    assert _clear_button(viewer()) == (True, f"{stream.folder} is not a folder")


def test_the_board_fills_in_what_a_row_leaves_out() -> None:
    """Frames are sent without the keys that hold their default, so both sides must agree on the defaults."""
    literal = re.search(r"const EMPTY_ROW = (\{.*?\});", (BOARD / "state.js").read_text(encoding="utf-8"), re.S)
    assert literal is not None
    told = json.loads(re.sub(r"(\w+):", r'"\1":', re.sub(r",\s*\}", "}", literal[1])))
    assert told == StepRun(step_number=0).model_dump(mode="json", exclude={"step_number", "status"})
