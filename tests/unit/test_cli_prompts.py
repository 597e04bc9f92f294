"""What is asked for, in which order, and again until the answer will do."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow.cli.given import given_inputs
from character_flow.cli.prompts import Prompts
from character_flow.errors import InputError, PlanError, UsageError
from character_flow.input_specs import InputSpec


class Person:
    """Gives the answers in order and remembers what was said."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.heard: list[str] = []
        self.hidden: list[str] = []

    def answer(self, prompt: str) -> str:
        self.heard.append(f"{prompt}>")
        return self.answers.pop(0)

    def whisper(self, prompt: str) -> str:
        self.hidden.append(prompt)
        return self.answers.pop(0)

    def hear(self, text: str, style: str) -> None:
        if text:
            self.heard.append(text)


def _filled(specs: Mapping[str, InputSpec], person: Person, folder: Path, **given: JsonValue) -> dict[str, JsonValue]:
    prompts = Prompts(ask=person.answer, ask_hidden=person.whisper, say=person.hear, base=folder, cwd=folder)
    filled = prompts.fill(specs, given)
    assert person.answers == []
    return filled


def test_a_choice_is_answered_by_value_or_number_until_it_is_one(tmp_path: Path) -> None:
    """S0-61."""
    specs = {"kind": InputSpec(type="choice", choices=["custom", "ready"], description="Which one?")}
    person = Person("3", "nothing", "2")
    assert _filled(specs, person, tmp_path) == {"kind": "ready"}
    assert person.heard == [
        "Which one?", "  1  custom", "  2  ready", ">",
        "  must be one of custom, ready, not text '3'", ">",
        "  must be one of custom, ready, not text 'nothing'", ">",
    ]  # fmt: skip
    assert _filled(specs, Person("custom"), tmp_path) == {"kind": "custom"}


def test_what_few_people_change_is_not_asked_for_but_may_be_given(tmp_path: Path) -> None:
    specs = {
        "quality": InputSpec(type="choice", choices=["720p", "1080p"], default="720p", ask=False),
        "name": InputSpec(type="text"),
    }
    assert _filled(specs, Person("Ada"), tmp_path) == {"name": "Ada"}
    assert _filled(specs, Person("Ada"), tmp_path, quality="1080p") == {"quality": "1080p", "name": "Ada"}


def test_enter_takes_the_default_which_stays_the_plans(tmp_path: Path) -> None:
    specs = {"size": InputSpec(type="integer", default=3), "loud": InputSpec(type="boolean", default=False)}
    person = Person("", "yes")
    assert _filled(specs, person, tmp_path) == {"loud": True}
    assert [line for line in person.heard if line.endswith(">")] == ["[3] >", "[no] >"]


def test_what_is_given_or_not_needed_is_not_asked(tmp_path: Path) -> None:
    specs = {
        "kind": InputSpec(type="choice", choices=["a", "b"], default="a"),
        "of_a": InputSpec(type="text", required_when="{{ inputs.kind == 'a' }}"),
        "of_b": InputSpec(type="text", required_when="{{ inputs.kind == 'b' }}"),
        "known": InputSpec(type="text"),
    }
    person = Person("2", "b it is")
    assert _filled(specs, person, tmp_path, known="x") == {"known": "x", "kind": "b", "of_b": "b it is"}


def test_a_file_is_opened_before_it_is_accepted_and_so_is_a_default(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("x", encoding="utf-8")
    specs = {"paper": InputSpec(type="file", default="gone.txt")}
    person = Person("", "nowhere.txt", "there.txt")
    assert _filled(specs, person, tmp_path) == {"paper": "there.txt"}
    assert [line for line in person.heard if "exist" in line] == [
        f"  {tmp_path}/gone.txt does not exist",
        f"  {tmp_path}/nowhere.txt does not exist",
    ]


def test_a_secret_is_asked_for_hidden_and_goes_to_the_environment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "")
    monkeypatch.setenv("B_KEY", "known already")
    specs = {"a": InputSpec(type="secret", env="A_KEY"), "b": InputSpec(type="secret", env="B_KEY")}
    person = Person("", "hush")
    assert _filled(specs, person, tmp_path) == {}
    assert (os.environ["A_KEY"], len(person.hidden)) == ("hush", 2)
    assert not any("hush" in line for line in person.heard)


def test_pairs_are_read_by_their_declared_types_and_go_over_the_file(tmp_path: Path) -> None:
    specs = {"n": InputSpec(type="integer"), "t": InputSpec(type="text"), "f": InputSpec(type="text")}
    file = tmp_path / "given.json"
    file.write_text('{"n": 1, "f": "007"}', encoding="utf-8")
    assert given_inputs(specs, ["n=2", "t=a=b ", "odd=x"], file=file) == {"n": 2, "f": "007", "t": "a=b ", "odd": "x"}


def test_wrong_pairs_and_files_are_told_in_one_line_each(tmp_path: Path) -> None:
    specs = {"n": InputSpec(type="integer"), "m": InputSpec(type="integer")}
    with pytest.raises(InputError) as both:
        given_inputs(specs, ["n=x", "m=y"])
    assert list(both.value.problems) == ["n", "m"]
    with pytest.raises(UsageError, match=r"-i 'n': an input is given as NAME=VALUE"):
        given_inputs(specs, ["n"])
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        given_inputs(specs, [], file=tmp_path / "none.yaml")
    listed = tmp_path / "list.yaml"
    listed.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="a mapping of names to values"):
        given_inputs(specs, [], file=listed)
    listed.write_text("a: [\n", encoding="utf-8")
    with pytest.raises(PlanError):
        given_inputs(specs, [], file=listed)
