"""Which countable rules of a description and a dialog a text breaks, in any of the six languages.

The messages are English: they are for the person, or the model, that writes the text again.
"""

import re
import unicodedata
from collections.abc import Sequence

from character_flow.studio.phrases import Language
from character_flow.studio.phrases_all import language_of

DESCRIPTION_WORDS = (8, 16)
SENTENCE_WORDS = (9, 14)
DIALOG_WORDS = (18, 28)
_ENDS = ".!?\u2026"


def count_words(text: str) -> int:
    """Return how many words a text has; a dash or an emoji alone is none."""
    return sum(1 for token in text.split() if any(char.isalnum() for char in token))


def check_description(text: str, *, brand: str | None, language: str = "en") -> tuple[str, ...]:
    """Return the rules a product description breaks: two lines, a sentence of 8-16 words each, nothing claimed."""
    lines = _lines(text)
    problems = _line_count(lines, "the description")
    for number, line in enumerate(lines[:2], start=1):
        problems += _length(line, number, DESCRIPTION_WORDS)
        problems += _one_sentence(without_brand(line, brand), number)
    return (*problems, *_wording(text, brand, language_of(language)))


def check_dialog(text: str, *, brand: str | None, include_cta: bool, language: str = "en") -> tuple[str, ...]:
    """Return the rules a dialog breaks: two sentences on two lines, 18-28 words, brand once, a call only if asked."""
    lines = _lines(text)
    problems = _line_count(lines, "the dialog")
    for number, line in enumerate(lines[:2], start=1):
        problems += _length(line, number, SENTENCE_WORDS)
        problems += _one_sentence(without_brand(line, brand), number)
    total, (low, high) = count_words(text), DIALOG_WORDS
    if not low <= total <= high:
        problems.append(f"the dialog has {total} words; it must have {low} to {high}")
    problems += _wording(text, brand, language_of(language))
    if brand and brand.strip():
        named = _mentions(text, brand)
        if named != 1:
            problems.append(f"the brand '{brand.strip()}' is named {named} times; name it exactly once")
    bare = without_brand(text, brand).lower()
    words = language_of(language).call_words
    calls = [call for call in words if re.search(rf"\b{re.escape(call)}\b", bare)]
    if calls and not include_cta:
        problems.append(f"the dialog calls to action ('{calls[0]}') though none was asked for; leave it out")
    return tuple(problems)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def _line_count(lines: Sequence[str], what: str) -> list[str]:
    return [] if len(lines) == 2 else [f"{what} has {len(lines)} lines; it must have exactly 2"]


def _length(line: str, number: int, limits: tuple[int, int]) -> list[str]:
    words, (low, high) = count_words(line), limits
    return [] if low <= words <= high else [f"line {number} has {words} words; it must have {low} to {high}"]


def _one_sentence(line: str, number: int) -> list[str]:
    trimmed = line.rstrip("'\"\u2019\u201d) ")
    if not trimmed or trimmed[-1] not in _ENDS:
        return [f"line {number} does not end a sentence; end it with a full stop"]
    inside = re.search(rf"[{_ENDS}]['\"\u2019\u201d)]*\s+\S", trimmed)
    return [f"line {number} holds more than one sentence; keep one sentence a line"] if inside else []


def _wording(text: str, brand: str | None, spoken: Language) -> list[str]:
    bare = without_brand(text, brand)
    problems = [
        f"the word '{word}' is a claim; leave it out"
        for word in spoken.banned
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", bare, re.IGNORECASE)
    ]
    if re.search(r"\d|%", bare):
        problems.append("the text holds a number; leave numbers out")
    if re.search(r"\b(spf|lsf|fps)\b", bare, re.IGNORECASE):
        problems.append("the text speaks of SPF; leave it out")
    if re.search(r"#\w", bare):
        problems.append("the text holds a hashtag; leave it out")
    emoji = [char for char in bare if unicodedata.category(char) in ("So", "Sk") and ord(char) > 0x2000]
    if emoji:
        problems.append(f"the text holds an emoji or symbol (U+{ord(emoji[0]):04X}); leave it out")
    return problems


def _pattern(brand: str) -> str:
    inside = r"\s+".join(re.escape(part) for part in brand.split())
    return rf"(?<!\w){inside}(?!\w)"


def _mentions(text: str, brand: str) -> int:
    return len(re.findall(_pattern(brand), text, re.IGNORECASE))


def without_brand(text: str, brand: str | None) -> str:
    """Leave out the brand: what is printed on the pack may be said, whatever it is."""
    if not brand or not brand.strip():
        return text
    return re.sub(_pattern(brand), "Brand", text, flags=re.IGNORECASE)
