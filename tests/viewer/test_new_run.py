"""The New run page: a form made of the plan's inputs, and a run that outlives the page (issue 4; S0-51, S0-61)."""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image
from pydantic import JsonValue
from streamlit.testing.v1 import AppTest

from character_flow.stream.follow import follow
from character_flow.stream.liveness import this_process
from character_flow.stream.locks import hold_page
from character_flow.stream.reading import folded
from character_flow.stream.stream import RunFolder, Stream
from character_flow.viewer.pages import PAGES
from tests.viewer.shown import DEADLINE_S

SHELL = f"""
import streamlit as st
from pathlib import Path
pages = Path({str(PAGES)!r})
st.navigation([st.Page(pages / "new.py", default=True), st.Page(pages / "live.py", url_path="live")]).run()
"""

EVERY_KIND = r"""
name: "Every *kind* of :red[input] <img src=x onerror=alert(1)>"
description: "<script>alert(1)</script> **not bold**"
inputs:
  title: {type: text, description: "A <b>title</b> (what it is called)", max: 40}
  story: {type: text, default: once upon a time}
  many: {type: integer, min: 1, max: 500, default: 12}
  ratio: {type: number, min: 0, max: 1, default: 0.333333333}
  sure: {type: boolean}
  loud: {type: boolean, default: true}
  size: {type: choice, choices: [small, large]}
  odd: {type: choice, choices: ["*a*", ":red[b]"], default: "*a*"}
  paper: {type: file, max: 2000000}
  encore: {type: text, max: 50, required_when: "{{ inputs.loud and inputs.many > 20 }}"}
steps:
  - {name: paper, tool: function, with: {call: "builtins:str", object: "{{ inputs.title }}"}}
output:
  title: "{{ steps.paper.output }}"
  given: "{{ [inputs.story, inputs.many, inputs.ratio, inputs.sure, inputs.loud, inputs.size, inputs.odd] }}"
"""

FACES = r"""
name: Two faces
inputs:
  hero: {type: choice, choices: [anna, ben], default: anna, description: Who}
  picture: {type: image, description: Your picture, max: 100000}
steps:
  - {name: hero, tool: function, with: {call: "builtins:str", object: "{{ inputs.hero }}"}}
output: {hero: "{{ steps.hero.output }}", picture: "{{ inputs.picture }}"}
"""

MISTAKEN = """
name: Mistaken
inputs: {a: {type: textt}}
steps:
  - {name: x, tool: text.generat, with: {prompt: "<b>"}}
"""


def picture(width: int = 64, height: int = 48, *, turned: int = 1) -> bytes:
    """A JPEG picture, whose EXIF says how the camera was held."""
    image, target = Image.new("RGB", (width, height), "teal"), BytesIO()
    exif = image.getexif()
    exif[0x0112] = turned
    image.save(target, "JPEG", exif=exif)
    return target.getvalue()


@dataclass
class Visit:
    """One person on the page: what is shown, and what he does."""

    app: AppTest
    folder: Path
    plan: str = ""

    def open(self, plan: str) -> "Visit":
        """Come to the page by the address of a plan."""
        self.plan = plan
        self.app.query_params["plan"] = plan
        return self.go_on()

    def go_on(self) -> "Visit":
        """Let the page draw itself."""
        self.app.run()
        assert [error.message for error in self.app.exception] == []
        return self

    def choose_plan(self, plan: str) -> "Visit":
        """Take another plan from the list."""
        self.plan = plan
        self.app.selectbox(key="new_plan").set_value(plan)
        return self.go_on()

    @property
    def told(self) -> list[str]:
        """What the page that was come to says in passing."""
        return [toast.value for toast in self.app.toast]

    def type(self, **texts: str) -> "Visit":
        """Type into lines and boxes."""
        for name, text in texts.items():
            boxes = [*self.app.text_input, *self.app.text_area]
            next(box for box in boxes if box.key == self.key(name)).set_value(text)
        return self.go_on()

    def click(self, name: str, value: JsonValue) -> "Visit":
        """Click one of several buttons that lie side by side."""
        group = self.app.segmented_control(key=self.key(name))
        group.set_value(value)
        return self.go_on()

    def upload(self, name: str, *, file: str, content: bytes) -> "Visit":
        """Give a file."""
        self.app.file_uploader(key=self.key(name) + ".upload").upload(file, content)
        return self.go_on()

    def press(self, key: str) -> "Visit":
        """Press a button."""
        self.app.button(key=key).click()
        return self.go_on()

    def key(self, name: str) -> str:
        return f"input_{self.plan}_{name}"

    def words(self, kind: str) -> list[str]:
        """What stands on the page in elements of a class, as text."""
        bodies = [element.proto.body for element in self.app.get("html")]
        found = [
            re.findall(rf'<(p|div) class="[^"]*\bcf-{kind}\b[^"]*"[^>]*>(.*?)</\1>', body, re.S) for body in bodies
        ]
        return [html.unescape(re.sub(r"<[^>]*>", "", text)) for hits in found for _, text in hits]

    @property
    def asked(self) -> list[str]:
        """The questions, in the order of the page."""
        return [text for text in self.words("question") if text]

    @property
    def runs(self) -> list[str]:
        """The runs there are."""
        return sorted(path.name for path in (self.folder / "runs").glob("2*"))

    def finished(self) -> "Finished":
        """Follow the run that was started to its end."""
        (run_id,) = self.runs
        run = Stream(self.folder).run(run_id)
        for _ in follow(run.path, until_end=True):
            pass
        return Finished(run)


@dataclass
class Finished:
    """A run at its end."""

    run: RunFolder
    kept: Mapping[str, JsonValue] = field(init=False)

    def __post_init__(self) -> None:
        self.kept = json.loads(self.run.inputs_json.read_text())

    @property
    def status(self) -> tuple[str, str | None]:
        snapshot = folded(self.run.journal)  # snapshot.json is written a moment later
        return snapshot.status, snapshot.error

    @property
    def output(self) -> JsonValue:
        last = json.loads(self.run.journal.read_text().splitlines()[-1])
        value: JsonValue = last["data"]["output"]
        return value


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A page whose plans lie in ./plans and whose runs go to a folder of this test."""
    folder, plans = tmp_path / "stream", tmp_path / "plans"
    folder.mkdir()
    plans.mkdir()
    for name, text in (("every_kind", EVERY_KIND), ("faces", FACES), ("mistaken", MISTAKEN)):
        (plans / f"{name}.yaml").write_text(text)
    portraits = plans / "assets/characters"
    portraits.mkdir(parents=True)
    for name in ("anna", "ben"):
        (portraits / f"{name}.jpg").write_bytes(picture(45, 55))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARACTER_FLOW_DIR", str(folder))
    monkeypatch.setenv("CHARACTER_FLOW_DURABILITY", "none")
    shell = tmp_path / "shell.py"
    shell.write_text(SHELL)
    return Visit(AppTest.from_file(shell, default_timeout=DEADLINE_S), folder)


# The main plan.


def test_the_ad_is_asked_for_with_nine_portraits_and_what_it_does_not_need_is_hidden(visit: Visit) -> None:
    """S0-61: the inputs the prompts ask for, by the same rules."""
    visit.open("ugc_ad")
    portraits = visit.app.radio(key="input_ugc_ad_preset_character")
    assert (portraits.options, portraits.value) == (["1", "2", "3", "4", "5", "6", "7", "8", "9"], 1)
    styles = "".join(element.proto.body for element in visit.app.get("html"))
    assert len(set(re.findall(r"--portrait: url\((data:image/webp;base64,[A-Za-z0-9+/=]+)\)", styles))) == 9
    assert visit.asked == [
        "Whose face? Your own picture, or one of nine characters", "Character 1 to 9", "Product picture",
        "Brand, if it should be saidotherwise only what can be read on the pack; at most 60 characters",
        "Who writes the dialog? You, or written from the product", "In which tone?",
        "In which language?en English, de German, es Spanish, fr French, it Italian, pt Portuguese",
        "End with a soft call to action?", "In which format?9:16 for feeds and stories, 1:1 square, 16:9 for screens",
        "How large?1080p takes longer", "Which music?auto goes by the product",
        "Seed0 goes by the product; another number gives another dialog and another music; "
        "at least 0, 0 if left empty",
        "How the product is to be described", "How the dialog is to be written",
    ]  # fmt: skip
    visit.click("character_choice", "custom").click("dialog_choice", "custom")
    assert visit.asked[:2] == ["Whose face? Your own picture, or one of nine characters", "Your character's picture"]
    assert [radio.key for radio in visit.app.radio] == []
    assert "Your dialog1 to 500 characters" in visit.asked


def test_all_that_is_missing_is_said_at_once_beside_its_field_and_nothing_is_started(visit: Visit) -> None:
    """S0-61: non-empty custom dialog, a picture for a custom character; asked again until valid."""
    visit.open("ugc_ad").click("character_choice", "custom").click("dialog_choice", "custom")
    assert visit.words("wrong") == []  # nobody is blamed before he pressed Start
    visit.type(brand="x" * 61)
    assert visit.words("wrong") == ["must be at most 60 characters, not 61"]
    visit.press("start_run")
    assert visit.words("wrong") == [
        "is needed: upload a file, or choose where else it comes from",
        "must be at most 60 characters, not 61",
        "is needed",
    ]
    assert visit.words("problem") == [
        "Not started, please see to: Your character's picture; Brand, if it should be said; Your dialog"
    ]
    visit.type(brand="Ondara").click("character_choice", "prebuilt")
    assert (visit.words("wrong"), visit.runs) == (["is needed"], [])
    visit.type(custom_dialog="Say this.")
    assert (visit.words("wrong"), visit.words("problem")) == ([], [])


@pytest.mark.slow
def test_the_ad_is_made_with_the_portrait_that_was_clicked(visit: Visit) -> None:
    """S0-51: the run form of the viewer."""
    visit.open("ugc_ad")
    visit.app.radio(key="input_ugc_ad_preset_character").set_value(4)
    visit.type(brand="Ondara").press("start_run")
    finished = visit.finished()
    assert finished.status == ("completed", None)
    assert finished.kept["chosen"] == ["preset_character", "brand"]
    assert isinstance(finished.output, dict)
    assert finished.output["character_url"] == "artifacts/character-1/character-4.png"
    assert (finished.run.path / str(finished.output["video"])).stat().st_size > 100_000


# Every kind of input.


def test_a_run_is_given_what_was_typed_and_the_page_goes_to_it(visit: Visit) -> None:
    """S0-51: after Start the run has its own page, by its address."""
    visit.open("every_kind").type(title="T & <b>", many="", ratio=".25").click("sure", False).click("size", "large")
    visit.upload("paper", file="../../etc/pass wd.txt", content=b"words").press("start_run")
    finished = visit.finished()
    assert visit.app.query_params == {"run": finished.run.id}
    assert visit.told == [f"Run {finished.run.id} was started; it shows on the live page too."]
    assert finished.status == ("completed", None)
    assert finished.output == {
        "title": "T & <b>",
        "given": ["once upon a time", 12, 0.25, False, True, "large", "*a*"],
    }
    assert finished.kept["chosen"] == ["title", "ratio", "sure", "size", "paper"]
    assert (finished.run.inputs / "paper.txt").read_bytes() == b"words"


def test_values_that_cannot_be_read_are_told_at_once_in_our_words(visit: Visit) -> None:
    visit.open("every_kind").type(many="abc", ratio="2")
    assert visit.words("wrong") == ["must be a whole number, not text 'abc'", "must be at most 1, not 2"]
    visit.press("start_run")
    assert visit.words("wrong") == [
        "is needed", "must be a whole number, not text 'abc'", "must be at most 1, not 2", "is needed", "is needed",
        "is needed: upload a file, or choose where else it comes from",
    ]  # fmt: skip
    assert visit.runs == []


def test_a_field_appears_when_its_condition_becomes_true(visit: Visit) -> None:
    visit.open("every_kind")
    assert "Encoreat most 50 characters" not in visit.asked
    visit.type(many="21")
    assert "Encoreat most 50 characters" in visit.asked
    visit.app.toggle(key=visit.key("loud")).set_value(False)
    assert "Encoreat most 50 characters" not in visit.go_on().asked


def test_what_was_typed_and_uploaded_survives_another_plan_and_a_start_that_failed(visit: Visit) -> None:
    visit.open("every_kind").type(title="Kept").click("sure", True)
    visit.upload("paper", file="paper.txt", content=b"words").press("start_run")
    assert visit.words("wrong") == ["is needed"]
    visit.choose_plan("ugc_ad").type(brand="Ondara")
    visit.choose_plan("every_kind")
    assert visit.app.text_input(key=visit.key("title")).value == "Kept"
    assert visit.words("note")[0] == "Uploaded: paper.txt"
    visit.click("size", "small").press("start_run")
    assert visit.finished().kept["chosen"] == ["title", "sure", "size", "paper"]


def test_an_uploaded_file_can_be_taken_away_again(visit: Visit) -> None:
    visit.open("every_kind").upload("paper", file="paper.txt", content=b"words")
    kept = visit.app.session_state[visit.key("paper") + ".kept"].path
    assert kept.read_bytes() == b"words"
    assert (kept.parent.parent.stat().st_mode & 0o777) == 0o700
    visit.choose_plan("ugc_ad").choose_plan("every_kind").press(visit.key("paper") + ".remove")
    assert (kept.exists(), "Uploaded: paper.txt" in visit.words("note")) == (False, False)


def test_words_of_a_plan_are_text_and_nothing_in_them_runs(visit: Visit) -> None:
    visit.open("every_kind")
    assert visit.words("description") == ["<script>alert(1)</script> **not bold**"]
    assert visit.asked[0] == "A <b>title</b>what it is called; at most 40 characters"
    assert visit.app.selectbox(key=visit.key("odd")).options == ["*a*", ":red[b]"]  # a list shows markdown as it is
    bodies = "".join(element.proto.body for element in visit.app.get("html"))
    assert ("<script" in bodies, "<b>" in bodies, "<img" in bodies) == (False, False, False)
    assert [element.value for element in visit.app.markdown] == []


def test_a_secret_is_told_by_its_variable_and_never_by_its_value(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = (
        "inputs: {key: {type: secret, env: NEW_RUN_KEY}}\nsteps: [{name: a, tool: function, with: {call: 'os:getpid'}}]"
    )
    (tmp_path / "plans/secret.yaml").write_text(plan)
    visit.open("secret").press("start_run")
    assert visit.words("secret")[0].startswith("Read from NEW_RUN_KEY, which is not set where the viewer runs.")
    assert (visit.words("wrong"), visit.runs) == (["set the environment variable NEW_RUN_KEY"], [])
    monkeypatch.setenv("NEW_RUN_KEY", "hush-hush")
    assert visit.go_on().words("secret") == ["Read from NEW_RUN_KEY, which is set."]
    page = "".join(str(element.proto) for element in visit.app.main) + str(visit.app.session_state)
    visit.press("start_run")
    finished = visit.finished()
    assert finished.status == ("completed", None)
    kept = "".join(path.read_text() for path in finished.run.path.glob("*.json*"))
    assert ("hush-hush" in page, "hush-hush" in kept) == (False, False)


# Pictures.


def test_portraits_are_shown_where_each_value_has_its_picture(visit: Visit) -> None:
    visit.open("faces")
    portraits = visit.app.radio(key=visit.key("hero"))
    assert (portraits.options, portraits.value) == (["anna", "ben"], "anna")
    portraits.set_value("ben")
    visit.upload("picture", file="me.jpg", content=picture(64, 48, turned=6))
    assert visit.words("note")[0] == "me.jpg, 48 x 64"  # as it is seen, not as the camera lay
    visit.press("start_run")
    finished = visit.finished()
    assert finished.output == {"hero": "ben", "picture": "inputs/picture.jpg"}


def test_a_picture_too_few_and_the_values_are_shown_as_they_are(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "plans/assets/characters/ben.jpg").unlink()
    visit.open("faces")
    assert [radio.key for radio in visit.app.radio] == []
    assert visit.app.segmented_control(key=visit.key("hero")).options == ["Anna", "Ben"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (picture(400, 300)[:-400], "me.jpg is a damaged JPEG picture"),
        (b"<html>no picture</html>", "me.jpg is no picture: it is a web page"),
        (b"", "me.jpg is empty"),
        (picture(8, 8), "me.jpg is 8x8 pixels, at least 16 on each side are needed"),
        (picture() + b"x" * 100_000, "me.jpg must be at most 100000 bytes"),
    ],
)
def test_a_picture_that_will_not_do_is_told_beside_its_field_before_start(
    visit: Visit, content: bytes, told: str
) -> None:
    visit.open("faces").upload("picture", file="me.jpg", content=content)
    (problem,) = visit.words("wrong")
    assert problem.startswith(told)
    visit.press("start_run")
    assert (visit.words("wrong"), visit.runs) == ([problem], [])


def test_a_path_on_this_machine_is_looked_at_and_checked_at_once(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(picture())
    visit.open("faces").click("picture.source", "Path or URL").type(picture="here.jpg")
    assert visit.words("note")[0] == "here.jpg, 64 x 48"
    visit.type(picture="gone.jpg")
    assert visit.words("wrong") == [f"{tmp_path / 'gone.jpg'} does not exist"]
    visit.type(picture="ftp://x/y.jpg")
    assert visit.words("wrong") == ["begins with 'ftp:', only paths and http(s) addresses can be read"]


@contextmanager
def served(content: bytes) -> Iterator[tuple[str, Sequence[str]]]:
    """A server on this machine: its address, and what it was asked for."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        log_message: Callable[..., None] = staticmethod(lambda *words: None)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/me.jpg", asked
        server.shutdown()


def test_an_address_is_fetched_only_when_somebody_asks_to_look(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARACTER_FLOW_ALLOW_PRIVATE_URLS", "true")
    with served(picture(40, 30)) as (address, asked):
        visit.open("faces").click("picture.source", "Path or URL").type(picture=address)
        assert asked == []
        visit.press(visit.key("picture") + ".look")
        assert (visit.words("note")[0], asked) == ("40 x 30", ["/me.jpg"])
        visit.go_on().press("start_run")
        finished = visit.finished()
    assert asked == ["/me.jpg", "/me.jpg"]
    assert (finished.run.inputs / "picture.jpg").read_bytes() == picture(40, 30)


def test_an_address_inside_the_own_network_is_refused_beside_its_field(visit: Visit) -> None:
    with served(picture()) as (address, asked):
        visit.open("faces").click("picture.source", "Path or URL").type(picture=address)
        refusal = f"{address} leads to a private address; give a public one, or allow private ones"
        visit.press(visit.key("picture") + ".look")
        (looked,) = visit.words("wrong")
        assert looked.startswith(refusal)
        visit.press("start_run")
        (refused,) = visit.words("wrong")
        assert (refused, asked, visit.runs) == (looked, [], [])
    assert visit.words("problem") == ["Not started, please see to: Your picture"]
    assert visit.type(picture="http://127.0.0.1:1/other.jpg").words("wrong") == []  # said of what was typed then


# Plans, and what goes on elsewhere.


def test_what_the_disk_refuses_is_one_line_and_the_next_start_goes_well(visit: Visit) -> None:
    (visit.folder / "runs").write_text("a file in the way")
    visit.open("faces").upload("picture", file="me.jpg", content=picture()).press("start_run")
    (told,) = visit.words("problem")
    assert told.startswith(str(visit.folder / "runs"))
    (visit.folder / "runs").unlink()
    assert visit.press("start_run").finished().status == ("completed", None)


def test_a_plan_with_mistakes_shows_them_with_their_lines_and_cannot_be_started(visit: Visit) -> None:
    visit.open("mistaken")
    assert visit.words("problem") == [
        f"This plan cannot run: 2 mistakes to mend in {Path.cwd() / 'plans/mistaken.yaml'}"
    ]
    (told,) = [code.value for code in visit.app.code]
    assert "mistaken.yaml:3:20: input 'a': 'type' must be one of" in told
    assert "there is no tool 'text.generat', did you mean 'text.generate'?" in told
    assert [button.key for button in visit.app.button] == []
    assert "mistaken (has mistakes)" in visit.app.selectbox(key="new_plan").options


def test_a_plan_mended_on_disk_is_read_anew_and_what_no_longer_fits_is_let_go(visit: Visit, tmp_path: Path) -> None:
    visit.open("faces")
    visit.app.radio(key=visit.key("hero")).set_value("ben")
    visit.go_on()
    (tmp_path / "plans/faces.yaml").write_text(FACES.replace("[anna, ben]", "[anna, carl, dora]"))
    visit.go_on()
    hero = visit.app.segmented_control(key=visit.key("hero"))
    assert (hero.options, hero.value) == (["Anna", "Carl", "Dora"], "anna")


def test_an_unknown_plan_in_the_address_is_said_and_the_main_plan_is_offered(visit: Visit) -> None:
    visit.open("../../etc/passwd")
    assert visit.words("problem") == ["There is no plan '../../etc/passwd' here; these are the ones that are."]
    assert visit.app.selectbox(key="new_plan").value == "ugc_ad"


def test_while_another_run_is_on_the_live_page_the_new_one_is_said_to_have_its_own(visit: Visit) -> None:
    stream, other = Stream(visit.folder), "20261121T150000Z-other-0123ab"
    with hold_page(stream, owner=this_process(other)):
        visit.open("faces")
        assert visit.words("notice") == [f"Run {other} is on the live page now. What you start gets a page of its own."]
        visit.upload("picture", file="me.jpg", content=picture()).press("start_run")
        finished = visit.finished()
    (told,) = visit.told
    assert told == f"Run {finished.run.id} was started; {other} stays on the live page."
    assert (finished.status, stream.page.exists()) == (("completed", None), False)
