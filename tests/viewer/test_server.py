"""`streamlit run stream_viewer.py`: one process and one port for the pages, the board and the gateway (S0-01)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from character_flow.stream.stream import Stream
from character_flow.viewer.component import BOARD
from tests.browser.server import DEADLINE_S, ROOT, Viewer, environment
from tests.ports import kept_port
from tests.viewer.made import make_run


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Viewer, Stream]]:
    """The viewer of a folder with one run."""
    stream = Stream(tmp_path_factory.mktemp("served") / "stream")
    stream.folder.mkdir()
    with kept_port() as port:
        viewer = Viewer(stream.folder, port=port).start()
        try:
            yield viewer, stream
        finally:
            viewer.stop()


def _get(viewer: Viewer, path: str) -> httpx.Response:
    with httpx.Client(base_url=viewer.url, timeout=DEADLINE_S, trust_env=False) as client:
        return client.get(path)


def test_it_says_where_to_open_it(served: tuple[Viewer, Stream]) -> None:
    viewer, _stream = served
    assert f"URL: {viewer.url}" in viewer.log.read_text()


@pytest.mark.parametrize("page", ["/", "/runs", "/compare", "/replay", "/new", "/?run=x"])
def test_every_address_is_the_app(page: str, served: tuple[Viewer, Stream]) -> None:
    answer = _get(served[0], page)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/html")


def test_the_gateway_answers_on_the_same_port_about_the_same_folder(served: tuple[Viewer, Stream]) -> None:
    """W0-11: pages and gateway look in one place."""
    viewer, stream = served
    assert _get(viewer, "/healthz").json()["status"] == "ok"
    assert _get(viewer, "/plan/snapshot").json()["head"]["status"] == "waiting"
    run = make_run(stream)
    assert _get(viewer, "/plan/snapshot").json()["head"]["run_id"] == run.id
    assert _get(viewer, "/plan/diagnostics").json()["folder"] == str(stream.folder)


def test_the_board_is_served_as_it_lies_in_the_package(served: tuple[Viewer, Stream]) -> None:
    answer = _get(served[0], "/plan/static/main.js")
    assert (answer.status_code, answer.content) == (200, (BOARD / "main.js").read_bytes())
    assert answer.headers["content-type"].startswith("text/javascript")


def test_a_wrong_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    environ = environment(tmp_path) | {"CHARACTER_FLOW_INTERVAL_S": "lots"}
    with kept_port() as port:
        words = ["-m", "streamlit", "run", "stream_viewer.py", "--server.port", str(port)]
        ended = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
        )
    assert ended.returncode == 2
    assert "CHARACTER_FLOW_INTERVAL_S='lots': " in ended.stderr
    assert "Traceback" not in ended.stderr
