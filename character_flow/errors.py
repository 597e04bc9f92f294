"""What can go wrong on purpose: every error this package raises, and the exit code each one ends a command with.

CharacterFlowError
  PlanError               the plan file is wrong; nothing has run
  UsageError              what was asked for cannot be done as asked (unknown plan, run or tool; finished run)
    InputError              the value of an input is wrong
  ToolError               a step could not do its work
    RetryableToolError      another attempt may succeed; its text becomes {{ feedback }}
    ProviderError           the provider said no or said nothing
      RefusedCallError        a call that nothing was started by, for sure; a new one may be made
    UncertainCallError      a paid call may or may not have happened; never repeated by itself
    UnkeptResultError       what was paid for is no JSON value; it was put aside, and nothing is called again
  StreamError             the files of a stream cannot be used
    StreamBusyError         another process is writing
    StreamCorruptError      a whole line in the middle is unreadable
    DurabilityError         the disk refused to keep what was written
  RunCancelledError       someone asked the run to stop
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a plan file: where it stands (line and column from 1) and what would be right."""

    path: str
    line: int
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        """Compiler style: `file:line:col: message`, the line, and a caret below the column."""
        place = f"{self.path}:{self.line}:{self.column}: {self.message}"
        if not self.source.strip():
            return place
        tabs_kept = "".join("\t" if char == "\t" else " " for char in self.source[: self.column - 1])
        return f"{place}\n    {self.source}\n    {tabs_kept}^"


class CharacterFlowError(Exception):
    """The root: catch it to catch everything below. `str()` is one clear line unless said otherwise."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[CharacterFlowError], args: Sequence[object], parts: Mapping[str, object]) -> object:
    error = cls.__new__(cls, *args)
    error.args = tuple(args)
    error.__dict__.update(parts)
    return error


class PlanError(CharacterFlowError):
    """The plan file is wrong; nothing has run. `problems` holds all mistakes, `str()` shows each with its line."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(CharacterFlowError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class InputError(UsageError):
    """One or more inputs are wrong: `problems` maps the input's name to what is wrong with its value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"input '{name}': {problem}" for name, problem in problems.items()))


class ToolError(CharacterFlowError):
    """A step could not do its work; another attempt would end the same way."""


class RetryableToolError(ToolError):
    """Another attempt may succeed. With `retry_from` the text is what the earlier step is told as {{ feedback }}."""


class ProviderError(ToolError):
    """The provider of a model said no or said nothing. `retryable` tells whether another attempt may succeed."""

    def __init__(
        self, message: str, *, provider: str, prediction_id: str | None = None, retryable: bool = False
    ) -> None:
        self.provider = provider
        self.prediction_id = prediction_id
        self.retryable = retryable
        super().__init__(message)


class RefusedCallError(ProviderError):
    """The provider refused a call: nothing was started and nothing charged. `retry_after_s` is what it asked for."""

    def __init__(
        self, message: str, *, provider: str, retryable: bool = False, retry_after_s: float | None = None
    ) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, provider=provider, retryable=retryable)


class UncertainCallError(ToolError):
    """A paid call may or may not have happened; it is never repeated by itself."""

    exit_code = 3


class UnkeptResultError(ToolError):
    """A paid function gave what is no JSON value: it was charged, and what it gave lies in a file of its own."""


class StreamError(CharacterFlowError):
    """The files of a stream cannot be used; `path` is the file or folder."""

    exit_code = 74
    unwritten: tuple[tuple[str, str], ...] = ()
    """Step and id of each paid call that was made and whose id could not be written any more."""

    def __init__(self, message: str, *, path: Path) -> None:
        self.path = path
        super().__init__(message)


class StreamBusyError(StreamError):
    """Another process is writing; the message names it as far as it is known."""

    exit_code = 75


class StreamCorruptError(StreamError):
    """A whole line in the middle of a journal is unreadable; `line` counts from 1."""

    def __init__(self, message: str, *, path: Path, line: int) -> None:
        self.line = line
        super().__init__(message, path=path)


class DurabilityError(StreamError):
    """The disk refused to keep what was written (full, or a failed fsync)."""


class RunCancelledError(CharacterFlowError):
    """Someone asked the run to stop; raised inside a tool by every call on its context from then on."""
