"""What the dialog sounds like: speech, word times and mouth shapes from espeak-ng, asked in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from character_flow.errors import RunCancelledError
from character_flow.studio import espeak, lips
from character_flow.studio.speech import RATE, Speech, Word, split_words, syllable_timing
from character_flow.studio.tone import pleasant
from character_flow.studio.utterance import Piece, is_sayable, pieces

LONGEST_S = 27.0
_TIMEOUT_S = 8.0
_SOURCE_RATE = 22_050
_FASTEST = 340
_RANGE = 60
_PAUSES = {"?": 0.36, "\u2026": 0.40, ",": 0.18, ";": 0.24, ":": 0.24, "-": 0.20, "\u2014": 0.24}
_PAUSE_S, _LAST_PAUSE_S = 0.32, 0.12
_ASK_EVERY_S = 0.05


class _NoVoiceError(Exception):
    """Why there is no voice, in words that go into the note."""


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What one piece sounds like: samples at 22,050 Hz; words (letter in the text) and phonemes in seconds."""

    samples: NDArray[np.float32]
    words: tuple[tuple[int, float], ...]
    phonemes: tuple[tuple[str, float], ...]


def speak(
    text: str,
    *,
    character: int,
    language: str = "en",
    cancelled: Callable[[], bool] = lambda: False,
    timeout_s: float = _TIMEOUT_S,
    python: str = sys.executable,
) -> Speech:
    """Return the spoken text at most 27 s long; without a working voice the same, silent, with a note that says why.

    Raises RunCancelledError within a tenth of a second once `cancelled()` is true.
    """
    parts = pieces(text, character=character, language=language)
    said = [part for part in parts if part.voice and is_sayable(part.text)]
    if not said:
        scripts = any(part.voice is None and is_sayable(part.text) for part in parts)
        why = "it cannot read this script" if scripts else "nothing in the text can be spoken"
        return silent(text, f"no voice: {why}", language=language)
    try:
        return _speech(text, parts, language=language, ask=_Asking(python, timeout_s, cancelled))
    except _NoVoiceError as error:
        return silent(text, str(error), language=language)


def silent(text: str, note: str, *, language: str = "en") -> Speech:
    """Return the text timed by syllables, without sound; the note begins with the reason."""
    timed = syllable_timing(text, longest=LONGEST_S, language=language)
    return Speech(timed.pcm, timed.words, timed.mouths, "none", f"{note}; captions are timed by syllables")


@dataclass(frozen=True, slots=True)
class _Asking:
    """How the voice is asked: which program, how long it may take, and whether anybody still wants the answer."""

    python: str
    timeout_s: float
    cancelled: Callable[[], bool]

    def answer(self, parts: Sequence[Piece], *, pace: float) -> list[_Said]:
        """Return what each piece sounds like, in order."""
        request = {
            "pieces": [{"text": part.text, "voice": part.voice, "pitch": part.pitch, "range": _RANGE,
                        "rate": min(_FASTEST, round(part.rate * pace))} for part in parts],
            "most_s": self.timeout_s,
        }  # fmt: skip
        code, answer = self._run(json.dumps(request).encode())
        head, _, sound = answer.partition(b"\n")
        try:
            reply = json.loads(head)
            reason = str(reply.get("error", f"ended with code {code}"))
            if code == 0 and "error" not in reply:
                return _cut_up(parts, reply["pieces"], sound)
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = f"ended with code {code}"
        raise _NoVoiceError(f"no voice: {reason}")

    def _run(self, request: bytes) -> tuple[int, bytes]:
        # -P: what stands beside the script is not importable, so nothing of ours is taken for the standard library.
        command = [self.python, "-P", str(Path(espeak.__file__))]
        try:
            worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise _NoVoiceError(f"the voice could not be started ({error.strerror or error})") from error
        give: bytes | None = request
        until = time.monotonic() + self.timeout_s
        try:
            while True:
                try:
                    answer, _ = worker.communicate(give, timeout=_ASK_EVERY_S)
                    return worker.returncode, answer
                except subprocess.TimeoutExpired:
                    give = None
                if self.cancelled():
                    raise RunCancelledError("the rendering was cancelled")
                if time.monotonic() > until:
                    raise _NoVoiceError(f"the voice did not answer within {self.timeout_s:g} s")
        finally:
            _end(worker)


def _end(worker: "subprocess.Popen[bytes]") -> None:
    """End the worker and whatever it has started; nothing happens where it has answered."""
    if worker.returncode is None:
        # Not waited for yet, so its number is still its own; one that has just ended may refuse the signal.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None and not pipe.closed:
            pipe.close()


def _cut_up(
    parts: Sequence[Piece], told: Sequence[dict[str, list[tuple[int, float]] | list[tuple[str, float]] | int]],
    sound: bytes,
) -> list[_Said]:  # fmt: skip
    said, place = [], 0
    for part, one in zip(parts, told, strict=True):
        size, words, phonemes = one["bytes"], one["words"], one["phonemes"]
        if not isinstance(size, int) or isinstance(words, int) or isinstance(phonemes, int):
            raise TypeError("the answer is not made of lists and numbers")
        samples = (np.frombuffer(sound[place : place + size], dtype="<i2") / 32768).astype(np.float32)
        if 2 * len(samples) != size:
            raise _NoVoiceError("no voice: it broke off in the middle")
        place += size
        said.append(
            _trimmed(
                _Said(samples, tuple((int(letter) + part.at, float(at)) for letter, at in words),
                      tuple((str(name), float(at)) for name, at in phonemes))
            )
        )  # fmt: skip
    return said


def _trimmed(said: _Said) -> _Said:
    """Cut the silence off both ends, so that all pauses are ours; 10 ms are left and faded."""
    loud = np.flatnonzero(np.abs(said.samples) > 0.004)
    if not len(loud):
        return _Said(said.samples[:0], (), ())
    margin = _SOURCE_RATE // 100
    start, end = max(0, int(loud[0]) - margin), min(len(said.samples), int(loud[-1]) + margin)
    samples = said.samples[start:end].copy()
    rise = np.linspace(0, 1, min(margin, len(samples)), dtype=np.float32)
    samples[: len(rise)] *= rise
    samples[-len(rise) :] *= rise[::-1]
    early, most = start / _SOURCE_RATE, len(samples) / _SOURCE_RATE

    def moved(at: float) -> float:
        return min(most, max(0.0, at - early))

    return _Said(samples, tuple((letter, moved(at)) for letter, at in said.words),
                 tuple((name, moved(at)) for name, at in said.phonemes))  # fmt: skip


def _speech(text: str, parts: Sequence[Piece], *, language: str, ask: _Asking) -> Speech:
    pace = 1.0
    for _ in range(3):
        said = _joined(parts, ask=ask, pace=pace)
        seconds = len(said.samples) / _SOURCE_RATE
        if seconds <= LONGEST_S:
            break
        pace *= seconds / LONGEST_S * 1.03
    else:
        raise _NoVoiceError(f"no voice: even spoken fast the text takes {seconds:.0f} s")
    if not said.samples.any():
        raise _NoVoiceError("no voice: nothing in the text can be spoken")
    pcm = pleasant(said.samples)
    unread = any(part.voice is None for part in parts)
    note = "the voice leaves out words in a script it cannot read" if unread else ""
    return Speech(pcm, _timed_words(text, said.words, pcm), lips.mouths(said.phonemes, pcm), "espeak", note)


def _joined(parts: Sequence[Piece], *, ask: _Asking, pace: float) -> _Said:
    """Put the pieces one after the other, with a pause after each sentence and where a piece cannot be said."""
    spoken = [part for part in parts if part.voice and is_sayable(part.text)]
    answers = iter(ask.answer(spoken, pace=pace))
    samples: list[NDArray[np.float32]] = []
    words: list[tuple[int, float]] = []
    phonemes: list[tuple[str, float]] = []
    now = 0.0
    for number, part in enumerate(parts):
        said = next(answers) if part in spoken else _unsaid(part)
        pause = _pause_after(part) / pace if number < len(parts) - 1 else _LAST_PAUSE_S
        length = len(said.samples) + round(pause * _SOURCE_RATE)
        samples.append(np.pad(said.samples, (0, length - len(said.samples))))
        words += [(letter, now + at) for letter, at in said.words]
        phonemes += [(name, now + at) for name, at in said.phonemes]
        phonemes.append(("", now + len(said.samples) / _SOURCE_RATE))
        now += length / _SOURCE_RATE
    return _Said(np.concatenate(samples), tuple(words), tuple(phonemes))


def _unsaid(part: Piece) -> _Said:
    """Return the time this piece takes to read, in silence."""
    if not is_sayable(part.text):
        return _Said(np.zeros(0, dtype=np.float32), (), ())
    timed = syllable_timing(part.text)
    words, place = [], 0
    for word in timed.words:
        place = part.text.index(word.text, place)
        words.append((part.at + place, word.start))
        place += len(word.text)
    return _Said(np.zeros(round(timed.seconds * _SOURCE_RATE), dtype=np.float32), tuple(words), ())


def _pause_after(part: Piece) -> float:
    if not part.ends_sentence:
        return 0.02
    return _PAUSES.get(part.text.rstrip("\"'\u2019\u201d) ")[-1:], _PAUSE_S)


def _timed_words(text: str, events: Sequence[tuple[int, float]], pcm: NDArray[np.float32]) -> tuple[Word, ...]:
    """Give every word of the dialog the time of the first event that falls on it; the silent ones share a gap."""
    starts: list[float | None] = []
    place = 0
    for word, _ in split_words(text):
        place = text.index(word, place)
        hits = [at for letter, at in events if place <= letter < place + len(word)]
        starts.append(min(hits) if hits else None)
        place += len(word)
    quiet = lips.quiet(pcm)
    last = float(np.flatnonzero(~quiet)[-1] + 1) * lips.BLOCK_S if not quiet.all() else len(pcm) / RATE
    known = [*_filled(starts, last), round(last, 3)]
    return tuple(
        Word(word, known[number], _end_of(quiet, known[number], known[number + 1]), ends)
        for number, (word, ends) in enumerate(split_words(text))
    )


def _end_of(quiet: NDArray[np.bool_], start: float, after: float) -> float:
    """Return where a word's last sound is heard, before the next word begins."""
    first, end = round(start / lips.BLOCK_S), round(after / lips.BLOCK_S)
    heard = np.flatnonzero(~quiet[first:end])
    if not len(heard):
        return max(start, after)
    return round(min(max(start, after), (first + int(heard[-1]) + 1) * lips.BLOCK_S), 3)


def _filled(starts: list[float | None], seconds: float) -> list[float]:
    known = [(number, at) for number, at in enumerate(starts) if at is not None]
    places = [number for number, _ in known] or [0]
    times = [at for _, at in known] or [0.0]
    if places[-1] < len(starts) - 1:
        places, times = [*places, len(starts)], [*times, seconds]
    every = np.interp(np.arange(len(starts)), places, np.maximum.accumulate(times))
    return [round(float(at), 3) for at in every]
