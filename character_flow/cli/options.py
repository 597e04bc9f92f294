"""What commands have in common: where they were started, their shared options, and how they find runs."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

MAIN_PLAN = "ugc_ad"

Dir = Annotated[
    Path | None,
    typer.Option("--dir", metavar="FOLDER", help="Where runs are kept, instead of this folder.", show_default=False),
]
UnusedDir = Annotated[
    Path | None,
    typer.Option("--dir", metavar="FOLDER", help="Taken as by every command; no run is looked at.", show_default=False),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("-i", "--input", metavar="NAME=VALUE", help="Give an input; may be repeated.", show_default=False),
]
InputsFile = Annotated[
    Path | None,
    typer.Option("--inputs", metavar="FILE", help="Take inputs from a YAML or JSON file.", show_default=False),
]
Provider = Annotated[
    str | None,
    typer.Option("--provider", metavar="auto|offline|replicate", help="Who answers for models.", show_default=False),
]
Budget = Annotated[
    float | None,
    typer.Option("--budget", metavar="USD", help="What the run's paid calls may cost in all.", show_default=False),
]
AllowUnknownPrice = Annotated[
    bool, typer.Option("--allow-unknown-price", help="Within a budget: call models whose price is unknown, too.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Pay for a call even if an equal one was answered before.")]
MaxParallel = Annotated[
    int | None,
    typer.Option("--max-parallel", metavar="N", min=1, max=256, help="How many steps may run side by side.",
                 show_default=False),
]  # fmt: skip
Durability = Annotated[
    Literal["full", "none"] | None,
    typer.Option("--durability", metavar="full|none", help="none: quicker, a power cut may lose the last events.",
                 show_default=False),
]  # fmt: skip
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the result, or the error.")]
AsLines = Annotated[bool, typer.Option("--json", help="Print the journal's lines, and nothing else.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Background = Annotated[bool, typer.Option("--background", help="Start it, print its id and come back at once.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Its id, the beginning or end of it, or last.", show_default=False),
]


@dataclass(frozen=True)
class Start:
    """How the program was started: the words that start it again, and where it keeps runs by itself."""

    program: tuple[str, ...]
    home: Path | None = None

    def folder(self, given: Path | None) -> Path:
        """Where runs are kept: --dir, else CHARACTER_FLOW_DIR, else the folder of main.py or the current one."""
        from character_flow.config import read_settings  # pydantic, 60 ms that --help does not need

        return (given or read_settings().dir or self.home or Path.cwd()).absolute()

    def words(self, *words: str, folder: Path | None = None) -> str:
        """A command to type next, as it can be pasted; `folder` is --dir as it was given."""
        from character_flow.cli.words import command  # with the rest of what draws

        return command([*self.program, *words], {"--dir": os.fspath(folder)} if folder else None)


def check_current_folder() -> None:
    """Raise UsageError where the shell stands in a folder that is gone: nothing relative to it can be found."""
    try:
        os.getcwd()
    except FileNotFoundError:
        from character_flow.errors import UsageError  # light, but only for this

        raise UsageError("the current folder has been removed; change to one that exists") from None


def started(context: typer.Context) -> Start:
    """How the program was started, from a command's context."""
    start = context.find_root().obj
    return start if isinstance(start, Start) else Start(("character-flow",))
