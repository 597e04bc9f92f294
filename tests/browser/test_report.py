"""A report in a real browser: it plays, it fits every screen, it asks nobody and it runs nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from character_flow.report import write_report
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.browser import made
from tests.unit.small_runs import run_text

EVIL = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"
# The page's own policy refuses what waits by evaluating texts again and again.
_PLAYED = """async media => {
    media.muted = true
    const moved = new Promise(seen => media.addEventListener("timeupdate", () => media.currentTime > 0.1 && seen()))
    await media.play()
    await moved
    return media.duration
}"""
PLAN = """\
name: A film, a picture and a sound
steps:
  - {name: picture, tool: picture}
  - {name: sound, tool: sound}
  - {name: words, task: Say something unpleasant, tool: words}
  - {name: film, tool: film}
output: {video: "{{ steps.film.output.path }}", words: "{{ steps.words.output }}"}
"""


def words(ctx: ToolContext) -> str:
    return f"{EVIL}\n" + "unbroken" * 200


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    tools = ToolRegistry({"picture": made.picture, "sound": made.sound, "film": made.film, "words": words})
    return write_report(run_text(folder, PLAN, tools).run, folder / "report.html")


@pytest.fixture(params=[(1280, 800), (360, 740)], ids=["desk", "phone"])
def page(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The report, opened from the disk; whatever it complained of or asked for fails the test."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("console", lambda one: said.append(one.text))
    opened.on("pageerror", lambda one: said.append(str(one)))
    opened.goto(report.as_uri())
    yield opened
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert said == []
    context.close()


def test_its_film_and_sound_play_and_its_picture_is_there(page: Page) -> None:
    for shape, seconds in (("video", 4.0), ("audio", 2.0)):
        media = page.locator(shape)
        expect(media).to_have_count(1)
        assert media.evaluate(_PLAYED) == pytest.approx(seconds, abs=0.2)
    picture = "async picture => { await picture.decode(); return picture.naturalWidth }"
    assert page.locator("img").evaluate(picture) == 320


def test_what_a_run_says_is_read_not_run(page: Page) -> None:
    expect(page.get_by_text("<script>document.title='hit'</script>").first).to_be_visible()
    assert "hit" not in page.title()


def test_it_never_scrolls_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") is True
