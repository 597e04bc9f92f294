"""What plays under the voice: a short bed of our own, made of sine and noise, ducked where somebody speaks."""

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
_BEATS = 100 / 60
_CHORDS = ((57, 60, 64, 67), (53, 57, 60, 64), (48, 55, 60, 64), (55, 59, 62, 67))


def compose(seconds: float, *, seed: int = 0) -> NDArray[np.float32]:
    """Return a bed of this length, mono, peak at most 0.5, faded in and out."""
    count = round(seconds * RATE)
    bed = np.zeros(count + RATE * 3, dtype=np.float32)
    beat = 1 / _BEATS
    shift = (0, 2, -3, 5)[seed % 4]
    for bar in range(int(seconds / (beat * 4)) + 1):
        chord = [note + shift for note in _CHORDS[bar % 4]]
        at = bar * beat * 4
        for note in chord:
            _add(bed, _pad(note, beat * 4), at)
        _add(bed, _bass(chord[0] - 12, beat * 1.6), at)
        _add(bed, _bass(chord[0] - 12, beat * 0.8), at + beat * 2.5)
        for step in range(8):
            _add(bed, _pluck(chord[(step * 3 + seed) % 4] + 12, 0.42), at + step * beat / 2)
        for step in range(4):
            _add(bed, _shaker(step), at + (step + 0.5) * beat)
            if step % 2 == 0:
                _add(bed, _kick(), at + step * beat)
    bed = bed[:count]
    bed *= 0.5 / max(1e-6, float(np.abs(bed).max(initial=0)))
    return _faded(bed, start=0.12, end=0.9)


def mix_down(bed: NDArray[np.float32], voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return bed and voice together, bed ducked under speech, peak below -1 dBFS."""
    together = np.zeros(len(bed), dtype=np.float32)
    spoken = voice[: len(bed)]
    together[: len(spoken)] = spoken
    out = together * 0.9 + bed * _duck(together) * (1.0 if len(spoken) else 1.3)
    peak = float(np.abs(out).max(initial=0))
    limit = 10 ** (-1.5 / 20)
    return np.asarray(out * (limit / peak) if peak > limit else out, dtype=np.float32)


def _duck(voice: NDArray[np.float32]) -> NDArray[np.float32]:
    block = RATE // 50
    loud = np.abs(voice[: len(voice) // block * block]).reshape(-1, block).max(axis=1, initial=0) > 0.02
    level, gains = 1.0, []
    for spoken in loud:
        # Down within about 60 ms, up within about half a second, so that pauses do not pump.
        level += (0.30 - level) * 0.35 if spoken else (1.0 - level) * 0.05
        gains.append(level)
    places = (np.arange(len(gains)) + 0.5) * block
    if not gains:
        return np.ones(len(voice), dtype=np.float32)
    return np.interp(np.arange(len(voice)), places, gains).astype(np.float32)


def _add(bed: NDArray[np.float32], sound: NDArray[np.float32], at: float) -> None:
    start = round(at * RATE)
    end = min(len(bed), start + len(sound))
    if end > start:
        bed[start:end] += sound[: end - start]


def _times(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _pitch(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _pad(note: int, seconds: float) -> NDArray[np.float32]:
    t, hz = _times(seconds + 0.4), _pitch(note)
    tone = np.sin(2 * np.pi * hz * t) + 0.5 * np.sin(2 * np.pi * hz * 1.004 * t) + 0.2 * np.sin(4 * np.pi * hz * t)
    return _faded((0.05 * tone).astype(np.float32), start=0.35, end=0.5)


def _pluck(note: int, seconds: float) -> NDArray[np.float32]:
    t, hz = _times(seconds), _pitch(note)
    tone = np.sin(2 * np.pi * hz * t + 1.4 * np.exp(-t * 18) * np.sin(4 * np.pi * hz * t))
    return _faded((0.12 * tone * np.exp(-t * 9)).astype(np.float32), start=0.004, end=0.05)


def _bass(note: int, seconds: float) -> NDArray[np.float32]:
    t, hz = _times(seconds), _pitch(note)
    tone = np.sin(2 * np.pi * hz * t) + 0.25 * np.sin(4 * np.pi * hz * t)
    return _faded((0.22 * tone * np.exp(-t * 2.2)).astype(np.float32), start=0.01, end=0.08)


def _kick() -> NDArray[np.float32]:
    t = _times(0.28)
    falling = np.sin(2 * np.pi * (46 * t + 2.2 * (1 - np.exp(-t * 30))))
    return _faded((0.4 * falling * np.exp(-t * 14)).astype(np.float32), start=0.002, end=0.05)


def _shaker(number: int) -> NDArray[np.float32]:
    noise = np.random.Generator(np.random.PCG64(100 + number)).standard_normal(round(0.09 * RATE))
    bright = np.diff(noise, prepend=0.0)
    return _faded((0.018 * bright * np.exp(-_times(0.09) * 45)).astype(np.float32), start=0.004, end=0.02)


def _faded(sound: NDArray[np.float32], *, start: float, end: float) -> NDArray[np.float32]:
    rise, fall = min(len(sound), round(start * RATE)), min(len(sound), round(end * RATE))
    if rise:
        sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    if fall:
        sound[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return sound
