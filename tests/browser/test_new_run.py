"""The New run page as a person with a mouse, a keyboard or a phone meets it (issue 4)."""

import json
import re
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.visitor import PHONE, Visitor


def _opened(visitor: Visitor, *, on_phone: bool = False) -> Page:
    visitor.forgiven = ("/new/_stcore/",)  # Streamlit looks for its server below a page's address first, then above
    asked = {"plan": "ugc_ad"}
    page = visitor.open("/new", asked, size=PHONE, scheme="dark") if on_phone else visitor.open("/new", asked)
    expect(_start(page)).to_be_enabled()
    portraits = _portraits(page).get_by_test_id("stRadioOption")  # Streamlit's code for each widget comes by itself
    expect(portraits).to_have_count(9)
    expect(portraits.last).to_have_css("background-image", re.compile("^url"))
    return page


def _start(page: Page) -> Locator:
    return page.locator(".st-key-start_run button")


def _portraits(page: Page) -> Locator:
    return page.locator(".st-key-portraits_preset_character")


def _runs(folder: Path) -> list[Path]:
    return sorted((folder / "runs").glob("2*"))


def _go_back_to_the_form(page: Page) -> None:
    """For a moment after a start all clicks lead to the run; then the form is there again."""
    for patience_s in (1, 2, 4, 8, 16):  # each click draws it from the beginning
        page.get_by_role("link", name="New run").click()
        with suppress(TimeoutError):
            _start(page).wait_for(timeout=patience_s * 1000)
            return
    raise AssertionError("the form cannot be had again")


def test_a_double_click_right_after_typing_starts_one_run_and_the_form_keeps_what_was_typed(
    visitor: Visitor, folder: Path
) -> None:
    page = _opened(visitor)
    _portraits(page).get_by_text("7", exact=True).click()
    expect(_portraits(page).locator("[data-testid=stRadioOption][data-selected=true]")).to_have_text("7")
    page.locator(".st-key-input_ugc_ad_brand input").click()
    page.keyboard.type("Ondara <b>&")
    _start(page).dblclick()
    page.wait_for_url("**/?run=*")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    (run,) = _runs(folder)
    expect(page).to_have_url(visitor.address("/", {"run": run.name}))
    kept = json.loads((run / "inputs.json").read_text())
    assert (kept["inputs"]["preset_character"], kept["inputs"]["brand"]) == (7, "Ondara <b>&")
    assert kept["chosen"] == ["preset_character", "brand"]
    _go_back_to_the_form(page)
    expect(page.locator(".st-key-input_ugc_ad_brand input")).to_have_value("Ondara <b>&")
    expect(_portraits(page).locator("[data-testid=stRadioOption][data-selected=true]")).to_have_text("7")
    expect(_start(page)).to_be_enabled()
    assert _runs(folder) == [run]


def test_an_impatient_person_who_clicks_on_and_on_starts_one_run(visitor: Visitor, folder: Path) -> None:
    page = _opened(visitor)
    # Not the clicks that a busy browser would make later: after two seconds they may mean another run.
    page.evaluate(
        """async () => {
          const until = performance.now() + 900;
          while (performance.now() < until) {
            document.querySelector(".st-key-start_run button")?.click();
            await new Promise((next) => setTimeout(next, 15));
          }
        }"""
    )
    page.wait_for_url("**/?run=*")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    runs = _runs(folder)
    assert len(runs) == 1
    expect(page).to_have_url(visitor.address("/", {"run": runs[0].name}))


def test_by_keyboard_alone_a_portrait_is_chosen_and_enter_in_a_line_starts_nothing(
    visitor: Visitor, folder: Path
) -> None:
    page = _opened(visitor)
    page.locator(".st-key-input_ugc_ad_character_choice button").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    chosen = _portraits(page).locator("[data-testid=stRadioOption][data-selected=true]")
    expect(chosen).to_have_text("3")
    expect(chosen.locator("input")).to_be_focused()
    brand = page.locator(".st-key-input_ugc_ad_brand input")
    brand.fill("x" * 61)
    page.keyboard.press("Enter")
    expect(page.locator(".cf-wrong")).to_have_text(["must be at most 60 characters, not 61"])
    expect(brand).to_have_value("x" * 61)
    assert _runs(folder) == []


def test_on_a_phone_nothing_is_cut_off_and_the_button_is_in_sight(visitor: Visitor) -> None:
    page = _opened(visitor, on_phone=True)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= PHONE["width"]
    expect(_start(page)).to_be_in_viewport()
    boxes = [
        box for portrait in _portraits(page).get_by_test_id("stRadioOption").all() if (box := portrait.bounding_box())
    ]
    assert len(boxes) == 9
    assert {round(box["x"]) for box in boxes[:3]} == {round(box["x"]) for box in boxes[6:]}  # three columns
    assert all(box["width"] >= 90 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)


def test_each_portrait_shows_its_own_picture_and_the_chosen_one_is_marked(visitor: Visitor) -> None:
    page = _opened(visitor)
    options = _portraits(page).get_by_test_id("stRadioOption")
    expect(options).to_have_count(9)
    pictures = [option.evaluate("it => getComputedStyle(it).backgroundImage") for option in options.all()]
    assert len(set(pictures)) == 9
    assert all(picture.startswith('url("data:image/webp;base64,') for picture in pictures)
    marks = [option.evaluate("it => getComputedStyle(it, '::after').content") for option in options.all()]
    assert marks == ['"✓"'] + ["none"] * 8
