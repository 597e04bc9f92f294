"""Whether everything is in order here: the command `doctor`."""

import typer

from character_flow.cli import options as opt


def doctor(context: typer.Context, folder: opt.Dir = None) -> None:
    """Find out what is wrong here: versions, rights, locks.

    Also leftovers, extras and fonts; with a token whether replicate.com answers and has the models of the plans, which
    costs nothing. Ends with 1 when something needs mending.
    """
    # Reads everything it reports on: not for --help.
    from character_flow.cli.examination import examine

    lines, is_well = examine(opt.started(context).folder(folder))
    for line in lines:
        print(line)
    raise typer.Exit(0 if is_well else 1)
