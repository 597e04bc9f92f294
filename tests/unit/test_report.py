"""A report is one file that shows everything and does nothing."""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.errors import StreamError
from character_flow.report import TEXT_CHARS, write_report
from character_flow.report_files import FILE_BYTES, Budget
from character_flow.report_spans import ruler_of
from character_flow.stream.stream import RunFolder
from tests.unit.kept_runs import PICTURE, VIDEO, Recording, whole_run

POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
TAGS = {
    "a", "article", "audio", "bdi", "body", "code", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1",
    "h2", "h3", "head", "header", "html", "img", "main", "meta", "p", "pre", "section", "span", "style", "title",
    "video",
}  # fmt: skip
ATTRIBUTES = {
    "alt", "aria-hidden", "charset", "class", "content", "controls", "dir", "download", "href", "http-equiv", "id",
    "lang", "name", "playsinline", "preload", "src", "style", "title",
}  # fmt: skip
VOID = {"img", "meta"}
EVIL = (
    """<script>alert(1)</script><img src=x onerror=alert(1)>"'><svg/onload=alert(1)>{{ 7 * 7 }}{% raw %}--></style>"""
)


@dataclass
class Page(HTMLParser):
    """What a browser would make of a report."""

    found: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def addresses(self) -> list[str]:
        return [value or "" for _, attrs in self.found for name, value in attrs.items() if name in ("src", "href")]

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def reported(run: RunFolder, target: Path | None = None) -> Page:
    target = target or run.path.parent / "report.html"
    assert write_report(run, target) == target
    page = Page()
    page.feed(target.read_text(encoding="utf-8"))
    page.close()
    assert page._open == []
    assert {tag for tag, _ in page.found} <= TAGS
    assert {name for _, attrs in page.found for name in attrs} <= ATTRIBUTES
    return page


def content(address: str | None) -> bytes:
    kind, _, text = (address or "").partition(";base64,")
    assert kind.startswith("data:")
    return base64.b64decode(text, validate=True)


def test_a_report_holds_the_whole_run(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    target = tmp_path / "ad.html"
    write_report(run, target, now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))
    page = reported(run)
    for told in ("An ad", "completed", "2026-11-20 21:05:30 UTC", "8.0 s", "3 of 3", run.id, "1. Write", "3. Film",
                 "Two lines\nof text", "product.png", "Acme", "x" * 70_000):  # fmt: skip
        assert told in page.text
    assert "/home/me" not in page.text
    assert "Written 2026-11-21 12:00:00 UTC from run" in target.read_text(encoding="utf-8")


def test_pictures_and_video_are_inside_and_each_once(tmp_path: Path) -> None:
    page = reported(whole_run(tmp_path))
    assert [content(video["src"]) for video in page.of("video")] == [VIDEO]
    assert [content(image["src"]) for image in page.of("img")] == [PICTURE, PICTURE]
    assert page.found.index(("video", page.of("video")[0])) < page.found.index(("img", page.of("img")[0]))
    assert [link["href"] for link in page.of("a")] == ["#step-1", "#step-2", "#step-3", "#result"]


def test_a_report_asks_nobody_for_anything_and_runs_nothing(tmp_path: Path) -> None:
    page = reported(whole_run(tmp_path))
    assert [meta["content"] for meta in page.of("meta") if "http-equiv" in meta] == [POLICY]
    assert [address for address in page.addresses() if not address.startswith(("data:", "#"))] == []


def test_markup_is_text_wherever_it_comes_from(tmp_path: Path) -> None:
    """Names, outputs, errors, inputs and file names are shown, never obeyed."""
    inputs: dict[str, JsonValue] = {"brand": EVIL, EVIL: EVIL}
    recording = Recording(tmp_path, tasks=(EVIL, EVIL + "2", EVIL + "3"), inputs=inputs, plan_name=EVIL)
    recording.begin(1)
    recording.complete(1, EVIL)
    recording.begin(2)
    name = EVIL.replace("/", "_")[:60]
    picture = recording.artifact(2, f"{name}.png", PICTURE)
    other = recording.artifact(2, f"{name}.html", EVIL.encode(), kind=EVIL)
    recording.complete(2, {EVIL: [EVIL], "path": picture, "other": other})
    recording.begin(3)
    recording.fail(3, EVIL)
    run = recording.end(events.PlanFailed(outcome="failed", message=EVIL, duration_s=3.0, failed_step=3))
    page = reported(run)
    assert page.text.count(EVIL) >= 12
    assert [name for _, attrs in page.found for name in attrs if name.startswith("on")] == []
    assert [address for address in page.addresses() if not address.startswith(("data:", "#"))] == []
    assert str(70 * 7001) not in page.text


def test_every_shape_of_file_has_its_place(tmp_path: Path) -> None:
    recording = Recording(tmp_path, tasks=("Make",), picture=None)
    recording.begin(1)
    for name in ("a.PNG", "b.svg", "c.mp3", "d.webm", "e.html", "f", "g.mp4"):
        recording.artifact(1, name, name.encode(), kind="video" if name == "g.mp4" else "file")
    recording.complete(1)
    page = reported(recording.end())
    assert [content(found["src"]) for found in page.of("video")] == [b"g.mp4", b"d.webm"]
    assert [(found["src"] or "").partition(";")[0] for found in page.of("img")] == [
        "data:image/png",
        "data:image/svg+xml",
    ]
    assert [content(found["src"]) for found in page.of("audio")] == [b"c.mp3"]
    saved = {found["download"]: found["href"] or "" for found in page.of("a") if "download" in found}
    assert {name: content(address) for name, address in saved.items()} == {"e.html": b"e.html", "f": b"f"}
    assert {address.partition(";")[0] for address in saved.values()} == {"data:application/octet-stream"}


def test_a_very_big_file_stays_outside_and_is_linked(tmp_path: Path) -> None:
    recording = Recording(tmp_path, tasks=("Film",), picture=None)
    recording.begin(1)
    path = recording.artifact(1, "long & wide.mp4", b"", kind="video")
    os.truncate(recording.run.path / path, FILE_BYTES + 1)
    recording.complete(1, {"path": path})
    target = tmp_path / "reports" / "ad.html"
    target.parent.mkdir()
    page = reported(recording.end(), target)
    assert page.of("video") == []
    assert "50 MB, too big to be in here: it stays in the folder of the run" in page.text
    link = f"../runs/{recording.run.id}/artifacts/film-1/long%20%26%20wide.mp4"
    assert link in page.addresses()
    assert target.stat().st_size < 20_000


def test_many_files_together_do_not_make_a_report_no_browser_opens(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(bytes(40))
    budget = Budget(tmp_path, tmp_path / "x.html", total=100, most=50)
    assert [budget.file(name).outside for name in "abc"] == [
        None, None, "0 MB, too big to be in here: it stays in the folder of the run",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "artifacts/../../secret.png", "link.png", "a\0b", ""])
def test_no_path_of_a_journal_leads_out_of_the_run(tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (run / "link.png").symlink_to(tmp_path / "secret.png")
    file = Budget(run, tmp_path / "x.html").file(name)
    assert (file.outside, file.link) == ("the file is not there any more", None)


def test_what_is_gone_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (run.artifacts / "film-1" / "take one" / "ad.mp4").unlink()
    (run.outcomes / "film-1.json").unlink()
    run.inputs_json.write_bytes(b"{")
    page = reported(run)
    assert page.of("video") == []
    assert "the file is not there any more" in page.text
    assert f"{run.outcomes / 'film-1.json'}: it is not there; was its folder removed?" in page.text
    assert ("Two lines\nof text" in page.text, "Inputs" in page.text) == (True, False)


def test_a_run_that_failed_says_where_and_why(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.fail(1, "no answer", final=False)
    recording.begin(1, after_s=2.0)
    recording.fail(1, "no answer again")
    page = reported(recording.end(events.PlanFailed(outcome="failed", message="step 'write': no", duration_s=4.0)))
    assert [attrs["class"] for attrs in page.of("span") if "pill" in (attrs.get("class") or "")] == ["pill failed"]
    assert ("no answer again" in page.text, "2 attempts" in page.text, "0 of 3" in page.text) == (True, True, True)


def test_a_lost_run_is_called_lost(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.say(events.Chunk(text="The beginning of"), step=1)
    page = reported(recording.let_go())
    assert ("lost" in page.text, "The beginning of" in page.text) == (True, True)


def test_each_attempt_has_its_place_on_the_time_line(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.fail(1, "no", final=False, took_s=2.0)
    recording.begin(1, after_s=2.0)
    recording.complete(1, took_s=4.0)
    recording.say(events.StepSkipped(reason="not needed"), step=2)
    recording.begin(3)
    recording.say(events.Progress(percent=10), step=3, after_s=2.0)
    ruler = ruler_of(recording.let_go())
    assert ruler.length_s == 10.0
    assert {
        step: [(span.attempt, span.left, span.width, span.end) for span in spans] for step, spans in ruler.spans.items()
    } == {
        1: [(1, 0.0, 20.0, "retried"), (2, 40.0, 40.0, "completed")],
        2: [(0, 80.0, 0.0, "skipped")],
        3: [(1, 80.0, 20.0, "running")],
    }
    assert ruler.marks == ((0.0, 0), (20.0, 2), (40.0, 4), (60.0, 6), (80.0, 8), (100.0, 10))


def test_a_text_of_megabytes_is_cut_and_the_rest_counted(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.complete(1, "é" * (TEXT_CHARS + 1_234), is_big=True)
    page = reported(recording.let_go())
    assert ("é" * TEXT_CHARS in page.text, "1,234 more characters are in the run itself." in page.text) == (True, True)


def test_half_characters_and_controls_do_not_break_it(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.begin(1)
    recording.complete(1, "a\ud83d b\x00\x1b[31m \u202e c 😀 مرحبا")
    assert "b" in reported(recording.let_go()).text


def _gone(run: RunFolder) -> None:
    run.journal.unlink()


def _emptied(run: RunFolder) -> None:
    run.journal.write_bytes(b"")


@pytest.mark.parametrize("break_it", [_gone, _emptied])
def test_a_run_that_cannot_be_read_leaves_the_old_report(tmp_path: Path, break_it: Callable[[RunFolder], None]) -> None:
    run = whole_run(tmp_path)
    break_it(run)
    target = tmp_path / "ad.html"
    target.write_bytes(b"old")
    with pytest.raises(StreamError, match="nothing of this run can be read, there is nothing to report"):
        write_report(run, target)
    assert target.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"none/ad\.html: it is not there; was its folder removed\?"):
        write_report(whole_run(tmp_path), tmp_path / "none" / "ad.html")
