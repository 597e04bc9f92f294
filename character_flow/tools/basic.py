"""Tools every plan has: `function` calls an importable function, `ask` asks a person."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Literal

from pydantic import JsonValue

from character_flow.errors import RetryableToolError, ToolError
from character_flow.tools.registry import APPROVED, PaidFunction, Question, ToolContext, ToolRegistry

tools = ToolRegistry()


@tools.tool("function")
def call_function(ctx: ToolContext, *, call: str, **arguments: JsonValue) -> object:
    """What `module:name` returns for these keyword arguments; `ctx` is passed to a function that takes it.

    The plan's folder and the current folder are importable. A paid function is called once, whatever happens; its
    `recover`, another `module:name`, is given `ctx` alone.
    """
    if not ctx.is_paid:
        return _prepared(ctx, call, arguments)()
    recover = arguments.pop("recover", None)
    function = _prepared(ctx, call, arguments)
    return ctx.pay(PaidFunction(call, arguments, function, None if recover is None else _finder(ctx, str(recover))))


def _finder(ctx: ToolContext, recover: str) -> Callable[[], object]:
    """The `recover` of a paid function, ready to be called; looked for before anything is paid."""
    find = find_function(recover, (ctx.plan_folder, Path.cwd()))
    try:
        inspect.signature(find).bind(ctx)
    except TypeError as error:
        raise ToolError(f"recover: '{recover}': {error}; it is called with ctx alone") from None
    return partial(find, ctx)


def _prepared(ctx: ToolContext, call: str, arguments: Mapping[str, JsonValue]) -> Callable[[], object]:
    """The function with its arguments, ready to be called; ToolError where it does not take them."""
    function = find_function(call, (ctx.plan_folder, Path.cwd()))
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some builtins tell no signature
        return partial(function, **arguments)
    given: dict[str, object] = {**arguments, "ctx": ctx} if "ctx" in parameters else {**arguments}
    try:
        inspect.signature(function).bind(**given)
    except TypeError as error:
        takes = ", ".join(name for name in parameters if name != "ctx")
        raise ToolError(f"function '{call}': {error}; it takes: {takes or 'nothing'}") from None
    return partial(function, **given)


def find_function(call: str, folders: Sequence[Path]) -> Callable[..., object]:
    """The function `module:name` means; ToolError saying what is missing."""
    module_name, _, name = call.partition(":")
    if not module_name or not name:
        raise ToolError(f"call: {call!r} is not of the form 'module:name'")
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)  # last: a plan's module never hides an installed one
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        searched = ", ".join(map(str, folders))
        raise ToolError(f"call: no module '{error.name}' for '{call}' (looked in {searched} too)") from None
    _check_origin(module, module_name, folders[0])
    function = getattr(module, name, None)
    if not callable(function):
        raise ToolError(f"call: module '{module_name}' has no function '{name}'")
    return function  # type: ignore[no-any-return]  # callable() says no more than that


def _check_origin(module: ModuleType, name: str, folder: Path) -> None:
    """Refuse another module of the same name, installed or of another plan, in the place of the plan's own."""
    own = folder.joinpath(*name.split(".")).with_suffix(".py")
    loaded = getattr(module, "__file__", None)
    if loaded is not None and own.is_file() and not own.samefile(loaded):
        raise ToolError(f"call: module '{name}' is {loaded} here; rename {own}, so that it can be told apart")


@tools.tool("ask")
def ask(
    ctx: ToolContext,
    *,
    question: str,
    kind: Literal["text", "choice", "approve"] = "text",
    choices: Sequence[str] = (),
    default: str | None = None,
    timeout_s: float | None = None,
) -> str:
    """A person's answer. `approve` returns "approve", or fails with the person's words as {{ feedback }}."""
    options = tuple(str(choice) for choice in choices)
    answer = ctx.ask(Question(question, kind, options, default, timeout_s))
    if kind == "approve" and answer != APPROVED:
        raise RetryableToolError(answer)
    return answer
