"""A newcomer finds his way by names: every public one is explained, and none says nothing."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ROOT, Source, functions, product_sources

EMPTY_NOUNS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "base",
    "manager",
    "service",
    "handler",
    "data",
    "info",
}
EMPTY_VERBS = {"do", "handle", "process"}
NAMED_BY_THE_HOUSE = {"character_flow/tools/providers/base.py"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _says_nothing(name: str) -> bool:
    """A name that begins with an empty verb or ends with an empty noun."""
    words = _words(name)
    return bool(words) and (words[0] in EMPTY_VERBS or words[-1] in EMPTY_NOUNS)


def _empty_names(source: Source) -> Iterator[str]:
    if source.place not in NAMED_BY_THE_HOUSE:
        parts = [part for part in source.path.with_suffix("").parts if part != "__init__"]
        yield from (f"{source.place}: module name {part!r} says nothing" for part in parts if _says_nothing(part))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _says_nothing(node.name):
            yield f"{source.place}:{node.lineno}: {node.name!r} says nothing"


def test_no_name_says_nothing() -> None:
    assert [line for source in product_sources() for line in _empty_names(source)] == []


def test_empty_names_are_seen() -> None:
    text = "class RunManager: ...\ndef handle_event(): ...\ndef process(): ...\nclass Store: ..."
    assert len(list(_empty_names(Source(Path("character_flow/utils.py"), text)))) == 4


def _module_sentence(source: Source) -> str | None:
    text = ast.get_docstring(source.tree)
    return None if text is None else text.split("\n\n")[0].strip()


def test_every_module_begins_with_the_question_it_answers() -> None:
    mute = [
        source.place for source in product_sources()
        if not re.search(r"\w.*[.:?]$", _module_sentence(source) or "", re.DOTALL)
    ]  # fmt: skip
    assert mute == []


def _undocumented(source: Source) -> Iterator[str]:
    for node in source.tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{source.place}:{node.lineno}: {node.name}"
        if isinstance(node, ast.ClassDef):
            methods = (child for child in node.body if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (
                f"{source.place}:{method.lineno}: {node.name}.{method.name}"
                for method in methods
                if not method.name.startswith("_") and not _explained(source, node.name, method)
            )


def _explained(source: Source, owner: str, method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """By its own docstring, or by that of the method it overrides."""
    if ast.get_docstring(method):
        return True
    cls = getattr(importlib.import_module(source.module), owner, object)
    return any(inspect.getdoc(base.__dict__.get(method.name)) for base in cls.__mro__[1:])


def test_every_public_name_is_explained() -> None:
    assert [line for source in product_sources() for line in _undocumented(source)] == []


def test_a_missing_explanation_is_seen() -> None:
    text = 'class Shown:\n    """Yes."""\n    def mute(self): ...\ndef silent(): ...\ndef _private(): ...\n'
    found = list(_undocumented(Source(Path("character_flow/errors.py"), text)))
    assert found == ["character_flow/errors.py:3: Shown.mute", "character_flow/errors.py:4: silent"]


def test_names_are_listed_only_at_the_door() -> None:
    """`__all__` stands in `__init__.py` alone; elsewhere one underscore says private."""
    listed = [
        source.place for source in product_sources()
        if source.path.name != "__init__.py" and "\n__all__" in source.text
    ]  # fmt: skip
    assert listed == []


def test_test_names_are_sentences() -> None:
    short = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = Source(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        short += [
            f"{source.place}:{function.lineno}: {function.name}"
            for function in functions(source.tree)
            if function.name.startswith("test_") and len(_words(function.name)) < 4
        ]
    assert short == []
