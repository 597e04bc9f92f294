"""What the dialog sounds like: speech, word times and mouth shapes from espeak-ng, asked in a process of its own.

The library is GPL and speaks C: run as `python -m character_flow.studio.voice` it can neither hang nor crash a run.
Request: one JSON object on stdin. Answer: one JSON line on stdout, then 16 bit samples at 22,050 Hz.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from character_flow.studio.cast import CAST
from character_flow.studio.speech import RATE, Mouth, Speech, Word, split_words, syllable_timing

LONGEST_S = 27.0
_TIMEOUT_S = 20.0
_SOURCE_RATE = 22_050


def speak(text: str, *, character: int, timeout_s: float = _TIMEOUT_S, python: str = sys.executable) -> Speech:
    """Return the spoken text at most 27 s long; without a working voice the same, silent, with a note that says why."""
    person = CAST.get(character, CAST[1])
    request = {"text": text, "voice": person.voice, "pitch": person.pitch, "rate": person.rate, "longest": LONGEST_S}
    # What the process is started in does not matter to it; what it imports does.
    root = str(Path(__file__).resolve().parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); from character_flow.studio.voice import main; sys.exit(main())"
    try:
        answer = subprocess.run(
            [python, "-c", code], input=json.dumps(request).encode(), capture_output=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return silent(text, f"the voice did not answer within {timeout_s:g} s")
    except OSError as error:
        return silent(text, f"the voice could not be started ({error.strerror or error})")
    head, _, sound = answer.stdout.partition(b"\n")
    try:
        reply = json.loads(head)
        if answer.returncode == 0 and "error" not in reply:
            return _speech(text, reply, sound)
        reason = str(reply.get("error", f"ended with code {answer.returncode}"))
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = f"ended with code {answer.returncode}"
    return silent(text, f"no voice: {reason}")


def silent(text: str, reason: str) -> Speech:
    """Return the text timed by syllables, without sound; the note begins with the reason."""
    timed = syllable_timing(text, longest=LONGEST_S)
    return Speech(timed.pcm, timed.words, timed.mouths, "none", f"{reason}; captions are timed by syllables")


def _speech(text: str, reply: dict[str, list[list[float]] | list[list[str | float]]], sound: bytes) -> Speech:
    samples = (np.frombuffer(sound, dtype="<i2") / 32768).astype(np.float32)
    if not len(samples):
        return silent(text, "no voice: nothing in the text can be spoken")
    pcm = _levelled(_doubled(samples))
    mouths: list[tuple[float, Mouth]] = [(0.0, "rest")]
    for name, at in reply["phonemes"]:
        mouths.append((float(at), _mouth_of(str(name))))
    return Speech(pcm, _timed_words(text, reply["words"], len(pcm) / RATE), tuple(mouths), "espeak")


def _timed_words(text: str, events: list[list[float]] | list[list[str | float]], seconds: float) -> tuple[Word, ...]:
    """Give every word of the dialog the time of the first event that falls on it; the silent ones share a gap."""
    starts: list[float | None] = []
    spans: list[tuple[int, int]] = []
    place = 0
    pieces = split_words(text)
    for word, _ in pieces:
        place = text.index(word, place)
        spans.append((place, place + len(word)))
        place += len(word)
    for left, right in spans:
        hits = [float(at) for position, at in events if left <= float(position) < right]
        starts.append(min(hits) if hits else None)
    known = _filled(starts, seconds)
    words = []
    for number, (word, ends) in enumerate(pieces):
        end = known[number + 1] if number + 1 < len(known) else seconds
        gap = 0.22 if ends else 0.0
        words.append(Word(word, known[number], max(known[number], round(end - min(gap, (end - known[number]) / 3), 3)),
                          ends))  # fmt: skip
    return tuple(words)


def _filled(starts: list[float | None], seconds: float) -> list[float]:
    known = [(number, at) for number, at in enumerate(starts) if at is not None]
    places = [number for number, _ in known] or [0]
    times = [at for _, at in known] or [0.0]
    if places[-1] < len(starts) - 1:
        places, times = [*places, len(starts)], [*times, seconds]
    every = np.interp(np.arange(len(starts)), places, np.maximum.accumulate(times))
    return [round(float(at), 3) for at in every]


def _doubled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring 22,050 Hz to 44,100 Hz with a windowed sinc, so that no mirror tones hiss above the voice."""
    stretched = np.zeros(len(samples) * 2, dtype=np.float32)
    stretched[::2] = samples
    taps = np.arange(-24, 25)
    kernel = np.sinc(taps / 2) * np.hanning(len(taps) + 2)[1:-1]
    return np.convolve(stretched, kernel.astype(np.float32), mode="same").astype(np.float32)


def _levelled(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring speech to an even, present level: spoken parts at -19 dBFS RMS, peaks rounded off softly below -1.5."""
    block = RATE // 20
    power = (pcm[: len(pcm) // block * block].reshape(-1, block) ** 2).mean(axis=1)
    spoken = power[power > 1e-5]
    if not len(spoken):
        return pcm
    gain = 10 ** (-19 / 20) / float(np.sqrt(spoken.mean()))
    return np.asarray(0.84 * np.tanh(pcm * gain / 0.84), dtype=np.float32)


_SHAPES: tuple[tuple[tuple[str, ...], Mouth], ...] = (
    (("_", "p", "b", "m"), "rest"),
    (("f", "v", "s", "z", "S", "Z", "tS", "dZ"), "teeth"),
    (("w", "u", "U", "o", "O", "0"), "round"),
    (("a", "A", "V", "aa"), "wide"),
    (("e", "E", "3"), "open"),
    (("i", "I", "j"), "teeth"),
)


def _mouth_of(phoneme: str) -> Mouth:
    bare = phoneme.lstrip("',%=|:;")
    for starts, mouth in _SHAPES:
        if bare.startswith(starts):
            return mouth
    return "small" if bare else "rest"


def main() -> int:
    """Answer one request on stdin; the exit code is 0 even where the answer is why there is no voice."""
    request = json.loads(sys.stdin.buffer.read())
    try:
        from character_flow.studio.espeak import Espeak  # an optional extra that only this process loads

        reply, sound = Espeak().speak(
            request["text"], voice=request["voice"], pitch=request["pitch"], rate=request["rate"],
            longest=request["longest"],
        )  # fmt: skip
    except ImportError:
        sys.stdout.write(json.dumps({"error": "the extra 'voice' is not installed"}) + "\n")
        return 0
    except (OSError, RuntimeError) as error:
        sys.stdout.write(json.dumps({"error": f"{error}"}) + "\n")
        return 0
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(sound)
    return 0


if __name__ == "__main__":
    sys.exit(main())
