"""What every browser test gets: a Chromium, a viewer on a folder of its own, and pages that may not complain."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from tests.browser import chromium
from tests.browser.runs import AD, Runs, end_owners, step
from tests.browser.server import DEADLINE_S, Viewer
from tests.browser.visitor import Visitor, new_profile
from tests.ports import kept_port

expect.set_options(timeout=DEADLINE_S * 1000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all browser tests, and for no others: its event loop must be gone when theirs begin."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.WHY_NOT)
    with sync_playwright() as playwright:
        launched = chromium.launch(playwright, path)
        yield launched
        launched.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the runs of a test are; what is still at work there ends with it."""
    made = tmp_path / "stream"
    made.mkdir()
    yield made
    end_owners(Stream(made))


@pytest.fixture
def runs(folder: Path) -> Iterator[Runs]:
    """Starts runs as processes of their own, and ends what is left of them."""
    started = Runs(folder, are_forked=True)
    yield started
    started.end()


@pytest.fixture(scope="package")
def home(browser: Browser) -> Iterator[BrowserContext]:
    """The profile in which most pages are opened, test after test."""
    profile = new_profile(browser)
    yield profile
    profile.close()


@pytest.fixture(scope="package")
def port() -> Iterator[int]:
    """The port of every server here, one after the other: a browser knows a page by its address."""
    with kept_port() as number:
        yield number


@pytest.fixture
def viewer(home: BrowserContext, folder: Path, port: int) -> Iterator[Viewer]:
    """The server, on the folder of this test. It needs the browser, so that nothing is started where there is none."""
    with Viewer(folder, port=port, is_forked=True) as started:
        yield started


@pytest.fixture
def visitor(home: BrowserContext, viewer: Viewer) -> Iterator[Visitor]:
    """A person at a browser; what his pages complained of fails the test at its end."""
    person = Visitor(home, viewer.url)
    yield person
    person.leave()
    assert person.complaints == []
    assert person.asked_outside == []


@pytest.fixture(scope="package")
def _library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs made once for all tests that only look at some: two that differ, a failed one, and last the ad."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "library"
    made = shared / "stream"
    shared.mkdir(exist_ok=True)
    with FileLock(shared / "lock"):  # by the first of pytest's processes that needs them
        if not made.exists():
            _fill(shared / "making" / "stream")
            (shared / "making" / "stream").rename(made)
    return made


def _fill(folder: Path) -> None:
    folder.mkdir(parents=True)
    runs = Runs(folder, are_forked=True)
    for words in ("A blue bottle on white sand.", "A green bottle on white sand."):
        steps = [step("describe", "say", "Describe it", value=words), step("draw", "picture", "Draw it"),
                 step("film", "film", "Film it")]  # fmt: skip
        runs.complete(runs.plan("product", steps))
    runs.complete(runs.plan("mistaken", [step("breaks", "fail", "Break", told="the oven is cold")]), code=1)
    runs.complete(AD)


@pytest.fixture
def library(_library: Path, folder: Path) -> tuple[RunFolder, ...]:
    """Finished runs of this test's own, oldest first: two of `product` that differ, `mistaken`, the ad."""
    shutil.copytree(_library, folder, dirs_exist_ok=True)
    return tuple(reversed(run_folders(Stream(folder))))
