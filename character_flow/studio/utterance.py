"""Which voice says what: a text is cut into pieces of one sentence and one script, each with the voice that can say it.

espeak-ng names the signs of a script it cannot read one by one ("Chinese letter"), so a piece in such a script is
given no voice at all: better a pause under its captions.
"""

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from character_flow.studio.cast import CAST, Person
from character_flow.studio.speech import split_words

LANGUAGES = ("en", "de", "es", "fr", "it", "pt")
_VOICES = {"de": "de", "es": "es", "fr": "fr", "it": "it", "pt": "pt-br"}
# Words a minute mean other things in other languages: these bring all to about five syllables a second.
_PACE = {"en": 1.0, "de": 1.05, "es": 1.02, "fr": 1.05, "it": 1.03, "pt": 1.06}

_Script: TypeAlias = str
_SCRIPTS: tuple[tuple[int, int, _Script], ...] = (
    (0x0370, 0x03FF, "el"), (0x0400, 0x052F, "ru"), (0x0590, 0x05FF, "hebrew"), (0x0600, 0x077F, "ar"),
    (0x0900, 0x097F, "hi"), (0x0E00, 0x0E7F, "thai"), (0x3040, 0x30FF, "kana"), (0x3400, 0x9FFF, "cmn"),
    (0xAC00, 0xD7AF, "ko"), (0x1100, 0x11FF, "ko"), (0x20000, 0x3FFFF, "cmn"),
)  # fmt: skip
_UNSAID = {"So", "Sk", "Mn", "Me", "Cf", "Cn", "Co", "Cs", "Cc"}
_SPOKEN = {"el", "ru", "ar", "hi", "cmn", "ko"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text said in one go: where it begins in the text, and how; `voice` is None where none can say it."""

    text: str
    at: int
    voice: str | None
    pitch: int
    rate: float
    ends_sentence: bool


def pieces(text: str, *, character: int, language: str = "en") -> tuple[Piece, ...]:
    """Return the text in order; pieces keep their length, signs that nobody says out loud have become spaces."""
    person = CAST.get(character, CAST[1])
    found: list[Piece] = []
    sentences = _sentences(text)
    for number, (place, end) in enumerate(sentences):
        # The opening is said a little brighter and quicker, the last sentence settles.
        lift = 3 if number == 0 else -2 if number == len(sentences) - 1 else 0
        runs = _runs("".join(map(_sayable, text[place:end])))
        for which, (script, run) in enumerate(runs):
            voice, pace = _voice(person, script, language)
            at = place + sum(len(before) for _, before in runs[:which])
            found.append(
                Piece(run, at, voice, max(0, person.pitch + lift), person.rate * pace * (1 + lift / 120),
                      ends_sentence=which == len(runs) - 1)
            )  # fmt: skip
    return tuple(found)


def is_sayable(text: str) -> bool:
    """Return whether there is anything in the text to be said."""
    return any(char.isalnum() for char in text)


def _sentences(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    place, begins = 0, None
    for word, ends in split_words(text):
        place = text.index(word, place)
        begins = place if begins is None else begins
        place += len(word)
        if ends:
            spans.append((begins, place))
            begins = None
    return spans


def _sayable(char: str) -> str:
    """Emoji would be read out by their names, and what joins or colours them has no sound: they become spaces."""
    marks_of_letters = 0x0300 < ord(char) < 0x1200
    return " " if unicodedata.category(char) in _UNSAID and not marks_of_letters else char


def _runs(sentence: str) -> list[tuple[_Script, str]]:
    """Split where the script changes; what belongs to no script goes with what stands before it."""
    scripts = [_script(char) for char in sentence]
    if "kana" in scripts:
        scripts = ["kana" if script == "cmn" else script for script in scripts]
    now = next((script for script in scripts if script), "latin")
    filled = []
    for script in scripts:
        now = script or now
        filled.append(now)
    runs, place = [], 0
    for script, group in groupby(filled):
        length = len(list(group))
        runs.append((script, sentence[place : place + length]))
        place += length
    return runs


def _script(char: str) -> _Script | None:
    if not char.isalpha():
        return None
    return next((script for first, last, script in _SCRIPTS if first <= ord(char) <= last), "latin")


def _voice(person: Person, script: _Script, language: str) -> tuple[str | None, float]:
    """Return the voice of this person in the script's language, and how quick it is; None where there is none."""
    base, _, variant = person.voice.partition("+")
    spoken = base if language == "en" else _VOICES.get(language, base)
    if script != "latin":
        spoken = script if script in _SPOKEN else ""
    if not spoken:
        return None, 1.0
    return f"{spoken}+{variant}" if variant else spoken, _PACE.get(language, 1.0) if script == "latin" else 0.95
