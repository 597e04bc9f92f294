"""What is said about a product: a description of what can be seen, and a dialog that says no more than that.

Every draw is decided by a hash of the arguments: the same call always gives the same sentence, everywhere.
"""

import hashlib
import re
from dataclasses import dataclass

from character_flow.errors import ToolError
from character_flow.studio import phrases
from character_flow.studio.copy_rules import BANNED, DESCRIPTION_WORDS, count_words
from character_flow.studio.copy_rules import check_description as check_description
from character_flow.studio.copy_rules import check_dialog as check_dialog
from character_flow.studio.product import ProductLook

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
    noun = look.shape if look.confidence >= 0.5 and look.shape != "item" else "product"
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
    drafts = _drafts(_seen(description), known, include_cta=include_cta, narrator=narrator, tone=mood)
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
    """Find nouns, colours and finishes by name in any description, ours or a model's."""
    lowered = description.lower()
    colours = _found(lowered, phrases.COLOURS)
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
