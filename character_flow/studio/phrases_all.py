"""Which languages an ad can speak, and which of their words on a pack say what kind of product it is."""

import unicodedata

from character_flow.errors import ToolError
from character_flow.studio.phrases import Language
from character_flow.studio.phrases_de import GERMAN
from character_flow.studio.phrases_en import ENGLISH
from character_flow.studio.phrases_es import SPANISH
from character_flow.studio.phrases_fr import FRENCH
from character_flow.studio.phrases_it import ITALIAN
from character_flow.studio.phrases_pt import PORTUGUESE

_ALL = {spoken.code: spoken for spoken in (ENGLISH, GERMAN, SPANISH, FRENCH, ITALIAN, PORTUGUESE)}
LANGUAGES = tuple(_ALL)

# Without accents, as a pack in capitals is often read; words that mean something else in another of the six
# languages ("the", "te", "cha", "mist") stand only where that is ruled out.
_ON_PACKS: dict[str, str] = {
    "serum": "serum siero suero",
    "shampoo": "shampoo shampooing champu xampu champo",
    "coffee": "coffee kaffee cafe caffe espresso",
    "tea": "tea tee kräutertee infusion tisane",
    "cream": "cream creme crema",
    "soap": "soap seife jabon savon sapone sabonete sabao",
    "lotion": "lotion locion lozione locao",
    "chocolate": "chocolate schokolade chocolat cioccolato",
    "perfume": "perfume parfum parfüm profumo",
    "candle": "candle kerze vela bougie candela",
    "gel": "gel duschgel",
    "balm": "balm balsam balsamo baume",
    "toothpaste": "toothpaste zahnpasta zahncreme dentifrico dentifrice dentifricio",
    "juice": "juice saft zumo jugo succo suco sumo",
    "wine": "wine wein vino vin vinho",
    "beer": "beer bier cerveza biere birra cerveja",
    "lipstick": "lipstick lippenstift pintalabios rossetto batom",
}
_MISTS = ("face mist", "body mist", "hair mist", "facial mist")
_WITHOUT = frozenset(("free", "no", "not", "without", "ohne", "frei", "sin", "sans", "senza", "sem"))


def language_of(code: str) -> Language:
    """Return the language by its code, such as "de"; raises a ToolError of one line for any other."""
    if code not in _ALL:
        raise ToolError(f"language: '{code}' is none of {', '.join(LANGUAGES)}")
    return _ALL[code]


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in parts if not unicodedata.combining(char))


_KINDS = {_plain(word): thing for thing, words in _ON_PACKS.items() for word in words.split()}


def kind_on_pack(lines: tuple[str, ...]) -> str | None:
    """Return the kind of product the pack itself names; nothing where it names none, several or what it is free of."""
    found: set[str] = set()
    for line in lines:
        words = "".join(char if char.isalpha() else " " for char in _plain(line)).split()
        if _WITHOUT.isdisjoint(words):
            found |= {_KINDS[word] for word in words if word in _KINDS}
            found |= {"mist" for name in _MISTS if name in " ".join(words)}
    return next(iter(found)) if len(found) == 1 else None
