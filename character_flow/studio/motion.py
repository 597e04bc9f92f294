"""How a presenter moves while speaking: one smooth curve for head, brows, eyes, lips, arm and breath each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.cast import Gesture, Manner
from character_flow.studio.features import VISEMES, Lips
from character_flow.studio.hands import FLAT, OPEN, POINTING, RELAXED, HandPose
from character_flow.studio.shot import eased
from character_flow.studio.speech import Mouth, Speech, Word

_STEP = 0.01
_TAIL_S = 2.0
_HAND_STEPS = 8
# A gap between words that is longer than this is silence to the eye.
_PAUSE_S = 0.12
# Lips lead the sound a little, as they do in life.
_LEAD_S = 0.03
_BLUR = ((-0.045, 1.0), (-0.03, 2.0), (-0.015, 3.0), (0.0, 4.0), (0.015, 3.0), (0.03, 2.0), (0.045, 1.0))


@dataclass(frozen=True, slots=True)
class ArmPose:
    """How the free arm stands: degrees clockwise from upwards (`upper`: outwards from hanging), hand shape."""

    upper: float
    fore: float
    stretch: float
    hand: float
    shape: HandPose

    def towards(self, other: "ArmPose", share: float) -> "ArmPose":
        """Return the pose that lies `share` (0..1) of the way to the other."""
        fine = round(share * _HAND_STEPS) / _HAND_STEPS
        return ArmPose(
            self.upper + (other.upper - self.upper) * share,
            self.fore + (other.fore - self.fore) * share,
            self.stretch + (other.stretch - self.stretch) * share,
            self.hand + (other.hand - self.hand) * share,
            self.shape.towards(other.shape, fine),
        )


GESTURES: dict[Gesture, ArmPose] = {
    "rest": ArmPose(5, 124, 0.92, 108, RELAXED),
    "open": ArmPose(9, 8, 0.82, -5, OPEN),
    "point": ArmPose(7, 51, 0.72, 67, POINTING),
    "chest": ArmPose(8, 49, 0.74, 56, FLAT),
}


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where the head is: turned by radians, moved by units."""

    turn: float
    right: float
    down: float


class Motion:
    """The movements of one presenter through one speech; `starts` is the second of the film the speech begins at."""

    def __init__(self, speech: Speech, manner: Manner, *, starts: float, seed: int) -> None:
        self._speech, self._manner, self._starts, self._seed = speech, manner, starts, seed
        words = speech.words
        length = (words[-1].end if words else 0.0) + _TAIL_S
        self._times = np.arange(-1.0, length, _STEP)
        self._lively = _smoothed([(word.start, word.end) for word in words], self._times, over=0.5)
        beats = [word.start for word in words[::3]]
        self._beats = _bumps(beats, self._times, long=0.46)
        opens = [after.start for before, after in pairwise(words) if before.ends_sentence]
        self._lifts = _bumps([*(word.start for word in words[:1]), *opens], self._times, long=0.95)
        self._keys = _gesture_keys(words, manner, seed)

    def _curve(self, values: NDArray[np.float64], seconds: float) -> float:
        return float(np.interp(seconds - self._starts, self._times, values))

    def head(self, seconds: float) -> HeadPose:
        """Return the head's pose: never still, livelier while words are spoken, leaning to what the hand shows."""
        reach, tempo = self._manner.reach, 0.7 + 0.3 * self._manner.tempo
        t = seconds * tempo + self._seed * 0.37
        lively = 0.75 + 0.25 * self._curve(self._lively, seconds)
        sway = math.sin(t * 1.9) + 0.5 * math.sin(t * 3.1 + 1)
        turn = math.radians(1.5 * reach) * sway * lively + math.radians(1.6) * self.pointing(seconds)
        nod = 6.0 * reach * self._curve(self._beats, seconds)
        return HeadPose(turn, 3.5 * reach * math.sin(t * 1.3), 2.6 * math.sin(t * 2.1 + 0.6) + nod)

    def breath(self, seconds: float) -> float:
        """Return how much lower (units) the shoulders are than at rest."""
        t = seconds + self._seed * 0.21
        return 3.4 * math.sin(t * 1.55) - 5.0 * self._manner.reach * self._curve(self._lifts, seconds)

    def carry(self, seconds: float) -> float:
        """Return how far (radians, clockwise) the forearm with the product is turned."""
        reach, t = self._manner.reach, seconds * (0.7 + 0.3 * self._manner.tempo) + self._seed * 0.29
        sway = 0.7 * math.sin(t * 1.25 + 0.4) + 0.3 * math.sin(t * 2.3)
        lift = 1.0 * self._curve(self._beats, seconds) + 1.4 * self.pointing(seconds)
        return math.radians(reach * sway - lift)

    def arm(self, seconds: float) -> ArmPose:
        """Return the free arm's pose."""
        pose, share = self._gesture(seconds)
        now = GESTURES[pose[0]].towards(GESTURES[pose[1]], share)
        reach, t = self._manner.reach, seconds * self._manner.tempo + self._seed
        beat = self._curve(self._beats, seconds)
        sway = math.sin(t * 1.4) + 0.6 * math.sin(t * 2.2 + 1.1)
        return ArmPose(
            now.upper + reach * 0.7 * sway,
            now.fore + reach * (1.4 * sway - 4.0 * beat),
            now.stretch,
            now.hand + reach * (2.2 * math.sin(t * 1.7 + 0.5) + 5.0 * beat),
            now.shape,
        )

    def pointing(self, seconds: float) -> float:
        """Return 1 while the free hand points at the product, 0 while it does not."""
        (before, after), share = self._gesture(seconds)
        return (1 - share) * (before == "point") + share * (after == "point")

    def _gesture(self, seconds: float) -> tuple[tuple[Gesture, Gesture], float]:
        now, long = seconds - self._starts, 0.78 / self._manner.tempo
        past = [number for number, (at, _) in enumerate(self._keys) if at <= now]
        if not past:
            return (self._keys[0][1], self._keys[0][1]), 1.0
        at, gesture = self._keys[past[-1]]
        before = self._keys[past[-1] - 1][1] if past[-1] else gesture
        return (before, gesture), eased((now - at) / long)

    def shut(self, seconds: float) -> float:
        """Return how far the eyes are shut, 0..1; a film never begins with a blink."""
        period = 2.6 + 0.23 * (self._seed % 4) + 0.5 / self._manner.tempo
        phase = (seconds - 1.1 - 0.31 * (self._seed % 3)) % period
        # Lids fall quickly and rise at half the speed.
        return max(0.0, 1 - abs(phase - 0.09) / (0.09 if phase < 0.09 else 0.16)) if phase < 0.25 else 0.0

    def gaze(self, seconds: float) -> float:
        """Return where the eyes look: 0 at the viewer, 1 at the product, for a moment while the hand points."""
        starts = [at for at, gesture in self._keys if gesture == "point" and at > 0]
        now = seconds - self._starts
        return max((0.8 * _hill((now - at - 0.15) / 0.9) for at in starts), default=0.0)

    def lift(self, seconds: float) -> float:
        """Return how far the brows are raised, 0..1: where a sentence begins, and a little on a stressed word."""
        up = self._curve(self._lifts, seconds) + 0.35 * self._curve(self._beats, seconds)
        return min(1.0, self._manner.brows * up)

    def mouth(self, seconds: float) -> Mouth:
        """Return the shape the mouth is making: a smile before and after the words, at rest between them."""
        now = seconds - self._starts + _LEAD_S
        words = self._speech.words
        if not words or now < words[0].start - 0.02 or now > words[-1].end + 0.06:
            return "smile"
        silent = any(before.end + 0.04 < now < after.start - 0.02 and after.start - before.end > _PAUSE_S
                     for before, after in pairwise(words))  # fmt: skip
        if silent:
            return "rest"
        shape: Mouth = "rest"
        for at, mouth in self._speech.mouths:
            if at > now:
                break
            shape = mouth
        return shape

    def lips(self, seconds: float) -> Lips:
        """Return how the lips stand: each shape runs into the next; in silence they are closed."""
        around = [(offset, weight, VISEMES[self.mouth(seconds + offset)]) for offset, weight in _BLUR]
        shut = min((abs(offset) for offset, _, shape in around if shape.closed), default=1.0)
        # Closed means closed, for p, b, m and every pause; just before and after, the lips are on their way.
        kept = [(weight, shape) for _, weight, shape in around if shut > 0 or shape.closed]
        whole = sum(weight for weight, _ in kept)
        half, up, down, lift, teeth = (
            sum(weight * parts[place] for weight, parts in ((weight, shape.parts()) for weight, shape in kept)) / whole
            for place in range(5)
        )
        near = min(1.0, shut / 0.06)
        return Lips(half, up * near, down * near, lift * self._manner.smile, teeth)


def _hill(share: float) -> float:
    """Return 0 at 0 and 1, 1 in the middle third, with soft sides."""
    return eased(share * 3.2) * eased((1 - share) * 3.2) if 0 < share < 1 else 0.0


def _smoothed(spans: Sequence[tuple[float, float]], times: NDArray[np.float64], *, over: float) -> NDArray[np.float64]:
    active = np.zeros(len(times))
    for start, end in spans:
        active[(times >= start) & (times < end)] = 1.0
    window = np.hanning(round(over / _STEP) | 1)
    if len(window) > len(times):
        return active
    return np.convolve(active, window / window.sum(), mode="same")


def _bumps(starts: Sequence[float], times: NDArray[np.float64], *, long: float) -> NDArray[np.float64]:
    """Return a curve that swells and falls again within `long` seconds of each start; overlapping ones join."""
    curve = np.zeros(len(times))
    for start in starts:
        share = np.clip((times - start) / long, 0, 1)
        curve = np.maximum(curve, np.sin(np.pi * share) ** 2)
    return curve


def _gesture_keys(words: Sequence[Word], manner: Manner, seed: int) -> tuple[tuple[float, Gesture], ...]:
    """Return when which gesture begins: one is there from the first frame, others come within and after sentences."""
    order = manner.gestures
    keys: list[tuple[float, Gesture]] = [(-9.0, order[seed % len(order)])]
    begun = 0
    moments: list[float] = []
    for number, word in enumerate(words):
        if word.ends_sentence or number == len(words) - 1:
            first = words[begun].start
            moments += [first + 0.5 * (word.end - first), word.end + 0.05]
            begun = number + 1
    last = -1.0
    for moment in moments:
        if moment - last >= 1.25:
            keys.append((moment, order[(seed + len(keys)) % len(order)]))
            last = moment
    return tuple(keys)
