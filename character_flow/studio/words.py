"""What is said about a product: a description of what can be seen, and a dialog that says no more than that.

Every draw is decided by a hash of the arguments: the same call always gives the same sentence, everywhere.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from character_flow.errors import ToolError
from character_flow.studio import phrases
from character_flow.studio.product import ProductLook

DESCRIPTION_WORDS = (8, 16)
SENTENCE_WORDS = (9, 14)
DIALOG_WORDS = (18, 28)
BANNED = (
    "miracle", "best", "perfect", "amazing", "revolutionary", "guaranteed", "clinically", "proven", "anti-aging",
    "flawless", "ultimate", "magical", "instantly", "cure", "cures", "risk-free",
)  # fmt: skip
_CALLS = (
    "shop now", "buy", "order now", "order yours", "get yours", "try it", "check it out", "take a look",
    "take a closer look", "tap the link", "link in bio", "grab one", "have a look", "see it for yourself",
)  # fmt: skip
_ENDS = ".!?\u2026"
MOST_BRAND_WORDS = 5


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a description lets us say: a noun, up to two colours, a finish."""

    noun: str
    colours: tuple[str, ...]
    finish: str


def describe_product(look: ProductLook, *, name: str | None) -> str:
    """Return two lines of one sentence each, 8-16 words, that say only what the picture shows."""
    brand = _tidy(name) or _brand_on_pack(look)
    noun = look.shape if look.shape != "item" else "product"
    lead = look.colour_names[0]
    first = [
        template.format(brand=brand, noun=noun, colour=lead, article=phrases.article(lead if look.cut else noun))
        for template in phrases.LEADS[bool(brand), look.cut]
    ]
    others = [colour for colour in look.colour_names[1:] if colour != lead][:2]
    detail = f"with {' and '.join(others)} details" if others else "in one even colour"
    second = [
        template.format(finish=look.finish, colour=lead, detail=detail, ground=look.background, light=look.light)
        for template in (phrases.LOOKS if look.cut else phrases.SETTINGS)
    ]
    low, high = DESCRIPTION_WORDS
    lines = [
        next((line for line in options if low <= count_words(line) <= high), options[-1]) for options in (first, second)
    ]
    return "\n".join(line[0].upper() + line[1:] for line in lines)


def write_dialog(
    description: str,
    *,
    brand: str | None,
    include_cta: bool,
    voice: str,
    seed: int,
    feedback: str | None,
    tone: str = "friendly",
) -> str:
    """Return two speakable sentences on two lines, 18-28 words, that keep every rule of `check_dialog`.

    `voice` is "narrator" for the third person, anything else is a creator's first person. `feedback` draws another
    text; "short" or "long" in it is followed.
    """
    known = _tidy(brand)
    if known and count_words(known) > MOST_BRAND_WORDS:
        raise ToolError(f"the brand has {count_words(known)} words; at most {MOST_BRAND_WORDS} can be spoken")
    narrator = voice.strip().lower() == "narrator"
    mood = tone if tone in phrases.TONES else "friendly"
    drafts = _drafts(_seen(_without(description, known)), known, include_cta=include_cta, narrator=narrator, tone=mood)
    key = f"{description}|{known}|{include_cta}|{narrator}|{seed}|{mood}"
    ranked = sorted(drafts, key=lambda draft: _hash(key, draft))
    if not feedback:
        return ranked[0]
    others = sorted(ranked[1:] or ranked, key=lambda draft: _hash(key + feedback, draft))
    if re.search(r"\bshort|\bfewer|\bless\b|too long", feedback, re.IGNORECASE):
        return min(others, key=count_words)
    if re.search(r"\blonger|\bmore words|too short", feedback, re.IGNORECASE):
        return max(others, key=count_words)
    return others[0]


def _drafts(seen: _Seen, brand: str, *, include_cta: bool, narrator: bool, tone: str) -> list[str]:
    """Return every pair of sentences that keeps the rules; there is always one."""
    who = "narrator" if narrator else "creator"
    hooks = phrases.HOOKS[who, tone] if brand else phrases.PLAIN_HOOKS[who, tone]
    filled = [hook.format(brand=brand, noun=seen.noun) for hook in hooks]
    kind = "two" if len(seen.colours) > 1 else "one" if seen.colours else "none"
    first, second = (*seen.colours, "", "")[:2]
    tails = phrases.CALLS[who, kind] if include_cta else phrases.ATTRIBUTES[who, kind]
    endings = [tail.format(noun=seen.noun, first=first, second=second, finish=seen.finish) for tail in tails]
    pairs = [f"{hook}\n{ending}" for hook in filled for ending in endings]
    kept = [pair for pair in pairs if not check_dialog(pair, brand=brand or None, include_cta=include_cta)]
    if not kept:
        raise ToolError(f"no dialog fits the brand '{brand}'; use a shorter name of plain letters")
    return kept


def _seen(description: str) -> _Seen:
    """Find nouns, colours and finishes by name in a description, ours or a model's, that does not name the brand.

    Colours are sought below the first line, where they stand: a "Blue Moon" read from the pack makes nothing blue.
    """
    lowered = description.lower()
    colours = _found(lowered.partition("\n")[2] or lowered, phrases.COLOURS)
    # "dark green" also finds "green": the longer name counts.
    colours = [name for name in colours if not any(name != other and name in other for other in colours)]
    nouns = _found(lowered, phrases.NOUNS)
    finishes = _found(lowered, phrases.FINISHES)
    return _Seen(nouns[0] if nouns else "product", tuple(colours[:2]), finishes[0] if finishes else "simple")


def _found(lowered: str, names: tuple[str, ...]) -> list[str]:
    places = [(match.start(), name) for name in names if (match := re.search(rf"\b{re.escape(name)}\b", lowered))]
    return [name for _, name in sorted(places)]


def _brand_on_pack(look: ProductLook) -> str:
    """Return the first line read on the pack that could be a name; nothing rather than a guess."""
    for line in look.text:
        words = line.split()
        plain = all(re.fullmatch(r"[^\W\d_]+(['&-][^\W\d_]+)*", word) for word in words)
        generic = any(word.lower() in phrases.NOUNS or word.lower() in BANNED for word in words)
        if plain and not generic and len(words) <= 3 and (line.isupper() or line.istitle()) and len(line) >= 3:
            return line.title() if line.isupper() else line
    return ""


def _tidy(name: str | None) -> str:
    return " ".join((name or "").split()).strip()


def _hash(key: str, draft: str) -> str:
    return hashlib.sha256(f"{key}|{draft}".encode()).hexdigest()


def count_words(text: str) -> int:
    """Return how many words a text has; a dash or an emoji alone is none."""
    return sum(1 for token in text.split() if any(char.isalnum() for char in token))


def check_description(text: str, *, brand: str | None) -> tuple[str, ...]:
    """Return the rules a product description breaks: two lines, a sentence of 8-16 words each, nothing claimed."""
    lines = _lines(text)
    problems = _line_count(lines, "the description")
    for number, line in enumerate(lines[:2], start=1):
        problems += _length(line, number, DESCRIPTION_WORDS)
        problems += _one_sentence(_without(line, brand), number)
    return (*problems, *_wording(text, brand))


def check_dialog(text: str, *, brand: str | None, include_cta: bool) -> tuple[str, ...]:
    """Return the rules a dialog breaks: two sentences on two lines, 18-28 words, brand once, a call only if asked."""
    lines = _lines(text)
    problems = _line_count(lines, "the dialog")
    for number, line in enumerate(lines[:2], start=1):
        problems += _length(line, number, SENTENCE_WORDS)
        problems += _one_sentence(_without(line, brand), number)
    total, (low, high) = count_words(text), DIALOG_WORDS
    if not low <= total <= high:
        problems.append(f"the dialog has {total} words; it must have {low} to {high}")
    problems += _wording(text, brand)
    if brand and brand.strip():
        named = _mentions(text, brand)
        if named != 1:
            problems.append(f"the brand '{brand.strip()}' is named {named} times; name it exactly once")
    bare = _without(text, brand).lower()
    calls = [call for call in _CALLS if re.search(rf"\b{re.escape(call)}\b", bare)]
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


def _wording(text: str, brand: str | None) -> list[str]:
    bare = _without(text, brand)
    problems = [
        f"the word '{word}' is a claim; leave it out"
        for word in BANNED
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", bare, re.IGNORECASE)
    ]
    if re.search(r"\d|%", bare):
        problems.append("the text holds a number; leave numbers out")
    if re.search(r"\bspf\b", bare, re.IGNORECASE):
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


def _without(text: str, brand: str | None) -> str:
    """Leave out the brand: what is printed on the pack may be said, whatever it is."""
    if not brand or not brand.strip():
        return text
    return re.sub(_pattern(brand), "Brand", text, flags=re.IGNORECASE)
