"""Plan files: what they may say, and that every mistake in them is told at once, at its place."""

# ruff: noqa: E501 - a message is one line, here as well

import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

from character_flow import plan_checks
from character_flow.errors import PlanError
from character_flow.input_specs import InputSpec
from character_flow.plan import Plan, Step, json_schema, load_plan, parse_plan
from character_flow.plan_file import RetryFrom, StepEntry, keys_of

AD = """\
name: UGC Generator
description: A short ad
inputs:
  product_image: {type: image, description: Product picture, default: assets/product.png}
  dialog_choice: {type: choice, choices: [auto, custom], default: auto}
  custom_dialog: {type: text, required_when: "{{ inputs.dialog_choice == 'custom' }}"}
  key: {type: secret, env: SERVICE_KEY}
steps:
  - name: describe_product
    task: Describe the product
    tool: text.generate
    with:
      images: ["{{ inputs.product_image }}"]
      key: "{{ inputs.key }}"
    attempts: 3
    timeout: 2m
    progress: [30, 50]
  - name: avatar
    tool: media.avatar
    needs: []
    when: "{{ inputs.dialog_choice == 'custom' }}"
    on_error: continue
    progress: 60
  - name: dialog
    tool: text.generate
    needs: [describe_product]
    with: {why: "{{ feedback }}", count: 3, flag: true, nothing: null}
    message: "Writing about {{ steps.avatar.output }}"
  - name: check_copy
    tool: function
    with: {call: "mine:check", text: "{{ steps.dialog.output.text | default('') }}"}
    retry_from: {step: dialog, at_most: 2}
    timeout: 1.5h
output: {video: "{{ steps.check_copy.output.path }}"}
"""


def _parsed(text: str, **known: object) -> Plan:
    return parse_plan(text, path="plans/x.yaml", plan_id="my_plan", **known)  # type: ignore[arg-type]  # only tools


def _problems(text: str, tools: tuple[str, ...] | None = None) -> list[tuple[int, int, str]]:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, path="plans/x.yaml", plan_id="x", tools=tools)
    assert {problem.path for problem in caught.value.problems} == {"plans/x.yaml"}
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


def test_a_plan_is_read_whole() -> None:
    plan = _parsed(AD, tools=("text.generate", "media.avatar"))
    assert (plan.id, plan.name, plan.description, plan.source) == ("my_plan", "UGC Generator", "A short ad", AD)
    assert plan.output == {"video": "{{ steps.check_copy.output.path }}"}
    assert plan.inputs["dialog_choice"] == InputSpec(type="choice", choices=["auto", "custom"], default="auto")
    assert list(plan.inputs) == ["product_image", "dialog_choice", "custom_dialog", "key"]
    assert plan.steps == (
        Step(
            number=1,
            name="describe_product",
            task="Describe the product",
            tool="text.generate",
            with_={"images": ["{{ inputs.product_image }}"], "key": "{{ inputs.key }}"},
            attempts=3,
            timeout_s=120.0,
            progress=(30, 50),
        ),
        Step(
            number=2,
            name="avatar",
            task="Avatar",
            tool="media.avatar",
            with_={},
            when="{{ inputs.dialog_choice == 'custom' }}",
            on_error="continue",
            progress=60,
        ),
        Step(
            number=3,
            name="dialog",
            task="Dialog",
            tool="text.generate",
            with_={"why": "{{ feedback }}", "count": 3, "flag": True, "nothing": None},
            needs=("describe_product", "avatar"),
            message="Writing about {{ steps.avatar.output }}",
        ),
        Step(
            number=4,
            name="check_copy",
            task="Check copy",
            tool="function",
            with_={"call": "mine:check", "text": "{{ steps.dialog.output.text | default('') }}"},
            needs=("dialog",),
            timeout_s=5400.0,
            retry_from=RetryFrom(step="dialog", at_most=2),
        ),
    )
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_a_short_plan_needs_only_steps() -> None:
    plan = _parsed("steps: [{name: get_character_url, tool: a}, {name: b, tool: a}, {name: c, tool: a, needs: []}]")
    assert (plan.name, plan.description, dict(plan.inputs), plan.output) == ("My plan", None, {}, None)
    assert [(step.task, step.needs) for step in plan.steps] == [
        ("Get character url", ()),
        ("B", ("get_character_url",)),
        ("C", ()),
    ]


def test_every_step_that_is_referred_to_or_gone_back_to_is_needed_too() -> None:
    plan = _parsed(
        """\
steps:
- {name: a, tool: t, with: {why: "{{ feedback }}"}}
- {name: b, tool: t, needs: []}
- {name: c, tool: t, needs: []}
- {name: d, tool: t, needs: [c], when: "{{ steps.b.output == 1 }}", message: "{{ steps.c.output }}"}
- {name: e, tool: t, needs: [], retry_from: {step: a}}
- {name: f, tool: t, needs: [e, a, e]}
"""
    )
    assert {step.name: step.needs for step in plan.steps} == {
        "a": (),
        "b": (),
        "c": (),
        "d": ("b", "c"),
        "e": ("a",),
        "f": ("a", "e"),
    }
    assert plan.steps[4].retry_from == RetryFrom(step="a", at_most=1)


def test_a_file_is_loaded_with_its_stem_as_id_and_a_mark_at_its_beginning_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "my_ad.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + "name: Ünï\r\nsteps:\r\n- {name: a, tool: b}\r\n".encode())
    plan = load_plan(path)
    assert (plan.id, plan.name, [step.name for step in plan.steps]) == ("my_ad", "Ünï", ["a"])


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: a\nsteps: \xe9\n")
    for path, line, column, message in (
        (tmp_path / "missing.yaml", 1, 1, "there is no such plan file"),
        (tmp_path, 1, 1, "is a folder, a plan file is needed"),
        (tmp_path / ("x" * 300), 1, 1, "cannot be read: File name too long"),
        (latin / "x.yaml", 1, 1, "cannot be read: Not a directory"),
        (latin, 2, 8, "is not UTF-8 from here on, save it as UTF-8"),
    ):
        with pytest.raises(PlanError) as caught:
            load_plan(path)
        assert str(caught.value) == f"{path}:{line}:{column}: {message}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (1, 1, "the plan is empty, it needs at least 'steps'")),
        ("# nothing\n", (1, 1, "the plan is empty, it needs at least 'steps'")),
        ("- a\n", (1, 1, "a plan is a mapping with the keys name, inputs, steps, output")),
        ("just text", (1, 1, "a plan is a mapping with the keys name, inputs, steps, output")),
        ("name: a\n", (1, 1, "'steps' is missing")),
        ("steps: []\n", (1, 8, "'steps' must hold at least one")),
        ("steps: {a: b}\n", (1, 8, "'steps' must be a list, not a mapping")),
        ("steps: [a]\n", (1, 9, "step 1: this must be a mapping, not text")),
        ("name: 3.10\nsteps: [{name: a, tool: b}]", (1, 7, "'name' must be text, not a number, quote it")),
    ],
)
def test_what_is_no_plan_is_one_clear_problem(text: str, problem: tuple[int, int, str]) -> None:
    assert _problems(text) == [problem]


def test_five_mistakes_are_five_messages_in_the_order_of_the_file() -> None:
    """S0-48: the person mends the file once, not five times."""
    text = """\
name: Five
inputs:
  tone: {type: txet}
steps:
  - name: dialog
    tool: text.generat
    attempts: many
  - name: video
    tool: text.generate
    promt: x
    with:
      words: "of {{ inputs.tone }}:
        {{ steps.dialogue.output }}"
"""
    with pytest.raises(PlanError) as caught:
        parse_plan(text, path="plans/x.yaml", plan_id="x", tools=["text.generate"])
    assert str(caught.value).split("\n") == [
        "plans/x.yaml:3:16: input 'tone': 'type' must be one of text, number, integer, boolean, choice, image, file,"
        " secret, did you mean 'text'?",
        "      tone: {type: txet}",
        "                   ^",
        "plans/x.yaml:6:11: step 'dialog': there is no tool 'text.generat', did you mean 'text.generate'?",
        "        tool: text.generat",
        "              ^",
        "plans/x.yaml:7:15: step 'dialog': 'attempts' must be a whole number, not text",
        "        attempts: many",
        "                  ^",
        "plans/x.yaml:10:5: step 'video': unknown key 'promt', what the tool is given stands under 'with'",
        "        promt: x",
        "        ^",
        "plans/x.yaml:13:12: step 'video' refers to steps.dialogue, did you mean 'dialog'?",
        '            {{ steps.dialogue.output }}"',
        "               ^",
    ]


_STEP = "steps:\n- {name: a, tool: b}\n- {name: b, tool: t, %s}\n- {name: c, tool: t}\n"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("attempts: 0", "step 'b': 'attempts' must be at least 1"),
        ("attempts: 101", "step 'b': 'attempts' must be at most 100"),
        ("attempts: 2.0", "step 'b': 'attempts' must be a whole number, not a number"),
        ("attempts: true", "step 'b': 'attempts' must be a whole number, not true"),
        ("on_error: ignore", "step 'b': 'on_error' must be one of fail, continue"),
        ("progress: 101", "step 'b': 'progress' must be a percent such as 30, or a span such as [30, 50], within 0-100"),
        ("progress: [50, 30]", "step 'b': 'progress' must be a percent such as 30, or a span such as [30, 50], within 0-100"),
        ("progress: [5]", "step 'b': 'progress' must be a percent such as 30, or a span such as [30, 50], within 0-100"),
        ("timeout: soon", "step 'b': 'timeout' must be seconds or a text such as '90s', '2m' or '1.5h', at most 720h"),
        ("timeout: 0", "step 'b': 'timeout' must be seconds or a text such as '90s', '2m' or '1.5h', at most 720h"),
        ("timeout: true", "step 'b': 'timeout' must be seconds or a text such as '90s', '2m' or '1.5h', at most 720h"),
        ("task: ''", "step 'b': 'task' must not be empty"),
        ("when: '{{ a'", "step 'b', when: '{{ a' is not closed: }} is missing"),
        ("task: 'a {{ inputs.x }}'", "step 'b': 'task' is shown as it stands, without {{ }}; a step's 'message' can hold them"),
        ("paid: true", "step 'b': 'paid' is for functions only, of a model's price the provider knows; leave it out"),
        ("paid: 'yes'", "step 'b': 'paid' must be true or false, not text"),
        ("cache: true", "step 'b': 'cache' is for what costs money: the tools *.generate, and paid functions; leave it out"),
        ("cache: true, paid: true", "step 'b': 'paid' is for functions only, of a model's price the provider knows; leave it out"),
        ("nedes: [a]", "step 'b': unknown key 'nedes', did you mean 'needs'?"),
        ("needs: [aa]", "step 'b' needs 'aa', which is no step, did you mean 'a'?"),
        ("needs: [b]", "step 'b' needs 'b', which is the step itself, only steps above can be named"),
        ("needs: [c]", "step 'b' needs 'c', which is below it, only steps above can be named"),
        ("needs: a", "step 'b': 'needs' must be a list, not text"),
        ("with: [1]", "step 'b': 'with' must be a mapping, not a list"),
        ("with: {x: '{{ steps.c.output }}'}", "step 'b' refers to steps.c, which is below it, only steps above can be named"),
        ("with: {x: '{{ steps.b.output }}'}", "step 'b' refers to steps.b, which is the step itself, only steps above can be named"),
        ("with: {x: '{{ steps.q.output }}'}", "step 'b' refers to steps.q, which is no step"),
        ("with: {x: '{{ steps.a.status }}'}", "step 'b' refers to steps.a, of which only steps.a.output can be read, not 'status'"),
        ("with: {x: '{{ steps.a }}'}", "step 'b' refers to steps.a, of which only steps.a.output can be read, so read that"),
        ("with: {x: '{{ steps }}'}", "step 'b' reads steps as a whole, read one by its name, such as steps.x"),
        ("with: {x: '{{ inputs | tojson }}'}", "step 'b' reads inputs as a whole, read one by its name, such as inputs.x"),
        ("with: {x: '{{ inputs.y }}'}", "step 'b' refers to inputs.y, which is no input"),
        ("with: {x: '{{ steps[1 ~ 2].output }}'}", "step 'b', with.x: {{ steps[1 ~ 2].output }}: steps is read by constant names only, such as steps.name"),
        ("with: {x: '{{ env.HOME }}'}", "step 'b', with.x: {{ env.HOME }}: 'env' is unknown here, only inputs, steps, feedback can be read"),
        ("with: {x: [{y: 'a {{ 1 + }}'}]}", "step 'b', with.x[0].y: {{ 1 + }}: unexpected 'end of template'"),
        ("with: {x: 'a {{ b'}", "step 'b', with.x: '{{ b' is not closed: }} is missing"),
        ("with: {'{{ x }}': 1}", "step 'b': keys are not rendered, only values are"),
        ("with: {x: '{{ feedback }}'}", "step 'b' mentions feedback, but no step below goes back to it by retry_from"),
        ("message: '{{ feedback }}'", "step 'b' mentions feedback, but no step below goes back to it by retry_from"),
        ("when: 'yes'", "step 'b': when must be exactly one expression, such as \"{{ inputs.x == 'a' }}\""),
        ("when: '{{ 1 }} {{ 2 }}'", "step 'b': when must be exactly one expression, such as \"{{ inputs.x == 'a' }}\""),
        ("when: true", "step 'b': 'when' must be text, not true, quote it"),
        ("retry_from: {step: a, at_most: 21}", "step 'b': 'at_most' must be at most 20"),
        ("retry_from: {step: a, at_mots: 2}", "step 'b': unknown key 'at_mots', did you mean 'at_most'?"),
        ("retry_from: {step: a}", "step 'b': retry_from goes back to 'a', whose 'with' does not mention {{ feedback }}, so it would only do the same again"),
        ("retry_from: {step: c}", "step 'b': retry_from goes back to 'c', which is below it, only steps above can be named"),
        ("retry_from: {step: z}", "step 'b': retry_from goes back to 'z', which is no step"),
    ],
)  # fmt: skip
def test_each_mistake_of_a_step_has_its_own_message(keys: str, message: str) -> None:
    assert [problem[2] for problem in _problems(_STEP % keys)] == [message]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{text: x}", "a function step needs 'call' in its 'with', such as \"module:name\""),
        ("{call: 'module.name'}", "a function step needs 'call' in its 'with', such as \"module:name\""),
        ("{call: 'm:f', recover: 'm:g'}", "'recover' is for paid functions only; add 'paid: true', or leave it out"),
        ("{call: 'm:f', recover: 'm.g'}, paid: true", "'recover' names a function, such as \"module:name\""),
        ("{call: 'm:f', recover: 1}, paid: true", "'recover' names a function, such as \"module:name\""),
        ("{call: 'm:f'}, cache: true", "'cache' is for what costs money: the tools *.generate, and paid functions; leave it out"),
    ],
)  # fmt: skip
def test_a_function_step_says_what_it_calls(given: str, message: str) -> None:
    text = f"steps: [{{name: a, tool: function, with: {given}}}]"
    assert [problem[2] for problem in _problems(text, tools=())] == [f"step 'a': {message}"]


def test_functions_may_be_paid_and_what_costs_money_may_be_cached() -> None:
    text = """
steps:
- {name: a, tool: function, paid: true, cache: true, with: {call: 'm:f', recover: 'm.n:g'}}
- {name: b, tool: text.generate, cache: true, with: {prompt: x, recover: free}}
- {name: c, tool: function, with: {call: 'm:f'}}
"""
    steps = _parsed(text, tools=("text.generate",)).steps
    assert [(step.paid, step.cache) for step in steps] == [(True, True), (False, True), (False, False)]


def test_function_and_ask_are_always_known_and_unknown_tools_pass_when_none_are_told() -> None:
    text = "steps: [{name: a, tool: function, with: {call: 'm.n:f.g'}}, {name: b, tool: ask}]"
    assert [step.tool for step in _parsed(text, tools=()).steps] == ["function", "ask"]
    assert [step.tool for step in _parsed("steps: [{name: a, tool: whatever}]").steps] == ["whatever"]
    assert _problems("steps: [{name: a, tool: aks}]", tools=()) == [
        (1, 25, "step 'a': there is no tool 'aks', did you mean 'ask'?")
    ]


def test_a_name_stands_once_and_keeps_to_its_letters() -> None:
    assert _problems("steps:\n- {name: a, tool: t}\n- {name: A b, tool: t}\n- {tool: t}\n- {name: a, tool: t}\n") == [
        (3, 10, "step 'A b': 'name': 'A b' is no name: small letters, digits and _, a letter first, at most 64"),
        (4, 3, "step 3: 'name' is missing"),
        (5, 10, "step 'a' stands here again (first at 2:10)"),
    ]
    assert _problems("inputs: {Bad: {type: text}}\nsteps: [{name: a, tool: t}]")[0][:2] == (1, 10)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{}", "'type' is missing"),
        ("text", "this must be a mapping, not text"),
        ("{type: text, defualt: x}", "unknown key 'defualt', did you mean 'default'?"),
        ("{type: choice}", "a choice needs 'choices'"),
        ("{type: choice, choices: []}", "'choices' must hold at least one"),
        ("{type: choice, choices: [1]}", "this must be text, not a number, quote it"),
        ("{type: choice, choices: [a, a]}", "the same choice stands there twice"),
        ("{type: choice, choices: [auto, b], default: aut}", "default: must be one of auto, b, not text 'aut', did you mean 'auto'?"),
        ("{type: text, choices: [a]}", "a text input has no 'choices'"),
        ("{type: text, default: 12}", "default: must be text, not 12, quote it"),
        ("{type: text, default: true}", "default: must be text, not true, quote it"),
        ("{type: number, default: '12'}", "default: must be a number, not text '12'"),
        ("{type: integer, default: 1.5}", "default: must be a whole number, not 1.5"),
        ("{type: integer, default: 5, max: 4}", "default: must be at most 4, not 5"),
        ("{type: boolean, default: yes}", "default: must be true or false, not text 'yes'"),
        ("{type: boolean, min: 1}", "a boolean input has no 'min'"),
        ("{type: text, min: 3, max: 2}", "min 3 is above max 2"),
        ("{type: image, default: 'ftp://x/y.png'}", "default: begins with 'ftp:', only paths and http(s) addresses can be read"),
        ("{type: text, ask: false}", "what is not asked for needs a 'default'"),
        ("{type: secret}", "a secret needs 'env', the name of the environment variable that holds it"),
        ("{type: secret, env: K, default: abc}", "a secret is never written in a plan: take 'default' out and set K instead"),
        ("{type: text, env: K}", "only a secret has 'env', this is a text input"),
        ("{type: text, required_when: '{{ inputs.z }}'}", "refers to inputs.z, which is no input"),
        ("{type: text, required_when: 'always'}", "required_when must be exactly one expression, such as \"{{ inputs.x == 'a' }}\""),
        ("{type: text, required_when: '{{ steps.a.output }}'}", "required_when can read only inputs"),
    ],
)  # fmt: skip
def test_each_mistake_of_an_input_has_its_own_message(spec: str, message: str) -> None:
    (problem,) = _problems(f"inputs:\n  x: {spec}\nsteps: [{{name: a, tool: t}}]\n")
    assert problem[2].removeprefix("input 'x'").removeprefix(":").strip() == message


def test_a_secret_goes_into_with_and_nowhere_it_would_be_kept() -> None:
    text = """\
inputs: {k: {type: secret, env: K}}
steps:
- {name: a, tool: t, with: {key: "{{ inputs.k }}"}, message: "with {{ inputs.k }}"}
output: "{{ inputs['k'] }}"
"""
    assert _problems(text) == [
        (3, 71, "step 'a' refers to the secret inputs.k, which would be shown to everybody; only 'with' and 'when' can read it"),
        (4, 9, "output refers to the secret inputs.k, which would be written to disk; only 'with' and 'when' can read it"),
    ]  # fmt: skip


def test_the_output_may_read_every_step_but_no_feedback() -> None:
    text = "steps: [{name: a, tool: t}, {name: b, tool: t}]\noutput: ['{{ steps.b.output }}', '{{ steps.c.output }}', '{{ feedback }}']\n"
    assert [problem[2] for problem in _problems(text)] == [
        "output refers to steps.c, which is no step",
        "output cannot read feedback, only steps are told it",
    ]
    assert _problems("steps: [{name: a, tool: t}]\noutput: {a: [{'{{ x }}': 1}]}\n") == [
        (2, 15, "output: keys are not rendered, only values are")
    ]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("2m", 120), ("90s", 90), ("1.5h", 5400), ("30", 30), ("0.5", 0.5), ("'45 s'", 45), ("~", None)],
)
def test_a_timeout_is_seconds_or_a_text_with_its_unit(written: str, seconds: float | None) -> None:
    assert _parsed(f"steps: [{{name: a, tool: t, timeout: {written}}}]").steps[0].timeout_s == seconds


def test_paid_and_cache_may_say_false() -> None:
    assert _parsed("steps: [{name: a, tool: t, paid: false, cache: false}]").steps[0].name == "a"


def test_of_very_many_mistakes_the_first_are_shown_and_the_search_ends() -> None:
    """Each mistake costs a search among all names, so their number is bounded, and with it the work."""
    steps = "".join(f"- {{name: s{n}, tool: t, with: {{x: '{{{{ steps.z{n}.output }}}}'}}}}\n" for n in range(3000))
    problems = _problems(f"steps:\n{steps}")
    assert len(problems) == plan_checks.MAX_SHOWN + 1
    assert problems[-1] == (102, 39, "and at least 100 more problems from here on")
    names = ", ".join(f"n{n}" for n in range(3000))
    problems = _problems(f"steps:\n- {{name: a, tool: t}}\n- {{name: b, tool: t, needs: [{names}]}}\n")
    assert problems[-1][2] == "and at least 100 more problems from here on"


def _chain(count: int) -> str:
    text = "- {name: s%d, tool: t, with: {x: '{{ steps.s%d.output }}', y: 'a {{ steps.s0.output }}'}}\n"
    return "steps:\n- {name: s0, tool: t}\n" + "".join(text % (n, n - 1) for n in range(1, count))


def _calls(text: str) -> int:
    """How many Python functions are called to read a plan."""
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        _parsed(text)
    finally:
        sys.setprofile(None)
    return counted


def test_the_work_grows_with_the_steps_and_not_with_their_square() -> None:
    _calls(_chain(10))  # whatever is only done once
    assert _calls(_chain(2_000)) <= 2.2 * _calls(_chain(1_000))


def test_ten_thousand_steps_with_plain_paths_are_read_without_jinja(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(_chain(10_000))
    code = (
        "import sys; from pathlib import Path; from character_flow.plan import load_plan;"
        "plan = load_plan(Path(sys.argv[1])); print(len(plan.steps), plan.steps[-1].needs, 'jinja2' in sys.modules,"
        " 'httpx' in sys.modules, 'PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "10000 ('s0', 's9998') False False False\n"


def test_the_json_schema_names_every_key_and_explains_it() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    for model, known in (
        ("StepEntry", keys_of(StepEntry)),
        ("InputSpec", keys_of(InputSpec)),
        ("RetryFrom", keys_of(RetryFrom)),
    ):
        definition = definitions[model]
        assert isinstance(definition, dict)
        assert definition["additionalProperties"] is False
        properties = definition["properties"]
        assert isinstance(properties, dict)
        assert tuple(properties) == known
        assert all(isinstance(value, dict) and value["description"] for value in properties.values())
    assert keys_of(StepEntry) == (
        "name", "task", "tool", "with", "needs", "when", "attempts", "timeout", "on_error", "paid", "cache", "message",
        "progress", "retry_from",
    )  # fmt: skip
    assert list(schema["properties"]) == ["name", "description", "output", "inputs", "steps"]  # type: ignore[arg-type]
