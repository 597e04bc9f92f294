"""What stands behind a product: the light of an even ground, guessed from the borders, and what departs from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.regions import Mask

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What is known of the ground: for each pixel how far it is from it, and how steep the picture is there.

    `edge` is more than the ground's grain; `sharp` is more than a JPEG's blocks make of an even wall as well.
    """

    expected: Field
    gap: Field
    steep: Field
    noise: float
    unevenness: float
    edge: Mask
    sharp: Mask

    @property
    def near(self) -> Mask:
        """Where the colour is the ground's, give or take its noise."""
        return np.asarray(np.linalg.norm(self.gap, axis=2) < max(5.0, 3.5 * self.noise))

    @property
    def stands_out(self) -> Mask:
        """Where the colour is surely not the ground's, nor its shadow."""
        return np.asarray((np.linalg.norm(self.gap, axis=2) > max(14.0, 7 * self.noise)) & ~self.is_dark_ground)

    @property
    def is_other(self) -> Mask:
        """Where the colour is not quite the ground's: more than the steps of a JPEG, perhaps white on white."""
        return np.asarray(np.linalg.norm(self.gap, axis=2) > max(2.5, 2.0 * self.noise))

    @property
    def is_bare(self) -> Mask:
        """Where there is nothing but ground: its colour closely, and no detail."""
        return np.asarray((np.linalg.norm(self.gap, axis=2) < max(3.5, 2.5 * self.noise)) & ~self.edge)

    @property
    def is_shaded(self) -> Mask:
        """Where the ground could be seen with less light."""
        return self._darker(least=0.40, chroma=8.0)

    @property
    def is_pale_shade(self) -> Mask:
        """Where the ground could be seen with a little less light, as white things before a white wall are."""
        return self.near | self._darker(least=0.75, chroma=6.0)

    @property
    def is_dark_ground(self) -> Mask:
        """Where the ground could be seen with hardly any light, as right under a thing that stands on it."""
        return self._darker(least=0.18, chroma=11.0)

    def _darker(self, *, least: float, chroma: float) -> Mask:
        light = self.expected[..., 0] + self.gap[..., 0]
        share = np.clip(light / np.maximum(self.expected[..., 0], 1.0), 0, 1)
        # Less light takes colour away in the same measure.
        off = self.expected[..., 1:] * (1 - share[..., None]) + self.gap[..., 1:]
        return np.asarray((self.gap[..., 0] < 3) & (share > least) & (np.hypot(off[..., 0], off[..., 1]) < chroma))


def behind(field: Field, *, upper_only: bool = False) -> Backdrop:
    """Fit the ground to the picture's border; `upper_only` leaves out the lower half, where a person stands."""
    height, width, _ = field.shape
    rim = max(2, round(min(height, width) * 0.035))
    border = np.zeros((height, width), dtype=bool)
    border[:rim], border[:, :rim], border[:, -rim:] = True, True, True
    if upper_only:
        border[round(height * 0.45) :] = False
    else:
        border[-rim:] = True
    terms = _terms(height, width, bent=not upper_only)
    expected, kept = _fitted(field, terms, border)
    away = np.linalg.norm(field - expected, axis=2)
    unevenness = float(np.percentile(away[border], 75))
    if unevenness < 8 and not upper_only:
        # The border alone says little of the middle: everything that is ground helps.
        clear = away < max(5.0, 3 * float(np.median(away[border])))
        expected, kept = _fitted(field, terms, clear)
    gap = (field - expected).astype(np.float32)
    steep = steepness(field)
    noise = float(np.median(np.linalg.norm(gap, axis=2)[kept])) if kept.any() else 0.0
    calm = float(np.median(steep[kept])) if kept.any() else 0.0
    limit = max(1.1, 3.2 * calm)
    return Backdrop(expected, gap, steep, noise, unevenness, steep > limit, steep > 1.7 * limit)


def steepness(field: Field) -> Field:
    """Return how fast the colour changes at each pixel."""
    down, across = np.gradient(field, axis=0), np.gradient(field, axis=1)
    return np.asarray(np.sqrt((across**2).sum(axis=2) + (down**2).sum(axis=2)), dtype=np.float32)


def _terms(height: int, width: int, *, bent: bool) -> Field:
    """Return the shapes light may take on a wall: even, falling off to a side, and bent once."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] + np.zeros((height, width), dtype=np.float32)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] + np.zeros((height, width), dtype=np.float32)
    flat = [np.ones_like(x), x, y]
    return np.stack([*flat, x * y, x * x, y * y] if bent else flat, axis=-1)


def _fitted(field: Field, terms: Field, where: Mask) -> tuple[Field, Mask]:
    """Return the ground that fits best where asked, what sticks out of it left aside, and where it did fit."""
    kept = where.copy()
    # From an even wall to a bent one: a product at the border must not pull the wall towards itself.
    for count, least in ((1, 12.0), (3, 6.0), (terms.shape[-1], 2.5), (terms.shape[-1], 2.5), (terms.shape[-1], 2.5)):
        step = max(1, int(kept.sum()) // 6000)
        rows, seen = terms[kept][::step, :count].astype(np.float64), field[kept][::step].astype(np.float64)
        weights = np.median(seen, axis=0)[None] if count == 1 else np.linalg.lstsq(rows, seen, rcond=None)[0]
        expected = np.asarray(terms[..., :count] @ np.asarray(weights, dtype=np.float32), dtype=np.float32)
        away = np.linalg.norm(field - expected, axis=2)
        narrowed = where & (away < max(least, 2.5 * float(np.median(away[where]))))
        if int(narrowed.sum()) < 0.3 * int(where.sum()):
            break
        kept = narrowed
    return expected, kept
