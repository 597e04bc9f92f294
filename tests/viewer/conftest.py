"""Every visit looks into a folder of the test's own."""

from pathlib import Path

import pytest

from character_flow.stream.stream import Stream


@pytest.fixture
def stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stream:
    """The stream that the viewer shows; its folder is there, and nothing in it."""
    folder = tmp_path / "stream"
    folder.mkdir()
    monkeypatch.setenv("CHARACTER_FLOW_DIR", str(folder))
    return Stream(folder)
