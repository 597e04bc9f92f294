"""What the music and the cut sounds are made of: notes, drums and gusts of our own, from sine, noise and plucked loops.

Every sound is mono float32, begins and ends in silence, and is the same each time; nobody may write into it.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.speech import RATE

Sound = NDArray[np.float32]
_KEPT = 24


def hertz(note: float) -> float:
    """Return the pitch of a MIDI note number; 69 is 440 Hz."""
    return float(440 * 2 ** ((note - 69) / 12))


def faded(sound: Sound, *, start: float, end: float) -> Sound:
    """Return the same samples, rising and falling within these seconds along half a cosine; writes into `sound`."""
    rise, fall = (min(sound.shape[-1], round(seconds * RATE)) for seconds in (start, end))
    if rise:
        sound[..., :rise] *= _slope(rise)
    if fall:
        sound[..., -fall:] *= _slope(fall)[::-1]
    return sound


@lru_cache(maxsize=_KEPT)
def pad(note: int, seconds: float) -> Sound:
    """A soft, slightly detuned chord tone that swells and leaves slowly."""
    t, hz = _times(seconds + 0.5), hertz(note)
    tone = _sine(hz * t) + 0.6 * _sine(hz * 1.004 * t + 0.3) + 0.25 * _sine(2 * hz * 0.998 * t)
    return _kept(0.05 * tone, start=0.3, end=0.6)


@lru_cache(maxsize=_KEPT)
def mallet(note: int, seconds: float) -> Sound:
    """A wooden bar: a short knock, then a round tone."""
    t, hz = _times(seconds), hertz(note)
    tone = (
        _sine(hz * t) * _decay(t, 7)
        + 0.35 * _sine(3.93 * hz * t) * _decay(t, 26)
        + 0.1 * _sine(9.5 * hz * t) * _decay(t, 70)
    )
    return _kept(0.16 * tone, start=0.002, end=0.06)


@lru_cache(maxsize=_KEPT)
def keys(note: int, seconds: float) -> Sound:
    """An electric piano: a tone whose brightness fades before it does."""
    t, hz = _times(seconds), hertz(note)
    tone = np.sin(2 * np.pi * hz * t + 1.6 * _decay(t, 3) * _sine(hz * t) + 0.35 * _decay(t, 14) * _sine(7 * hz * t))
    return _kept(0.13 * tone * _decay(t, 2.0), start=0.006, end=0.2)


@lru_cache(maxsize=_KEPT)
def bell(note: int, seconds: float) -> Sound:
    """A small glockenspiel."""
    t, hz = _times(seconds), hertz(note)
    tone = _sine(hz * t) * _decay(t, 5) + 0.3 * _sine(2.756 * hz * t) * _decay(t, 12)
    return _kept(0.09 * tone, start=0.002, end=0.1)


@lru_cache(maxsize=_KEPT)
def string(note: int, seconds: float) -> Sound:
    """A plucked string: a burst of noise that goes round in a loop and loses its edges."""
    period = round(RATE / hertz(note) - 0.5)
    # A loop is a whole number of samples and half a one for its filter; played a little faster or slower it is in tune.
    faster = (period + 0.5) * hertz(note) / RATE
    count = round(seconds * RATE)
    burst = _noise(period, seed=note)
    burst = burst + np.roll(burst, 1) + np.roll(burst, 2)
    loop = burst - burst.mean()
    rounds = np.empty((int(count * faster) // period + 2, period))
    # Both edges of the loop are known before the next round begins, so a whole round is one step.
    for number in range(len(rounds)):
        rounds[number] = loop
        loop = 0.9965 * 0.5 * (loop + np.roll(loop, 1))
    sound = np.interp(np.arange(count) * faster, np.arange(rounds.size), rounds.reshape(-1))
    sound *= 0.22 / max(1e-9, float(np.abs(sound).max()))
    return _kept(sound, start=0.002, end=0.08)


@lru_cache(maxsize=_KEPT)
def bass(note: int, seconds: float) -> Sound:
    """A round low tone with a little of its octave, so that it is heard on a telephone too."""
    t, hz = _times(seconds), hertz(note)
    tone = _sine(hz * t) + 0.35 * _sine(2 * hz * t) + 0.12 * _sine(3 * hz * t)
    return _kept(0.2 * tone * _decay(t, 2.0), start=0.01, end=0.09)


@lru_cache(maxsize=1)
def kick() -> Sound:
    """A soft drum whose pitch falls."""
    t = _times(0.28)
    return _kept(0.36 * _sine(48 * t + 2.0 * (1 - _decay(t, 30))) * _decay(t, 14), start=0.002, end=0.06)


@lru_cache(maxsize=4)
def clap(number: int) -> Sound:
    """Two fingers, not a hall full of hands."""
    t = _times(0.16)
    tone = band(_noise(len(t), seed=40 + number), 1100, 4200) * (_decay(t, 42) + 0.5 * _decay(np.abs(t - 0.012), 120))
    return _kept(0.12 * tone, start=0.002, end=0.04)


@lru_cache(maxsize=8)
def shaker(number: int, *, length: float = 0.09) -> Sound:
    """A short rustle; every number rustles a little differently."""
    t = _times(length)
    tone = band(_noise(len(t), seed=100 + number), 5000, 12000) * _decay(np.abs(t - length * 0.25), 4 / length)
    return _kept(0.05 * tone, start=length * 0.2, end=length * 0.4)


def whoosh(seed: int, *, length: float = 0.5) -> tuple[Sound, float]:
    """A gust that brightens until its loudest point and darkens after it; returns the second of that point as well."""
    t = _times(length)
    top = length * 0.55
    noise = _noise(len(t), seed=seed)
    near = np.exp(-(((t - top) / (length * 0.22)) ** 2))
    gust = band(noise, 250, 900) * near + 0.8 * band(noise, 900, 3600) * near**2
    return _kept(0.2 * gust, start=length * 0.3, end=length * 0.3), top


def tick(note: int) -> Sound:
    """A very short, wooden tick."""
    t = _times(0.07)
    return _kept(
        0.2 * (_sine(hertz(note) * t) + 0.4 * _sine(2.7 * hertz(note) * t)) * _decay(t, 60), start=0.001, end=0.03
    )


def band(noise: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return what lies between two pitches, with soft shoulders, as loud as before."""
    spectrum = np.fft.rfft(noise)
    places = np.log2(np.maximum(np.fft.rfftfreq(len(noise), 1 / RATE), 1.0))
    middle, width = (np.log2(low) + np.log2(high)) / 2, (np.log2(high) - np.log2(low)) / 2
    kept = np.fft.irfft(spectrum * np.exp(-(((places - middle) / width) ** 4)), n=len(noise))
    return np.asarray(kept / max(1e-9, float(kept.std())) * 0.5)


def _times(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _sine(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * turns)


def _decay(t: NDArray[np.float64], speed: float) -> NDArray[np.float64]:
    return np.exp(-speed * t)


def _noise(count: int, *, seed: int) -> NDArray[np.float64]:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(count)


def _slope(count: int) -> Sound:
    return (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))).astype(np.float32)


def _kept(sound: NDArray[np.float64], *, start: float, end: float) -> Sound:
    done = faded(sound.astype(np.float32), start=start, end=end)
    done.setflags(write=False)
    return done
