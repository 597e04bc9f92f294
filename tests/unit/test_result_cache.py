"""Results of paid calls that are used again: kept whole, found only where they are wanted, and never in the way."""

import importlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.app import RunOptions, RunResult, rerun, resume_run, run_plan
from character_flow.board import Board
from character_flow.cli.faces import PlainLines
from character_flow.config import read_settings
from character_flow.errors import DurabilityError, RetryableToolError
from character_flow.file_book import FileBook
from character_flow.paid import Hit, Result
from character_flow.result_cache import ANSWER, ResultCache, cache_key
from character_flow.snapshot import fold
from character_flow.stream.files import TEMP_PREFIX
from character_flow.stream.journal import read_events
from character_flow.tools.providers.base import Call
from character_flow.tools.registry import ToolRegistry
from tests.fake_replicate import TOKEN, FakeReplicate, Script
from tests.unit.paid_shop import charged
from tests.unit.small_runs import check_result, facts, options_for, run_text

NOON = 1_800_000_000.0
CALL = Call("image", "owner/name:1", {"prompt": "x"}, "0" * 64, "c" * 64)


class Place:
    """A cache, a folder where a result was made, and one where it is wanted."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.folder, self.made, self.wanted = folder / "cache", folder / "made", folder / "wanted"
        for path in (self.made, self.wanted):
            path.mkdir()
        self.book = FileBook(folder, secrets={"key": "hidden-words"})
        self.cache = ResultCache(self.folder, self.book, closed_to=("anew",), durable=False, now=lambda: self.now)

    def result(self, content: bytes = b"a picture") -> Result:
        (self.made / "inner").mkdir(exist_ok=True)
        path = self.made / "inner" / "picture.png"
        path.write_bytes(content)
        return Result("p1", "words", {"model": "owner/name"}, {"first": str(path)}, ((path, "image"),))

    def keep(self, result: Result, *, cost_usd: float | None = 0.4) -> None:
        self.cache.keep("replicate", CALL, result, folder=self.made, cost_usd=cost_usd)

    def find(self, provider: str = "replicate", call: Call = CALL) -> Hit | None:
        return self.cache.find(provider, call, self.wanted)

    @property
    def entry(self) -> Path:
        key = cache_key("replicate", CALL)
        return self.folder / key[:2] / key


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_result_is_found_with_its_files_its_age_and_what_it_cost(place: Place) -> None:
    place.keep(place.result())
    shutil.rmtree(place.made)
    place.now += 7200
    path = place.wanted / "inner" / "picture.png"
    result = Result("p1", "words", {"model": "owner/name"}, {"first": str(path)}, ((path, "image"),))
    assert place.find() == Hit(cache_key("replicate", CALL), 7200.0, 0.4, result)
    assert path.read_bytes() == b"a picture"
    assert sorted(file.name for file in place.entry.iterdir()) == ["0.png", ANSWER]


def test_only_an_equal_call_finds_it(place: Place) -> None:
    place.keep(place.result())
    assert place.find("elsewhere") is None
    assert place.find(call=replace(CALL, model="owner/name:2")) is None
    assert place.find(call=replace(CALL, content_key="d" * 64)) is None
    assert place.find(call=replace(CALL, sent={}, input_sha256="1" * 64)) is not None  # files lie elsewhere by now


def test_a_newer_result_takes_the_place_of_an_older_one(place: Place) -> None:
    place.keep(place.result(b"old"))
    place.keep(place.result(b"new"), cost_usd=None)
    hit = place.find()
    assert hit is not None
    assert (hit.result.files[0][0].read_bytes(), hit.saved_usd) == (b"new", None)
    assert [path.name for path in place.entry.parent.iterdir()] == [place.entry.name]


def test_it_takes_the_place_of_nothing_that_lies_in_the_folder(place: Place) -> None:
    """A tool may have had another answer in the same attempt."""
    place.keep(place.result())
    before = place.wanted / "inner" / "picture.png"
    before.parent.mkdir(parents=True)
    before.write_bytes(b"another picture")
    hit = place.find()
    assert hit is not None
    ((path, _kind),) = hit.result.files
    assert (path.name, path.read_bytes(), before.read_bytes()) == ("picture-2.png", b"a picture", b"another picture")
    assert hit.result.output == {"first": str(path)}


@pytest.mark.parametrize(
    "harm",
    ["no answer", "half an answer", "another call", "no file", "a file changed", "a file cut", "a way out", "no name"],
)
def test_what_is_broken_is_ignored_and_removed(place: Place, harm: str) -> None:
    place.keep(place.result())
    answer, file = place.entry / ANSWER, place.entry / "0.png"
    content = json.loads(answer.read_text())
    if harm == "no answer":
        answer.unlink()
    elif harm == "half an answer":
        answer.write_bytes(answer.read_bytes()[:80])
    elif harm == "no file":
        file.unlink()
    elif harm == "a file changed":
        file.write_bytes(b"A picture")
    elif harm == "a file cut":
        file.write_bytes(b"a pic")
    else:
        if harm == "another call":
            content["content_key"] = "d" * 64
        else:
            content["files"][0]["name"] = "../../evil.png" if harm == "a way out" else "."
        answer.write_text(json.dumps(content))
    assert place.find() is None
    assert not place.entry.exists()
    assert not (place.wanted.parent.parent / "evil.png").exists()
    place.keep(place.result())
    assert place.find() is not None


def test_an_entry_is_kept_when_it_is_our_own_disk_that_fails(place: Place) -> None:
    """What was paid for may be found again once there is room."""
    place.keep(place.result())
    (place.wanted / "inner").parent.mkdir(parents=True, exist_ok=True)
    (place.wanted / "inner").write_text("a file where a folder has to be")
    assert place.find() is None
    (place.wanted / "inner").unlink()
    assert place.find() is not None


def test_what_names_another_file_of_the_run_or_a_secret_is_not_kept(place: Place) -> None:
    place.book.add("inputs/product.png", "a" * 64)
    other = str(place.made.parent / "inputs/product.png")
    for bad in (
        Result("p", text="it is hidden-words"),
        Result("p", output={"from": other}),
        Result("p", facts={"source": other}),
    ):
        place.keep(bad)
        assert place.find() is None
    place.keep(Result("p", output={"from": "elsewhere"}))
    assert place.find() is not None


def test_a_disk_that_refuses_hurts_nobody_and_leaves_nothing_half(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes, *, durable: bool) -> None:
        raise DurabilityError("the disk is full", path=path)

    monkeypatch.setattr("character_flow.result_cache.keep_bytes", refuse)
    place.keep(place.result())
    assert place.find() is None
    assert list(place.entry.parent.iterdir()) == []
    place.folder.rename(place.folder.with_name("other"))
    place.folder.write_text("no folder")
    place.keep(place.result())
    assert place.find() is None


def test_what_a_dead_process_left_half_made_is_removed_a_day_later(place: Place) -> None:
    place.keep(place.result())
    old, new = (place.entry.with_name(TEMP_PREFIX + digit * 16) for digit in "ab")
    for path in (old, new):
        path.mkdir()
    os.utime(old, (1, 1))
    place.keep(place.result())
    assert sorted(path.name for path in place.entry.parent.iterdir()) == sorted([new.name, place.entry.name])


def test_it_is_closed_to_steps_that_are_to_be_made_anew(place: Place) -> None:
    assert (place.cache.is_for("anew"), place.cache.is_for("other")) == (False, True)


# In runs.


PLAN = """
inputs:
  picture: {type: image, default: %s}
steps:
  - name: words
    tool: text.generate
    cache: true
    with: {model: openai/gpt-4o, prompt: "Describe it", images: ["{{ inputs.picture }}"]}
  - name: frame
    tool: image.generate
    cache: true
    with: {model: google/nano-banana, prompt: "{{ steps.words.output }}"}
output: {words: "{{ steps.words.output }}", frame: "{{ steps.frame.output.path }}"}
"""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReplicate]:
    with FakeReplicate() as service:
        monkeypatch.setenv("REPLICATE_BASE_URL", service.address)
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        yield service


@pytest.fixture
def options(tmp_path: Path, fake: FakeReplicate) -> RunOptions:
    picture = Path("plans/assets/product.png").absolute()
    (tmp_path / "plan.yaml").write_text(PLAN % picture)
    return replace(options_for(tmp_path), provider="replicate", settings=read_settings())


def run_it(options: RunOptions) -> RunResult:
    assert options.folder is not None
    result = run_plan(options.folder / "plan.yaml", options=options)
    check_result(result)
    return result


def hits(result: RunResult) -> list[events.Fact]:
    return facts(result.run, events.CacheHit)


def frame_of(result: RunResult) -> bytes:
    assert isinstance(result.output, dict)
    return Path(str(result.output["frame"])).read_bytes()


def test_the_second_run_pays_nothing_and_says_so(options: RunOptions, fake: FakeReplicate) -> None:
    first, second = run_it(options), run_it(options)
    assert (first.exit_code, second.exit_code, fake.charged) == (0, 0, 2)
    assert len(fake.requests("POST", "/v1/files")) == 1  # a picture leaves only with a call that leaves
    assert isinstance(first.output, dict)
    assert isinstance(second.output, dict)
    assert first.output["words"] == second.output["words"]
    assert frame_of(first) == frame_of(second)
    assert str(second.output["frame"]).startswith(str(second.run.path))
    assert [fact.call for fact in hits(second)] == [1, 1]  # type: ignore[attr-defined]
    assert (hits(first), facts(second.run, events.PredictionIntended)) == ([], [])
    rows = second.snapshot.steps
    assert [row.cost_usd for row in rows] == [0.0, 0.0]
    assert all((row.message or "").startswith("from the cache, ") for row in rows)
    assert second.snapshot.cost_usd == 0.0
    assert rows[0].text == rows[0].output == first.snapshot.steps[0].output


def test_a_terminal_shows_it_in_one_line(options: RunOptions, capsys: pytest.CaptureFixture[str]) -> None:
    run_it(options)
    second, board, face = run_it(options), Board(), PlainLines()
    for event in read_events(second.run.journal):
        board.apply(event)
        face.show(event, board)
    told = re.sub(r"\d+ (?:s|min) old", "N old", capsys.readouterr().out)
    assert re.findall(r"./2 \w+: from the cache.*", told) == [
        "1/2 Words: from the cache, N old, saved $0.04",
        "2/2 Frame: from the cache, N old, saved $0.04",
    ]


def test_it_outlives_the_run_it_came_from(options: RunOptions, fake: FakeReplicate) -> None:
    content = frame_of(first := run_it(options))
    shutil.rmtree(first.run.path)
    assert frame_of(run_it(options)) == content
    assert fake.charged == 2


def test_without_the_cache_everything_is_paid_and_nothing_kept(options: RunOptions, fake: FakeReplicate) -> None:
    off = replace(options, use_cache=False)
    run_it(off)
    assert not options.stream.cache.exists()
    run_it(options)
    assert len(hits(run_it(off))) == 0
    assert fake.charged == 6


def test_a_step_that_does_not_say_so_neither_takes_nor_leaves_anything(
    options: RunOptions, fake: FakeReplicate
) -> None:
    assert options.folder is not None
    path = options.folder / "plan.yaml"
    path.write_text(path.read_text().replace("    cache: true\n", ""))
    run_it(options)
    run_it(options)
    assert (fake.charged, options.stream.cache.exists()) == (4, False)


def test_a_new_take_is_a_new_call_and_so_is_what_depends_on_it(options: RunOptions, fake: FakeReplicate) -> None:
    first = run_it(options)
    again = rerun(first.run.id, from_step="words", options=options)
    check_result(again)
    assert (again.exit_code, hits(again), fake.charged) == (0, [], 4)


def test_a_new_take_that_was_cut_off_is_still_one_when_it_is_resumed(options: RunOptions, fake: FakeReplicate) -> None:
    """Cut the journal before its first step, as a kill would."""
    first = run_it(options)
    again = rerun(first.run.id, from_step="words", options=options)
    lines = again.run.journal.read_bytes().splitlines(keepends=True)
    again.run.journal.write_bytes(lines[0])
    resumed = resume_run(again.run.id, options=options)
    check_result(resumed)
    assert (resumed.exit_code, hits(resumed), fake.charged) == (0, [], 6)


def test_an_answer_that_the_step_cannot_use_is_not_kept(options: RunOptions, fake: FakeReplicate) -> None:
    fake.script(Script(output="value", value=" ", stream="none"))
    failed, mended = run_it(options), run_it(options)
    assert (failed.exit_code, mended.exit_code, hits(mended), fake.charged) == (1, 0, [], 3)


def test_another_attempt_is_a_new_call(options: RunOptions, fake: FakeReplicate) -> None:
    run_it(options)
    shutil.rmtree(options.stream.cache / cache_folder(options, "google/nano-banana"))
    fake.script(Script(final="aborted", model="google/nano-banana"))
    assert options.folder is not None
    path = options.folder / "plan.yaml"
    path.write_text(
        path.read_text().replace(
            "cache: true\n    with: {model: google", "cache: true\n    attempts: 2\n    with: {model: google"
        )
    )
    again = run_it(options)
    assert (again.exit_code, len(hits(again)), fake.charged) == (0, 1, 4)


def cache_folder(options: RunOptions, model: str) -> str:
    """The folder of the entry that a model's answer lies in."""
    for path in options.stream.cache.glob("*/*/answer.json"):
        if json.loads(path.read_text())["model"] == model:
            return str(path.parent.relative_to(options.stream.cache))
    raise AssertionError(f"there is no answer of {model}")


TOLD = """
steps:
  - name: words
    tool: text.generate
    cache: true
    with: {model: openai/gpt-4o, prompt: "x {{ feedback }}"}
  - name: check
    tool: my.check
    retry_from: {step: words, at_most: 1}
    with: {text: "{{ steps.words.output }}"}
"""


def test_a_step_that_is_told_feedback_is_called_anew(options: RunOptions, fake: FakeReplicate) -> None:
    """Even in its first attempt of a run that had taken it over: the same words would be refused again."""
    assert options.folder is not None
    (options.folder / "plan.yaml").write_text(TOLD)
    tools, passes = ToolRegistry(), [True]

    @tools.tool("my.check")
    def check(ctx: object, *, text: str) -> str:
        if not passes[0]:
            passes[0] = True
            raise RetryableToolError("shorter")
        return text

    options = replace(options, tools=tools)
    passes[0] = False
    first = run_it(options)
    assert (first.exit_code, hits(first), fake.charged) == (0, [], 2)
    passes[0] = False
    second = run_it(options)
    assert (second.exit_code, len(hits(second)), fake.charged) == (0, 1, 3)
    passes[0] = False
    third = rerun(second.run.id, from_step="check", options=options)
    check_result(third)
    assert (third.exit_code, hits(third), fake.charged) == (0, [], 4)


def test_an_offline_run_neither_asks_nor_fills_the_cache(options: RunOptions, fake: FakeReplicate) -> None:
    assert options.folder is not None
    recipe = '{recipe: describe_product, product: "{{ inputs.picture }}"}'
    text = (PLAN % Path("plans/assets/product.png").absolute()).partition("  - name: frame")[0]
    (options.folder / "plan.yaml").write_text(text.replace("model: openai", f"offline: {recipe}, model: openai"))
    offline = [run_it(replace(options, provider="offline")) for _ in range(2)]
    assert [(run.exit_code, hits(run)) for run in offline] == [(0, []), (0, [])]
    assert (fake.charged, options.stream.cache.exists()) == (0, False)


SHOP = "tests.unit.paid_shop"


def shopping(then: str, *, call: str = "buy", keys: str = "") -> str:
    given = f', then: "{then}"' if call == "buy" else ""
    return f"""
steps:
  - name: pay
    tool: function
    paid: true
    cache: true
    {keys}
    with: {{call: "{SHOP}:{call}"{given}}}
output: "{{{{ steps.pay.output }}}}"
"""


def test_a_paid_function_is_not_called_again_for_what_it_gave(tmp_path: Path) -> None:
    first, second = run_text(tmp_path, shopping("")), run_text(tmp_path, shopping(""))
    assert (first.output, second.output, charged(tmp_path)) == ({"bought": "tea", "number": 1},) * 2 + (1,)
    assert len(hits(second)) == 1


def test_its_files_are_files_of_the_new_run(tmp_path: Path) -> None:
    run_text(tmp_path, shopping("", call="picture"))
    second = run_text(tmp_path, shopping("", call="picture"))
    assert charged(tmp_path) == 1
    assert isinstance(second.output, dict)
    first_file = second.output["first"]
    assert isinstance(first_file, dict)
    path = second.run.path / "artifacts/pay-1/inner/picture.png"
    assert (first_file["path"], first_file["kind"], path.read_bytes()) == (str(path), "image", b"a picture")
    (made,) = facts(second.run, events.ArtifactMade)
    assert made.path == "artifacts/pay-1/inner/picture.png"  # type: ignore[attr-defined]


def test_what_other_code_of_the_same_name_gave_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another plan's folder, say, or before the code was mended."""
    text = shopping("").replace(f"{SHOP}:buy", "goods_of_test:make").replace(', then: ""', "")
    code = 'from tests.unit.paid_shop import buy\ndef make(ctx):\n    buy(ctx)\n    return "{}"\n'
    outputs = []
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for says in ("old", "old", "new"):
        (tmp_path / "goods_of_test.py").write_text(code.format(says))
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        monkeypatch.delitem(sys.modules, "goods_of_test", raising=False)
        importlib.invalidate_caches()
        outputs.append(run_text(tmp_path, text).output)
    monkeypatch.delitem(sys.modules, "goods_of_test")
    assert (outputs, charged(tmp_path)) == (["old", "old", "new"], 2)


@pytest.mark.parametrize("then", ["refuse", "drop", "give odd"])
def test_what_did_not_succeed_is_not_kept(tmp_path: Path, then: str) -> None:
    run_text(tmp_path, shopping(then))
    assert list(tmp_path.glob("cache/*/*")) == []


@pytest.mark.parametrize(
    ("age_s", "saved_usd", "message"),
    [
        (0.4, None, "from the cache, 0 s old"),
        (119.0, 0.4, "from the cache, 119 s old, saved $0.40"),
        (120.0, 1.234, "from the cache, 2 min old, saved $1.23"),
        (7200.0, 0.0, "from the cache, 2 h old, saved $0.00"),
        (400_000.0, None, "from the cache, 5 days old"),
    ],
)
def test_a_hit_is_told_with_its_age_and_what_it_saved(
    tmp_path: Path, age_s: float, saved_usd: float | None, message: str
) -> None:
    result = run_text(tmp_path, shopping(""))
    happened = list(read_events(result.run.journal))
    fact = events.CacheHit(call=1, key="k", age_s=age_s, saved_usd=saved_usd)
    started = next(event for event in happened if isinstance(event.fact, events.StepStarted))
    base = fold(result.snapshot.model_copy(update={"steps": ()}), happened[: started.seq])
    shown = fold(base, [replace(started, seq=started.seq + 1, fact=fact)])
    row: JsonValue = shown.steps[0].message
    assert (row, shown.message, shown.steps[0].cost_usd, shown.cost_usd) == (message, message, 0.0, 0.0)
