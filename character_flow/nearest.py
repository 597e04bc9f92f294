"""Which known name was meant: the ending of a message about an unknown one."""

import difflib
from collections.abc import Iterable

_MANY = 1000


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`, did you mean 'dialog'?`, or nothing if no known name is near.

    Among very many names only those of the same beginning and about the same length are compared.
    """
    candidates = list(known)
    if len(candidates) > _MANY:
        candidates = [other for other in candidates if other[:1] == name[:1] and abs(len(other) - len(name)) <= 2][
            :_MANY
        ]
    near = difflib.get_close_matches(name[:100], candidates, n=1)
    return f", did you mean '{near[0]}'?" if near else ""
