"""What paid runs look like: estimate.png, uncertain.png and settle.png in docs/assets/screenshots, nothing paid.

Takes the place of replicate.com by the fake of the tests, which hands out what the offline provider made. As
`python docs/screenshots_paid.py`; a folder as argument gets the pictures instead.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python docs/screenshots_paid.py` shows this checkout, installed or not

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402 - after the path is set

from character_flow.stream.stream import RunFolder  # noqa: E402 - after the path is set
from tests import fake_replicate  # noqa: E402 - after the path is set
from tests.browser import chromium  # noqa: E402 - after the path is set
from tests.browser.runs import Runs  # noqa: E402 - after the path is set
from tests.browser.server import Viewer, wait_for  # noqa: E402 - after the path is set
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script  # noqa: E402 - after the path is set
from tests.fake_replicate_media import Blob, blob_of  # noqa: E402 - after the path is set

PLAN = ROOT / "plans" / "ugc_ad_public.yaml"
TARGET = ROOT / "docs" / "assets" / "screenshots"
SIZE = (1280, 860)
MOST_BYTES = 300_000
EMPTY_LIST = '{"previous": null, "next": null, "results": []}'


class Desk:
    """A person with an account, a viewer and a browser."""

    def __init__(self, page: Page, viewer: Viewer, fake: FakeReplicate, target: Path) -> None:
        self._page, self._viewer, self._fake, self._target = page, viewer, fake, target

    def estimate(self) -> None:
        """The foot of the form of a new run."""
        page = self._page
        page.goto(f"{self._viewer.url}/new?plan={PLAN.stem}")
        page.get_by_text("replicate.com, paid").click()
        page.get_by_label("Budget in US dollars").fill("2")
        page.keyboard.press("Tab")
        expect(page.get_by_text("In all, up to")).to_be_visible()
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        page.evaluate("document.activeElement.blur()")
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 1e6)")
        self._keep("estimate")

    def settle(self, run: RunFolder) -> None:
        """An uncertain step, and what is asked before its call is adopted."""
        page = self._page
        page.goto(f"{self._viewer.url}/?run={run.id}")
        pin = page.get_by_test_id("error-pin")
        expect(pin.get_by_test_id("settle")).to_be_visible()
        self._keep("uncertain")
        pin.get_by_test_id("settle-adopt").click()
        page.get_by_label("Id of the prediction").fill(self._fake.last_id)
        self._keep("settle")

    def _keep(self, name: str) -> None:
        self._page.mouse.move(0, 0)
        self._page.wait_for_function(
            "() => document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)"
        )
        content = self._page.screenshot(animations="disabled")
        if len(content) > MOST_BYTES:
            raise SystemExit(f"{name}.png has {len(content)} bytes; at most {MOST_BYTES} belong into the repository")
        self._target.mkdir(parents=True, exist_ok=True)
        (self._target / f"{name}.png").write_bytes(content)
        print(self._target / f"{name}.png")


def lost_call(runs: Runs, fake: FakeReplicate, account: dict[str, str]) -> RunFolder:
    """A run whose call for the video was answered to nobody, and is not in the provider's list."""
    fake.script(Script(output="image", running_s=5, model="google/nano-banana"))
    process = runs.start(PLAN, "--provider", "replicate", "--budget", "2", more=account)
    wait_for(lambda: fake.charged == 3, "the frame is being made", deadline_s=120)
    fake.fault(Fault("POST", "/v1/predictions", "drop_after"))
    fake.fault(Fault("GET", "/v1/predictions", "wrong_json", body=EMPTY_LIST, times=-1))
    if process.wait(300) != 3:
        raise SystemExit(runs.log.read_text())
    return runs.newest()


@contextmanager
def handing_out(draft: RunFolder) -> Iterator[None]:
    """Let the fake deliver the pictures of an offline run, for its own are grey."""
    made = {"out.png": (draft.artifacts / "frame-1" / "frame.png", "image/png"),
            "out.mp4": (draft.artifacts / "video-1" / "clip.mp4", "video/mp4")}  # fmt: skip
    files = {name: Blob(path.read_bytes(), path.stat().st_size, kind) for name, (path, kind) in made.items()}
    with patch.object(
        fake_replicate, "blob_of", lambda name, *, size=None: files.get(name) or blob_of(name, size=size)
    ):
        yield


def main() -> int:
    """Take the three pictures."""
    path = chromium.find()
    if path is None:
        print(chromium.WHY_NOT, file=sys.stderr)
        return 2
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory(prefix="character_flow-") as scratch, sync_playwright() as playwright:
        for name in ("drafts", "paid"):
            Path(scratch, name).mkdir()
        draft = Runs(Path(scratch, "drafts")).complete(PLAN)
        runs = Runs(Path(scratch, "paid"))
        with handing_out(draft), FakeReplicate() as fake:
            account = {"REPLICATE_API_TOKEN": TOKEN, "REPLICATE_BASE_URL": fake.address}
            browser = chromium.launch(playwright, path)
            try:
                with Viewer(Path(scratch, "paid"), more=account) as viewer:
                    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-GB")
                    desk = Desk(page, viewer, fake, Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
                    desk.estimate()
                    desk.settle(lost_call(runs, fake, account))
            finally:
                runs.end()
                browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
