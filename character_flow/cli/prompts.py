"""What a run needs to know: asks a person at a terminal for each input, again until the answer will do."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.cli.words import harmless, one_line
from character_flow.errors import InputError, ToolError
from character_flow.input_specs import InputSpec
from character_flow.inputs import check_local_file, input_scope, read_text_answer
from character_flow.templates import evaluate_condition

_HINTS = {"boolean": "yes or no", "image": "a file or an http(s) address", "file": "a file or an http(s) address"}

Ask = Callable[[str], str]
Say = Callable[[str, str], None]


class Prompts:
    """Asks for inputs in the order of the plan. `ask` and `ask_hidden` read a line, `say(text, style)` prints one."""

    def __init__(self, *, ask: Ask, ask_hidden: Ask, say: Say, base: Path, cwd: Path | None = None) -> None:
        self._ask, self._ask_hidden, self._say = ask, ask_hidden, say
        self._base, self._cwd = base, cwd or Path.cwd()

    def fill(self, specs: Mapping[str, InputSpec], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """`given`, and an answer for every other input that is needed with what is known so far."""
        answers = dict(given)
        for name, spec in specs.items():
            if name in given or not spec.ask or not self._is_needed(spec, specs, answers):
                continue
            if spec.env is not None:
                self._ask_secret(name, spec, spec.env)
            else:
                value = self._ask_for(name, spec)
                if value is not None:
                    answers[name] = value
        return answers

    def _is_needed(self, spec: InputSpec, specs: Mapping[str, InputSpec], answers: Mapping[str, JsonValue]) -> bool:
        if spec.required_when is None:
            return True
        known = {name: answers.get(name, other.default) for name, other in specs.items()}
        scope = {"inputs": input_scope(specs, known, env=os.environ)}
        try:
            return evaluate_condition(spec.required_when, scope, place="required_when")
        except ToolError:
            return True  # it hangs on an input below: ask rather than guess

    def _ask_for(self, name: str, spec: InputSpec) -> JsonValue:
        self._describe(name, spec)
        while True:
            text = self._ask(self._prompt(spec))
            if not text.strip() and spec.default is None:
                self._say("  an answer is needed", "problem")
                continue
            try:
                if not text.strip():
                    check_local_file(name, spec, spec.default, base=self._base)
                    return None
                value = read_text_answer(spec, text, name=name, by_number=True)
                check_local_file(name, spec, value, base=self._cwd)
            except InputError as error:
                self._say(f"  {error.problems[name]}", "problem")
                continue
            return value

    def _describe(self, name: str, spec: InputSpec) -> None:
        self._say("", "")
        self._say(one_line(spec.description or name.replace("_", " ")), "question")
        for number, choice in enumerate(spec.choices or (), 1):
            self._say(f"  {number}  {one_line(choice)}", "choice")

    def _prompt(self, spec: InputSpec) -> str:
        if spec.default is None:
            hint = _HINTS.get(spec.type)
            return f"({hint}) " if hint and hint not in (spec.description or "") else ""
        if spec.default == "":
            return "[Enter: none] "
        shown = spec.default
        if spec.is_file and isinstance(shown, str):
            shown = _short(self._base / shown, self._cwd)
        if isinstance(shown, bool):
            shown = "yes" if shown else "no"
        return f"[{one_line(str(shown), limit=48)}] "

    def _ask_secret(self, name: str, spec: InputSpec, variable: str) -> None:
        """A secret stays in this process's environment; files keep only the variable's name."""
        if os.environ.get(variable):
            return
        self._describe(name, spec)
        while True:
            text = self._ask_hidden(f"({variable}, not shown) ").strip()
            if text:
                os.environ[variable] = text
                return
            if not spec.is_required:
                return
            self._say("  an answer is needed", "problem")


def _short(path: Path, cwd: Path) -> str:
    """A path as a person here would write it."""
    return harmless(str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path))
