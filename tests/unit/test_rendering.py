"""What a step is called with: its templates, read against inputs and outputs so far."""

from pathlib import Path

from character_flow.events import TEXT_CHARS
from character_flow.tools.registry import ToolContext, ToolRegistry
from tests.unit.small_runs import run_text

LONG = """
steps:
  - {name: write, tool: write}
  - {name: look, tool: write, message: "Looking at {{ steps.write.output }}"}
"""


def test_a_message_made_of_a_long_output_is_cut_to_what_people_are_shown(tmp_path: Path) -> None:
    """DESIGN 2: a line has at most 64 KiB, whatever a plan puts into it."""
    registry = ToolRegistry()

    @registry.tool("write")
    def write(ctx: ToolContext) -> str:
        return "long " * 20_000

    result = run_text(tmp_path, LONG, registry)
    assert result.exit_code == 0
    assert result.snapshot.steps[1].message == ("Looking at " + "long " * 20_000)[:TEXT_CHARS]
