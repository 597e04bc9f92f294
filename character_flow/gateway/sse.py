"""How a browser hears of news: Server-Sent Events, `id:` the cursor, so that it goes on where it was cut off."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from character_flow.gateway.hub import Hub
from character_flow.stream.stream import RunFolder

RETRY_MS = 500


def events(hub: Hub, run: RunFolder | None, request: Request) -> Response:
    """The stream of frames of a run or of the live page, after the client's Last-Event-ID."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.method == "HEAD":  # a stream without a body would never end
        return Response(media_type="text/event-stream", headers=headers)
    lines = _lines(hub, run, request.headers.get("last-event-id"))
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


async def _lines(hub: Hub, run: RunFolder | None, cursor: str | None) -> AsyncGenerator[bytes, None]:
    yield b"retry: %d\n\n" % RETRY_MS
    async with hub.channel(run) as channel, aclosing(channel.frames(cursor)) as frames:
        async for frame in frames:
            if frame is None:
                yield b": still here\n\n"
            else:
                yield b"event: board\nid: " + frame.cursor.encode() + b"\ndata: " + frame.content + b"\n\n"
