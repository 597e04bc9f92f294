"""What a form asks for a plan's inputs, before anything is drawn (issue 4, item 4)."""

import gc
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from character_flow.errors import ToolError
from character_flow.plan import Plan, parse_plan
from character_flow.viewer.forms import Field, Findings, Form, Upload, fields_of, file_problem
from character_flow.viewer.forms_layout import columns_of
from character_flow.viewer.forms_pictures import portrait_address, portraits_of, preview
from character_flow.viewer.forms_uploads import Uploads, safe_name

STEPS = "steps: [{name: a, tool: function, with: {call: 'os:getpid'}}]\n"


def plan_with(inputs: str) -> Plan:
    return parse_plan(f"inputs:\n{inputs}\n{STEPS}", path="p.yaml", plan_id="p")


def form(plan: Plan, typed: dict[str, object], *, base: Path = Path("/plans"), cwd: Path = Path("/here")) -> Form:
    keyed = {f"input_p_{name}": value for name, value in typed.items()}
    return Form(plan, fields_of(plan, {}), keyed, base=base, env={}, cwd=cwd)


def only(plan: Plan) -> Field:
    (asked,) = fields_of(plan, {})
    return asked


@pytest.mark.parametrize(
    ("spec", "widget"),
    [
        ("{type: text, max: 120}", "line"),
        ("{type: text, max: 121}", "lines"),
        ("{type: text}", "lines"),
        ('{type: text, max: 100, default: "two\\nlines"}', "lines"),
        ("{type: integer}", "line"),
        ("{type: number}", "line"),
        ("{type: boolean}", "yes_no"),
        ("{type: boolean, default: false}", "switch"),
        ("{type: choice, choices: [a, b]}", "choice"),
        ("{type: image}", "file"),
        ("{type: file}", "file"),
        ("{type: secret, env: KEY}", "secret"),
    ],
)
def test_each_kind_of_input_has_its_widget(spec: str, widget: str) -> None:
    assert only(plan_with(f"  x: {spec}")).widget == widget


@pytest.mark.parametrize(
    ("spec", "question", "aside"),
    [
        ("{type: text}", "X", ""),
        ("{type: text, description: A title (of the book), max: 9}", "A title", "of the book; at most 9 characters"),
        ("{type: text, description: A title (any (really)), min: 2}", "A title", "any (really); at least 2 characters"),
        ("{type: text, description: (none), min: 1}", "(none)", ""),
        ("{type: text, description: f(x), min: 1, max: 5}", "f(x)", "1 to 5 characters"),
        ("{type: integer, min: 1, max: 9, default: 3}", "X", "1 to 9, 3 if left empty"),
        ("{type: integer}", "X", "a whole number"),
        ("{type: image, description: Your picture (a file or an http(s) address)}", "Your picture", ""),
    ],
)
def test_a_last_remark_in_brackets_and_the_limits_stand_apart_from_the_question(
    spec: str, question: str, aside: str
) -> None:
    asked = only(plan_with(f"  x: {spec}"))
    assert (asked.question, asked.aside) == (question, aside)


def test_only_what_differs_from_the_defaults_and_is_shown_is_given() -> None:
    """A run that is made anew of a mended plan takes the plan's new defaults for what nobody chose."""
    plan = plan_with(
        "  a: {type: text, default: x}\n  b: {type: integer, default: 2}\n  c: {type: boolean, default: true}\n"
        "  d: {type: text, required_when: '{{ inputs.b == 3 }}'}"
    )
    same = form(plan, {"a": "x", "b": "2", "c": True, "d": "hidden"})
    assert (same.given, sorted(same.shown), same.findings) == ({}, ["a", "b", "c"], Findings())
    other = form(plan, {"a": "", "b": "3", "c": False, "d": "now"})
    assert (other.given, len(other.shown)) == ({"a": "", "b": 3, "c": False, "d": "now"}, 4)


def test_what_an_older_form_left_behind_does_not_count() -> None:
    plan = plan_with("  a: {type: choice, choices: [x, y], default: x}\n  b: {type: boolean, default: true}")
    assert form(plan, {"a": "gone", "b": "text"}).given == {}


def test_a_condition_on_something_still_to_be_given_shows_its_field() -> None:
    plan = plan_with("  a: {type: integer}\n  b: {type: text, required_when: '{{ inputs.a > 3 }}'}")
    assert form(plan, {}).shown == {"a", "b"}


def test_a_file_chosen_but_not_given_is_missing_and_the_default_is_not_silently_taken() -> None:
    plan = plan_with("  a: {type: image, default: a.png}")
    assert form(plan, {}).findings.missing == {}
    for source, told in (("Upload", "is needed: upload a file"), ("Path or URL", "is needed: give a path")):
        found = form(plan, {"a.source": source}).findings
        assert (found.wrong, list(found.missing), found.missing["a"].startswith(told)) == ({}, ["a"], True)


def test_defaults_are_taken_from_the_plan_s_folder_and_typed_paths_from_the_current_one() -> None:
    plan = plan_with("  a: {type: file, default: a.txt}")
    asked = only(plan)
    assert form(plan, {}).local_file(asked) == Path("/plans/a.txt")
    assert form(plan, {"a.source": "Path or URL", "a": "'b c.txt'"}).local_file(asked) == Path("/here/b c.txt")
    assert form(plan, {"a.source": "Path or URL", "a": "https://x.org/b.txt"}).local_file(asked) is None
    kept = Upload(Path("/tmp/up/c.txt"), "c.txt")
    assert form(plan, {"a.source": "Upload", "a.kept": kept}).given == {"a": "/tmp/up/c.txt"}


def test_a_file_that_changes_is_judged_anew(tmp_path: Path) -> None:
    spec, path = only(plan_with("  a: {type: file, min: 3}")).spec, tmp_path / "a.txt"
    assert file_problem(path, spec) == f"{path} does not exist"
    path.write_text("ab")
    assert file_problem(path, spec) == f"{path} must be at least 3 bytes, not 2"
    path.write_text("abc")
    assert file_problem(path, spec) is None


def test_fields_keep_their_column_when_another_appears_and_prepared_texts_stand_apart() -> None:
    plan = plan_with(
        "  a: {type: image}\n  b: {type: text}\n  c: {type: image, required_when: '{{ inputs.b == inputs.b }}'}\n"
        '  d: {type: text, default: "many\\nlines"}\n  e: {type: text, max: 9}'
    )
    names = [[asked.name for asked in column] for column in columns_of(fields_of(plan, {}))]
    assert names == [["a", "b"], ["c", "e"], ["d"]]
    short = columns_of(fields_of(plan_with("  a: {type: text}\n  b: {type: integer}"), {}))
    assert [[asked.name for asked in column] for column in short] == [["a", "b"], [], []]


# Pictures.


def picture(path: Path, size: tuple[int, int] = (30, 40), *, turned: int = 1, mode: str = "RGB") -> Path:
    image = Image.new(mode, size, "teal")
    exif = image.getexif()
    exif[0x0112] = turned
    image.save(path, exif=exif)
    return path


@pytest.mark.parametrize(("turned", "seen"), [(1, (1200, 900)), (3, (1200, 900)), (6, (900, 1200)), (8, (900, 1200))])
def test_a_preview_is_small_and_turned_as_the_camera_was_held(
    tmp_path: Path, turned: int, seen: tuple[int, int]
) -> None:
    shown = preview(picture(tmp_path / "a.jpg", (1200, 900), turned=turned))
    assert (shown.width, shown.height) == seen
    with Image.open(BytesIO(shown.content)) as small:
        assert small.size == ((720, 540) if seen == (1200, 900) else (540, 720))


@pytest.mark.parametrize(
    ("mode", "kept"), [("RGBA", "RGBA"), ("P", "RGB"), ("L", "RGB"), ("I;16", "RGB"), ("1", "RGB")]
)
def test_pictures_of_every_mode_can_be_shown(tmp_path: Path, mode: str, kept: str) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, (40, 40)).save(path)
    with Image.open(BytesIO(preview(path).content)) as small:
        assert small.mode == kept


def test_what_is_no_picture_has_no_preview(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("words")
    for source in (tmp_path / "a.png", tmp_path / "gone.png", tmp_path / "a\0b", b"words"):
        with pytest.raises(ToolError):
            preview(source)
    assert portrait_address(tmp_path / "a.png") is None


def test_portraits_belong_to_the_first_input_with_exactly_their_values(tmp_path: Path) -> None:
    folder = tmp_path / "assets/characters"
    folder.mkdir(parents=True)
    for name in ("1", "2", "3"):
        picture(folder / f"{name}.png")
    (folder / "notes.txt").write_text("no picture")
    plan = plan_with(
        "  size: {type: choice, choices: [s, m, l]}\n  few: {type: integer, min: 1, max: 2}\n"
        "  who: {type: integer, min: 1, max: 3}\n  whom: {type: integer, min: 1, max: 3}"
    )
    assert portraits_of(plan, tmp_path) == {"who": {number: folder / f"{number}.png" for number in (1, 2, 3)}}
    picture(folder / "4.png")
    assert portraits_of(plan, tmp_path) == {}
    assert portraits_of(plan, tmp_path / "elsewhere") == {}


# Uploads.


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\my photo.JPG", "my_photo.JPG"),
        ("..", "upload"),
        (".bashrc", "bashrc"),
        ("a\x1b[31m\n<b>.png", "a_31m_b_.png"),
        ("x" * 300 + ".png", "x" * 76 + ".png"),
        ("Größe 漢字.webp", "Größe_漢字.webp"),
    ],
)
def test_an_upload_keeps_a_safe_form_of_its_name(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_uploads_lie_in_a_private_folder_that_goes_with_the_session() -> None:
    uploads = Uploads()
    first, second = uploads.keep("a.txt", b"one"), uploads.keep("a.txt", b"two")
    assert (first.path.read_bytes(), second.path.read_bytes(), first.name) == (b"one", b"two", "a.txt")
    folder = first.path.parents[1]
    assert os.stat(folder).st_mode & 0o777 == 0o700
    uploads.drop(first)
    assert (first.path.exists(), second.path.exists()) == (False, True)
    del uploads
    gc.collect()
    assert not folder.exists()
