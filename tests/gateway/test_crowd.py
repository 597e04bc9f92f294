"""Many who look on, and slow ones: each ends with the newest state, and none costs the others or the writer."""

import asyncio
import json
import socket
import threading
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from character_flow.events import Chunk, PlanResumed
from character_flow.gateway.hub import Hub
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import read_events
from character_flow.stream.liveness import this_process, write_owner
from character_flow.stream.reading import folded
from character_flow.stream.stream import Stream
from tests.gateway.served import DEADLINE_S, Page, Server, wait_until
from tests.gateway.test_live import END, begin, publish, published
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run, started, watched

STEPS = 1_000
ROUNDS = 25


def followers() -> list[str]:
    """The threads that follow pages and runs."""
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("follow-"))


UPGRADE = (
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def asleep(port: int, path: str = "/plan/events", *lines: str) -> socket.socket:
    """A client that asks for a stream and reads nothing."""
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sleeper.settimeout(DEADLINE_S)
    sleeper.connect(("127.0.0.1", port))
    sleeper.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode())
    return sleeper


def _read_until(sleeper: socket.socket, seq: int) -> tuple[Page, int]:
    """Awake: fold all that waited, until this seq is shown; how much that was in bytes."""
    page, size = Page(), 0
    with sleeper, sleeper.makefile("rb") as lines:
        for line in lines:
            size += len(line)
            if line.startswith(b"data: "):
                page.apply(json.loads(line.removeprefix(b"data: ")))
                if page.head["seq"] == seq:
                    break
    return page, size


def test_what_waits_for_a_slow_client_is_the_newest_state_and_not_all_that_was(server: Server) -> None:
    """10,000 events, many of them large, while he reads nothing: nobody waits for him, and his memory is bounded."""
    run, journal = make_run(server.folder, first=started(steps=STEPS))
    write_owner(run.owner, this_process(RUN_ID, 1))
    publish(run)
    everybody = tuple(range(1, STEPS + 1))
    sleeper, goners = asleep(server.port), [asleep(server.port), asleep(server.port, "/plan/ws", *UPGRADE)]
    told = 0
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        for _round in range(ROUNDS):
            for number in range(10_000 // ROUNDS - 1):
                journal.append(Chunk(text="word " * 200), step=number + 1, attempt=1)
            page.shows(seq=journal.seq)
            journal.append(PlanResumed(restart=everybody))  # every row is another one
            page.shows(seq=journal.seq)
        told = sum(map(len, page.lines))
        assert server.clients() == 4
        for goner in goners:
            goner.close()  # without having read a byte
        slow, waited = _read_until(sleeper, journal.seq)
    journal.close()
    assert slow.snapshot == page.page.snapshot == folded(run.journal)
    assert told > 8_000_000
    assert waited < told / 2
    wait_until(lambda: server.clients() == 0)


async def _follow_to_the_end(port: int, count: int, begun: asyncio.Event) -> Sequence[Page]:
    seen = 0

    async def one() -> Page:
        nonlocal seen
        page = Page()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        writer.write(b"GET /plan/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while page.head.get("status") != "completed":
            line = await asyncio.wait_for(reader.readline(), DEADLINE_S)
            if line.startswith(b"data: "):
                seen += not page.head
                page.apply(json.loads(line.removeprefix(b"data: ")))
                if seen == count:
                    begun.set()
        writer.close()
        return page

    return await asyncio.gather(*[one() for _ in range(count)])


def test_two_hundred_tabs_see_the_end_and_the_files_are_watched_once(server: Server) -> None:
    """S0-41: several tabs watch the same stream; what is watched does not grow with them."""
    run, journal = published(server.folder)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        wait_until(lambda: watched() == 2)  # the page's folder and the run's

        async def crowd() -> tuple[Sequence[Page], tuple[int, list[str], int]]:
            begun = asyncio.Event()
            tabs = asyncio.create_task(_follow_to_the_end(server.port, 200, begun))
            await asyncio.wait_for(begun.wait(), DEADLINE_S)
            measured = watched(), followers(), await asyncio.to_thread(server.clients)
            begin(journal, 1)
            for _ in range(500):
                journal.append(Chunk(text="word "), step=1, attempt=1)
            journal.append(END)
            return await tabs, measured

        tabs, measured = asyncio.run(crowd())
        page.shows(status="completed")
        publish(run)
    journal.close()
    assert measured == (2, ["follow-page"], 201)
    expected = fold(Snapshot(), read_events(run.journal))
    assert [tab.snapshot == expected for tab in tabs] == [True] * 200
    wait_until(lambda: server.clients() == 0)


def test_what_nobody_looks_at_any_more_is_not_followed_any_more(tmp_path: Path) -> None:
    """Threads and watches end a while after the last client has gone, and come back with the next."""
    _run, journal = published(tmp_path)
    journal.close()

    async def visits() -> list[tuple[list[str], int]]:
        stream = Stream(tmp_path)
        hub, told = Hub(stream, linger_s=0.05), []
        for _ in range(2):
            async with hub.channel(None) as page, hub.channel(stream.run(RUN_ID)) as own:
                for channel in (page, own):
                    await asyncio.wait_for(anext(aiter(channel.frames(None))), DEADLINE_S)
                told.append((followers(), hub.clients))
            await asyncio.to_thread(wait_until, lambda: followers() == [] and watched() == 0)
            told.append((followers(), hub.clients))
        await hub.close()
        return told

    told = asyncio.run(visits())
    assert told == [(["follow-" + RUN_ID, "follow-page"], 2), ([], 0)] * 2
    assert not [thread for thread in threading.enumerate() if "inotify" in thread.name.lower()]


def test_a_client_hears_now_and_then_that_somebody_is_there(tmp_path: Path) -> None:
    """Proxies cut what is silent for long; and a client that is gone is found out."""

    async def heard() -> list[str | None]:
        hub = Hub(Stream(tmp_path))
        async with hub.channel(None) as channel, aclosing(channel.frames(None, quiet_s=0.01)) as frames:
            told = [await asyncio.wait_for(anext(frames), DEADLINE_S) for _ in range(3)]
        await hub.close()
        return [frame.cursor if frame is not None else None for frame in told]

    assert asyncio.run(heard()) == [":0.0", None, None]


def test_who_comes_back_soon_finds_the_same_channel(tmp_path: Path) -> None:
    """A reload is no reason to read everything anew."""
    _run, journal = published(tmp_path)
    journal.close()

    async def reload() -> bool:
        hub = Hub(Stream(tmp_path))
        async with hub.channel(None) as before:
            pass
        async with hub.channel(None) as after:
            same = before is after
        await hub.close()
        return same

    assert asyncio.run(reload()) is True


def test_a_hub_that_closes_ends_who_looks_on_and_whoever_still_comes(tmp_path: Path) -> None:
    _run, journal = published(tmp_path)
    journal.close()

    async def closing() -> list[int]:
        stream = Stream(tmp_path)
        hub, counts = Hub(stream), []

        async def count(run_id: str | None) -> int:
            async with hub.channel(stream.run(run_id) if run_id else None) as channel:
                return len([frame async for frame in channel.frames(None)])

        looking = asyncio.create_task(count(None))
        await asyncio.to_thread(wait_until, lambda: hub.clients == 1)
        hub.end_streams()
        counts = [await asyncio.wait_for(looking, DEADLINE_S), await asyncio.wait_for(count(OTHER_ID), DEADLINE_S)]
        await hub.close()
        return counts

    assert asyncio.run(closing())[1] == 0
    assert followers() == []
