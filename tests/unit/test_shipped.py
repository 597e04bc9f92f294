"""Which plan a word on the command line means, and one clear line when it means none."""

import re
from pathlib import Path

import pytest

from character_flow.errors import UsageError
from character_flow.shipped import find_plan, plans_folder


def _refused(name: str) -> str:
    with pytest.raises(UsageError) as caught:
        find_plan(name)
    return str(caught.value)


def test_a_plan_is_found_by_its_id_even_where_a_folder_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ugc_ad").mkdir()
    assert find_plan("ugc_ad") == plans_folder() / "ugc_ad.yaml"


def test_a_folder_is_no_plan_and_the_message_says_so(tmp_path: Path) -> None:
    assert _refused(str(tmp_path)) == f"{tmp_path}: is a folder, name a plan file in it"


def test_a_name_no_file_can_have_is_one_short_line() -> None:
    message = _refused("n" * 5000)
    assert re.fullmatch(rf"no plan '{'n' * 40}\.\.\.': .+", message)
    assert len(message) < 120


def test_an_unknown_plan_is_named_with_the_one_that_is_meant() -> None:
    assert _refused("ugc_add").startswith("no plan 'ugc_add', did you mean 'ugc_ad'?")
    assert _refused("") == "no plan ''; `plans` lists them, or give the path of a YAML file"
