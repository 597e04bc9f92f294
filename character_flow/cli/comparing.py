"""How runs are looked at afterwards: the commands `compare`, `replay`, `report`, and `graph` for a plan."""

import json
from pathlib import Path
from typing import Annotated

import typer

from character_flow.cli import options as opt
from character_flow.cli.look import PlanName


def compare(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="A run, named as everywhere.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The run to hold against it.", show_default=False)],
    as_json: opt.AsJson = False,
    folder: opt.Dir = None,
) -> None:
    """Hold two runs against each other: inputs, every step's output, times and cost."""
    # Everything imported in a command here reads plans or runs: not for --help.
    from character_flow.cli.comparison_words import comparison_page
    from character_flow.cli.speech import say_all
    from character_flow.comparison import compare_runs
    from character_flow.json_text import to_json_value
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    stream = Stream(opt.started(context).folder(folder))
    found = compare_runs(find_run(stream, first), find_run(stream, second))
    if as_json:
        print(json.dumps(to_json_value(found), ensure_ascii=False, indent=2))
    else:
        say_all(comparison_page(found))


def replay(
    context: typer.Context,
    name: opt.RunName,
    speed: Annotated[
        float, typer.Option("--speed", metavar="N", min=1, max=50, help="How many times faster, 1 to 50.")
    ] = 1.0,
    folder: opt.Dir = None,
) -> None:
    """Show a run again as it was, in its own time or up to 50 times faster. Changes nothing; Ctrl-C stops."""
    # as above
    from character_flow.cli.replaying import replay_run
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    run = find_run(Stream(opt.started(context).folder(folder)), name)
    raise typer.Exit(replay_run(run, speed=speed))


def report(
    context: typer.Context,
    name: opt.RunName,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE.html", help="Where to; by default RUN.html in this folder.", show_default=False),
    ] = None,
    force: opt.Force = False,
    folder: opt.Dir = None,
) -> None:
    """Write a run as one HTML file with its pictures and video inside, to hand on or to print."""
    # as above
    from character_flow.cli.targets import told_target
    from character_flow.cli.words import size
    from character_flow.report import write_report
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    run = find_run(Stream(opt.started(context).folder(folder)), name)
    target = write_report(run, told_target(file, default=f"{run.id}.html", force=force))
    print(f"{target}: {size(target.stat().st_size)}, opens in any browser")


def graph(plan: PlanName, folder: opt.UnusedDir = None) -> None:
    """Print what waits for what in a plan, as a mermaid flowchart."""
    # as above
    from character_flow.graph import mermaid
    from character_flow.plan import load_plan
    from character_flow.shipped import find_plan

    print(mermaid(load_plan(find_plan(plan))), end="")
