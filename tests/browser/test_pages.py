"""The other pages: runs kept and thrown away, compared, replayed, begun; and no page asks anybody but this machine."""

import re
from pathlib import Path

from playwright.sync_api import expect

from character_flow.stream.stream import RunFolder
from tests.browser.runs import Runs
from tests.browser.server import Viewer
from tests.browser.visitor import Visitor

# Something that stands on each page.
_ON = {"Runs": "4 runs", "New run": "Start", "Compare": "Steps", "Replay": "Run", "Live": "Completed"}

# What a button of a replay says while it plays, and once it is pressed: all at once, for the replay may be over by then
# and play anew.
_PAUSED = """(button) => {
  if (button.ariaLabel === "Play") button.click();
  const before = button.ariaLabel;
  button.click();
  return [before, button.ariaLabel];
}"""


def test_a_run_is_exported_deleted_imported_and_plays_again(
    visitor: Visitor, library: tuple[RunFolder, ...], tmp_path: Path
) -> None:
    """S0-49, S0-50."""
    ad = library[-1]
    page = visitor.open("/runs")
    rows = page.get_by_test_id("run-row")
    expect(rows).to_have_count(4)
    rows.filter(has_text=ad.id).click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Export").click()
    kept = tmp_path / "ad.zip"
    got.value.save_as(kept)
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(ad.id)
    dialog.get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(3)
    assert not ad.path.exists()
    page.get_by_role("button", name="Import").click()
    page.locator('input[type="file"]').set_input_files(kept)
    page.get_by_role("button", name="Import this run").click()
    expect(rows).to_have_count(4)
    expect(page.get_by_test_id("stMain")).to_contain_text(f"Imported {ad.id}")
    page.get_by_test_id("stBaseButton-primary").filter(has_text="Open").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    length = page.get_by_test_id("hero-video").evaluate(
        """async (node) => {
          const known = new Promise((done) => node.addEventListener("loadedmetadata", done, { once: true }));
          if (node.readyState < 1) await known;
          return node.duration;
        }"""
    )
    assert 8 < length < 30


def test_a_report_is_one_file_whose_video_plays_without_the_viewer(
    visitor: Visitor, viewer: Viewer, library: tuple[RunFolder, ...], tmp_path: Path
) -> None:
    page = visitor.open("/runs", {"run": library[-1].id})
    with page.expect_download() as got:
        page.get_by_role("button", name="Report").click()
    kept = tmp_path / "report.html"
    got.value.save_as(kept)
    page.goto("about:blank")
    viewer.stop()
    page.goto(kept.as_uri())
    expect(page.locator("body")).to_contain_text("UGC Generator")
    video = page.locator("video").first
    page.wait_for_function("(node) => node.duration > 8", arg=video.element_handle())
    assert video.evaluate("(node) => node.currentSrc.slice(0, 22)") == "data:video/mp4;base64,"
    viewer.start()


def test_runs_are_found_by_plan_status_and_text(visitor: Visitor, library: tuple[RunFolder, ...]) -> None:
    """S0-49."""
    page = visitor.open("/runs")
    rows = page.get_by_test_id("run-row")
    expect(rows).to_have_count(4)
    page.get_by_label("Find").fill("oven is cold")
    page.get_by_label("Find").press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Mistaken")
    page.get_by_label("Find").fill("")
    page.get_by_label("Find").press("Enter")
    expect(rows).to_have_count(4)
    page.get_by_role("combobox", name="Plan").click()
    page.get_by_role("option", name="Product").click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Completed")
    assert [text.splitlines()[0] for text in rows.all_inner_texts()] == ["Product", "Product"]


def test_two_runs_are_compared_side_by_side(visitor: Visitor, library: tuple[RunFolder, ...]) -> None:
    blue, green = library[:2]
    page = visitor.open("/compare", {"a": blue.id, "b": green.id})
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Describe it")
    expect(main).to_contain_text(re.compile("A blue bottle on white sand"))
    expect(main).to_contain_text(re.compile("A green bottle on white sand"))
    expect(main).to_contain_text("differ")
    videos = main.locator("video")
    expect(videos).to_have_count(2)
    for number in range(2):
        videos.nth(number).scroll_into_view_if_needed()
        page.wait_for_function("(node) => node.duration > 3", arg=videos.nth(number).element_handle())
    sources = videos.evaluate_all("(nodes) => nodes.map((node) => node.currentSrc)")
    assert [run.id in source for run, source in zip((blue, green), sources, strict=True)] == [True, True]


def test_a_run_is_replayed_with_a_scrubber_while_the_live_page_stays_as_it_is(
    visitor: Visitor, library: tuple[RunFolder, ...]
) -> None:
    """S0-50."""
    ad = library[-1]
    page = visitor.open("/replay", {"run": ad.id})
    player, scrubber = page.get_by_test_id("player"), page.get_by_test_id("scrubber")
    expect(player).to_contain_text(re.compile(r"of \d+\.\d s"))
    expect(page).to_have_title(re.compile("^replay "))
    expect(scrubber).not_to_have_value("0")  # it has begun by itself
    play = page.get_by_test_id("play")
    assert play.evaluate(_PAUSED) == ["Pause", "Play"]
    scrubber.focus()
    scrubber.press("End")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(page.get_by_test_id("hero-video")).to_be_visible()
    scrubber.press("Home")
    expect(page.get_by_test_id("status")).not_to_have_text("Completed")
    expect(page.locator('[data-testid="step-row"][data-step="7"]')).to_have_attribute("data-status", "pending")
    page.get_by_test_id("speed").select_option("50")
    play.click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(page.get_by_test_id("cancel")).to_be_hidden()
    assert ad.snapshot.exists()


def test_a_run_is_begun_on_a_form_after_a_mistake_was_said_beside_its_field(visitor: Visitor, runs: Runs) -> None:
    """S0-51."""
    page = visitor.open("/new", {"plan": "ugc_ad"})
    main = page.get_by_test_id("stMain")
    expect(page.get_by_role("radiogroup", name="Character 1 to 9").get_by_role("radio")).to_have_count(9)
    page.get_by_role("radiogroup", name="Who writes the dialog?").get_by_text("Custom").click()
    field = page.get_by_label("Your dialog")
    expect(field).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(main).to_contain_text("Not started")
    assert not runs.stream.runs.exists() or not list(runs.stream.runs.iterdir())
    field.fill("I keep this bottle on my desk. It stays cold all day.")
    field.press("Tab")
    expect(main).not_to_contain_text("Not started")  # the button moves as the line above it goes
    page.get_by_role("button", name="Start", exact=True).click()
    with runs.held(7):
        expect(page.get_by_test_id("status")).to_have_text("Running")
    run = runs.newest()
    expect(page.get_by_test_id("run-id")).to_have_text(run.id)
    expect(page).to_have_url(re.compile(run.id))
    assert '"custom_dialog"' in run.inputs_json.read_text()
    expect(page.locator('[data-testid="step-row"][data-step="6"]')).to_have_attribute("data-status", "completed")


def test_no_page_asks_anybody_but_this_machine(visitor: Visitor, library: tuple[RunFolder, ...]) -> None:
    """Every request and socket of every page, fonts and pictures too, goes to 127.0.0.1; the fixture looks at it."""
    page = visitor.open("/")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    links = page.get_by_test_id("stHeader").get_by_role("link")
    for name in ("Runs", "New run", "Compare", "Replay", "Live"):
        links.filter(has_text=name).first.click()
        expect(page).to_have_url(re.compile({"Live": r"/(\?.*)?$", "New run": "/new"}.get(name, f"/{name.lower()}")))
        expect(page.get_by_test_id("stMain")).to_contain_text(_ON[name])
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert asked
    assert visitor.asked_outside == []
    assert all(url.startswith(("http://127.0.0.1:", "blob:", "data:")) for url in asked)
