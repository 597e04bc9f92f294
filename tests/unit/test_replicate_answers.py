"""What answers of replicate.com mean: outputs of every shape, statuses, logs, metrics, and inputs found again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from character_flow.tools.providers.base import Prediction
from character_flow.tools.providers.replicate_answers import (
    addresses_in,
    read_prediction,
    settled,
    sha256_of,
    text_of,
    why_refused,
)  # fmt: skip
from character_flow.tools.providers.replicate_http import Declined

URL = "https://replicate.delivery/x/out.png"
OTHER = "https://replicate.delivery/x/second.png"


def wrapped(inner: JsonValue) -> JsonValue:
    """As a tool server wraps a prediction."""
    return {"content": [{"type": "text", "text": inner if isinstance(inner, str) else json.dumps(inner)}]}


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (URL, (URL,)),
        ([URL, OTHER, URL], (URL, OTHER)),
        ({"video": URL, "seed": 3, "more": {"thumbnail": OTHER}}, (URL, OTHER)),
        (wrapped({"id": "x", "status": "succeeded", "output": [URL]}), (URL,)),
        (wrapped([URL]), (URL,)),
        (wrapped(URL), (URL,)),
        (json.dumps([URL]), (URL,)),
        (json.dumps({"a": URL}), (URL,)),
        ("data:image/png;base64,AA==", ("data:image/png;base64,AA==",)),
        (f" {URL}\n", (URL,)),
        (f"see {URL}", ()),
        (f"{URL} is it", ()),
        (["One ", "two"], ()),
        ("[no list", ()),
        (None, ()),
        (7, ()),
        ({"content": []}, ()),
    ],
)
def test_the_files_of_an_output_are_found_in_every_shape(output: JsonValue, found: tuple[str, ...]) -> None:
    assert addresses_in(output) == found


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("plain", "plain"),
        (["One ", "", "two"], "One two"),
        (None, None),
        (wrapped("plain words"), "plain words"),
        (wrapped({"id": "x", "output": ["One ", "two"]}), "One two"),
        (wrapped({"id": "x", "output": None}), None),
        (wrapped("7"), "7"),
        ({"text": "words", "tokens": 3}, "words"),
        ({"output": "words"}, "words"),
        ({"score": 0.5}, '{"score": 0.5}'),
        ([1, 2], "[1, 2]"),
        ([], ""),
    ],
)
def test_the_text_of_an_output_is_found_in_every_shape(output: JsonValue, text: str | None) -> None:
    assert text_of(output) == text


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "aborted"}, "aborted"),
        ({"status": "queued"}, "processing"),
        ({"status": "expired", "completed_at": "2026-01-01T00:00:00Z"}, "failed"),
        ({}, "processing"),
    ],
)
def test_a_status_of_tomorrow_is_waited_out_or_an_end(told: dict[str, JsonValue], status: str) -> None:
    assert read_prediction(told, kind="image").status == status


@pytest.mark.parametrize(
    ("logs", "percent", "message"),
    [
        ("one\ntwo\n\n", None, "two"),
        (" 10%|#  | 1/10\r 45%|#####    | 4/10", 45, "45%|#####    | 4/10"),
        ("step 30%\nencoding", 30, "encoding"),
        ("\x1b[32m100%\x1b[0m done\x07", 100, "100% done"),
        ("120% sure", 100, "120% sure"),
        ("12.5%", 12, "12.5%"),
        ("x" * 500, None, "x" * 200),
        ("", None, None),
        (None, None, None),
    ],
)
def test_the_last_line_of_the_logs_is_the_progress(logs: str | None, percent: int | None, message: str | None) -> None:
    now = read_prediction({"id": "p", "status": "processing", "logs": logs}, kind="video")
    assert (now.percent, now.message) == (percent, message)


def test_of_the_metrics_only_numbers_count() -> None:
    metrics: JsonValue = {"predict_time": 3, "total_time": 3.5, "model": "x", "ok": True, "no": None, "list": [1]}
    now = read_prediction({"id": "p", "status": "succeeded", "metrics": metrics}, kind="video")
    assert now == Prediction("p", "succeeded", metrics={"predict_time": 3.0, "total_time": 3.5})


@pytest.mark.parametrize(
    ("error", "shown"),
    [("out of\nmemory", "out of memory"), ({"code": 7}, '{"code": 7}'), ("", None), (None, None), ("r8_x!", "***!")],
)
def test_an_error_is_one_line_without_what_nobody_may_see(error: JsonValue, shown: str | None) -> None:
    raw: dict[str, JsonValue] = {"id": "p", "status": "failed", "error": error}
    assert read_prediction(raw, kind=None, hide=lambda text: text.replace("r8_x", "***")).error == shown


@pytest.mark.parametrize(
    ("status", "output", "streamed", "text"),
    [
        ("processing", ["One "], "One two", "One two"),
        ("processing", ["One ", "two"], "One ", "One two"),
        ("processing", None, "One ", "One "),
        ("succeeded", ["One"], "One two three", "One"),
        ("canceled", None, "One two", "One two"),
        ("succeeded", None, "", ""),
    ],
)
def test_the_final_output_replaces_what_was_read_along(
    status: str, output: JsonValue, streamed: str, text: str
) -> None:
    raw: dict[str, JsonValue] = {"id": "p", "status": status, "output": output}
    assert read_prediction(raw, kind="text", streamed=streamed).text == text


@pytest.mark.parametrize("kind", ["image", "video", None])
def test_the_address_of_a_file_is_no_text(kind: str | None) -> None:
    assert read_prediction({"id": "p", "status": "succeeded", "output": [URL]}, kind=kind).text == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_JSON)
def test_an_input_is_found_again_after_its_way_through_any_json(value: JsonValue) -> None:
    """Whether the service writes 1.0 as 1, and whether it escapes what is not ASCII."""
    sent = settled(value)
    for ascii_only in (True, False):
        heard = json.loads(json.dumps(sent, ensure_ascii=ascii_only).encode())
        assert sha256_of(settled(heard)) == sha256_of(sent)


def test_half_a_character_can_be_sent_and_whole_numbers_have_one_form() -> None:
    value: JsonValue = {"a\ud800": [1.0, "x\udfff", -0.0, 1.5, 1e300, True, None, 2**70]}
    assert settled(value) == {"a?": [1, "x?", 0, 1.5, 1e300, True, None, 2**70]}
    assert sha256_of(settled({"a": 1.0})) == sha256_of(settled({"a": 1}))


def test_a_refusal_without_a_sentence_is_still_whole() -> None:
    assert why_refused(Declined(418), model="a/b", told="") == (
        "replicate answered 418: the call of a/b is not accepted; correct the step"
    )
