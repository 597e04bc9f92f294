"""How loud something is to an ear, and how it is kept below a ceiling: ITU-R BS.1770 loudness, true peak, a limiter.

Deliberate differences from the standard: (1) its filters act on the whole recording in the frequency domain, by their
size only, which moves no block's energy by more than their ringing; (2) true peak is sought beside loud samples only.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.speech import RATE

Sound = NDArray[np.float32]

SILENCE_LUFS = -70.0
_BLOCK, _REACH = 64, 12
# BS.1770-4, tables 1 and 2 give coefficients at 48 kHz only; these are the analogue filters behind them.
_SHELF_HZ, _SHELF_Q, _SHELF_DB = 1681.9744509555319, 0.7071752369554193, 3.99984385397
_LOW_HZ, _LOW_Q = 38.13547087613982, 0.5003270373253953


def filtered(sound: Sound, response: NDArray[np.inexact], length: int) -> Sound:
    """Return each row of the sound through a filter given by its response at `np.fft.rfftfreq(length)`."""
    spectrum = np.fft.rfft(sound, n=length, axis=-1)
    spectrum *= response
    return np.fft.irfft(spectrum, n=length, axis=-1)[..., : sound.shape[-1]].astype(np.float32)


def room_for(samples: int) -> int:
    """Return a length for `filtered` that is quick to transform and leaves a second for what rings on."""
    least = samples + RATE
    sizes = (odd << power for odd in (1, 3, 5, 9, 15) for power in range(26))
    return min(size for size in sizes if size >= least)


def loudness(sound: Sound) -> float:
    """Return the integrated loudness in LUFS of mono (n) or stereo (2, n) sound; -70 for silence.

    Mono counts as one channel; the same on two sides is 3 LU louder.
    """
    rows = np.atleast_2d(sound)
    length = room_for(rows.shape[-1])
    step, blocks = RATE // 10, rows.shape[-1] // (RATE // 10)
    if blocks < 4:
        return SILENCE_LUFS
    energy = np.zeros(blocks)
    for row in rows:
        heard = filtered(row, _weighting(length), length)[: blocks * step]
        energy += np.square(heard).reshape(blocks, step).mean(axis=1, dtype=np.float64)
    windows = np.convolve(energy, np.full(4, 0.25), mode="valid")
    windows = windows[windows > _energy_of(SILENCE_LUFS)]
    if not len(windows):
        return SILENCE_LUFS
    windows = windows[windows > windows.mean() * 0.1]
    return float(-0.691 + 10 * np.log10(windows.mean()))


def true_peak(sound: Sound) -> float:
    """Return the highest point between and on the samples, as dBFS (4 times oversampled); -120 for silence."""
    return float(20 * np.log10(max(1e-6, _highest(np.atleast_2d(sound)))))


def limited(sound: Sound, *, ceiling_db: float) -> Sound:
    """Return stereo sound whose true peak stays below the ceiling; turned down gently ahead of what is too loud."""
    ceiling = 10 ** (ceiling_db / 20)
    peaks = _peaks(sound, above=0.5 * ceiling)
    if float(peaks.max(initial=0)) <= ceiling:
        return sound
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    # The least of 15 blocks (22 ms), then smoothed over 11: never above what a block needs, without a step.
    padded = np.pad(needed, 7, mode="edge")
    least = np.lib.stride_tricks.sliding_window_view(padded, 15).min(axis=1)
    bell = np.hanning(13)[1:-1]
    gains = np.convolve(np.pad(least, 5, mode="edge"), bell / bell.sum(), mode="valid")
    places = (np.arange(len(gains)) + 0.5) * _BLOCK
    return (sound * np.interp(np.arange(sound.shape[-1]), places, gains)).astype(np.float32)


def _highest(rows: Sound) -> float:
    level = float(np.abs(rows).max(initial=0))
    return float(_peaks(rows, above=0.45 * level).max(initial=0)) if level else 0.0


def _peaks(rows: Sound, *, above: float) -> NDArray[np.float64]:
    """Return the highest true peak of each block of 64 samples, over all rows; looked at closely only `above`."""
    count = -(-rows.shape[-1] // _BLOCK)
    highest = np.zeros(count)
    for row in rows:
        level = np.pad(np.abs(row), (0, count * _BLOCK - len(row)))
        np.maximum(highest, level.reshape(count, _BLOCK).max(axis=1), out=highest)
        # Sound peaks beside a sample that is hardly lower than its neighbours: only there it is worth looking closer.
        inner = level[1:-1]
        tops = np.flatnonzero((inner > 0.95 * level[:-2]) & (inner > 0.95 * level[2:]) & (inner > above)) + 1
        near = np.lib.stride_tricks.sliding_window_view(np.pad(row, _REACH + _BLOCK), 2 * _REACH + 1)[tops + _BLOCK]
        np.maximum.at(highest, tops // _BLOCK, np.abs(near @ _BETWEEN).max(axis=1))
    return highest


@lru_cache(maxsize=2)
def _weighting(length: int) -> NDArray[np.float32]:
    """Return the K-weighting's response: a shelf for the head, a high-pass for the ear."""
    # Exact at 2,000 pitches, straight between them: a hundredth of the work, and no difference a meter could show.
    hertz = np.geomspace(1.0, RATE / 2, 2000)
    turns = 2 * np.pi * hertz / RATE
    k = np.tan(np.pi * _SHELF_HZ / RATE)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    shelf = _power(turns, high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k)
    shelf /= _power(turns, 1 + k / _SHELF_Q + k * k, 2 * (k * k - 1), 1 - k / _SHELF_Q + k * k)
    k = np.tan(np.pi * _LOW_HZ / RATE)
    below = 1 + k / _LOW_Q + k * k
    low = _power(turns, 1.0, -2.0, 1.0)
    low /= _power(turns, 1.0, 2 * (k * k - 1) / below, (1 - k / _LOW_Q + k * k) / below)
    size = np.sqrt(np.maximum(shelf * low, 0))
    return np.asarray(np.interp(np.fft.rfftfreq(length, 1 / RATE), hertz, size), dtype=np.float32)


def _power(turns: NDArray[np.float64], first: float, second: float, third: float) -> NDArray[np.float64]:
    """Return the squared size of first + second z + third z^2 around the unit circle."""
    return np.asarray(
        first**2 + second**2 + third**2 + 2 * second * (first + third) * np.cos(turns)
        + 2 * first * third * np.cos(2 * turns)
    )  # fmt: skip


def _energy_of(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _between() -> NDArray[np.float32]:
    """Return six short filters side by side: what the sound is up to three quarters of a sample before and after."""
    places = np.arange(-_REACH, _REACH + 1)
    shares = (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75)
    bell = np.kaiser(2 * _REACH + 3, 6.0)[1:-1]
    return np.stack([np.sinc(places - share) * bell for share in shares], axis=1).astype(np.float32)


_BETWEEN = _between()
