"""What a step asks in the middle of a run: put to the person at the terminal, who may also let it be."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from character_flow.cli.words import harmless, lines, local_time, one_line
from character_flow.events import InputRequested
from character_flow.picking import PickOption
from character_flow.questions import answer_problem
from character_flow.snapshot import InputRequest

_PROMPT_LINES = 60
_OPTION_LINES = 12
_LINE_BYTES = 64 * 1024
_HINTS = {"choice": "number or text", "pick": "number or name", "approve": "approve, or say what to change"}


class AtTerminal:
    """One open question at a terminal. `read` is called when standard input has something to read.

    `folder` is the run's: a picture to pick is told with a path that can be opened.
    """

    def __init__(
        self,
        request: InputRequest,
        say: Callable[[str, str], None],
        *,
        who: str,
        elsewhere: Sequence[str],
        folder: Path = Path(),
    ) -> None:
        self.request, self._who, self._folder = request, who, folder
        self._fact = InputRequested(**request.model_dump(exclude={"step"}))
        self._say = say
        self._elsewhere = " ".join(elsewhere)
        self.is_given_up = False

    def put(self) -> None:
        """Show the question. What was typed before it is thrown away: it was meant for nobody."""
        _forget_typed()
        fact = self._fact
        first, *rest = lines(fact.prompt, most=_PROMPT_LINES)
        self._say("", "")
        self._say(f"  {one_line(self._who)} asks", "dim")
        self._say(f"? {first}", "question")
        for line in rest:
            self._say(f"  {line}", "")
        for number, choice in enumerate(fact.choices, 1):
            self._say(f"  {number}  {one_line(choice)}", "choice")
            for line in self._about(fact.options[number - 1]) if fact.options else ():
                self._say(f"     {line}", "")
        if fact.expires_at:
            then = (
                f"then {one_line(fact.default, limit=60)!r} is taken" if fact.default is not None else "then it fails"
            )
            self._say(f"  until {local_time(fact.expires_at)[11:]}, {then}", "hint")
        self._prompt()

    def _about(self, option: PickOption) -> list[str]:
        """What an option is beyond its name: its text, and where its picture lies."""
        told = lines(option.text, most=_OPTION_LINES) if option.text and option.text.strip() != option.name else []
        if option.file is None:
            return told
        path, here = self._folder / option.file, Path.cwd()
        return [*told, harmless(str(path.relative_to(here) if path.is_relative_to(here) else path))]

    def _prompt(self) -> None:
        fact = self._fact
        hint = _HINTS.get(fact.kind, "")
        default = f"[{one_line(fact.default, limit=48)}] " if fact.default is not None else ""
        sys.stdout.write(f"  {hint}{' ' if hint else ''}{default}> ")
        sys.stdout.flush()

    def read(self) -> str | None:
        """The answer, once it is one that will do. None: not yet, or the person closed the input (`is_given_up`)."""
        content = os.read(sys.stdin.fileno(), _LINE_BYTES)
        if not content:
            self.is_given_up = True
            self._say("", "")
            self._say(f"  left open; answer it with: {self._elsewhere}", "hint")
            return None
        text = content.decode(sys.stdin.encoding or "utf-8", errors="replace").strip()
        if not text and self._fact.default is not None:
            return self._fact.default
        problem = answer_problem(self._fact, text)
        if problem is None:
            return text
        self._say(f"  {harmless(problem)}", "problem")
        self._prompt()
        return None

    def over(self, why: str) -> None:
        """The question is over without an answer from here."""
        self._say("", "")
        self._say(f"  {why}", "hint")


def _forget_typed() -> None:
    try:
        import termios  # not on Windows, which asks no questions here
    except ImportError:
        return
    with suppress(termios.error, ValueError, OSError):  # no terminal after all
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
