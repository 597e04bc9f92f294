"""What a run asks people: one question at a time, answered once, by a person or by its default."""

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from character_flow.attempt import OpenAttempt
from character_flow.errors import ToolError
from character_flow.events import Event, Fact, InputReceived, InputRequested
from character_flow.json_text import to_json_bytes
from character_flow.picking import PickOption, position_of
from character_flow.tools.registry import APPROVED, Question

ANSWER_CHARS = 5_000
QUESTION_BYTES = 60_000
_UNKEEPABLE = (
    "choices, options and default are recorded when they become the answer: short texts, without a secret in them"
)
_OFFERED = {"choice": "choices", "pick": "options"}
_YES = frozenset({"approve", "approved", "yes", "y", "ok"})


@dataclass(slots=True)
class _Asked:
    attempt: OpenAttempt
    request_id: str
    question: Question
    answer: Future[str]


class Questions:
    """The queue of questions; the engine calls it with the recorder's lock held."""

    def __init__(
        self,
        emit: Callable[[Fact, int, int], Event],
        set_timer: Callable[[float, Callable[[], None]], None],
        *,
        known: Mapping[str, str],
        shown: Callable[[str], str],
        path_of: Callable[[str], str | None] = lambda text: text,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._emit, self._set_timer, self._now = emit, set_timer, now
        self._known, self._shown, self._path_of = known, shown, path_of
        self._queue: deque[_Asked] = deque()
        self._open: _Asked | None = None

    def add(self, attempt: OpenAttempt, request_id: str, question: Question, answer: Future[str]) -> None:
        """Queue a question."""
        self._queue.append(_Asked(attempt, request_id, question, answer))

    @property
    def are_waiting(self) -> bool:
        """Whether some question has not been shown yet."""
        return bool(self._queue)

    @property
    def open_id(self) -> str | None:
        """The id of the question that is shown now."""
        asked = self._shown_now()
        return None if asked is None else asked.request_id

    def _shown_now(self) -> _Asked | None:
        """The open question; none once its step has ended."""
        if self._open is not None and self._open.attempt.is_closed:
            self._open = None
        return self._open

    def advance(self) -> None:
        """Show the next question when none is open."""
        while self._shown_now() is None and self._queue:
            asked = self._queue.popleft()
            if asked.attempt.is_closed:
                continue
            if asked.request_id in self._known:  # answered while it waited for its turn
                asked.answer.set_result(self._known[asked.request_id])
            else:
                self._show(asked)

    def _show(self, asked: _Asked) -> None:
        question, expires_at = asked.question, None
        texts = [text for option in question.options for text in (option.label, option.text)]
        if any(self._shown(text) != text for text in (*question.choices, question.default, *texts) if text):
            asked.answer.set_exception(ToolError(_UNKEEPABLE))
            return
        try:
            options = tuple(self._in_run(option) for option in question.options)
        except ToolError as error:
            asked.answer.set_exception(error)
            return
        if question.timeout_s is not None:
            expires_at = (self._now() + timedelta(seconds=question.timeout_s)).isoformat()
        fact = InputRequested(
            request_id=asked.request_id,
            kind=question.kind,
            prompt=self._shown(question.prompt),
            choices=question.choices,
            options=options,
            default=question.default,
            expires_at=expires_at,
        )
        if len(to_json_bytes(fact.to_json())) > QUESTION_BYTES:
            asked.answer.set_exception(ToolError(f"the question is too long: at most {QUESTION_BYTES} bytes are shown"))
            return
        self._open = asked
        if question.timeout_s is not None:
            self._set_timer(question.timeout_s, lambda: self._expire(asked))
        self._emit(fact, asked.attempt.step.number, asked.attempt.number)

    def _in_run(self, option: PickOption) -> PickOption:
        """The option with its file's path as the journal keeps it; ToolError for a file of somewhere else."""
        if option.file is None:
            return option
        path = self._path_of(option.file)
        if path is None:
            raise ToolError(f"options: {self._shown(option.file)[:200]} is no picture or file of this run")
        return option.model_copy(update={"file": path})

    def refusal(self, request_id: str | None, value: str | None) -> str | None:
        """Why this answer cannot be taken, or None if it can."""
        asked = self._shown_now()
        if asked is None:
            return "nothing is being asked"
        if request_id not in (None, asked.request_id):
            return f"the open question is {asked.request_id}, not {request_id}"
        return answer_problem(asked.question, value)

    def give(self, value: str, by: str) -> None:
        """Record the answer to the open question and let its step go on."""
        asked, self._open = self._shown_now(), None
        if asked is None:
            return
        meant = meant_answer(asked.question, value)
        fact = InputReceived(request_id=asked.request_id, value=meant, by=by)
        self._emit(fact, asked.attempt.step.number, asked.attempt.number)
        if not asked.answer.done():
            asked.answer.set_result(meant)

    def _expire(self, asked: _Asked) -> None:
        if self._shown_now() is not asked:
            return
        if asked.question.default is not None:
            self.give(asked.question.default, "default")
        else:
            self._open = None
            waited = f"{asked.question.timeout_s:g} s"
            asked.answer.set_exception(ToolError(f"nobody answered {asked.request_id!r} within {waited}"))
        self.advance()


def meant_answer(question: Question | InputRequested, value: str) -> str:
    """The answer as it is recorded: a choice by its number becomes the choice, a yes to `approve` "approve".

    An option that was picked is recorded by its name.
    """
    text = value.strip()
    if question.kind == "pick":
        position = position_of(question.options, text)
        return text if position is None else question.options[position].name
    if question.kind == "choice" and text not in question.choices and text.isdecimal():
        number = int(text)
        return question.choices[number - 1] if 1 <= number <= len(question.choices) else text
    if question.kind == "approve" and text.lower() in _YES:
        return APPROVED
    return text


def answer_problem(question: Question | InputRequested, value: str | None) -> str | None:
    """What is wrong with an answer, in one line, or None."""
    if value is None or not value.strip():
        return "an answer cannot be empty"
    if len(value) > ANSWER_CHARS:
        return f"the answer has {len(value)} characters, at most {ANSWER_CHARS} are kept"
    if question.kind in ("choice", "pick") and meant_answer(question, value) not in question.choices:
        return f"{value.strip()!r} is none of the {_OFFERED[question.kind]}: {', '.join(question.choices)}"
    return None
