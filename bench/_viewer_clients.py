"""Many tabs: N clients of the live stream in one process, which note when each stamp arrived at each of them.

Talks by lines: says `ready` when every client has a first frame; answers each line it reads with one line of JSON.
"""

import argparse
import asyncio
import json
import re
import sys
import time

_STAMP = re.compile(rb"tk-(\d+)-(\d+)-")


class Client:
    """One connection, read as a browser reads it."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.is_ready = asyncio.Event()

    async def read(self, host: str, port: int) -> None:
        """Follow the live page until the connection ends."""
        reader, writer = await asyncio.open_connection(host, port, limit=2**24)
        writer.write(f"GET /plan/events HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(head.decode(errors="replace"))
        while size := int(await reader.readuntil(b"\r\n"), 16):
            chunk = (await reader.readexactly(size + 2))[:-2]
            self._take(chunk)
        writer.close()

    def _take(self, chunk: bytes) -> None:
        now = time.time_ns()
        for number, sent in _STAMP.findall(chunk):
            self.seen.setdefault(int(number), (now - int(sent)) / 1e6)
        if b"event: board" in chunk:
            self.is_ready.set()


async def follow(port: int, count: int) -> None:
    """Connect all clients and answer until the other end closes."""
    clients = [Client() for _ in range(count)]
    tasks = [asyncio.create_task(client.read("127.0.0.1", port)) for client in clients]
    await asyncio.wait_for(asyncio.gather(*(client.is_ready.wait() for client in clients)), 60)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        above, last = json.loads(line)
        got = [ms for client in clients for number, ms in client.seen.items() if above < number <= last]
        print(json.dumps({"delivered": len(got), "due": count * (last - above), "latencies_ms": got}), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    told = parser.parse_args()
    asyncio.run(follow(told.port, told.count))
