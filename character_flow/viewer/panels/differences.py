"""How do two runs differ: inputs, totals and every step side by side; what differs is said in words, not by colour."""

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TypeVar

import streamlit as st
from pydantic import JsonValue

from character_flow.comparison import Comparison, Pair, StepDifference, ValueDifference
from character_flow.events import ArtifactRef
from character_flow.snapshot import Snapshot
from character_flow.text_diff import DiffLine
from character_flow.viewer.panels.notices import plain
from character_flow.viewer.run_rows import file_url, state_of_snapshot
from character_flow.viewer.words import NOTHING, costs, took, when

T = TypeVar("T")

AROUND = 2
"""So many equal lines are shown around lines that differ."""
MOST_LINES = 400
MOST_CHARS = 2_000
LEAD_CHARS = 200
_MARKS = {"same": " ", "only_a": "\N{MINUS SIGN}", "only_b": "+"}
_SAID = {"same": "", "only_a": "only in the first: ", "only_b": "only in the second: "}


def differences(found: Comparison) -> None:
    """Show a comparison."""
    st.html(_sides(found))
    if found.inputs:  # st.html refuses an empty text
        st.html(_inputs(found.inputs))
    longest = max((max(step.duration_s.a or 0, step.duration_s.b or 0) for step in found.steps), default=0)
    steps = "".join(_step(step, found, longest) for step in found.steps)
    differing = sum(not step.same for step in found.steps)
    told = "all alike" if not differing else f"{differing} of {len(found.steps)} differ"
    st.html(f'<section class="cf-compare"><h3>Steps <small>{told}</small></h3>{steps}</section>')


def _sides(found: Comparison) -> str:
    longest = max(found.totals.a.duration_s or 0, found.totals.b.duration_s or 0)
    return f'<div class="cf-sides">{_side(found.a, found, longest)}{_side(found.b, found, longest)}</div>'


def _side(run: Snapshot, found: Comparison, longest: float) -> str:
    totals = found.totals.a if run is found.a else found.totals.b
    state, label = state_of_snapshot(run)
    facts = (
        ("Started", plain(when(run.started_at))),
        ("Duration", f"{plain(took(totals.duration_s))}{_bar(totals.duration_s, longest)}"),
        ("Cost", plain(costs(totals.cost_usd))),
        ("Attempts", str(totals.attempts)),
    )
    told = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    why = f'<p class="cf-why">{plain(run.error)}</p>' if run.error else ""
    link = f'<a href="/?run={escape(run.run_id, quote=True)}" target="_self">{plain(run.run_id)}</a>'
    return (
        f'<section class="cf-side"><h3>{plain(run.plan_name)} <span class="cf-pill cf-{state}">{label}</span></h3>'
        f'<code>{link}</code>{why}<dl class="cf-facts">{told}</dl></section>'
    )


def _bar(value: float | None, longest: float) -> str:
    share = 100 * (value or 0) / longest if longest else 0
    return f'<span class="cf-bar" aria-hidden="true"><i style="width:{share:.1f}%"></i></span>'


def _inputs(inputs: Sequence[ValueDifference]) -> str:
    other, same = [item for item in inputs if not item.same], [item for item in inputs if item.same]
    told = "all alike" if not other else f"{len(other)} of {len(inputs)} differ"
    alike = f'<details class="cf-step"><summary>{len(same)} alike</summary>{_table(same)}</details>' if same else ""
    shown = (_table(other) if other else "") + alike
    return f'<section class="cf-compare"><h3>Inputs <small>{told}</small></h3>{shown}</section>'


def _table(inputs: Sequence[ValueDifference]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{plain(item.name)}</th><td data-side="First">{_value(item.a)}</td>'
        f'<td data-side="Second">{_value(item.b)}</td><td>{_chip(same=item.same)}</td></tr>'
        for item in inputs
    )
    names = ("Input", "First", "Second", '<span class="cf-unseen">Same or not</span>')
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f'<table class="cf-table"><tr>{head}</tr>{lines}</table>'


def _chip(*, same: bool) -> str:
    return '<span class="cf-chip">same</span>' if same else '<span class="cf-chip cf-other">≠ differs</span>'


def _value(value: JsonValue) -> str:
    if value is None:
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return plain(text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]} …")


def _step(step: StepDifference, found: Comparison, longest: float) -> str:
    opened = "" if step.same else " open"
    where = "" if step.in_a and step.in_b else f" · only in the {'first' if step.in_a else 'second'}"
    body = f'<div class="cf-sides">{_figures(step, longest)}</div>{_diff(step)}{_media(step.media, found)}'
    return (
        f'<details class="cf-step"{opened}><summary><b>{plain(step.task or step.name)}</b>'
        f"<small>{plain(step.name)}{where}</small>{_chip(same=step.same)}</summary>"
        f'<div class="cf-step-body">{body}</div></details>'
    )


def _figures(step: StepDifference, longest: float) -> str:
    return "".join(_figure(step, is_first=is_first, longest=longest) for is_first in (True, False))


def _figure(step: StepDifference, *, is_first: bool, longest: float) -> str:
    if not (step.in_a if is_first else step.in_b):
        return '<div class="cf-side cf-absent">not in this run</div>'
    duration_s, cost = _of(step.duration_s, is_first=is_first), _of(step.cost_usd, is_first=is_first)
    attempts, error = _of(step.attempts, is_first=is_first), _of(step.error, is_first=is_first)
    told = [_of(step.status, is_first=is_first) or "pending", took(duration_s)]
    told += [costs(cost)] if cost is not None else []
    told += [f"{attempts} attempts"] if attempts and attempts > 1 else []
    why = f'<p class="cf-why">{plain(error)}</p>' if error else ""
    return f'<div class="cf-side">{plain(" · ".join(told))}{_bar(duration_s, longest)}{why}</div>'


def _of(pair: Pair[T], *, is_first: bool) -> T:
    return pair.a if is_first else pair.b


def _diff(step: StepDifference) -> str:
    if not step.output_same:
        return differing_lines(step.text_diff)
    shared = step.output.a
    return f'<div class="cf-diff cf-whole">{_value(shared)}</div>' if isinstance(shared, str) else ""


def differing_lines(found: Sequence[DiffLine]) -> str:
    """The lines that differ, with a few around them; of very many the first, and how many more there are."""
    lines = list(_near(found))
    if not lines:
        return ""
    more = sum(isinstance(line, DiffLine) and line.kind != "same" for line in lines[MOST_LINES:])
    cut = f"<p><small>{more} more lines differ.</small></p>" if more else ""
    return f'<div class="cf-diff">{"".join(map(_line, lines[:MOST_LINES]))}</div>{cut}'


def _near(lines: Sequence[DiffLine]) -> Iterator[DiffLine | int]:
    """The lines that differ with a few around; a number stands for so many equal ones left out."""
    changed = [index for index, line in enumerate(lines) if line.kind != "same"]
    kept = {index for at in changed for index in range(at - AROUND, at + AROUND + 1)}
    left_out = 0
    for index, line in enumerate(lines):
        if index in kept or (index - 1 in kept and index + 1 in kept):
            if left_out:
                yield left_out
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out and changed:
        yield left_out


def _line(line: DiffLine | int) -> str:
    if isinstance(line, int):
        return f'<div class="cf-gap">… {line} equal {"line" if line == 1 else "lines"}</div>'
    text = "".join(f"<mark>{plain(part)}</mark>" if is_new else plain(part) for part, is_new in _short(line))
    said = f'<span class="cf-unseen">{_SAID[line.kind]}</span>' if _SAID[line.kind] else ""
    return (
        f'<div class="cf-line cf-{line.kind}"><span aria-hidden="true">{_MARKS[line.kind]}</span>'
        f"<span>{said}{text}</span></div>"
    )


def _short(line: DiffLine) -> Iterator[tuple[str, bool]]:
    """The pieces of a line, of a very long one those around its first change."""
    parts, room = line.parts or ((line.text, False),), MOST_CHARS
    for index, (part, is_new) in enumerate(parts):
        is_lead = index == 0 and not is_new and len(parts) > 1 and len(part) > LEAD_CHARS
        text = f"… {part[-LEAD_CHARS:]}" if is_lead else part
        yield (text if len(text) <= room else f"{text[:room]} …"), is_new
        room -= len(text)
        if room <= 0:
            return


def _media(media: Pair[tuple[ArtifactRef, ...]], found: Comparison) -> str:
    if not media.a and not media.b:
        return ""
    a, b = (_files(run.run_id, files) for run, files in ((found.a, media.a), (found.b, media.b)))
    return f'<div class="cf-sides"><div class="cf-side">{a}</div><div class="cf-side">{b}</div></div>'


def _files(run_id: str, files: Iterable[ArtifactRef]) -> str:
    return "".join(media_element(file_url(run_id, file.path), path=file.path, kind=file.kind) for file in files)


def media_element(url: str, *, path: str, kind: str) -> str:
    """A file as a person looks at it: picture, player, or a link to download it."""
    source, name = escape(url, quote=True), escape(path.rpartition("/")[2], quote=True)
    match kind:
        case "image":
            return f'<img src="{source}" alt="{name}" loading="lazy">'
        case "video":
            return f'<video src="{source}" aria-label="{name}" controls preload="metadata" playsinline></video>'
        case "audio":
            return f'<audio src="{source}" aria-label="{name}" controls preload="metadata"></audio>'
    return f'<a href="{source}?download=1">{plain(path)}</a>'
