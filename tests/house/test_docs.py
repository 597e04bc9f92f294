"""The documents are complete, fresh, and every block of commands in them runs."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from inspect import isclass
from pathlib import Path
from pkgutil import walk_packages

import pytest
import typer
from typer.core import TyperGroup

from character_flow import errors, tools
from character_flow.cli.entry import app
from character_flow.config import Settings
from character_flow.events import FACTS
from character_flow.hooks import ExecutionHooks
from character_flow.tools.registry import ToolRegistry
from tests.house.sources import ROOT

PAGES = tuple(path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.exists())
BLOCK_SECONDS = 600


def _headings(page: str) -> set[str]:
    """The names in backticks within the headings of a page of docs/."""
    path = ROOT / "docs" / page
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        name for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE) for name in re.findall(r"`([^`]+)`", heading)
    }


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {name for name, command in group.commands.items() if not command.hidden}


def _public_methods(cls: type) -> set[str]:
    return {name for name, member in vars(cls).items() if callable(member) and not name.startswith("_")}


def _error_classes() -> set[str]:
    return {name for name, cls in vars(errors).items() if isclass(cls) and issubclass(cls, errors.CharacterFlowError)}


def _tool_ids() -> set[str]:
    """The ids in every registry that a module of character_flow.tools offers."""
    names = [found.name for found in walk_packages(tools.__path__, "character_flow.tools.")]
    offered = [value for name in names for value in vars(import_module(name)).values()]
    return {tool_id for value in offered if isinstance(value, ToolRegistry) for tool_id in value}


NAMED = {
    "events.md": lambda: set(FACTS),
    "hooks.md": lambda: _public_methods(ExecutionHooks),
    "settings.md": lambda: {f"CHARACTER_FLOW_{field.upper()}" for field in Settings.model_fields},
    "cli.md": _commands,
    "tools.md": _tool_ids,
    "failures.md": _error_classes,
}


@pytest.mark.parametrize("page", NAMED)
def test_everything_with_a_name_has_its_heading(page: str) -> None:
    names = NAMED[page]()
    assert names, f"nothing found to describe in docs/{page}"
    assert sorted(names - _headings(page)) == [], f"docs/{page} needs a heading with each of these in backticks"


def test_what_the_docs_take_from_the_code_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words after it, its first line in the page, its text."""

    language: str
    words: tuple[str, ...]
    line: int
    text: str

    @property
    def runs(self) -> bool:
        return "no-run" not in self.words


def _blocks(text: str) -> Iterable[Block]:
    for match in re.finditer(r"^```(bash|python)\b([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 2
        yield Block(match[1], tuple(match[2].split()), line, match[3])


def _clean_copy(folder: Path) -> Path:
    """What a clone holds: no environment, no run of before, nothing the tools left."""
    at_the_top = {".git", ".venv", ".hypothesis", "runs", "cache", "build", "dist"}

    def left_out(place: str, names: list[str]) -> set[str]:
        unwanted = at_the_top if Path(place) == ROOT else set()
        left = re.compile(r"__pycache__|\..*_cache|plan_stream\..*")
        return {name for name in names if name in unwanted or left.fullmatch(name)}

    shutil.copytree(ROOT, folder, ignore=left_out)
    return folder


def _run(block: Block, clone: Path) -> subprocess.CompletedProcess[str]:
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environ = os.environ | {"PATH": here, "PYTHONPATH": str(clone), "HOME": str(clone), "NO_COLOR": "1"}
    command = ["bash", "-euo", "pipefail", "-c"] if block.language == "bash" else [sys.executable, "-c"]
    return subprocess.run(
        [*command, block.text],
        cwd=clone, env=environ, stdin=subprocess.DEVNULL, text=True, timeout=BLOCK_SECONDS, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs_in_a_clean_copy(page: Path, tmp_path: Path) -> None:
    """Blocks of one page run in their order in one copy, as a reader would type them."""
    blocks = [block for block in _blocks(page.read_text(encoding="utf-8")) if block.runs]
    if not blocks:
        return
    clone = _clean_copy(tmp_path / "clone")
    for block in blocks:
        done = _run(block, clone)
        assert done.returncode == 0, f"{page.name}:{block.line} ended with {done.returncode}:\n{done.stdout}"


# Set-up installs from the package index and starts itself over; .ci/run does it from nothing instead.
SETS_UP = re.compile(
    r"(?:make(?: (\w+))?|git clone .*|cd .*|python3? -m venv .*|\S*pip install .*|\. \S+/activate"
    # A server never ends, and what is asked of it needs it: tests/viewer/test_server.py starts one for real.
    r"|streamlit run stream_viewer\.py|curl .*|python main\.py)\s*(?:#.*)?"
)


def test_only_set_up_is_excused_from_running() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = []
    for page in PAGES:
        for block in _blocks(page.read_text(encoding="utf-8")):
            lines = [] if block.runs else [line for line in block.text.splitlines() if line.strip()]
            matches = [(line, SETS_UP.fullmatch(line.strip())) for line in lines]
            wrong += [
                f"{page.name}:{block.line}: {line}" for line, match in matches
                if match is None or (match[1] or "all") not in targets
            ]  # fmt: skip
    assert wrong == []


def test_a_block_that_fails_is_seen(tmp_path: Path) -> None:
    fenced = ("bash\ntrue | false | true\n", "python no-run\nx\n", "python\nprint(6 * 7)\n")
    text = "# Title\n\n" + "\n".join(f"```{block}```\n" for block in fenced)
    first, second, third = _blocks(text)
    assert (first.line, first.runs, second.runs, third.runs) == (4, True, False, True)
    assert _run(first, tmp_path).returncode == 1
    assert _run(third, tmp_path).stdout == "42\n"


def test_the_documents_say_what_to_do_when_a_browser_shows_an_old_page() -> None:
    """S0-46: reload past the cache, clear it, another browser."""
    text = (ROOT / "docs/failures.md").read_text(encoding="utf-8")
    section = text.partition("## When nothing moves")[2].partition("\n## ")[0]
    assert [word for word in ("Ctrl+Shift+R", "cache", "another browser") if word not in section] == []
