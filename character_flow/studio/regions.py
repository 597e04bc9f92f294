"""Which pixels belong together: growing, shrinking, filling and counting parts of a mask, without a vision library."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]


def reached(ground: Mask, *, from_below: bool = True) -> Mask:
    """Return the ground that can be walked to from the border; `from_below` False: not from the lower one."""
    labels = _labels(ground)
    # A person leaves the picture below: there the walk begins no lower than half way down the sides.
    upto = len(ground) if from_below else len(ground) // 2
    seeds = np.concatenate([labels[0], labels[:upto, 0], labels[:upto, -1], labels[-1] if from_below else labels[0]])
    kept = np.zeros(ground.size + 1, dtype=bool)
    kept[seeds] = True
    kept[0] = False
    return np.asarray(kept[labels])


def filled(inside: Mask) -> Mask:
    """Return the mask without holes."""
    return ~reached(~inside)


def largest(inside: Mask) -> Mask:
    """Return the largest connected part and what is at least a fifth of it; dust goes."""
    labels = _labels(inside)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    if not areas.any():
        return inside
    return np.asarray((areas >= areas.max() / 5)[labels] & inside)


def parts(inside: Mask, *, least: int) -> tuple[Mask, ...]:
    """Return the connected parts of at least so many pixels, at most twelve."""
    labels = _labels(inside)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    found = [int(label) for label in np.argsort(-areas)[:12] if areas[label] >= least]
    return tuple(labels == label for label in found)


def mostly(inside: Mask, covered: Mask, *, share: float) -> Mask:
    """Return what is covered of those connected parts that are covered to at least this share."""
    labels = _labels(inside)
    areas = np.bincount(labels.ravel())
    hit = np.bincount(labels[covered], minlength=len(areas))
    return np.asarray((hit >= share * areas)[labels] & covered & inside)


def grown(inside: Mask, steps: int) -> Mask:
    """Return the mask made wider by so many pixels."""
    wider = inside.copy()
    for _ in range(steps):
        before = wider.copy()
        wider[1:] |= before[:-1]
        wider[:-1] |= before[1:]
        before = wider.copy()
        wider[:, 1:] |= before[:, :-1]
        wider[:, :-1] |= before[:, 1:]
    return wider


def shrunk(inside: Mask, steps: int) -> Mask:
    """Return the mask made narrower by so many pixels; the picture's border takes nothing away."""
    return ~grown(~inside, steps)


def opened(inside: Mask) -> Mask:
    """Return the mask without threads and specks thinner than three pixels."""
    return grown(shrunk(inside, 1), 1) & inside


def closed(inside: Mask, steps: int) -> Mask:
    """Return the mask without bites and cracks up to twice so many pixels wide."""
    room = np.pad(inside, steps)
    return np.asarray(shrunk(grown(room, steps), steps)[steps:-steps, steps:-steps] | inside)


def _labels(inside: Mask) -> NDArray[np.int64]:
    """Number the connected parts, 0 outside: each run of a row or column takes its smallest number until all rest."""
    labels = np.where(inside, np.arange(1, inside.size + 1).reshape(inside.shape), 0)
    while True:
        before = labels
        for axis in (1, 0):
            labels = _along(labels, inside) if axis else _along(labels.T, inside.T).T
        if np.array_equal(labels, before):
            return np.ascontiguousarray(labels)


def _along(labels: NDArray[np.int64], inside: Mask) -> NDArray[np.int64]:
    flat, mask = np.ascontiguousarray(labels).ravel(), np.ascontiguousarray(inside).ravel()
    width = inside.shape[1]
    # A run starts where the pixel before is another kind, and at the beginning of every line.
    starts = np.ones(flat.size, dtype=bool)
    starts[1:] = mask[1:] != mask[:-1]
    starts[::width] = True
    first = np.flatnonzero(starts)
    smallest = np.minimum.reduceat(flat, first)
    return np.repeat(smallest, np.diff(np.append(first, flat.size))).reshape(inside.shape)
