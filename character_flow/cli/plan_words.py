"""What plans there are, in lines to print."""

import json
from collections.abc import Iterator
from pathlib import Path

from character_flow.app import default_tools
from character_flow.cli.words import count, one_line
from character_flow.errors import PlanError
from character_flow.plan import Plan, load_plan
from character_flow.shipped import list_plans


def plan_list(*, as_json: bool) -> Iterator[str]:
    """One plan a paragraph; with `as_json` one JSON text of all."""
    found = [(path, _loaded(path)) for path in list_plans()]
    if as_json:
        yield json.dumps([_told(path, plan) for path, plan in found], ensure_ascii=False, indent=2)
        return
    for path, plan in found:
        if isinstance(plan, str):
            yield f"{path.stem}  (cannot be used)"
            yield f"    {plan}"
            continue
        yield f"{path.stem}  {one_line(plan.name)}"
        if plan.description:
            yield f"    {one_line(plan.description)}"
        yield f"    {count(len(plan.steps), 'step')}, {count(len(plan.inputs), 'input')}  {path}"


def _loaded(path: Path) -> Plan | str:
    try:
        return load_plan(path, tools=default_tools())
    except PlanError as error:
        return str(error.problems[0]).split("\n", 1)[0]


def _told(path: Path, plan: Plan | str) -> dict[str, object]:
    if isinstance(plan, str):
        return {"id": path.stem, "path": str(path), "problem": plan}
    inputs = {name: spec.model_dump(exclude_none=True) for name, spec in plan.inputs.items()}
    steps = [{"name": step.name, "task": step.task, "tool": step.tool} for step in plan.steps]
    return {
        "id": plan.id, "path": str(path), "name": plan.name, "description": plan.description, "inputs": inputs,
        "steps": steps,
    }  # fmt: skip
