"""Pictures and videos from a model: the tools `image.generate` and `video.generate`. Waiting is part of the step."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.registry import ToolContext, ToolRegistry

tools = ToolRegistry()

_KINDS = {
    ".mp4": "video", ".webm": "video", ".mov": "video",
    ".png": "image", ".jpg": "image", ".jpeg": "image", ".webp": "image", ".gif": "image",
    ".mp3": "audio", ".wav": "audio", ".m4a": "audio",
}  # fmt: skip


@tools.tool("image.generate")
def generate_image(
    ctx: ToolContext,
    *,
    model: str = "",
    offline: Mapping[str, JsonValue] | None = None,
    **fields: JsonValue,
) -> dict[str, JsonValue]:
    """The first picture a model makes of these fields: `{path, kind, sha256, bytes, id, status}` and its facts."""
    return _generate(ctx, "image", model, fields, offline)


@tools.tool("video.generate")
def generate_video(
    ctx: ToolContext,
    *,
    model: str = "",
    offline: Mapping[str, JsonValue] | None = None,
    **fields: JsonValue,
) -> dict[str, JsonValue]:
    """The video a model makes of these fields: `{path, kind, sha256, bytes, id, status}` and its facts."""
    return _generate(ctx, "video", model, fields, offline)


def _generate(
    ctx: ToolContext,
    kind: str,
    model: str,
    fields: Mapping[str, JsonValue],
    offline: Mapping[str, JsonValue] | None,
) -> dict[str, JsonValue]:
    arguments = {**fields, "model": model, "offline": dict(offline or {})}
    done, answer = ctx.predict(kind, arguments, seen=lambda now: ctx.progress(now.percent, now.message))
    kept = [ctx.artifact(path, kind_of(path)) for path in answer.files]
    wanted = next((artifact for artifact in kept if artifact["kind"] == kind), None)
    if wanted is None:
        raise ToolError(f"prediction {done.id} ended as {done.status}, but without a {kind}")
    return {**wanted, "id": done.id, "status": done.status, **answer.facts}


def kind_of(path: Path) -> str:
    """What a file is to a viewer, by its ending: video, image, audio or file."""
    return _KINDS.get(path.suffix.lower(), "file")
