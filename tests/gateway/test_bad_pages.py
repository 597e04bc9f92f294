"""What a page says of files that are not as they should be, and that it finds back by itself."""

import json
import os
from contextlib import ExitStack
from pathlib import Path

from character_flow.events import StepCompleted
from character_flow.stream.journal import Journal
from character_flow.stream.reading import read_snapshot
from tests.gateway.served import Server, Watcher, serving
from tests.gateway.test_live import END, begin, publish, published
from tests.unit.recorded import RUN_ID

GOOD = {"status": "completed", "plan_name": "good", "steps": []}


_IN_A_STATUS = "it is not a snapshot: status: "
_NEWER = "written by a newer version (schema 9, this one reads 1); use that one"
_NO_TEXT = "it is not whole JSON: 'utf-8' codec can't decode byte 0x80 in position 0: invalid start byte"
BAD = {
    "empty": (b"", "it is empty; the next run writes it anew, `clear` removes it"),
    "torn": (b'{"status": "running", "steps": [', "it is not whole JSON: Expecting value: line 1 column 33 (char 32)"),
    "list": (b"[1, 2]", "it is not a snapshot: a JSON object with a status belongs here"),
    "foreign": (b'{"hello": "world"}', "it is not a snapshot: a JSON object with a status belongs here"),
    "odd": (b'{"status": "off"}', _IN_A_STATUS + "input should be 'waiting', 'running', 'completed' or 'error'"),
    "newer": (b'{"status": "x", "schema_version": 9}', _NEWER),
    "binary": (b"\x80\x81\x00", _NO_TEXT),
}  # fmt: skip


def test_a_page_that_cannot_be_read_is_told_in_one_line_and_found_back(tmp_path: Path) -> None:
    """S0-59, W0-18: never swallowed, never a traceback. All at once: half a page is given a second to become whole."""
    with ExitStack() as open_:
        opened: dict[str, tuple[Server, Watcher]] = {}
        for name, (content, _problem) in BAD.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "plan_stream.json").write_bytes(content)
            server = open_.enter_context(serving(tmp_path / name))
            opened[name] = server, open_.enter_context(server.watch())
        told: dict[str, str] = {}
        for name, (server, page) in opened.items():
            told[name] = page.seen(lambda page: page.last["problem"] is not None)["problem"]
            assert server.json("/plan/snapshot")["problem"] == told[name]
        assert told == {name: f"{tmp_path}/{name}/plan_stream.json: {problem}" for name, (_, problem) in BAD.items()}
        for name, (_server, page) in opened.items():
            (tmp_path / name / "plan_stream.json").write_text(json.dumps(GOOD))
            assert page.shows(plan_name="good")["problem"] is None


def test_a_folder_in_the_place_of_the_page_is_told(server: Server) -> None:
    file = server.folder / "plan_stream.json"
    file.mkdir()
    with server.watch() as page:
        told = page.seen(lambda page: page.last["problem"] is not None)["problem"]
        file.rmdir()
        file.write_text(json.dumps(GOOD))
        page.shows(plan_name="good")
    assert told == f"{file}: a folder stands where a file belongs; move the folder away"


def test_a_page_of_a_newer_version_is_shown_as_far_as_it_can_be_read(server: Server) -> None:
    (server.folder / "plan_stream.json").write_text(json.dumps({**GOOD, "schema_version": 2, "mood": "fine"}))
    with server.watch() as page:
        frame = page.shows(plan_name="good")
    assert (frame["head"]["schema_version"], frame["problem"]) == (2, None)


def test_while_a_run_is_at_work_its_journal_tells_more_than_a_broken_page(server: Server) -> None:
    run, journal = published(server.folder)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        (server.folder / "plan_stream.json").write_bytes(b"{")
        begin(journal, 1)
        page.shows(seq=2)
        journal.append(StepCompleted(output="x"), step=1, attempt=1)
        page.shows(seq=3)
        publish(run)  # of a run that is over a broken page is told, a second after its end
        journal.append(END)
        page.shows(status="completed")
        publish(run)
    journal.close()
    assert [frame["problem"] for frame in page.frames] == [None] * len(page.frames)
    assert page.page.snapshot == read_snapshot(run.path)


def _damage(journal: Path) -> bytes:
    """Make the second line unreadable; returns the file as it was."""
    whole = journal.read_bytes()
    first, second, rest = whole.split(b"\n", 2)
    journal.write_bytes(b"\n".join([first, second.replace(b"s1", b"s?"), rest]))
    return whole


def test_a_damaged_journal_is_told_once_and_stays_told(server: Server) -> None:
    run, journal = published(server.folder)
    begin(journal, 1)
    begin(journal, 2)
    journal.close()
    whole = _damage(run.journal)
    with server.watch(f"/plan/runs/{RUN_ID}/events") as page:
        told = page.seen(lambda page: page.last["problem"] is not None)["problem"]
        settled = len(page.frames)
        page.seen(lambda page: page.last["writer"]["stale"])  # some seconds have passed
        assert all(frame["problem"] == told for frame in page.frames[settled:])
        run.journal.write_bytes(whole)
        page.shows(seq=3)
        page.seen(lambda page: page.last["problem"] is None)
    assert told.startswith(f"{run.journal}:2: ")


def test_another_run_on_the_page_is_shown_though_the_one_before_is_damaged(server: Server) -> None:
    run, journal = published(server.folder)
    begin(journal, 1)
    begin(journal, 2)
    journal.close()
    _damage(run.journal)
    with server.watch() as page:
        page.seen(lambda page: page.last["problem"] is not None)
        _next, other = published(server.folder, RUN_ID.replace("3f9a1c", "aaaaaa"))
        page.shows(run_id=_next.id)
        shown = page.seen(lambda page: page.last["problem"] is None)
        assert (page.page.head["run_id"], shown["problem"]) == (_next.id, None)
        other.close()


def test_a_replaced_journal_of_the_same_run_is_read_anew(server: Server) -> None:
    """Restored from a copy, or resumed after a power cut took the last lines."""
    run, journal = published(server.folder)
    journal.close()
    early = run.journal.read_bytes()
    journal = Journal.open(run.journal, durable=False)
    begin(journal, 1)
    with server.watch(f"/plan/runs/{RUN_ID}/events") as page:
        page.shows(seq=2)
        journal.close()
        aside = run.path / "copy"
        aside.write_bytes(early)
        os.replace(aside, run.journal)
        page.shows(seq=1)
    assert page.page.snapshot == read_snapshot(run.path)
