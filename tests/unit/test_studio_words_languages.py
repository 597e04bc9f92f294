"""Every language keeps the same rules, for any product, tone and voice, and every rule notices what breaks it."""

import random
from dataclasses import replace

import pytest

from character_flow.errors import ToolError
from character_flow.studio.colours import name_of
from character_flow.studio.phrases import TONES
from character_flow.studio.phrases_all import LANGUAGES, kind_on_pack, language_of
from character_flow.studio.product import ProductLook, look_at
from character_flow.studio.silhouette import Shape
from character_flow.studio.word_rules import check_description, check_dialog
from character_flow.studio.words import (
    describe_product,
    draft_mark,
    end_line,
    neutral_title,
    write_dialog,
    write_variants,
)
from tests.unit.studio_pictures import drawn_product

_SHAPES: tuple[Shape, ...] = ("bottle", "tube", "box", "bag", "cup", "shoe", "phone", "item")
_PACKS = ((), (), ("SERUM",), ("Velia", "KAFFEE"), ("50% off", "SPF 30"), ("Face mist",), ("Savon", "Shampoo"))
_LIGHTS = (
    "bright, even light", "low, moody light", "soft light from the left", "soft light from the right",
    "soft, even light",
)  # fmt: skip
_BRANDS = (None, "Ondara", "LUMA", "\u00c9clat & Co", "The Very Long Brand Name")
_GOOD = {
    "en": "So this is Ondara, and I really wanted to show you this.\n"
          "I like the glossy teal look, and the white details.",
    "de": "Ich zeige euch heute Ondara, und zwar ganz aus der Nähe.\n"
          "Mir gefällt das Blau, weil es alles so klar macht.",
    "es": "Esto es Ondara, y tenía muchas ganas de enseñártelo hoy.\n"
          "Me gusta el azul, porque todo parece más claro.",
    "fr": "Voici Ondara, et j'avais vraiment envie de vous en parler.\n"
          "J'aime le bleu, parce que tout paraît plus clair.",
    "it": "Ecco Ondara, e adesso vi indico le cose che noto.\n"
          "Mi piace il blu, perché rende ogni cosa più chiara.",
    "pt": "Aqui está Ondara, e eu vou apontar o que vejo.\n"
          "Eu gosto de azul, porque tudo parece mais claro.",
}  # fmt: skip
_CLAIMS = {"en": "perfect", "de": "perfekt", "es": "perfecto", "fr": "parfait", "it": "perfetto", "pt": "perfeito"}
_CALLS = {
    "en": "take a look", "de": "schaut genauer hin", "es": "échale un vistazo", "fr": "jetez-y un œil",
    "it": "date un'occhiata", "pt": "dá uma olhada",
}  # fmt: skip


def _random_looks(count: int) -> list[ProductLook]:
    draw, plain = random.Random(6), look_at(drawn_product((40, 96, 200), (240, 240, 238)))
    looks = []
    for _ in range(count):
        colours = [tuple(draw.randrange(256) for _ in range(3)) for _ in range(draw.randint(1, 5))]
        names = tuple(dict.fromkeys(name_of((r, g, b)) for r, g, b in colours))
        grounds = ("a clear background", "a natural setting", f"a plain {draw.choice(names)} background")
        look = replace(
            plain, cut=draw.random() < 0.7, colour_names=names, shape=draw.choice(_SHAPES), text=draw.choice(_PACKS),
            light=draw.choice(_LIGHTS), background=draw.choice(grounds),
            finish=draw.choice(("glossy", "matte", "plain")), subject=draw.choice(("product",) * 9 + ("none",)),
        )  # fmt: skip
        looks.append(look)
    return looks


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_hundred_random_products_keep_every_rule_in_every_tone(language: str) -> None:
    draw, broken = random.Random(language), []
    for look in _random_looks(200):
        brand = draw.choice(_BRANDS)
        text = describe_product(look, name=brand, language=language)
        broken += [(text, found) for found in check_description(text, brand=brand or "Velia", language=language)]
        for tone in TONES:
            wants_call = draw.random() < 0.5
            dialog = write_dialog(
                text, brand=brand, include_cta=wants_call, voice=draw.choice(("creator", "narrator")), seed=None,
                feedback=None, tone=tone, language=language, look=look,
            )  # fmt: skip
            problems = check_dialog(dialog, brand=brand, include_cta=wants_call, language=language)
            broken += [(dialog, found) for found in problems]
    assert broken == []


def _of(look: ProductLook, language: str, brand: str | None = None) -> str:
    text = describe_product(look, name=brand, language=language)
    return write_dialog(
        text, brand=brand, include_cta=False, voice="creator", seed=None, feedback=None, language=language, look=look
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_products_never_get_the_same_sentences_by_default(language: str) -> None:
    looks = [replace(look, subject="product", cut=True) for look in _random_looks(60)]
    described = {describe_product(look, name=None, language=language): look for look in looks}
    assert len({_of(look, language) for look in described.values()}) == len(described)
    assert all(_of(look, language) == _of(look, language) for look in looks[:5])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dialog_that_keeps_the_rules_has_no_messages_in_its_language(language: str) -> None:
    assert check_dialog(_GOOD[language], brand="Ondara", include_cta=False, language=language) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_broken_rule_is_noticed_in_each_language(language: str) -> None:
    good, claim, call = _GOOD[language], _CLAIMS[language], _CALLS[language]
    first, second = good.split("\n")
    cases = {
        first: "the dialog has 1 lines; it must have exactly 2",
        f"Ondara.\n{second}": "line 1 has 1 words; it must have 9 to 14",
        f"{first[:-1]}\n{second}": "line 1 does not end a sentence; end it with a full stop",
        f"{first} {second}\n{second}": "line 1 holds more than one sentence; keep one sentence a line",
        f"{first}\n{second[:-1]} {claim}.": f"the word '{claim}' is a claim; leave it out",
        f"{first}\n{second[:-1]} 24.": "the text holds a number; leave numbers out",
        f"{first}\n{second[:-1]} LSF.": "the text speaks of SPF; leave it out",
        f"{first}\n{second[:-1]} #ok.": "the text holds a hashtag; leave it out",
        f"{first}\n{second[:-1]} \U0001f600.": "the text holds an emoji or symbol (U+1F600); leave it out",
        good.replace("Ondara", "Velia"): "the brand 'Ondara' is named 0 times; name it exactly once",
        f"{first}\n{second[:-1]}, {call}.": f"the dialog calls to action ('{call}') though none was asked for; "
        "leave it out",
    }
    found = {text: check_dialog(text, brand="Ondara", include_cta=False, language=language) for text in cases}
    assert [message for text, message in cases.items() if message not in found[text]] == []
    called = f"{first}\n{second[:-1]}, {call}."
    assert not [m for m in check_dialog(called, brand="Ondara", include_cta=True, language=language) if "calls" in m]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_to_action_that_was_asked_for_is_there_in_each_language(language: str) -> None:
    text = describe_product(_random_looks(1)[0], name="Ondara", language=language)
    told = [
        write_dialog(text, brand="Ondara", include_cta=True, voice="", seed=seed, feedback=None, language=language)
        for seed in range(10)
    ]
    calls = language_of(language).call_words
    assert [dialog for dialog in told if not any(call in dialog.lower() for call in calls)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_variants_differ_in_both_lines_and_their_seeds_give_them_again(language: str) -> None:
    look = replace(_random_looks(1)[0], subject="product", cut=True)
    text = describe_product(look, name="Ondara", language=language)
    three = write_variants(text, brand="Ondara", include_cta=False, voice="creator", language=language, look=look)
    assert len({line for variant in three for line in variant.text.splitlines()}) == 6
    again = [
        write_dialog(
            text, brand="Ondara", include_cta=False, voice="creator", seed=variant.seed, feedback=None,
            language=language, look=look,
        )
        for variant in three
    ]  # fmt: skip
    assert again == [variant.text for variant in three]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_product_is_to_be_seen_no_colour_is_named(language: str) -> None:
    look = replace(_random_looks(1)[0], subject="none", colour_names=("teal", "mustard"), text=())
    spoken, dialog = language_of(language), _of(look, language)
    said = f"{describe_product(look, name=None, language=language)} {dialog}".lower()
    assert [name for name in ("teal", "mustard") if spoken.colours[name].lower() in said] == []
    assert spoken.things["product"][0].lower() in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_every_colour_and_has_its_own_labels(language: str) -> None:
    spoken = language_of(language)
    assert set(language_of("en").colours) - {"gray"} <= {*spoken.colours}
    titles = [neutral_title(shape, language) for shape in _SHAPES]
    labels = [*titles, end_line(language), draft_mark(language)]
    assert all(label and label[0].isupper() for label in labels)


def test_nouns_and_articles_agree() -> None:
    look = replace(_random_looks(1)[0], cut=True, shape="cup", text=(), colour_names=("navy",), subject="product")
    openings = {code: describe_product(look, name=None, language=code).split("\n")[0] for code in LANGUAGES}
    assert openings == {
        "en": "A cup in navy without a readable brand name, shown whole from the front.",
        "de": "Ein Becher in Marineblau ohne lesbaren Markennamen, ganz von vorn gezeigt.",
        "es": "Una taza en color azul marino sin marca legible, mostrada por completo de frente.",
        "fr": "Une tasse, coloris bleu marine, sans marque lisible, montrée de face.",
        "it": "Una tazza in blu notte senza marca leggibile, mostrata di fronte.",
        "pt": "Uma caneca na cor azul-marinho sem marca legível, mostrada por inteiro e de frente.",
    }
    shampoo = replace(look, shape="bottle", text=("Champú",))
    assert describe_product(shampoo, name="Velia", language="it").startswith("Velia, uno shampoo in blu notte")
    assert neutral_title("bottle", "de") == "Die Flasche"


def test_the_pack_names_its_kind_in_any_language_and_only_where_it_is_sure() -> None:
    packs = [("CREMA DE MANOS",), ("Schokolade",), ("CAFE",), ("shampoo", "savon"), ("Coffee free",), ("Ondara",)]
    assert [kind_on_pack(pack) for pack in packs] == ["cream", "chocolate", "coffee", None, None, None]


def test_a_cup_that_says_coffee_stays_a_cup() -> None:
    look = replace(_random_looks(1)[0], cut=True, shape="cup", text=("COFFEE",), subject="product")
    assert describe_product(look, name="Velia", language="es").startswith("Velia, una taza en color ")


def test_the_colour_of_the_background_is_not_the_products() -> None:
    look = replace(_random_looks(1)[0], cut=True, colour_names=("grey",), shape="bag", text=(), subject="product")
    look = replace(look, background="a plain mustard background")
    said = {code: describe_product(look, name=None, language=code) + _of(look, code).lower() for code in LANGUAGES}
    named = {code: said[code].lower().count(language_of(code).colours["mustard"].lower()) for code in LANGUAGES}
    assert set(named.values()) == {1}


def test_a_language_nobody_wrote_for_is_refused_in_one_line() -> None:
    with pytest.raises(ToolError, match="language: 'nl' is none of en, de, es, fr, it, pt"):
        language_of("nl")


def test_words_a_model_wrote_in_english_are_understood_in_every_language() -> None:
    text = "Ondara serum bottle.\nA glossy teal surface with white details on a red background."
    dialogs = [
        write_dialog(text, brand="Ondara", include_cta=False, voice="", seed=seed, feedback=None, language="de")
        for seed in range(5)
    ]
    assert all("Petrol" in dialog and "Rot" not in dialog for dialog in dialogs)
