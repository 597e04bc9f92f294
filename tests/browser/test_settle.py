"""Paid calls on the page: a lost one is settled there, one taken up again says so, and what was paid is shown."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pydantic import JsonValue

from character_flow.stream.stream import RunFolder
from tests.browser.made import HERE
from tests.browser.runs import Runs, step
from tests.browser.server import Viewer
from tests.browser.visitor import Visitor
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script

EMPTY_LIST = '{"previous": null, "next": null, "results": []}'
SECONDS, USD = 8, "$1.20"


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run whose call was answered to nobody, and what the provider knows of it. Made once."""
    made = tmp_path_factory.mktemp("lost")
    (made / "stream").mkdir()
    runs = Runs(made / "stream", are_forked=True)
    with FakeReplicate(state=made / "provider.json") as fake:
        fake.fault(Fault("POST", "/v1/predictions", "drop_after"))
        fake.fault(Fault("GET", "/v1/predictions", "wrong_json", body=EMPTY_LIST, times=-1))
        process = runs.start(plan(runs), "--provider", "replicate", more=account(fake))
        assert process.wait(120) == 3, runs.log.read_text()
        assert fake.charged == 1
    return made


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeReplicate]:
    """A replicate.com of the test's own."""
    with FakeReplicate(state=tmp_path / "provider.json") as started:
        yield started


@pytest.fixture
def uncertain(lost: Path, folder: Path, fake: FakeReplicate) -> RunFolder:
    """This test's own copy of that run, and its call at the provider."""
    shutil.copytree(lost / "stream", folder, dirs_exist_ok=True)
    fake.predictions.update(json.loads((lost / "provider.json").read_text(encoding="utf-8")))
    return Runs(folder).newest()


@pytest.fixture
def viewer(home: BrowserContext, folder: Path, fake: FakeReplicate, port: int) -> Iterator[Viewer]:
    """The server of somebody who has an account: what it starts pays there."""
    with Viewer(folder, more=account(fake), port=port, is_forked=True) as started:
        yield started


def account(fake: FakeReplicate) -> dict[str, str]:
    return {"REPLICATE_API_TOKEN": TOKEN, "REPLICATE_BASE_URL": fake.address}


def plan(runs: Runs) -> Path:
    film: JsonValue = {"name": "film", "task": "Film it", "tool": "video.generate", "with": {
        "model": "google/veo-3.1-fast", "prompt": "A bottle turns.", "duration": SECONDS,
    }}  # fmt: skip
    last: JsonValue = {"name": "last", "task": "Say it is done", "tool": "function", "needs": ["film"], "with": {
        "call": f"{HERE}:say", "value": "over",
    }}  # fmt: skip
    return runs.plan("paid", [step("first", "say", "Say something", value="kept"), film, last])


def pin_of(page: Page) -> Locator:
    expect(page.get_by_test_id("status")).to_have_text("Uncertain")
    return page.get_by_test_id("error-pin")


def completes(page: Page) -> None:
    """Resume, as the page offers it once all is settled."""
    pin = page.get_by_test_id("error-pin")
    expect(pin).to_contain_text("Settled. Resume goes on with the run.")
    expect(pin.get_by_test_id("settle")).to_be_hidden()
    expect(page.get_by_test_id("toast")).to_contain_text("Resume goes on with the run.")  # who settled has let it go
    pin.get_by_test_id("resume").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(pin).to_be_hidden()


def test_an_uncertain_step_says_why_and_its_call_is_adopted(
    visitor: Visitor, uncertain: RunFolder, fake: FakeReplicate
) -> None:
    page = visitor.open(query={"run": uncertain.id})
    pin = pin_of(page)
    expect(pin).to_contain_text("a paid call went out and nobody knows how it ended")
    expect(pin).to_contain_text("nobody knows whether google/veo-3.1-fast was called and charged")
    expect(pin.get_by_test_id("resume")).to_be_hidden()
    pin.get_by_test_id("settle-adopt").click()
    dialog = page.get_by_test_id("confirm")
    expect(dialog.get_by_test_id("confirm-yes")).to_be_disabled()
    dialog.get_by_label("Id of the prediction").fill(f" {fake.last_id} ")
    dialog.get_by_test_id("confirm-yes").click()
    completes(page)
    assert fake.charged == 1
    page.get_by_test_id("step-row").nth(1).click()
    detail = page.get_by_test_id("detail")
    expect(detail.get_by_test_id("reattached")).to_have_text(f"Re-attached to prediction {fake.last_id}")
    expect(detail).to_contain_text(USD)
    expect(page.get_by_test_id("metric-cost")).to_have_text(USD)


def test_what_is_no_id_is_refused_with_a_reason_and_nothing_changes(visitor: Visitor, uncertain: RunFolder) -> None:
    visitor.forgiven = ("400",)
    page = visitor.open(query={"run": uncertain.id})
    pin = pin_of(page)
    before = uncertain.journal.read_bytes()
    pin.get_by_test_id("settle-adopt").click()
    dialog = page.get_by_test_id("confirm")
    dialog.get_by_label("Id of the prediction").fill("../../etc")
    dialog.get_by_label("Id of the prediction").press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("'../../etc' is no id of a prediction")
    expect(page.get_by_test_id("status")).to_have_text("Uncertain")
    pin.get_by_test_id("settle-again").click()
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    assert uncertain.journal.read_bytes() == before


def test_to_charge_again_one_is_told_what_that_may_cost(
    visitor: Visitor, uncertain: RunFolder, fake: FakeReplicate
) -> None:
    page = visitor.open(query={"run": uncertain.id})
    pin_of(page).get_by_test_id("settle-again").click()
    dialog = page.get_by_test_id("confirm")
    expect(dialog).to_contain_text("it may be charged twice")
    dialog.get_by_role("button", name="Call again, may be charged twice").click()
    completes(page)
    assert fake.charged == 2


def test_a_skipped_step_is_not_called_again(visitor: Visitor, uncertain: RunFolder, fake: FakeReplicate) -> None:
    page = visitor.open(query={"run": uncertain.id})
    pin_of(page).get_by_test_id("settle-skip").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Skip the step").click()
    completes(page)
    rows = page.get_by_test_id("step-row")
    assert [rows.nth(number).get_attribute("data-status") for number in range(3)] == [
        "completed", "skipped", "completed",
    ]  # fmt: skip
    assert fake.charged == 1


def test_the_provider_can_be_asked_again_for_the_lost_call(
    visitor: Visitor, uncertain: RunFolder, fake: FakeReplicate
) -> None:
    """Its list may be late: nothing has to be decided by a person then."""
    page = visitor.open(query={"run": uncertain.id})
    ask = pin_of(page).get_by_test_id("ask-again")
    ask.click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert fake.charged == 1


def test_a_run_killed_while_the_video_is_made_goes_on_with_the_same_prediction(
    visitor: Visitor, runs: Runs, fake: FakeReplicate
) -> None:
    """W0-18: the same prediction id, one charge, and the page says that it re-attached; also to who comes later."""
    fake.script(Script(output="video", running_s=3600, logs=["rendering frame 12 of 240"]))
    process = runs.start(plan(runs), "--provider", "replicate", more=account(fake))
    page = visitor.open()
    row = page.get_by_test_id("step-row").nth(1)
    expect(row).to_contain_text("rendering frame 12")
    runs.kill(process)
    expect(page.get_by_test_id("status")).to_have_text("Lost")
    page.get_by_test_id("error-pin").get_by_test_id("resume").click()
    told = f"Re-attached to prediction {fake.last_id}"
    expect(page.get_by_test_id("detail").get_by_test_id("reattached")).to_have_text(told)
    expect(row).to_contain_text("re-attached")
    later = visitor.open(query={"step": "2"})
    expect(later.get_by_test_id("detail").get_by_test_id("reattached")).to_have_text(told)
    fake.pass_time(3600)
    for shown in (page, later):
        shown.get_by_test_id("step-row").nth(1).click()
        expect(shown.get_by_test_id("status")).to_have_text("Completed")
        expect(shown.get_by_test_id("metric-cost")).to_have_text(USD)
        expect(shown.get_by_test_id("detail").get_by_test_id("reattached")).to_have_text(told)
    assert fake.charged == 1


def test_a_cost_nobody_told_is_unknown_and_not_nothing(visitor: Visitor, runs: Runs, fake: FakeReplicate) -> None:
    film: JsonValue = {"name": "film", "task": "Film it", "tool": "video.generate", "with": {
        "model": "google/veo-3.1-fast", "prompt": "A bottle turns.", "duration": SECONDS,
    }}  # fmt: skip
    words: JsonValue = {"name": "words", "task": "Write", "tool": "text.generate", "with": {
        "model": "openai/gpt-4o", "prompt": "Write.",
    }}  # fmt: skip
    process = runs.start(runs.plan("priced", [film, words]), "--provider", "replicate", more=account(fake))
    assert process.wait(120) == 0, runs.log.read_text()
    page = visitor.open()
    expect(page.get_by_test_id("metric-cost")).to_have_text(f"{USD} + 1 unknown")
    page.get_by_test_id("step-row").nth(1).click()
    expect(page.get_by_test_id("detail")).to_contain_text("Costunknown")
    assert fake.charged == 2
