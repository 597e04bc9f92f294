"""Importing costs little and does nothing: heavy packages load when used, and no file is touched."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import character_flow
from tests.house.sources import ROOT

HEAVY = {"PIL", "av", "cv2", "dask", "distributed", "espeakng_loader", "fastapi", "httpx", "jinja2", "numpy",
         "replicate", "starlette", "streamlit", "uvicorn", "watchdog", "yaml"}  # fmt: skip


def _loaded_by(*command: str, cwd: Path = ROOT) -> set[str]:
    """The top-level packages a Python process has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert done.returncode == 0, "\n".join(said)
    return {name.partition(".")[0] for name in re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = _loaded_by("-c", "import character_flow")
    assert "character_flow" in loaded
    assert sorted(loaded & HEAVY) == []


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    loaded = _loaded_by("main.py", *command)
    assert "character_flow" in loaded
    assert sorted(loaded & HEAVY) == []


def test_a_heavy_import_is_seen() -> None:
    assert "yaml" in _loaded_by("-c", "import yaml")


def test_importing_every_module_touches_no_file(tmp_path: Path) -> None:
    """W0-10: an import never resets a live stream."""
    stream = tmp_path / "plan_stream.json"
    stream.write_text('{"status": "running"}', encoding="utf-8")
    names = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "character_flow").rglob("*.py")
        if path.name != "__main__.py"
    )
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfor name in {json.dumps(names)}: __import__(name)"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["plan_stream.json"]
    assert stream.read_text(encoding="utf-8") == '{"status": "running"}'


def test_every_public_name_is_there_and_they_are_sorted() -> None:
    names = list(character_flow.__all__)
    assert names == sorted(names)
    assert [name for name in names if not hasattr(importlib.import_module("character_flow"), name)] == []
    assert {"ExecutionHooks", "Plan", "follow", "fold", "load_plan", "read_snapshot", "run_plan"} <= set(names)
