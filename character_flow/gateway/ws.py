"""How pages hear of news: over a WebSocket, the frames of the event stream, each with its cursor as `id`.

Each {} in between is a sign of life: a browser is not told of the pings that WebSockets have for that.
"""

import asyncio
from contextlib import aclosing, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from character_flow.gateway.channel import Channel
from character_flow.gateway.hub import Hub
from character_flow.json_text import to_json_bytes
from character_flow.stream.stream import RunFolder

GOING_AWAY = 1001


async def frames(hub: Hub, run: RunFolder | None, socket: WebSocket) -> None:
    """Send every frame after the cursor in `?after=`, until one side goes. What the client says is not listened to."""
    await socket.accept()
    async with hub.channel(run) as channel:
        sending = asyncio.create_task(_send(channel, socket))
        leaving = asyncio.create_task(_left(socket))
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
        with suppress(RuntimeError, WebSocketDisconnect):  # the client may have closed it already
            await socket.close(GOING_AWAY)


async def _send(channel: Channel, socket: WebSocket) -> None:
    async with aclosing(channel.frames(socket.query_params.get("after"))) as newer:
        async for frame in newer:
            if frame is None:
                await socket.send_text("{}")
                continue
            told = b'{"id":' + to_json_bytes(frame.cursor) + b"," + frame.content[1:]
            await socket.send_text(told.decode())


async def _left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
