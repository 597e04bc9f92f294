"""Which callable is behind a tool id, what it may report and ask, and how one call of it ends.

A tool is a function `(ctx, **with_)` that returns a JSON value. It may write only into `ctx.folder`.
"""

import inspect
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from pydantic import JsonValue

from character_flow.errors import ProviderError, RetryableToolError, RunCancelledError, ToolError, UsageError
from character_flow.events import ArtifactRef, AskKind
from character_flow.json_text import to_json_value
from character_flow.tools.providers.base import Provider

APPROVED = "approve"
"""The answer that lets an `approve` question pass; any other is feedback."""

Tool = Callable[..., object]
F = TypeVar("F", bound=Tool)
ErrorReason = Literal["tool", "bug", "bad_output", "cancelled", "template", "timeout"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks a person: `choices` for a choice, `timeout_s` after which `default` is taken."""

    prompt: str
    kind: AskKind = "text"
    choices: tuple[str, ...] = ()
    default: str | None = None
    timeout_s: float | None = None


class Desk(Protocol):
    """What a context needs of the run behind it. Every call raises RunCancelledError once the attempt is closed."""

    def progress(self, percent: int | None, message: str | None) -> None: ...
    def chunk(self, text: str) -> None: ...
    def keep(self, path: Path, kind: str) -> ArtifactRef: ...
    def ask(self, question: Question) -> str: ...
    def folder(self) -> Path: ...
    def provider(self, kind: str) -> Provider: ...
    @property
    def is_closed(self) -> bool: ...


class ToolContext:
    """What a tool may report and ask. Closed when its attempt ends: from then on every call raises RunCancelledError."""

    def __init__(
        self,
        desk: Desk,
        *,
        run_id: str,
        step: str,
        attempt: int,
        plan_folder: Path,
        deadline: float | None = None,
    ) -> None:
        self._desk = desk
        self.run_id = run_id
        self.step = step
        self.attempt = attempt
        self.plan_folder = plan_folder
        self.deadline = deadline
        """Monotonic seconds at which the step's timeout ends it, or None."""

    @property
    def folder(self) -> Path:
        """This attempt's own folder, made on first use: the only place a tool writes."""
        return self._desk.folder()

    @property
    def cancelled(self) -> bool:
        """Whether the attempt has been ended from outside; long work looks at this often and stops."""
        return self._desk.is_closed

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the step's timeout, or None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind: text, image or video."""
        return self._desk.provider(kind)

    def progress(self, percent: float | None = None, message: str | None = None) -> None:
        """Say how far the step is, 0 to 100, and what it is doing."""
        whole = None if percent is None else max(0, min(100, int(percent)))
        self._desk.progress(whole, message)

    def chunk(self, text: str) -> None:
        """Show the next piece of a text being written."""
        self._desk.chunk(text)

    def artifact(self, path: Path, kind: str) -> dict[str, JsonValue]:
        """Make a file in `folder` durable and visible; returns `{path, kind, sha256, bytes}` for the output."""
        return self._desk.keep(path, kind).model_dump()

    def ask(self, question: str | Question) -> str:
        """Ask a person and wait for the answer; an answer already recorded is given at once."""
        return self._desk.ask(Question(question) if isinstance(question, str) else question)


@dataclass(frozen=True, slots=True)
class StepCall:
    """One call of a tool as it travels to an executor: names and JSON values only."""

    run_id: str
    step: str
    number: int
    attempt: int
    tool: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class StepFault:
    """Why a call failed: one line, and whether another attempt may succeed."""

    reason: ErrorReason
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How a call ended: an output, or a fault."""

    duration_s: float
    output: JsonValue = None
    fault: StepFault | None = None


class ToolRegistry:
    """Tools by id."""

    def __init__(self, tools: Mapping[str, Tool] | None = None) -> None:
        self._tools: dict[str, Tool] = dict(tools or {})

    def tool(self, tool_id: str) -> Callable[[F], F]:
        """Decorator: `@tools.tool("text.generate")`."""

        def register(function: F) -> F:
            if tool_id in self._tools:
                raise UsageError(f"tool '{tool_id}' is registered twice")
            self._tools[tool_id] = function
            return function

        return register

    def __contains__(self, tool_id: object) -> bool:
        return tool_id in self._tools

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._tools))

    def __getitem__(self, tool_id: str) -> Tool:
        """The callable of a tool; UsageError for an unknown id."""
        if tool_id not in self._tools:
            raise UsageError(f"no tool '{tool_id}' is registered; there are {', '.join(self)}")
        return self._tools[tool_id]

    def merged(self, others: Sequence["ToolRegistry"]) -> "ToolRegistry":
        """One registry of these tools and the others'; a later one wins."""
        together = dict(self._tools)
        for other in others:
            together |= other._tools
        return ToolRegistry(together)


def perform(call: StepCall, tool: Tool, context: ToolContext) -> StepOutcome:
    """Call a tool; whatever it does comes back as an outcome, never as an exception."""
    started = time.monotonic()
    try:
        _check_arguments(call, tool)
        result = tool(context, **call.arguments)
    except BaseException as error:  # SystemExit in a tool ends the step, not the process
        return StepOutcome(time.monotonic() - started, fault=fault_of(error))
    duration_s = time.monotonic() - started
    try:
        return StepOutcome(duration_s, output=to_json_value(result))
    except (ValueError, RecursionError) as error:
        return StepOutcome(duration_s, fault=StepFault("bad_output", str(error)))


def fault_of(error: BaseException) -> StepFault:
    """The one line an exception of a tool is told in, and whether another attempt may succeed."""
    text = str(error) or type(error).__name__
    if isinstance(error, RunCancelledError):
        return StepFault("cancelled", text)
    if isinstance(error, ProviderError):
        return StepFault("tool", text, retryable=error.retryable)
    if isinstance(error, ToolError):
        return StepFault("tool", text, retryable=isinstance(error, RetryableToolError))
    passing = isinstance(error, ConnectionError | TimeoutError)
    return StepFault("bug", f"{type(error).__name__}: {text}{_place(error)}", retryable=passing)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _check_arguments(call: StepCall, tool: Tool) -> None:
    signature = _signature(tool)
    if signature is None:
        return
    try:
        signature.bind(None, **call.arguments)
    except TypeError as error:
        takes = ", ".join(list(signature.parameters)[1:])
        raise ToolError(f"tool '{call.tool}': {error}; it takes: {takes or 'nothing'}") from None


_signatures: dict[Tool, inspect.Signature | None] = {}


def _signature(tool: Tool) -> inspect.Signature | None:
    """The tool's signature, read once: inspecting costs more than a durable step."""
    try:
        return _signatures[tool]
    except (KeyError, TypeError):
        pass
    try:
        signature = inspect.signature(tool)
        _signatures[tool] = signature
    except (TypeError, ValueError):
        return None
    return signature
