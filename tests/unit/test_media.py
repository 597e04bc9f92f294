"""Pictures and videos from a model: an artifact, with the prediction's id and facts."""

from pathlib import Path

import pytest

from character_flow.tools.media import kind_of
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


@pytest.mark.parametrize(("name", "kind"), [("a.MP4", "video"), ("a.webp", "image"), ("a.wav", "audio"), ("a", "file")])
def test_a_file_is_what_its_ending_says(name: str, kind: str) -> None:
    assert kind_of(Path(name)) == kind
