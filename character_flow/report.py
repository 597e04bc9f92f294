"""How a run is handed to somebody who has nothing of ours: one HTML file with everything in it.

Whatever a run says is text in it: the template escapes all of it, and the page's own policy allows no script and no
address but the bytes inside.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PureWindowsPath

from pydantic import JsonValue

from character_flow.durations import took
from character_flow.errors import StreamError
from character_flow.file_book import texts_in
from character_flow.given import kept_inputs
from character_flow.report_files import Budget, ReportFile
from character_flow.report_spans import Ruler, Span, ruler_of
from character_flow.snapshot import Snapshot, StepRun, read_time
from character_flow.stream.files import replace_written, sync_folder, write_all
from character_flow.stream.journal import utc_now
from character_flow.stream.outputs import Outputs, read_outputs
from character_flow.stream.reading import observe, read_snapshot
from character_flow.stream.stream import RunFolder

TEXT_CHARS = 500_000
_MOST_PARTS = 40
_LINE_CHARS = 72
_MOST_ON_A_LINE = 24


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an output or an input: a text, or any other value as JSON; `left_out` characters are not shown."""

    name: str
    text: str
    is_json: bool = False
    left_out: int = 0

    @property
    def is_long(self) -> bool:
        """Whether it takes more than a line."""
        return "\n" in self.text


@dataclass(frozen=True, slots=True)
class ReportStep:
    """A step as the report shows it."""

    row: StepRun
    parts: Sequence[Part]
    files: Sequence[ReportFile]
    spans: Sequence[Span]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ReportInput:
    """An input as the report shows it: what was given, and the copy of a picture or file."""

    part: Part
    file: ReportFile | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Everything the template draws."""

    head: Snapshot
    hero: ReportFile | None
    output: Sequence[Part]
    steps: Sequence[ReportStep]
    inputs: Sequence[ReportInput]
    ruler: Ruler
    written_at: datetime


def write_report(run: RunFolder, target: Path, *, now: Callable[[], datetime] = utc_now) -> Path:
    """Write a run as one HTML file that needs no other, no script and no network; returns the path.

    Written at once when it is whole. Files over 50 MB stay outside, named and linked. StreamError where the run cannot
    be read or the file not be written.
    """
    page = _page_of(run, target, written_at=now())

    def write(fd: int) -> None:
        for piece in _drawn(page):
            write_all(fd, piece.encode(errors="replace"))  # half a character cannot be written

    replace_written(target, write, durable=True)
    sync_folder(target.parent)
    return target


def _drawn(page: ReportPage) -> Iterator[str]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 40 ms, and only for reports

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"took": partial(took, unknown="\N{EN DASH}"), "moment": _moment, "bytes": _bytes}
    return environment.get_template("report.html.j2").generate(page=page)


def _page_of(run: RunFolder, target: Path, *, written_at: datetime) -> ReportPage:
    snapshot = observe(read_snapshot(run.path), run)
    if not snapshot.steps:
        raise StreamError(f"{run.path}: nothing of this run can be read, there is nothing to report", path=run.path)
    outputs = read_outputs(run)
    budget = Budget(run.path, target)
    hero_name = _hero(outputs)
    hero = budget.file(hero_name) if hero_name else None
    ruler = ruler_of(run)
    steps = [_step(row, outputs, ruler, budget, hero=hero) for row in snapshot.steps]
    return ReportPage(
        snapshot, hero, _parts(outputs.plan), steps, _inputs(run, budget), ruler, written_at
    )  # fmt: skip


def _hero(outputs: Outputs) -> str | None:
    """The one file to show first: the video in the plan's output, else the last one made, else a picture likewise."""
    made = [ref for step in sorted(outputs.artifacts) for ref in outputs.artifacts[step]]
    named = set(texts_in(outputs.plan))
    for kind in ("video", "image"):
        of_kind = [ref.path for ref in made if ref.kind == kind]
        chosen = [path for path in of_kind if path in named] or of_kind
        if chosen:
            return chosen[-1]
    return None


def _step(row: StepRun, outputs: Outputs, ruler: Ruler, budget: Budget, *, hero: ReportFile | None) -> ReportStep:
    number = row.step_number
    names = [ref.path for ref in outputs.artifacts.get(number, ())]
    files = [hero if hero is not None and name == hero.name else budget.file(name) for name in names]
    is_done = row.status == "completed"
    parts = _parts(outputs.values.get(number)) if is_done else _parts(row.text or None)
    return ReportStep(row, parts, files, ruler.spans.get(number, ()), outputs.problems.get(number) if is_done else None)


def _inputs(run: RunFolder, budget: Budget) -> Sequence[ReportInput]:
    try:
        values, files = kept_inputs(run)
    except StreamError:
        return ()  # the steps are worth a report without them
    return [
        ReportInput(_part(name, _given(files[name].given)), budget.file(f"inputs/{files[name].name}"))
        if name in files
        else ReportInput(_part(name, value))
        for name, value in values.items()
        if value not in (None, "")
    ]


def _given(source: str) -> str:
    """An address whole, of a path only the file's name: the folders of a machine are nobody else's business."""
    return source if "://" in source else PureWindowsPath(source).name


def _parts(value: JsonValue) -> Sequence[Part]:
    """A value in pieces one can read: a mapping by its keys, anything else whole."""
    if value is None:
        return ()
    if isinstance(value, Mapping) and len(value) <= _MOST_PARTS:
        return [_part(name, item) for name, item in value.items() if item is not None]
    return [_part("", value)]


def _part(name: str, value: JsonValue) -> Part:
    is_json = not isinstance(value, str)
    text = _as_json(value) if is_json else str(value)
    return Part(name, text[:TEXT_CHARS], is_json, max(0, len(text) - TEXT_CHARS))


def _as_json(value: JsonValue) -> str:
    """JSON on one line where that is short, else with one value a line."""
    if isinstance(value, dict | list) and len(value) > _MOST_ON_A_LINE:
        return json.dumps(value, ensure_ascii=False, indent=2)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LINE_CHARS else json.dumps(value, ensure_ascii=False, indent=2)


def _moment(at: str | datetime | None) -> str:
    if at is None:
        return "\N{EN DASH}"
    try:
        return f"{(read_time(at) if isinstance(at, str) else at):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return str(at)


def _bytes(size: int) -> str:
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1e3:,.0f} KB" if size < 1e6 else f"{size / 1e6:,.1f} MB"
