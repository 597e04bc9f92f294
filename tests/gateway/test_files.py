"""What a run made, as a browser may have it: whole, in ranges, never from outside the run, never run as our page."""

import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pydantic import JsonValue

from character_flow.archive import import_run
from character_flow.events import StepCompleted
from character_flow.json_text import to_json_bytes
from character_flow.stream.journal import Journal
from character_flow.stream.stream import RunFolder, Stream, keep_outcome
from tests.gateway.served import Server, serving, wait_until
from tests.gateway.test_live import END, begin, publish
from tests.unit.recorded import OTHER_ID, RUN_ID, make_run, started
from tests.unit.small_runs import run_text

VIDEO = bytes(range(256)) * 40
LONG = "One line of text that is long. \u2028\n" * 300_000
FILES = f"/plan/runs/{RUN_ID}/files"
OUTPUTS = f"/plan/runs/{RUN_ID}/outputs"
VALUES: list[JsonValue] = [
    "short", {"a": [1, None, True, "é"], "path": "artifacts/x.png"}, LONG, "half \ud83d of it", None, 12.5,
]  # fmt: skip
LOCKED = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
}


def _fill(folder: Path) -> RunFolder:
    """A finished run with an output of each kind, and files of each."""
    run, journal = make_run(folder, first=started(steps=len(VALUES)))
    for number, value in enumerate(VALUES, 1):
        begin(journal, number)
        if value == LONG:
            ref = keep_outcome(run, f"s{number}", attempt=1, content=to_json_bytes(value), durable=False)
            done = StepCompleted(output_ref=ref, preview=LONG[:2_000])
        else:
            done = StepCompleted(output=value)
        journal.append(done, step=number, attempt=1)
    journal.append(END)
    journal.close()
    publish(run)
    made = run.artifacts / "video-1"
    made.mkdir()
    (made / "ad.mp4").write_bytes(VIDEO)
    (made / "page.HTML").write_text("<script>alert(1)</script>")
    (made / "drawing.svg").write_text("<svg onload='alert(1)'/>")
    (made / 'odd "name; x=é.bin').write_bytes(b"odd")
    (made / "notes.txt").write_text("<b>text</b>")
    (run.inputs / "product.png").write_bytes(b"picture")
    run.log.write_text("what the process printed")
    return run


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over one finished run; its tests only look."""
    folder = tmp_path_factory.mktemp("shelf")
    _fill(folder)
    with serving(folder) as server:
        yield server


def _run(server: Server) -> RunFolder:
    return Stream(server.folder).run(RUN_ID)


def _locked(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in LOCKED}


def test_a_video_is_sent_whole_and_in_the_ranges_a_player_asks_for(shelf: Server) -> None:
    """Seeking, without an encoding that would break it."""
    video = f"{FILES}/artifacts/video-1/ad.mp4"
    whole = shelf.get(video)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, VIDEO, "video/mp4")
    assert (whole.headers["accept-ranges"], _locked(whole)) == ("bytes", LOCKED)
    assert ["content-disposition" in whole.headers, "content-encoding" in whole.headers] == [False, False]
    told = []
    for asked in (
        "bytes=0-9",
        "bytes=1000-",
        "bytes=-5",
        "bytes=10000-99999",
        "bytes=99999-",
        "bytes=5-2",
        "lines=1-2",
    ):
        answer = shelf.get(video, range=asked)
        told.append((answer.status_code, answer.headers.get("content-range"), answer.content == _part(asked)))
    size = len(VIDEO)
    assert told == [
        (206, f"bytes 0-9/{size}", True), (206, f"bytes 1000-{size - 1}/{size}", True),
        (206, f"bytes {size - 5}-{size - 1}/{size}", True), (206, f"bytes 10000-{size - 1}/{size}", True),
        (416, f"bytes */{size}", True), (400, None, False), (400, None, False),
    ]  # fmt: skip
    head = shelf.http.head(video)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")


def _part(asked: str) -> bytes:
    parts = {
        "bytes=0-9": VIDEO[:10],
        "bytes=1000-": VIDEO[1000:],
        "bytes=-5": VIDEO[-5:],
        "bytes=10000-99999": VIDEO[10000:],
    }
    return parts.get(asked, b"")


def test_what_a_browser_could_run_is_a_download(shelf: Server) -> None:
    """A model's HTML or SVG is never a page of ours; text is text."""
    told = []
    for name in ("page.HTML", "drawing.svg", 'odd "name; x=é.bin', "notes.txt"):
        answer = shelf.get(f"{FILES}/artifacts/video-1/{quote(name)}")
        assert (answer.status_code, _locked(answer)) == (200, LOCKED)
        told.append((answer.headers["content-type"], answer.headers.get("content-disposition")))
    assert told == [
        ("application/octet-stream", 'attachment; filename="page.HTML"'),
        ("application/octet-stream", 'attachment; filename="drawing.svg"'),
        ("application/octet-stream", 'attachment; filename="odd_name_x_.bin"'),
        ("text/plain; charset=utf-8", None),
    ]
    asked = shelf.get(f"{FILES}/artifacts/video-1/ad.mp4?download=1")
    assert asked.headers["content-disposition"] == 'attachment; filename="ad.mp4"'


def test_inputs_and_the_plan_are_there_too(shelf: Server) -> None:
    assert shelf.get(f"{FILES}/inputs/product.png").content == b"picture"
    assert (shelf.get(f"{FILES}/plan.yaml").text, shelf.get(f"{FILES}/outcomes/s3-1.json").status_code) == (
        "name: An ad\n",
        200,
    )


SECRETS = ["journal.jsonl", "owner.json", "inputs.json", "run.log", "lock", "snapshot.json", "artifacts", "", "inbox/x"]
OUTSIDE = [
    "../{other}/plan.yaml", "artifacts/../../{other}/plan.yaml", "artifacts/../journal.jsonl", "artifacts/../run.log",
    "artifacts/%2e%2e/journal.jsonl", "%2e%2e/{other}/plan.yaml", "artifacts/..%2f..%2f{other}/plan.yaml",
    "artifacts%2f..%2fjournal.jsonl", "artifacts/..%5c..%5cjournal.jsonl", "..\\journal.jsonl", "artifacts/%00",
    "plan.yaml%00.png", "%00plan.yaml", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "artifacts//etc/passwd",
    "artifacts/%c0%ae%c0%ae/journal.jsonl", "artifacts/%252e%252e/journal.jsonl", "artifacts/" + "x" * 5_000,
    "artifacts/" + "d/" * 2_000, "artifacts/" + "../" * 200 + "etc/passwd", "artifacts/~/x",
    "artifacts/./", "artifacts/video-1",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRETS + OUTSIDE)
def test_nothing_but_what_a_run_shows_is_given_out(shelf: Server, name: str) -> None:
    """`../` in every spelling, at the level of the bytes that are sent."""
    make_other(shelf)
    status, told = shelf.exactly(f"{FILES}/{name.format(other=OTHER_ID)}")
    assert (status, list(told), "\n" in told["problem"]) == (404, ["problem"], False)


def make_other(server: Server) -> None:
    """A run whose files are nobody's business who looks at the first."""
    if not Stream(server.folder).run(OTHER_ID).path.exists():
        make_run(server.folder, OTHER_ID)[1].close()


@pytest.mark.parametrize(
    "path",
    ["/plan/runs/..%2f..%2fetc/files/passwd", "/plan/runs/../../etc/snapshot", "/plan/runs/%2e%2e/journal",
     "/plan/runs/x/snapshot", "/plan/runs/%00/journal", "/plan/runs//files/plan.yaml",
     f"/plan/runs/{RUN_ID}%2f..%2fx/journal",
     f"/plan/runs/{RUN_ID}/outputs/..%2f1", f"/plan/runs/{RUN_ID}/outputs/-1", f"/plan/runs/{RUN_ID}/outputs/0",
     f"/plan/runs/{RUN_ID}/outputs/99", f"/plan/runs/{RUN_ID}/outputs/" + "9" * 5_000, f"/plan/runs/{RUN_ID}/nothing",
     "/plan/", "/plan/nothing/at/all", "/plan/runs/", "/plan/events/", "/plan/static/main.js",
     f"/plan/runs/{OTHER_ID[:-6]}ffffff/files/plan.yaml", f"/plan/runs/{OTHER_ID[:-6]}ffffff/journal",
     f"/plan/runs/{OTHER_ID[:-6]}ffffff/export", f"/plan/runs/{OTHER_ID[:-6]}ffffff/replay",
     f"/plan/runs/{RUN_ID}/journal?after=-1", f"/plan/runs/{RUN_ID}/journal?limit=x",
     f"/plan/runs/{RUN_ID}/journal?after=1e3"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_one_line_of_json(shelf: Server, path: str) -> None:
    status, told = shelf.exactly(path)
    assert (status in (400, 404), list(told), "\n" in told["problem"]) == (True, ["problem"], False)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_one_line_of_json_too(shelf: Server, method: str) -> None:
    answer = shelf.http.request(method, "/plan/snapshot")
    assert (answer.status_code, answer.json()) == (404, {"problem": "there is nothing at /plan/snapshot"})


def test_a_link_that_leads_out_of_the_run_is_not_followed(shelf: Server) -> None:
    run = _run(shelf)
    (shelf.folder / "secret.txt").write_text("secret")
    for name, target in {"out.txt": shelf.folder / "secret.txt", "log.txt": run.log, "up": run.path}.items():
        (run.artifacts / name).symlink_to(target)
    (run.artifacts / "in.png").symlink_to(run.inputs / "product.png")
    os.mkfifo(run.artifacts / "pipe.txt")
    refused = [
        shelf.exactly(f"{FILES}/artifacts/{name}")[0] for name in ("out.txt", "log.txt", "up/journal.jsonl", "pipe.txt")
    ]
    assert (refused, shelf.get(f"{FILES}/artifacts/in.png").content) == ([404] * 4, b"picture")


def test_the_whole_output_of_a_step_is_there_whatever_it_is(shelf: Server) -> None:
    """S0-43: inline, in a file of its own, 10 MB, half a character, null, a number."""
    got = [json.loads(shelf.get(f"{OUTPUTS}/{number}").content)["value"] for number in range(1, len(VALUES) + 1)]
    assert [mine == theirs for mine, theirs in zip(got, VALUES, strict=True)] == [True] * len(VALUES)
    assert _locked(shelf.get(f"{OUTPUTS}/1")) == LOCKED


def test_a_downloaded_output_is_the_text_itself_or_json(shelf: Server) -> None:
    answers = [shelf.get(f"{OUTPUTS}/{number}?download=1") for number in range(1, len(VALUES) + 1)]
    names = [answer.headers["content-disposition"].partition("=")[2].strip('"') for answer in answers]
    assert names == ["s1.txt", "s2.json", "s3.txt", "s4.txt", "s5.json", "s6.json"]
    assert (answers[0].text, answers[2].content == LONG.encode(), answers[3].text) == ("short", True, "half ? of it")
    assert [answers[index].json() for index in (1, 4, 5)] == [VALUES[1], None, 12.5]


def test_an_output_whose_file_is_gone_is_told_in_one_line(shelf: Server) -> None:
    kept = _run(shelf).outcomes / "s3-1.json"
    content = kept.read_bytes()
    kept.unlink()
    status, told = shelf.exactly(f"{OUTPUTS}/3")
    kept.write_bytes(content[:-5])
    torn_status, torn = shelf.exactly(f"{OUTPUTS}/3")
    kept.write_bytes(content)
    assert (status, told) == (404, {"problem": f"{kept}: it is not there; was its folder removed?"})
    assert (torn_status, torn["problem"].startswith(f"{kept}: it is not JSON: ")) == (404, True)


def test_an_output_is_there_as_soon_as_the_journal_tells_of_it(tmp_path: Path) -> None:
    """snapshot.json follows a moment later, and may be damaged: the journal is the truth."""
    run, journal = make_run(tmp_path)
    publish(run)
    begin(journal, 1)
    journal.append(StepCompleted(output="fresh"), step=1, attempt=1)
    journal.close()
    with serving(tmp_path) as server:
        assert server.json(f"{OUTPUTS}/1") == {"value": "fresh"}
        run.snapshot.write_bytes(b"{")
        assert server.json(f"{OUTPUTS}/1") == {"value": "fresh"}


def test_a_journal_is_read_page_by_page_to_its_end(shelf: Server) -> None:
    lines = [json.loads(line) for line in _run(shelf).journal.read_bytes().splitlines()]
    read, after, pages = [], 0, 0
    while True:
        page = shelf.json(f"/plan/runs/{RUN_ID}/journal?after={after}&limit=5")
        read += page["events"]
        after, pages = page["next"], pages + 1
        if page["end"]:
            break
    assert (read == lines, pages, after) == (True, 3, len(lines))
    path = f"/plan/runs/{RUN_ID}/journal"
    assert shelf.json(f"{path}?after={after}") == {"events": [], "next": after, "end": True}
    assert shelf.json(f"{path}?after={10**11}") == {"events": [], "next": 10**11, "end": True}
    assert len(shelf.json(f"{path}?limit=0")["events"]) == 1
    assert len(shelf.json(path)["events"]) == len(lines)


def test_a_journal_that_is_being_written_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    run, journal = make_run(tmp_path)
    with serving(tmp_path) as server:
        path = f"/plan/runs/{RUN_ID}/journal"
        first = server.json(path)
        begin(journal, 1)
        journal.close()
        whole = run.journal.read_bytes()
        run.journal.write_bytes(whole[:-10])
        torn = server.json(f"{path}?after={first['next']}")
        run.journal.write_bytes(whole)
        rest = server.json(f"{path}?after={torn['next']}")
    assert (torn["events"], torn["next"], torn["end"]) == ([], 1, True)
    assert ([event["seq"] for event in rest["events"]], rest["next"], rest["end"]) == ([2], 2, True)


def test_a_run_is_handed_out_as_a_zip_that_can_be_taken_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0-50: and nothing is left behind where it was made."""
    aside = tmp_path / "aside"  # where nobody else makes anything meanwhile
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    run = run_text(tmp_path, "steps: [{name: one, tool: function, with: {call: 'platform:machine'}}]\n").run
    with serving(tmp_path) as server:
        answer = server.get(f"/plan/runs/{run.id}/export")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        assert answer.headers["content-disposition"] == f'attachment; filename="{run.id}.zip"'
        taken = import_run(Stream(tmp_path / "elsewhere"), io.BytesIO(answer.content))
        wait_until(lambda: not any(aside.iterdir()))
    assert (taken.id, taken.journal.read_bytes()) == (run.id, run.journal.read_bytes())


def test_only_the_pages_own_modules_are_static(tmp_path: Path) -> None:
    board = tmp_path / "board"
    (board / "deep").mkdir(parents=True)
    for name in ("main.js", "look.css", "icon.svg", "deep/more.js", "page.html", "code.py", ".hidden"):
        (board / name).write_text("content")
    (tmp_path / "outside.js").write_text("outside")
    (board / "link.js").symlink_to(tmp_path / "outside.js")
    with serving(tmp_path, static=board) as server:
        types = {
            name: server.get(f"/plan/static/{name}").headers["content-type"]
            for name in ("main.js", "look.css", "icon.svg", "deep/more.js")
        }
        refused = ["page.html", "code.py", ".hidden", "", "deep", "link.js", "none.js", "../outside.js",
                   "..%2foutside.js", "%2e%2e/outside.js", "deep/../../outside.js", "%00.js", "main.js%00",
                   "//main.js/..",
                   "x" * 5_000 + ".js"]  # fmt: skip
        told = [server.exactly(f"/plan/static/{name}") for name in refused]
        answer = server.get("/plan/static/main.js")
    assert types == {
        "main.js": "text/javascript; charset=utf-8", "look.css": "text/css; charset=utf-8",
        "icon.svg": "image/svg+xml", "deep/more.js": "text/javascript; charset=utf-8",
    }  # fmt: skip
    assert told == [(404, {"problem": "there is no such file here"})] * len(refused)
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-cache")


def test_a_file_that_became_shorter_than_the_journal_says_is_sent_as_it_is(tmp_path: Path) -> None:
    """Cut off by a full disk, say: the player complains, the page does not hang."""
    run = _fill(tmp_path)
    (run.artifacts / "video-1" / "ad.mp4").write_bytes(VIDEO[:100])
    with serving(tmp_path) as server:
        assert server.get(f"{FILES}/artifacts/video-1/ad.mp4").content == VIDEO[:100]
        assert server.get(f"{FILES}/artifacts/video-1/ad.mp4", range="bytes=200-").status_code == 416
        assert Journal.open(run.journal, durable=False).seq == 14
