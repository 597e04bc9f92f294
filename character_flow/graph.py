"""What waits for what: a plan drawn as a mermaid flowchart."""

import re
from collections.abc import Iterator

from character_flow.plan import Plan, Step

_MOST_CHARS = 300
# All that may mean something to mermaid, to the markdown in its labels or to the page it is drawn on is written as the
# number of the character. "1. Task" would be the beginning of a list, which mermaid refuses to draw.
_SPECIAL = re.compile(r"[^\w\s,:/()'=!?+.-]|_|\.(?=\s|$)")


def mermaid(plan: Plan) -> str:
    """The flowchart of a plan as mermaid text; any task text in it is only text.

    An arrow leads from each step to those that wait for it, a dotted one back to where `retry_from` begins again. A
    step with a condition is drawn as a hexagon.
    """
    lines = (*map(_node, plan.steps), *_arrows(plan))
    return "\n    ".join(("flowchart TD", *lines)) + "\n"


def _node(step: Step) -> str:
    text = f"{step.number} {_text(step.task)}<br/>{_text(step.tool)}"
    if step.when is None:
        return f's{step.number}["{text}"]'
    return f's{step.number}{{{{"{text}<br/>when {_text(step.when.strip().removeprefix("{{").removesuffix("}}"))}"}}}}'


def _arrows(plan: Plan) -> Iterator[str]:
    numbers = {step.name: step.number for step in plan.steps}
    for step in plan.steps:
        for needed in step.needs:
            yield f"s{numbers[needed]} --> s{step.number}"
    for step in plan.steps:
        if step.retry_from is not None:
            most = step.retry_from.at_most
            again = "again, once" if most == 1 else f"again, at most {most} times"
            yield f's{step.number} -. "{again}" .-> s{numbers[step.retry_from.step]}'


def _text(text: str) -> str:
    """Any text as one line of a mermaid label."""
    shown = " ".join(text.split())
    shown = shown if len(shown) <= _MOST_CHARS else f"{shown[: _MOST_CHARS - 1]}…"
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", shown)
