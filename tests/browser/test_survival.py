"""What the reader typed, opened and started stays, however many updates come; time is told by the server's clock."""

import re

import pytest
from playwright.sync_api import expect
from pydantic import JsonValue

from tests.browser.runs import Runs, question, step
from tests.browser.server import wait_for
from tests.browser.visitor import Visitor

A_WHILE_S = 1800.0
_AN_HOUR_OFF = """(() => {
  const Real = Date, off = %d * 3600e3;
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + off); }
    static now() { return Real.now() + off; }
  };
})()"""


def test_what_was_typed_opened_and_played_survives_a_hundred_updates_in_the_same_nodes(
    visitor: Visitor, runs: Runs
) -> None:
    """W0-15: nothing is drawn anew under the reader's hands."""
    asks: JsonValue = {**question("asks", "What is it called?"), "needs": ["film"]}
    counts = step("counts", "count", "Count", until="go", updates=1_000, pause_s=0.06)
    runs.begun(runs.plan("survival", [step("film", "film", "Film", seconds=9), asks, {**counts, "needs": ["film"]}]))
    page = visitor.open()
    page.evaluate("() => { window.__news = 0; window.addEventListener('character-flow:news', () => window.__news++); }")
    field = page.get_by_test_id("answer-field")
    expect(field).to_be_visible()
    page.locator('[data-testid="step-row"][data-step="1"]').click()
    detail, video = page.get_by_test_id("detail"), page.get_by_test_id("hero-video")
    expect(detail).to_have_attribute("data-step", "1")
    video.evaluate("(node) => { node.muted = true; return node.play(); }")
    video.evaluate("(node) => { window.__restarts = 0; node.addEventListener('emptied', () => window.__restarts++); }")
    field.fill("half an ans")
    field.focus()
    rows = page.get_by_test_id("step-row")
    nodes = [
        node.element_handle()
        for node in (field, detail, video, rows.nth(0), rows.nth(2), page.get_by_test_id("status"))
    ]
    runs.go_on("go")
    page.wait_for_function("() => window.__news >= 100")
    page.keyboard.type("wer")
    expect(rows.nth(2)).to_contain_text(re.compile(r"word\d\d"))
    assert [node.evaluate("(node) => node.isConnected") for node in nodes] == [True] * len(nodes)
    assert nodes[0].evaluate("(node) => [node.value, node.getRootNode().activeElement === node]") == [
        "half an answer",
        True,
    ]
    expect(detail).to_have_attribute("data-step", "1")
    assert page.evaluate("() => window.__restarts") == 0
    page.wait_for_function("(node) => node.currentTime > 3", arg=nodes[2])
    runs.go_on("go-end")
    page.get_by_test_id("send-answer").click()
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    expect(rows.nth(1)).to_contain_text("half an answer")


def test_the_page_follows_the_running_step_until_the_reader_chooses_and_again_when_asked(
    visitor: Visitor, runs: Runs
) -> None:
    runs.begun(runs.plan("followed", [
        step("one", "say", "The first", value="one"), step("two", "gate", "The second", until="a"),
        step("three", "gate", "The third", until="b"), step("four", "gate", "The fourth", until="c"),
    ]))  # fmt: skip
    page = visitor.open()
    detail = page.get_by_test_id("detail")
    expect(detail).to_have_attribute("data-step", "2")
    page.locator('[data-testid="step-row"][data-step="1"]').click()
    expect(page).to_have_url(visitor.address("/", {"step": "1"}))
    runs.go_on("a")
    expect(page.locator('[data-testid="step-row"][data-step="3"]')).to_have_attribute("data-status", "running")
    expect(detail).to_have_attribute("data-step", "1")
    page.get_by_test_id("follow").click()
    expect(detail).to_have_attribute("data-step", "3")
    runs.go_on("b")
    expect(detail).to_have_attribute("data-step", "4")
    page.reload()
    expect(detail).to_have_attribute("data-step", "4")
    assert page.url == visitor.address()  # following is no choice that stands in the address


def test_a_link_to_a_step_opens_that_step(visitor: Visitor, runs: Runs) -> None:
    run = runs.complete(runs.plan("linked", [step(f"s{number}", "say", value=number) for number in range(1, 5)]))
    page = visitor.open(query={"run": run.id, "step": "3"})
    expect(page.get_by_test_id("detail")).to_have_attribute("data-step", "3")
    assert page.url == visitor.address(query={"run": run.id, "step": "3"})


@pytest.mark.parametrize("hours", [1, -1])
def test_a_browser_whose_clock_is_an_hour_off_tells_the_same_times(visitor: Visitor, runs: Runs, hours: int) -> None:
    runs.begun(runs.plan("timed", [step("waits", "gate", until="go")]))
    page = visitor.open(scripts=[_AN_HOUR_OFF % hours])
    duration = page.get_by_test_id("metric-duration")
    expect(duration).to_have_text(re.compile("[1-9]"))
    first = _seconds(duration.inner_text())
    wait_for(lambda: _seconds(duration.inner_text()) > first + 0.5, "time goes on")
    assert 0 < first < A_WHILE_S
    assert first < _seconds(duration.inner_text()) < A_WHILE_S
    expect(page.get_by_test_id("metric-writer")).to_have_text("alive")
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed")
    assert 0 < _seconds(duration.inner_text()) < A_WHILE_S


def _seconds(text: str) -> float:
    """`4.2 s` or `1 min 4 s`, as the page says it."""
    numbers, units = text.split()[::2], text.split()[1::2]
    return sum(
        float(number) * {"s": 1, "min": 60, "h": 3600}[unit] for number, unit in zip(numbers, units, strict=True)
    )


@pytest.mark.slow
def test_five_thousand_steps_are_a_short_list_that_scrolls_and_answers(visitor: Visitor, runs: Runs) -> None:
    many = [step(f"s{number}", "say", f"Task number {number}", value=f"output {number}") for number in range(1, 5001)]
    many[2499] = step("s2500", "gate", "Wait in the middle", until="go")
    runs.start(runs.plan("many", many), "--durability", "none")
    page = visitor.open()
    middle = page.locator('[data-testid="step-row"][data-step="2500"]')
    expect(middle).to_have_attribute("data-status", "running", timeout=300_000)
    expect(page.get_by_test_id("step-of")).to_have_text("Step 2500 of 5000")
    expect(page).to_have_title("2500/5000 running · Many")
    assert page.get_by_test_id("step-row").count() < 100
    assert page.get_by_test_id("gantt").get_by_role("option").count() < 100
    page.get_by_test_id("step-row").first.evaluate("(row) => { row.closest('.scroller').scrollTop = 1e9; }")
    last = page.locator('[data-testid="step-row"][data-step="5000"]')
    last.click()
    expect(page.get_by_test_id("detail")).to_contain_text("Task number 5000")
    runs.go_on("go")
    expect(page.get_by_test_id("status")).to_have_text("Completed", timeout=300_000)
    expect(last).to_have_attribute("data-status", "completed")
    expect(page.get_by_test_id("detail").get_by_test_id("output")).to_contain_text("output 5000")
