"""The New run page of somebody who has an account: who makes it, what it may cost, and how much may be spent."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from character_flow.events import PlanHead
from character_flow.stream.follow import follow
from character_flow.stream.journal import read_events
from character_flow.stream.reading import folded
from character_flow.stream.runs import run_folders
from character_flow.stream.stream import RunFolder, Stream
from character_flow.viewer.pages import PAGES
from tests.fake_replicate import TOKEN, FakeReplicate
from tests.viewer.shown import DEADLINE_S

SHELL = f"""
import streamlit as st
from pathlib import Path
pages = Path({str(PAGES)!r})
st.navigation([st.Page(pages / "new.py", default=True), st.Page(pages / "live.py", url_path="live")]).run()
"""
COSTLY = """
name: Costly
inputs: {wish: {type: text, default: a bottle, max: 40}}
steps:
  - name: film
    task: Film <it>
    tool: video.generate
    with: {model: google/veo-3.1-fast, prompt: "{{ inputs.wish }}", duration: 8, offline: {recipe: none}}
  - name: portrait
    tool: image.generate
    with: {model: 706321a35bebe81c99cb83a6b6db6b1cc0b7281f8da9be48a438de5e0aea3183, user_image: x}
"""
FREE = "name: Free\nsteps:\n  - {name: only, tool: function, with: {call: 'builtins:str', object: free}}\n"


@pytest.fixture
def page(tmp_path: Path, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page in a folder with a plan that calls two models, and one that calls none."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "costly.yaml").write_text(COSTLY)
    (tmp_path / "plans" / "free.yaml").write_text(FREE)
    (tmp_path / "shell.py").write_text(SHELL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARACTER_FLOW_DURABILITY", "none")
    return AppTest.from_file(tmp_path / "shell.py", default_timeout=DEADLINE_S)


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have one."""
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, _no_account: None) -> Iterator[FakeReplicate]:
    """The account is at a replicate.com on this machine."""
    with FakeReplicate() as started:
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        monkeypatch.setenv("REPLICATE_BASE_URL", started.address)
        yield started


def opened(page: AppTest, plan: str = "costly") -> AppTest:
    page.query_params["plan"] = plan
    return drawn(page)


def drawn(page: AppTest) -> AppTest:
    page.run()
    assert [error.message for error in page.exception] == []
    return page


def paid(page: AppTest, *, budget: float | None = None) -> AppTest:
    page.segmented_control(key="spend_who").set_value("replicate")
    drawn(page)
    if budget is not None:
        page.number_input(key="spend_budget").set_value(budget)
        drawn(page)
    return page


def asks(page: AppTest) -> bool:
    return any(group.key == "spend_who" for group in page.segmented_control)


def told(page: AppTest) -> str:
    """All words of the page's own HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", element.proto.body)) for element in page.get("html"))


def rows(page: AppTest) -> list[tuple[str, str]]:
    """The lines of the estimate."""
    table = next(element.proto.body for element in page.get("html") if "cf-estimate" in element.proto.body[:60])
    found = re.findall(r"<th scope='row'>(.*?)</th><td>(.*?)</td>", table)
    return [(unescape(re.sub(r"<[^>]*>", "", name)), price) for name, price in found]


def started(page: AppTest, stream: Stream) -> tuple[RunFolder, PlanHead]:
    """Press Start, and follow the run to its end."""
    page.button(key="start_run").click()
    drawn(page)
    (run,) = run_folders(stream)
    for _ in follow(run.path, until_end=True):
        pass
    head = next(iter(read_events(run.journal))).fact
    assert isinstance(head, PlanHead)
    return run, head


def test_without_a_token_nothing_is_asked_and_the_run_is_free(page: AppTest, stream: Stream) -> None:
    assert not asks(opened(page))
    _, head = started(page, stream)
    assert (head.provider, head.budget_usd) == ("offline", None)


@pytest.mark.usefixtures("fake")
def test_a_plan_that_calls_no_model_asks_for_no_money(page: AppTest) -> None:
    assert not asks(opened(page, "free"))


def test_with_a_token_it_stays_free_until_somebody_says_otherwise(
    page: AppTest, stream: Stream, fake: FakeReplicate
) -> None:
    assert opened(page).segmented_control(key="spend_who").value == "offline"
    assert "What one pass may cost" not in told(page)
    _, head = started(page, stream)
    assert (head.provider, fake.charged) == ("offline", 0)


@pytest.mark.usefixtures("fake")
def test_the_estimate_names_each_step_and_what_is_unknown_is_not_nothing(page: AppTest) -> None:
    paid(opened(page))
    assert rows(page) == [("Film <it>", "$1.20"), ("Portrait", "unknown"), ("In all, up to", "$1.20 and 1 unknown")]
    assert "not verified" in told(page)
    assert TOKEN not in told(page)


@pytest.mark.usefixtures("fake")
def test_a_budget_that_will_not_do_is_said_before_the_start(page: AppTest) -> None:
    paid(opened(page), budget=1.0)
    assert "The estimate is $1.20: the run may stop before a call that goes beyond the budget." in told(page)
    assert "a call of unknown price is not made" in told(page)
    page.checkbox(key="spend_unknown").check()
    assert "a call of unknown price is not made" not in told(drawn(page))


def test_the_run_pays_at_replicate_and_keeps_to_the_budget(page: AppTest, stream: Stream, fake: FakeReplicate) -> None:
    run, head = started(paid(opened(page), budget=1.0), stream)
    assert (head.provider, head.budget_usd, fake.charged) == ("replicate", 1.0, 0)
    assert "the budget of $1.00 does not last" in str(folded(run.journal).error)


def test_what_is_of_unknown_price_is_called_when_that_was_said(
    page: AppTest, stream: Stream, fake: FakeReplicate
) -> None:
    paid(opened(page), budget=5.0)
    page.checkbox(key="spend_unknown").check()
    run, _ = started(drawn(page), stream)
    assert fake.charged == 2
    assert [event.type for event in read_events(run.journal)][-1] == "plan_completed"
