"""How the mouth stands while somebody speaks: shapes from phonemes, closed wherever the voice is silent."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.speech import RATE, Mouth

BLOCK_S = 0.01
_QUIET_DB = -36.0
_SHORTEST_QUIET = 9
_LATE = 0.55


def quiet(pcm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return for each hundredth of a second whether nothing is heard: 36 dB below what is loud in the speech."""
    block = round(RATE * BLOCK_S)
    count = len(pcm) // block
    power = (pcm[: count * block].reshape(count, block).astype(np.float64) ** 2).mean(axis=1)
    if not count or not power.max():
        return np.ones(count, dtype=np.bool_)
    loud = float(np.percentile(power[power > power.max() * 1e-4], 90))
    return np.asarray(power < loud * 10 ** (_QUIET_DB / 10))


def mouths(phonemes: Sequence[tuple[str, float]], pcm: NDArray[np.float32]) -> tuple[tuple[float, Mouth], ...]:
    """Return (second, shape) in order; from the first hundredth of a silence to its last the mouth is at rest."""
    said: list[tuple[float, Mouth]] = [(0.0, "rest")]
    for number, (name, at) in enumerate(phonemes):
        after = phonemes[number + 1][1] if number + 1 < len(phonemes) else at + 0.1
        shapes = _shapes(name)
        said += [(at + (after - at) * _LATE * place, shape) for place, shape in enumerate(shapes)]
    for start, end in _silences(pcm):
        resumed = [shape for at, shape in said if at <= end][-1]
        said = [(at, shape) for at, shape in said if not start <= at <= end] + [(start, "rest")]
        if end < len(pcm) / RATE - BLOCK_S:
            said.append((end, resumed))
        said.sort(key=lambda moment: moment[0])
    kept = said[:1]
    for at, shape in said[1:]:
        if shape != kept[-1][1]:
            kept.append((round(at, 3), shape))
    return tuple(kept)


def _silences(pcm: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Return (start, end) of what is silent for 90 ms or more; the short stop within a t or k is not."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet(pcm).astype(np.int8), [0]])))
    spans = edges.reshape(-1, 2)
    return [(float(start) * BLOCK_S, float(end) * BLOCK_S) for start, end in spans if end - start >= _SHORTEST_QUIET]


# IPA; signs that look like plain letters are written by their numbers.
_CLOSED, _HISS = "pbm", "fvsz\u0283\u0292\u03b8\u00f0\u0255\u0291\u0282\u0290\u00e7j"
_NARROW, _ROUND = "i\u026a\u0268", "ouy\u0254\u028a\u028f\u00f8\u0153\u0252\u0275"
_WIDE, _OPEN = "a\u0251\u00e6\u0250\u028c\u00e4", "e\u025b\u0259\u025c\u0258\u025a\u025d\u0264\u026f"
_FIRST: dict[str, Mouth] = {
    **dict.fromkeys(_CLOSED, "rest"), **dict.fromkeys(_HISS + _NARROW, "teeth"),
    **dict.fromkeys(_ROUND + "w\u028d", "round"), **dict.fromkeys(_WIDE, "wide"), **dict.fromkeys(_OPEN, "open"),
}  # fmt: skip
_VOWELS = frozenset(_NARROW + _ROUND + _WIDE + _OPEN)
_HISSED = ("ts", "t\u0283", "d\u0292", "dz", "t\u0255")


def _shapes(phoneme: str) -> tuple[Mouth, ...]:
    """Return one shape, or two for a vowel that glides from one to another; none for a change of language."""
    if phoneme.startswith("("):
        return ()
    bare = phoneme.lstrip("\u02c8\u02cc")
    if not bare:
        return ("rest",)
    if bare.startswith(_HISSED):
        return ("teeth",)
    vowels = [char for char in bare if char in _VOWELS]
    if bare[0] in _VOWELS and len(vowels) > 1:
        return _FIRST[vowels[0]], _FIRST[vowels[-1]]
    return (_FIRST.get(bare[0], "small"),)
