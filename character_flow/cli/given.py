"""What the user gave: the values of -i and --inputs, read by the types a plan declares."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import InputError, UsageError
from character_flow.input_specs import InputSpec
from character_flow.inputs import read_text_answer

FILE_BYTES = 10_000_000


def given_inputs(
    specs: Mapping[str, InputSpec], pairs: Sequence[str], *, file: Path | None = None
) -> dict[str, JsonValue]:
    """The values of a file, and over them those of `-i name=value`; raises UsageError or InputError."""
    given = read_inputs_file(file) if file is not None else {}
    problems: dict[str, str] = {}
    for pair in pairs:
        name, is_pair, text = pair.partition("=")
        name = name.strip()
        if not is_pair or not name:
            raise UsageError(f"-i {pair!r}: an input is given as NAME=VALUE, such as -i brand=Lumen")
        spec = specs.get(name)
        try:
            given[name] = read_text_answer(spec, text, name=name) if spec is not None else text
        except InputError as error:
            problems |= error.problems
    if problems:
        raise InputError(problems)
    return given


def read_inputs_file(path: Path) -> dict[str, JsonValue]:
    """The inputs in a YAML or JSON file; UsageError or PlanError saying where it is wrong."""
    from character_flow.yaml_nodes import read_yaml  # PyYAML, only where there is such a file

    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)  # not its size beforehand: it may be a pipe, or have no end
        if len(content) > FILE_BYTES:
            raise UsageError(f"{path}: larger than {FILE_BYTES // 1_000_000} MB, no file of inputs")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8, save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    value = read_yaml(text, path=str(path))
    if not isinstance(value, dict):
        raise UsageError(f"{path}: inputs are a mapping of names to values, such as 'brand: Lumen'")
    return value
