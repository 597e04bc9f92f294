"""Two runs side by side: every kind of output, and what makes two of them the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from character_flow import events
from character_flow.comparison import Comparison, Pair, StepDifference, ValueDifference, compare_runs
from character_flow.errors import StreamError
from character_flow.events import ArtifactRef
from character_flow.resume import in_lines
from character_flow.stream.stream import RunFolder, Stream
from tests.unit.kept_runs import PICTURE, VIDEO, Recording, sha256, whole_run
from tests.unit.recorded import OTHER_ID, RUN_ID


def with_output(folder: Path, run_id: str, output: JsonValue, *, is_big: bool = False) -> RunFolder:
    recording = Recording(folder, run_id, tasks=("Write",))
    recording.begin(1)
    recording.complete(1, output, is_big=is_big)
    return recording.end()


def compared(folder: Path, a: JsonValue, b: JsonValue) -> StepDifference:
    """The one step of two runs that gave these outputs."""
    (step,) = compare_runs(with_output(folder, RUN_ID, a), with_output(folder, OTHER_ID, b)).steps
    assert step.output == Pair(a, b)
    return step


def lines(step: StepDifference) -> list[str]:
    marks = {"same": " ", "only_a": "-", "only_b": "+"}
    return [f"{marks[line.kind]}{line.text}" for line in step.text_diff]


@pytest.mark.parametrize(
    ("a", "b", "same", "told"),
    [
        ("one\ntwo", "one\ntwo", True, [" one", " two"]),
        ("one\ntwo", "one\n2", False, [" one", "-two", "+2"]),
        ("", "x", False, ["+x"]),
        (None, "x", False, ["+x"]),
        ("x", None, False, ["-x"]),
        (None, None, True, []),
        (1, 1, True, []),
        (1, 1.5, False, ["- 1", "+ 1.5"]),
        (1, True, False, ["- 1", "+ true"]),
        ("1", 1, False, ["-1", "+ 1"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True, []),
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, False, [" a: 1", " b:", "   - 1", "-  - 2", "+  - 3"]),
        ({"t": "x\ny"}, {"t": "x\nz"}, False, [" t:", "   x", "-  y", "+  z"]),
        ({"t": ""}, {"t": {}}, False, ["-t:", "+t: {}"]),
        ([], [[1]], False, ["- []", "+-", "+  - 1"]),
    ],
)
def test_every_kind_of_output_is_compared(
    tmp_path: Path, a: JsonValue, b: JsonValue, same: bool, told: list[str]
) -> None:
    step = compared(tmp_path, a, b)
    assert (step.output_same, step.same, lines(step)) == (same, same, told)


def test_an_output_kept_in_a_file_is_compared_whole(tmp_path: Path) -> None:
    a, b = ([*range(30_000), last] for last in (1, 2))
    (step,) = compare_runs(
        with_output(tmp_path, RUN_ID, a, is_big=True), with_output(tmp_path, OTHER_ID, b, is_big=True)
    ).steps
    assert (step.output, step.output_same, lines(step)[-2:]) == (Pair(a, b), False, ["-- 1", "+- 2"])


def test_an_output_that_is_gone_is_compared_as_far_as_it_was_shown(tmp_path: Path) -> None:
    run = with_output(tmp_path, RUN_ID, ["x" * 200], is_big=True)
    other = with_output(tmp_path, OTHER_ID, ["x" * 200], is_big=True)
    (run.outcomes / "write-1.json").unlink()
    (step,) = compare_runs(run, other).steps
    assert step.output == Pair('["' + "x" * 98, ["x" * 200])


def _made(folder: Path, run_id: str, content: bytes, name: str = "a.png") -> RunFolder:
    recording = Recording(folder, run_id, tasks=("Draw",))
    recording.begin(1)
    path = recording.artifact(1, name, content)
    recording.complete(1, {"path": path})
    return recording.end(events.PlanCompleted(outcome="success", duration_s=1.0, output=path))


def test_a_file_is_the_same_if_its_bytes_are(tmp_path: Path) -> None:
    same = compare_runs(_made(tmp_path, RUN_ID, PICTURE), _made(tmp_path, OTHER_ID, PICTURE, "b.png"))
    assert (same.output_same, same.steps[0].output_same, same.steps[0].same) == (True, True, True)
    other = compare_runs(_made(tmp_path / "2", RUN_ID, PICTURE), _made(tmp_path / "2", OTHER_ID, VIDEO))
    assert (other.output_same, other.steps[0].output_same, other.steps[0].media_same) == (False, False, False)
    assert other.steps[0].media == Pair(
        (ArtifactRef(path="artifacts/draw-1/a.png", kind="image", sha256=sha256(PICTURE), bytes=len(PICTURE)),),
        (ArtifactRef(path="artifacts/draw-1/a.png", kind="image", sha256=sha256(VIDEO), bytes=len(VIDEO)),),
    )


def test_only_the_files_of_the_newest_attempt_count(tmp_path: Path) -> None:
    recording = Recording(tmp_path, tasks=("Draw",))
    recording.begin(1)
    recording.artifact(1, "a.png", VIDEO)
    recording.fail(1, "not good", final=False)
    recording.begin(1)
    path = recording.artifact(1, "a.png", PICTURE)
    recording.complete(1, {"path": path})
    (step,) = compare_runs(recording.end(), _made(tmp_path, OTHER_ID, PICTURE)).steps
    assert ([ref.path for ref in step.media.a], step.attempts) == (["artifacts/draw-2/a.png"], Pair(2, 1))
    assert (step.media_same, step.output_same) == (True, True)


def test_what_was_taken_over_counts_like_what_was_made(tmp_path: Path) -> None:
    first = _made(tmp_path, RUN_ID, PICTURE)
    recording = Recording(tmp_path, OTHER_ID, tasks=("Draw",))
    ref = ArtifactRef(path="artifacts/draw-0/a.png", kind="image", sha256=sha256(PICTURE), bytes=len(PICTURE))
    recording.say(events.StepReused(from_run=RUN_ID, with_key="k", output={"path": ref.path}, artifacts=(ref,)), step=1)
    (step,) = compare_runs(first, recording.end()).steps
    assert (step.media.b, step.output.b, step.same) == ((ref,), {"path": ref.path}, True)


def test_of_many_files_that_were_taken_over_none_is_missing(tmp_path: Path) -> None:
    """They do not fit into one line: those before it tell of the first."""
    first = _made(tmp_path, RUN_ID, PICTURE)
    recording = Recording(tmp_path, OTHER_ID, tasks=("Draw",))
    refs = tuple(ArtifactRef(path=f"artifacts/draw-0/{n}.png", kind="image", sha256="", bytes=1) for n in range(130))
    for fact in in_lines(events.StepReused(from_run=RUN_ID, with_key="k", artifacts=refs)):
        recording.say(fact, step=1)
    (step,) = compare_runs(first, recording.end()).steps
    assert step.media.b == refs


def test_inputs_are_compared_by_value_and_files_by_their_bytes(tmp_path: Path) -> None:
    def run(run_id: str, inputs: dict[str, JsonValue], picture: bytes | None) -> RunFolder:
        return Recording(tmp_path, run_id, inputs=inputs, picture=picture).let_go()

    a = run(RUN_ID, {"brand": "Acme", "count": 1, "old": "x"}, PICTURE)
    b = run(OTHER_ID, {"brand": "Acme", "count": True, "new": None}, VIDEO)
    assert compare_runs(a, b).inputs == (
        ValueDifference("brand", "Acme", "Acme", same=True),
        ValueDifference("count", 1, True, same=False),
        ValueDifference("old", "x", None, same=False),
        ValueDifference("product", "/home/me/product.png", "/home/me/product.png", same=False),
        ValueDifference("new", None, None, same=True),
    )
    assert [item.same for item in compare_runs(a, a).inputs] == [True] * 4


def test_steps_are_matched_by_name_and_each_side_has_its_own_figures(tmp_path: Path) -> None:
    first = Recording(tmp_path, tasks=("Write", "Draw"))
    first.begin(1)
    first.say(events.PredictionSettled(call=1, status="succeeded", cost_usd=0.25), step=1)
    first.complete(1, "text", took_s=2.0)
    first.begin(2)
    first.fail(2, "no ink", took_s=3.0)
    a = first.end(events.PlanFailed(outcome="failed", message="no ink", duration_s=5.0))
    second = Recording(tmp_path, OTHER_ID, tasks=("Film", "Write"))
    second.begin(2)
    second.complete(2, "text", took_s=1.0)
    found = compare_runs(a, second.let_go())
    assert [(step.name, step.task, step.in_a, step.in_b, step.same) for step in found.steps] == [
        ("write", "Write", True, True, True),
        ("draw", "Draw", True, False, False),
        ("film", "Film", False, True, False),
    ]
    write, draw, film = found.steps
    assert (write.duration_s, write.cost_usd, write.attempts) == (Pair(2.0, 1.0), Pair(0.25, None), Pair(1, 1))
    assert (draw.status, draw.error) == (Pair("error", None), Pair("no ink", None))
    assert (film.status, film.output, film.output_same) == (Pair(None, "pending"), Pair(None, None), True)
    assert (found.a.outcome, found.b.outcome) == ("failed", "lost")
    totals = found.totals
    assert (totals.a.duration_s, totals.a.cost_usd, totals.a.attempts) == (5.0, 0.25, 2)
    assert (totals.b.duration_s, totals.b.cost_usd, totals.b.attempts) == (None, None, 1)


def test_a_run_is_the_same_as_itself(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    found = compare_runs(run, run)
    assert (found.output_same, [step.same for step in found.steps]) == (True, [True, True, True])
    assert isinstance(found, Comparison)


def _no_journal(run: RunFolder) -> None:
    run.journal.unlink()
    run.snapshot.unlink(missing_ok=True)


def _no_inputs(run: RunFolder) -> None:
    run.inputs_json.write_bytes(b"{")


@pytest.mark.parametrize(
    ("break_it", "why"),
    [(_no_journal, "nothing of this run can be read, so nothing compared"), (_no_inputs, "it is damaged: the file: ")],
)
def test_a_run_that_cannot_be_read_is_told(tmp_path: Path, break_it: Callable[[RunFolder], None], why: str) -> None:
    run, other = whole_run(tmp_path), whole_run(tmp_path, OTHER_ID)
    break_it(other)
    with pytest.raises(StreamError, match=why):
        compare_runs(run, other)
    assert Stream(tmp_path).run(RUN_ID).journal.exists()
