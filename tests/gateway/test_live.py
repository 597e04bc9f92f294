"""What a page is told while it looks on: everything, once, and never what is not so."""

import json
import os
import shutil
import time
from pathlib import Path

from character_flow.board import snapshot_bytes
from character_flow.events import Chunk, PlanCompleted, Progress, StepCompleted, StepStarted
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.clear import clear
from character_flow.stream.files import replace_file
from character_flow.stream.journal import Journal, read_events
from character_flow.stream.liveness import this_process, write_owner
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.served import Server, serving
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run

END = PlanCompleted(outcome="success")


def published(folder: Path, run_id: str = RUN_ID) -> tuple[RunFolder, Journal]:
    """A run that this process writes, shown on the page."""
    run, journal = make_run(folder, run_id)
    write_owner(run.owner, this_process(run_id, 1))
    publish(run)
    return run, journal


def publish(run: RunFolder) -> None:
    """Bring the page and the run's snapshot up to date."""
    content = snapshot_bytes(fold(Snapshot(), read_events(run.journal)))
    replace_file(run.snapshot, content, durable=False)
    replace_file(run.path.parents[1] / "plan_stream.json", content, durable=False)


def never_silent(run: RunFolder) -> None:
    """Its writer's last sign of life is from tomorrow: it stays a living one, however long the test takes."""
    tomorrow = time.time() + 24 * 3600
    os.utime(run.owner, (tomorrow, tomorrow))


def begin(journal: Journal, step: int) -> None:
    journal.append(StepStarted(name=f"s{step}", tool="text.generate", with_key="k"), step=step, attempt=1)


def test_a_page_begins_with_everything_and_goes_on_with_what_changed(server: Server) -> None:
    """S0-04, S0-06: progress as it happens. The whole conversation, word by word."""
    run, journal = published(server.folder)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        begin(journal, 2)
        page.shows(seq=2)
        journal.append(Progress(percent=40, message="halfway"), step=2, attempt=1)
        page.shows(seq=3)
        journal.append(END)
        publish(run)
        page.shows(status="completed")
    journal.close()
    assert page.answer.headers.get_all("content-type") == ["text/event-stream; charset=utf-8"]
    assert page.lines[:3] == [b"retry: 500\n", b"\n", b"event: board\n"]
    told = [(frame["full"], [row["step_number"] for row in frame["rows"]]) for frame in page.frames]
    assert (told[0], [numbers for _full, numbers in told[1:] if numbers]) == ((True, [1, 2]), [[2], [2]])
    assert not any(full for full, _numbers in told[1:])
    assert (page.ids[0], page.ids[-1]) == (f"{RUN_ID}:1.1", f"{RUN_ID}:1.4")
    assert page.page.snapshot == read_snapshot(server.folder)


def test_a_frame_says_all_that_the_contract_names(server: Server) -> None:
    run, journal = published(server.folder)
    never_silent(run)
    with server.watch() as page:
        frame = page.seen(lambda page: page.last["writer"]["kind"] == "alive")
    journal.close()
    assert sorted(frame) == ["expected", "full", "head", "now", "problem", "rows", "writer"]
    assert (frame["writer"]["stale"], frame["expected"], frame["problem"]) == (False, None, None)
    assert sorted(frame["head"]) == sorted(set(Snapshot.model_fields) - {"steps"})


def test_who_comes_back_gets_only_what_he_missed(server: Server) -> None:
    _run, journal = published(server.folder)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
    begin(journal, 2)
    with server.watch(after=page.ids[-1]) as again:
        again.shows(seq=2)
    journal.close()
    rows = [row["step_number"] for frame in again.frames for row in frame["rows"]]
    assert ([frame["full"] for frame in again.frames], rows) == ([False] * len(again.frames), [2])


def test_who_comes_back_with_a_place_nobody_knows_gets_everything(server: Server) -> None:
    """After a restart of the server, a run that was deleted, or nonsense."""
    _run, journal = published(server.folder)
    journal.close()
    for place in (f"{RUN_ID}:1.99", f"{OTHER_ID}:1.1", "nonsense", ":0.0", ""):
        with server.watch(after=place) as page:
            page.shows(run_id=RUN_ID)
        assert (page.frames[0]["full"], len(page.frames[0]["rows"])) == (True, 2), place


def test_who_missed_nothing_is_told_at_once_how_it_stands_beside_the_rows(server: Server) -> None:
    """A problem or a dead writer has no place in a journal; a page that slept through it must hear of it."""
    _run, journal = published(server.folder)
    with server.watch() as page:
        page.seen(lambda page: page.last["writer"]["kind"] == "alive")
    with server.watch(after=page.ids[-1]) as again:
        frame = again.shows(run_id=RUN_ID)
    journal.close()
    assert (frame["full"], frame["rows"], frame["writer"]["kind"]) == (False, [], "alive")


def test_the_next_run_replaces_the_one_before(server: Server) -> None:
    """S0-40: a page that stays open goes on with whatever comes next."""
    """S0-40: a tab that stays open sees run after run."""
    first, journal = published(server.folder)
    with server.watch() as page:
        page.shows(run_id=RUN_ID)
        journal.append(END)
        journal.close()
        publish(first)
        page.shows(status="completed")
        before = len(page.frames)
        _second, journal = published(server.folder, OTHER_ID)
        page.shows(run_id=OTHER_ID)
        new = next(frame for frame in page.frames[before:] if frame["head"]["run_id"] == OTHER_ID)
    journal.close()
    assert (new["full"], len(new["rows"]), page.ids[-1]) == (True, 2, f"{OTHER_ID}:1.1")


def test_a_cleared_page_waits(server: Server) -> None:
    """S0-29: Clear Stream, seen by every tab."""
    run, journal = published(server.folder)
    journal.append(END)
    journal.close()
    publish(run)
    with server.watch() as page, server.watch() as other_tab:
        page.shows(status="completed")
        other_tab.shows(status="completed")
        clear(Stream(server.folder))
        frames = [tab.shows(status="waiting") for tab in (page, other_tab)]
    assert [(frame["full"], frame["rows"], frame["head"]["total_steps"]) for frame in frames] == [(True, [], 0)] * 2
    assert page.page.snapshot == Snapshot()


def test_the_viewer_may_be_started_before_there_is_anything(tmp_path: Path) -> None:
    """S0-03: the start order is free; not even the folder need exist."""
    with serving(tmp_path / "later") as server, server.watch() as page:
        frame = page.shows(status="waiting")
        assert (frame["full"], frame["rows"], frame["writer"]["kind"], frame["problem"]) == (True, [], "none", None)
        _run, journal = published(tmp_path / "later")
        page.shows(run_id=RUN_ID)
        journal.close()


def test_a_page_written_by_somebody_elses_hooks_is_shown_and_followed(server: Server) -> None:
    """S0-15..S0-26: only the documented keys, and no journal behind them."""
    steps = [
        {"step_number": number, "task": f"Task {number}", "tool_id": "function", "status": "pending",
         "started_at": None, "completed_at": None, "output": None} for number in (1, 2)
    ]  # fmt: skip
    seed = {"status": "running", "plan_name": "UGC", "total_steps": 2, "current_step": 1,
            "started_at": "2025-08-23T10:30:00", "steps": steps}  # fmt: skip
    file = server.folder / "plan_stream.json"
    file.write_text(json.dumps(seed))
    with server.watch() as page:
        first = page.shows(plan_name="UGC")
        steps[0] |= {"status": "completed", "output": "https://example.org/x.png"}
        file.write_text(json.dumps(seed | {"current_step": 2}))
        second = page.shows(current_step=2)
    assert (first["full"], first["writer"]["kind"], first["head"]["run_id"]) == (True, "none", "")
    assert (second["full"], [row["output"] for row in second["rows"]]) == (False, ["https://example.org/x.png"])
    assert page.page.snapshot == read_snapshot(server.folder)


def test_rows_of_somebody_else_that_share_a_number_never_mix_with_earlier_ones(server: Server) -> None:
    """His numbers may say anything; then everything is told each time."""
    file = server.folder / "plan_stream.json"
    steps = [{"step_number": 7, "task": "a"}, {"step_number": 7, "task": "b"}]
    file.write_text(json.dumps({"status": "running", "plan_name": "odd", "total_steps": 2, "steps": steps}))
    with server.watch() as page:
        page.shows(plan_name="odd")
        steps[0]["task"] = "c"
        file.write_text(json.dumps({"status": "running", "plan_name": "odd", "total_steps": 2, "current_step": 1,
                                    "steps": steps}))  # fmt: skip
        frame = page.shows(current_step=1)
    assert (frame["full"], [row["task"] for row in frame["rows"]]) == (True, ["c", "b"])


def test_names_with_line_breaks_cannot_add_lines_to_the_stream(server: Server) -> None:
    """Whatever a foreign file holds, `id:` and `data:` are one line each and ours."""
    evil = "x\n\nevent: board\nid: 1\ndata: {}\r\n\u2028\x00\x1b"
    head = {"status": "running", "run_id": evil, "plan_name": evil, "epoch": 3, "seq": 4, "total_steps": 1}
    steps = [{"step_number": 1, "task": evil, "name": evil, "output": evil}]
    (server.folder / "plan_stream.json").write_text(json.dumps({**head, "steps": steps}))
    with server.watch() as page:
        page.shows(status="running")
    assert [line.partition(b":")[0] for line in page.lines[:7]] == [b"retry", b"\n", b"event", b"id", b"data", b"\n"]
    assert (page.ids, page.page.head["plan_name"]) == ([":3.4"], evil)
    assert page.page.rows[1]["output"] == evil


def test_a_run_has_a_page_of_its_own(server: Server) -> None:
    """S0-49, S0-51: whatever is published meanwhile."""
    run, journal = published(server.folder)
    _other, other_journal = published(server.folder, OTHER_ID)
    other_journal.close()
    with server.watch(f"/plan/runs/{RUN_ID}/events") as page, server.watch() as live:
        page.shows(run_id=RUN_ID)
        live.shows(run_id=OTHER_ID)
        begin(journal, 1)
        journal.append(Chunk(text="Once "), step=1, attempt=1)
        journal.append(Chunk(text="more"), step=1, attempt=1)
        page.shows(seq=4)
        journal.append(StepCompleted(output="Once more"), step=1, attempt=1)
        journal.append(END)
        page.shows(status="completed")
    journal.close()
    assert page.page.snapshot == fold(Snapshot(), read_events(run.journal))
    assert {frame["head"]["run_id"] for frame in live.frames} == {OTHER_ID}


def test_a_run_deleted_while_it_is_looked_at_says_so(server: Server) -> None:
    run, journal = published(server.folder)
    journal.append(END)
    journal.close()
    with server.watch(f"/plan/runs/{RUN_ID}/events") as page:
        page.shows(status="completed")
        shutil.rmtree(run.path)
        frame = page.seen(lambda page: page.last["problem"] is not None)
    problem = f"{run.path}: there is no such run here; it may have been deleted"
    assert (frame["problem"], frame["head"]["status"]) == (problem, "completed")
    assert server.json(f"/plan/runs/{RUN_ID}/snapshot")["problem"] == problem


def test_the_whole_frame_is_there_for_pages_that_get_no_stream(server: Server) -> None:
    """S0-28: Refresh Now, and the fallback once a second."""
    run, journal = published(server.folder)
    begin(journal, 1)
    publish(run)
    journal.close()
    for path in ("/plan/snapshot", f"/plan/runs/{RUN_ID}/snapshot"):
        frame = server.json(path)
        rows = [frame["head"]["run_id"], frame["full"], frame["writer"]["kind"], frame["problem"]]
        assert rows == [RUN_ID, True, "alive", None]
        assert Snapshot.model_validate({**frame["head"], "steps": frame["rows"]}) == read_snapshot(run.path)


def test_only_the_head_of_a_stream_is_asked_for_and_it_ends(server: Server) -> None:
    answer = server.http.head("/plan/events")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
