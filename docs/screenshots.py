"""What the viewer looks like: docs/assets/screenshots/*.png, from real runs in a real browser; `make screenshots`.

Everything is made in a folder that is thrown away: an ad in the middle of its video and finished, a run that failed,
two that differ. Another name, `python docs/screenshots.py live dark`, writes only those.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python docs/screenshots.py` shows this checkout, installed or not

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402 - after the path is set
from pydantic import JsonValue  # noqa: E402 - after the path is set

from character_flow.stream.stream import RunFolder  # noqa: E402 - after the path is set
from tests.browser import chromium  # noqa: E402 - after the path is set
from tests.browser.runs import AD, Runs, question, step  # noqa: E402 - after the path is set
from tests.browser.server import Viewer  # noqa: E402 - after the path is set

TARGET = ROOT / "docs" / "assets" / "screenshots"
DESK, PHONE = (1280, 800), (360, 740)
MOST_BYTES = 350_000
SEEK_S = 4.0


class Studio:
    """A viewer with real runs, and a browser that takes pictures of it."""

    def __init__(self, browser: Browser, viewer: Viewer, runs: Runs) -> None:
        self._browser, self._viewer, self._runs = browser, viewer, runs
        self._ads: list[RunFolder] = []
        self._mistaken: RunFolder | None = None

    def make_runs(self) -> None:
        """What the pictures show, oldest first: two ads that differ, one mistake."""
        cast: JsonValue = {"call": "character_flow.tools.ugc_ad:choose_character", "choice": "prebuilt", "custom": None,
                           "preset": 12, "portraits": str(AD.parent / "assets" / "characters")}  # fmt: skip
        self._mistaken = self._runs.complete(self._runs.plan("casting", [
            step("brief", "say", "Write the brief", value="A face for the summer campaign: calm, outdoors."),
            {"name": "cast", "task": "Choose the character", "tool": "function", "with": cast},
            step("banner", "say", "Draw the banner", value="never reached"),
        ], title="Casting for the summer campaign"), code=1)  # fmt: skip
        for words in (("-i", "preset_character=4"), ("-i", "preset_character=7", "-i", "include_cta=true")):
            self._ads.append(self._runs.complete(AD, *words))

    @contextmanager
    def _page(
        self, path: str, query: Mapping[str, str] | None = None, *, size: tuple[int, int] = DESK,
        scheme: Literal["light", "dark"] = "light",
    ) -> Iterator[Page]:  # fmt: skip
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=1, color_scheme=scheme, locale="en-GB"
        )
        page = context.new_page()
        words = "&".join(f"{name}={value}" for name, value in (query or {}).items())
        page.goto(f"{self._viewer.url}{path}{'?' + words if words else ''}")
        yield page
        context.close()

    def _keep(self, page: Page, name: str) -> None:
        """Wait until the pictures on the page are there, then take one of it."""
        page.mouse.move(0, 0)
        page.wait_for_function(
            "() => document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)"
        )
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        content = page.screenshot(animations="disabled")
        if len(content) > MOST_BYTES:
            raise SystemExit(f"{name}.png has {len(content)} bytes; at most {MOST_BYTES} belong into the repository")
        TARGET.mkdir(parents=True, exist_ok=True)
        (TARGET / f"{name}.png").write_bytes(content)

    def _finished(self, page: Page) -> None:
        expect(page.get_by_test_id("status")).to_have_text("Completed")
        page.get_by_test_id("hero-video").evaluate(
            """async (video, at) => {
              const once = (name) => new Promise((done) => video.addEventListener(name, done, { once: true }));
              const frame = () => new Promise((done) => video.requestVideoFrameCallback(done));
              video.muted = true;
              video.pause();
              video.preload = "auto";
              if (video.readyState < 1) await once("loadedmetadata");
              const sought = once("seeked");
              video.currentTime = at;
              await sought;
              await video.play();
              await frame();
              await frame();
              video.pause();
              video.muted = false;
              while (video.readyState < 4) await once("canplaythrough");
            }""",
            SEEK_S,
        )

    def live(self) -> None:
        """An ad in the middle of its video."""
        with self._page("/") as page:
            process = self._runs.start(AD)
            video = page.locator('[data-testid="step-row"][data-step="7"]')
            expect(video).to_have_attribute("data-status", "running")
            done = "(row) => parseFloat(row.querySelector('.row-bar').style.getPropertyValue('--done')) > 45"
            page.wait_for_function(done, arg=video.element_handle())
            self._keep(page, "live")
            process.wait(300)

    def finished(self) -> None:
        """The same page after the end, with the video."""
        with self._page("/", {"run": self._ads[-1].id}) as page:
            self._finished(page)
            self._keep(page, "finished")

    def dark(self) -> None:
        """In the dark."""
        with self._page("/", {"run": self._ads[-1].id}, scheme="dark") as page:
            self._finished(page)
            self._keep(page, "dark")

    def phone(self) -> None:
        """On a phone."""
        with self._page("/", {"run": self._ads[-1].id}, size=PHONE) as page:
            self._finished(page)
            self._keep(page, "phone")

    def error(self) -> None:
        """A run that failed, with what to do about it."""
        assert self._mistaken is not None
        with self._page("/", {"run": self._mistaken.id}) as page:
            expect(page.get_by_test_id("error-pin")).to_be_visible()
            self._keep(page, "error")

    def asking(self) -> None:
        """A run that asks a person."""
        steps = [step("draft", "say", "Write the headline", value="Cold all day. Light all summer."),
                 question("approve", "May this headline go on the banner?", kind="approve")]  # fmt: skip
        run = self._runs.begun(self._runs.plan("headline", steps, title="Headline with approval"))
        with self._page("/", {"run": run.id}) as page:
            expect(page.get_by_test_id("question")).to_be_visible()
            self._keep(page, "question")

    def runs(self) -> None:
        """All runs, one of them chosen."""
        with self._page("/runs", {"run": self._ads[-1].id}) as page:
            expect(page.get_by_test_id("run-row").first).to_be_visible()
            expect(page.get_by_role("link", name="Export")).to_be_visible()
            self._keep(page, "runs")

    def compare(self) -> None:
        """Two runs side by side."""
        first, second = self._ads[:2]
        with self._page("/compare", {"a": first.id, "b": second.id}) as page:
            expect(page.get_by_test_id("stMain")).to_contain_text("Describe the product")
            self._keep(page, "compare")

    def new(self) -> None:
        """The form of a new run."""
        with self._page("/new", {"plan": "ugc_ad"}) as page:
            expect(page.get_by_role("button", name="Start", exact=True)).to_be_attached()
            self._keep(page, "new")

    def replay(self) -> None:
        """A run played again."""
        with self._page("/replay", {"run": self._ads[-1].id}) as page:
            page.get_by_test_id("play").click()
            page.get_by_test_id("scrubber").evaluate(
                "(node) => { node.value = 0.6 * node.max; node.dispatchEvent(new Event('input')); }"
            )
            expect(page.get_by_test_id("status")).to_have_text("Running")
            self._keep(page, "replay")


def main() -> int:
    """Take the pictures that are asked for, or all."""
    path = chromium.find()
    if path is None:
        print(chromium.WHY_NOT, file=sys.stderr)
        return 2
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory(prefix="character_flow-") as scratch, sync_playwright() as playwright:
        folder = Path(scratch, "ads")
        folder.mkdir()
        browser, runs = chromium.launch(playwright, path), Runs(folder)
        try:
            with Viewer(folder) as viewer:
                studio = Studio(browser, viewer, runs)
                pictures: dict[str, Callable[[], None]] = {
                    "finished": studio.finished, "dark": studio.dark, "phone": studio.phone, "error": studio.error,
                    "runs": studio.runs, "compare": studio.compare, "new": studio.new, "replay": studio.replay,
                    "live": studio.live, "question": studio.asking,
                }  # fmt: skip
                unknown = set(sys.argv[1:]) - set(pictures)
                if unknown:
                    print(f"no picture {', '.join(sorted(unknown))}; there are: {', '.join(pictures)}", file=sys.stderr)
                    return 2
                studio.make_runs()
                for name in sys.argv[1:] or pictures:
                    pictures[name]()
                    print(TARGET / f"{name}.png")
        finally:
            runs.end()
            browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
