"""What docs/ takes from the code: cli.md from the command line itself, plan.schema.json from the plan models.

`make docs` writes both; `python docs/generate.py --check` says which are stale and ends with 1.
"""

import inspect
import json
import sys
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python docs/generate.py` describes this checkout, installed or not

from character_flow.cli.entry import app  # noqa: E402 - after the path is set
from character_flow.plan import json_schema  # noqa: E402 - after the path is set

PREAMBLE = """# Command line

In a checkout a command is `python main.py COMMAND`, where the package is installed `character-flow COMMAND`.
This page is written by `make docs` from the command line's own help: change the help, not this page.
"""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _row(parameter: TyperArgument | TyperOption) -> str:
    """One row of a command's table: how it is written, and what it means."""
    value = parameter.metavar or (parameter.name or "").upper()
    if isinstance(parameter, TyperArgument):
        written = value if parameter.required else f"[{value}]"
    else:
        names = ", ".join((*parameter.opts, *parameter.secondary_opts))
        written = names if parameter.is_flag or parameter.count else f"{names} {value}"
    return f"| `{_cell(written)}` | {_cell(parameter.help or '')} |"


def _section(name: str, command: TyperCommand | TyperGroup) -> str:
    rows = [
        _row(parameter)
        for parameter in command.params
        if isinstance(parameter, TyperArgument | TyperOption) and not parameter.hidden
    ]
    table = "\n".join(["", "| argument, option | meaning |", "|---|---|", *rows, ""]) if rows else ""
    return f"## `{name}`\n\n{inspect.cleandoc(command.help or '')}\n{table}"


def cli_page() -> str:
    """docs/cli.md: one heading a command, in the order the help shows them."""
    group = typer.main.get_command(app)
    if not isinstance(group, TyperGroup):
        raise SystemExit("character_flow.cli.app has no commands")
    context = typer.Context(group, info_name="main.py")
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    sections = [
        _section(name, command)
        for name, command in commands.items()
        if isinstance(command, TyperCommand | TyperGroup) and not command.hidden
    ]
    return "\n".join([PREAMBLE, _section("main.py", group), *sections])


def schema_text() -> str:
    """docs/plan.schema.json: what editors check plan files with."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` only compare them."""
    pages = {"docs/cli.md": cli_page(), "docs/plan.schema.json": schema_text()}
    stale = []
    for name, text in pages.items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is stale: run make docs' if '--check' in arguments else 'written'}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
