"""What a YAML text says and where: the 1.2 core schema as plain JSON values, every mistake with its place.

Differences from PyYAML's own loaders:
1. One pass over the parser's events builds the value without recursion (40,000 brackets kill a composer).
2. Exactly JSON's numbers are numbers, `null ~` and empty are null, `true false` booleans; all else is text.
3. No anchors, aliases, tags, merges, second documents; no duplicate keys; keys are text.
4. Places are looked up by a second pass when there is something to complain about, so a good plan keeps none.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

from character_flow.errors import PlanError, Problem

MAX_DEPTH = 50
Path = tuple[str | int, ...]
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_CONSTANTS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# What YAML forbids, and the line breaks of YAML 1.1 that 1.2 and every editor take for ordinary characters.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNQUOTED = re.compile(r"(?:^|[:,\[-])\s*(\{\{)")
_QUOTE_IT = 'a text that begins with {{ must be quoted: "{{ ... }}"'
_LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key or value stands: line and column from 1, and the offsets of its begin and end in the text."""

    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spots:
    """Where keys and values stand, by the path that leads to them."""

    keys: Mapping[Path, Spot]
    values: Mapping[Path, Spot]


class Source:
    """A YAML text and the name people know it by; makes problems that show their line."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self._starts: list[int] = []

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; empty beyond the end."""
        starts = self._line_starts()
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return _FORBIDDEN.sub("\ufffd", self.text[starts[number - 1] : end].rstrip("\r\n"))

    def problem(self, line: int, column: int, message: str) -> Problem:
        """A problem at a place; a very long line is shown only as far as it helps."""
        shown = self.line(line)
        return Problem(self.path, line, column, message, shown if len(shown) <= 400 else "")

    def problem_at(self, offset: int, message: str) -> Problem:
        """A problem at the character with this offset."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return self.problem(line, offset - starts[line - 1] + 1, message)

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        return self._starts


def read_yaml(text: str, *, path: str) -> JsonValue:
    """The value the text stands for, null if it is empty; PlanError with the place of every mistake."""
    source = Source(text, path)
    found = _FORBIDDEN.search(text)
    if found:
        raise PlanError([source.problem_at(found.start(), _forbidden(found.group()))])
    builder = _Builder(source)
    builder.run()
    if builder.problems:
        raise PlanError(builder.problems)
    return builder.value


def find_spots(text: str, wanted: Collection[Path]) -> Spots:
    """Where the wanted keys and values stand in a text that `read_yaml` has read without a problem."""
    builder = _Builder(Source(text, ""), frozenset(wanted))
    builder.run()
    return Spots(builder.keys, builder.values)


def _forbidden(char: str) -> str:
    code = f"{ord(char):04X}"
    return f"the character U+{code} is not allowed in a plan file, write \\u{code} in double quotes"


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is still open."""

    container: dict[str, JsonValue] | list[JsonValue]
    start: int
    key: str | None = None
    firsts: dict[str, int] = field(default_factory=dict)

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.container, dict)


class _Builder:
    def __init__(self, source: Source, wanted: frozenset[Path] = frozenset()) -> None:
        self.value: JsonValue = None
        self.problems: list[Problem] = []
        self.keys: dict[Path, Spot] = {}
        self.values: dict[Path, Spot] = {}
        self._source = source
        self._wanted = wanted
        self._stack: list[_Frame] = []
        self._documents = 0

    def run(self) -> None:
        """Reads all; what makes the rest unreadable ends it as PlanError, at that place."""
        loader = _LOADER(self._source.text)
        try:
            while loader.check_event():
                if (event := loader.get_event()) is not None:
                    self._take(event)
        except yaml.MarkedYAMLError as error:
            raise PlanError([*self.problems, self._syntax_problem(error)]) from None
        finally:
            loader.dispose()

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_marks(event)
            frame = self._stack[-1] if self._stack else None
            if frame is not None and frame.wants_key:
                self._key(frame, event)
            else:
                self._note(event)
                self._put(self._scalar(event))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
            self._over()
        elif isinstance(event, yaml.AliasEvent):
            self._stop(event, f"aliases are not supported (*{event.anchor}), write the value out")
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "a plan file holds one document, here a second one begins")

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._refuse_marks(event)
        start = _spot(event).start
        if self._stack and self._stack[-1].wants_key:
            if self._source.text[start - 1 : start + 1] == "{{":
                self._stop(event, _QUOTE_IT, back=1)
            self._stop(event, "a key must be text")
        if len(self._stack) >= MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        self._note(event)
        made: dict[str, JsonValue] | list[JsonValue] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(made, is_open=True)
        self._stack.append(_Frame(made, start))

    def _key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        plain = event.implicit[0]
        key = event.value
        if plain and key == "<<":
            self._stop(event, "merging with << is not supported, write the keys out")
        if plain and not isinstance(self._scalar(event), str):
            self._stop(event, f'a key must be text, quote it: "{key}"' if key else "a key is missing here")
        if key in frame.firsts:
            first = self._source.problem_at(frame.firsts[key], "")
            self.problems.append(
                self._problem(event, f"duplicate key '{key}', it stands at {first.line}:{first.column} already")
            )
        frame.firsts.setdefault(key, _spot(event).start)
        frame.key = key
        if self._wanted and (path := self._path()) in self._wanted:
            self.keys[path] = _spot(event)

    def _put(self, value: JsonValue, *, is_open: bool = False) -> None:
        if not self._stack:
            self.value = value
        elif isinstance(container := self._stack[-1].container, dict):
            container[str(self._stack[-1].key)] = value
        else:
            container.append(value)
        if not is_open:
            self._over()

    def _over(self) -> None:
        """The value of the key at hand is complete: another key may come."""
        if self._stack:
            self._stack[-1].key = None

    def _path(self) -> Path:
        """What leads to the value that comes now, which is in no list yet; what is open stands in its list."""
        return tuple(
            str(frame.key) if isinstance(frame.container, dict) else len(frame.container) - (at < len(self._stack))
            for at, frame in enumerate(self._stack, 1)
        )

    def _note(self, event: yaml.Event) -> None:
        if self._wanted and (path := self._path()) in self._wanted:
            self.values[path] = _spot(event)

    def _scalar(self, event: yaml.ScalarEvent) -> JsonValue:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        number = _NUMBER.fullmatch(text)
        if number is None:
            return text
        if number[1] or number[2]:
            value = float(text)
            if value in (float("inf"), float("-inf")):
                self._stop(event, f"{text} is too large for a number")
            return value
        if len(text) > 300:
            self._stop(event, f"a number of {len(text):,} digits is too large")
        return int(text)

    def _refuse_marks(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self._stop(event, f"anchors are not supported (&{event.anchor})")
        if getattr(event, "tag", None) is not None:
            self._stop(event, f"tags are not supported ({getattr(event, 'tag', '')})")

    def _problem(self, event: yaml.Event, message: str, *, back: int = 0) -> Problem:
        spot = _spot(event)
        return self._source.problem(spot.line, spot.column - back, message)

    def _stop(self, event: yaml.Event, message: str, *, back: int = 0) -> None:
        raise PlanError([*self.problems, self._problem(event, message, back=back)])

    def _syntax_problem(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        shown = self._source.line(line)
        for number in (line, line - 1):
            unquoted = _UNQUOTED.search(self._source.line(number))
            if unquoted:
                return self._source.problem(number, unquoted.start(1) + 1, _QUOTE_IT)
        if shown[column - 1 : column] == "\t":
            return self._source.problem(line, column, "a tab cannot indent or separate here, use spaces")
        wrong = str(error.problem)
        if wrong.startswith("mapping values are not allowed"):
            wrong = "': ' is not allowed here, quote a text that contains it, or check the indentation"
        doing = f" {error.context}" if error.context else ""
        return self._source.problem(line, column, f"this is not YAML{doing}: {wrong}")


def _spot(event: yaml.Event) -> Spot:
    start, end = event.start_mark, event.end_mark
    assert start is not None, "only events made by hand have no place"
    assert end is not None, "only events made by hand have no place"
    return Spot(start.line + 1, start.column + 1, start.index, end.index)
