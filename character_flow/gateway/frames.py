"""How a run went, frame by frame: what a page is sent while it happens, in one list with its times."""

from collections.abc import Iterator
from datetime import datetime

from character_flow.gateway.standing import Standing
from character_flow.json_text import to_json_bytes
from character_flow.replay import timeline
from character_flow.snapshot import read_time
from character_flow.stream.stream import RunFolder


def replay_frames(run: RunFolder) -> bytes:
    """`{"frames": [{"t": s, "full", "now", "head", "rows", ...}], "length_s": s}`: one full frame, then changes."""
    frames = list(_frames(run))
    length_s = frames[-1][0] if frames else 0.0
    body = b",".join(b'{"t":%s,' % to_json_bytes(round(at, 3)) + content[1:] for at, content in frames)
    return b'{"frames":[' + body + b'],"length_s":' + to_json_bytes(round(length_s, 3)) + b"}"


def _frames(run: RunFolder) -> Iterator[tuple[float, bytes]]:
    standing, seen = Standing(), 0
    for at, event in timeline(run):
        standing.take(event)
        frame = standing.frame_after(seen, now=_moment(event.ts))
        if frame is not None:
            seen = frame.version
            yield at, frame.content


def _moment(ts: str) -> datetime | None:
    try:
        return read_time(ts)
    except ValueError:
        return None
