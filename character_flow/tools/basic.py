"""Tools every plan has: `function` calls an importable function, `ask` asks a person."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Literal

from pydantic import JsonValue

from character_flow.errors import RetryableToolError, ToolError
from character_flow.picking import picked, position_of, read_options
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
    finder = None if recover is None else _finder(ctx, str(recover))
    return ctx.pay(PaidFunction(call, arguments, function, finder, _source_of(call)))


def _source_of(call: str) -> str:
    """sha256 of the file of the loaded module that `module:name` means; nothing where it has none."""
    path = getattr(sys.modules.get(call.partition(":")[0]), "__file__", None)
    return sha256(Path(path).read_bytes()).hexdigest() if path is not None and Path(path).is_file() else ""


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
    kind: Literal["text", "choice", "approve", "pick"] = "text",
    choices: Sequence[str] = (),
    options: Sequence[JsonValue] = (),
    default: str | int | None = None,
    timeout_s: float | None = None,
) -> str | dict[str, JsonValue]:
    """A person's answer. `approve` returns "approve", or fails with the person's words as {{ feedback }}.

    `pick` returns the option that was picked: `{index, text, file}`. Its default may be a number from 1.
    """
    if kind == "pick":
        return _pick(ctx, question, options, default, timeout_s)
    if options:
        raise ToolError("options: only a question of kind pick has options; a choice has 'choices'")
    if isinstance(default, int):
        raise ToolError("a question's prompt, choices and default are texts")
    answer = ctx.ask(Question(question, kind, tuple(str(choice) for choice in choices), default, timeout_s))
    if kind == "approve" and answer != APPROVED:
        raise RetryableToolError(answer)
    return answer


def _pick(
    ctx: ToolContext, question: str, given: Sequence[JsonValue], default: str | int | None, timeout_s: float | None
) -> dict[str, JsonValue]:
    options = read_options(given)
    names = tuple(option.name for option in options)
    position = None if default is None else position_of(options, str(default))
    if default is not None and position is None:
        raise ToolError(f"default: {str(default)[:80]!r} is none of the options")
    chosen = None if position is None else names[position]
    return picked(options, ctx.ask(Question(question, "pick", names, chosen, timeout_s, options)))
