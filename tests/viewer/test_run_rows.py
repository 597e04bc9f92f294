"""Rows of the list of runs: in which order, what they say, and when they are read again."""

from dataclasses import replace
from pathlib import Path

import pytest

from character_flow.archive import delete_run, pin_run
from character_flow.events import ArtifactMade, PlanCompleted, StepStarted
from character_flow.stream.stream import Stream
from character_flow.viewer.run_rows import RunRow, file_url, filtered, run_row, run_rows
from character_flow.viewer.words import costs, took, when
from tests.unit.recorded import OTHER_ID, RUN_ID
from tests.unit.recorded import make_run as recorded_run
from tests.viewer.made import TITLE, make_run

ROW = RunRow(
    id=RUN_ID, plan="ugc_ad", title="An ad", state="success", started_at=None, duration_s=12.5, cost_usd=None,
    steps=8, error=None, thumbnail=None,
)  # fmt: skip


def test_pinned_runs_come_first_then_the_newest(stream: Stream) -> None:
    oldest, middle, newest = (make_run(stream, greeting=word) for word in ("one", "two", "three"))
    order = [run.id for run in (newest, middle, oldest)]
    assert {row.id for row in run_rows(stream)} == set(order)
    pin_run(oldest, pinned=True)
    assert [row.pinned for row in run_rows(stream)] == [True, False, False]
    assert run_rows(stream)[0].id == oldest.id
    pin_run(oldest, pinned=False)
    assert [row.pinned for row in run_rows(stream)] == [False, False, False]


def test_a_row_says_what_a_person_chooses_a_run_by(stream: Stream) -> None:
    run = make_run(stream, number="x")
    row = run_row(run)
    assert row.started_at is not None
    assert row.duration_s is not None
    assert replace(row, started_at=None, duration_s=None) == RunRow(
        id=run.id, plan="plan", title=TITLE, state="failed", started_at=None, duration_s=None, cost_usd=None, steps=2,
        error=row.error, thumbnail=None,
    )  # fmt: skip
    assert row.error is not None
    assert row.error.startswith("step 'count' (Count): JSONDecodeError: ")


def test_the_first_picture_of_a_run_stands_for_it(stream: Stream) -> None:
    run, journal = recorded_run(stream.folder)
    journal.append(StepStarted(name="s1", tool="text.generate", with_key="k"), step=1, attempt=1)
    for path, kind in (("artifacts/s1-1/a b.mp4", "video"), ("artifacts/s1-1/a#b.png", "image")):
        journal.append(ArtifactMade(path=path, kind=kind, sha256="0" * 64, bytes=1), step=1, attempt=1)
    journal.append(PlanCompleted(outcome="success", duration_s=1.0))
    journal.close()
    assert run_row(run).thumbnail == "artifacts/s1-1/a#b.png"
    assert run_row(run).to_json()["thumbnail"] == f"/plan/runs/{RUN_ID}/files/artifacts/s1-1/a%23b.png"


def test_a_run_is_read_again_when_it_has_changed(stream: Stream) -> None:
    run = make_run(stream)
    assert run_row(run).title == TITLE
    run.snapshot.write_text(run.snapshot.read_text().replace('"completed"', '"error"').replace("success", "cancelled"))
    assert run_row(run).label == "Cancelled"


def test_a_run_that_goes_on_is_read_each_time(stream: Stream) -> None:
    run, journal = recorded_run(stream.folder)
    assert run_row(run).state == "running"
    journal.append(PlanCompleted(outcome="completed_with_issues", duration_s=1.0))
    journal.close()
    assert run_row(run).label == "Completed with issues"


def test_what_cannot_be_read_is_a_row_that_says_why(stream: Stream) -> None:
    run, journal = recorded_run(stream.folder)
    journal.close()
    run.journal.write_text("nonsense\n")
    row = run_row(run)
    assert (row.title, row.label, row.is_over) == ("ugc_ad", "Unreadable", False)
    assert row.error is not None
    assert row.error.startswith(f"{run.journal}: ")


def test_a_deleted_run_is_gone_from_the_rows(stream: Stream) -> None:
    run, other = make_run(stream), make_run(stream)
    assert len(run_rows(stream)) == 2
    delete_run(run)
    assert [row.id for row in run_rows(stream)] == [other.id]


def test_there_are_no_rows_where_there_is_no_folder(tmp_path: Path) -> None:
    assert run_rows(Stream(tmp_path / "nowhere")) == ()


@pytest.mark.parametrize(
    ("text", "plan", "state", "found"),
    [
        ("", None, None, [RUN_ID, OTHER_ID]),
        ("AD oven", None, None, [OTHER_ID]),
        ("3f9a1c", None, None, [RUN_ID]),
        ("failed", None, None, [OTHER_ID]),
        ("", "canvas", None, []),
        ("", "ugc_ad", "success", [RUN_ID]),
        ("oven", "ugc_ad", "success", []),
    ],
)
def test_a_filter_keeps_what_holds_every_word(text: str, plan: str | None, state: str | None, found: list[str]) -> None:
    rows = [ROW, replace(ROW, id=OTHER_ID, state="failed", error="the Oven is cold")]
    assert [row.id for row in filtered(rows, text=text, plan=plan, state=state)] == found


def test_addresses_of_files_hold_whatever_their_names_hold() -> None:
    assert file_url(RUN_ID, "artifacts/a?b #1%.png") == f"/plan/runs/{RUN_ID}/files/artifacts/a%3Fb%20%231%25.png"


def test_figures_are_said_in_words() -> None:
    assert [took(s) for s in (None, 0.04, 59.94, 65.2, 3599.6, 7440)] == [
        "\N{EN DASH}", "0.0 s", "59.9 s", "1 min 05 s", "1 h 00 min", "2 h 04 min",
    ]  # fmt: skip
    assert [costs(usd) for usd in (None, 0, 0.0123, 1.5)] == ["\N{EN DASH}", "$0.00", "$0.0123", "$1.50"]
    assert [when(text) for text in (None, "soon")] == ["\N{EN DASH}", "soon"]
