"""What `{{ }}` means in a plan: where a text holds expressions, what they read, and what they become.

A text without `{{` is left alone. One that is exactly one expression becomes its value and keeps the type; any
other becomes text, in which null is "" and what is not text its JSON. Every text is rendered once: what a value
brings in is never read again. Only expressions go to Jinja2, and a plain path such as `steps.dialog.output` not
even that; so whatever stands around them arrives unchanged.
"""

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from character_flow.errors import ToolError

_PATH = re.compile(r"(?:inputs|steps|feedback)(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
# The commonest template by far, read in a third of the time.
_ONE_PATH = re.compile(rf"\{{\{{\s*({_PATH.pattern})\s*\}}\}}")
# Between {{ and }}: quoted texts and brackets, in which a }} ends nothing.
_INNER = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{\[(]|[\])]|\}""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between {{ and }}; `path` holds its names if it is nothing but a dotted path."""

    source: str
    path: tuple[str, ...] | None

    def __str__(self) -> str:
        shown = " ".join(self.source.split())
        return "{{ " + (shown if len(shown) <= 80 else f"{shown[:77]}...") + " }}"


@dataclass(frozen=True, slots=True)
class Tree:
    """A JSON tree whose texts are templates; `references` lists what it reads, as tuples of names."""

    value: JsonValue
    references: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text reads, as in ("steps", "dialog", "output"), and its problems, each with its piece."""

    references: tuple[tuple[str, ...], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Template:
    """A text cut into what stands as it is and its expressions; `whole` is the one that is all of it, if so."""

    parts: tuple[str | Expression, ...]
    whole: Expression | None


def has_expression(text: str) -> bool:
    """Whether the text is a template at all."""
    return "{{" in text


def is_one_expression(text: str) -> bool:
    """Whether the text is exactly one `{{ }}`, white space around it aside; ToolError for an unclosed one."""
    return has_expression(text) and _parsed(text).whole is not None


def read_text(text: str) -> Reading:
    """What a text reads; Jinja2 is asked, and imported, only for what is no plain path. Never raises."""
    if not has_expression(text):
        return Reading()
    try:
        parts = _parsed(text).parts
    except ToolError as error:
        return Reading(problems=(("{{", str(error)),))
    references: list[tuple[str, ...]] = []
    problems: list[tuple[str, str]] = []
    for part in parts:
        if isinstance(part, Expression):
            read, wrong = ((part.path,), ()) if part.path else _ask_jinja(part.source)
            references += read
            problems += ((part.source, f"{part}: {problem}") for problem in wrong)
    return Reading(tuple(references), tuple(problems))


def texts_of(tree: JsonValue) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in a JSON tree that is a template, with the keys and positions that lead to it."""
    if isinstance(tree, str):
        if has_expression(tree):
            yield (), tree
    elif isinstance(tree, dict | list):
        for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if isinstance(child, str | dict | list):
                for path, text in texts_of(child):
                    yield (key, *path), text


def compile_tree(value: JsonValue) -> Tree:
    """Read a tree's templates; raises ToolError naming the first that cannot be read."""
    references: list[tuple[str, ...]] = []
    for path, text in texts_of(value):
        reading = read_text(text)
        if reading.problems:
            raise ToolError(f"{place_of(path) or 'text'}: {reading.problems[0][1]}")
        references += reading.references
    return Tree(value, tuple(dict.fromkeys(references)))


def render(tree: JsonValue | Tree, scope: Mapping[str, object], *, place: str = "") -> JsonValue:
    """A new tree with every template rendered; nothing in it is shared with `tree` or `scope` but texts.

    `scope` has `inputs`, `steps` (each `{"output": ...}`) and `feedback`; `place` begins the message of the
    ToolError that names the template and what it lacks, as in `step 'dialog', with.prompt: ...`.
    """
    if isinstance(tree, Tree):
        tree = tree.value
    if isinstance(tree, str):
        return _rendered(tree, scope, place)
    if isinstance(tree, dict):
        dot = "." if place else ""
        return {key: render(child, scope, place=f"{place}{dot}{key}") for key, child in tree.items()}
    if isinstance(tree, list):
        return [render(child, scope, place=f"{place}[{at}]") for at, child in enumerate(tree)]
    return tree


def evaluate_condition(text: str, scope: Mapping[str, object], *, place: str = "") -> bool:
    """True or false, as the one expression says; raises ToolError if it says anything else."""
    if not is_one_expression(text):
        raise ToolError(_at(place, 'a condition is exactly one expression, such as "{{ inputs.x == 1 }}"'))
    value = _rendered(text, scope, place)
    if not isinstance(value, bool):
        shown = " ".join(text.split())
        raise ToolError(_at(place, f"{shown} gives {kind_of(value)}, and true or false is needed"))
    return value


def kind_of(value: JsonValue) -> str:
    """The kind of a JSON value in the words of a message: `text`, `a list`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def place_of(path: tuple[str | int, ...]) -> str:
    """Keys and positions as people write them: `items[3].name`."""
    shown = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return shown.removeprefix(".")


def _at(place: str, message: str) -> str:
    return f"{place}: {message}" if place else message


def _rendered(text: str, scope: Mapping[str, object], place: str) -> JsonValue:
    if not has_expression(text):
        return text
    try:
        template = _parsed(text)
        if template.whole is not None:
            return _value(template.whole, scope)
        return "".join(part if isinstance(part, str) else _text(_value(part, scope), part) for part in template.parts)
    except ToolError as error:
        raise ToolError(_at(place, str(error))) from None


def _value(expression: Expression, scope: Mapping[str, object]) -> JsonValue:
    try:
        if expression.path is not None:
            return _copied(_looked_up(expression.path, scope))
        from character_flow import expressions  # brings jinja2, which most plans never need

        return _copied(expressions.evaluate(expression.source, scope))
    except RecursionError:
        raise ToolError(f"{expression}: the value is nested too deeply") from None
    except ToolError as error:
        raise ToolError(f"{expression}: {error}") from None


def _looked_up(path: tuple[str, ...], scope: Mapping[str, object]) -> object:
    value: object = scope
    for at, name in enumerate(path):
        try:
            if type(value) is not dict and not isinstance(value, Mapping):
                raise KeyError(name)
            value = value[name]  # asked once: a mapping may have to read a file to answer
        except KeyError:
            owner = ".".join(path[:at])
            raise ToolError(f"{owner} has no '{name}'" if owner else f"there is no '{name}' here") from None
    return value


def _copied(value: object) -> JsonValue:
    """A JSON value of plain types, apart from the original, so that a tool may change what it is given."""
    if isinstance(value, str):
        return str.__str__(value)  # a plain text also of what only derives from one
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _copied(item) for key, item in value.items()}
    if hasattr(type(value), "_fail_with_undefined_error"):  # Jinja2's Undefined, asked without importing it
        raise ToolError(f"there is no '{getattr(value, '_undefined_name', None)}'")
    raise ToolError(f"gives a {type(value).__name__}, which is no JSON value")


def _text(value: JsonValue, expression: Expression) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        raise ToolError(f"{expression}: the number is too large to be written") from None


def _whole(parts: tuple[str | Expression, ...]) -> Expression | None:
    around = [part for part in parts if isinstance(part, Expression) or part.strip()]
    only = around[0] if len(around) == 1 else None
    return only if isinstance(only, Expression) else None


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> _Template:
    only = _ONE_PATH.fullmatch(text)
    if only is not None:
        whole = Expression(only[1], tuple(only[1].split(".")))
        return _Template((whole,), whole)
    parts = _parts(text)
    return _Template(parts, _whole(parts))


def _parts(text: str) -> tuple[str | Expression, ...]:
    parts: list[str | Expression] = []
    start = 0
    strips = False  # the expression before this text said -}}
    while (begin := text.find("{{", start)) >= 0:
        end = _end_of_expression(text, begin)
        between, inner = text[start:begin], text[begin + 2 : end]
        between = between.lstrip() if strips else between
        parts += (between.rstrip() if inner.startswith("-") else between, _expression(inner))
        strips = inner.endswith("-")
        start = end + 2
    rest = text[start:]
    return (*parts, rest.lstrip() if strips else rest)


def _expression(inner: str) -> Expression:
    source = (inner[1:] if inner[:1] in ("-", "+") else inner).removesuffix("-").strip()
    if not source:
        raise ToolError("there is nothing between {{ and }}")
    return Expression(source, tuple(source.split(".")) if _PATH.fullmatch(source) else None)


def _end_of_expression(text: str, begin: int) -> int:
    depth, at = 0, begin + 2
    while found := _INNER.search(text, at):
        mark, at = found.group(), found.end()
        if mark in ("{", "[", "("):
            depth += 1
        elif depth and mark in ("}", "]", ")"):
            depth -= 1
        elif mark == "}" and text.startswith("}}", found.start()):
            return found.start()
    shown = " ".join(text[begin : begin + 30].split())
    raise ToolError(f"{shown!r} is not closed: }}}} is missing")


def _ask_jinja(source: str) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    from character_flow import expressions  # brings jinja2, which most plans never need

    return expressions.read_references(source)
