"""What is said about a product: a description of what can be seen, and a dialog that says no more than that.

Every draw is decided by a hash of the arguments: the same call always gives the same sentence, everywhere.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from character_flow.errors import ToolError
from character_flow.studio.phrases import TONES, Kind, Language, Subject, Tone, Who, sentence
from character_flow.studio.phrases_all import LANGUAGES, kind_on_pack, language_of
from character_flow.studio.product import ProductLook
from character_flow.studio.word_rules import (
    DESCRIPTION_WORDS,
    check_dialog,
    count_words,
    without_brand,
)

MOST_BRAND_WORDS = 5
_SHORTER = (
    r"\bshort|\bfewer|\bless\b|too long|kürzer|zu lang|m[aá]s (corto|breve)|plus court|più (corto|breve)|mais curto"
)
_LONGER = r"\blonger|\bmore words|too short|länger|zu kurz|m[aá]s largo|plus long|più lungo|mais longo"
_TRIES_FOR_ANOTHER_START = 60


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several dialogs to choose from; the seed gives the same text again."""

    seed: int
    text: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a description lets us say, by English keys: a thing, up to two colours, a finish; empty is unknown."""

    thing: str = ""
    colours: tuple[str, ...] = ()
    finish: str = ""


def describe_product(look: ProductLook, *, name: str | None, language: str = "en") -> str:
    """Return two lines of one sentence each, 8-16 words, that say only what the picture shows."""
    spoken = language_of(language)
    brand = _tidy(name) or _brand_on_pack(look)
    known: Subject = "named" if brand else "unnamed"
    slots = {"brand": brand, **_look_slots(look, spoken)}
    if look.subject == "none":
        return "\n".join(sentence(line, slots) for line in spoken.nothing[known])
    return "\n".join(
        _first_that_fits([sentence(template, slots) for template in templates])
        for templates in (spoken.leads[known, look.cut], spoken.looks if look.cut else spoken.settings)
    )


def _first_that_fits(lines: list[str]) -> str:
    low, high = DESCRIPTION_WORDS
    return next((line for line in lines if low <= count_words(line) <= high), lines[-1])


def _look_slots(look: ProductLook, spoken: Language) -> dict[str, str]:
    lead, *rest = look.colour_names
    others = [spoken.colours[colour] for colour in rest if colour != lead][:2]
    detail = spoken.details[(2, 0, 1)[len(others)]]
    plain, clear, natural = spoken.grounds
    behind = next((name for name in spoken.colours if look.background == f"a plain {name} background"), None)
    ground = clear if "clear" in look.background else natural
    if behind is not None:
        ground = plain.format(**spoken.colour_slots((behind,)))
    return {
        **spoken.thing_slots(_thing_of(look)),
        **spoken.colour_slots((lead,)),
        "finish": spoken.finishes.get(look.finish, spoken.finishes["simple"]),
        "detail": detail.format(**dict(zip(("one", "two"), others, strict=False))),
        "ground": ground,
        "light": spoken.lights[look.light],
    }


def _thing_of(look: ProductLook) -> str:
    """Return what the pack says it is, or the shape; a cup, a shoe or a phone stays one whatever it says."""
    if look.shape not in ("cup", "shoe", "phone") and (kind := kind_on_pack(look.text)):
        return kind
    return "product" if look.shape == "item" else look.shape


def product_seed(description: str, *, brand: str | None, look: ProductLook | None = None) -> int:
    """Return the seed that belongs to a product: the same for the same one, another for another one."""
    seen = () if look is None else (look.colours, look.shape, look.text, look.size)
    return int(hashlib.sha256(f"{description}|{_tidy(brand)}|{seen}".encode()).hexdigest()[:7], 16)


def write_dialog(
    description: str,
    *,
    brand: str | None,
    include_cta: bool,
    voice: str,
    seed: int | None,
    feedback: str | None,
    tone: str = "friendly",
    language: str = "en",
    look: ProductLook | None = None,
) -> str:
    """Return two speakable sentences on two lines, 18-28 words, that keep every rule of `check_dialog`.

    `voice` is "narrator" for the third person, anything else is a creator's first person. No seed is the product's
    own. `feedback` draws another text; "short" or "long" in it is followed. `look` adds what the description left out.
    """
    known, who, mood = _known_brand(brand), _who(voice), _tone(tone)
    if seed is None:
        seed = product_seed(description, brand=known, look=look)
    spoken = language_of(language)
    seen = _completed(_seen(without_brand(description, known), spoken), look)
    drafts = _drafts(seen, known, spoken=spoken, include_cta=include_cta, who=who, tone=mood)
    key = f"{description}|{known}|{include_cta}|{who}|{seed}|{mood}"
    ranked = sorted(drafts, key=lambda draft: _hash(key, draft))
    kept = (text for text in ranked if not check_dialog(text, brand=known, include_cta=include_cta, language=language))
    first = next(kept, None)
    if first is None:
        raise ToolError(f"no dialog fits the brand '{known}'; use a shorter name of plain letters")
    if not feedback:
        return first
    return _redrawn(list(kept) or [first], feedback, key=key)


def _redrawn(texts: list[str], feedback: str, *, key: str) -> str:
    """Return another of the texts, the shortest or the longest where that was asked for."""
    others = sorted(texts, key=lambda draft: _hash(key + feedback, draft))
    if re.search(_SHORTER, feedback, re.IGNORECASE):
        return min(others, key=count_words)
    if re.search(_LONGER, feedback, re.IGNORECASE):
        return max(others, key=count_words)
    return others[0]


def write_variants(
    description: str,
    *,
    brand: str | None,
    include_cta: bool,
    voice: str,
    seed: int | None = None,
    feedback: str | None = None,
    tone: str = "friendly",
    language: str = "en",
    look: ProductLook | None = None,
    count: int = 3,
) -> tuple[Variant, ...]:
    """Return `count` dialogs to choose from, all different and, where there are enough, each with its own hook."""
    base = product_seed(description, brand=brand, look=look) if seed is None else seed
    found: list[Variant] = []
    for nearby in range(_TRIES_FOR_ANOTHER_START * count):
        if len(found) == count:
            break
        text = write_dialog(
            description, brand=brand, include_cta=include_cta, voice=voice, seed=base + nearby, feedback=feedback,
            tone=tone, language=language, look=look,
        )  # fmt: skip
        lines = {line for variant in found for line in variant.text.splitlines()}
        taken = text in {variant.text for variant in found}
        picky = nearby < _TRIES_FOR_ANOTHER_START * (len(found) + 1)
        if not taken and not (picky and any(line in lines for line in text.splitlines())):
            found.append(Variant(base + nearby, text))
    return tuple(found)


def neutral_title(shape: str, language: str = "en") -> str:
    """Return what stands large on the end card where no brand is known."""
    spoken = language_of(language)
    if shape not in spoken.things or shape in ("item", "product"):
        return spoken.neutral_title
    title = spoken.thing_slots(shape)["the"]
    return title[0].upper() + title[1:]


def end_line(language: str = "en") -> str:
    """Return the small line of the end card where none was given."""
    return language_of(language).end_line


def draft_mark(language: str = "en") -> str:
    """Return the mark that says the video is a draft made by a machine."""
    return language_of(language).draft_mark


def _who(voice: str) -> Who:
    return "narrator" if voice.strip().lower() == "narrator" else "creator"


def _tone(tone: str) -> Tone:
    return next((known for known in TONES if known == tone), "friendly")


def _known_brand(brand: str | None) -> str:
    known = _tidy(brand)
    if known and count_words(known) > MOST_BRAND_WORDS:
        raise ToolError(f"the brand has {count_words(known)} words; at most {MOST_BRAND_WORDS} can be spoken")
    return known


def _drafts(seen: _Seen, brand: str, *, spoken: Language, include_cta: bool, who: Who, tone: Tone) -> list[str]:
    """Return every pair of sentences of the language; some may be too long or too short with this brand."""
    slots = spoken.thing_slots(seen.thing or "product")
    slots |= {"brand": brand, "x": brand or slots["this"]}
    slots |= {case: brand or slots.get(f"this{case[1:]}", slots["this"]) for case in ("x_acc", "x_dat")}
    slots |= {**spoken.colour_slots(seen.colours), "finish": spoken.finishes[seen.finish or "simple"]}
    kind: Kind = "two" if len(seen.colours) > 1 else "one" if seen.colours else "none"
    hooks = [sentence(hook, slots) for hook in spoken.hooks_for(who, tone, brand=brand)]
    endings = [sentence(ending, slots) for ending in spoken.endings_for(who, kind, include_cta=include_cta)]
    return [f"{hook}\n{ending}" for hook in hooks for ending in endings]


def _completed(seen: _Seen, look: ProductLook | None) -> _Seen:
    """Add what the picture shows where the description does not name it; a picture of nothing adds nothing."""
    if look is None or look.subject == "none":
        return seen
    return _Seen(
        seen.thing or _thing_of(look),
        seen.colours or look.colour_names[:2],
        seen.finish or ("" if look.finish == "plain" else look.finish),
    )


def _seen(description: str, spoken: Language) -> _Seen:
    """Find things, colours and finishes by name in a description, ours or a model's, that does not name the brand.

    Colours are sought below the first line, where they stand: a "Blue Moon" read from the pack makes nothing blue.
    A model that was asked in English may answer in English: its words are understood in every language.
    """
    first, _, below = description.lower().partition("\n")
    is_english = re.search(r"\b(the|with|and|of)\b", description.lower()) is not None
    source = language_of("en") if is_english else spoken
    below = _without_ground(below or first, source)
    words = {word: thing for thing, (word, _) in source.things.items()}
    things = _found(first, words) or _found(f"{first}\n{below}", words)
    colours = _found(below, {word: name for name, word in source.colours.items()})
    finishes = _found(below, {word: name for name, word in source.finishes.items() if name != "plain"})
    return _Seen(
        next((name for name in things if name in spoken.things), ""),
        tuple(name for name in colours if name in spoken.colours)[:2],
        next((name for name in finishes if name in spoken.finishes), ""),
    )


def _without_ground(lowered: str, language: Language) -> str:
    """Leave out what is said of the background: its colour is not the product's."""
    plain = language.grounds[0]
    for word in _longest_first(language.colours.values()):
        lowered = lowered.replace(plain.format(first=word).lower(), "")
    return re.sub(r"\b(on|against) an? [\w ]*background", "", lowered)


def _found(lowered: str, keys: Mapping[str, str]) -> list[str]:
    """Return the keys of the words found, in their order; "dark green" is not also "green"."""
    by_word = {word.lower(): key for word, key in keys.items()}
    either = "|".join(re.escape(word) for word in _longest_first(by_word))
    return list(dict.fromkeys(by_word[match[0]] for match in re.finditer(rf"(?<!\w)(?:{either})(?!\w)", lowered)))


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)


def _brand_on_pack(look: ProductLook) -> str:
    """Return the first line read on the pack that could be a name; nothing rather than a guess."""
    generic = {word.lower() for code in LANGUAGES for word, _ in language_of(code).things.values()}
    generic |= {word for code in LANGUAGES for word in language_of(code).banned}
    for line in look.text:
        words = line.split()
        plain = all(re.fullmatch(r"[^\W\d_]+(['&-][^\W\d_]+)*", word) for word in words)
        is_name = plain and kind_on_pack((line,)) is None and not any(word.lower() in generic for word in words)
        if is_name and len(words) <= 3 and (line.isupper() or line.istitle()) and len(line) >= 3:
            return line.title() if line.isupper() else line
    return ""


def _tidy(name: str | None) -> str:
    return " ".join((name or "").split()).strip()


def _hash(key: str, draft: str) -> str:
    return hashlib.sha256(f"{key}|{draft}".encode()).hexdigest()
