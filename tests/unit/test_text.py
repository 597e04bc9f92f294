"""The tools `text.generate`, `image.generate` and `video.generate`, with the offline provider."""

from pathlib import Path

from character_flow import events
from tests.unit.small_runs import facts, run_text

DESCRIBE = """
inputs: {{picture: {{type: image, default: "{picture}"}}}}
steps:
  - name: describe
    tool: text.generate
    with: {{prompt: "What is it?", offline: {{recipe: {recipe}, product: "{{{{ inputs.picture }}}}", brand: Acme}}}}
output: "{{{{ steps.describe.output }}}}"
"""
PICTURE = next((Path(__file__).parents[2] / "plans" / "assets").glob("*.png"))


def test_a_text_is_shown_while_it_is_written_and_is_the_same_each_time(tmp_path: Path) -> None:
    outputs = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        result = run_text(folder, DESCRIBE.format(picture=PICTURE, recipe="describe_product"))
        assert result.exit_code == 0
        shown = "".join(fact.text for fact in facts(result.run, events.Chunk) if isinstance(fact, events.Chunk))
        assert shown == result.output
        assert isinstance(result.output, str)
        assert "Acme" in result.output
        outputs.append(result.output)
    assert outputs[0] == outputs[1]
    assert not (result.run.path / ".tmp-offline").exists()


def test_a_step_without_a_recipe_says_which_there_are(tmp_path: Path) -> None:
    result = run_text(tmp_path, DESCRIBE.format(picture=PICTURE, recipe="paint"))
    assert result.exit_code == 1
    assert "offline has no recipe 'paint' for this text step" in (result.snapshot.error or "")
