"""What a run is given: every wrong value is told at once, and pictures and files are copied as they are."""

import hashlib
import shutil
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pydantic import JsonValue

from character_flow.errors import InputError
from character_flow.input_specs import InputSpec, value_problem
from character_flow.inputs import (
    FileRecord,
    check_inputs,
    check_local_file,
    gather_files,
    input_scope,
    read_text_answer,
)

ALL: Mapping[str, InputSpec] = {
    "title": InputSpec(type="text", min=2, max=5),
    "share": InputSpec(type="number", min=0, max=1, default=0.5),
    "count": InputSpec(type="integer", min=1, default=3),
    "loud": InputSpec(type="boolean", default=False),
    "dialog": InputSpec(type="choice", choices=["custom", "auto"], default="auto"),
    "words": InputSpec(type="text", required_when="{{ inputs.dialog == 'custom' }}"),
    "picture": InputSpec(type="image", default="assets/product.png"),
    "notes": InputSpec(type="file", required_when="{{ inputs.loud }}"),
    "key": InputSpec(type="secret", env="KEY"),
}


def _check(given: Mapping[str, JsonValue], **env: str) -> dict[str, JsonValue]:
    return check_inputs(ALL, given, base=Path("/plans"), env={"KEY": "k", **env}, cwd=Path("/here"))


def _problems(given: Mapping[str, JsonValue], **env: str) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        _check(given, **env)
    return caught.value.problems


def test_defaults_are_filled_in_and_paths_become_absolute() -> None:
    assert _check({"title": "Hello"}) == {
        "title": "Hello",
        "share": 0.5,
        "count": 3,
        "loud": False,
        "dialog": "auto",
        "words": None,
        "picture": "/plans/assets/product.png",
        "notes": None,
        "key": "KEY",
    }
    given: dict[str, JsonValue] = {
        "title": "007",
        "picture": "x/../a.png",
        "notes": "/n.txt",
        "share": 1,
        "count": None,
    }
    made = _check(given)
    assert (made["title"], made["picture"], made["notes"], made["share"], made["count"]) == (
        "007",
        "/here/a.png",
        "/n.txt",
        1,
        3,
    )
    assert _check({"title": "ab", "picture": "HTTPS://h/x.png?a=b"})["picture"] == "HTTPS://h/x.png?a=b"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    given: dict[str, JsonValue] = {
        "title": "toolong",
        "share": 2,
        "count": 1.5,
        "loud": "yes",
        "dialog": "costum",
        "picture": "data:image/png;base64,xx",
        "notes": "",
        "key": "literal",
        "tilte": 1,
        "zzz": 1,
    }
    assert _problems(given) == {
        "tilte": "this plan has no such input, did you mean 'title'?",
        "zzz": "this plan has no such input, only title, share, count, loud, dialog, words, picture, notes, key",
        "title": "must be at most 5 characters, not 7",
        "share": "must be at most 1, not 2",
        "count": "must be a whole number, not 1.5",
        "loud": "must be true or false, not text 'yes'",
        "dialog": "must be one of custom, auto, not text 'costum', did you mean 'custom'?",
        "picture": "begins with 'data:', only paths and http(s) addresses can be read",
        "notes": "must be a path or an http(s) address, not an empty text",
        "key": "is a secret: set the environment variable KEY instead",
    }
    with pytest.raises(InputError, match=r"^input 'x': this plan has no inputs$"):
        check_inputs({}, {"x": 1}, base=Path("/"), env={})


def test_what_is_needed_must_be_there_and_not_blank() -> None:
    assert _problems({}, KEY="") == {"title": "is needed", "key": "set the environment variable KEY"}
    assert _problems({"title": "   "}) == {"title": "is needed"}
    needed = "is needed, for {{ inputs.dialog == 'custom' }} is true"
    assert _problems({"title": "ab", "dialog": "custom"}) == {"words": needed}
    assert _problems({"title": "ab", "dialog": "custom", "words": " \n"}) == {"words": needed}
    assert _check({"title": "ab", "dialog": "custom", "words": "w"})["words"] == "w"
    assert _problems({"title": "ab", "loud": True}) == {"notes": "is needed, for {{ inputs.loud }} is true"}


def test_a_condition_that_hangs_on_a_wrong_input_is_not_judged() -> None:
    assert _problems({"title": "ab", "dialog": "costum"}) == {
        "dialog": "must be one of custom, auto, not text 'costum', did you mean 'custom'?"
    }


def test_a_condition_that_gives_no_truth_says_so() -> None:
    specs = {"a": InputSpec(type="text", default="x"), "b": InputSpec(type="text", required_when="{{ inputs.a }}")}
    with pytest.raises(InputError) as caught:
        check_inputs(specs, {}, base=Path("/"), env={})
    assert caught.value.problems == {"b": "required_when: {{ inputs.a }} gives text, and true or false is needed"}


def test_a_secret_stays_the_name_of_its_variable_until_it_is_rendered() -> None:
    values = _check({"title": "ab"}, KEY="s3cret")
    assert values["key"] == "KEY"
    assert input_scope(ALL, values, env={"KEY": "s3cret"}) == {**values, "key": "s3cret"}
    assert input_scope(ALL, values, env={})["key"] is None
    optional = {"k": InputSpec(type="secret", env="K", required_when="{{ false }}")}
    assert check_inputs(optional, {}, base=Path("/"), env={}) == {"k": None}


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        ({"type": "text"}, "007", "007"),
        ({"type": "text"}, " a ", " a "),
        ({"type": "text"}, "", ""),
        ({"type": "integer"}, " +12 ", 12),
        ({"type": "integer"}, "007", 7),
        ({"type": "number"}, ".5", 0.5),
        ({"type": "number"}, "3", 3),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number"}, "", None),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "0", False),
        ({"type": "boolean"}, "off", False),
        ({"type": "image"}, " 'my pic.png' ", "my pic.png"),
        ({"type": "image"}, "https://h/x", "https://h/x"),
        ({"type": "file"}, "C:\\x.txt", "C:\\x.txt"),
        ({"type": "file"}, "a'b", "a'b"),
        ({"type": "choice", "choices": ["custom", "auto"]}, "auto", "auto"),
        ({"type": "choice", "choices": ["custom", "auto"]}, "Auto ", "auto"),
        ({"type": "choice", "choices": ["A", "a"]}, "a", "a"),
    ],
)
def test_a_typed_answer_is_read_by_the_declared_type(spec: dict[str, object], text: str, value: JsonValue) -> None:
    """S0-61: what is typed is text; the input's type says what it means."""
    made = read_text_answer(InputSpec.model_validate(spec), text)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("spec", "text", "problem"),
    [
        ({"type": "integer"}, "1.5", "must be a whole number, not text '1.5'"),
        ({"type": "number"}, "1,5", "must be a number, not text '1,5'"),
        ({"type": "number"}, "nan", "must be a number, not text 'nan'"),
        ({"type": "number"}, "1e999", "must be a number, not inf"),
        ({"type": "boolean"}, "maybe", "must be true or false, not text 'maybe'"),
        ({"type": "text", "min": 3}, "ab", "must be at least 3 characters, not 2"),
        ({"type": "text", "max": 3}, "abcd", "must be at most 3 characters, not 4"),
        ({"type": "choice", "choices": ["custom", "auto"]}, "1", "must be one of custom, auto, not text '1'"),
        ({"type": "secret", "env": "K"}, "abc", "is a secret: set the environment variable K instead"),
        ({"type": "image"}, "file:///x.png", "begins with 'file:', only paths and http(s) addresses can be read"),
    ],
)
def test_an_answer_that_will_not_do_says_what_would(spec: dict[str, object], text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text_answer(InputSpec.model_validate(spec), text, name="x")
    assert caught.value.problems == {"x": problem}


def test_at_prompts_a_choice_may_be_given_by_its_number() -> None:
    """S0-61: the old answers "1" and "2" still work where a person is asked."""
    spec = InputSpec(type="choice", choices=["custom", "auto"])
    assert [read_text_answer(spec, text, by_number=True) for text in ("1", "2", " 2 ", "auto")] == [
        "custom",
        "auto",
        "auto",
        "auto",
    ]
    for text in ("0", "3", "-1", "²", "1.0", "99999999"):
        with pytest.raises(InputError):
            read_text_answer(spec, text, by_number=True)
    digits = InputSpec(type="choice", choices=["2", "1"])
    assert read_text_answer(digits, "2", by_number=True) == "2"


def test_a_long_dialog_is_measured_in_characters_and_any_script_is_text() -> None:
    spec = InputSpec(type="text", max=500)
    assert value_problem(spec, "漢字🎬مرحبا" * 50) is None
    assert value_problem(InputSpec(type="file"), [1]) == "must be a path or an http(s) address, not a list"
    assert value_problem(spec, "x" * 5000) == "must be at most 500 characters, not 5000"


def _png(size: tuple[int, int] = (32, 32)) -> bytes:
    kept = BytesIO()
    Image.new("RGB", size, "teal").save(kept, "PNG")
    return kept.getvalue()


def _write(target: Path, content: bytes | Path) -> None:
    if isinstance(content, Path):
        shutil.copyfile(content, target)
    else:
        target.write_bytes(content)


FILES = {"picture": InputSpec(type="image"), "notes": InputSpec(type="file", max=100), "other": InputSpec(type="text")}


def test_pictures_and_files_are_copied_under_the_names_of_their_inputs(tmp_path: Path) -> None:
    (tmp_path / "shot.JPEG.txt").write_bytes(_png())
    (tmp_path / "n.Tar.GZ").write_bytes(b"notes")
    into = tmp_path / "inputs"
    into.mkdir()
    values: dict[str, JsonValue] = {
        "picture": "shot.JPEG.txt",
        "notes": str(tmp_path / "n.Tar.GZ"),
        "other": "n.Tar.GZ",
    }
    records = gather_files(FILES, values, into, base=tmp_path, write=_write)
    assert records == {
        "picture": FileRecord("shot.JPEG.txt", "picture.png", hashlib.sha256(_png()).hexdigest(), len(_png()), "image"),
        "notes": FileRecord(str(tmp_path / "n.Tar.GZ"), "notes.gz", hashlib.sha256(b"notes").hexdigest(), 5, "file"),
    }
    assert {path.name: path.read_bytes() for path in into.iterdir()} == {"picture.png": _png(), "notes.gz": b"notes"}


def test_inputs_that_are_not_given_are_not_copied(tmp_path: Path) -> None:
    assert gather_files(FILES, {"picture": None}, tmp_path, base=tmp_path, write=_write) == {}


def test_nothing_is_written_unless_every_file_will_do_and_all_problems_are_told(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(_png())
    (tmp_path / "text.png").write_text("no picture at all")
    (tmp_path / "long.txt").write_bytes(b"x" * 101)
    specs = {
        "a": InputSpec(type="image"),
        "b": InputSpec(type="image"),
        "c": InputSpec(type="image"),
        "d": InputSpec(type="file", max=100),
        "e": InputSpec(type="file"),
        "f": InputSpec(type="image"),
        "g": InputSpec(type="image", max=10),
    }
    values: dict[str, JsonValue] = {
        "a": "good.png",
        "b": "text.png",
        "c": "missing.png",
        "d": "long.txt",
        "e": ".",
        "f": "http://127.0.0.1:9/x.png?k=1",
        "g": "good.png",
    }
    with pytest.raises(InputError) as caught:
        gather_files(specs, values, tmp_path / "nowhere", base=tmp_path, write=_write)
    problems = caught.value.problems
    assert list(problems) == ["b", "c", "d", "e", "f", "g"]
    assert problems["b"] == (
        f"{tmp_path}/text.png is no picture: it is a text, a PNG, JPEG, WebP, GIF, BMP or TIFF picture is needed"
    )
    assert problems["c"] == f"{tmp_path}/missing.png does not exist"
    assert problems["d"] == f"{tmp_path}/long.txt must be at most 100 bytes, not 101"
    assert problems["e"] == f"{tmp_path} is a folder, a file is needed"
    assert problems["f"].startswith("http://127.0.0.1:9/x.png leads to a private address")
    assert problems["g"] == f"{tmp_path}/good.png must be at most 10 bytes, not {len(_png())}"
    assert not (tmp_path / "nowhere").exists()


def test_an_address_is_fetched_once_and_kept_like_a_file(tmp_path: Path) -> None:
    asked: list[str] = []

    class _Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(_png() if self.path.startswith("/shot") else b"<!DOCTYPE html>")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            home = f"http://127.0.0.1:{server.server_port}"
            values: dict[str, JsonValue] = {"picture": f"{home}/shot.jpg?key=1", "notes": f"{home}/page%2ehtml"}
            records = gather_files(FILES, values, tmp_path, base=tmp_path, write=_write, allow_private=True)
            with pytest.raises(InputError) as caught:
                gather_files(
                    FILES, {"picture": f"{home}/p?key=1"}, tmp_path, base=tmp_path, write=_write, allow_private=True
                )
        finally:
            server.shutdown()
            thread.join()
    digest = hashlib.sha256(_png()).hexdigest()
    assert records["picture"] == FileRecord(f"{home}/shot.jpg?key=1", "picture.png", digest, len(_png()), "image")
    assert records["notes"].name == "notes.html"
    assert (tmp_path / "picture.png").read_bytes() == _png()
    assert caught.value.problems["picture"].startswith(f"{home}/p is no picture: it is a web page, ")
    assert asked == ["/shot.jpg?key=1", "/page%2ehtml", "/p?key=1"]


def test_a_file_that_is_too_large_or_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as huge:
        huge.truncate(50_000_001)  # a hole: takes no room
    with pytest.raises(InputError, match=r"huge\.png is larger than 50 MB$"):
        check_local_file("x", InputSpec(type="image"), "huge.png", base=tmp_path)
    with pytest.raises(InputError, match=r"cannot be read: File name too long$"):
        check_local_file("x", InputSpec(type="image"), "x" * 300, base=tmp_path)


def test_devices_and_pipes_are_no_files() -> None:
    with pytest.raises(InputError, match=r"^input 'x': /dev/zero is no ordinary file$"):
        check_local_file("x", InputSpec(type="file"), "/dev/zero", base=Path("/"))


def test_a_picture_answered_at_a_prompt_is_opened_at_once_and_an_address_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "small.png").write_bytes(_png((1, 1)))
    spec = InputSpec(type="image")
    with pytest.raises(InputError, match=r"small\.png is 1x1 pixels, at least 16 on each side are needed$"):
        check_local_file("x", spec, "small.png", base=tmp_path)
    check_local_file("x", spec, "https://nowhere.example/x.png", base=tmp_path)
    check_local_file("x", InputSpec(type="text"), "small.png", base=tmp_path)
