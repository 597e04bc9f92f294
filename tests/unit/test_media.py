"""Pictures and videos from a model: an artifact, with the prediction's id and facts."""

from pathlib import Path

import pytest

from character_flow.tools.media import kind_of
from character_flow.tools.providers import offline_recipes
from character_flow.tools.providers.base import Answer
from character_flow.tools.providers.offline import Job
from tests.unit.small_runs import run_text
from tests.unit.test_text import PICTURE

AVATAR = f"""
inputs: {{picture: {{type: image, default: "{PICTURE}"}}}}
steps:
  - name: avatar
    tool: image.generate
    with: {{offline: {{recipe: make_avatar, picture: "{{{{ inputs.picture }}}}"}}}}
output: "{{{{ steps.avatar.output }}}}"
"""


def test_a_picture_is_an_artifact_of_its_step(tmp_path: Path) -> None:
    result = run_text(tmp_path, AVATAR)
    assert (result.exit_code, isinstance(result.output, dict)) == (0, True)
    assert isinstance(result.output, dict)
    assert result.output["path"] == str(result.run.path / "artifacts/avatar-1/avatar.png")
    assert {key: result.output[key] for key in ("kind", "status", "offline_draft")} == {
        "kind": "image", "status": "succeeded", "offline_draft": True,
    }  # fmt: skip
    (reference,) = result.snapshot.artifacts
    assert (reference.path, reference.sha256) == ("artifacts/avatar-1/avatar.png", result.output["sha256"])


def test_a_model_that_makes_something_else_is_told(tmp_path: Path) -> None:
    result = run_text(tmp_path, AVATAR.replace("image.generate", "video.generate"))
    assert result.exit_code == 1
    assert "but without a video" in (result.snapshot.error or "")


def test_previews_are_seen_while_it_is_made_and_the_facts_name_the_files_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def film(job: Job) -> Answer:
        for name in ("film.mp4", "still.png", "film.srt", "film.vtt", "other.txt", "preview-1.jpg"):
            (job.folder / name).write_text(name)
        job.show(job.folder / "preview-1.jpg")
        job.progress(40, "Frame 4 of 10, 3 s left")
        files = tuple(job.folder / name for name in ("film.mp4", "still.png", "film.srt", "film.vtt", "other.txt"))
        return Answer(files=files, facts={
            "thumbnail": "still.png", "subtitles": ["film.srt", "film.vtt"], "notes": ["a note"], "seconds": 9.5,
        })  # fmt: skip

    monkeypatch.setitem(offline_recipes.RECIPES, "film", film)
    result = run_text(
        tmp_path,
        "steps: [{name: video, tool: video.generate, with: {offline: {recipe: film}}}]\n"
        'output: "{{ steps.video.output }}"',
    )
    folder = result.run.path / "artifacts/video-1"
    assert isinstance(result.output, dict)
    assert {key: result.output[key] for key in ("path", "thumbnail", "subtitles", "notes", "seconds")} == {
        "path": str(folder / "film.mp4"), "thumbnail": str(folder / "still.png"),
        "subtitles": [str(folder / "film.srt"), str(folder / "film.vtt")], "notes": ["a note"], "seconds": 9.5,
    }  # fmt: skip
    assert [(Path(made.path).name, made.kind) for made in result.snapshot.steps[0].artifacts] == [
        ("preview-1.jpg", "preview"), ("film.mp4", "video"), ("still.png", "thumbnail"), ("film.srt", "subtitles"),
        ("film.vtt", "subtitles"), ("other.txt", "file"),
    ]  # fmt: skip
    assert result.snapshot.steps[0].message == "Frame 4 of 10, 3 s left"


@pytest.mark.parametrize(("name", "kind"), [("a.MP4", "video"), ("a.webp", "image"), ("a.wav", "audio"), ("a", "file")])
def test_a_file_is_what_its_ending_says(name: str, kind: str) -> None:
    assert kind_of(Path(name)) == kind
