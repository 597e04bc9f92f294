"""The promises of the plan `ugc_ad_variants`: several videos in one run, shared work done once, and a person picks."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue, SecretStr

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.config import Settings
from character_flow.engine import Engine
from character_flow.events import Event, InputRequested
from character_flow.hooks import ExecutionHooks
from character_flow.shipped import plans_folder
from character_flow.stream.inbox import new_command
from character_flow.stream.stream import RunFolder
from tests.fake_replicate import TOKEN, FakeReplicate
from tests.faults import terminals

PLAN = plans_folder() / "ugc_ad_variants.yaml"
WORK = ("character", "product", "description", "check_description", "line_up", "posters", "pick", "final_output")


class Person(ExecutionHooks):
    """Answers each question with the next of these, and remembers what was offered."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[InputRequested] = []
        self._answers = list(answers)
        self._engine: Engine | None = None

    def started(self, engine: Engine, run: RunFolder) -> None:
        self._engine = engine

    def during_step(self, event: Event) -> None:
        if isinstance(event.fact, InputRequested) and self._engine is not None:
            self.asked.append(event.fact)
            answer = new_command("answer", epoch=event.epoch, by="test", value=self._answers.pop(0))
            self._engine.post(answer)


def small_plan(folder: Path) -> Path:
    """The shipped plan with small, quick videos."""
    small = "recipe: ugc_ad\n        width: 144\n        height: 256\n        fps: 8\n"
    path = folder / "ugc_ad_variants.yaml"
    path.write_text(PLAN.read_text(encoding="utf-8").replace("recipe: ugc_ad\n", small), encoding="utf-8")
    (folder / "assets").symlink_to(plans_folder() / "assets")
    return path


def made(folder: Path, person: Person, inputs: Mapping[str, JsonValue] | None = None) -> RunResult:
    options = RunOptions(folder=folder, hooks=(person,), started=person.started)
    return run_plan(small_plan(folder), inputs, options=options)


def output(result: RunResult) -> dict[str, JsonValue]:
    assert (result.exit_code, result.snapshot.error) == (0, None)
    assert isinstance(result.output, dict)
    return result.output


def variants(result: RunResult) -> list[dict[str, JsonValue]]:
    rows = output(result)["variants"]
    assert isinstance(rows, list)
    return [row for row in rows if isinstance(row, dict)]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Person]:
    """The plan with nothing but its defaults; the second of two is picked."""
    person = Person("2")
    return made(tmp_path_factory.mktemp("two"), person), person


def test_two_hooks_are_made_in_one_run_and_the_shared_work_is_done_once(two: tuple[RunResult, Person]) -> None:
    result, _ = two
    rows = variants(result)
    done = {row.name: (row.status, row.attempt) for row in result.snapshot.steps}
    assert {name: done[name] for name in WORK} == dict.fromkeys(WORK, ("completed", 1))
    assert [done[f"video_{number}"][0] for number in (1, 2, 3)] == ["completed", "completed", "skipped"]
    assert [Path(str(row["video"])).is_file() for row in rows] == [True, True]
    assert rows[0]["dialog"] != rows[1]["dialog"]
    assert rows[0]["seed"] != rows[1]["seed"]
    assert len({str(row["product_description"]) for row in rows}) == 1


def test_the_thumbnails_are_offered_and_the_picked_one_is_the_result(two: tuple[RunResult, Person]) -> None:
    result, person = two
    (asked,) = person.asked
    rows = variants(result)
    assert (asked.kind, asked.prompt, asked.default) == ("pick", "Which one shall be posted?", asked.choices[0])
    assert [option.text for option in asked.options] == [row["dialog"] for row in rows]
    assert [(result.run.path / str(option.file)).is_file() for option in asked.options] == [True, True]
    assert all("thumbnail" in str(option.file) for option in asked.options)
    whole = output(result)
    assert {key: whole[key] for key in ("picked", "dialog", "video")} == {
        "picked": 2, "dialog": rows[1]["dialog"], "video": rows[1]["video"],
    }  # fmt: skip
    assert {"product_description", "character_url", "product_url", "id", "status"} <= set(whole)


def test_every_video_has_its_picture_subtitles_contact_sheet_and_choices(two: tuple[RunResult, Person]) -> None:
    result, _ = two
    row = next(row for row in result.snapshot.steps if row.name == "video_2")
    kinds = [artifact.kind for artifact in row.artifacts]
    assert [kind for kind in kinds if kind != "preview"] == [
        "video", "thumbnail", "subtitles", "subtitles", "contact_sheet", "sidecar",
    ]  # fmt: skip
    assert 1 <= kinds.count("preview") <= 4
    assert all((result.run.path / artifact.path).stat().st_size == artifact.bytes for artifact in row.artifacts)


def test_three_dialogs_are_offered_with_their_seeds_and_three_characters_say_the_chosen_one(tmp_path: Path) -> None:
    person = Person("3", "1")
    result = made(tmp_path, person, {"variants": 3, "vary": "character", "choose": True, "other_characters": "8"})
    dialogs, posters = person.asked
    texts = [option.text for option in dialogs.options]
    assert len(set(texts)) == 3
    assert all(option.label is not None and "seed" in option.label for option in dialogs.options)
    assert [option.label for option in posters.options] == [
        f"Variant {number}: character {preset}, seed {variants(result)[0]['seed']}"
        for number, preset in ((1, 1), (2, 8), (3, 4))
    ]
    assert {row["dialog"] for row in variants(result)} == {texts[2]}
    assert output(result)["picked"] == 1


def test_one_variant_with_words_of_ones_own_asks_nothing(tmp_path: Path) -> None:
    person = Person()
    words = {"dialog_choice": "custom", "custom_dialog": "Dies sind meine Worte."}
    result = made(tmp_path, person, {"variants": 1, "language": "de", **words})
    assert (person.asked, output(result)["dialog"], output(result)["picked"]) == ([], "Dies sind meine Worte.", 1)


def test_with_yes_the_first_is_posted(tmp_path: Path) -> None:
    done = terminals.run("run", str(small_plan(tmp_path)), "--yes", "--dir", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Pick the one to post: answered by default: Variant 1: character 1, seed " in done.stdout


def test_with_replicate_each_dialog_and_video_is_one_call_with_the_fields_of_ugc_ad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person("1")
    with FakeReplicate() as fake:
        monkeypatch.setenv("REPLICATE_BASE_URL", fake.address)
        settings = Settings(replicate_token=SecretStr(TOKEN), durability="none")
        options = RunOptions(
            folder=tmp_path, hooks=(person,), started=person.started, provider="replicate", settings=settings
        )
        result = run_plan(PLAN, {"tone": "expert"}, options=options)
        sent = [made["input"] for made in fake.predictions.values()]
    assert (result.exit_code, result.snapshot.error, fake.charged) == (0, None, 5)
    assert sorted(sorted(fields) for fields in sent) == sorted([
        ["image_input", "prompt", "system_prompt"],
        *[["prompt", "system_prompt"]] * 2,
        *[["avatar_image", "dialogs", "product_description", "product_image"]] * 2,
    ])  # fmt: skip
    told = [fields["system_prompt"] for fields in sent if list(fields) == ["prompt", "system_prompt"]]
    assert all(words.endswith("\nWrite in English. Tone: expert.") for words in told)
    (asked,) = person.asked
    assert [option.label for option in asked.options] == [
        "Variant 1: character 1, seed 0", "Variant 2: character 1, seed 1",
    ]  # fmt: skip
    assert all(str(option.file).endswith(".mp4") for option in asked.options)
