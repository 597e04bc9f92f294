"""The guards of tests/conftest.py can fail: each is shown tests that break its rule."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"

GUARDED = {
    "test_swallowed": """
        import contextlib, socket
        def test_it():
            with contextlib.suppress(OSError):
                socket.create_connection(("192.0.2.1", 80), timeout=1)
    """,
    "test_name_server": """
        import socket
        def test_it():
            socket.getaddrinfo("example.org", 80)
    """,
    "test_loopback": """
        import socket
        def test_it():
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname(), timeout=5).close()
            socket.getaddrinfo("localhost", 80)
    """,
    "test_environment": """
        import os
        def test_it():
            assert [name for name in os.environ if name.startswith(("REPLICATE", "CHARACTER_FLOW_"))] == []
    """,
}
SKIPPED = {
    "test_skip": """
        import pytest
        def test_it():
            pytest.skip("no tool")
    """,
    "test_import_or_skip": """
        import pytest
        pytest.importorskip("no_such_package_here")
        def test_it(): pass
    """,
    "test_expected_to_fail": """
        import pytest
        @pytest.mark.xfail
        def test_it():
            assert False
    """,
}


def _results(folder: Path, tests: Mapping[str, str], *, ci: bool = False) -> dict[str, str]:
    """The word pytest ends each file with (PASSED, FAILED, ERROR, SKIPPED, XFAIL) and the reason it gives."""
    shutil.copy(CONFTEST, folder)
    for name, text in tests.items():
        (folder / f"{name}.py").write_text(text.replace("\n        ", "\n"), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    environ |= {"REPLICATE_API_TOKEN": "r8_secret", "CHARACTER_FLOW_DIR": "/elsewhere", "COLUMNS": "300"}
    environ |= {"CI": "true"} if ci else {}
    options = "-q -rA --no-fold-skipped --continue-on-collection-errors -p no:cacheprovider"
    command = [sys.executable, "-m", "pytest", *options.split(), "."]
    done = subprocess.run(command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, timeout=60, check=False)
    lines = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL) (\w+)\.py\S*(.*)$", done.stdout, re.MULTILINE)
    assert {name for _, name, _ in lines} == set(tests), done.stdout
    return {name: word + reason for word, name, reason in lines}


def test_tests_stay_on_this_machine_and_see_nothing_of_who_runs_them(tmp_path: Path) -> None:
    """W0-25: no key is needed, and none is seen."""
    results = _results(tmp_path, GUARDED)
    assert results["test_loopback"] == results["test_environment"] == "PASSED"
    assert "left this machine: socket.connect ('192.0.2.1', 80)" in results["test_swallowed"]
    assert "socket.getaddrinfo 'example.org'" in results["test_name_server"]
    assert {name for name, word in results.items() if word != "PASSED"} == {
        "test_swallowed",
        "test_name_server",
    }


def test_at_home_a_test_may_be_skipped(tmp_path: Path) -> None:
    words = {name: result.split()[0].rstrip(":") for name, result in _results(tmp_path, SKIPPED).items()}
    assert words == {
        "test_skip": "SKIPPED", "test_import_or_skip": "SKIPPED", "test_expected_to_fail": "XFAIL",
    }  # fmt: skip


def test_in_ci_a_skipped_test_is_a_failed_one(tmp_path: Path) -> None:
    words = {name: result.split()[0] for name, result in _results(tmp_path, SKIPPED, ci=True).items()}
    assert words == {"test_skip": "FAILED", "test_import_or_skip": "ERROR", "test_expected_to_fail": "FAILED"}
