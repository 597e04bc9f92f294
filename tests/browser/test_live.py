"""Live progress in a real browser: of the ad, of runs that begin before and after the page, of several tabs."""

import re

from playwright.sync_api import Page, expect

from character_flow.stream.reading import read_snapshot
from tests.browser.runs import AD, Runs, step
from tests.browser.server import Viewer, wait_for
from tests.browser.visitor import PLAYS_ON, Visitor

# Notes each state a step's row takes, and each percent, from now on.
_NOTE_PROGRESS = """node => {
  const noted = (window.__noted = { percents: [], rows: {} });
  const note = (target) => {
    const { testid, step, status } = target.dataset;
    if (testid === "progress") noted.percents.push(Number(target.getAttribute("aria-valuenow")));
    if (testid !== "step-row" || !status || noted.rows[step]?.at(-1) === status) return;
    (noted.rows[step] ??= []).push(status);
  };
  const root = node.getRootNode();
  root.querySelectorAll("[data-testid]").forEach(note);
  new MutationObserver((records) => records.forEach(({ target }) => target.dataset && note(target)))
    .observe(root, { subtree: true, attributes: true, attributeFilter: ["data-status", "aria-valuenow"] });
}"""


def _plays(page: Page) -> dict[str, float]:
    """Wait for the video to play by itself, seek in it, play on: its length, where it was sought and a moment later."""
    video = page.get_by_test_id("hero-video")
    expect(video).to_be_visible()
    told: dict[str, float] = video.evaluate(
        """async (video) => {
          const once = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }));
          while (video.paused || !video.currentTime) await once("timeupdate");
          const quietly = video.muted;
          video.pause(); // or it would be somewhere else by the time it is looked at
          const sought = once("seeked");
          video.currentTime = 5;
          await sought;
          const at = video.currentTime;
          await video.play();
          while (video.currentTime < at + 0.2) await once("timeupdate");
          video.pause();
          return { quietly, length: video.duration, sought: at, later: video.currentTime, width: video.videoWidth };
        }"""
    )
    return told


def test_a_page_opened_before_the_ad_begins_shows_it_from_waiting_to_the_playing_video(
    visitor: Visitor, runs: Runs
) -> None:
    """S0-03, S0-04, S0-30, S0-31, S0-57, W0-14: the whole way of a real run, by itself."""
    page = visitor.open(scripts=[PLAYS_ON])
    expect(page.get_by_test_id("waiting").get_by_role("listitem")).to_have_count(3)
    page.get_by_test_id("status").evaluate(_NOTE_PROGRESS)
    runs.start(AD)
    with runs.held(7):
        expect(page.get_by_test_id("status")).to_have_text("Running")
        expect(page).to_have_title(re.compile(r"^7/8 running"))
        expect(page.get_by_test_id("plan")).to_have_text("UGC Generator - Character and Product Setup with Replicate")
        expect(page.get_by_test_id("step-row")).to_have_count(8)
        expect(page.get_by_test_id("step-row").nth(6)).to_have_attribute("data-status", "running")
    expect(page.get_by_test_id("status")).to_have_text("Completed", timeout=300_000)
    expect(page).to_have_title(re.compile(r"^8/8 completed"))
    expect(page.get_by_test_id("step-of")).to_have_text("Step 8 of 8")
    noted = page.evaluate("() => window.__noted")
    assert noted["percents"] == sorted(noted["percents"])
    assert noted["percents"][-1] == 100
    assert noted["rows"]["7"] == ["pending", "running", "completed"]
    order = ["pending", "running", "completed", "skipped"]
    assert all(states == sorted(states, key=order.index) for states in noted["rows"].values())
    assert [noted["rows"][str(number)][-1] for number in range(1, 9)] == [
        "completed", "skipped", "completed", "completed", "completed", "completed", "completed", "completed",
    ]  # fmt: skip
    video = _plays(page)
    assert video["quietly"], "a page that opens with sound frightens; browsers do not allow it either"
    assert 8 < video["length"] < 30
    assert abs(video["sought"] - 5) < 0.1
    assert video["later"] > video["sought"]
    assert video["width"] == 720


def test_a_page_opened_in_the_middle_of_a_run_shows_all_of_it(visitor: Visitor, runs: Runs) -> None:
    """S0-03: the other order of start."""
    runs.begun(runs.plan("half_way", [
        step("first", "say", "Say something", value="said before anybody looked"),
        step("waits", "gate", "Wait for the test", until="go"), step("last", "say", value="over"),
    ]))  # fmt: skip
    page = visitor.open()
    rows = page.get_by_test_id("step-row")
    expect(page.get_by_test_id("status")).to_have_text("Running")
    expect(rows.nth(1)).to_have_attribute("data-status", "running")
    assert [rows.nth(number).get_attribute("data-status") for number in range(3)] == ["completed", "running", "pending"]
    expect(page.get_by_test_id("detail")).to_contain_text("Wait for the test")  # the running step opens by itself
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(rows.nth(2)).to_have_attribute("data-status", "completed")


def test_a_picture_of_the_video_is_there_while_it_is_made_and_gives_way_to_it(visitor: Visitor, runs: Runs) -> None:
    """The newest preview stands in the video's place; then the video with its own poster, and no preview is listed."""
    run = runs.begun(runs.plan("previewed", [step("film", "film_with_preview", until="go")]))
    page = visitor.open()
    expect(page.get_by_test_id("hero-picture")).to_have_attribute("src", re.compile(r"preview-1\.png"))
    expect(page.get_by_test_id("artifacts")).to_contain_text("preview-1.png")
    runs.go_on("go")
    expect(page.get_by_test_id("hero-video")).to_have_attribute("poster", re.compile(r"still\.png"))
    expect(page.get_by_test_id("artifacts")).to_contain_text("film.mp4")
    expect(page.get_by_test_id("artifacts")).not_to_contain_text("preview-1.png")
    assert (run.artifacts / "film-1" / "preview-1.png").exists()


def test_the_demo_starts_from_the_waiting_page(visitor: Visitor, runs: Runs) -> None:
    """S0-59: somebody who has only the page gets a run from one button."""
    page = visitor.open()
    expect(page.get_by_test_id("waiting")).to_contain_text("python main.py")
    expect(page.get_by_test_id("waiting")).to_contain_text(str(runs.stream.folder))
    page.get_by_test_id("start-demo").click()
    with runs.held(7):
        expect(page.get_by_test_id("status")).to_have_text("Running")
    expect(page.get_by_test_id("waiting")).to_be_hidden()
    assert runs.newest().id.split("-")[1] == "ugc_ad"


def test_two_tabs_and_a_second_browser_watch_the_same_run(visitor: Visitor, runs: Runs) -> None:
    """S0-41."""
    run = runs.begun(runs.plan("watched", [step("waits", "gate", until="go"), step("last", "say", value="over")]))
    pages = [visitor.open(), visitor.open(), visitor.open(browser=visitor.second_browser())]
    for page in pages:
        expect(page.get_by_test_id("status")).to_have_text("Running")
    runs.go_on("go")
    for page in pages:
        expect(page.get_by_test_id("status")).to_have_text("Completed")
        expect(page.get_by_test_id("step-row").nth(1)).to_have_attribute("data-status", "completed")
    assert [page.get_by_test_id("run-id").inner_text() for page in pages] == [run.id] * 3


def test_the_next_run_takes_the_live_page_and_a_runs_own_page_stays_with_it(visitor: Visitor, runs: Runs) -> None:
    first = runs.complete(runs.plan("first_run", [step("only", "say", value="one")]))
    live, own = visitor.open(), visitor.open(query={"run": first.id})
    for page in (live, own):
        expect(page.get_by_test_id("plan")).to_have_text("First run")
    runs.complete(runs.plan("second_run", [step("only", "say", value="two")]))
    expect(live.get_by_test_id("plan")).to_have_text("Second run")
    expect(own.get_by_test_id("plan")).to_have_text("First run")
    shown = [page.get_by_test_id("run-id").inner_text() for page in (live, own)]
    assert shown == [runs.newest().id, first.id]


def test_without_auto_refresh_the_page_stands_still_until_it_is_asked(visitor: Visitor, runs: Runs) -> None:
    """S0-27, S0-28, S0-38, S0-60."""
    run = runs.begun(runs.plan("held", [step("waits", "gate", until="go"), step("last", "say", value="over")]))
    page = visitor.open()
    expect(page.get_by_test_id("status")).to_have_text("Running")
    side = page.get_by_test_id("stSidebar")
    expect(side).to_contain_text(str(runs.stream.page))
    side.get_by_text("Auto Refresh").click()
    expect(page.get_by_test_id("connection")).to_have_text("paused")
    runs.go_on("go")
    other = visitor.open()
    expect(other.get_by_test_id("status")).to_have_text("Completed")
    expect(page.get_by_test_id("status")).to_have_text("Running")
    # Who follows reads the journal; who asks once is told what the page's file says, which is written a moment later.
    wait_for(lambda: read_snapshot(runs.stream.page).is_over, "the file says that it is over")
    side.get_by_role("button", name="Refresh Now").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert run.id == page.get_by_test_id("run-id").inner_text()


def test_the_page_reconnects_to_a_restarted_server_without_being_reloaded(
    visitor: Visitor, viewer: Viewer, runs: Runs
) -> None:
    visitor.forgiven = ("ERR_CONNECTION_", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "WebSocket")
    runs.begun(runs.plan("goes_on", [step("waits", "gate", until="go"), step("last", "say", value="over")]))
    page = visitor.open()
    expect(page.get_by_test_id("connection")).to_have_text("live")
    page.evaluate("() => { window.__same = true; }")
    row = page.get_by_test_id("step-row").nth(0).element_handle()
    viewer.stop()
    expect(page.get_by_test_id("connection")).not_to_have_text("live")
    runs.go_on("go")
    viewer.start()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(page.get_by_test_id("connection")).to_have_text("live")
    assert page.evaluate("() => window.__same") is True
    assert row is not None
    assert row.evaluate("(node) => node.isConnected")


def test_where_nothing_can_be_pushed_the_page_asks_each_second_and_shows_the_same(visitor: Visitor, runs: Runs) -> None:
    """S0-06: the fallback behind a proxy that lets no WebSocket through."""
    behind_a_proxy = visitor.second_browser()
    behind_a_proxy.route_web_socket(re.compile("/plan/ws"), lambda socket: socket.close())
    runs.begun(runs.plan("asked", [step("waits", "gate", until="go"), step("last", "say", value="over")]))
    page = visitor.open(browser=behind_a_proxy)
    expect(page.get_by_test_id("connection")).to_have_text("every 1 s")
    expect(page.get_by_test_id("status")).to_have_text("Running")
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(page.get_by_test_id("step-row").nth(1)).to_have_attribute("data-status", "completed")
    assert page.get_by_test_id("connection").inner_text() == "every 1 s"
