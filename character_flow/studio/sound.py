"""What the advert sounds like as a whole: voice, music that steps back for it, and a soft sound at each cut.

The mix is -16 LUFS (ITU-R BS.1770) and its true peak stays below -2 dB, so that AAC, which adds up to a decibel to
single peaks, still leaves it below -1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from character_flow.studio import instruments as play
from character_flow.studio import music
from character_flow.studio.lips import BLOCK_S, quiet
from character_flow.studio.loudness import SILENCE_LUFS, filtered, limited, loudness, room_for
from character_flow.studio.music import MOODS, Mood
from character_flow.studio.speech import RATE, Speech

TARGET_LUFS = -16.0
CEILING_DB = -2.0
_VOICE_LUFS = -17.0
_BED_LUFS = -21.5
_CARD_LUFS = -17.5
_DUCKED_DB = -10.0
_ATTACK_S, _HOLD_S, _RELEASE_S, _AHEAD_S = 0.06, 0.25, 0.45, 0.12
_CUT_LEVEL = 0.3
# A small furnished room: a few early echoes (seconds, share), other ones on either side.
_ECHOES = (
    ((0.0067, 0.10), (0.0113, 0.08), (0.0191, 0.06), (0.0283, 0.04)),
    ((0.0079, 0.10), (0.0131, 0.08), (0.0173, 0.06), (0.0311, 0.04)),
)
_MOOD_FOR: dict[str, Mood] = {
    "bottle": "calm", "tube": "calm", "cup": "warm", "bag": "warm", "shoe": "bright", "phone": "bright",
    "box": "playful",
}  # fmt: skip


def mood_for(shape: str, *, seed: int = 0) -> Mood:
    """Return the music that goes with a kind of product; where the kind says nothing, the seed chooses."""
    return _MOOD_FOR.get(shape) or MOODS[seed % len(MOODS)]


def mix(
    speech: Speech, *, seconds: float, lead_s: float, cuts: Sequence[float], mood: Mood, seed: int
) -> NDArray[np.float32]:
    """Return the whole sound, stereo (2, n), n = round(seconds * 44100); the same for the same arguments.

    `cuts` are the seconds at which the picture changes; the last one opens the closing card, where music comes up.
    """
    card_at = cuts[-1] if cuts else None
    bed = _balanced(music.bed(seconds, mood=mood, seed=seed, card_at=card_at), card_at)
    voice = _voice(speech, lead_s, count=bed.shape[1])
    if len(speech.pcm):
        bed *= gain_under(voice[0])
    return _finished(bed + voice + _cut_sounds(bed.shape[1], cuts, seed=seed), seconds)


def gain_under(voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return, sample by sample, how far music steps back (0.32) under a voice; it begins just before each word."""
    heard = ~quiet(voice)
    # Pauses between words are bridged, so that the music does not pump.
    reach, hold = round(_AHEAD_S / BLOCK_S), round(_HOLD_S / BLOCK_S)
    heard = np.convolve(heard, np.ones(reach + hold + 1))[reach : reach + len(heard)] > 0.5
    floor, level = 10 ** (_DUCKED_DB / 20), 1.0
    down, up = 1 - np.exp(-BLOCK_S / _ATTACK_S), 1 - np.exp(-BLOCK_S / _RELEASE_S)
    gains = []
    for spoken in heard:
        level += (floor - level) * down if spoken else (1.0 - level) * up
        gains.append(level)
    places = (np.arange(len(gains)) + 0.5) * BLOCK_S * RATE
    return np.interp(np.arange(len(voice)), places, gains).astype(np.float32) if gains else np.ones_like(voice)


def _voice(speech: Speech, lead_s: float, *, count: int) -> NDArray[np.float32]:
    """Return the voice on both sides, at its place and level, with a little of the room it is in."""
    placed = np.zeros(count, dtype=np.float32)
    start = min(count, round(lead_s * RATE))
    said = speech.pcm[: count - start].copy()
    if not len(said) or not float(np.abs(said).max()):
        return np.stack([placed, placed])
    placed[start : start + len(said)] = play.faded(said, start=0.003, end=0.02)
    length = room_for(count)
    # Walls swallow what is bright.
    echo = filtered(placed, 1 / (1 + (np.fft.rfftfreq(length, 1 / RATE) / 3500) ** 2), length)
    both = np.stack([placed, placed])
    for row, echoes in enumerate(_ECHOES):
        for late_s, share in echoes:
            late = round(late_s * RATE)
            both[row, late:] += np.float32(share) * echo[: count - late]
    both *= np.float32(10 ** ((_VOICE_LUFS - loudness(both)) / 20))
    return both


def _balanced(bed: NDArray[np.float32], card_at: float | None) -> NDArray[np.float32]:
    """Return the music at its level, and on the closing card, where it is alone, nearly as loud as the voice was."""
    count = bed.shape[1]
    turn = count if card_at is None else min(count, max(0, round(card_at * RATE)))
    before, after = (10 ** ((aim - loudness(part)) / 20) if part.shape[1] > RATE else None
                     for aim, part in ((_BED_LUFS, bed[:, :turn]), (_CARD_LUFS, bed[:, turn:])))  # fmt: skip
    gains = (before or after or 1.0, after or before or 1.0)
    places = (turn - 0.08 * RATE, turn + 0.12 * RATE)
    return (bed * np.interp(np.arange(count), places, gains)).astype(np.float32)


def _cut_sounds(count: int, cuts: Sequence[float], *, seed: int) -> NDArray[np.float32]:
    """Return a gust that crosses from one side to the other at each cut, and a tick on every second one."""
    out = np.zeros((2, count), dtype=np.float32)
    for number, at in enumerate(cuts):
        gust, top = play.whoosh(1000 + abs(seed) * 31 + number, length=0.46 + 0.06 * (number % 2))
        way = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, len(gust)))).astype(np.float32)
        sides = (np.sqrt(1 - way), np.sqrt(way)) if (number + seed) % 2 else (np.sqrt(way), np.sqrt(1 - way))
        for row in (0, 1):
            _lay(out[row], gust * sides[row], at - top)
            if number % 2:
                _lay(out[row], 0.3 * play.tick(84 + 5 * (seed % 3)), at)
    return out * np.float32(_CUT_LEVEL)


def _lay(row: NDArray[np.float32], sound: NDArray[np.float32], at: float) -> None:
    start = round(at * RATE)
    first, end = max(0, start), min(len(row), start + len(sound))
    if first < end:
        piece = sound[first - start : end - start].copy()
        row[first:end] += play.faded(piece, start=0.004, end=0.004)


def _finished(sound: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """Bring the whole to its loudness below its ceiling, and both ends to silence."""
    play.faded(sound, start=0.01, end=min(0.25, seconds / 4))
    for _ in range(3):
        heard = loudness(sound)
        if heard <= SILENCE_LUFS or abs(TARGET_LUFS - heard) < 0.1:
            break
        sound = limited(sound * np.float32(10 ** ((TARGET_LUFS - heard) / 20)), ceiling_db=CEILING_DB)
    return sound
