"""Many tabs: N clients of the live stream in one process, which note when each stamp arrived at each of them.

Talks by lines: says `ready` when every client has a first frame; answers each line it reads with one line of JSON.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from websockets.asyncio.client import connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this checkout, installed or not

from bench._viewer_probe import STAMP  # noqa: E402 - after the path is set


class Client:
    """One connection, as a tab has it."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.is_ready = asyncio.Event()

    async def read(self, port: int) -> None:
        """Follow the live page until the connection ends."""
        # Streamlit serves without compression, whatever a browser offers.
        async with connect(f"ws://127.0.0.1:{port}/plan/ws", max_size=None, compression=None) as socket:
            async for message in socket:
                now = time.time_ns()
                text = message if isinstance(message, str) else message.decode()
                for number, sent in STAMP.findall(text):
                    self.seen.setdefault(int(number), (now - int(sent)) / 1e6)
                self.is_ready.set()


async def follow(port: int, count: int) -> None:
    """Connect all clients and answer until the other end closes."""
    clients = [Client() for _ in range(count)]
    tasks = [asyncio.create_task(client.read(port)) for client in clients]
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
