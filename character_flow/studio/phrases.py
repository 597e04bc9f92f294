"""What one language needs so that a product can be spoken of in it: nouns, colours, sentences and their rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Who: TypeAlias = Literal["creator", "narrator"]
Tone: TypeAlias = Literal["friendly", "expert", "playful", "calm"]
Kind: TypeAlias = Literal["two", "one", "none"]  # how many colours an ending speaks of
Subject: TypeAlias = Literal["named", "unnamed"]

Hooks: TypeAlias = Mapping[tuple[Who, Tone], tuple[str, ...]]
Attributes: TypeAlias = Mapping[tuple[Who | Literal["anyone"], Kind], tuple[str, ...]]

TONES: tuple[Tone, ...] = ("friendly", "expert", "playful", "calm")
_VOWELS = frozenset("aeiouàâáäéèêëíîïóôöúûü")


@dataclass(frozen=True, slots=True)
class Language:
    """Everything one language needs. Keys of things, colours and finishes are English; values are its own words.

    A thing is a word and its class ("f", "m", ...): how determiners and endings agree with it. Slots of sentences:
    `brand`, `noun` (bare), every determiner with the noun (`this`, `a`, ...), every agreeing ending, `x` (the brand,
    or "this" noun where there is none; `x_acc` and `x_dat` where cases differ), `first`, `second`, `the_first`,
    `the_second` (colours as nouns), `finish`; in descriptions also `detail`, `ground` and `light`.
    """

    code: str
    things: Mapping[str, tuple[str, str]]
    determiners: Mapping[str, Mapping[str, str]]  # by class: a slot's text before the noun, blank or apostrophe too
    endings: Mapping[str, Mapping[str, str]]  # by class: what agrees elsewhere in the sentence
    colours: Mapping[str, str]
    colour_the: tuple[str, str]  # before a consonant, before a vowel
    finishes: Mapping[str, str]  # "simple" is that of everything unknown
    lights: Mapping[str, str]
    grounds: tuple[str, str, str]  # a plain one of a {first} colour, a clear one, a natural setting
    details: tuple[str, str, str]  # one more colour, two more, none
    leads: Mapping[tuple[Subject, bool], tuple[str, ...]]  # by: a brand is known, the product was cut out
    looks: tuple[str, ...]
    settings: tuple[str, ...]
    nothing: Mapping[Subject, tuple[str, str]]  # both lines where no product is to be seen
    hooks: Hooks
    attributes: Attributes
    calls: Attributes
    call_words: tuple[str, ...]
    banned: tuple[str, ...]
    neutral_title: str
    end_line: str
    draft_mark: str

    def thing_slots(self, thing: str) -> dict[str, str]:
        """Return the noun with each determiner, and the endings that agree with it."""
        word, kind = self.things[thing]
        slots = {slot: before + word for slot, before in self.determiners[kind].items()}
        return {**slots, **self.endings.get(kind, {}), "noun": word}

    def colour_slots(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return the first two colours, bare and with their article; colours unknown here are left out."""
        slots = {"first": "", "second": "", "the_first": "", "the_second": ""}
        for slot, name in zip(("first", "second"), names, strict=False):
            slots[slot] = word = self.colours[name]
            slots[f"the_{slot}"] = self.colour_the[word[0].lower() in _VOWELS] + word
        return slots

    def hooks_for(self, who: Who, tone: Tone, *, brand: str) -> tuple[str, ...]:
        """Return the first sentences that name the brand, or do without one where there is none."""
        of_brand = tuple(hook for hook in self.hooks[who, tone] if "{brand}" in hook or "{x" in hook)
        return of_brand if brand else tuple(hook for hook in self.hooks[who, tone] if "{brand}" not in hook)

    def endings_for(self, who: Who, kind: Kind, *, include_cta: bool) -> tuple[str, ...]:
        """Return the second sentences: those anyone may say, and those only this speaker may."""
        table = self.calls if include_cta else self.attributes
        return (*table.get(("anyone", kind), ()), *table.get((who, kind), ()))


def sentence(template: str, slots: Mapping[str, str]) -> str:
    """Return the template filled, beginning with a capital letter; a brand keeps its own spelling."""
    text = template.format(**slots)
    return text if template.startswith(("{brand}", "{x")) else text[0].upper() + text[1:]
