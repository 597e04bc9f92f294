"""A click on a step shows what it gave: text, JSON, table, picture, sound, film, file; broken or hostile ones too."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.runs import Runs, step
from tests.browser.server import Viewer
from tests.browser.visitor import Visitor

KINDS = [
    step("words", "say", "Say a word", value="A short text, with äöü and 漢字."),
    step("lines", "long_text", "Write long", characters=60_000),
    step("tree", "say", "Give a tree", value={"outer": {"inner": [1, 2.5, None, True, "leaf"]}, "empty": {}}),
    step("table", "table", "Give a table", rows=250),
    step("picture", "picture", "Draw"),
    step("sound", "sound", "Sing"),
    step("film", "film", "Film"),
    step("file", "other_file", "Give a file"),
    step("huge", "long_text", "Write ten megabytes", characters=10_000_000),
]
_COPIED = "async () => (await navigator.clipboard.readText()).length"
_FIRST_OUTPUT_NEVER_COMES = """(() => {
  const real = window.fetch;
  let asked = 0;
  const isLost = (url) => url.includes("/outputs/") && !asked++;
  window.fetch = (url, options) => (isLost(String(url)) ? new Promise(() => {}) : real(url, options));
})()"""
PWNED = "<img src=x onerror='window.__pwned=1'><script>window.__pwned=1</script>"
RIGHT_TO_LEFT = "abc\u202egnp.exe\u202c \u05e9\u05dc\u05d5\u05dd"


@pytest.fixture
def kinds(runs: Runs, visitor: Visitor) -> Page:
    """The page of a finished run with an output of each kind."""
    runs.complete(runs.plan("kinds", KINDS), "--durability", "none")
    page = visitor.open()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    return page


def _opened(page: Page, number: int) -> Locator:
    page.locator(f'[data-testid="step-row"][data-step="{number}"]').click()
    detail = page.get_by_test_id("detail")
    expect(detail).to_have_attribute("data-step", str(number))
    return detail


def _loaded(media: Locator) -> float:
    """Wait until a player knows how long its file is."""
    length: float = media.evaluate(
        """async (node) => {
          const once = (name) => new Promise((done) => node.addEventListener(name, done, { once: true }));
          if (node.readyState < 1) await once("loadedmetadata");
          const sought = once("seeked");
          node.currentTime = node.duration / 2;
          await sought;
          return node.duration;
        }"""
    )
    return length


def test_each_kind_of_output_is_shown_as_what_it_is(kinds: Page, runs: Runs, tmp_path: Path) -> None:
    """S0-05, S0-43, S0-58."""
    detail = _opened(kinds, 1)
    expect(detail.get_by_test_id("output")).to_contain_text("A short text, with äöü and 漢字.")
    expect(detail).to_contain_text("Duration")

    detail = _opened(kinds, 2)
    more = detail.get_by_role("button", name="Show all")
    more.click()
    expect(detail.get_by_test_id("output")).to_contain_text("line 00000600")

    detail = _opened(kinds, 3)
    detail.get_by_text("inner").click()
    expect(detail.get_by_role("tree")).to_contain_text("leaf")

    detail = _opened(kinds, 4)
    expect(detail.locator("thead th")).to_have_text(["number", "square", "word"])
    expect(detail.locator("tbody tr")).to_have_count(100)
    detail.get_by_role("button", name="more of 150").click()
    expect(detail.locator("tbody tr").last).to_have_text("19939601row 199")

    picture = _opened(kinds, 5).locator("figure img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(node) => node.decode().then(() => node.naturalWidth)") == 320

    assert abs(_loaded(_opened(kinds, 6).locator("audio")) - 2) < 0.1
    assert abs(_loaded(kinds.get_by_test_id("hero-video")) - 4) < 0.2
    expect(_opened(kinds, 7).get_by_role("button", name="Play the video")).to_be_visible()

    detail = _opened(kinds, 8)
    with kinds.expect_download() as downloading:
        detail.locator("figure").get_by_role("link", name="Download").click()
    kept = tmp_path / "kept.bin"
    downloading.value.save_as(kept)
    assert kept.read_bytes() == bytes(range(256)) * 4


def test_ten_megabytes_of_text_show_their_beginning_and_can_be_downloaded_whole(kinds: Page, tmp_path: Path) -> None:
    detail = _opened(kinds, 9)
    expect(detail).to_contain_text("This is its beginning; download it for the rest.")
    expect(detail.get_by_test_id("output")).to_contain_text("line 00000001")
    assert kinds.evaluate("() => document.documentElement.outerHTML.length") < 2_000_000
    assert detail.evaluate("(node) => node.textContent.length") < 300_000
    with kinds.expect_download() as downloading:
        detail.get_by_role("link", name="Download").click()
    kept = tmp_path / "huge.txt"
    downloading.value.save_as(kept)
    assert len(kept.read_text()) == 10_000_000


def test_an_output_is_copied_whole(runs: Runs, visitor: Visitor) -> None:
    runs.complete(runs.plan("copied", [step("lines", "long_text", characters=60_000)]))
    visitor.home.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    detail = _opened(page, 1)
    detail.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_test_id("toast")).to_have_text("Copied")
    assert page.evaluate(_COPIED) == 60_000


def test_an_output_is_copied_whole_before_the_whole_of_it_is_shown(runs: Runs, visitor: Visitor) -> None:
    runs.complete(runs.plan("copied", [step("lines", "long_text", characters=60_000)]))
    visitor.home.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open(scripts=[_FIRST_OUTPUT_NEVER_COMES])
    detail = _opened(page, 1)
    expect(detail).to_contain_text("Fetching the whole output")
    detail.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_test_id("toast")).to_have_text("Copied")
    assert page.evaluate(_COPIED) == 60_000


def test_a_missing_or_broken_file_is_a_line_and_not_an_empty_place(runs: Runs, visitor: Visitor) -> None:
    visitor.forgiven = ("404 (Not Found)",)
    run = runs.complete(runs.plan("damaged", [step("picture", "picture"), step("film", "broken_film")]))
    [picture] = run.artifacts.rglob("picture.png")
    picture.unlink()
    page = visitor.open()
    expect(_opened(page, 1)).to_contain_text("This image cannot be shown: it is missing")
    expect(page.get_by_role("region", name="The video")).to_contain_text("The video cannot be played")
    assert page.get_by_test_id("status").inner_text().strip() == "Completed"  # a run is not the worse for it


def test_markup_scripts_and_control_characters_in_every_text_are_only_text(
    runs: Runs, visitor: Visitor, viewer: Viewer
) -> None:
    """Names, messages, growing texts, outputs, keys, questions and errors; on every page."""
    hostile = f"{PWNED} {RIGHT_TO_LEFT} \u0007\u001b[31m \U0001f3ac"
    steps = [
        step("tells", "tell", hostile, text=hostile, until="go"),
        step("tree", "say", f"tree {hostile}", value={hostile: [hostile], "path": "javascript:window.__pwned=1"}),
        step("breaks", "fail", f"breaks {hostile}", told=hostile),
    ]
    plan = runs.plan("hostile", steps, title=hostile)
    process = runs.start(plan)
    page = visitor.open()
    expect(page.get_by_test_id("detail")).to_contain_text("<script>window.__pwned=1</script>")
    runs.go_on("go")
    expect(page.get_by_test_id("error-pin")).to_contain_text(PWNED)
    expect(page.get_by_test_id("plan")).to_contain_text(PWNED)
    _opened(page, 2)
    page.get_by_test_id("events").locator("summary").first.click()
    expect(page.get_by_test_id("events")).to_contain_text("step_error")
    run = runs.newest()
    page.get_by_test_id("diagnostics").locator("summary").click()
    expect(page.get_by_test_id("diagnostics")).to_contain_text(run.id)
    assert process.wait(60) == 1, runs.log.read_text()  # till then the live page is not free for the next run
    other = runs.complete(plan, code=1)
    pages = [page]
    for path, query in (("/runs", {"run": run.id}), ("/compare", {"a": run.id, "b": other.id}),
                        ("/replay", {"run": run.id})):  # fmt: skip
        opened = visitor.open(path, query)
        expect(opened.get_by_test_id("stMain")).to_contain_text("window.__pwned=1")
        pages.append(opened)
    for each in pages:
        assert each.evaluate("() => window.__pwned") is None
        assert each.locator('img[src="x"]').count() == 0
        assert each.locator('a[href^="javascript:"]').count() == 0


def test_a_snapshot_that_cannot_be_read_is_said_and_the_page_recovers(runs: Runs, visitor: Visitor) -> None:
    """S0-59, W0-18: torn, foreign, a folder in its place; then the seed's own keys."""
    page_file = runs.stream.page
    page_file.write_text('{"status": "runn')
    page = visitor.open()
    problem = page.get_by_test_id("problem")
    expect(problem).to_contain_text("plan_stream.json")
    page_file.unlink()
    page_file.mkdir()
    expect(problem).to_contain_text("plan_stream.json")
    page_file.rmdir()
    rows = [{"step_number": 1, "task": "Foreign", "tool_id": "x", "status": "completed", "output": "from elsewhere"}]
    aside = page_file.with_suffix(".new")
    aside.write_text(
        json.dumps({"status": "completed", "plan_name": "Somebody else's", "total_steps": 1, "steps": rows})
    )
    aside.rename(page_file)
    expect(page.get_by_test_id("plan")).to_have_text("Somebody else's")
    expect(problem).to_be_hidden()
    expect(_opened(page, 1)).to_contain_text("from elsewhere")
    assert json.loads(page_file.read_text())["steps"] == rows  # who looks on writes nothing
