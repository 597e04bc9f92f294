"""What `{{ }}` means: texts arrive unchanged, values keep their type, nothing gets out of the sandbox."""

import json
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from character_flow import templates
from character_flow.errors import ToolError
from character_flow.templates import Reading, compile_tree, evaluate_condition, is_one_expression, read_text, render

SCOPE: Mapping[str, object] = {
    "inputs": {"name": "Ada", "count": 3, "empty": None, "items": [1, 2], "flag": True, "share": 0.5},
    "steps": {
        "a": {"output": {"path": "/x.mp4", "items": ["p", "q"], "keys": "k", "deep": {"n": [1, {"m": 2}]}}},
        "skipped": {"output": None},
    },
    "feedback": None,
}

UNCHANGED = (
    "007",
    "True",
    "3.10",
    '"quoted"',
    "'single'",
    "{#fff}",
    "{# no comment #}",
    "9:16",
    "12",
    "yes",
    "null",
    "~",
    "{% if x %}",
    "{%- x -%}",
    "}}",
    "{ {",
    "ünï 🎬 مرحبا 漢字",
    "ends with a line\n",
    "a\r\nb\rc",
    "\ttab",
    "",
    " ",
    "1e3",
    "0x1F",
    "[1, 2]",
    '{"a": 1}',
    "$HOME ${x} %s %(x)s",
    "\\n",
    "##",
    "# x",
    "@x",
    "{{",
)


@pytest.mark.parametrize("text", [text for text in UNCHANGED if "{{" not in text])
def test_a_text_without_an_expression_arrives_unchanged(text: str) -> None:
    assert render(text, SCOPE) == text


@pytest.mark.parametrize("text", UNCHANGED)
def test_a_text_that_comes_in_by_a_value_arrives_unchanged_and_is_never_read_again(text: str) -> None:
    for value in (text, "{{ inputs.secret }}" + text):
        scope = {"inputs": {"x": value, "secret": "no"}}
        assert render("{{ inputs.x }}", scope) == value
        assert render(" {{ inputs.x | default('') }}\n", scope) == value
        assert render("<{{ inputs.x }}>{{ inputs['x'] }}", scope) == f"<{value}>{value}"


@pytest.mark.parametrize("text", [text for text in UNCHANGED if text.strip() and not text.endswith("{")])
def test_a_text_around_an_expression_arrives_unchanged(text: str) -> None:
    assert render(f"{text}{{{{ inputs.name }}}}{text}", SCOPE) == f"{text}Ada{text}"
    assert render(f"{text}{{{{ inputs.name ~ '' }}}}{text}", SCOPE) == f"{text}Ada{text}"


@pytest.mark.parametrize("value", ["12", 12, 1.5, True, None, [1, "a", None], {"a": {"b": []}}, "{{ x }}"])
def test_exactly_one_expression_keeps_the_value_and_its_type(value: JsonValue) -> None:
    scope = {"inputs": {"x": value}}
    for text in ("{{ inputs.x }}", "  {{inputs.x}}\n", "{{ inputs['x'] }}", "{{- inputs.x -}}"):
        made = render(text, scope)
        assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("n={{ inputs.count }}", "n=3"),
        ("n={{ inputs.empty }}.", "n=."),
        ("n={{ inputs.flag }}", "n=true"),
        ("n={{ inputs.items }}", "n=[1, 2]"),
        ("n={{ steps.a.output.deep }}", 'n={"n": [1, {"m": 2}]}'),
        ("{{ inputs.name }}{{ inputs.name }}", "AdaAda"),
        ("a  {{- inputs.name -}}  b", "aAdab"),
        ("{{ {'a': {'b': '}}'}}['a']['b'] }}!", "}}!"),
        ("{{ steps.skipped.output or steps.a.output.keys }}", "k"),
        ("{{ inputs.items | join('-') }}", "1-2"),
        ("{{ inputs.items | length }}", 2),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ [1, 2, 3] | batch(2) }}", [[1, 2], [3]]),
        ("{{ [1, 2, 3] | slice(2) | list }}", [[1, 2], [3]]),
        ("{{ 3.14159 | round(2) }}", 3.14),
        ("{{ inputs.items | first }}{{ (inputs.items | sort(reverse=true))[0] }}", "12"),
        ("{{ (inputs.items or [])[0] }}", 1),
        ("{{ {'a': inputs.name}.a }}", "Ada"),
        ("{{ inputs.name | replace('a', 'o') }}{{ inputs.name.replace('A', 'I') }}", "AdoIda"),
        ("{{ [{'n': 1}, {'n': 2}] | join(', ', attribute='n') }}", "1, 2"),
        ("{{ inputs.items | map('string') | list }}", ["1", "2"]),
        ("{{ inputs.items | map('string') }}", ["1", "2"]),
        ("{{ inputs.nothing | default('d') }}", "d"),
        ("{{ inputs.nothing is defined }}", False),
        ("{{ '<\"é\">' | tojson }}", '"<\\"é\\">"'),
        ("{{ inputs.name.upper() }}", "ADA"),
        ("{{ inputs.count * 2 }}", 6),
        ("{{ 'ab' * 3 }}", "ababab"),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ inputs.items[0] }}", 1),
        ("{{ steps.a.output.items[1] }}", "q"),
    ],
)
def test_an_expression_gives_what_jinja_says(text: str, made: JsonValue) -> None:
    assert render(text, SCOPE) == made


def test_a_key_of_a_mapping_is_never_a_method() -> None:
    for text in ("{{ steps.a.output.items }}", "{{ steps.a.output['items'] }}", "{{ (steps.a.output).items }}"):
        assert render(text, SCOPE) == ["p", "q"]
    for text in ("{{ steps.a.output.values }}", "{{ (steps.a.output).values }}", "{{ steps.a.output['pop'] }}"):
        with pytest.raises(ToolError):
            render(text, SCOPE)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"p": "{{ inputs.nam }}"}, "step 'x', with.p: {{ inputs.nam }}: inputs has no 'nam'"),
        (
            {"p": ["", "see {{ steps.a.output.pth }}"]},
            "step 'x', with.p[1]: {{ steps.a.output.pth }}: steps.a.output has no 'pth'",
        ),
        ({"p": "{{ steps.skipped.output.path }}"}, "steps.skipped.output has no 'path'"),
        ({"p": "{{ inputs['nam'] }}"}, "with.p: {{ inputs['nam'] }}: there is no 'nam'"),
        ({"p": "{{ [1, {'a': inputs.nam}] }}"}, "there is no 'nam'"),
        ({"p": "{{ inputs.name.upper }}"}, "inputs.name has no 'upper'"),
        ({"p": "{{ (inputs.name).upper }}"}, "is no JSON value"),
        ({"p": "{{ 1 / 0 }}"}, "ZeroDivisionError: division by zero"),
        ({"p": "{{ 1e308 * 10 }}"}, "is no JSON value"),
        ({"p": "{{ inputs.x"}, "'{{ inputs.x' is not closed: }} is missing"),
        ({"p": "{{ }}"}, "there is nothing between {{ and }}"),
        ({"p": "{{ 2 ** 4000 * 2 ** 4000 * 2 ** 4000 }}"}, "the result of '*' would be too large"),
        ({"p": "{{ [1, [2, inputs.deep]] }}"}, "{{ [1, [2, inputs.deep]] }}: the value is nested too deeply"),
        ({"p": "a{{ inputs.huge }}"}, "{{ inputs.huge }}: the number is too large to be written"),
        ({"p": "{{ inputs.name | nofilter }}"}, "No filter named 'nofilter'"),
    ],
)
def test_what_cannot_be_rendered_is_one_line_with_the_template_and_what_it_lacks(tree: JsonValue, message: str) -> None:
    deep: list[JsonValue] = []
    for _ in range(5_000):
        deep = [deep]
    scope = {**SCOPE, "inputs": {"name": "Ada", "deep": deep, "huge": 10**5000}}
    with pytest.raises(ToolError) as caught:
        render(tree, scope, place="step 'x', with")
    assert message in str(caught.value)
    assert str(caught.value).startswith("step 'x', with.p")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "inputs.__class__",
        "inputs.name.__class__.mro()",
        "inputs['__class__']",
        "(inputs.name)['__class__']",
        "[].__class__.__base__.__subclasses__()",
        "inputs.name.format.__globals__",
        "inputs.name.upper.__self__",
        "inputs.name | attr('__class__')",
        "[''] | map('attr', '__class__') | list",
        "[''] | map(attribute='__class__') | list",
        "'{0.__class__}'.format(1)",
        "'{0.__class__}' | format(1)",
        "'%s' % ''.__class__",
        "'{a.__class__}'.format_map({'a': 1})",
        "inputs.items.append(3)",
        "inputs.items.clear()",
        "inputs.items.sort()",
        "[''] | sum(attribute='__class__')",
        "range(3)",
        "lipsum()",
        "cycler('a')",
        "self",
        "config",
        "().__class__.__bases__[0]",
        "[1] | random",
        "'a' * 10**9",
        "10**9 * 'a'",
        "[0] * 10**8",
        "10 ** (10 ** 10)",
        "9999 ** 99999",
        "'a' | center(10**9)",
        "'a'.ljust(10**9)",
        "'a'.center(99999999)",
        "'a' | indent(10**8)",
        "[1] | batch(10**9, 0) | list",
        "[1] | slice(10**9) | list",
        "'%0999999999d' % 1",
        "(0 | round(10**9, 'ceil'))",
        "2 ** (2 ** 40)",
        "('a' * 100000).replace('a', 'b' * 100000)",
        "('a' * 100000) | replace('a', 'b' * 100000)",
        "('a' * 100000).join(['b'] * 100000)",
        "(['b'] * 100000) | join('a' * 100000)",
    ],
)
def test_nothing_gets_out_of_the_sandbox_or_grows_without_end(expression: str) -> None:
    with pytest.raises(ToolError) as caught:
        render(f"{{{{ {expression} }}}}", SCOPE)
    assert "\n" not in str(caught.value)
    assert SCOPE["inputs"]["items"] == [1, 2]  # type: ignore[index]  # the values above, unchanged


def test_a_rendered_tree_shares_nothing_with_the_plan_or_the_outputs() -> None:
    tree: JsonValue = {"a": {"b": ["{{ steps.a.output }}", "{{ (steps.a.output) }}", [1]]}}
    before = json.dumps([tree, SCOPE])
    made = render(tree, SCOPE)
    assert isinstance(made, dict)
    for item in made["a"]["b"]:  # type: ignore[index,call-overload,union-attr]  # its shape is seen above
        (item if isinstance(item, list) else item["items"]).append("changed")  # type: ignore[index,union-attr]
    assert json.dumps([tree, SCOPE]) == before


def test_a_mapping_that_reads_files_is_asked_once() -> None:
    class Outputs(Mapping[str, JsonValue]):
        asked = 0

        def __getitem__(self, name: str) -> JsonValue:
            self.asked += 1
            return {"output": "x"} if name == "a" else None

        def __iter__(self) -> Iterator[str]:
            return iter(("a",))

        def __len__(self) -> int:
            return 1

    outputs = Outputs()
    assert render("{{ steps.a.output }}", {"steps": outputs}) == "x"
    assert outputs.asked == 1


def test_a_condition_is_exactly_one_expression_that_gives_true_or_false() -> None:
    assert evaluate_condition("{{ inputs.name == 'Ada' }}", SCOPE) is True
    assert evaluate_condition(" {{ inputs.flag }} ", {"inputs": {"flag": False}}) is False
    for text, wrong in (
        ("{{ inputs.name }}", "when: {{ inputs.name }} gives text, and true or false is needed"),
        ("{{ inputs.count }}", "when: {{ inputs.count }} gives a number, and true or false is needed"),
        ("{{ inputs.empty }}", "when: {{ inputs.empty }} gives null, and true or false is needed"),
        ("true", 'when: a condition is exactly one expression, such as "{{ inputs.x == 1 }}"'),
        ("not {{ inputs.flag }}", 'when: a condition is exactly one expression, such as "{{ inputs.x == 1 }}"'),
    ):
        with pytest.raises(ToolError) as caught:
            evaluate_condition(text, SCOPE, place="when")
        assert str(caught.value) == wrong


def test_references_are_read_without_running_anything() -> None:
    assert read_text("{{ steps.a.output.b }} and {{ inputs['x'] ~ (feedback or 1 / 0) }}").references == (
        ("steps", "a", "output", "b"),
        ("inputs", "x"),
        ("feedback",),
    )
    assert compile_tree({"a": ["{{ inputs.x }}", {"b": "{{ inputs.x }}{{ steps.s.output }}"}]}).references == (
        ("inputs", "x"),
        ("steps", "s", "output"),
    )
    assert read_text("no template") == Reading()
    assert render(compile_tree({"a": "{{ inputs.x }}"}), {"inputs": {"x": [1]}}) == {"a": [1]}
    with pytest.raises(ToolError, match=r"^a\[0\]: \{\{ x \}\}: 'x' is unknown here"):
        compile_tree({"a": ["{{ x }}"]})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ steps[inputs.x].output }}", "steps is read by constant names only, such as steps.name"),
        ("{{ inputs[0] }}", "inputs is read by constant names only, such as inputs.name"),
        ("{{ range(3) }}", "'range' is unknown here, only inputs, steps, feedback can be read"),
        ("{{ inputs.x | lenght }}", "there is no filter 'lenght', did you mean 'length'?"),
        ("{{ inputs.x is defind }}", "there is no test 'defind', did you mean 'defined'?"),
        ("{{ 1 + }}", "unexpected 'end of template'"),
        ("{{ 1 2 }}", "one expression is expected, there is more after it"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "the expression is nested too deeply"),
    ],
)
def test_what_is_wrong_in_an_expression_is_known_before_anything_runs(text: str, problem: str) -> None:
    assert [message.split(" }}: ")[1] for _, message in read_text(text).problems] == [problem]


def test_one_expression_is_told_from_text() -> None:
    assert [is_one_expression(text) for text in ("{{ 1 }}", "\n{{ 1 }} ", "{{ 1 }}.", "{{ 1 }}{{ 2 }}", "x")] == [
        True,
        True,
        False,
        False,
        False,
    ]


_KEYS = st.sampled_from(["a", "b", "items", "output", "keys", "not", "_x", "__class__", "upper", "real"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=4), st.lists(_KEYS, max_size=4))
def test_a_plain_path_is_looked_up_as_the_compiled_expression_would_be(
    inputs: dict[str, JsonValue], names: list[str]
) -> None:
    path = ".".join(["inputs", *names])
    assert _outcome(f"{{{{ {path} }}}}", inputs) == _outcome(f"{{{{ ({path}) }}}}", inputs)


def _outcome(text: str, inputs: dict[str, JsonValue]) -> JsonValue | type[ToolError]:
    try:
        return render(text, {"inputs": inputs})
    except ToolError:
        return ToolError


_PIECES = st.lists(
    st.text(alphabet=st.sampled_from("a {}'\"\n%#-é"), max_size=4)
    | st.sampled_from(["{{ inputs.x }}", "{{- inputs.x }}", "{{ inputs.x -}}", "{{ {'}}': inputs.x}['}}'] }}"]),
    max_size=6,
).map("".join)


@given(_PIECES, st.text(max_size=3))
def test_text_around_expressions_is_what_jinja_itself_would_render(text: str, value: str) -> None:
    """Our own reading of where expressions begin and end agrees with Jinja2's, as far as Jinja2 reads the text."""
    plain = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        block_start_string="\0<",
        block_end_string="\0>",
        comment_start_string="\0(",
        comment_end_string="\0)",
    )
    try:
        expected: str | None = plain.from_string(text).render(inputs={"x": value})
    except Exception:  # noqa: BLE001  # whatever Jinja2 cannot read
        expected = None
    try:
        made = render(text, {"inputs": {"x": value}})
    except ToolError:
        made = None
    if templates.has_expression(text) and made is not None and is_one_expression(text):
        expected = value if expected is not None else None
    assert made == expected
