"""The ad with models everyone may call: a frame is composed, then it speaks; offline, and through the real client."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydantic import JsonValue, SecretStr

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.config import Settings
from character_flow.errors import InputError
from character_flow.plan import load_plan
from character_flow.shipped import plans_folder
from character_flow.stream.stream import read_output
from character_flow.tools.ugc_ad import check_copy
from tests.fake_replicate import TOKEN, FakeReplicate

PLAN = plans_folder() / "ugc_ad_public.yaml"
STEPS = ["character", "product", "description", "dialog", "check_copy", "frame", "video", "final_output"]
OUTPUT = {"product_description", "dialog", "character_url", "product_url", "id", "status", "video"}
OWN_WORDS = 'They call it "the quiet one".\nI keep it by the door.'


def small_plan(folder: Path) -> Path:
    """The shipped plan with small, quick drawings."""
    text = PLAN.read_text(encoding="utf-8")
    for recipe, more in (("compose_frame", ""), ("talking_clip", "        fps: 12\n")):
        line = f"        recipe: {recipe}\n"
        assert line in text
        text = text.replace(line, f"{line}        width: 180\n        height: 320\n{more}")
    folder.mkdir(exist_ok=True)
    (folder / "assets").symlink_to(plans_folder() / "assets")
    path = folder / PLAN.name
    path.write_text(text, encoding="utf-8")
    return path


def frames(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8) for frame in container.decode(video=0)]


def kept(result: RunResult, name: str) -> dict[str, JsonValue]:
    """The whole output of a step."""
    row = result.snapshot.steps[STEPS.index(name)]
    assert row.output_ref is not None
    value = read_output(result.run, row.output_ref)
    assert isinstance(value, dict)
    return value


@pytest.fixture(scope="module")
def ad(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The plan with nothing but its defaults, drawn small."""
    folder = tmp_path_factory.mktemp("public")
    return run_plan(small_plan(folder / "plan"), {}, options=RunOptions(folder=folder))


def test_it_asks_for_what_the_other_ad_asks_for() -> None:
    """The same inputs of the same types; only its own words must be fewer, for the clip is eight seconds long, and
    its models decide on format, size and music.
    """
    public, other = (load_plan(path) for path in (PLAN, PLAN.with_name("ugc_ad.yaml")))
    assert [(name, one.type, one.choices) for name, one in public.inputs.items()] == [
        (name, one.type, one.choices) for name, one in other.inputs.items() if name not in ("format", "quality", "mood")
    ]
    assert [step.name for step in public.steps] == STEPS


def test_without_a_token_both_pictures_become_a_clip(ad: RunResult) -> None:
    assert (ad.exit_code, [step.status for step in ad.snapshot.steps]) == (0, ["completed"] * 8)
    assert isinstance(ad.output, dict)
    assert (set(ad.output), ad.output["status"]) == (OUTPUT, "succeeded")
    assert all(Path(str(ad.output[key])).is_file() for key in ("character_url", "product_url", "video"))
    video = kept(ad, "video")
    assert (video["path"], video["width"], video["height"], video["offline_draft"]) == (
        "artifacts/video-1/clip.mp4", 180, 320, True,
    )  # fmt: skip
    assert check_copy(
        str(ad.output["product_description"]), str(ad.output["dialog"]), brand=None, include_cta=False, is_custom=False
    )


def test_the_clip_lasts_eight_seconds_and_begins_with_the_composed_frame(ad: RunResult) -> None:
    """What such a model does: the given picture is the first frame, from there on it moves, without a cut."""
    with Image.open(ad.run.path / str(kept(ad, "frame")["path"])) as picture:
        frame = np.asarray(picture.convert("RGB")).astype(int)
    shown = frames(ad.run.path / str(kept(ad, "video")["path"]))
    assert len(shown) == 8 * 12
    below_the_mark = frame.shape[0] // 5
    away = [np.abs(one.astype(int) - frame)[below_the_mark:].mean() for one in (shown[0], shown[-1])]
    assert away[0] < 3 < away[1]
    between = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(shown)]
    assert 0 < max(between) < 12, "a cut changes far more than that from one frame to the next"


def test_the_same_inputs_give_the_same_pixels(ad: RunResult, tmp_path: Path) -> None:
    again = run_plan(small_plan(tmp_path / "plan"), {}, options=RunOptions(folder=tmp_path))
    for result in (ad, again):
        assert isinstance(result.output, dict)
    for name in ("frame", "video"):
        paths = [result.run.path / str(kept(result, name)["path"]) for result in (ad, again)]
        if name == "frame":
            assert paths[0].read_bytes() == paths[1].read_bytes()
        else:
            first, second = map(frames, paths)
            assert len(first) == len(second)
            assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_your_own_picture_and_words_work(tmp_path: Path) -> None:
    portrait = tmp_path / "me.png"
    Image.effect_noise((300, 200), 60).convert("RGB").save(portrait)
    given: dict[str, JsonValue] = {
        "character_choice": "custom", "custom_character": str(portrait),
        "dialog_choice": "custom", "custom_dialog": OWN_WORDS,
    }  # fmt: skip
    result = run_plan(small_plan(tmp_path / "plan"), given, options=RunOptions(folder=tmp_path))
    assert (result.exit_code, result.snapshot.steps[3].status) == (0, "skipped")
    assert isinstance(result.output, dict)
    assert (result.output["dialog"], Path(str(result.output["character_url"])).suffix) == (OWN_WORDS, ".png")
    with Image.open(result.run.path / str(kept(result, "frame")["path"])) as frame:
        assert frame.size == (180, 320)


def test_words_too_long_for_eight_seconds_are_refused_before_anything_is_paid(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        run_plan(PLAN, {"dialog_choice": "custom", "custom_dialog": "word " * 40}, options=RunOptions(folder=tmp_path))
    assert (list(told.value.problems), list(tmp_path.iterdir())) == (["custom_dialog"], [])


def paid(folder: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeReplicate, **given: JsonValue) -> RunResult:
    monkeypatch.setenv("REPLICATE_BASE_URL", fake.address)
    options = RunOptions(
        folder=folder, provider="replicate", settings=Settings(replicate_token=SecretStr(TOKEN), durability="none")
    )
    return run_plan(PLAN, given, options=options)


def test_the_models_get_exactly_their_own_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real client: four calls, each with the fields its model documents, in the types it wants."""
    with FakeReplicate() as fake:
        result = paid(tmp_path, monkeypatch, fake, language="it", tone="calm")
        sent = [(made["model"], made["input"]) for made in fake.predictions.values()]
        names = [fake.files[str(address).rpartition("/")[2]]["name"] for address in sent[2][1]["image_input"]]
        plan = load_plan(PLAN)
    assert (result.exit_code, result.snapshot.error, fake.charged) == (0, None, 4)
    assert [(model, sorted(fields)) for model, fields in sent] == [
        ("openai/gpt-4o", ["image_input", "prompt", "system_prompt"]),
        ("openai/gpt-4o", ["prompt", "system_prompt"]),
        ("google/nano-banana", ["image_input", "output_format", "prompt"]),
        ("google/veo-3.1-fast", [
            "aspect_ratio", "duration", "generate_audio", "image", "negative_prompt", "prompt", "resolution",
        ]),
    ]  # fmt: skip
    describe, dialog, compose, speak = (fields for _, fields in sent)
    product, files = describe["image_input"][0], f"{fake.address}/v1/files/"
    assert describe == {
        "prompt": "Write Prompt for this product ",
        "system_prompt": f"{str(plan.inputs['description_prompt'].default).strip()}\nWrite in Italian.",
        "image_input": [product],
    }
    wished = f"{str(plan.inputs['dialog_prompt'].default).strip()}\nWrite in Italian. Tone: calm."
    assert dialog["system_prompt"] == wished
    assert isinstance(result.output, dict)
    assert dialog["prompt"] == result.output["product_description"]
    assert (names[0], compose["image_input"][1], compose["output_format"]) == ("character-1.png", product, "png")
    assert all(str(address).startswith(files) for address in (*compose["image_input"], speak["image"]))
    assert {key: speak[key] for key in ("aspect_ratio", "duration", "resolution", "generate_audio")} == {
        "aspect_ratio": "9:16", "duration": 8, "resolution": "720p", "generate_audio": True,
    }  # fmt: skip
    spoken = str(result.output["dialog"]).replace("\n", " ")
    assert "\nItalian, with lips in time:\n" in speak["prompt"]
    assert speak["prompt"].endswith(f' "{spoken}"\n') or speak["prompt"].endswith(f'\n"{spoken}"\n')


def test_the_frame_that_came_is_the_frame_that_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The composed picture is downloaded, kept, and given to the second model; the clip is the plan's video."""
    with FakeReplicate() as fake:
        result = paid(tmp_path, monkeypatch, fake)
        made = list(fake.predictions.values())
        uploaded = fake.files[str(made[3]["input"]["image"]).rpartition("/")[2]]["content"]
    frame = result.run.path / str(kept(result, "frame")["path"])
    assert uploaded == frame.read_bytes()
    assert isinstance(result.output, dict)
    assert (set(result.output), result.output["id"], result.output["status"]) == (OUTPUT, made[3]["id"], "succeeded")
    assert kept(result, "video")["model"] == "google/veo-3.1-fast"


def test_the_spoken_line_stands_in_quotes_and_cannot_end_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeReplicate() as fake:
        result = paid(tmp_path, monkeypatch, fake, dialog_choice="custom", custom_dialog=OWN_WORDS)
        prompt = str(list(fake.predictions.values())[-1]["input"]["prompt"])
    assert (result.exit_code, fake.charged) == (0, 3)
    assert prompt.splitlines()[-1] == "\"They call it 'the quiet one'. I keep it by the door.\""
    assert prompt.count('"') == 2
