"""How programs hear of news over a WebSocket: the frames of the event stream, each with its cursor as `id`."""

import asyncio
from contextlib import suppress

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
    async for frame in channel.frames(socket.query_params.get("after")):
        if frame is not None:
            told = b'{"id":' + to_json_bytes(frame.cursor) + b"," + frame.content[1:]
            await socket.send_text(told.decode())


async def _left(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
