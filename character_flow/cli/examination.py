"""Whether everything is in order: versions, rights, locks and their owners, leftovers, extras, fonts."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from character_flow import __version__
from character_flow.cli.words import count, one_line
from character_flow.config import read_settings
from character_flow.errors import ProviderError
from character_flow.plan import load_plan
from character_flow.shipped import plans_folder
from character_flow.snapshot import Snapshot
from character_flow.stream.files import is_temp_name
from character_flow.stream.liveness import state_of
from character_flow.stream.runs import list_runs
from character_flow.stream.stream import Stream

_PACKAGES = ("pydantic", "PyYAML", "Jinja2", "typer", "rich", "filelock", "watchdog", "httpx", "pillow", "numpy", "av")
_LEAST_FREE = 200_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `is_well` is None where it is only worth knowing."""

    topic: str
    told: str
    is_well: bool | None = True

    def __str__(self) -> str:
        """One line: `ok   folder     /home/me/ads can be written`."""
        mark = {True: "ok  ", False: "BAD ", None: "note"}[self.is_well]
        return f"{mark} {self.topic:<9} {self.told}"


def examine(folder: Path) -> tuple[list[str], bool]:
    """A line for each thing looked at, and whether nothing needs mending."""
    found = [*_versions(), *_folder(folder), *_locks(Stream(folder)), *_runs(Stream(folder)), *_account(), *_extras()]
    return [str(finding) for finding in found], all(finding.is_well is not False for finding in found)


def _versions() -> Iterator[Finding]:
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    wanted = "" if fits else "; 3.11, 3.12 or 3.13 is needed"
    yield Finding("python", f"{platform.python_version()} at {sys.executable}{wanted}", fits)
    yield Finding("package", f"character_flow {__version__}, plans in {plans_folder()}")
    missing = [name for name in _PACKAGES if _version(name) is None]
    told = f"missing: {', '.join(missing)}" if missing else ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    yield Finding("needs", told, not missing)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _folder(folder: Path) -> Iterator[Finding]:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
            os.fsync(file.fileno())
        yield Finding("folder", f"{folder} can be written" if existing == folder else f"{folder} can be made")
    except OSError as error:
        yield Finding("folder", f"{existing} cannot be written: {error.strerror}", False)
    free = shutil.disk_usage(existing).free
    yield Finding("disk", f"{free / 1e9:.1f} GB free", free >= _LEAST_FREE)


def _locks(stream: Stream) -> Iterator[Finding]:
    state = state_of(stream.page_owner)
    match state.kind:
        case "alive":
            yield Finding("page", f"shown live by {state.owner}")
        case "none":
            yield Finding("page", "nobody publishes here")
        case "dead":
            yield Finding("page", f"its holder is gone ({state.owner}); the next run takes over by itself", None)
        case "unknown":
            yield Finding("page", f"held by {state.owner}, no sign of life for {state.silent_s or 0:.0f} s", None)


def _runs(stream: Stream) -> Iterator[Finding]:
    found = list_runs(stream)
    yield Finding("runs", count(len(found), "run") if found else "none yet")
    for run in found:
        yield from _run(run)
    left = [path.name for place in (stream.folder, stream.runs) if place.is_dir() for path in place.iterdir()]
    temporary = sum(is_temp_name(name) for name in left)
    if temporary:
        yield Finding("leftovers", f"{count(temporary, 'unfinished file')}; the next run removes them", None)


def _run(run: Snapshot) -> Iterator[Finding]:
    if run.outcome == "lost":
        yield Finding("lost", f"{run.run_id}: {run.error}", None)
    elif run.status == "running":
        yield Finding("running", f"{run.run_id}, step {run.current_step} of {run.total_steps}")
    elif run.status == "waiting":
        yield Finding("waiting", f"{run.run_id} is queued; `run --run-id {run.run_id}` executes it", None)
    elif not run.total_steps:
        yield Finding("damaged", f"{run.run_id}: {run.error}", False)


def _account() -> Iterator[Finding]:
    """The provider that costs money, asked only what is free."""
    token = read_settings().replicate_token
    if token is None:
        yield Finding("token", "REPLICATE_API_TOKEN is not set: everything runs offline, free", None)
        return
    # brings an HTTP client, only where there is an account
    from character_flow.tools.providers.replicate import ReplicateProvider

    try:
        with closing(ReplicateProvider(token.get_secret_value())) as provider:
            yield Finding("token", f"replicate.com answers, the account is {one_line(provider.check_token())}")
            yield from _models(provider.model_exists)
    except ProviderError as error:
        yield Finding("token", str(error), False)


def _models(exists: Callable[[str], bool | None]) -> Iterator[Finding]:
    """Whether the account sees the models of each plan that is shipped."""
    for path in sorted(plans_folder().glob("*.yaml")):
        plan = load_plan(path)
        named = [step.with_.get("model") for step in plan.steps]
        for model in dict.fromkeys(name for name in named if isinstance(name, str) and "{{" not in name):
            is_there = exists(model)
            told = {True: "is there", False: "is not there, or not for this account", None: "cannot be looked up"}
            yield Finding("model", f"{plan.id}: {model} {told[is_there]}", is_there)


def _extras() -> Iterator[Finding]:
    has_voice = util.find_spec("espeakng_loader") is not None
    without = "no voice: captions only; pip install 'character-flow[voice]' brings it"
    yield Finding("voice", "espeak-ng is there" if has_voice else without, True if has_voice else None)
    reads = shutil.which("tesseract")
    told = f"tesseract at {reads}" if reads else "no tesseract: words on packs are not read"
    yield Finding("reading", told, True if reads else None)
    from character_flow.studio.lettering import missing_signs  # Pillow

    scripts = {
        "Latin": "Añg",
        "Cyrillic": "Жю",
        "Greek": "Ωλ",
        "Arabic": "سل",
        "Hebrew": "אב",
        "Chinese": "你好",
        "emoji": "🙂",
    }
    lacking = [name for name, signs in scripts.items() if missing_signs(signs)]
    told = f"no font at hand for {', '.join(lacking)}: left out of captions" if lacking else "for all scripts tried"
    yield Finding("fonts", told, False if "Latin" in lacking else None if lacking else True)
