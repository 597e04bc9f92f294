"""When was each step at work: its attempts as spans on the time line of the run, in percent of its length."""

from collections.abc import Mapping
from dataclasses import dataclass

from character_flow.events import Event, StepEnd, StepError, StepReused, StepSkipped, StepStarted
from character_flow.replay import timeline
from character_flow.stream.stream import RunFolder

_MOST_TICKS = 7
_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 86_400)


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt: where it lies, and how it ended (`retried` where another one followed)."""

    left: float
    width: float
    end: str
    attempt: int
    begin_s: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Ruler:
    """The time line: its length, its marks (percent and seconds), and the spans of each step by number."""

    length_s: float
    marks: tuple[tuple[float, float], ...]
    spans: Mapping[int, tuple[Span, ...]]


def ruler_of(run: RunFolder) -> Ruler:
    """The time line of a run; what has not ended yet lasts up to its last event."""
    open_since: dict[tuple[int, int], float] = {}
    found: list[tuple[int, int, float, float, str]] = []
    at_s = 0.0
    for at_s, event in timeline(run):
        place = (event.step or 0, event.attempt or 0)
        if isinstance(event.fact, StepStarted):
            open_since[place] = at_s
        elif isinstance(event.fact, StepEnd):
            found.append((*place, open_since.pop(place, at_s), at_s, _end(event)))
        elif isinstance(event.fact, StepSkipped | StepReused):
            found.append((*place, at_s, at_s, _end(event)))
    found += [(*place, since, at_s, "running") for place, since in open_since.items()]
    length = max(at_s, 0.001)
    spans: dict[int, tuple[Span, ...]] = {}
    for step, attempt, begin, end, how in found:
        span = Span(100 * begin / length, 100 * (end - begin) / length, how, attempt, begin, end - begin)
        spans[step] = (*spans.get(step, ()), span)
    return Ruler(length, _marks(length), spans)


def _end(event: Event) -> str:
    fact = event.fact
    if isinstance(fact, StepError) and not fact.final:
        return "retried"
    return event.type.removeprefix("step_")


def _marks(length_s: float) -> tuple[tuple[float, float], ...]:
    apart = next((tick for tick in _TICKS_S if length_s / tick <= _MOST_TICKS), length_s / _MOST_TICKS)
    return tuple((100 * number * apart / length_s, number * apart) for number in range(int(length_s / apart) + 1))
