"""Where a command begins and ends: the typer app, the main plan without a command, errors, and exit codes."""

import os
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from character_flow.cli import channels, comparing, doctor, keep, keeping, look, run
from character_flow.cli import options as opt
from character_flow.cli.signals import Interrupted
from character_flow.errors import CharacterFlowError

BUG = 70

app = typer.Typer(
    name="character-flow",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _main_plan(
    context: typer.Context,
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
    yes: opt.Yes = False,
    quiet: opt.Quiet = False,
    as_lines: opt.AsLines = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and show what would run.")] = False,
    folder: opt.Dir = None,
) -> None:
    """Without a command: two pictures become a short video ad (the plan ugc_ad), every step on disk.

    It asks for what it needs, or takes the defaults with --yes. Offline, unless you say that it may be paid for.
    Each command has its own --help.
    """
    opt.check_current_folder()
    request = run.Request(
        opt.MAIN_PLAN, tuple(inputs or ()), inputs_file, provider, max_parallel, durability, background, None, yes,
        quiet, as_lines, dry_run, folder, budget, allow_unknown_price, no_cache,
    )  # fmt: skip
    if context.invoked_subcommand is None:
        raise typer.Exit(run.perform(opt.started(context), request))
    if request != run.Request(opt.MAIN_PLAN):
        from character_flow.errors import UsageError  # light, but only for a slip

        raise UsageError(f"options come after the command: {context.invoked_subcommand} ... --help shows them")


app.command("run")(run.run)
app.command("resume")(run.resume)
app.command("watch")(look.watch)
app.command("runs")(look.runs)
app.command("show")(look.show)
app.command("cancel")(keep.cancel)
app.command("answer")(keep.answer)
app.command("settle")(keep.settle)
app.command("clear")(keep.clear)
app.command("compare")(comparing.compare)
app.command("replay")(comparing.replay)
app.command("report")(comparing.report)
app.command("export")(keeping.export)
app.command("import")(keeping.import_)
app.command("pin")(keeping.pin)
app.command("unpin")(keeping.unpin)
app.command("delete")(keeping.delete)
app.command("plans")(look.plans)
app.command("check")(look.check)
app.command("graph")(comparing.graph)
app.command("schema")(look.schema)
app.command("doctor")(doctor.doctor)


def perform(arguments: Sequence[str] | None = None, *, home: Path | None = None) -> int:
    """Run a command and return its exit code; `home` is where runs are kept unless said otherwise."""
    channels.guard()
    threading.excepthook = lambda failed: _report_bug(failed.exc_value)
    words = list(sys.argv[1:] if arguments is None else arguments)
    code = _run(words, opt.Start(_program(), home))
    channels.flush()
    if "character_flow.cli.launch" in sys.modules:
        from character_flow.cli.launch import leave  # loaded already: this process ran a plan

        return leave(code)
    return code


def _run(words: Sequence[str], start: opt.Start) -> int:
    from character_flow.cli.speech import complain  # after typer, so that --help needs neither

    try:
        command = typer.main.get_command(app)
        code = command.main(list(words), prog_name=" ".join(start.program), standalone_mode=False, obj=start)
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        complain(f"{error.format_message()}; see {start.words(*_command_of(words), '--help')}")
        return 2
    except CharacterFlowError as error:
        complain(str(error))
        return error.exit_code
    except Interrupted as stopped:
        complain("\nstopped; nothing was created")
        return stopped.exit_code
    except Exception as error:  # noqa: BLE001 - the one place: a bug of ours is one line and a file, never a traceback
        _report_bug(error)
        return BUG
    return code if isinstance(code, int) else 0


def _command_of(words: Sequence[str]) -> list[str]:
    """The command among the words, for the help that is to be looked at."""
    names = {command.name for command in app.registered_commands}
    return [word for word in words if word in names][:1]


def _program() -> tuple[str, ...]:
    """The words that start this program again."""
    python, name = _typed("python", sys.executable, sys.orig_argv[0]), Path(sys.argv[0]).name
    if name == "__main__.py":
        return (python, "-m", "character_flow")
    return (python, sys.argv[0]) if name.endswith(".py") else (_typed(name, sys.argv[0], sys.argv[0]),)


def _typed(name: str, path: str, called: str) -> str:
    """How the program at a path is typed: by its name where that finds it, else as it was called."""
    found = shutil.which(name)
    return name if found is not None and Path(found).parent == Path(path).parent else called


def _report_bug(error: BaseException | None) -> None:
    """Write the traceback to a file and say where it is."""
    from character_flow.cli.speech import complain  # as above

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="character_flow-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write("".join(traceback.format_exception(error)) if error is not None else "no error")
        kept = f"the traceback is in {os.fspath(file.name)}"
    except OSError as refused:
        kept = f"its traceback could not be kept: {refused}"
    complain(f"a mistake in character_flow: {type(error).__name__}: {error}; {kept}")
