"""What a run is given: gathered before it is made, kept with it, and handed on to a run made of it."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError

from character_flow.errors import StreamError
from character_flow.inputs import FileRecord, check_inputs, gather_files
from character_flow.json_text import to_json_bytes
from character_flow.plan import Plan
from character_flow.stream.files import refusals
from character_flow.stream.stream import RunFolder


def kept_inputs(run: RunFolder) -> tuple[dict[str, JsonValue], dict[str, FileRecord]]:
    """What a run was given, and the copies of its files, by input. StreamError when inputs.json is damaged."""
    kept = _kept(run)
    return dict(kept.inputs), dict(kept.files)


def chosen_inputs(run: RunFolder) -> Sequence[str]:
    """Which inputs a person gave; the others hold their defaults."""
    return _kept(run).chosen


class _Kept(BaseModel):
    """What stands in inputs.json."""

    inputs: dict[str, JsonValue]
    chosen: list[str]
    files: dict[str, FileRecord]


def _kept(run: RunFolder) -> _Kept:
    with refusals(run.inputs_json):
        content = run.inputs_json.read_bytes()
    try:
        return _Kept.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        problem = f"it is damaged: {place}: {first['msg'].lower()}; start the run anew"
        raise StreamError(f"{run.inputs_json}: {problem}", path=run.inputs_json) from None


@dataclass(frozen=True)
class Given:
    """What a run is given: values, which of them a person chose, and where files came from that are copies now."""

    values: Mapping[str, JsonValue]
    chosen: Sequence[str]
    origins: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def gathered(
    plan: Plan, folder: Path, given: Mapping[str, JsonValue] | Given, *, allow_private: bool
) -> Iterator[tuple[bytes, Mapping[str, Path]]]:
    """What goes to inputs.json, and the files for `inputs/`, fetched and checked in a folder that passes."""
    if not isinstance(given, Given):
        given = Given(given, [name for name, value in given.items() if value is not None])
    values = check_inputs(plan.inputs, given.values, base=folder.absolute(), env=os.environ)
    where = Path(tempfile.gettempdir())
    with ExitStack() as stack:
        with refusals(where):  # what this disk refuses is no mistake of ours
            aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="character_flow-", dir=where)))
            records = gather_files(
                plan.inputs, values, aside, base=folder.absolute(), write=_write, allow_private=allow_private
            )
        told = {
            name: {**asdict(record), "given": given.origins.get(name, record.given)} for name, record in records.items()
        }
        kept = {"inputs": {**values, **given.origins}, "chosen": list(given.chosen), "files": told}
        yield to_json_bytes(kept) + b"\n", {record.name: aside / record.name for record in records.values()}


def _write(target: Path, content: bytes | Path) -> None:
    target.write_bytes(content.read_bytes() if isinstance(content, Path) else content)


def handed_on(parent: RunFolder, plan: Plan, changed: Mapping[str, JsonValue], *, with_defaults: bool) -> Given:
    """A run's inputs for another run: its copies of the files; a mended plan's new defaults count, secrets stay out."""
    values, files = kept_inputs(parent)
    chosen = [name for name in chosen_inputs(parent) if name in plan.inputs]
    kept = {
        name: str(parent.inputs / files[name].name) if name in files else value
        for name, value in values.items()
        if name in plan.inputs
        and plan.inputs[name].type != "secret"
        and value is not None
        and name not in changed
        and (with_defaults or name in chosen)
    }
    origins = {name: files[name].given for name in kept if name in files}
    return Given({**kept, **changed}, list(dict.fromkeys([*chosen, *changed])), origins)
