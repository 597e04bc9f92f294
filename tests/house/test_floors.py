"""Imports go down only: the floors (contract in pyproject.toml), the walls on one, and who may load what."""

import ast
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, ROOT, Source, functions, imports, product_sources

# A package outside the standard library, and the only places that may import it.
ONLY_IN: Mapping[str, tuple[str, ...]] = {
    "av": ("character_flow.studio",),
    "espeakng_loader": ("character_flow.studio",),
    "streamlit": ("character_flow.viewer", "stream_viewer"),
    "replicate": ("character_flow.tools.providers.replicate",),
    "fastapi": ("character_flow.gateway",),
    "starlette": ("character_flow.gateway",),
    "uvicorn": ("character_flow.gateway", "character_flow.cli"),
    "asyncio": ("character_flow.gateway",),
    "dask": ("character_flow.executors",),
    "distributed": ("character_flow.executors",),
    "watchdog": ("character_flow.stream.bells",),
    "filelock": ("character_flow.stream",),
    "typer": ("character_flow.cli", "main"),
    "rich": ("character_flow.cli", "main"),
}

# Walls the floors do not show: who may not import whom, though he stands lower.
FLOORS_OF_VALUES = ("plan", "plan_file", "inputs", "templates", "events", "snapshot", "board", "config")
ENGINE_PARTS = (
    "questions",
    "rendering",
    "schedule",
    "verdict",
    "surroundings",
    "attempt",
    "run_state",
    "timers",
)
WALLS: Mapping[str, tuple[str, ...]] = {
    "studio": ("hooks", "money", "paid", "tools", "resume", *FLOORS_OF_VALUES),
    "tools": ("hooks", "money", "paid", "snapshot", "board"),
    "hooks": ("money", "paid", "studio", "tools"),
    "paid": ("hooks", "studio"),
    "paid_functions": ("hooks", "studio"),
    "stream": ("resume", *ENGINE_PARTS),
    "executors": ("resume", *ENGINE_PARTS),
    "viewer": ("cli", "engine", "tools", "studio"),
    "gateway": ("engine", "tools", "studio"),
}


def _is_within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def _strangers(source: Source) -> set[str]:
    return {
        f"{source.place}:{found.line}: imports {package}"
        for found in imports(source)
        for package, places in ONLY_IN.items()
        if _is_within(found.name, [package]) and not _is_within(source.module, places)
    }


def _through_walls(source: Source) -> set[str]:
    behind = [
        (room, f"character_flow.{other}")
        for room, others in WALLS.items()
        if _is_within(source.module, [f"character_flow.{room}"])
        for other in others
    ]
    return {
        f"{source.place}:{found.line}: {room} imports {other}"
        for found in imports(source)
        for room, other in behind
        if _is_within(found.name, [other])
    }


def _without_reason(source: Source) -> set[str]:
    """Imports inside functions with no comment on their line or on the line above; neighbours share one."""
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(StringIO(source.text).readline)
        if token.type == tokenize.COMMENT
    }
    explained: set[int] = set()
    missing = set()
    inner = {
        node.lineno: node.end_lineno or node.lineno
        for function in functions(source.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    for first, last in sorted(inner.items()):
        lines = set(range(first, last + 1))
        if lines & comments or first - 1 in comments | explained:
            explained |= lines
        else:
            missing.add(f"{source.place}:{first}: an import inside a function says why in a comment")
    return missing


def _hidden_imports(source: Source) -> set[str]:
    if source.place == "character_flow/__init__.py":  # names load on first use; checkers must see them
        return set()
    return {
        f"{source.place}:{found.line}: TYPE_CHECKING hides a cycle: a name lives in the wrong file"
        for found in imports(source)
        if found.name == "typing.TYPE_CHECKING"
    }


def _upward(source: Source) -> set[str]:
    return {
        f"{source.place}:{found.line}: the package imports {found.name}"
        for found in imports(source)
        if source.module.startswith("character_flow") and _is_within(found.name, ["main", "stream_viewer", "tests"])
    }


Check = Callable[[Source], set[str]]
CHECKS: tuple[Check, ...] = (_strangers, _through_walls, _without_reason, _hidden_imports, _upward)


def _name(check: Check) -> str:
    return check.__qualname__.strip("_")


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_every_module_keeps_to_its_floor_and_walls(check: Check) -> None:
    assert sorted(line for source in product_sources() for line in check(source)) == []


BROKEN = {
    "strangers": ("character_flow/engine.py", "import av.container\n"),
    "through_walls": ("character_flow/studio/voice.py", "from character_flow import plan\n"),
    "without_reason": ("character_flow/engine.py", "def f():\n    x = 1\n    import numpy\n"),
    "hidden_imports": ("character_flow/engine.py", "from typing import TYPE_CHECKING\n"),
    "upward": ("character_flow/engine.py", "import main\n"),
}


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_each_of_these_checks_can_fail(check: Check) -> None:
    place, text = BROKEN[_name(check)]
    assert len(check(Source(Path(place), text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import numpy  # loads in 90 ms\n",
        "def f():\n    # only where a picture is opened\n    import numpy\n    import PIL.Image\n",
    ],
)
def test_a_reason_stands_beside_or_above_a_late_import(text: str) -> None:
    assert _without_reason(Source(Path("character_flow/engine.py"), text)) == set()


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_floors_hold_from_cellar_to_roof() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_an_import_that_goes_up_breaks_the_contract(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "character_flow", ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "character_flow/errors.py").open("a", encoding="utf-8") as file:
        file.write("\nimport character_flow.events\n")
    done = _lint_imports(tmp_path)
    assert (done.returncode, "errors is not allowed to import" in done.stdout) == (1, True)


def test_the_top_level_is_the_agreed_one() -> None:
    """S0-52: the programs, the package, plans and tests lie where they were agreed to; their packages are declared."""
    agreed = ("pyproject.toml", "README.md", "character_flow", "stream_viewer.py", "main.py", "tests", "plans")
    assert [name for name in agreed if not (ROOT / name).exists()] == []
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = ("streamlit", "pydantic", "filelock", "watchdog", "replicate", "pytest")
    assert [name for name in needed if f'"{name}>=' not in declared] == []
