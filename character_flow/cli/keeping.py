"""How runs are kept, handed on and thrown away: the commands `export`, `import`, `pin`, `unpin` and `delete`."""

from pathlib import Path
from typing import Annotated

import typer

from character_flow.cli import options as opt


def export(
    context: typer.Context,
    name: opt.RunName,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE.zip", help="Where to; by default RUN.zip in this folder.", show_default=False),
    ] = None,
    force: opt.Force = False,
    folder: opt.Dir = None,
) -> None:
    """Write a run with all its files as a zip, also while it goes on."""
    # Everything imported in a command here reads or writes runs: not for --help.
    from character_flow.archive import export_run
    from character_flow.cli.targets import told_target
    from character_flow.cli.words import size
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    start = opt.started(context)
    run = find_run(Stream(start.folder(folder)), name)
    target = told_target(file, default=f"{run.id}.zip", force=force)
    export_run(run, target)
    print(f"{target}: {size(target.stat().st_size)}; elsewhere: {start.words('import', target.name)}")


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What export wrote.", show_default=False)],
    folder: opt.Dir = None,
) -> None:
    """Take a run in from a zip; every file in it is checked, and no run that is here is touched.

    Looking at it runs nothing. Resuming it runs its plan's functions: do that only where you trust who sent it.
    """
    # as above
    from character_flow.archive import import_run
    from character_flow.stream.stream import Stream

    start = opt.started(context)
    run = import_run(Stream(start.folder(folder)), file)
    print(f"run {run.id}: imported; look at it: {start.words('show', run.id, folder=folder)}")


def pin(context: typer.Context, name: opt.RunName, folder: opt.Dir = None) -> None:
    """Mark a run as one to keep in sight."""
    _mark(context, name, folder, pinned=True)


def unpin(context: typer.Context, name: opt.RunName, folder: opt.Dir = None) -> None:
    """Take the mark off a run."""
    _mark(context, name, folder, pinned=False)


def _mark(context: typer.Context, name: str, folder: Path | None, *, pinned: bool) -> None:
    # as above
    from character_flow.archive import pin_run
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    run = find_run(Stream(opt.started(context).folder(folder)), name)
    pin_run(run, pinned=pinned)
    print(f"run {run.id}: {'pinned' if pinned else 'no longer pinned'}")


def delete(context: typer.Context, name: opt.RunName, yes: opt.Sure = False, folder: opt.Dir = None) -> None:
    """Remove a run and all its files, for good. Asks first."""
    # as above
    from character_flow.archive import delete_run
    from character_flow.cli.assent import is_sure
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    run = find_run(Stream(opt.started(context).folder(folder)), name)
    if not yes and not is_sure(run):
        print("nothing was deleted")
        raise typer.Exit(1)
    delete_run(run)
    print(f"run {run.id}: deleted")
