"""Who writes a run's files: one recorder, one publisher, and nobody else by any other way."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.sources import Source, product_sources

_MODE = re.compile(r"(?=.*[wax+])[rwaxbt+]{1,3}")
_MADE_BY = {"open", "create", "create_run"}


def _ending(node: ast.expr) -> str:
    """The last word of a name: `self._journal` -> `_journal`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _is_journal(node: ast.expr | None, names: frozenset[str] = frozenset()) -> bool:
    """Whether an expression is a journal: called so, one of `names`, or made on the spot."""
    if isinstance(node, ast.Call):
        maker = node.func
        is_made = isinstance(maker, ast.Attribute) and _ending(maker.value) == "Journal" and maker.attr in _MADE_BY
        return is_made or _ending(maker) == "create_run"
    word = _ending(node) if node is not None else ""
    return "journal" in word.lower() or word in names


def _names_of_journals(source: Source) -> frozenset[str]:
    """Every variable, argument and attribute of a module that is annotated as a journal or is given one."""
    found = set[str]()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and _is_journal(node.value):
            found |= {_ending(target) for target in node.targets}
        elif isinstance(node, ast.NamedExpr) and _is_journal(node.value):
            found.add(node.target.id)
        elif isinstance(node, ast.AnnAssign) and "Journal" in re.findall(r"\w+", ast.unparse(node.annotation)):
            found.add(_ending(node.target))
        elif isinstance(node, ast.arg) and node.annotation is not None:
            found |= {node.arg} & ({node.arg} if "Journal" in ast.unparse(node.annotation).split(" | ") else set())
    return frozenset(found)


def _appends(source: Source) -> bool:
    """Whether a module puts an event into a journal."""
    names = _names_of_journals(source)
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "append"
        and (_is_journal(call.func.value, names) or {"step", "attempt"} & {word.arg for word in call.keywords})
        for call in _calls(source)
    )


def _calls_to(name: str) -> Callable[[Source], bool]:
    return lambda source: any(_ending(call.func) == name for call in _calls(source))


def _writes_by_hand(source: Source) -> bool:
    """Whether a module puts bytes into a file by any way but those of stream/files.py."""
    for call in _calls(source):
        word, owner = _ending(call.func), call.func.value if isinstance(call.func, ast.Attribute) else None
        modes = [arg.value for arg in (*call.args, *(word.value for word in call.keywords))
                 if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]  # fmt: skip
        if word in ("write_text", "write_bytes", "touch"):
            return True
        if word == "open" and any(_MODE.fullmatch(mode) for mode in modes):
            return True
        if owner is not None and (word in ("rename", "hardlink_to") or (word == "replace" and len(call.args) == 1)):
            return True
        if owner is not None and _ending(owner) == "os" and word in ("replace", "truncate", "link", "write"):
            return True
    return False


WRITERS: dict[str, tuple[Callable[[Source], bool], set[str]]] = {
    "appends an event": (_appends, {"stream/stream.py", "streaming_hooks.py"}),
    "makes the recorder": (_calls_to("StreamingHooks"), {"streaming_hooks.py"}),
    "makes the publisher": (_calls_to("Publisher"), {"streaming_hooks.py"}),
    "replaces a snapshot or an owner file": (
        _calls_to("replace_file"), {"execution.py", "stream/files.py", "stream/liveness.py", "stream/publisher.py"},
    ),
    "keeps an outcome": (_calls_to("keep_outcome"), {"streaming_hooks.py"}),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITERS)
def test_a_runs_files_are_written_in_these_modules_only(what: str) -> None:
    """S0-09, S0-35: the recorder owns the journal, the publisher the snapshots; both are wired in one place, for
    whoever holds the run's lock. `create_run` writes the first line.
    """
    does, modules = WRITERS[what]
    found = {source.path.relative_to("character_flow").as_posix() for source in product_sources()
             if source.path.parts[0] == "character_flow" and does(source)}  # fmt: skip
    assert found == modules


def test_no_module_writes_files_by_hand_but_those_that_own_them() -> None:
    """S0-09: so nothing gets past the calls that are counted above. What is not the stream's: standard output, run.log,
    files fetched or uploaded aside, zips, the names of the cache's entries, the studio's pictures and video.
    """
    found = {source.path.relative_to("character_flow").as_posix() for source in product_sources()
             if source.path.parts[0] == "character_flow" and _writes_by_hand(source)}  # fmt: skip
    assert found == {
        "archive.py", "background.py", "cli/channels.py", "cli/running.py", "gateway/files.py", "given.py",
        "result_cache.py", "stream/files.py", "stream/journal.py", "stream/stream.py", "studio/beside.py",
        "studio/film.py", "tools/providers/replicate_downloads.py", "viewer/forms_uploads.py",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "taken.journal.append(fact)",
        "self._journal.append(fact, step=1)",
        "j = Journal.open(path)\nj.append(fact)",
        "create_run(stream).append(fact)",
        "def f(to: Journal) -> None:\n    to.append(fact)",
        "class A:\n    to: Journal | None\n    def f(self) -> None:\n        self.to.append(fact)",
        "anything.append(fact, attempt=2)",
    ],
)
def test_whoever_appends_is_found(text: str) -> None:
    assert _appends(Source(Path("x.py"), text))


@pytest.mark.parametrize(
    "text", ["found.append(event)", "Journal.open(path).close()", "def f(to: list[int]): to.append(1)"]
)
def test_a_list_is_no_journal(text: str) -> None:
    assert not _appends(Source(Path("x.py"), text))


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("page.write_text(x)", True), ("page.write_bytes(x)", True), ("open(page, 'w')", True),
        ("page.open(mode='r+b')", True), ("os.replace(a, b)", True), ("a.rename(b)", True), ("a.replace(b)", True),
        ("page.open('rb')", False), ("open(page)", False), ("text.replace('a', 'b')", False),
        ("replace(options, publish=None)", False),
    ],
)  # fmt: skip
def test_writing_by_hand_is_found(text: str, writes: bool) -> None:
    assert _writes_by_hand(Source(Path("x.py"), text)) is writes
