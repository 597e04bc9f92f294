"""Pictures and videos from a model: the tools `image.generate` and `video.generate`. Waiting is part of the step."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.providers.base import Answer, Prediction
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
    """The video a model makes of these fields: `{path, kind, sha256, bytes, id, status}` and its facts.

    Pictures of what is being made are artifacts of kind `preview`, one as soon as there is one.
    """
    return _generate(ctx, "video", model, fields, offline)


def _generate(
    ctx: ToolContext,
    kind: str,
    model: str,
    fields: Mapping[str, JsonValue],
    offline: Mapping[str, JsonValue] | None,
) -> dict[str, JsonValue]:
    arguments = {**fields, "model": model, "offline": dict(offline or {})}
    shown: set[Path] = set()

    def seen(now: Prediction) -> None:
        _show(ctx, [path for path in now.previews if path not in shown])  # first: they are older than the percent
        shown.update(now.previews)
        ctx.progress(now.percent, now.message)

    done, answer = ctx.predict(kind, arguments, seen=seen)
    named = _named(answer)
    kept = [ctx.artifact(path, named.get(path.name) or kind_of(path)) for path in answer.files]
    wanted = next((artifact for artifact in kept if artifact["kind"] == kind), None)
    if wanted is None:
        raise ToolError(f"prediction {done.id} ended as {done.status}, but without a {kind}")
    places = {path.name: artifact["path"] for path, artifact in zip(answer.files, kept, strict=True)}
    return {**wanted, "id": done.id, "status": done.status, **{k: _placed(v, places) for k, v in answer.facts.items()}}


def _show(ctx: ToolContext, previews: Sequence[Path]) -> None:
    """Keep pictures of a work in progress; one that is gone by now was not the last."""
    for path in previews:
        try:
            target = Path(shutil.copyfile(path, ctx.folder / path.name))
        except FileNotFoundError:
            continue
        ctx.artifact(target, "preview")


def _named(answer: Answer) -> Mapping[str, str]:
    """What the facts call files of the answer: a fact that names one, or several, is their kind."""
    files = {path.name for path in answer.files}
    return {
        name: fact
        for fact, value in answer.facts.items()
        for name in (value if isinstance(value, list) else [value])
        if isinstance(name, str) and name in files
    }


def _placed(value: JsonValue, places: Mapping[str, JsonValue]) -> JsonValue:
    """A fact with the paths of the files it names."""
    if isinstance(value, list):
        return [_placed(item, places) for item in value]
    return places.get(value, value) if isinstance(value, str) else value


def kind_of(path: Path) -> str:
    """What a file is to a viewer, by its ending: video, image, audio or file."""
    return _KINDS.get(path.suffix.lower(), "file")
