"""Where the browser of these tests comes from: found, or installed by apt-get where that asks for no password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.server import ROOT

_APT = """#!/bin/sh
echo "$*" >> "{bin}/asked"
case "$*" in *install*) printf '#!/bin/sh\\nexit 0\\n' > "{bin}/chromium"; /bin/chmod +x "{bin}/chromium";; esac
"""
_SUDO = '#!/bin/sh\nshift\nexec "$@"\n'
_NO_NETWORK = '#!/bin/sh\necho "E: no network here" >&2\nexit 100\n'


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """The only folder of programs there is."""
    if any(map(os.path.exists, chromium.PLACES)):
        pytest.skip("this machine has a browser outside the search path")
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def _program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def _prepared(folder: Path, **more: str) -> tuple[int, str]:
    """What `make test` does before the tests: its exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.chromium"], cwd=ROOT, env={"PATH": str(folder), **more},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_missing_browser_is_installed_once_and_said_in_one_line(bin_folder: Path) -> None:
    _program(bin_folder, "apt-get", _APT.format(bin=bin_folder))
    _program(bin_folder, "sudo", _SUDO)
    assert _prepared(bin_folder) == (0, "Installed chromium with apt-get, for the browser tests.\n")
    assert _prepared(bin_folder) == (0, "")
    asked = (bin_folder / "asked").read_text().splitlines()
    assert asked == ["-qq update", "-qq install -y --no-install-recommends chromium"]


def test_where_it_cannot_be_installed_a_line_says_why_and_the_other_tests_go_on(bin_folder: Path) -> None:
    assert _prepared(bin_folder) == (0, f"{chromium.WHY_NOT}\n")
    _program(bin_folder, "apt-get", _NO_NETWORK)
    _program(bin_folder, "sudo", _SUDO)
    assert _prepared(bin_folder) == (0, "apt-get update failed: E: no network here\n")


def test_the_browser_that_is_named_is_the_only_one_looked_for(bin_folder: Path, tmp_path: Path) -> None:
    _program(tmp_path, "mine", "#!/bin/sh\nexit 0\n")
    assert _prepared(bin_folder, CHARACTER_FLOW_CHROMIUM=str(tmp_path / "mine")) == (0, "")
    _program(bin_folder, "chromium", "#!/bin/sh\nexit 0\n")
    assert _prepared(bin_folder, CHARACTER_FLOW_CHROMIUM="/nowhere/chromium") == (0, f"{chromium.WHY_NOT}\n")
