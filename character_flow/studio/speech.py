"""When each word is spoken and how the mouth stands: values shared by voice, captions and picture."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Mouth: TypeAlias = Literal["rest", "smile", "small", "open", "wide", "round", "teeth"]

RATE = 44_100
_SYLLABLE_S = 0.205
# The same sentence has more syllables in these languages, and people speak them as much faster.
_SYLLABLES_S = {"es": 0.178, "it": 0.182, "pt": 0.185, "fr": 0.185}
_STOPS = "\u3002\uff01\uff1f"
_SENTENCE_END = re.compile(rf"[.!?\u2026{_STOPS}]['\"\u2019\u201d)]*$")
_SILENT_E = ("en", "fr")
_PAUSES = {",": 0.16, ";": 0.2, ":": 0.2, ".": 0.34, "!": 0.34, "?": 0.36}


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands in the dialog (with its punctuation), seconds from the first sound."""

    text: str
    start: float
    end: float
    ends_sentence: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Everything the edit needs: mono float32 at 44.1 kHz, words, and (second, mouth) in order; pcm may be empty."""

    pcm: NDArray[np.float32]
    words: tuple[Word, ...]
    mouths: tuple[tuple[float, Mouth], ...]
    engine: Literal["espeak", "none"]
    note: str = ""

    @property
    def seconds(self) -> float:
        """Length from the first sound to the end of the last word."""
        return max(len(self.pcm) / RATE, self.words[-1].end if self.words else 0.0)


def split_words(text: str) -> tuple[tuple[str, bool], ...]:
    """Return the words in order, each with whether a sentence ends there (punctuation or line end)."""
    words: list[tuple[str, bool]] = []
    for line in text.splitlines():
        # Chinese and Japanese go on without a space after a sentence.
        pieces = [
            piece for spaced in line.split() for piece in re.findall(rf"[^{_STOPS}]+[{_STOPS}]*|[{_STOPS}]+", spaced)
        ]
        for number, piece in enumerate(pieces):
            ends = number == len(pieces) - 1 or bool(_SENTENCE_END.search(piece))
            words.append((piece, ends))
    return tuple(words)


def syllables(word: str, language: str = "en") -> int:
    """Return how many syllables a word has, counted by groups of vowels; at least 1."""
    letters = word.lower().strip(".,;:!?'\"")
    if language in _SILENT_E:
        letters = re.sub(r"(?<![bcdfgkptz]l)e$", "", letters)
    groups = re.findall(
        r"[aeiouy\u00e0-\u00f6\u00f8-\u00ff\u0430\u0435\u0438\u043e\u0443\u044b\u044d\u044e\u044f]+", letters
    )
    # Scripts without spaces: a sign is about a syllable. Scripts that leave vowels out: three letters are about one.
    signs = sum(1 for char in word if ord(char) > 0x2E80 and char.isalpha())
    bare = 0 if groups or signs else sum(1 for char in word if char.isalnum()) // 3
    return max(1, len(groups), signs, bare)


def syllable_timing(text: str, *, longest: float = 27.0, language: str = "en") -> Speech:
    """Return words and mouths at an easy reading pace, with no sound; faster where `longest` would be passed."""
    spans: list[tuple[str, bool, float, float]] = []
    each = _SYLLABLES_S.get(language, _SYLLABLE_S)
    for word, ends in split_words(text):
        pause = _PAUSES.get(word[-1], 0.04) + (0.1 if ends else 0)
        spans.append((word, ends, syllables(word, language) * each + 0.06, pause))
    whole = sum(spoken + pause for _, _, spoken, pause in spans)
    pace = min(1.0, longest / whole) if whole else 1.0
    words: list[Word] = []
    mouths: list[tuple[float, Mouth]] = [(0.0, "rest")]
    now = 0.0
    for word, ends, spoken, pause in spans:
        end = now + spoken * pace
        words.append(Word(word, round(now, 3), round(end, 3), ends))
        mouths += _spelled_mouths(word, now, end)
        now = end + pause * pace
        mouths.append((round(end, 3), "rest"))
    return Speech(np.zeros(0, dtype=np.float32), tuple(words), tuple(mouths), "none")


def _spelled_mouths(word: str, start: float, end: float) -> list[tuple[float, Mouth]]:
    if not any(char.isalnum() for char in word):
        return []
    shapes = [shape for char in word.lower() if (shape := _BY_LETTER.get(char))]
    shapes = shapes or ["open", "small"]
    # Lips cannot follow every letter: at most one shape in 0.07 s.
    every = max(1, round(len(shapes) * 0.07 / max(0.01, end - start)))
    shapes = shapes[::every]
    step = (end - start) / len(shapes)
    return [(round(start + number * step, 3), shape) for number, shape in enumerate(shapes)]


_BY_LETTER: dict[str, Mouth] = {
    **dict.fromkeys("a\u00e0\u00e1\u00e2\u00e4", "wide"), **dict.fromkeys("e\u00e8\u00e9\u00ea", "open"),
    **dict.fromkeys("iy", "teeth"), **dict.fromkeys("ou\u00f6\u00fcw", "round"),
    **dict.fromkeys("bmp", "rest"), **dict.fromkeys("fvsz", "teeth"), **dict.fromkeys("ldnrt", "small"),
}  # fmt: skip
