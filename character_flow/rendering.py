"""What a step is called with: a plan's templates read against the inputs and the outputs so far."""

from collections.abc import Mapping
from hashlib import sha256

from pydantic import JsonValue

from character_flow import templates
from character_flow.events import TEXT_CHARS
from character_flow.json_text import canonical_json
from character_flow.plan import Plan, Step
from character_flow.run_state import RunState
from character_flow.surroundings import Outputs, Surroundings


class Rendering:
    """Renders a run's steps; every method raises ToolError naming the template that cannot be read."""

    def __init__(self, plan: Plan, state: RunState, around: Surroundings) -> None:
        self._plan, self._state, self._around = plan, state, around
        self._outputs = Outputs(plan, state, around)

    def is_needed(self, step: Step) -> bool:
        """Whether the step's `when`, if any, is true."""
        place = f"step '{step.name}', when"
        return step.when is None or templates.evaluate_condition(step.when, self._scope(step), place=place)

    def arguments(self, step: Step) -> dict[str, JsonValue]:
        """What the step's tool is called with; paths are absolute."""
        rendered = templates.render(step.with_, self._scope(step), place=f"step '{step.name}', with")
        return rendered if isinstance(rendered, dict) else {}

    def message(self, step: Step) -> str | None:
        """The step's sentence for people, without the values of secrets, short enough for a line."""
        if step.message is None:
            return None
        text = templates.render(step.message, self._scope(step), place=f"step '{step.name}', message")
        return self._around.book.shown(str(text))[:TEXT_CHARS]

    def key_told(self, step: Step, feedback: str) -> str:
        """The key the step would have, had it been told this feedback."""
        scope = {**self._scope(step), "feedback": feedback}
        rendered = templates.render(step.with_, scope, place=f"step '{step.name}', with")
        return self.key(step, rendered if isinstance(rendered, dict) else {})

    def output(self) -> JsonValue:
        """The plan's output; paths are absolute."""
        scope = {"inputs": self._around.inputs, "steps": self._outputs, "feedback": None}
        return templates.render(self._plan.output, scope, place="output")

    def key(self, step: Step, arguments: Mapping[str, JsonValue]) -> str:
        """sha256 of the step's tool and arguments, files by content, secrets by name: equal work, equal key."""
        hashed = self._around.book.hashed(dict(arguments))
        return sha256(canonical_json([step.tool, hashed])).hexdigest()

    def _scope(self, step: Step) -> Mapping[str, object]:
        feedback = self._state.step(step.number).feedback
        return {"inputs": self._around.inputs, "steps": self._outputs, "feedback": feedback}
