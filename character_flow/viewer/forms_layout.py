"""Where a form's fields stand: two columns in the plan's order, and apart from them texts that are prepared already."""

from collections.abc import Sequence

from character_flow.viewer.forms import Field, Widget

_WEIGHTS: dict[Widget, int] = {"portraits": 9, "file": 6, "lines": 4}
_ENOUGH = 8


def columns_of(fields: Sequence[Field]) -> tuple[Sequence[Field], Sequence[Field], Sequence[Field]]:
    """The left column, the right one (empty for a short form), and the prepared texts.

    Hidden fields count: no field changes its column because another one appears.
    """
    prepared = [asked for asked in fields if asked.is_prepared]
    rest = [asked for asked in fields if not asked.is_prepared]
    weights = [_WEIGHTS.get(asked.widget, 2) for asked in rest]
    whole = sum(weights)
    if whole < _ENOUGH or len(rest) < 2:
        return rest, (), prepared
    cut = min(range(1, len(rest)), key=lambda at: abs(2 * sum(weights[:at]) - whole))
    return rest[:cut], rest[cut:], prepared
