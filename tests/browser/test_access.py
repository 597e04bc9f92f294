"""Whoever looks, with whatever: a phone, the dark, only a keyboard, a screen reader, without movement."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from character_flow.stream.stream import RunFolder
from tests.browser.runs import Runs, question, step
from tests.browser.visitor import PHONE, PLAYS_ON, Visitor

_READING = Path(__file__).with_name("reading.js").read_text(encoding="utf-8")


# What has the focus now, and whether it looks otherwise than without; None where it is still the same, as within a
# player, whose own controls are the browser's.
_FOCUSED = """() => {
  const node = window.__focused();
  if (!node || node === window.__before) return null;
  window.__before = node;
  const marked = window.__looks(node);
  node.blur();
  const plain = window.__looks(node);
  node.focus({ focusVisible: true, preventScroll: true });
  const own = node.closest("[data-testid]")?.dataset.testid ?? "";
  const words = /^st[A-Z]/.test(own) ? node.textContent.trim() || node.ariaLabel || "" : own;
  return { words, isMarked: marked !== plain };
}"""


def _each_page(visitor: Visitor, page: Page, library: tuple[RunFolder, ...]) -> dict[str, str]:
    """The addresses of all pages, each with something that stands there once it is drawn."""
    blue, green, mistaken, ad = library
    return {
        visitor.address("/"): "Get character URL",
        visitor.address("/", {"run": mistaken.id}): "the oven is cold",
        visitor.address("/runs", {"run": ad.id}): "Export",
        visitor.address("/new"): "It runs on by itself",
        visitor.address("/compare", {"a": blue.id, "b": green.id}): "Describe it",
        visitor.address("/replay", {"run": ad.id}): "Get character URL",
    }


def _drawn(page: Page, url: str, words: str) -> None:
    page.goto(url, wait_until="domcontentloaded")
    expect(page.get_by_test_id("stMain")).to_contain_text(words)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def test_on_a_phone_every_page_fits_its_width(visitor: Visitor, library: tuple[RunFolder, ...]) -> None:
    """S0-08."""
    page = visitor.open(size=PHONE)
    for url, words in _each_page(visitor, page, library).items():
        _drawn(page, url, words)
        widths = page.evaluate(
            """() => [document.scrollingElement, document.querySelector('[data-testid="stMain"]')]
              .map((node) => node.scrollWidth - node.clientWidth)"""
        )
        assert (url, widths) == (url, [0, 0])


def test_on_a_phone_the_chosen_step_opens_below_its_row_and_the_video_plays(
    visitor: Visitor, library: tuple[RunFolder, ...]
) -> None:
    page = visitor.open(size=PHONE)
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    row = page.locator('[data-testid="step-row"][data-step="4"]')
    row.click()
    detail = page.get_by_test_id("detail")
    expect(detail).to_have_attribute("data-step", "4")
    above, below = row.bounding_box(), detail.bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] >= above["y"] + above["height"] - 2
    assert below["x"] >= 0
    assert below["x"] + below["width"] <= PHONE["width"]
    video = page.get_by_test_id("hero-video")
    assert (
        video.evaluate("async (node) => { node.muted = true; await node.play(); node.pause(); return node.duration; }")
        > 8
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_against_what_is_behind_it(
    visitor: Visitor, library: tuple[RunFolder, ...], scheme: Literal["light", "dark"]
) -> None:
    """WCAG AA, computed from the styles in force, on each page."""
    page = visitor.open(size={"width": 1280, "height": 1600}, scheme=scheme, scripts=[_READING])
    faint: dict[str, list[str]] = {}
    for url, words in _each_page(visitor, page, library).items():
        _drawn(page, url, words)
        page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running' "
                               "|| one.effect.getTiming().iterations === Infinity)")  # fmt: skip
        told = page.evaluate("() => window.__faint()")
        assert told["looked"] > 20
        if told["found"]:
            faint[url] = told["found"]
    dark = page.get_by_test_id("stApp").evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert dark == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(14, 21, 21)")
    assert faint == {}


def test_faint_text_is_seen(visitor: Visitor) -> None:
    page = visitor.open(scripts=[_READING])
    expect(page.get_by_test_id("waiting")).to_be_visible()
    page.evaluate(
        """() => {
          const line = document.createElement("p");
          line.textContent = "hardly to be read";
          line.style.color = "#aaa";
          document.querySelector('[data-testid="stMain"]').append(line);
        }"""
    )
    found = page.evaluate("() => window.__faint().found")
    assert [line.split(" | ")[:2] for line in found] == [["hardly to be read", "2.32"]]


def test_the_board_is_read_with_the_keyboard_alone(visitor: Visitor, library: tuple[RunFolder, ...]) -> None:
    page = visitor.open(scripts=[PLAYS_ON])
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    detail, keys = page.get_by_test_id("detail"), page.keyboard
    expect(detail).to_have_attribute("data-step", "8")
    for key, number in (("k", "7"), ("k", "6"), ("k", "5"), ("j", "6"), ("ArrowUp", "5")):
        keys.press(key)
        expect(detail).to_have_attribute("data-step", number)
    expect(page.locator('[data-testid="step-row"][data-step="5"]')).to_be_focused()
    keys.press("Escape")
    expect(detail).to_be_hidden()
    keys.press("Enter")
    expect(detail).to_be_visible()
    keys.press("?")
    expect(page.get_by_test_id("help")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_test_id("help")).to_be_hidden()
    video = page.get_by_test_id("hero-video")
    page.wait_for_function("(node) => !node.paused && node.muted", arg=video.element_handle())
    keys.press(" ")
    page.wait_for_function("(node) => node.paused && node.muted", arg=video.element_handle())
    keys.press(" ")
    page.wait_for_function("(node) => !node.paused && !node.muted && node.currentTime > 0", arg=video.element_handle())
    keys.press(" ")
    page.wait_for_function("(node) => node.paused", arg=video.element_handle())
    assert video.evaluate("(node) => node.currentTime > 0 && node.currentTime < node.duration")


def test_keys_are_letters_while_somebody_types(visitor: Visitor, runs: Runs) -> None:
    asks = question("asks", "What is it called?")
    runs.begun(runs.plan("typed", [step("first", "say", value="one"), asks]))
    page = visitor.open()
    page.get_by_test_id("answer-field").focus()
    page.keyboard.type("jk ? why")
    expect(page.get_by_test_id("answer-field")).to_have_value("jk ? why")
    expect(page.get_by_test_id("detail")).to_have_attribute("data-step", "2")
    expect(page.get_by_test_id("help")).to_be_hidden()
    assert page.url == visitor.address()  # a step that somebody chose would stand in it


def test_tab_reaches_the_controls_and_each_shows_that_it_has_the_focus(
    visitor: Visitor, library: tuple[RunFolder, ...]
) -> None:
    page = visitor.open(scripts=[_READING])
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    reached: list[str] = []
    unmarked: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(_FOCUSED)
        if told is not None:
            reached.append(told["words"])
            unmarked += [] if told["isMarked"] else [told["words"]]
    assert {"Auto Refresh", "Refresh Now", "Clear Stream", "Runs", "step-row", "hero-video", "gantt"} <= set(reached)
    assert unmarked == []


def test_a_screen_reader_hears_changes_of_the_run_and_not_each_tick(visitor: Visitor, runs: Runs) -> None:
    runs.begun(runs.plan("heard", [step("counts", "count", until="go", updates=40, pause_s=0.06)]))
    page = visitor.open()
    said = page.locator('[role="status"][aria-live="polite"]').filter(has_text="Heard")
    expect(said).to_have_text("Heard: Running")
    said.evaluate(
        """(node) => {
          window.__said = [];
          new MutationObserver(() => window.__said.push(node.textContent))
            .observe(node, { childList: true, characterData: true, subtree: true });
        }"""
    )
    bar = page.get_by_role("progressbar", name="Progress of the run")
    runs.go_on("go", "go-end")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(said).to_have_text("Heard: Completed")
    assert set(page.evaluate("() => window.__said")) == {"Heard: Completed"}


_MOVES = """(node) => node.getRootNode().getAnimations()
  .filter((one) => one.playState === "running" && one.effect.getTiming().iterations === Infinity).length"""


def test_nothing_moves_for_those_who_asked_for_less_motion(visitor: Visitor, runs: Runs) -> None:
    runs.begun(runs.plan("still", [step("film", "film", "Film", seconds=4), step("waits", "gate", until="go")]))
    moving, still = visitor.open(), visitor.open(motion="reduce")
    for page in (moving, still):
        expect(page.get_by_test_id("status")).to_have_text("Running")
    assert moving.get_by_test_id("status").evaluate(_MOVES) > 0
    assert still.get_by_test_id("status").evaluate(_MOVES) == 0
    one, other = moving.get_by_test_id("hero-video"), still.get_by_test_id("hero-video")
    moving.wait_for_function("(node) => node.currentTime > 0", arg=one.element_handle())
    still.wait_for_function("(node) => node.readyState >= 1", arg=other.element_handle())
    assert other.evaluate("(node) => [node.paused, node.currentTime]") == [True, 0]
