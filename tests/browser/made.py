"""What the plans of the browser tests make: an output of each kind, and steps that wait until a test lets them."""

import math
import os
import struct
import time
import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.registry import ToolContext

HERE = "tests.browser.made"


def gate(ctx: ToolContext, *, until: str) -> str:
    """Wait until a file of that name is beside the plan."""
    while not (ctx.plan_folder / until).exists():
        if ctx.cancelled:
            raise ToolError("cancelled while it waited")
        time.sleep(0.01)
    return f"went on at {until}"


def count(ctx: ToolContext, *, until: str, updates: int, pause_s: float = 0.02) -> str:
    """Wait, then tell of progress and write a word, so many times or until there is `<until>-end`, waited for then."""
    gate(ctx, until=until)
    end = f"{until}-end"
    for number in range(1, updates + 1):
        if (ctx.plan_folder / end).exists():
            break
        ctx.progress(100 * number / (updates + 1), f"update {number} of {updates}")
        ctx.chunk(f"word{number} ")
        time.sleep(pause_s)
    gate(ctx, until=end)
    return "counted"


def fail(*, told: str) -> str:
    """End with an error."""
    raise ToolError(told)


def fail_once(ctx: ToolContext, *, told: str) -> str:
    """End with an error unless a file `mended` is beside the plan."""
    if (ctx.plan_folder / "mended").exists():
        return "mended"
    raise ToolError(told)


def tell(ctx: ToolContext, *, text: str, until: str) -> str:
    """Say something as progress and as text, wait, then give it back."""
    ctx.progress(50, text)
    ctx.chunk(text)
    return gate(ctx, until=until) and text


def say(*, value: JsonValue) -> JsonValue:
    """What it is given."""
    return value


def long_text(*, characters: int) -> str:
    """A text of that many characters, in lines of a hundred, each with its number."""
    lines = (f"line {number:08} ".ljust(99, "x") for number in range(1, characters // 100 + 1))
    return "\n".join(lines) + "\n"


def table(*, rows: int) -> list[JsonValue]:
    """A list of objects with equal keys."""
    return [{"number": number, "square": number * number, "word": f"row {number}"} for number in range(rows)]


def picture(ctx: ToolContext) -> dict[str, JsonValue]:
    """A small PNG."""
    from PIL import Image  # heavy

    path = ctx.folder / "picture.png"
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(path)
    return ctx.artifact(path, "image")


def sound(ctx: ToolContext) -> dict[str, JsonValue]:
    """Two seconds of a tone, WAV."""
    path = ctx.folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        waves = (int(9000 * math.sin(2 * math.pi * 440 * tick / 8000)) for tick in range(16000))
        file.writeframes(b"".join(struct.pack("<h", value) for value in waves))
    return ctx.artifact(path, "audio")


def film(ctx: ToolContext, *, seconds: int = 4) -> dict[str, JsonValue]:
    """A short silent film."""
    import av  # heavy
    import numpy as np

    path = ctx.folder / "film.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 180, 320, "yuv420p"
        for number in range(seconds * 10):
            shade = np.full((320, 180, 3), (number * 6) % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        container.mux(stream.encode(None))
    return ctx.artifact(path, "video")


def film_with_preview(ctx: ToolContext, *, until: str) -> dict[str, JsonValue]:
    """A picture of what is being made, then, when a test lets it, the film with its thumbnail beside it."""
    from PIL import Image  # heavy

    for name, kind in (("preview-1.png", "preview"), ("still.png", "thumbnail")):
        if kind == "thumbnail":
            gate(ctx, until=until)
            made = film(ctx)
        Image.linear_gradient("L").resize((180, 320)).convert("RGB").save(ctx.folder / name)
        ctx.artifact(ctx.folder / name, kind)
    return made


def other_file(ctx: ToolContext) -> dict[str, JsonValue]:
    """A file no browser shows."""
    path = ctx.folder / "anything.bin"
    path.write_bytes(bytes(range(256)) * 4)
    return ctx.artifact(path, "file")


def broken_film(ctx: ToolContext) -> dict[str, JsonValue]:
    """A file that says it is a video and is none."""
    path = ctx.folder / "broken.mp4"
    path.write_bytes(b"this was never a video\n" * 100)
    return ctx.artifact(path, "video")


def let_go(folder: Path, names: Sequence[str]) -> None:
    """Let the steps that wait in a plan's folder go on."""
    for name in names:
        temporary = folder / f".{name}"
        temporary.touch()
        os.replace(temporary, folder / name)
