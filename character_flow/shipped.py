"""Where the plans we ship lie: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

from character_flow.errors import UsageError

_HERE = Path(__file__).resolve().parent


def plans_folder() -> Path:
    """The folder of the shipped plans and their assets."""
    for folder in (_HERE.parent / "plans", _HERE / "_plans"):
        if folder.is_dir():
            return folder
    raise UsageError(f"the shipped plans are missing: neither {_HERE.parent / 'plans'} nor {_HERE / '_plans'} exists")


def find_plan(name: str) -> Path:
    """The file a plan argument means: a path, or the id of a plan in ./plans or of a shipped one."""
    path = Path(name)
    try:
        if path.suffix in (".yaml", ".yml") or path.is_file():
            return path
        found = _named(name)
    except OSError as error:  # a name no file can have
        raise UsageError(f"no plan '{name[:40]}...': {error.strerror or error}") from None
    if found is not None:
        return found
    if name and path.is_dir():
        raise UsageError(f"{path}: is a folder, name a plan file in it")
    raise UsageError(f"no plan '{name}'{_meant(name)}; `plans` lists them, or give the path of a YAML file")


def _named(name: str) -> Path | None:
    files = (folder / f"{name}.yaml" for folder in (Path.cwd() / "plans", plans_folder()))
    return next((file for file in files if file.is_file()), None)


def list_plans() -> tuple[Path, ...]:
    """Every plan file in ./plans and among the shipped ones, by id; a file of yours hides a shipped one of its id."""
    found: dict[str, Path] = {}
    for folder in (plans_folder(), Path.cwd() / "plans"):
        found |= {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    return tuple(found[name] for name in sorted(found))


def _meant(name: str) -> str:
    from difflib import get_close_matches  # only for a mistyped name

    close = get_close_matches(name, [path.stem for path in list_plans()], n=1)
    return f", did you mean '{close[0]}'?" if close else ""
