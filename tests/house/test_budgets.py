"""Small enough to read: 400 lines a module, 60 body lines a function."""

import ast
from pathlib import Path

from tests.house.sources import Source, functions, product_sources

MODULE_LINES = 400
BODY_LINES = 60


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _too_long(source: Source) -> list[str]:
    lines = source.text.count("\n")
    modules = [f"{source.place}: {lines} lines"] if lines > MODULE_LINES else []
    return modules + [
        f"{source.place}:{function.lineno}: {function.name} has {_body_lines(function)} body lines"
        for function in functions(source.tree)
        if _body_lines(function) > BODY_LINES
    ]


def test_every_module_and_function_keeps_its_budget() -> None:
    assert [line for source in product_sources() for line in _too_long(source)] == []


def test_a_line_over_budget_is_seen() -> None:
    body = "    pass\n"
    at_budget = f'def f():\n    """Docstrings are free."""\n{body * BODY_LINES}'
    assert _too_long(Source(Path("x.py"), at_budget)) == []
    assert _too_long(Source(Path("x.py"), at_budget + body)) == ["x.py:1: f has 61 body lines"]
    assert _too_long(Source(Path("x.py"), "x = 1\n" * MODULE_LINES)) == []
    assert _too_long(Source(Path("x.py"), "x = 1\n" * (MODULE_LINES + 1))) == ["x.py: 401 lines"]
