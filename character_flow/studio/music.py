"""What plays under the voice: a short bed of our own in one of four moods, on time with the closing card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from character_flow.studio import instruments as play
from character_flow.studio.loudness import filtered, room_for
from character_flow.studio.speech import RATE

Mood: TypeAlias = Literal["bright", "calm", "playful", "warm"]
MOODS: tuple[Mood, ...] = ("bright", "calm", "playful", "warm")

_Chord: TypeAlias = tuple[int, tuple[int, ...]]
# Root and voicing, in half tones above the key; neighbours share tones, so nothing jumps.
_CHORDS: dict[str, _Chord] = {
    "I": (0, (0, 4, 7, 12)), "ii": (2, (2, 5, 9, 14)), "iii": (4, (-1, 4, 7, 11)), "IV": (5, (0, 5, 9, 12)),
    "V": (7, (-1, 2, 7, 11)), "vi": (9, (0, 4, 9, 12)), "I7": (0, (0, 4, 7, 11)), "ii7": (2, (0, 2, 5, 9)),
    "IV7": (5, (0, 4, 5, 9)), "vi7": (9, (0, 4, 7, 9)), "V4": (7, (0, 2, 5, 7)), "I6": (0, (0, 4, 7, 9)),
}  # fmt: skip
_STEPS = (0, 2, 4, 7, 9, 12, 14, 16)
_FADE_S = 0.8


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar to be played: when it begins, its chord, what the dice say, and whether it is the closing one."""

    at: float
    beat: float
    key: int
    chord: _Chord
    dice: np.random.Generator
    closing: bool


class _Score:
    """The bed while it is written: notes are laid at a second, between left (-1) and right (1)."""

    def __init__(self, seconds: float) -> None:
        self.sound = np.zeros((2, round(seconds * RATE)), dtype=np.float32)

    def add(self, note: NDArray[np.float32], at: float, *, pan: float = 0.0, level: float = 1.0) -> None:
        """Lay a sound; of what has begun before the first second, the rest is heard."""
        start = round(at * RATE)
        first, end = max(0, start), min(self.sound.shape[1], start + len(note))
        if first < end:
            turn = (pan + 1) * np.pi / 4
            for row, share in enumerate((np.cos(turn), np.sin(turn))):
                self.sound[row, first:end] += np.float32(level * share) * note[first - start : end - start]


@dataclass(frozen=True, slots=True)
class _Style:
    """What makes a mood: beats a minute, key, chord rows to choose from, who plays, and how large the room is."""

    bpm: float
    key: int
    rows: tuple[tuple[str, str, str, str], ...]
    closing: str
    bar: Callable[[_Score, _Bar], None]
    wet: float


def bed(seconds: float, *, mood: Mood = "bright", seed: int = 0, card_at: float | None = None) -> NDArray[np.float32]:
    """Return a bed of this length, stereo (2, n), peak 0.5, silent at both ends; a bar begins with the closing card."""
    style = _STYLES[mood]
    beat, score = 60 / style.bpm, _Score(seconds)
    dice = np.random.Generator(np.random.PCG64([MOODS.index(mood), abs(seed), seed < 0]))
    row = style.rows[int(dice.integers(len(style.rows)))]
    key = style.key + int(dice.integers(-2, 3))
    bars = int(np.ceil((seconds if card_at is None else card_at) / (4 * beat)))
    first = 0.0 if card_at is None else card_at - bars * 4 * beat
    for number in range(bars):
        resolves = card_at is not None and number == bars - 1
        chord = _CHORDS["V4" if resolves else row[(number - bars) % 4]]
        style.bar(score, _Bar(first + number * 4 * beat, beat, key, chord, dice, closing=False))
    if card_at is not None:
        last = _Bar(card_at, beat, key, _CHORDS[style.closing], dice, closing=True)
        style.bar(score, last)
        _flourish(score, last)
    played = _in_a_room(score.sound, wet=style.wet)
    played *= 0.5 / max(1e-6, float(np.abs(played).max(initial=0)))
    return play.faded(played, start=0.05, end=min(_FADE_S, seconds / 3))


def _flourish(score: _Score, bar: _Bar) -> None:
    """The closing card opens with its chord, run upwards."""
    for number, tone in enumerate((*bar.chord[1], bar.chord[1][1] + 12, bar.chord[1][2] + 12)):
        score.add(play.bell(bar.key + 12 + tone, 1.4), bar.at + number * 0.09, pan=-0.5 + number * 0.2, level=0.8)
    for tone in bar.chord[1]:
        score.add(play.pad(bar.key + tone, 3.0), bar.at, pan=0.2 if tone % 2 else -0.2, level=0.35)


def _bright(score: _Score, bar: _Bar) -> None:
    tones, beat = bar.chord[1], bar.beat
    for tone in tones[:3]:
        score.add(play.pad(bar.key + tone, beat * 4), bar.at, pan=0.3 if tone % 2 else -0.3, level=0.5)
    for step in (0, 1.5, 2, 3, 3.5):
        tone = tones[int(bar.dice.integers(4))]
        score.add(play.mallet(bar.key + 12 + tone, 0.7), bar.at + step * beat, pan=0.35 - step * 0.2, level=1.5)
    for step in (0.5, 1.5, 2.5):
        for tone in tones[1:3]:
            score.add(play.string(bar.key + 12 + tone, 0.35), bar.at + step * beat, pan=-0.45, level=0.45)
    for step, length in ((0, 1.4), (1.5, 0.5), (2.5, 0.9)):
        score.add(play.bass(bar.key - 24 + bar.chord[0], length * beat), bar.at + step * beat, level=0.75)
    for step in range(4):
        score.add(play.kick(), bar.at + step * beat, level=0.5 if step % 2 else 0.75)
        score.add(play.shaker(step), bar.at + (step + 0.5) * beat, pan=0.4, level=1.3)
    for step in (1, 3):
        score.add(play.clap(step), bar.at + step * beat, pan=-0.2, level=0.8)


def _calm(score: _Score, bar: _Bar) -> None:
    tones, beat = bar.chord[1], bar.beat
    for tone in tones:
        score.add(play.pad(bar.key + tone, beat * 4), bar.at, pan=0.5 if tone % 2 else -0.5, level=0.6)
    for step, tone in enumerate((tones[0], tones[2], tones[1] + 12, tones[2])):
        score.add(play.keys(bar.key + tone, beat * 2.2), bar.at + step * beat, pan=-0.25 + 0.15 * step)
        score.add(play.bell(bar.key + 24 + tone, 1.2), bar.at + (step + 0.5) * beat, pan=0.45 - 0.3 * step, level=0.22)
    if bar.dice.random() < 0.6:
        high = bar.key + 12 + _STEPS[int(bar.dice.integers(3, 7))]
        score.add(play.keys(high, beat * 2), bar.at + 2.5 * beat, pan=0.3, level=0.9)
    score.add(play.bass(bar.key - 24 + bar.chord[0], beat * 3.2), bar.at, level=0.5)


def _playful(score: _Score, bar: _Bar) -> None:
    tones, beat = bar.chord[1], bar.beat
    swing = beat * 0.64
    for step in range(4):
        low = bar.key - 24 + bar.chord[0] + (7 if step == 2 else 0)
        if step % 2 == 0:
            score.add(play.bass(low, beat * 0.55), bar.at + step * beat, level=0.5)
        else:
            for tone in tones[1:]:
                score.add(play.string(bar.key + 12 + tone, 0.3), bar.at + step * beat, pan=-0.3, level=0.7)
            score.add(play.clap(step), bar.at + step * beat, pan=0.3, level=0.55)
        score.add(play.shaker(step, length=0.06), bar.at + step * beat + swing, pan=0.5, level=0.7)
    place = int(bar.dice.integers(2, 6))
    for late in (0, 0.64, 1, 2, 2.64, 3):
        place = min(7, max(1, place + int(bar.dice.integers(-2, 3))))
        if bar.dice.random() < 0.75 and not bar.closing:
            score.add(play.string(bar.key + 12 + _STEPS[place], 0.4), bar.at + late * beat, pan=0.25, level=1.4)
            score.add(play.bell(bar.key + 24 + _STEPS[place], 0.5), bar.at + late * beat, pan=0.35, level=0.45)


def _warm(score: _Score, bar: _Bar) -> None:
    tones, beat = bar.chord[1], bar.beat
    picked = (tones[0], tones[2], tones[3], tones[1], tones[2], tones[3], tones[1], tones[2])
    for step, tone in enumerate(picked):
        late = 0.008 * float(bar.dice.random())
        score.add(play.string(bar.key + tone, 1.3), bar.at + step * beat / 2 + late, pan=-0.3 + 0.08 * step,
                  level=1.0 if step % 4 == 0 else 0.75)  # fmt: skip
    score.add(play.bass(bar.key - 24 + bar.chord[0], beat * 1.8), bar.at, level=0.6)
    score.add(play.bass(bar.key - 24 + bar.chord[0], beat * 1.4), bar.at + 2.5 * beat, level=0.45)
    for tone in tones[:2]:
        score.add(play.pad(bar.key + tone, beat * 4), bar.at, pan=0.4, level=0.3)
    for step in range(4):
        score.add(play.shaker(step, length=0.16), bar.at + (step + 0.5) * beat, pan=0.3, level=0.6)
    if bar.dice.random() < 0.5:
        score.add(play.string(bar.key + 12 + _STEPS[int(bar.dice.integers(2, 6))], 1.2), bar.at + 3 * beat, pan=0.4)


def _in_a_room(dry: NDArray[np.float32], *, wet: float) -> NDArray[np.float32]:
    """Return the bed in a room that sounds a little different on both sides."""
    length = room_for(dry.shape[1])
    t = np.arange(RATE) / RATE
    rows = []
    for row in (0, 1):
        tail = np.random.Generator(np.random.PCG64(7 + row)).standard_normal(RATE) * np.exp(-t * 6.5)
        tail[: RATE // 60] = 0
        # A room swallows what is bright first.
        tail = np.convolve(tail, np.hanning(24)[1:-1], mode="same")
        tail *= wet / float(np.sqrt((tail**2).sum()))
        response = 1 + np.fft.rfft(tail.astype(np.float32), n=length)
        rows.append(filtered(dry[row], response, length))
    return np.stack(rows)


_STYLES: dict[Mood, _Style] = {
    "bright": _Style(
        112, 62, (("I", "V", "vi", "IV"), ("I", "iii", "IV", "V"), ("vi", "IV", "I", "V")), "I", _bright, 0.22
    ),
    "calm": _Style(
        74, 57, (("I7", "vi7", "IV7", "V4"), ("IV7", "I7", "ii7", "V4"), ("I7", "IV7", "vi7", "IV7")), "I7", _calm, 0.5
    ),
    "playful": _Style(
        126, 60, (("I", "vi", "ii", "V"), ("I", "IV", "I", "V"), ("I", "iii", "ii", "V")), "I6", _playful, 0.16
    ),
    "warm": _Style(
        90, 55, (("I", "IV", "vi7", "IV"), ("I", "vi", "IV", "V4"), ("IV7", "I", "ii7", "I")), "I6", _warm, 0.26
    ),
}
