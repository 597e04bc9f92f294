"""The result is found in an output however it is packed, and each end names the command that goes on."""

from pathlib import Path

from pydantic import JsonValue

from character_flow.cli.ending import Words, completed, failed, result_of, video_of
from character_flow.snapshot import Snapshot, StepRun

WORDS = Words(show="SHOW", resume="RESUME", resume_from="VARY", mend_plan="MEND PLAN")
RUN = Path("/runs/x")


def test_the_video_is_found_however_deep_it_lies(tmp_path: Path) -> None:
    artifact: JsonValue = {"path": "/a.mp4", "kind": "video", "sha256": "0", "bytes": 1}
    assert video_of(["x", {"deep": [artifact]}]) == "/a.mp4"
    assert video_of({"path": "/a.png", "kind": "image"}) is None
    file = tmp_path / "ad.mp4"
    file.touch()
    assert video_of({"video": str(file)}) == str(file)
    assert video_of({"video": "no such file"}) is None
    deep: JsonValue = artifact
    for _level in range(5000):
        deep = [deep]
    assert video_of(deep) == "/a.mp4"


def test_quiet_prints_a_text_as_it_is_and_everything_else_as_json() -> None:
    outputs: list[JsonValue] = ["two\nlines", None, {"a": "ü"}, 1.5]
    assert [result_of(value) for value in outputs] == ["two\nlines", "null", '{"a": "ü"}', "1.5"]


def test_a_completed_run_says_where_the_result_is_how_long_it_took_and_what_next() -> None:
    snapshot = Snapshot(duration_s=12.34, steps=(StepRun(step_number=1, status="completed"),))
    assert [text for text, _style in completed("hello", snapshot, WORDS, run=RUN)] == [
        "", "Done in 12.3 s", "  Output  hello", "  Run     /runs/x", "  Look    SHOW", "  Vary    VARY",
    ]  # fmt: skip


def test_a_run_with_issues_names_them() -> None:
    row = StepRun(step_number=1, task="Draw", status="error", error="no paper")
    told = [text for text, _style in completed(None, Snapshot(duration_s=1.0, steps=(row,)), WORDS, run=RUN)]
    assert told[1:3] == ["Done in 1.0 s, with issues", "  Draw: no paper"]


def test_the_remedy_fits_what_went_wrong() -> None:
    row = StepRun(step_number=2, task="Draw", status="error", error="no paper\nat all")
    snapshot = Snapshot(status="error", total_steps=3, duration_s=1.0, steps=(row,))

    def mend(reason: str) -> str:
        return failed(snapshot, WORDS, reason=reason, run=RUN)[-1][0]

    assert [mend(reason) for reason in ("tool", "timeout", "bug", "template")] == [
        "  Mend    RESUME",
        "  Mend    RESUME",
        "  Mend    the function, then: RESUME",
        "  Mend    the plan, then: MEND PLAN",
    ]
    told = [text for text, _style in failed(snapshot, WORDS, reason="tool", run=RUN)]
    assert told[:4] == ["", "Failed at step 2 of 3, Draw, after 1.0 s", "  no paper", "  at all"]
