"""What was recorded: appended durably, checked when read, cut when torn."""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from character_flow import events
from character_flow.errors import DurabilityError, StreamCorruptError, StreamError
from character_flow.events import Chunk, Event, PlanCompleted, PlanResumed, StepCompleted, UnknownFact
from character_flow.stream.journal import (
    LINE_BYTES,
    RESERVE_BYTES,
    Journal,
    last_event,
    read_events,
    salvage_events,
)
from character_flow.stream.journal_line import decode_line, encode_event
from tests.unit.recorded import NOON, make_run, queued, started, two_steps

_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


def sealed(body: bytes) -> bytes:
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def line(**changes: JsonValue) -> bytes:
    """A line that is right but for the changes."""
    parts: dict[str, JsonValue] = {
        "seq": 1, "ts": "2026-11-20T12:00:00+00:00", "mono": 0.5, "epoch": 1,
        "type": "chunk", "step": 1, "attempt": 1, "data": {"text": "hello"},
    }  # fmt: skip
    parts |= changes
    return sealed(json.dumps({key: value for key, value in parts.items() if value != "left out"}).encode()[:-1])


def test_a_line_is_written_as_promised() -> None:
    event = Event(7, "2026-11-20T12:00:00.000000+00:00", 1.25, 2, 3, None, Chunk(text="é"))
    body = (
        '{"seq":7,"ts":"2026-11-20T12:00:00.000000+00:00","mono":1.25,"epoch":2,"type":"chunk",'
        '"step":3,"attempt":null,"data":{"text":"é"}'
    ).encode()
    assert encode_event(event) == body + b',"crc":"%08x"}\n' % crc32(body)


@given(_JSON, _TEXT)
def test_what_was_written_is_read_again(output: JsonValue, kind: str) -> None:
    for fact in (StepCompleted(output=output), UnknownFact(kind=f"custom.{kind}", content={"x": output})):
        event = Event(7, "2026-11-20T12:00:00+00:00", 1.25, 2, 3, 4, fact)
        written = encode_event(event)
        assert (written.count(b"\n"), decode_line(written), decode_line(written[:-1])) == (1, event, event)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (line().replace(b"hello", b"hallo"), "its checksum does not fit its bytes"),
        (line()[:-9], "it has no checksum"),
        (b"", "it holds zeroes only"),
        (b"\0" * 40 + b"\n", "it holds zeroes only"),
        (line()[:20] + b"\0" * 40, "it holds zeroes"),
        (sealed(b'{"seq":'), "it is not JSON"),
        (sealed(b'{"seq":"\xff"'), "it is not JSON"),
        (sealed(b'{"seq":1} {"seq":2'), "it is not one JSON object"),
        (line(epoch="left out"), "it has no key 'epoch'"),
        (line(seq=0), "its seq and epoch are not whole numbers from 1"),
        (line(epoch=True), "its seq and epoch are not whole numbers from 1"),
        (line(ts=5), "its ts, mono or type is of the wrong kind"),
        (line(step="1"), "its step or attempt is not a number or null"),
        (line(data=[]), "its data is not an object"),
    ],
)
def test_a_line_that_is_not_ours_is_refused_with_what_is_wrong(bad: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_line(bad)


def test_keys_of_later_versions_are_read_over() -> None:
    assert decode_line(line(later={"x": 1})) == decode_line(line())


def _ticks(*seconds: float) -> Callable[[], float]:
    return iter(seconds).__next__


def test_events_stand_in_their_order_with_both_clocks(tmp_path: Path) -> None:
    """W0-16: times carry their zone, durations come from a clock that never goes back."""
    clock = iter([NOON, NOON.replace(year=2020)])
    journal = Journal.create(
        tmp_path / "journal.jsonl", durable=True, now=clock.__next__, monotonic=_ticks(100, 100.25, 101)
    )
    journal.append(started())
    journal.append(Chunk(text="after the clock was set back"), step=1, attempt=1)
    journal.close()
    assert [(e.seq, e.ts, e.mono, e.epoch, e.step, e.attempt) for e in read_events(journal.path)] == [
        (1, "2026-11-20T12:00:00.000000+00:00", 0.25, 1, None, None),
        (2, "2020-11-20T12:00:00.000000+00:00", 1.0, 1, 1, 1),
    ]
    assert journal.size == journal.path.stat().st_size


def test_a_journal_is_never_begun_twice(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    with pytest.raises(StreamError, match="there is a journal already"):
        Journal.create(run.journal, durable=False)


def test_a_later_process_adds_one_to_the_epoch_and_goes_on_counting(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, durable=True)
    journal.close()
    seen: list[Event] = []
    again = Journal.open(run.journal, durable=True, each=seen.append)
    event = again.append(PlanResumed())
    again.close()
    assert (event.seq, event.epoch, [e.seq for e in seen]) == (2, 2, [1])


def test_a_queued_run_begins_in_its_own_epoch_and_the_clock_goes_on(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, first=queued())
    journal.close()
    again = Journal.open(run.journal, durable=False)
    assert again.epoch == 1
    event = again.append(started().model_copy(update={"steps": ()}))
    again.close()
    assert (event.epoch, event.mono >= next(iter(read_events(run.journal))).mono) == (1, True)


def test_a_queued_run_that_is_cancelled_by_another_process_gets_a_new_epoch(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path, first=queued())
    journal.close()
    again = Journal.open(run.journal, durable=False)
    accepted = again.append(events.CommandAccepted(command_id="c", kind="cancel", by="me"))
    ended = again.append(events.PlanCancelled(by="me"))
    again.close()
    assert (accepted.epoch, ended.epoch, again.epoch) == (2, 2, 2)


def test_a_torn_last_line_is_cut_before_the_next_append(tmp_path: Path) -> None:
    """Wherever it was torn."""
    run, journal = make_run(tmp_path)
    whole = run.journal.read_bytes()
    written = [journal.append(Chunk(text="x"), step=1, attempt=1)]
    journal.close()
    last = run.journal.read_bytes()[len(whole) :]
    for length in range(len(last)):
        run.journal.write_bytes(whole + last[:length])
        assert [event.seq for event in read_events(run.journal)] == [1]
        again = Journal.open(run.journal, durable=False)
        assert (again.seq, again.size, run.journal.read_bytes()) == (1, len(whole), whole)
        again.close()
    assert written[0].seq == 2


def _flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


DAMAGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "a bit flipped in the middle": (lambda rows: [rows[0], rows[1], _flip(rows[2], 40), *rows[3:]], 3),
    "a bit flipped in the last line": (lambda rows: [*rows[:-1], _flip(rows[-1], 40)], 5),
    "zeroes at the end": (lambda rows: [*rows, b"\0" * 300], 6),
    "zeroes where the last line was": (lambda rows: [*rows[:-1], rows[-1][:30] + b"\0" * 50], 5),
    "a line lost": (lambda rows: [*rows[:2], *rows[3:]], 3),
    "a line twice": (lambda rows: [*rows[:2], rows[1], *rows[2:]], 3),
    "a foreign line": (lambda rows: [rows[0], b"hello\n", *rows[1:]], 2),
    "the head lost": (lambda rows: rows[1:], 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_journal_is_named_with_its_line_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    run, journal = make_run(tmp_path)
    two_steps(journal)
    journal.close()
    damage, number = DAMAGES[name]
    damaged = b"".join(damage(_lines_of(run.journal)))
    run.journal.write_bytes(damaged)
    for read in (lambda: list(read_events(run.journal)), lambda: Journal.open(run.journal, durable=True)):
        with pytest.raises(StreamCorruptError) as caught:
            read()
        assert (caught.value.line, caught.value.path) == (number, run.journal)
        assert str(caught.value).startswith(f"{run.journal}:{number}: line {number} is damaged: ")
    assert run.journal.read_bytes() == damaged
    assert len(list(read_events(run.journal, strict=False))) == number - 1


def test_an_epoch_that_goes_back_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line(epoch=2) + line(seq=2, epoch=1))
    with pytest.raises(StreamCorruptError, match=r":2: .*its epoch goes back from 2 to 1"):
        list(read_events(path))


def test_salvage_reads_every_whole_line_and_tells_of_the_others(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    two_steps(journal)
    journal.close()
    rows = _lines_of(run.journal)
    run.journal.write_bytes(b"".join([rows[0], _flip(rows[1], 40), *rows[2:4], rows[3], rows[4], b"\0\0"]))
    salvage = salvage_events(run.journal)
    assert [event.seq for event in salvage.events] == [1, 3, 4, 5]
    assert salvage.problems == (
        f"{run.journal}:2: its checksum does not fit its bytes",
        f"{run.journal}:5: its seq 4 was already there",
        f"{run.journal}:7: it holds zeroes only",
    )


@pytest.mark.parametrize("content", [b"", b'{"seq":1,"ts"'])
def test_a_run_that_was_cut_short_before_its_first_event_cannot_be_taken_up(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(StreamError, match="holds no event: the run was cut short before it began"):
        Journal.open(path, durable=True)
    assert path.read_bytes() == content


def test_a_missing_journal_is_a_stream_error(tmp_path: Path) -> None:
    for read in (lambda path: list(read_events(path)), lambda path: Journal.open(path, durable=True)):
        with pytest.raises(StreamError, match="it is not there"):
            read(tmp_path / "journal.jsonl")


def test_a_run_of_a_newer_schema_is_read_but_never_resumed(tmp_path: Path) -> None:
    newer = started().model_copy(update={"schema_version": 2})
    run, journal = make_run(tmp_path, first=newer)
    journal.close()
    assert [event.fact for event in read_events(run.journal)] == [newer]
    with pytest.raises(StreamError, match=r"written by a newer version .schema 2, this one writes 1."):
        Journal.open(run.journal, durable=True)


def test_only_the_first_line_may_be_longer_than_64_kib(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl", durable=False, monotonic=lambda: 0.0)
    journal.append(started(steps=2_000))
    assert journal.size > LINE_BYTES
    spare = LINE_BYTES - len(encode_event(journal.append(Chunk(text=""), step=1, attempt=1)))
    with pytest.raises(ValueError, match=f"chunk: the line has {LINE_BYTES + 1} bytes, {LINE_BYTES} may be"):
        journal.append(Chunk(text="x" * (spare + 1)), step=1, attempt=1)
    assert journal.append(Chunk(text="x" * spare), step=1, attempt=1).seq == 3
    journal.close()
    assert [event.seq for event in read_events(journal.path)] == [1, 2, 3]


def test_what_is_not_json_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    size = run.journal.stat().st_size
    with pytest.raises(ValueError, match="JSON"):
        journal.append(UnknownFact.model_construct(kind="custom.x", content={"x": float("nan")}))
    assert (run.journal.stat().st_size, journal.append(Chunk(text="x"), step=1, attempt=1).seq) == (size, 2)
    journal.close()


def test_the_reserve_lies_on_the_disk_until_the_plan_has_ended(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    assert (run.reserve.stat().st_size, run.reserve.stat().st_blocks * 512 >= RESERVE_BYTES) == (RESERVE_BYTES, True)
    journal.close()
    assert run.reserve.exists()
    run.reserve.unlink()
    again = Journal.open(run.journal, durable=True)
    assert run.reserve.exists()
    again.append(PlanCompleted(outcome="success"))
    again.close()
    again.close()
    assert not run.reserve.exists()


def test_a_closed_journal_records_nothing(tmp_path: Path) -> None:
    _run, journal = make_run(tmp_path)
    journal.close()
    with pytest.raises(DurabilityError, match="this journal is closed"):
        journal.append(PlanCompleted(outcome="success"))


def test_the_last_event_is_found_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert last_event(path) is None
    for content in (b"", b'{"seq":1', line() + b"rubbish\n"):
        path.write_bytes(content)
        assert last_event(path) is None
    run, journal = make_run(tmp_path, first=started(steps=30_000))
    journal.close()
    first = last_event(run.journal)
    assert first is not None
    assert (first.seq, run.journal.stat().st_size > 8 * LINE_BYTES) == (1, True)
    again = Journal.open(run.journal, durable=False)
    event = again.append(Chunk(text="x" * 50_000), step=1, attempt=1)
    again.close()
    with run.journal.open("ab") as file:
        file.write(b'{"seq":3,"torn')
    assert last_event(run.journal) == event


def test_the_file_of_a_journal_is_not_inherited_by_children(tmp_path: Path) -> None:
    _run, journal = make_run(tmp_path)
    assert os.get_inheritable(journal._fd) is False
    journal.close()


def test_the_default_clock_is_utc(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    journal.close()
    ts = datetime.fromisoformat(next(iter(read_events(run.journal))).ts)
    assert (ts.tzinfo, ts <= datetime.now(UTC)) == (UTC, True)


def test_a_disk_that_fails_is_not_written_to_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN 3.3: only where there was no room is the line tried once more; the reserve helps nobody else."""
    run, journal = make_run(tmp_path)
    before, write = run.journal.read_bytes(), os.write
    failures = [OSError(errno.EIO, os.strerror(errno.EIO))]

    def fail_once(fd: int, content: bytes) -> int:
        if failures:
            raise failures.pop()
        return write(fd, content)

    monkeypatch.setattr(os, "write", fail_once)
    for _attempt in range(2):
        with pytest.raises(DurabilityError, match="the disk failed to keep what was written"):
            journal.append(Chunk(text="x"), step=1, attempt=1)
    journal.close()
    assert (run.journal.read_bytes(), run.reserve.exists()) == (before, True)
