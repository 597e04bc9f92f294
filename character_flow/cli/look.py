"""How things stand: the commands `plans`, `check`, `schema`, `runs`, `show` and `watch`."""

import json
from typing import Annotated

import typer

from character_flow.cli import options as opt

PlanName = Annotated[str, typer.Argument(metavar="PLAN", help="A plan file, or the id of one.", show_default=False)]


def plans(as_json: opt.AsJson = False, folder: opt.UnusedDir = None) -> None:
    """List the plans: those in ./plans and those shipped."""
    # Everything imported in a command here reads plans or runs: not for --help.
    from character_flow.cli.plan_words import plan_list

    for line in plan_list(as_json=as_json):
        print(line)


def check(plan: PlanName, as_json: opt.AsJson = False, folder: opt.UnusedDir = None) -> None:
    """Find every mistake in a plan file, without running it."""
    # as above
    from character_flow.app import default_tools
    from character_flow.cli.words import count
    from character_flow.errors import PlanError
    from character_flow.plan import load_plan
    from character_flow.shipped import find_plan

    path = find_plan(plan)
    try:
        loaded = load_plan(path, tools=default_tools())
    except PlanError as error:
        if not as_json:
            raise
        found = [
            {"file": problem.path, "line": problem.line, "column": problem.column, "message": problem.message}
            for problem in error.problems
        ]
        print(json.dumps(found, ensure_ascii=False, indent=2))
        raise typer.Exit(error.exit_code) from None
    print(
        "[]" if as_json else f"{path}: fine, {count(len(loaded.steps), 'step')}, {count(len(loaded.inputs), 'input')}"
    )


def schema(folder: opt.UnusedDir = None) -> None:
    """Print the JSON Schema of plan files, for editors."""
    # as above
    from character_flow.plan import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def runs(context: typer.Context, as_json: opt.AsJson = False, folder: opt.Dir = None) -> None:
    """List all runs, newest first."""
    # as above
    from character_flow.cli.run_words import run_list
    from character_flow.stream.stream import Stream

    for line in run_list(Stream(opt.started(context).folder(folder)), as_json=as_json):
        print(line)


def show(context: typer.Context, name: opt.RunName, as_json: opt.AsJson = False, folder: opt.Dir = None) -> None:
    """Show a run: its steps, times, outputs and files."""
    # as above
    from character_flow.cli.run_words import run_as_json, run_page
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    start = opt.started(context)
    run = find_run(Stream(start.folder(folder)), name)
    if as_json:
        print(json.dumps(run_as_json(run), ensure_ascii=False, indent=2))
        return
    settle = start.words("settle", run.id, "STEP", folder=folder)
    for line in run_page(run, resume=start.words("resume", run.id, folder=folder), settle=settle):
        print(line)


def watch(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run, until it ends; without it the live page.",
                                   show_default=False)
    ] = None,
    as_lines: opt.AsLines = False,
    folder: opt.Dir = None,
) -> None:  # fmt: skip
    """Follow a run live, from its files. Ctrl-C stops the watching, not the run."""
    # as above
    from character_flow.cli.watching import watch_page, watch_run
    from character_flow.errors import UsageError

    start = opt.started(context)
    where = start.folder(folder)
    if as_lines and name is None:
        raise UsageError("which run? --json prints the journal of one run: watch RUN --json")
    raise typer.Exit(watch_page(where) if name is None else watch_run(where, name, as_lines=as_lines))
