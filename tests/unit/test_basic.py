"""Tools every plan has: `function` and `ask`."""

import sys
from pathlib import Path

import pytest

from character_flow.errors import ToolError
from character_flow.tools.basic import find_function
from tests.unit.small_runs import run_text

MODULE = """
def plain(a, b=2): return a + b
def with_context(ctx, a): return [ctx.step, a]
def anything(**given): return given
value = 5
"""


@pytest.fixture
def module(tmp_path: Path) -> str:
    """A module beside the plan, of a name no other test uses."""
    name = f"beside_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    return name


def plan(call: str, more: str = "") -> str:
    return (
        f'steps: [{{name: one, tool: function, with: {{call: "{call}"{more}}}}}]\noutput: "{{{{ steps.one.output }}}}"'
    )


@pytest.mark.parametrize(
    ("name", "more", "output"),
    [
        ("plain", ", a: 1", 3),
        ("with_context", ", a: x", ["one", "x"]),
        ("anything", ", ctx_: 1, b: [2]", {"ctx_": 1, "b": [2]}),
    ],
)
def test_a_function_beside_the_plan_is_called_with_the_other_keys(
    tmp_path: Path, module: str, name: str, more: str, output: object
) -> None:
    """S0-23: tool_id "function"."""
    result = run_text(tmp_path, plan(f"{module}:{name}", more))
    assert (result.exit_code, result.output) == (0, output)
    assert result.snapshot.steps[0].tool_id == "function"


@pytest.mark.parametrize(
    ("name", "more", "problem"),
    [
        ("plain", "", "missing a required argument: 'a'; it takes: a, b"),
        ("plain", ", a: 1, c: 2", "got an unexpected keyword argument 'c'; it takes: a, b"),
        ("missing", "", "has no function 'missing'"),
        ("value", "", "has no function 'value'"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(tmp_path: Path, module: str, name: str, more: str, problem: str) -> None:
    result = run_text(tmp_path, plan(f"{module}:{name}", more))
    assert result.exit_code == 1
    assert problem in (result.snapshot.error or "")
    assert "\n" not in (result.snapshot.error or "")


def test_a_builtin_that_tells_no_signature_is_called_as_it_is(tmp_path: Path) -> None:
    assert run_text(tmp_path, plan("builtins:dict", ", a: 1")).output == {"a": 1}


def test_a_plans_module_never_hides_an_installed_one_nor_the_other_way_round(tmp_path: Path) -> None:
    assert find_function("json:dumps", [tmp_path])(1) == "1"
    assert sys.path[-1] == str(tmp_path)
    (tmp_path / "json.py").write_text("def dumps(obj): return 'mine'")
    with pytest.raises(ToolError, match=r"module 'json' is .*json/__init__\.py here; rename .*json\.py"):
        find_function("json:dumps", [tmp_path])


def test_modules_of_one_name_in_two_plans_folders_are_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "twin_module.py").write_text(f"def whose(): return '{name}'")
    assert find_function("twin_module:whose", [tmp_path / "one"])() == "one"
    with pytest.raises(ToolError, match="rename"):
        find_function("twin_module:whose", [tmp_path / "two"])


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("noname", "'noname' is not of the form 'module:name'"),
        ("no_such_module_here:x", "no module 'no_such_module_here' for 'no_such_module_here:x' (looked in"),
    ],
)
def test_a_call_that_means_nothing_is_told(call: str, problem: str) -> None:
    with pytest.raises(ToolError) as caught:
        find_function(call, [])
    assert problem in str(caught.value)
