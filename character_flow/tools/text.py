"""Words from a model: the tool `text.generate`."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.providers.base import Prediction
from character_flow.tools.registry import ToolContext, ToolRegistry

tools = ToolRegistry()


@tools.tool("text.generate")
def generate_text(
    ctx: ToolContext,
    *,
    prompt: str,
    model: str = "",
    system_prompt: str | None = None,
    images: Sequence[str] = (),
    offline: Mapping[str, JsonValue] | None = None,
    details: bool = False,
) -> str | dict[str, JsonValue]:
    """The model's text, shown while it is written. `offline` tells the offline provider its recipe and facts.

    With `details` it is `{text, id, status}` and what the provider says of it.
    """
    arguments: dict[str, JsonValue] = {
        "model": model,
        "prompt": prompt,
        "system_prompt": system_prompt,
        "images": list(images),
        "offline": dict(offline or {}),
    }
    shown = ""

    def seen(now: Prediction) -> None:
        nonlocal shown
        if len(now.text) > len(shown):
            ctx.chunk(now.text[len(shown) :])
            shown = now.text
        if now.percent is not None or now.message is not None:
            ctx.progress(now.percent, now.message)

    done, answer = ctx.predict("text", arguments, seen=seen)
    if answer.text is None or not answer.text.strip():
        raise ToolError(f"prediction {done.id} was answered with an empty text")
    return {"text": answer.text, "id": done.id, "status": done.status, **answer.facts} if details else answer.text
