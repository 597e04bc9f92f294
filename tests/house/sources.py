"""Where the project's own Python is, parsed: what the house tests look through."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "character_flow"


@dataclass(frozen=True)
class Source:
    """One module: its path within the project, dotted name and text."""

    path: Path
    text: str

    @property
    def place(self) -> str:
        return self.path.as_posix()

    @property
    def module(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.place)


@dataclass(frozen=True)
class Import:
    """One imported name and the line it stands in."""

    name: str
    line: int


@cache
def product_sources() -> tuple[Source, ...]:
    """The package, and the programs at the top."""
    paths = [*sorted(PACKAGE.rglob("*.py")), *(ROOT / name for name in ("main.py", "stream_viewer.py"))]
    return tuple(Source(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in paths if path.exists())


def imports(source: Source) -> Iterator[Import]:
    """Every import of a module, as full dotted names; `from a import b` counts as `a` and as `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", node.lineno)
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
