"""What else a page is told: how long it will take, why nothing moves, how it went; and the same over a WebSocket."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from character_flow.events import PlanCompleted, PlanFailed, StepCompleted, StepStarted
from character_flow.gateway.expected import expected_times
from character_flow.gateway.frames import replay_frames
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import read_events
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.served import DEADLINE_S, Page, Server, serving, wait_until
from tests.gateway.test_live import END, begin, never_silent, publish, published
from tests.unit.recorded import NOON, OTHER_ID, RUN_ID, make_run
from tests.unit.small_runs import run_text


def _earlier(folder: Path, number: int, *seconds: float, plan: str = "ugc_ad", end: object = None) -> RunFolder:
    """A finished run of the same plan whose steps took this long."""
    run, journal = make_run(folder, f"20261119T2105{number:02}Z-{plan}-0000{number:02}")
    for step, took in enumerate(seconds, 1):
        begin(journal, step)
        journal.append(StepCompleted(output="x", duration_s=took), step=step, attempt=1)
    fact = end if isinstance(end, PlanFailed) else PlanCompleted(outcome="success", duration_s=sum(seconds) + 1)
    journal.append(fact)
    journal.close()
    publish(run)
    return run


def test_how_long_it_takes_is_learned_from_earlier_runs_of_the_same_plan(tmp_path: Path) -> None:
    """Medians of those that completed; other plans, failures and what cannot be read do not count."""
    for number, seconds in enumerate([(1.0, 5.0), (2.0, 6.0), (30.0, 70.0)]):
        _earlier(tmp_path, number, *seconds)
    _earlier(tmp_path, 10, 1000.0, 1000.0, end=PlanFailed(outcome="failed", message="no"))
    _earlier(tmp_path, 11, 1000.0, 1000.0, plan="ugc_ad_public")
    _earlier(tmp_path, 12, 1000.0, 1000.0).snapshot.write_bytes(b"{")
    _run, journal = published(tmp_path)
    with serving(tmp_path) as server, server.watch() as page, server.watch(f"/plan/runs/{RUN_ID}/events") as own:
        frames = [tab.seen(lambda page: page.last["expected"] is not None) for tab in (page, own)]
        journal.append(END)
        journal.close()
    expected = {"wall_s": 9.0, "steps": {"s1": 2.0, "s2": 6.0}}
    assert [frame["expected"] for frame in frames] == [expected, expected]


def test_only_the_latest_ten_count_and_a_first_run_expects_nothing(tmp_path: Path) -> None:
    for number in range(12):
        _earlier(tmp_path, number, 1000.0 if number < 2 else 1.0)
    stream = Stream(tmp_path)
    assert expected_times(stream.run(RUN_ID)) == {"wall_s": 2.0, "steps": {"s1": 1.0}}
    assert expected_times(stream.run(RUN_ID.replace("ugc_ad", "other"))) is None


def test_what_was_taken_over_from_an_earlier_run_says_nothing_of_how_long_it_takes(tmp_path: Path) -> None:
    run = run_text(tmp_path, "steps: [{name: one, tool: function, with: {call: 'platform:machine'}}]\n").run
    content = json.loads(run.snapshot.read_bytes())
    content["steps"][0] |= {"reused_from": OTHER_ID}
    run.snapshot.write_text(json.dumps(content))
    other = run.path.with_name(run.id[:-6] + "ffffff")
    expected = expected_times(RunFolder(other))
    assert expected is not None
    assert expected["steps"] == {}


def _answers(told: dict[str, object]) -> list[tuple[str, bool]]:
    answers = told["answers"]
    assert isinstance(answers, list)
    return [(answer["question"], answer["ok"]) for answer in answers]


EXISTS, READ = "Does plan_stream.json exist?", "Can it be read?"
RUNS, WRITES = "Is the plan's process running?", "May this viewer write here?"


def test_the_diagnosis_of_an_empty_page_says_what_is_missing(server: Server) -> None:
    """S0-44: the manual's troubleshooting section, answered by the page."""
    told = server.json("/plan/diagnostics")
    assert _answers(told) == [(EXISTS, False), (RUNS, True), (WRITES, True)]
    answers = told.pop("answers")
    assert answers[0]["answer"] == f"No. It appears in {server.folder} when a run starts: python main.py"
    assert told == {
        "path": f"{server.folder}/plan_stream.json", "folder": str(server.folder), "exists": False, "kind": "missing",
        "bytes": None, "age_s": None, "modified_at": None, "readable": False, "writable": True, "problem": None,
        "writer": {"kind": "none", "who": None, "pulse_at": None, "stale": False}, "last_seq": None, "cursor": "0.0",
        "run_id": "", "clients": 0, "watching": "notify",
    }  # fmt: skip


def test_the_diagnosis_of_a_run_at_work_names_its_process(server: Server) -> None:
    run, journal = published(server.folder)
    never_silent(run)
    begin(journal, 1)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        told = server.json("/plan/diagnostics")
    journal.close()
    own = server.json(f"/plan/runs/{RUN_ID}/diagnostics")
    assert _answers(told) == [(EXISTS, True), (READ, True), (RUNS, True), (WRITES, True)]
    assert told["answers"][2]["answer"].startswith(f"Yes, pid {os.getpid()} on ")
    assert (told["run_id"], told["cursor"], told["last_seq"], told["clients"]) == (RUN_ID, "1.1", 2, 1)
    assert (told["kind"], told["bytes"], told["writer"]["kind"]) == (
        "file",
        Stream(server.folder).page.stat().st_size,
        "alive",
    )
    assert (own["path"], own["run_id"], own["last_seq"]) == (str(run.snapshot), RUN_ID, 2)


def test_the_diagnosis_tells_a_dead_process_and_a_damaged_page(server: Server) -> None:
    """S0-44, S0-45."""
    run, journal = published(server.folder)
    journal.close()
    owner = json.loads(run.owner.read_bytes())
    run.owner.write_text(json.dumps(owner | {"start_token": "1"}))  # that process is no more; this is another one
    dead = server.json("/plan/diagnostics")
    assert _answers(dead) == [(EXISTS, True), (READ, True), (RUNS, False), (WRITES, True)]
    assert "go on with `resume" in dead["answers"][2]["answer"]
    Stream(server.folder).page.write_bytes(b"{")
    damaged = server.json("/plan/diagnostics")
    assert _answers(damaged) == [(EXISTS, True), (READ, False), (RUNS, True), (WRITES, True)]
    assert damaged["problem"] == damaged["answers"][1]["answer"]
    Stream(server.folder).page.unlink()
    Stream(server.folder).page.mkdir()
    assert server.json("/plan/diagnostics")["kind"] == "folder"


def test_the_diagnosis_of_a_run_that_is_not_there_says_so(server: Server) -> None:
    told = server.json(f"/plan/runs/{RUN_ID}/diagnostics")
    assert (told["exists"], told["writer"]["kind"], told["answers"][0]["ok"]) == (False, "none", False)


def test_a_process_that_gave_no_sign_of_life_for_a_while_is_told(server: Server) -> None:
    run, journal = published(server.folder)
    journal.close()
    an_hour_ago = NOON.timestamp()
    os.utime(run.owner, (an_hour_ago, an_hour_ago))
    told = server.json("/plan/diagnostics")
    assert told["writer"]["stale"] is True
    assert (told["answers"][2]["ok"], told["answers"][2]["answer"].endswith(f"since {NOON.isoformat()}.")) == (
        False,
        True,
    )


def test_a_replay_ends_as_the_run_did_and_each_frame_has_its_time(server: Server) -> None:
    """The same frames as live, with the run's own clock: the first is everything, the rest is what changed."""
    run, journal = published(server.folder)
    with server.watch() as page:
        for step in (1, 2):
            begin(journal, step)
            journal.append(StepCompleted(output=f"out {step}"), step=step, attempt=1)
        journal.append(END)
        page.shows(status="completed")
    journal.close()
    publish(run)
    told = server.json(f"/plan/runs/{RUN_ID}/replay")
    replayed, seqs = Page(), []
    for frame in told["frames"]:
        replayed.apply(frame)
        seqs.append(frame["head"]["seq"])
        assert replayed.snapshot == fold(Snapshot(), list(read_events(run.journal))[: len(seqs)])
    events = list(read_events(run.journal))
    assert replayed.snapshot == page.page.snapshot == read_snapshot(run.path)
    assert (seqs, [frame["full"] for frame in told["frames"]]) == ([1, 2, 3, 4, 5, 6], [True] + [False] * 5)
    assert [len(frame["rows"]) for frame in told["frames"]] == [2, 1, 1, 1, 1, 0]
    assert [frame["t"] for frame in told["frames"]] == [round(event.mono - events[0].mono, 3) for event in events]
    assert [frame["now"] for frame in told["frames"]] == [event.ts for event in events]
    assert told["length_s"] == told["frames"][-1]["t"]


def test_a_replay_of_a_damaged_run_shows_what_can_be_read(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    begin(journal, 1)
    journal.close()
    with run.journal.open("ab") as file:
        file.write(b"what is this\n")
    told = json.loads(replay_frames(run))
    assert [frame["head"]["seq"] for frame in told["frames"]] == [1, 2]


def _socket(server: Server, path: str = "/plan/ws") -> ClientConnection:
    address = f"ws://127.0.0.1:{server.port}{path}"
    return connect(address, proxy=None, open_timeout=DEADLINE_S, close_timeout=DEADLINE_S)


def test_a_websocket_tells_the_same_frames_each_with_its_place(server: Server) -> None:
    """S0-47: for programs; who comes back says after which place."""
    run, journal = published(server.folder)
    page, ids = Page(), []
    with _socket(server) as socket:
        while page.head.get("seq") != 1:
            page.apply(json.loads(socket.recv(DEADLINE_S)))
    begin(journal, 2)
    with _socket(server, f"/plan/runs/{RUN_ID}/ws?after={RUN_ID}:1.1") as socket:
        first = json.loads(socket.recv(DEADLINE_S))  # a channel of its own, that never was at this place
    with _socket(server, f"/plan/ws?after={RUN_ID}:1.1") as socket:
        while page.head["seq"] != 2:
            frame = json.loads(socket.recv(DEADLINE_S))
            page.apply(frame)
            ids.append((frame["id"], frame["full"]))
    journal.close()
    assert page.snapshot == fold(Snapshot(), read_events(run.journal))
    assert (ids[-1], {full for _id, full in ids}) == ((f"{RUN_ID}:1.2", False), {False})
    assert (first["full"], first["head"]["run_id"]) == (True, RUN_ID)
    wait_until(lambda: server.clients() == 0)


def test_a_websocket_of_no_run_is_refused(server: Server) -> None:
    for path in ("/plan/runs/yesterday/ws", "/plan/nothing"):
        with pytest.raises(InvalidStatus, match="403"), _socket(server, path):
            pass


def test_a_websocket_that_is_open_ends_with_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with _socket(server) as socket:
        assert json.loads(socket.recv(DEADLINE_S))["head"]["status"] == "waiting"
        server.gateway.hub.end_streams()  # first, as a signal does: a connection still open is cut off by the server
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(DEADLINE_S)
        server.stop()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


def test_times_are_told_by_the_servers_clock(server: Server) -> None:
    """A browser whose clock is an hour off shows the right seconds all the same."""
    _run, journal = published(server.folder)
    journal.append(StepStarted(name="s1", tool="t", with_key="k"), step=1, attempt=1)
    journal.close()
    with server.watch() as page:
        frame = page.shows(seq=2)
    began = datetime.fromisoformat(frame["rows"][0]["started_at"] if frame["rows"] else page.page.rows[1]["started_at"])
    now = datetime.fromisoformat(frame["now"])
    assert timedelta(0) <= now - began < timedelta(seconds=DEADLINE_S)
