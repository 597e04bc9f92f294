"""What is asked of a run from outside: commands, each obeyed once or refused, and the one stop that ends the run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from character_flow import events
from character_flow.events import Event, Fact
from character_flow.questions import Questions, answer_problem, meant_answer
from character_flow.run_state import RunState
from character_flow.surroundings import CommandLike, Inbox

NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Stop:
    """Who ends the run before its end; a signal leaves paid predictions running."""

    by: str
    signal: str | None = None


class Record(Protocol):
    """How a command's fate is recorded."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The recorder's lock."""

    def emit(self, fact: Fact, *, step: int | None = None, attempt: int | None = None) -> Event:
        """Record, apply, tell."""


class Commands:
    """Obeying begins with `command_accepted`; a command already obeyed changes nothing. Used by one thread."""

    def __init__(
        self,
        record: Record,
        state: RunState,
        questions: Questions,
        *,
        inbox: Inbox | None,
        stop: Callable[[Stop], None],
    ) -> None:
        self._record, self._state, self._questions = record, state, questions
        self._inbox, self._stop = inbox, stop
        self._stopping = False

    def poll(self) -> None:
        """Obey what lies in the inbox; each file is deleted only after its fate is in the journal."""
        inbox = self._inbox
        if inbox is None:
            return
        for command in inbox.pending():
            if self._stopping:
                return  # left for the next holder, who deletes what was meant for this epoch
            self.obey(command)
            inbox.delete(command.id)
        for refused in inbox.refused():
            self._refuse({"command_id": refused.command_id, "kind": "unreadable", "by": "inbox"}, refused.reason)

    def obey(self, command: CommandLike) -> None:
        """Obey or refuse one command."""
        if command.id in self._state.obeyed or self._stopping:
            return
        about = {"command_id": command.id, "kind": command.kind[:NAME_CHARS], "by": command.by[:NAME_CHARS]}
        with self._record.lock:
            refusal = self._refusal(command)
            if refusal is not None:
                self._refuse(about, refusal)
                return
            if command.id != self._state.answering:  # else accepted by a process that did not live to record it
                self._record.emit(events.CommandAccepted(**about))
            if command.kind == "answer":
                self._give(command.request_id, command.value or "", about["by"])
            else:
                self._stopping = True
                self._stop(Stop(by=about["by"]))

    def _refuse(self, about: dict[str, str], reason: str) -> None:
        self._record.emit(events.CommandRefused(**about, reason=reason[: events.TEXT_CHARS]))

    def _refusal(self, command: CommandLike) -> str | None:
        if command.kind == "cancel":
            return None
        if command.kind != "answer":
            return f"a running plan cannot be asked to {command.kind!r}"
        early = self._early(command.request_id)
        if early is not None:
            return answer_problem(early[1], command.value)
        return self._questions.refusal(command.request_id, command.value)

    def _give(self, request_id: str | None, value: str, by: str) -> None:
        early = self._early(request_id)
        if early is None:
            self._questions.give(value, by)
        else:
            step, asked = early
            self._record.emit(
                events.InputReceived(request_id=asked.request_id, value=meant_answer(asked, value), by=by), step=step
            )

    def _early(self, request_id: str | None) -> tuple[int, events.InputRequested] | None:
        """The question an earlier process asked and this one has not come to again, if the answer is for it."""
        asked = self._state.open_request
        if asked is None or asked[1].request_id != request_id or self._questions.open_id == request_id:
            return None
        return asked
