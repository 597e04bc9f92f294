"""How a browser hears of news: Server-Sent Events, `id:` the cursor, so that it goes on where it was cut off."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from character_flow.gateway.channel import Channel
from character_flow.gateway.hub import Hub
from character_flow.stream.stream import RunFolder

RETRY_MS = 500


def events(hub: Hub, run: RunFolder | None, request: Request) -> StreamingResponse:
    """The stream of frames of a run or of the live page, after the client's Last-Event-ID."""
    cursor = request.headers.get("last-event-id")
    return StreamingResponse(
        _lines(hub, run, cursor),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _lines(hub: Hub, run: RunFolder | None, cursor: str | None) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % RETRY_MS
    async with hub.channel(run) as channel:
        async for line in _told(channel, cursor):
            yield line


async def _told(channel: Channel, cursor: str | None) -> AsyncIterator[bytes]:
    async for frame in channel.frames(cursor):
        if frame is None:
            yield b": still here\n\n"
        else:
            yield b"event: board\nid: " + frame.cursor.encode() + b"\ndata: " + frame.content + b"\n\n"
