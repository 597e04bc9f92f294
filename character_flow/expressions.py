"""What an expression between {{ and }} gives: Jinja2's language, shut in; imported when one is first met.

Differences from Jinja2's sandbox, all of them on purpose:
1. `a.b` and `a["b"]` on a mapping are its key, never a method of the mapping.
2. Nothing is global: no `range`, no `lipsum`.
3. `attr`, `format`, `random` and the filters that make HTML are gone; so are methods that pad or format text.
4. `tojson` gives plain JSON, not JSON escaped for HTML.
5. What could grow a small plan into gigabytes (`*`, `**`, padding, `replace`, `join`) has a limit.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from character_flow.errors import ToolError
from character_flow.nearest import did_you_mean

ROOTS = ("inputs", "steps", "feedback")
MAX_ITEMS = 1_000_000  # characters or list items one operator may make
MAX_CHARS = 20_000_000  # `replace` and `join` may make
MAX_BITS = 10_000  # of a whole number
MAX_WIDTH = 10_000  # of padding, indents, rows
_REFUSED_METHODS = frozenset(
    ("format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs", "encode", "maketrans")
)
_REFUSED_FILTERS = (
    "attr", "e", "escape", "forceescape", "format", "pprint", "random", "safe", "urlize", "xmlattr"
)  # fmt: skip
_BOUNDED_FILTERS = ("batch", "center", "indent", "round", "slice")
_Made = TypeVar("_Made")


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "%"))

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, Mapping):
            return self._entry(obj, attribute)
        if isinstance(obj, str) and attribute in _REFUSED_METHODS:
            return self.unsafe_undefined(obj, attribute)
        found = super().getattr(obj, attribute)
        # `.real` of a number and its like are Python's, not the plan's.
        return found if callable(found) or isinstance(found, Undefined) else self._entry({}, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        if isinstance(obj, Mapping):
            return self._entry(obj, argument)
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return super().getitem(obj, argument)

    def _entry(self, obj: Mapping[object, object], key: object) -> object:
        try:
            return obj[key]
        except (KeyError, TypeError):
            return self.undefined(f"there is no {key!r}", obj=obj, name=str(key))

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        if operator == "%" and isinstance(left, str):
            raise SecurityError("text % values is not available, join texts with ~")
        if _grows_too_large(operator, left, right):
            raise SecurityError(f"the result of '{operator}' would be too large")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str) and getattr(obj, "__name__", "") in ("replace", "join"):
            _check_length(owner, *args)
        return super().call(context, obj, *args, **kwargs)


def _grows_too_large(operator: str, left: object, right: object) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length()
        return (left.bit_length() * abs(right) if operator == "**" else bits) > MAX_BITS
    for many, times in ((left, right), (right, left)):
        if operator == "*" and isinstance(many, str | list | tuple) and isinstance(times, int):
            return len(many) * times > MAX_ITEMS
    return False


def _check_length(text: object, *others: object) -> None:
    """Refuses the lengthy results of text.replace(old, new) and separator.join(items)."""
    if isinstance(text, str) and len(others) > 1 and all(isinstance(other, str) for other in others[:2]):
        made = len(text) + text.count(str(others[0])) * len(str(others[1]))
    elif isinstance(text, str) and others and isinstance(others[0], list | tuple):
        made = sum(len(text) + len(item) for item in others[0] if isinstance(item, str))
    else:
        return
    if made > MAX_CHARS:
        raise SecurityError(f"a text of {made:,} characters would be too large")


def _replace(text: object, old: object, new: object, count: int | None = None) -> str:
    _check_length(str(text), str(old), str(new))
    return str(text).replace(str(old), str(new), -1 if count is None else count)


def _bounded(apply: Callable[..., _Made]) -> Callable[..., _Made]:
    @functools.wraps(apply)  # keeps Jinja2's marks on the function, which say what it is called with
    def bounded(*args: object, **options: object) -> _Made:
        if any(isinstance(value, int) and abs(value) > MAX_WIDTH for value in (*args[1:], *options.values())):
            raise SecurityError(f"no filter takes a number above {MAX_WIDTH:,}")
        return apply(*args, **options)

    return bounded


def _join_checked(join: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(join)
    def checked(context: object, value: object, d: str = "", attribute: str | int | None = None) -> str:
        _check_length(str(d), value)
        return join(context, value, d, attribute)

    return checked


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent and min(indent, 16))


@functools.cache
def _environment() -> _Environment:
    made = _Environment(undefined=StrictUndefined, optimized=False)
    made.globals.clear()
    for name in _REFUSED_FILTERS:
        del made.filters[name]
    for name in _BOUNDED_FILTERS:
        made.filters[name] = _bounded(made.filters[name])
    made.filters["tojson"] = _to_json
    made.filters["replace"] = _replace
    made.filters["join"] = _join_checked(made.filters["join"])
    return made


@functools.lru_cache(maxsize=4096)
def _compiled(source: str) -> Callable[[Mapping[str, object]], object]:
    return _environment().compile_expression(source, undefined_to_none=False)


def evaluate(source: str, scope: Mapping[str, object]) -> object:
    """The value, iterators as lists; raises ToolError in one line for all that can go wrong."""
    try:
        made = _compiled(source)(scope)
        if isinstance(made, Undefined):
            str(made)  # raises what it is: a missing name, or an unsafe one
        return _listed(made) if isinstance(made, Iterator) else made
    except ToolError:
        raise
    except TemplateError as error:
        raise ToolError(error.message or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001  # filters and methods raise what they like
        raise ToolError(f"{type(error).__name__}: {' '.join(str(error).split())}") from None


def _listed(made: Iterator[object]) -> list[object]:
    items: list[object] = []
    for item in made:
        items.append(item)
        if len(items) > MAX_ITEMS:
            raise ToolError(f"the list has more than {MAX_ITEMS:,} items")
    return items


def read_references(source: str) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """What the expression reads, and what is wrong with it (syntax, unknown names and filters); runs nothing.

    `steps.dialog.output.text` is read as `("steps", "dialog", "output", "text")`.
    """
    try:
        parser = Parser(_environment(), source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("one expression is expected, there is more after it", 1)
        found = _Reader()
        found.visit(expression)
    except TemplateError as error:
        return (), (error.message or "cannot be read",)
    except RecursionError:
        return (), ("the expression is nested too deeply",)
    return tuple(found.references), tuple(found.problems)


class _Reader:
    """Collects references; an expression binds no names of its own, so every name is a root."""

    def __init__(self) -> None:
        self.references: list[tuple[str, ...]] = []
        self.problems: list[str] = []

    def visit(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and self._chain(node):
            return
        if isinstance(node, nodes.Filter):
            self._known("filter", node.name, _environment().filters)
        if isinstance(node, nodes.Test):
            self._known("test", node.name, _environment().tests)
        for child in node.iter_child_nodes():
            self.visit(child)

    def _chain(self, node: nodes.Node) -> bool:
        """Reads `root.name['name']` as far as names are constant; False if the chain begins elsewhere."""
        names: list[str] = []
        inner = node
        while isinstance(inner, nodes.Getattr | nodes.Getitem):
            if isinstance(inner, nodes.Getattr):
                names.append(inner.attr)
            elif isinstance(inner.arg, nodes.Const) and isinstance(inner.arg.value, str):
                names.append(inner.arg.value)
            else:
                names.clear()  # what stands outside of a changing key says nothing about the root
                self.visit(inner.arg)
                if isinstance(inner.node, nodes.Name) and inner.node.name in ("inputs", "steps"):
                    self.problems.append(
                        f"{inner.node.name} is read by constant names only, such as {inner.node.name}.name"
                    )
                    return True
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            return False
        if inner.name in ROOTS:
            self.references.append((inner.name, *reversed(names)))
        else:
            self.problems.append(f"'{inner.name}' is unknown here, only {', '.join(ROOTS)} can be read")
        return True

    def _known(self, kind: str, name: str, known: Mapping[str, object]) -> None:
        if name not in known:
            self.problems.append(f"there is no {kind} '{name}'{did_you_mean(name, known)}")
