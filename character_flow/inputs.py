"""What a run is given: values checked against the plan's inputs, pictures and files copied into the run."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from pydantic import JsonValue

from character_flow.errors import InputError, ToolError
from character_flow.input_specs import InputSpec, answer_value, is_web_address, size_problem, value_problem
from character_flow.nearest import did_you_mean
from character_flow.templates import evaluate_condition, read_text

MAX_BYTES: Mapping[str, int] = {"image": 50_000_000, "file": 2_000_000_000}
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A picture or file a run was given: as given, and the name, sha256 and size of the copy."""

    given: str
    name: str
    sha256: str
    bytes: int
    kind: Literal["image", "file"]


def read_text_answer(spec: InputSpec, text: str, *, name: str = "value", by_number: bool = False) -> JsonValue:
    """The value of an answer typed at a prompt or after `-i name=`; raises InputError if it is none.

    An empty answer is null, but for a text. `by_number` (prompts only): a choice also by its position from 1.
    """
    try:
        return answer_value(spec, text, by_number=by_number)
    except ValueError as error:
        raise InputError({name: str(error)}) from None


def check_inputs(
    plan_inputs: Mapping[str, InputSpec],
    given: Mapping[str, JsonValue],
    *,
    base: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
) -> dict[str, JsonValue]:
    """A value for every input of the plan, in its order; raises InputError with all that is wrong.

    Null means not given. Paths become absolute: a default's from `base`, the plan's folder, a given one's
    from `cwd`. A secret's value is the name of its variable (null when not set): `input_scope` swaps it.
    """
    problems = {name: _unknown(name, plan_inputs) for name in given if name not in plan_inputs}
    values: dict[str, JsonValue] = {}
    for name, spec in plan_inputs.items():
        value = given.get(name)
        if value is not None:
            problem = value_problem(spec, value)
            if problem:
                problems[name] = problem
            folder = cwd or Path.cwd()
        else:
            value, folder = (spec.env if env.get(spec.env or "") else None) or spec.default, base
        values[name] = _absolute(value, folder) if spec.is_file else value
    scope = {"inputs": input_scope(plan_inputs, values, env=env)}
    for name, spec in plan_inputs.items():
        if name not in problems and _is_blank(values[name]):
            problem = _missing(spec, scope, unsure=frozenset(problems))
            if problem:
                problems[name] = problem
    if problems:
        raise InputError(problems)
    return values


def input_scope(
    plan_inputs: Mapping[str, InputSpec], values: Mapping[str, JsonValue], *, env: Mapping[str, str]
) -> dict[str, JsonValue]:
    """The values as `{{ inputs.x }}` gives them: secrets from the environment, to be kept nowhere."""
    return {name: env.get(spec.env) if spec.env is not None else values.get(name) for name, spec in plan_inputs.items()}


def check_local_file(name: str, spec: InputSpec, value: JsonValue, *, base: Path) -> None:
    """Open the file a prompt was answered with; InputError if it will not do. Addresses are not fetched."""
    if spec.is_file and isinstance(value, str) and not is_web_address(value):
        try:
            _open(spec, value, base, allow_private=False)
        except ToolError as error:
            raise InputError({name: str(error)}) from None


def gather_files(
    specs: Mapping[str, InputSpec],
    values: Mapping[str, JsonValue],
    into: Path,
    *,
    base: Path,
    write: Callable[[Path, bytes | Path], None],
    allow_private: bool = False,
) -> dict[str, FileRecord]:
    """Copy every picture and file that is given to `into/<input>.<ext>`; addresses are fetched once.

    `write(target, content)` makes one file durable, from bytes or by copying a path. Nothing is written before
    all are found good; otherwise InputError has all problems. Relative paths are taken from `base`.
    """
    found: dict[str, _Found] = {}
    problems: dict[str, str] = {}
    for name, spec in specs.items():
        value = values.get(name)
        if spec.is_file and isinstance(value, str):
            try:
                found[name] = _open(spec, value, base, allow_private=allow_private)
            except ToolError as error:
                problems[name] = str(error)
    if problems:
        raise InputError(problems)
    return {
        name: _kept(str(values[name]), specs[name], into / f"{name}.{file.extension}", file.content, write=write)
        for name, file in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Found:
    content: bytes | Path
    extension: str


def _kept(
    given: str,
    spec: InputSpec,
    target: Path,
    content: bytes | Path,
    *,
    write: Callable[[Path, bytes | Path], None],
) -> FileRecord:
    write(target, content)
    # Of the copy: a file may change while it is copied, and the run works with what arrived.
    with target.open("rb") as copy:
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
        size = copy.seek(0, os.SEEK_END)
    return FileRecord(given, target.name, digest, size, "image" if spec.type == "image" else "file")


def _open(spec: InputSpec, value: str, base: Path, *, allow_private: bool) -> _Found:
    if is_web_address(value):
        from character_flow.fetching import Limits, fetch, shown_address  # brings httpx

        answer = fetch(value, limits=Limits(allow_private=allow_private))
        content: bytes | Path = answer.content
        shown, size = shown_address(value), len(answer.content)
        extension = _EXTENSION.search(unquote(answer.path))
    else:
        path = Path(_joined(value, base))
        shown, size = str(path), _size(path, MAX_BYTES[spec.type])
        content = path.read_bytes() if spec.type == "image" else path
        extension = _EXTENSION.search(path.name)
    problem = size_problem(spec, size)
    if problem:
        raise ToolError(f"{shown} {problem}")
    if spec.type == "image":
        from character_flow.picture_files import check_picture  # brings Pillow

        try:
            return _Found(content, check_picture(content).extension)
        except ToolError as error:
            raise ToolError(f"{shown} {error}") from None
    return _Found(content, extension[1].lower() if extension else "bin")


def _size(path: Path, most: int) -> int:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise ToolError(f"{path} is a folder, a file is needed")
        if not stat.S_ISREG(found.st_mode):
            raise ToolError(f"{path} is no ordinary file")
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        raise ToolError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise ToolError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if found.st_size > most:
        raise ToolError(f"{path} is larger than {most / 1e6:g} MB")
    return found.st_size


def _joined(value: str, folder: Path) -> str:
    return os.path.abspath(folder / Path(value).expanduser())


def _absolute(value: JsonValue, folder: Path) -> JsonValue:
    return _joined(value, folder) if isinstance(value, str) and not is_web_address(value) else value


def _is_blank(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _unknown(name: str, plan_inputs: Mapping[str, InputSpec]) -> str:
    if not plan_inputs:
        return "this plan has no inputs"
    hint = did_you_mean(name, plan_inputs) or f", only {', '.join(plan_inputs)}"
    return f"this plan has no such input{hint}"


def _missing(spec: InputSpec, scope: Mapping[str, JsonValue], *, unsure: frozenset[str]) -> str | None:
    """Why an input without a value needs one; None if it does not, or if that hangs on wrong inputs."""
    if spec.required_when is None:
        return _needed(spec) if spec.is_required else None
    if unsure.intersection(names[1] for names in read_text(spec.required_when).references if len(names) > 1):
        return None
    try:
        needed = evaluate_condition(spec.required_when, scope, place="required_when")
    except ToolError as error:
        return str(error)
    return f"{_needed(spec)}, for {' '.join(spec.required_when.split())} is true" if needed else None


def _needed(spec: InputSpec) -> str:
    if spec.env is not None:
        return f"set the environment variable {spec.env}"
    return "is needed"
