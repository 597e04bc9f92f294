"""Runs for the viewer to show: small plans really run, in the folder of the test."""

from pathlib import Path

from pydantic import JsonValue

from character_flow.stream.stream import RunFolder, Stream
from tests.unit.small_runs import run_text

TITLE = "Say <b>it</b> *loud* :red[now]"

PLAN = f"""
name: "{TITLE}"
inputs:
  greeting: {{type: text, default: "Hello"}}
  number: {{type: text, default: "7"}}
steps:
  - name: say
    task: "Say <i>it</i>"
    tool: function
    with: {{call: "builtins:str", object: "{{{{ inputs.greeting }}}}"}}
  - {{name: count, task: Count, tool: function, with: {{call: "json:loads", s: "{{{{ inputs.number }}}}"}}}}
"""


def make_run(stream: Stream, **inputs: JsonValue) -> RunFolder:
    """A run of that plan; `number="x"` makes its second step fail."""
    return run_text(stream.folder, PLAN, inputs=inputs).run


def long_plan(folder: Path) -> Path:
    """A plan whose only step takes ten minutes."""
    (folder / "long_work.py").write_text("import time\n\n\ndef wait(seconds):\n    time.sleep(seconds)\n")
    path = folder / "long.yaml"
    path.write_text(
        "name: A long one\nsteps:\n  - {name: wait, tool: function, with: {call: 'long_work:wait', seconds: 600}}\n"
    )
    return path
