"""The ad generator's promises: two pictures become a video ad, offline, with every step on disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image
from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, run_plan
from character_flow.errors import InputError, RetryableToolError
from character_flow.events import ArtifactMade, Event, Progress, StepRetried
from character_flow.hooks import ExecutionHooks
from character_flow.shipped import plans_folder
from character_flow.stream.stream import read_output
from character_flow.tools.ugc_ad import check_copy
from tests.unit.small_runs import events_of

PLAN = plans_folder() / "ugc_ad.yaml"
STEPS = [
    "Get character URL",
    "Generate avatar",
    "Validate product image",
    "Describe the product",
    "Write the dialog",
    "Check the copy",
    "Generate the UGC video",
    "Pack the final output",
]
DOCUMENTED = {"status", "plan_name", "total_steps", "current_step", "started_at", "steps"}
DOCUMENTED_ROW = {"step_number", "task", "tool_id", "status", "started_at", "completed_at", "output"}


@dataclass(frozen=True)
class Film:
    """What a player finds in a video file."""

    video: str
    audio: str
    size: tuple[int, int]
    seconds: float
    audio_seconds: float
    comment: str


def film(path: Path) -> Film:
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        frames = sum(1 for _ in container.decode(video))
        assert video.average_rate is not None
        assert audio.duration is not None
        assert audio.time_base is not None
        return Film(
            video.codec_context.name,
            audio.codec_context.name,
            (video.width, video.height),
            float(frames / Fraction(video.average_rate)),
            float(audio.duration * audio.time_base),
            container.metadata["comment"],
        )


def small_plan(folder: Path, **changes: str) -> Path:
    """The shipped plan with a small, quick video; `changes` replaces lines of its text."""
    text = PLAN.read_text(encoding="utf-8").replace(
        "recipe: ugc_ad\n", "recipe: ugc_ad\n        width: 180\n        height: 320\n        fps: 12\n"
    )
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "assets").symlink_to(plans_folder() / "assets")
    path = folder / "ugc_ad.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run(plan: Path, folder: Path, inputs: Mapping[str, JsonValue] | None = None, *hooks: ExecutionHooks) -> RunResult:
    return run_plan(plan, inputs, options=RunOptions(folder=folder, hooks=hooks))


@pytest.fixture(scope="module")
def ad(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The main plan with nothing but its defaults."""
    return run(PLAN, tmp_path_factory.mktemp("ad"))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Photographs nobody here took, from scikit-image's wheel."""
    from skimage import data

    folder = tmp_path_factory.mktemp("photographs")
    pictures = {"person": data.astronaut(), "cup": data.coffee(), "cat": data.chelsea()}
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=92)
    return {name: folder / f"{name}.jpg" for name in pictures}


def test_the_defaults_make_a_playable_video_of_eight_steps(ad: RunResult) -> None:
    """S0-02, S0-16, S0-17, S0-36, W0-07, W0-25: nothing but Python is needed, and the video is there at the end."""
    assert ad.exit_code == 0
    assert [(step.task, step.status) for step in ad.snapshot.steps] == [
        (task, "skipped" if task == "Generate avatar" else "completed") for task in STEPS
    ]
    assert isinstance(ad.output, dict)
    made = film(Path(str(ad.output["video"])))
    assert (made.video, made.audio, made.size) == ("h264", "aac", (720, 1280))
    assert 8 <= made.seconds <= 12
    assert abs(made.seconds - made.audio_seconds) < 0.1
    assert made.comment == "Offline draft made by character_flow"


def test_the_final_object_has_the_documented_keys(ad: RunResult) -> None:
    """W0-19: packed by a function, nothing omitted, plus the path of the video."""
    assert isinstance(ad.output, dict)
    assert set(ad.output) == {
        "product_description", "dialog", "character_url", "product_url", "id", "status", "video",
    }  # fmt: skip
    assert ad.output["status"] == "succeeded"
    assert all(Path(str(ad.output[key])).is_file() for key in ("character_url", "product_url", "video"))


def test_the_page_tells_the_whole_run(ad: RunResult) -> None:
    """S0-14, S0-15, S0-18..S0-26, S0-54: the documented keys, and a duration that is true."""
    page = json.loads((ad.run.path.parents[1] / "plan_stream.json").read_text(encoding="utf-8"))
    assert set(page) >= DOCUMENTED
    assert all(set(row) >= DOCUMENTED_ROW for row in page["steps"])
    assert (page["status"], page["outcome"], page["total_steps"], page["current_step"], page["progress"]) == (
        "completed", "success", 8, 8, 100,
    )  # fmt: skip
    assert page["plan_name"] == "UGC Generator - Character and Product Setup with Replicate"
    assert [row["step_number"] for row in page["steps"]] == list(range(1, 9))
    worked = [row["duration_s"] for row in page["steps"] if row["status"] == "completed"]
    happened = events_of(ad.run)
    assert max(worked) < page["duration_s"] < happened[-1].mono - happened[0].mono
    assert page == json.loads(ad.run.snapshot.read_text(encoding="utf-8"))


def test_whole_outputs_are_kept_not_two_hundred_characters(ad: RunResult) -> None:
    """W0-03: the typed value of every step is at its output_ref."""
    video = ad.snapshot.steps[6]
    assert video.output_ref is not None
    value = read_output(ad.run, video.output_ref)
    assert isinstance(value, dict)
    assert (value["kind"], value["offline_draft"], value["path"]) == ("video", True, "artifacts/video-1/ad.mp4")
    made = [(artifact.kind, Path(artifact.path).name) for artifact in video.artifacts]
    assert [one for one in made if one[0] != "preview"] == [
        ("video", "ad.mp4"), ("thumbnail", "ad_thumbnail.png"), ("subtitles", "ad.srt"), ("subtitles", "ad.vtt"),
        ("contact_sheet", "ad_contact_sheet.jpg"), ("sidecar", "ad.json"),
    ]  # fmt: skip


def test_pictures_of_the_video_are_there_before_the_video_is(ad: RunResult) -> None:
    """Few and small, each an artifact of its own; the first comes before any frame is encoded."""
    told = [event.fact for event in events_of(ad.run) if event.step == 7]
    kinds = [fact.kind for fact in told if isinstance(fact, ArtifactMade)]
    assert kinds[: kinds.index("video")] == ["preview"] * 4
    first = next(number for number, fact in enumerate(told) if isinstance(fact, ArtifactMade))
    before = [fact.percent or 0 for fact in told[:first] if isinstance(fact, Progress)]
    assert max(before, default=0) <= 10
    previews = [artifact for artifact in ad.snapshot.steps[6].artifacts if artifact.kind == "preview"]
    assert all(0 < artifact.bytes < 60_000 for artifact in previews)
    messages = [fact.message or "" for fact in told if isinstance(fact, Progress)]
    assert any(message.startswith("Frame ") and message.endswith(" left") for message in messages)


@pytest.mark.parametrize(("shape", "size"), [("1:1", (180, 180)), ("16:9", (320, 180))])
def test_the_video_has_the_format_that_is_asked_for(tmp_path: Path, shape: str, size: tuple[int, int]) -> None:
    text = PLAN.read_text(encoding="utf-8").replace('quality: "{{ inputs.quality }}"', "quality: 180p\n        fps: 8")
    (tmp_path / "assets").symlink_to(plans_folder() / "assets")
    (tmp_path / "ugc_ad.yaml").write_text(text, encoding="utf-8")
    result = run(tmp_path / "ugc_ad.yaml", tmp_path, {"format": shape})
    assert isinstance(result.output, dict)
    assert film(Path(str(result.output["video"]))).size == size


@pytest.mark.parametrize(
    ("fact", "problem"),
    [
        ("quality: large", "'large' is not the shorter side's pixels"),
        ("format: 4:3", "'4:3' is none of 9:16, 1:1, 16:9"),
    ],
)
def test_a_size_that_is_none_is_told(tmp_path: Path, fact: str, problem: str) -> None:
    old = 'quality: "{{ inputs.quality }}"' if fact.startswith("quality") else 'format: "{{ inputs.format }}"'
    result = run(small_plan(tmp_path, **{old: fact}), tmp_path)
    assert result.exit_code == 1
    assert problem in (result.snapshot.error or "")


def test_every_countable_rule_holds_for_what_offline_writes(ad: RunResult) -> None:
    """A check that fails would have raised; here the same rules are asked once more."""
    assert isinstance(ad.output, dict)
    description, dialog = str(ad.output["product_description"]), str(ad.output["dialog"])
    assert check_copy(description, dialog, brand=None, include_cta=False, is_custom=False)["words"] == len(
        dialog.split()
    )
    assert len(description.splitlines()) == len(dialog.splitlines()) == 2
    assert 18 <= len(dialog.split()) <= 28


def test_the_same_inputs_give_the_same_words_and_the_same_frames(tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    for folder in (first, second):
        folder.mkdir()
    results = [run(small_plan(folder), folder) for folder in (first, second)]
    outputs = [result.output for result in results]
    assert all(isinstance(output, dict) for output in outputs)
    texts = [(output["product_description"], output["dialog"]) for output in outputs if isinstance(output, dict)]
    frames = [decoded(Path(str(output["video"]))) for output in outputs if isinstance(output, dict)]
    assert texts[0] == texts[1]
    assert frames[0] == frames[1]


def decoded(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def test_the_words_are_in_the_language_and_tone_that_were_asked_for(tmp_path: Path) -> None:
    """Another tone says something else; every rule of the language holds, the check would have sent it back."""
    texts: list[tuple[JsonValue, JsonValue]] = []
    for tone in ("calm", "playful"):
        folder = tmp_path / tone
        folder.mkdir()
        result = run(small_plan(folder), folder, {"language": "de", "tone": tone})
        assert isinstance(result.output, dict)
        texts.append((result.output["product_description"], result.output["dialog"]))
        description, dialog = map(str, texts[-1])
        assert check_copy(description, dialog, brand=None, include_cta=False, is_custom=False, language="de")
    assert texts[0][0] == texts[1][0]
    assert texts[0][1] != texts[1][1]


def test_your_own_photographs_and_words_work(tmp_path: Path, photographs: Mapping[str, Path]) -> None:
    """S0-61: a custom character makes an avatar first; the dialog is said as it was written."""
    words = "This is the cup I drink my coffee from.\nIt is red, and it keeps me awake."
    result = run(
        small_plan(tmp_path),
        tmp_path,
        {
            "character_choice": "custom",
            "custom_character": str(photographs["person"]),
            "product_image": str(photographs["cup"]),
            "dialog_choice": "custom",
            "custom_dialog": words,
        },
    )
    statuses = [step.status for step in result.snapshot.steps]
    assert statuses == ["completed", "completed", "completed", "completed", "skipped", *["completed"] * 3]
    assert isinstance(result.output, dict)
    assert result.output["dialog"] == words
    assert Path(str(result.output["character_url"])).name == "avatar.png"
    assert film(Path(str(result.output["video"]))).size == (180, 320)


def test_a_photograph_without_a_product_still_gets_neutral_words(
    tmp_path: Path, photographs: Mapping[str, Path]
) -> None:
    result = run(small_plan(tmp_path), tmp_path, {"product_image": str(photographs["cat"])})
    assert (result.exit_code, result.snapshot.outcome) == (0, "success")


def test_letters_without_a_glyph_are_said_plainly(tmp_path: Path) -> None:
    """Emoji, Hebrew and Chinese: drawn, or named in the notes; the run never fails on them."""
    result = run(
        small_plan(tmp_path), tmp_path, {"dialog_choice": "custom", "custom_dialog": "Hello 🙂 שלום 你好 my friends."}
    )
    video = result.snapshot.steps[6]
    assert result.exit_code == 0
    assert video.output_ref is not None
    value = read_output(result.run, video.output_ref)
    assert isinstance(value, dict)
    assert isinstance(value["notes"], list)


class Seen(ExecutionHooks):
    """Keeps what happened during steps."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def during_step(self, event: Event) -> None:
        self.events.append(event)


def test_copy_that_breaks_a_rule_is_written_again_with_the_reason(tmp_path: Path) -> None:
    """S0-48, W1-04's lesson: the second try is told what was wrong with the first."""
    (tmp_path / "poor_writer.py").write_text(
        "def write(description, feedback):\n"
        "    if feedback is None:\n"
        "        return 'The best bottle ever! Buy 2 now #wow'\n"
        "    first = 'I keep this teal bottle on my table every day now.'\n"
        "    return first + '\\nI like its white label and its calm, clean look.'\n"
    )
    old = (
        "    tool: text.generate\n    when: \"{{ inputs.dialog_choice == 'auto' }}\"\n    with:\n"
        "      model: openai/gpt-4o\n"
    )
    text = PLAN.read_text(encoding="utf-8")
    begin = text.index(old)
    end = text.index("  - name: check_copy")
    new = (
        "    tool: function\n    with:\n      call: poor_writer:write\n"
        '      description: "{{ steps.description.output }}"\n      feedback: "{{ feedback }}"\n\n'
    )
    plan = small_plan(tmp_path, **{text[begin:end]: new})
    seen = Seen()
    result = run(plan, tmp_path, None, seen)
    retried = [event.fact for event in seen.events if isinstance(event.fact, StepRetried)]
    assert result.exit_code == 0
    assert [fact.restart for fact in retried] == [(4, 5, 6)]
    assert all(line.startswith("dialog: ") for line in (retried[0].feedback or "").splitlines())
    assert len((retried[0].feedback or "").splitlines()) >= 3
    assert [step.attempt for step in result.snapshot.steps] == [1, 0, 1, 2, 2, 2, 1, 1]


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ({"product_image": "/no/such/picture.png"}, ["product_image"]),
        ({"product_image": __file__}, ["product_image"]),
        ({"character_choice": "custom"}, ["custom_character"]),
        ({"dialog_choice": "custom", "custom_dialog": "  "}, ["custom_dialog"]),
        ({"dialog_choice": "custom", "custom_dialog": "word " * 1000}, ["custom_dialog"]),
        ({"preset_character": 10}, ["preset_character"]),
        ({"character_choice": "1", "preset_character": "3", "colour": "red"}, [
            "colour", "character_choice", "preset_character",
        ]),
    ],
)  # fmt: skip
def test_wrong_inputs_are_all_told_and_nothing_is_created(
    tmp_path: Path, inputs: dict[str, JsonValue], wrong: list[str]
) -> None:
    """S0-61, W0-09: each wrong input has its own line, before a lock is taken or a folder made."""
    with pytest.raises(InputError) as told:
        run(PLAN, tmp_path, inputs)
    assert list(told.value.problems) == wrong
    assert all("\n" not in problem for problem in told.value.problems.values())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("description", "dialog", "brand", "lines"),
    [
        ("", "", None, 2),
        ("One line only about a bottle on a white ground.", "Too short.", None, 2),
    ],
)
def test_each_broken_rule_is_a_line_of_its_own(description: str, dialog: str, brand: str | None, lines: int) -> None:
    with pytest.raises(RetryableToolError) as told:
        check_copy(description, dialog, brand=brand, include_cta=False, is_custom=False)
    problems = str(told.value).splitlines()
    assert len(problems) >= lines
    assert {line.split(":")[0] for line in problems} == {"description", "dialog"}
