"""A shop that paid functions of tests buy in: a file beside the plan with one line for everything ever charged."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import RetryableToolError, ToolError, UncertainCallError
from character_flow.tools.registry import ToolContext

HOLDING = threading.Event()
"""Set while `hold` has bought something and waits."""
LET_GO = threading.Event()
"""What `hold` waits for."""


def charged(folder: Path) -> int:
    """How often something was bought beside the plan in this folder."""
    shop = folder / "shop.txt"
    return len(shop.read_text().splitlines()) if shop.exists() else 0


def buy(ctx: ToolContext, *, what: str = "tea", then: str = "") -> object:
    """Buys once per call, and then does what `then` says."""
    if then == "refuse":
        raise ToolError("sold out")
    if then == "pass" and ctx.attempt == 1:
        raise RetryableToolError("the shop is closed for a moment")
    if then == "broken":
        raise LookupError("a mistake of the function")
    number = charged(ctx.plan_folder) + 1
    with (ctx.plan_folder / "shop.txt").open("a") as shop:
        shop.write(f"{what}\n")
    if then.startswith("tell"):
        ctx.submitted(f"order-{number}")
        then = then.removeprefix("tell and ")
    act = _THEN.get(then)
    return {"bought": what, "number": number} if act is None else act(ctx)


def find(ctx: ToolContext) -> JsonValue:
    """What was bought, if anything was."""
    number = charged(ctx.plan_folder)
    return {"found": number, "id": ctx.prediction_id} if number else None


def lose(ctx: ToolContext) -> JsonValue:
    """Never finds anything."""
    return None


def stumble(ctx: ToolContext) -> JsonValue:
    """Cannot find out."""
    raise ConnectionError("the shop does not answer")


def hold(ctx: ToolContext, *, tell: bool = False) -> str:
    """Buys, and waits."""
    buy(ctx)
    HOLDING.set()
    assert LET_GO.wait(60)
    return "held"


def picture(ctx: ToolContext) -> dict[str, JsonValue]:
    """Buys a file."""
    buy(ctx)
    path = ctx.folder / "inner" / "picture.png"
    path.parent.mkdir()
    path.write_bytes(b"a picture")
    return {"first": ctx.artifact(path, "image"), "note": "as new"}


def hold_and_find(ctx: ToolContext) -> JsonValue:
    """Takes its time to find what was bought."""
    HOLDING.set()
    assert LET_GO.wait(60)
    return find(ctx)


def _die(ctx: ToolContext) -> object:
    mark = ctx.plan_folder / "died.txt"
    if not mark.exists():
        mark.write_text("once")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def _raise(error: BaseException) -> Callable[[ToolContext], object]:
    def fail(ctx: ToolContext) -> object:
        raise error

    return fail


class _Odd:
    def __repr__(self) -> str:
        return "a thing that cost 40 cents"


_THEN: Mapping[str, Callable[[ToolContext], object]] = {
    "die": _die,
    "drop": _raise(ConnectionResetError("the line is dead")),
    "fail": _raise(RetryableToolError("no download")),
    "wonder": _raise(UncertainCallError("no answer came")),
    "give bytes": lambda ctx: b"\xff\xd8 a picture",
    "give odd": lambda ctx: {"thing": _Odd()},
    "ask": lambda ctx: ctx.ask("Was that right?"),
    "call": lambda ctx: ctx.predict("text", {"prompt": "x"}, seen=lambda now: None),
    "misplace": lambda ctx: ctx.artifact(ctx.plan_folder / "shop.txt", "file"),
    "give much": lambda ctx: "x" * 100_000,
    "tell again": lambda ctx: ctx.submitted("order-2"),
    "name nothing": lambda ctx: ctx.submitted(""),
}
