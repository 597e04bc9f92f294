"""What a person does about a run from the page: clears it, answers it, cancels it, resumes it after a death."""

import json
import os
import re
import signal
import time

from playwright.sync_api import Page, expect
from pydantic import JsonValue

from character_flow.archive import delete_run
from character_flow.snapshot import Snapshot, fold
from character_flow.stream.journal import read_events
from tests.browser.runs import Runs, question, step
from tests.browser.visitor import Visitor


def _waiting_run(runs: Runs, name: str) -> None:
    steps = [step("first", "say", value="kept"), step("waits", "gate", "Wait for the test", until="go")]
    runs.begun(runs.plan(name, [*steps, step("last", "say", value="over")]))


def _running(page: Page) -> None:
    expect(page.get_by_test_id("step-row").nth(1)).to_have_attribute("data-status", "running")


def _newest(runs: Runs) -> Snapshot:
    """How the newest run stands by its journal, as pages see it too: `snapshot.json` may be a moment behind."""
    return fold(Snapshot(), read_events(runs.newest().journal))


def _kept(runs: Runs) -> tuple[int, str | None, list[str | None]]:
    """What the newest run has on disk: its epoch, how it ended, and what its steps gave."""
    snapshot = _newest(runs)
    return snapshot.epoch, snapshot.outcome, [row.output for row in snapshot.steps]


def test_clear_while_a_run_is_at_work_asks_first_and_then_cancels_it(visitor: Visitor, runs: Runs) -> None:
    """S0-07, S0-29, S0-42, W0-05."""
    _waiting_run(runs, "in_the_way")
    run = runs.newest()
    page = visitor.open()
    _running(page)
    page.get_by_role("button", name="Clear Stream").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(run.id)
    dialog.get_by_role("button", name="Leave it alone").click()
    expect(dialog).to_have_count(0)
    assert runs.stream.page.exists()
    _running(page)
    page.get_by_role("button", name="Clear Stream").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run and clear").click()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    assert not runs.stream.page.exists()
    own = visitor.open(query={"run": run.id})
    expect(own.get_by_test_id("status")).to_have_text("Cancelled")


def test_clear_after_the_end_needs_no_question(visitor: Visitor, runs: Runs) -> None:
    """S0-42."""
    run = runs.complete(runs.plan("done", [step("only", "say", value="one")]))
    page = visitor.open()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    page.get_by_role("button", name="Clear Stream").click()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    assert run.journal.exists()


def test_a_killed_run_is_said_to_be_lost_and_completes_after_one_click(visitor: Visitor, runs: Runs) -> None:
    """S0-39, W0-18: a dead engine never looks as if it ran."""
    plan = runs.plan("killed", [
        step("first", "say", value="kept"), step("waits", "gate", "Wait for the test", until="go"),
        step("last", "say", value="over"),
    ])  # fmt: skip
    process = runs.start(plan)
    page = visitor.open()
    _running(page)
    runs.kill(process)
    died = time.monotonic()
    expect(page.get_by_test_id("status")).to_have_text("Lost")
    print(f"lost was said {time.monotonic() - died:.2f} s after the death")
    pin = page.get_by_test_id("error-pin")
    expect(pin).to_contain_text(f"python main.py resume {runs.newest().id[-6:]}")
    runs.go_on("go")
    pin.get_by_test_id("resume").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(pin).to_be_hidden()
    rows = page.get_by_test_id("step-row")
    assert [rows.nth(number).get_attribute("data-status") for number in range(3)] == ["completed"] * 3


def test_a_run_that_is_asleep_is_said_to_give_no_sign_of_life_and_is_alive_again_afterwards(
    visitor: Visitor, runs: Runs
) -> None:
    """S0-39, S0-44: SIGSTOP and SIGCONT, as when the machine sleeps; the page's own troubleshooting says so too."""
    process = runs.start(runs.plan("asleep", [step("first", "say", value="kept"), step("waits", "gate", until="go")]))
    page = visitor.open()
    _running(page)
    writer, diagnostics = page.get_by_test_id("metric-writer"), page.get_by_test_id("diagnostics")
    diagnostics.locator("summary").click()
    expect(diagnostics).to_contain_text(str(runs.stream.page))
    expect(diagnostics).to_contain_text(f"Yes, pid {process.pid}")
    expect(writer).to_have_text("alive")
    os.kill(process.pid, signal.SIGSTOP)
    expect(writer).to_have_text(re.compile(r"no sign of life for \d+ s"))
    expect(page.get_by_test_id("status")).to_have_text("Running")
    diagnostics.get_by_role("button", name="Look again").click()
    expect(diagnostics).to_contain_text("gives no sign of life since")
    os.kill(process.pid, signal.SIGCONT)
    expect(writer).to_have_text("alive")
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert _kept(runs)[:2] == (1, "success")  # nobody took it for dead and went on with it


def test_a_question_is_answered_on_the_page(visitor: Visitor, runs: Runs) -> None:
    picks = question("picked", "Which size?", kind="choice", choices=["small", "large"])
    runs.begun(runs.plan("asking", [question("asked", "Which colour?"), picks]))
    page = visitor.open()
    box = page.get_by_test_id("question")
    expect(box).to_contain_text("Which colour?")
    expect(page).to_have_title("1/2 asks you · Asking")
    box.get_by_test_id("answer-field").fill("green")
    box.get_by_test_id("send-answer").click()
    expect(box).to_contain_text("Which size?")
    box.get_by_role("button", name="large").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(box).to_be_hidden()
    rows = page.get_by_test_id("step-row")
    expect(rows.nth(0)).to_contain_text("green")
    expect(rows.nth(1)).to_contain_text("large")
    assert _kept(runs) == (1, "success", ["green", "large"])


def test_one_of_several_pictures_or_texts_is_picked_on_the_page(visitor: Visitor, runs: Runs) -> None:
    """Texts are cards, pictures can be clicked; what was picked is recorded by its name."""
    words: JsonValue = {"label": "Seed 2", "text": "First line.\nSecond line."}
    shown: list[JsonValue] = [{"file": "{{ steps.drawn.output.path }}"}, words]
    plan = runs.plan(
        "picking",
        [step("drawn", "picture"), question("picked", "Which one?", kind="pick", options=shown),
         step("waits", "gate", until="go")],
    )  # fmt: skip
    runs.begun(plan)
    page = visitor.open()
    box = page.get_by_test_id("question")
    options = box.get_by_test_id("option")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_contain_text("picture.png")
    expect(options.nth(1)).to_contain_text("First line.\nSecond line.", use_inner_text=True)
    drawn = options.nth(0).locator("img")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [320, 240]
    page.reload()
    options.nth(0).click()
    expect(box).to_be_hidden()
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    picked = _newest(runs).steps[1].output
    assert json.loads(picked or "") == {"index": 0, "text": None, "file": "artifacts/drawn-1/picture.png"}


def test_the_first_error_is_pinned_with_its_step_and_mended_from_there(visitor: Visitor, runs: Runs) -> None:
    """S0-48, S0-58."""
    plan = runs.plan("mistaken", [
        step("first", "say", value="kept"), step("breaks", "fail_once", "Break", told="the oven is cold"),
        step("last", "say", value="over"),
    ])  # fmt: skip
    run = runs.complete(plan, code=1)
    page = visitor.open()
    pin = page.get_by_test_id("error-pin")
    expect(pin).to_contain_text("Step 2, “Break”, failed")
    expect(pin).to_contain_text("the oven is cold")
    expect(page.get_by_test_id("detail")).to_contain_text("the oven is cold")
    runs.go_on("mended")
    pin.get_by_test_id("resume-from").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    new = runs.newest()
    assert new.id != run.id
    expect(page).to_have_url(visitor.address("/", {"run": new.id}))
    expect(page.get_by_test_id("step-row").nth(0)).to_have_attribute("data-status", "reused")


def test_a_run_is_cancelled_after_a_question(visitor: Visitor, runs: Runs) -> None:
    _waiting_run(runs, "to_cancel")
    page = visitor.open()
    _running(page)
    page.get_by_test_id("cancel").click()
    expect(page.get_by_test_id("confirm")).to_contain_text("Cancel this run?")
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("status")).to_have_text("Cancelled")
    assert _kept(runs) == (1, "cancelled", ["kept", None, None])


def test_a_run_that_is_not_there_is_one_friendly_line(visitor: Visitor, runs: Runs) -> None:
    runs.complete(runs.plan("other", [step("only", "say", value="one")]))
    page = visitor.open(query={"run": "20260101T000000Z-nothing-000000"})
    expect(page.get_by_test_id("stMain")).to_contain_text("there is no run '20260101T000000Z-nothing-000000'")
    expect(page.get_by_test_id("stMain")).not_to_contain_text("Traceback")
    assert page.get_by_test_id("stMain").inner_text().count("there is no run") == 1


def test_where_nothing_can_be_written_the_controls_say_why(visitor: Visitor, runs: Runs) -> None:
    """S0-45: a file is in the folder's place; once the folder is there the page goes on by itself."""
    runs.stream.folder.rmdir()
    runs.stream.folder.touch()
    page = visitor.open()
    clear = page.get_by_role("button", name="Clear Stream")
    expect(clear).to_be_disabled()
    clear.hover(force=True)
    expect(page.get_by_role("tooltip")).to_contain_text(f"{runs.stream.folder} is not a folder")
    runs.stream.folder.unlink()
    runs.stream.folder.mkdir()
    run = runs.complete(runs.plan("late", [step("only", "say", value="one")]))
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert page.get_by_test_id("run-id").inner_text() == run.id


def test_a_run_deleted_while_it_is_open_is_said_in_a_line(visitor: Visitor, runs: Runs) -> None:
    visitor.forgiven = ("404 (Not Found)",)
    run = runs.complete(runs.plan("deleted", [step("only", "say", value="one")]))
    page = visitor.open(query={"run": run.id})
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    delete_run(run)
    expect(page.get_by_test_id("problem")).to_contain_text("it may have been deleted")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert (page.get_by_test_id("run-id").inner_text(), run.path.exists()) == (run.id, False)
