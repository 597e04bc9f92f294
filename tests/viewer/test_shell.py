"""The shell: five pages, one line for whatever goes wrong, and settings under which nothing leaves the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from character_flow.stream.stream import Stream
from tests.viewer.made import TITLE, make_run
from tests.viewer.shown import viewer

ROOT = Path(__file__).parents[2]
PAGES = ("live", "runs", "new", "compare", "replay")

IN_FORCE = {
    "server.address": "127.0.0.1",
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "runner.postScriptGC": False,
    "theme.light.primaryColor": "#0f766e",
    "theme.dark.primaryColor": "#2dd4bf",
}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_where_there_is_nothing_yet(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARACTER_FLOW_DIR", str(tmp_path / "nowhere"))
    visit = viewer().open(page)
    assert "failed" not in visit.text
    assert not (tmp_path / "nowhere").exists(), "looking makes nothing"


@pytest.mark.parametrize("page", ["runs", "compare", "replay"])
def test_what_cannot_be_read_is_one_line_and_no_traceback(page: str, stream: Stream) -> None:
    stream.runs.write_text("not a folder")
    visit = viewer().open(page)
    assert visit.text.startswith(f"{stream.runs}: ")
    assert 'role="alert"' in visit.html
    assert "Traceback" not in visit.text


def test_a_mistake_of_ours_is_one_line_too(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARACTER_FLOW_INTERVAL_S", "lots")
    assert viewer().text.startswith("CHARACTER_FLOW_INTERVAL_S='lots': ")


def test_names_full_of_markup_are_text_on_every_page(stream: Stream) -> None:
    first, second = make_run(stream), make_run(stream, number="x", greeting="<img src=x onerror=alert(1)>\x07")
    for visit in (
        viewer().open("runs", run=second.id),
        viewer().open("compare", a=first.id, b=second.id),
        viewer().open("replay", run=second.id),
    ):
        drawn = visit.html
        assert "<b>it" not in drawn
        assert "<img src=x" not in drawn
        assert "\x07" not in drawn
    assert TITLE in viewer().open("runs", run=second.id).text
    assert "<img src=x onerror=alert(1)>␇" in viewer().open("compare", a=first.id, b=second.id).text


def test_streamlit_still_knows_the_settings_and_they_are_in_force() -> None:
    """Facts 1.3: postScriptGC is a hidden option, and without it every rerun costs four times as much."""
    code = f"import json, streamlit as st; print(json.dumps({{n: st.get_option(n) for n in {list(IN_FORCE)!r}}}))"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == IN_FORCE


def test_no_page_loads_what_only_charts_and_tables_need() -> None:
    """Pandas and Altair cost 80 MiB and a second at start."""
    code = (
        "import sys; from pathlib import Path; from streamlit.testing.v1 import AppTest; "
        "import character_flow.viewer.shell as shell; "
        "app = AppTest.from_file(Path(shell.__file__).with_name('app.py'), default_timeout=60).run(); "
        f"[app.switch_page(f'../pages/{{page}}.py').run() for page in {PAGES!r}]; "
        "print(sorted({'pandas', 'altair', 'pyarrow', 'av'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
