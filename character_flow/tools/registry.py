"""Which callable is behind a tool id, what it may report and ask, and how one call of it ends.

A tool is a function `(ctx, **with_)` that returns a JSON value. It may write only into `ctx.folder`.
"""

import errno
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar, get_args

from pydantic import JsonValue

from character_flow.errors import (
    ProviderError,
    RetryableToolError,
    RunCancelledError,
    ToolError,
    UncertainCallError,
    UnkeptResultError,
    UsageError,
)
from character_flow.events import ArtifactRef, AskKind
from character_flow.json_text import to_json_value
from character_flow.picking import PickOption
from character_flow.tools.arguments import check_arguments
from character_flow.tools.providers.base import Answer, Call, Prediction, Provider, check_succeeded, wait_for

APPROVED = "approve"
"""The answer that lets an `approve` question pass; any other is feedback."""

LONGEST_WAIT_S = 366 * 24 * 3600.0
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_NO_FOLDER = Path(os.devnull)  # a text has no files, and a folder made durable costs a step as much as all its lines

Tool = Callable[..., object]
F = TypeVar("F", bound=Tool)
ErrorReason = Literal["tool", "bug", "bad_output", "cancelled", "template", "timeout", "uncertain"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks a person: `choices` for a choice, `timeout_s` after which `default` is taken.

    To `pick` there are `options`, and `choices` are their names.
    """

    prompt: str
    kind: AskKind = "text"
    choices: tuple[str, ...] = ()
    default: str | None = None
    timeout_s: float | None = None
    options: tuple[PickOption, ...] = ()

    def __post_init__(self) -> None:
        """ToolError for a question that nobody could answer."""
        texts = (self.prompt, *self.choices, "" if self.default is None else self.default)
        if not all(isinstance(text, str) for text in texts):
            raise ToolError("a question's prompt, choices and default are texts")
        if self.kind not in get_args(AskKind):
            raise ToolError(f"kind: {self.kind!r} is none of {', '.join(get_args(AskKind))}")
        if self.kind == "choice" and (not self.choices or self.default not in (None, *self.choices)):
            raise ToolError("choices: a question of kind choice needs at least one, and its default among them")
        if self.kind == "pick" and (
            tuple(option.name for option in self.options) != self.choices or self.default not in (None, *self.choices)
        ):
            raise ToolError("options: a question of kind pick has their names as choices, and its default among them")
        if self.timeout_s is not None and not 0 < self.timeout_s < LONGEST_WAIT_S:
            raise ToolError(f"timeout_s: {self.timeout_s!r} is not a number of seconds above 0 and below a year")


@dataclass(frozen=True, slots=True)
class PaidFunction:
    """A function that costs money, ready to be called, and the one that finds what an earlier call gave.

    `recover` gives the result, or None where it was never called; anything it raises says that it cannot tell.
    """

    name: str
    arguments: Mapping[str, JsonValue]
    call: Callable[[], object]
    recover: Callable[[], object] | None = None
    source: str = ""
    """sha256 of the file it is written in: what other code gave is no result of it."""


class Desk(Protocol):
    """What a context needs of the run behind it. Every call raises RunCancelledError once the attempt is closed."""

    def progress(self, percent: int | None, message: str | None) -> None:
        """Tell how far the step is."""

    def chunk(self, text: str) -> None:
        """Add to the text being written."""

    def keep(self, path: Path, kind: str) -> ArtifactRef:
        """Make a file durable and visible."""

    def ask(self, question: Question) -> str:
        """Ask a person and wait."""

    def folder(self) -> Path:
        """The attempt's own folder."""

    def provider(self, kind: str) -> Provider:
        """Who answers for models of this kind."""

    def place(self, provider: Provider, call: Call) -> tuple[int, str]:
        """Make a call, or take up the one an earlier attempt made; returns its number here and its id."""

    def settle(self, number: int, prediction: Prediction) -> None:
        """Tell how a call ended."""

    def known_answer(self, provider: Provider, call: Call) -> tuple[Prediction, Answer] | None:
        """What an equal call was answered before, where the step allows that and a new one would cost."""

    def answered(self, provider: Provider, call: Call, number: int, answer: Answer) -> None:
        """Remember what a call was answered; it is kept for others if the step succeeds."""

    def succeeded(self) -> None:
        """The tool has done its work: keep what was answered where the step allows that. Never raises."""

    def pay(self, function: PaidFunction) -> JsonValue:
        """Call a function that costs money, or take up what an earlier attempt made of it."""

    def submitted(self, prediction_id: str) -> None:
        """Make the id of what a paid function bought durable."""

    @property
    def prediction_id(self) -> str | None:
        """The id of what a paid function bought."""

    @property
    def is_closed(self) -> bool:
        """Whether the attempt has ended; never raises."""


class ToolContext:
    """What a tool may report and ask. Once its attempt has ended every call raises RunCancelledError."""

    def __init__(
        self,
        desk: Desk,
        *,
        run_id: str,
        step: str,
        attempt: int,
        plan_folder: Path,
        deadline: float | None = None,
        is_paid: bool = False,
    ) -> None:
        self._desk = desk
        self.run_id = run_id
        self.step = step
        self.attempt = attempt
        self.plan_folder = plan_folder
        self.deadline = deadline
        """Monotonic seconds at which the step's timeout ends it, or None."""
        self.is_paid = is_paid
        """Whether the step is a paid function."""

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

    def predict(
        self, kind: str, arguments: Mapping[str, JsonValue], *, seen: Callable[[Prediction], None]
    ) -> tuple[Prediction, Answer]:
        """Have a model make something and wait for it: how it ended, and what it gave, its files in `folder`.

        A call that costs money is made once, whatever happens: a later attempt goes on with it. Raises ProviderError
        where it did not succeed, UncertainCallError where nobody knows.
        """
        provider = self.provider(kind)
        call = provider.prepare(kind, arguments)
        known = self._desk.known_answer(provider, call)
        if known is not None:
            seen(known[0])
            return known
        number, prediction_id = self._desk.place(provider, call)
        done = wait_for(provider, prediction_id, seen=seen, stopped=lambda: self.cancelled)
        self._desk.settle(number, done)
        check_succeeded(provider, done)
        answer = provider.fetch(prediction_id, self.folder if kind != "text" else _NO_FOLDER)
        self._desk.answered(provider, call, number, answer)
        return done, answer

    def pay(self, function: PaidFunction) -> JsonValue:
        """What a function that costs money gives; it is called once, whatever happens."""
        return self._desk.pay(function)

    @property
    def prediction_id(self) -> str | None:
        """In a paid function and its `recover`: the id that was told with `submitted`, also by an earlier attempt."""
        return self._desk.prediction_id

    def submitted(self, prediction_id: str) -> None:
        """In a paid function: the provider has taken the order under this id. It is on disk when this returns."""
        self._desk.submitted(prediction_id)

    def succeeded(self) -> None:
        """Called for every tool once it has given a result; tools have no need of it."""
        self._desk.succeeded()

    def progress(self, percent: float | None = None, message: str | None = None) -> None:
        """Say how far the step is, 0 to 100, and what it is doing."""
        whole = None if percent is None else int(max(0, min(100, percent)))
        self._desk.progress(whole, None if message is None else str(message))

    def chunk(self, text: str) -> None:
        """Show the next piece of a text being written."""
        if not isinstance(text, str):  # merged with others later, where the tool could not be told
            raise TypeError(f"a chunk is a text, not {type(text).__name__}")
        self._desk.chunk(text)

    def artifact(self, path: Path | str, kind: str) -> dict[str, JsonValue]:
        """Make a file in `folder` durable and visible; returns `{path, kind, sha256, bytes}` for the output."""
        return self._desk.keep(Path(path), str(kind)).model_dump()

    def ask(self, question: str | Question) -> str:
        """Ask a person and wait for the answer; an answer already recorded is given at once."""
        return self._desk.ask(question if isinstance(question, Question) else Question(question))


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
    charged: bool = False
    """Whether it was paid for and is lost all the same."""


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
        check_arguments(call.tool, tool, call.arguments)
        result = tool(context, **call.arguments)
    except BaseException as error:  # noqa: BLE001  # SystemExit in a tool ends the step, not the process
        return StepOutcome(time.monotonic() - started, fault=fault_of(error))
    duration_s = time.monotonic() - started
    try:
        output = to_json_value(result)
        context.succeeded()
        return StepOutcome(duration_s, output=output)
    except Exception as error:  # noqa: BLE001  # a result's own code may raise anything while it is read
        return StepOutcome(duration_s, fault=StepFault("bad_output", _words_of(error)))


def outcome_of(done: "Future[StepOutcome]") -> StepOutcome:
    """How a call ended as its executor tells it: also one that it lost, or cancelled."""
    try:
        return done.result(timeout=0)
    except BaseException as error:  # noqa: BLE001  # it is the step's end, whatever it is
        return StepOutcome(0.0, fault=fault_of(error))


def fault_of(error: BaseException) -> StepFault:
    """The one line an exception of a tool is told in, and whether another attempt may succeed."""
    text = _words_of(error)
    if isinstance(error, RunCancelledError):
        return StepFault("cancelled", text)
    if isinstance(error, UncertainCallError):
        return StepFault("uncertain", text)
    if isinstance(error, UnkeptResultError):
        return StepFault("bad_output", text, charged=True)
    if isinstance(error, ProviderError):
        return StepFault("tool", text, retryable=error.retryable)
    if isinstance(error, ToolError):
        return StepFault("tool", text, retryable=isinstance(error, RetryableToolError))
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = error.filename2 or error.filename  # of a copy the target, not the source
        text = f"the disk is full{f' at {where}' if where else ''}; free some space, then resume the run"
        return StepFault("tool", text)  # no mistake of the function, and at once another attempt would end the same
    passing = isinstance(error, ConnectionError | TimeoutError)
    return StepFault("bug", f"{type(error).__name__}: {text}{_place(error)}", retryable=passing)


def _words_of(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001  # somebody else's __str__
        return type(error).__name__


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
