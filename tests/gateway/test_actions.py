"""What a page may ask of a run, and what becomes of it."""

from collections.abc import Iterator

import httpx
import pytest

from character_flow.stream.journal import read_events
from character_flow.stream.locks import hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from tests.gateway.processes import ASKING, calls, end_all, gated_run, kill, open_gate, pid_of
from tests.gateway.served import DEADLINE_S, Server, wait_until
from tests.gateway.test_live import END, publish, published
from tests.unit.recorded import OTHER_ID, RUN_ID


@pytest.fixture
def studio(server: Server) -> Iterator[Server]:
    """A server in whose folder processes of their own may run; none outlives the test."""
    yield server
    end_all(server.folder)


def _told(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()


def _types(run: RunFolder) -> list[str]:
    return [event.type for event in read_events(run.journal)]


@pytest.mark.faults
def test_a_run_at_work_obeys_a_cancel_and_a_second_one_finds_it_over(studio: Server) -> None:
    run = gated_run(studio.folder)
    path = f"/plan/runs/{run.id}"
    with studio.watch(f"{path}/events") as page:
        page.shows(message="waiting at the gate")
        assert _told(studio.ask(f"{path}/cancel")) == (200, {"stopped": [], "left": []})
        page.shows(outcome="cancelled")
    problem = f"run {run.id} has ended already: cancelled by the viewer"
    assert _told(studio.ask(f"{path}/cancel")) == (400, {"problem": problem})


@pytest.mark.faults
def test_a_question_is_answered_from_the_page_and_only_the_one_that_is_asked(studio: Server) -> None:
    """S0-62: a wrong choice, an answer to what is not asked any more, and the right ones."""
    run = gated_run(studio.folder, plan=ASKING)
    path = f"/plan/runs/{run.id}"
    with studio.watch() as page:
        page.seen(lambda page: bool(page.head["input_request"]))
        asked = page.page.head["input_request"]
        assert (asked["prompt"], asked["choices"], asked["request_id"]) == (
            "Which colour?",
            ["red", "blue"],
            "colour:1",
        )

        def answer(value: object, request_id: object = "colour:1") -> tuple[int, object]:
            return _told(studio.ask(f"{path}/answer", request_id=request_id, value=value))

        bad, number = answer("green"), answer(5)
        stale = "that question has been answered meanwhile"
        assert (bad[0], list(bad[1]), number) == (400, ["problem"], (400, {"problem": "value: the answer, a text"}))  # type: ignore[call-overload]
        assert answer("red", "word:1") == (400, {"problem": stale})
        assert answer("blue") == (200, {"by": "writer"})
        page.seen(lambda page: (page.head["input_request"] or {}).get("request_id") == "word:1")
        assert answer("blue") == (400, {"problem": stale})
        assert answer(" Grün\u2028 ", "word:1") == (200, {"by": "writer"})
        page.shows(status="completed")
    assert [row["output"] for row in page.page.rows.values()] == ["blue", "Grün"]
    assert answer("late", "word:1")[0] == 400


@pytest.mark.faults
def test_a_killed_run_is_completed_from_the_page_while_another_one_cannot_be_taken(studio: Server) -> None:
    """S0-39, W0-04: a dead run never looks as if it went on. What was finished is not done again."""
    run = gated_run(studio.folder)
    with studio.watch(f"/plan/runs/{run.id}/events") as page:
        page.shows(message="waiting at the gate")
        status, told = _told(studio.ask(f"/plan/runs/{run.id}/resume"))
        assert isinstance(told, dict)
        assert (status in (400, 409), f"pid {pid_of(run)}" in told["problem"], "\n" in told["problem"]) == (
            True,
            True,
            False,
        )
        error = f"pid {pid_of(run)} is gone without ending the run; go on with `resume {run.id}`"
        kill(run)
        page.shows(outcome="lost", status="error", error=error)
        open_gate(studio.folder)
        assert _told(studio.ask(f"/plan/runs/{run.id}/resume", from_step=None)) == (200, {"run_id": run.id})
        page.shows(status="completed", outcome="success", epoch=2, error=None)
        wait_until(lambda: read_snapshot(run.path).status == "completed")
        assert page.page.snapshot == read_snapshot(run.path)
    assert calls(studio.folder) == "first "
    hold_run(run, wait_s=DEADLINE_S).release()  # its process lets go of it a moment after the end
    status, told = _told(studio.ask(f"/plan/runs/{run.id}/resume"))
    problem = f"run {run.id} has completed; `resume {run.id} --from STEP` makes a new run of it"
    assert (status, told) == (400, {"problem": problem})


@pytest.mark.faults
def test_from_a_step_on_a_new_run_is_made(studio: Server) -> None:
    (studio.folder / "plans").mkdir()
    open_gate(studio.folder)
    run = gated_run(studio.folder)
    with studio.watch(f"/plan/runs/{run.id}/events") as page:
        page.shows(status="completed")
    wait_until(lambda: not run.owner.exists() or read_snapshot(run.path).status == "completed")
    new = studio.ask(f"/plan/runs/{run.id}/resume", from_step="second").json()["run_id"]
    with studio.watch(f"/plan/runs/{new}/events") as page:
        page.shows(status="completed", parent_run_id=run.id)
    assert ([row.reused_from for row in page.page.snapshot.steps], new != run.id) == ([run.id, None], True)
    assert calls(studio.folder) == "first "
    wrong = studio.ask(f"/plan/runs/{run.id}/resume", from_step="third")
    assert _told(wrong) == (400, {"problem": "plan 'gated' has no step 'third'; its steps are first, second"})
    assert studio.ask(f"/plan/runs/{run.id}/resume", from_step=2).json() == {
        "problem": "from_step: the name of a step, or null"
    }


def test_an_idle_page_is_cleared_at_once(server: Server) -> None:
    """S0-29, S0-42."""
    run, journal = published(server.folder)
    journal.append(END)
    journal.close()
    publish(run)
    assert _told(server.ask("/plan/clear")) == (200, {"was_there": True})
    assert _told(server.ask("/plan/clear", force=False)) == (200, {"was_there": False})
    assert (Stream(server.folder).page.exists(), run.journal.exists()) == (False, True)


@pytest.mark.faults
def test_a_page_in_use_is_cleared_only_by_force_and_then_its_run_is_cancelled(studio: Server) -> None:
    """W0-05: the refusal names who publishes there."""
    run = gated_run(studio.folder)
    with studio.watch() as page:
        page.shows(message="waiting at the gate")
        for asked in ({}, {"force": False}, {"force": "yes"}, {"force": 1}):
            status, told = _told(studio.ask("/plan/clear", **asked))
            assert isinstance(told, dict)
            assert (status, f"in use by pid {pid_of(run)} on " in told["problem"]) == (409, True)
        assert _told(studio.ask("/plan/clear", force=True)) == (200, {"was_there": True})
        page.shows(status="waiting", total_steps=0)
    assert read_snapshot(run.path).outcome == "cancelled"


UNKNOWN = OTHER_ID[:-6] + "ffffff"


@pytest.mark.parametrize("ask", ["resume", "cancel", "answer"])
def test_nothing_can_be_asked_of_a_run_that_is_not_there(server: Server, ask: str) -> None:
    run = Stream(server.folder).run(UNKNOWN)
    problem = f"there is no run {UNKNOWN} here; it may have been deleted"
    assert _told(server.ask(f"/plan/runs/{UNKNOWN}/{ask}", value="x")) == (404, {"problem": problem})
    assert server.ask(f"/plan/runs/yesterday/{ask}").status_code == 400
    assert not run.path.exists()


ASKED = ["/plan/clear", "/plan/demo", f"/plan/runs/{RUN_ID}/cancel"]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose one run must come out of all refusals as it was."""
    from tests.gateway.served import serving

    folder = tmp_path_factory.mktemp("untouched")
    run, journal = published(folder)
    journal.close()
    before = (
        run.journal.read_bytes(),
        (folder / "plan_stream.json").read_bytes(),
        len(list((folder / "runs").iterdir())),
    )
    with serving(folder) as server:
        yield server
    after = run.journal.read_bytes(), (folder / "plan_stream.json").read_bytes(), len(list((folder / "runs").iterdir()))
    assert after == before


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"],
)
def test_a_form_of_another_page_cannot_ask(untouched: Server, path: str, kind: str) -> None:
    """Browsers let any page send these types; `application/json` they do not."""
    answer = untouched.http.post(path, content=b"{}", headers={"content-type": kind} if kind else {})
    assert _told(answer) == (400, {"problem": "content-type: application/json belongs here"})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the request is not JSON"),
        (b"{", "the request is not JSON"),
        (b'{"force": NaN}', "the request is not JSON"),
        (b'{"force": -Infinity}', "the request is not JSON"),
        (b"[" * 100_000, "the request is not JSON"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "the request is not JSON"),
        (b'{"force": ' + b"9" * 5_000 + b"}", "the request is not JSON"),
        (b"\xff\xfe{}", "the request is not JSON"),
        (b"[]", "a JSON object belongs here"),
        (b'"force"', "a JSON object belongs here"),
        (b"null", "a JSON object belongs here"),
        (b'{"a": "' + b"x" * (2 * 1024 * 1024) + b'"}', "the request is too large"),
    ],
    ids=["empty", "torn", "NaN", "infinity", "deep lists", "deep objects", "long number", "no text", "list", "text",
         "null", "2 MB"],
)  # fmt: skip
def test_a_request_that_is_no_small_json_object_changes_nothing(
    untouched: Server, content: bytes, problem: str
) -> None:
    headers = {"content-type": "application/json"}
    told = [_told(untouched.http.post(path, content=content, headers=headers)) for path in ASKED]
    pieces = (content[at : at + 50_000] for at in range(0, len(content), 50_000))
    told.append(_told(untouched.http.post(ASKED[0], content=pieces, headers=headers)))  # chunked, without a length
    assert told == [(400, {"problem": problem})] * 4


def test_the_demo_starts_the_main_plan_in_a_process_of_its_own(studio: Server) -> None:
    """S0-03: the waiting page's button. It is cancelled as soon as it is seen at work."""
    with studio.watch() as page:
        run_id = studio.ask("/plan/demo").json()["run_id"]
        page.shows(run_id=run_id, status="running", plan_id="ugc_ad")
        assert pid_of(Stream(studio.folder).run(run_id)) > 0
        assert studio.ask(f"/plan/runs/{run_id}/cancel").status_code == 200
        page.shows(outcome="cancelled")
