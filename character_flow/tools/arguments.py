"""Whether a tool takes what it is given: asked before each call, so that a mistake in a plan is told as one."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from character_flow.errors import ToolError

Tool = Callable[..., object]


def check_arguments(tool_id: str, tool: Tool, arguments: Mapping[str, JsonValue]) -> None:
    """ToolError naming what is missing or unknown, before the tool begins."""
    shape = _shape(tool)
    if shape is None or shape.named >= arguments.keys() >= shape.needed:
        return
    try:
        shape.signature.bind(None, **arguments)
    except TypeError as error:
        takes = ", ".join(list(shape.signature.parameters)[1:])
        raise ToolError(f"tool '{tool_id}': {error}; it takes: {takes or 'nothing'}") from None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a tool takes. Arguments between `needed` and `named` surely fit; what else does, `bind` knows, slowly."""

    signature: inspect.Signature
    named: frozenset[str]
    needed: frozenset[str]


_shapes: dict[Tool, _Shape | None] = {}


def _shape(tool: Tool) -> _Shape | None:
    """Read once: inspecting costs more than a durable step. None for what tells no signature."""
    try:
        return _shapes[tool]
    except (KeyError, TypeError):
        pass
    try:
        signature = inspect.signature(tool)
    except (TypeError, ValueError):
        return None
    after_context = list(signature.parameters.values())[1:]
    named = frozenset(one.name for one in after_context if one.kind is one.KEYWORD_ONLY)
    needed = frozenset(
        one.name for one in after_context if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    )
    shape = _Shape(signature, named, needed)
    with suppress(TypeError):  # a callable that cannot be a key is read each time
        _shapes[tool] = shape
    return shape
