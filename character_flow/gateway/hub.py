"""What is followed: one channel for the live page and one for each run somebody looks at, for all clients together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from character_flow.gateway.channel import Channel
from character_flow.stream.bells import Bells
from character_flow.stream.stream import RunFolder, Stream

LOOK_S = 1.0
LINGER_S = 10.0


class Hub:
    """Opens channels when clients come and closes them a while after the last has gone. Lives on one event loop."""

    def __init__(self, stream: Stream, *, linger_s: float = LINGER_S) -> None:
        self.stream = stream
        self._linger_s = linger_s
        self.bells = Bells()
        self.is_closing = False
        self._channels: dict[str, Channel] = {}
        self._look: asyncio.Task[None] | None = None

    @property
    def clients(self) -> int:
        """How many look on now."""
        return sum(channel.clients for channel in self._channels.values())

    @asynccontextmanager
    async def channel(self, run: RunFolder | None) -> AsyncIterator[Channel]:
        """The channel of a run, or of the live page, for as long as one client looks on."""
        name = run.id if run is not None else ""
        if name not in self._channels:
            self._channels[name] = Channel(run or self.stream, self.bells, asyncio.get_running_loop())
        channel = self._channels[name]
        if self.is_closing:
            channel.end()  # who comes now would hold the server up
        if self._look is None:
            self._look = asyncio.create_task(self._look_on())
        channel.clients += 1
        try:
            yield channel
        finally:
            channel.clients -= 1
            if not channel.clients and not self.is_closing:
                asyncio.get_running_loop().call_later(self._linger_s, self._close_if_left, name, channel)

    def _close_if_left(self, name: str, channel: Channel) -> None:
        if not channel.clients and self._channels.get(name) is channel:
            del self._channels[name]
            channel.end()

    async def _look_on(self) -> None:
        """Once a second, the writers' signs of life; nothing while nobody looks on."""
        while not self.is_closing:
            await asyncio.sleep(LOOK_S)
            for channel in [channel for channel in self._channels.values() if channel.clients]:
                await run_in_threadpool(channel.look)

    def end_streams(self) -> None:
        """End every stream that is open, so that the server can stop; from any thread or signal handler."""
        self.is_closing = True
        for channel in tuple(self._channels.values()):
            channel.end()

    async def close(self) -> None:
        """Nothing is followed any more."""
        self.end_streams()
        if self._look is not None:
            self._look.cancel()
            with suppress(asyncio.CancelledError):
                await self._look
        for channel in tuple(self._channels.values()):
            await run_in_threadpool(channel.join)
        await run_in_threadpool(self.bells.stop)
