"""How runs are told what to do: the commands `cancel`, `answer`, `settle` and `clear`."""

from typing import Annotated

import typer

from character_flow.cli import options as opt


def cancel(context: typer.Context, name: opt.RunName, folder: opt.Dir = None) -> None:
    """Cancel a run, whether its process is alive or not, and what it left running at a provider."""
    # The engine's reading of runs: not for --help.
    from character_flow.requests import cancel_run
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    start = opt.started(context)
    run = find_run(Stream(start.folder(folder)), name)
    reply = cancel_run(run, "cancel")
    print(f"run {run.id}: cancelled" + ("" if reply.by == "here" else ", its process is ending it"))
    for prediction_id in reply.stopped:
        print(f"  prediction {prediction_id}: stopped at its provider")
    for prediction_id in reply.left:
        print(f"  prediction {prediction_id}: could not be stopped (no token, or no answer) and may go on, charged")


def answer(
    context: typer.Context,
    name: opt.RunName,
    value: Annotated[str, typer.Argument(metavar="ANSWER", help="A text, a choice or its number, or approve.",
                                         show_default=False)],
    folder: opt.Dir = None,
) -> None:  # fmt: skip
    """Answer the question a run is asking."""
    # The engine's reading of runs: not for --help.
    from character_flow.requests import answer_run
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    start = opt.started(context)
    run = find_run(Stream(start.folder(folder)), name)
    reply = answer_run(run, value, by="answer")
    go_on = f"; nobody runs it now, go on with: {start.words('resume', run.id, folder=folder)}"
    print(f"run {run.id}: answered" + (go_on if reply.by == "here" else ""))


def settle(
    context: typer.Context,
    name: opt.RunName,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The name of the uncertain step.", show_default=False)],
    *,
    adopt: Annotated[
        str | None, typer.Option("--adopt", metavar="ID", help="Its call is this prediction of the provider.",
                                 show_default=False)
    ] = None,
    charge_again: Annotated[
        bool, typer.Option("--charge-again", help="Make a new call: may be paid twice.")
    ] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Go on without the step.")] = False,
    folder: opt.Dir = None,
) -> None:  # fmt: skip
    """Say what became of a paid call whose answer was lost; then the run can be resumed."""
    # The engine's reading of runs: not for --help.
    from character_flow.errors import UsageError
    from character_flow.requests import settle_run
    from character_flow.stream.runs import find_run
    from character_flow.stream.stream import Stream

    if [adopt is not None, charge_again, skip].count(True) != 1:
        raise UsageError("settle takes exactly one of --adopt ID, --charge-again, --skip")
    start = opt.started(context)
    run = find_run(Stream(start.folder(folder)), name)
    settle_run(run, step, adopt=adopt, charge_again=charge_again, skip=skip, by="settle")
    print(f"run {run.id}: step {step} is settled; go on with: {start.words('resume', run.id, folder=folder)}")


def clear(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Cancel a run that publishes there, then clear.")] = False,
    folder: opt.Dir = None,
) -> None:
    """Empty the live page; the runs themselves stay."""
    # The stream's locks: not for --help.
    from character_flow.errors import StreamBusyError
    from character_flow.stream.clear import clear as clear_page
    from character_flow.stream.stream import Stream

    stream = Stream(opt.started(context).folder(folder))
    try:
        was_there = clear_page(stream, force=force)
    except StreamBusyError as error:
        if force:
            raise
        raise StreamBusyError(f"{error}; clear --force cancels that run first", path=error.path) from None
    print(f"{stream.page}: {'cleared; the runs are still there' if was_there else 'nothing to clear'}")
