"""How the bare voice is made pleasant: 44.1 kHz, warmer and less sharp, hisses held back, loud and soft brought closer.

Nothing here moves a sound in time, so word times and mouth shapes stay true.
"""

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.loudness import filtered, room_for
from character_flow.studio.speech import RATE

_BLOCK = RATE // 200
_LEVEL_DB = -19.0
# (Hz, dB): rumble out, a little body, the buzz between 2.5 and 4 kHz down, no glassy top.
_CURVE = ((40, -40), (70, -9), (110, -1), (190, 2.0), (320, 1.0), (600, 0), (1500, 0), (2600, -2.0), (3600, -3.5),
          (5000, -2.0), (7000, -2.5), (9000, -5.0), (10800, -14.0), (11500, -60.0))  # fmt: skip
_HISS = ((3500, -80.0), (4800, -6.0), (5600, 0), (9000, 0), (10500, -60.0))
_MOST_HISS = 0.42
_SQUEEZE = 0.3


def pleasant(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 22,050 Hz speech at 44,100 Hz, exactly twice as many samples, spoken parts at -19 dBFS RMS."""
    if not len(samples) or not np.abs(samples).max():
        return np.zeros(2 * len(samples), dtype=np.float32)
    doubled = np.zeros(2 * len(samples), dtype=np.float32)
    doubled[::2] = 2 * samples
    # The curve ends below 11 kHz: what doubling has mirrored above it is cut off in the same go.
    length = room_for(len(doubled))
    voice = filtered(doubled, _response(_CURVE, length), length)
    hiss = filtered(voice, _response(_HISS, length), length)
    clear = voice - hiss * _by_block(_held_back(voice, hiss), len(voice)).astype(np.float32)
    return _levelled(_squeezed(clear))


def _held_back(voice: NDArray[np.float32], hiss: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how much of the hiss to take away, block by block: what is above its share of a normal vowel."""
    loud = float(np.percentile(_levels(voice), 90))
    share = _levels(hiss) / max(loud, 1e-9)
    return np.clip(1 - _MOST_HISS / np.maximum(share, 1e-9), 0.0, 0.7)


def _squeezed(voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring loud and soft syllables closer together; pauses stay as quiet as they are."""
    levels = np.convolve(_levels(voice), np.hanning(18)[1:-1] / np.hanning(18).sum(), mode="same")
    loud = float(np.percentile(levels, 85))
    if loud <= 0:
        return voice
    gains = np.clip(levels / loud, 0.25, 4.0) ** -_SQUEEZE
    gains[levels < loud * 0.05] = 1.0
    return (voice * _by_block(gains, len(voice))).astype(np.float32)


def _levelled(voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring spoken parts to their level; peaks are rounded off softly below -1.5 dBFS."""
    levels = _levels(voice)
    spoken = levels[levels > 0.05 * float(levels.max())]
    gain = 10 ** (_LEVEL_DB / 20) / float(np.sqrt((spoken**2).mean()))
    return np.asarray(0.84 * np.tanh(voice * gain / 0.84), dtype=np.float32)


def _levels(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the RMS of each 5 ms, the last one filled up with silence."""
    count = -(-len(sound) // _BLOCK)
    blocks = np.pad(sound, (0, count * _BLOCK - len(sound))).reshape(count, _BLOCK)
    return np.asarray(np.sqrt((blocks.astype(np.float64) ** 2).mean(axis=1)))


def _by_block(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    places = (np.arange(len(values)) + 0.5) * _BLOCK
    return np.interp(np.arange(length), places, values)


def _response(curve: tuple[tuple[float, float], ...], length: int) -> NDArray[np.float64]:
    hertz = np.fft.rfftfreq(length, 1 / RATE)
    places, decibels = zip(*curve, strict=True)
    return np.asarray(10 ** (np.interp(np.log(np.maximum(hertz, 1.0)), np.log(places), decibels) / 20))
