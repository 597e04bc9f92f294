"""How plans are run: the commands `run` and `resume`, and the main plan without a command."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from character_flow.cli import options as opt


@dataclass(frozen=True)
class Request:
    """What was asked for, as it was typed."""

    plan: str | None = None
    inputs: tuple[str, ...] = ()
    inputs_file: Path | None = None
    provider: str | None = None
    max_parallel: int | None = None
    durability: str | None = None
    background: bool = False
    run_id: str | None = None
    yes: bool = False
    quiet: bool = False
    as_lines: bool = False
    dry_run: bool = False
    folder: Path | None = None
    budget: float | None = None
    allow_unknown_price: bool = False
    no_cache: bool = False


def run(
    context: typer.Context,
    plan: Annotated[
        str | None, typer.Argument(metavar="PLAN", help="A plan file, or the id of one.", show_default=False)
    ] = None,
    *,
    inputs: opt.Inputs = None,
    inputs_file: opt.InputsFile = None,
    provider: opt.Provider = None,
    budget: opt.Budget = None,
    allow_unknown_price: opt.AllowUnknownPrice = False,
    no_cache: opt.NoCache = False,
    max_parallel: opt.MaxParallel = None,
    durability: opt.Durability = None,
    background: opt.Background = False,
    run_id: Annotated[
        str | None,
        typer.Option("--run-id", metavar="RUN", help="Execute a run that is queued.", show_default=False),
    ] = None,
    yes: opt.Yes = False,
    quiet: opt.Quiet = False,
    as_lines: opt.AsLines = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and show what would run.")] = False,
    folder: opt.Dir = None,
) -> None:
    """Run a plan to its end."""
    request = Request(
        plan, tuple(inputs or ()), inputs_file, provider, max_parallel, durability, background, run_id, yes, quiet,
        as_lines, dry_run, folder, budget, allow_unknown_price, no_cache,
    )  # fmt: skip
    raise typer.Exit(perform(opt.started(context), request))


def perform(start: opt.Start, request: Request) -> int:
    """Run what was asked for; returns the exit code."""
    # Everything below brings pydantic, templates and the engine: not for --help.
    from character_flow.cli.running import dry_run, run_here, run_queued_here, start_in_background
    from character_flow.errors import UsageError

    request = checked(request)
    if request.run_id is not None:
        if request.plan is not None or request.inputs or request.inputs_file or request.background or request.dry_run:
            raise UsageError(
                "--run-id executes a queued run as it is: no plan, inputs, --background or --dry-run with it"
            )
        return run_queued_here(start, request)
    if request.plan is None:
        raise UsageError(f"which plan? `{start.words('plans')}` lists them")
    if request.dry_run:
        return dry_run(start, request)
    return start_in_background(start, request) if request.background else run_here(start, request)


def checked(request: Request) -> Request:
    """The same, its provider and budget looked at; UsageError for a wrong word."""
    from character_flow.errors import UsageError  # light, but only for a wrong word

    if request.provider not in (None, "auto", "offline", "replicate"):
        raise UsageError(f"--provider {request.provider!r}: must be auto, offline or replicate")
    if request.budget is not None and not 0 < request.budget < math.inf:
        raise UsageError(f"--budget {request.budget:g}: an amount in USD above 0 is needed, such as --budget 2.50")
    return request


@dataclass(frozen=True)
class Again:
    """What `resume` was asked for, as it was typed."""

    run: str
    from_step: str | None = None
    inputs: tuple[str, ...] = ()
    plan: Path | None = None
    salvage: bool = False

    @property
    def makes_new_run(self) -> bool:
        """Whether a new run takes over from the old one, instead of the old one going on."""
        return bool(self.from_step or self.inputs or self.plan or self.salvage)


def resume(
    context: typer.Context,
    name: opt.RunName,
    *,
    from_step: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Run this step and what needs it again.",
                                 show_default=False)
    ] = None,
    inputs: opt.Inputs = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Go on with a mended plan.", show_default=False)
    ] = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Make a new run of what can be read of a damaged journal.")
    ] = False,
    provider: opt.Provider = None,
    budget: opt.Budget = None,
    allow_unknown_price: opt.AllowUnknownPrice = False,
    no_cache: opt.NoCache = False,
    max_parallel: opt.MaxParallel = None,
    durability: opt.Durability = None,
    background: opt.Background = False,
    yes: opt.Yes = False,
    quiet: opt.Quiet = False,
    as_lines: opt.AsLines = False,
    folder: opt.Dir = None,
    report_to: Annotated[int | None, typer.Option("--report-to", hidden=True)] = None,
) -> None:  # fmt: skip
    """Go on with a run: what is finished is not done again.

    With --from, -i or --plan a new run is made, which takes over every step whose work would be the same.
    """
    from character_flow.cli.running import resume_here, resume_in_background  # brings the engine: not for --help

    again = Again(name, from_step, tuple(inputs or ()), plan, salvage)
    request = checked(Request(
        provider=provider, budget=budget, allow_unknown_price=allow_unknown_price, no_cache=no_cache,
        max_parallel=max_parallel, durability=durability, background=background, yes=yes, quiet=quiet,
        as_lines=as_lines, folder=folder,
    ))  # fmt: skip
    start = opt.started(context)
    if background:
        raise typer.Exit(resume_in_background(start, request, again))
    raise typer.Exit(resume_here(start, request, again, report_to=report_to))
