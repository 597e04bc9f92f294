"""What a person can pick from: texts, files of the run, or both, each known by its name or its number from 1."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from character_flow.errors import ToolError

MOST_OPTIONS = 50
_KEYS = ("label", "text", "file")


class PickOption(BaseModel):
    """One thing to pick: a text, a file (its path in the run), or both; `label` is what it is called."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    label: str | None = None
    text: str | None = None
    file: str | None = None

    @property
    def name(self) -> str:
        """What it is called, and recorded as when it is picked."""
        return (self.label or self.text or (self.file or "").rpartition("/")[2]).strip()


def read_options(given: object) -> tuple[PickOption, ...]:
    """The options a plan lists: texts, or mappings of `label`, `text` and `file`. Nulls are left out.

    ToolError for a list from which nobody could pick, or in which two have the same name.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ToolError("options: a list of texts, or of mappings with text, file or label")
    options = tuple(_option(item, number) for number, item in enumerate(given, 1) if item is not None)
    if not 1 <= len(options) <= MOST_OPTIONS:
        raise ToolError(f"options: there are {len(options)}, a person can pick one of 1 to {MOST_OPTIONS}")
    names = [_plain(option.name) for option in options]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ToolError(f"options: two are called {double[:80]!r}; give each a label of its own")
    return options


def _option(given: object, number: int) -> PickOption:
    if isinstance(given, str) and given.strip():
        return PickOption(text=given)
    if not isinstance(given, Mapping):
        raise ToolError(f"options: number {number} is neither a text nor a mapping with text, file or label")
    unknown = next((str(key) for key in given if key not in _KEYS), None)
    if unknown is not None:
        raise ToolError(f"options: number {number} has an unknown key {unknown[:80]!r}; there are {', '.join(_KEYS)}")
    wrong = next((key for key in _KEYS if not isinstance(given.get(key), str | None)), None)
    if wrong is not None:
        raise ToolError(f"options: the {wrong} of number {number} is not a text")
    option = PickOption(**{key: given.get(key) or None for key in _KEYS})
    if not (option.text or option.file):
        raise ToolError(f"options: number {number} has neither a text nor a file")
    return option


def position_of(options: Sequence[PickOption], answer: str) -> int | None:
    """Which option an answer means, from 0: by its name, text or file's name, or else by its number from 1."""
    said = _plain(answer)
    for words in (_names, _texts, _files):
        found = [number for number, option in enumerate(options) if said and _plain(words(option)) == said]
        if len(found) == 1:
            return found[0]
    number = int(said) if said.isdecimal() and len(said) < 5 else 0
    return number - 1 if 1 <= number <= len(options) else None


def _names(option: PickOption) -> str:
    return option.name


def _texts(option: PickOption) -> str:
    return option.text or ""


def _files(option: PickOption) -> str:
    return (option.file or "").rpartition("/")[2]


def _plain(text: str) -> str:
    """White space as a terminal's one line would have it."""
    return " ".join(text.split())


def picked(options: Sequence[PickOption], answer: str) -> dict[str, JsonValue]:
    """What a step gives for the option that was picked; `index` counts from 0."""
    index = position_of(options, answer)
    if index is None:
        raise ToolError(f"{answer[:80]!r} is none of the options")
    return {"index": index, "text": options[index].text, "file": options[index].file}
