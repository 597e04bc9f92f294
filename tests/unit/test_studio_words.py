"""The words keep every countable rule of the brief, whatever the product, the seed and the feedback."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from character_flow.errors import ToolError
from character_flow.studio.colours import name_of
from character_flow.studio.phrases import TONES, sentence
from character_flow.studio.phrases_all import LANGUAGES, language_of
from character_flow.studio.product import ProductLook, look_at, read_product
from character_flow.studio.word_rules import check_description, check_dialog
from character_flow.studio.words import describe_product, write_dialog
from tests.unit.studio_pictures import PRODUCT, drawn_product, photo

_LINE = "I like the glossy teal look, and the white details keep it."
_BRANDED = "So this is Ondara, and I really wanted to show you this."
GOOD = f"{_BRANDED}\n{_LINE}"
DESCRIBED = (
    "Ondara bottle, a teal piece shown whole from the front.\n"
    "Glossy teal surface with white details, seen in bright light."
)

_BRANDS = st.sampled_from([None, "Ondara", "Dr. Best's No. 7", "The Very Long Brand Name", "\u00c9clat & Co", "LUMA"])


def _looks() -> st.SearchStrategy[ProductLook]:
    colour = st.tuples(*[st.integers(0, 255)] * 3)
    names = st.lists(colour.map(name_of), min_size=1, max_size=5, unique=True).map(tuple)
    plain = look_at(drawn_product((40, 96, 200), (240, 240, 238)))
    return st.builds(
        ProductLook,
        image=st.just(plain.image), cut=st.booleans(), cut_note=st.just(""), colours=st.just(plain.colours),
        colour_names=names, shape=st.sampled_from(["bottle", "tube", "box", "bag", "cup", "shoe", "item"]),
        confidence=st.floats(0, 1), text=st.sampled_from([(), ("ONDARA", "FACE MIST"), ("50% off", "SPF 30", "ml")]),
        light=st.sampled_from(["bright, even light", "low, moody light", "soft light from the right"]),
        background=colour.map(lambda c: f"a plain {name_of(c)} background"),
        finish=st.sampled_from(["glossy", "matte", "plain"]), accent=st.just((40, 96, 200)), size=st.just((400, 600)),
    )  # fmt: skip


@given(_looks(), _BRANDS)
@settings(max_examples=200)
def test_every_description_keeps_its_rules(look: ProductLook, brand: str | None) -> None:
    text = describe_product(look, name=brand)
    assert check_description(text, brand=brand or "Ondara") == ()
    assert text == describe_product(look, name=brand)


_ORDERS = st.fixed_dictionaries(
    {
        "include_cta": st.booleans(),
        "voice": st.sampled_from(["creator", "narrator"]),
        "tone": st.sampled_from(TONES),
        "seed": st.integers(0, 10_000),
        "feedback": st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["shorter please", "longer"])),
    }
)


@given(_looks(), _BRANDS, _ORDERS)
@settings(max_examples=200)
def test_every_dialog_keeps_its_rules(look: ProductLook, brand: str | None, order: dict[str, Any]) -> None:
    text = write_dialog(describe_product(look, name=brand), brand=brand, **order)
    assert check_dialog(text, brand=brand, include_cta=order["include_cta"]) == ()
    first_person = any(word.strip(",.") in ("I", "me", "my", "My") for word in text.split())
    assert first_person == (order["voice"] == "creator")


def _draw(*, feedback: str | None = None, seed: int = 0, description: str = DESCRIBED) -> str:
    return write_dialog(description, brand="Ondara", include_cta=False, voice="creator", seed=seed, feedback=feedback)


def test_the_same_arguments_always_give_the_same_dialog() -> None:
    assert _draw() == _draw()


def test_seeds_and_products_give_different_dialogs() -> None:
    assert len({_draw(seed=seed) for seed in range(20)}) > 8
    assert _draw() != _draw(description=DESCRIBED.replace("teal", "red"))


@pytest.mark.parametrize("seed", range(8))
def test_feedback_always_changes_the_dialog(seed: int) -> None:
    assert _draw(seed=seed, feedback="another one, please") != _draw(seed=seed)


def test_feedback_that_asks_for_a_shorter_text_gets_one() -> None:
    shorter, longer = _draw(feedback="shorter, please"), _draw(feedback="make it longer")
    assert len(shorter.split()) < len(longer.split())


def test_words_of_the_product_reach_the_dialog() -> None:
    assert all("teal" in _draw(seed=seed) for seed in range(10))


def test_an_unknown_product_is_described_in_neutral_words() -> None:
    text = describe_product(read_product(photo("astronaut")), name=None)
    assert text.startswith("A product that cannot be made out in the picture itself.\n")


def test_a_brand_and_a_kind_read_on_the_pack_are_used_and_a_claim_is_not() -> None:
    look = look_at(Image.open(PRODUCT))
    named = describe_product(_with_text(look, ("BEST SERUM", "Velia")), name=None)
    assert named.startswith("Velia serum in ")
    assert "best" not in named.lower()


def _with_text(look: ProductLook, text: tuple[str, ...]) -> ProductLook:
    fields = {name: getattr(look, name) for name in ProductLook.__slots__}
    return ProductLook(**{**fields, "text": text})


def test_a_brand_nobody_could_speak_is_refused_in_one_line() -> None:
    with pytest.raises(ToolError, match="the brand has 6 words; at most 5 can be spoken"):
        write_dialog(DESCRIBED, brand="a b c d e f", include_cta=False, voice="", seed=0, feedback=None)


def test_a_dialog_that_keeps_the_rules_has_no_messages() -> None:
    assert check_dialog(GOOD, brand="Ondara", include_cta=False) == ()
    assert check_description(DESCRIBED, brand="Ondara") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_BRANDED, "the dialog has 1 lines; it must have exactly 2"),
        (f"Ondara is here.\n{_LINE}", "line 1 has 3 words; it must have 9 to 14"),
        (f"{_BRANDED[:-1]} very long and rather wordy thing.\n{_LINE}", "line 1 has 18 words; it must have 9 to 14"),
        (f"{_BRANDED[:-1]}\n{_LINE}", "line 1 does not end a sentence; end it with a full stop"),
        ("So this is Ondara. I really wanted to show you this.\n" + _LINE,
         "line 1 holds more than one sentence; keep one sentence a line"),
        (GOOD.replace("glossy", "perfect"), "the word 'perfect' is a claim; leave it out"),
        (GOOD.replace("glossy", "Anti-Aging"), "the word 'anti-aging' is a claim; leave it out"),
        (GOOD.replace("glossy", "24"), "the text holds a number; leave numbers out"),
        (GOOD.replace("glossy", "SPF"), "the text speaks of SPF; leave it out"),
        (GOOD.replace("glossy", "#glossy"), "the text holds a hashtag; leave it out"),
        (GOOD.replace("glossy", "glossy \U0001f600"), "the text holds an emoji or symbol (U+1F600); leave it out"),
        (GOOD.replace("white", "Ondara"), "the brand 'Ondara' is named 2 times; name it exactly once"),
        (GOOD.replace("Ondara", "it"), "the brand 'Ondara' is named 0 times; name it exactly once"),
        (GOOD.replace("keep it", "take a look"),
         "the dialog calls to action ('take a look') though none was asked for; leave it out"),
    ],
)  # fmt: skip
def test_each_broken_rule_of_a_dialog_has_its_own_message(text: str, message: str) -> None:
    assert message in check_dialog(text, brand="Ondara", include_cta=False)


def test_a_dialog_of_too_few_words_in_all_says_so() -> None:
    assert check_dialog("One two.\nThree four.", brand=None, include_cta=False) == (
        "line 1 has 2 words; it must have 9 to 14",
        "line 2 has 2 words; it must have 9 to 14",
        "the dialog has 4 words; it must have 18 to 28",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Only one line here.", "the description has 1 lines; it must have exactly 2"),
        (DESCRIBED.replace("teal piece", "flawless piece"), "the word 'flawless' is a claim; leave it out"),
        (DESCRIBED.replace("white details", "100 details"), "the text holds a number; leave numbers out"),
        ("Too short.\nGlossy teal surface with white details, seen in light.",
         "line 1 has 2 words; it must have 8 to 16"),
    ],
)  # fmt: skip
def test_each_broken_rule_of_a_description_has_its_own_message(text: str, message: str) -> None:
    assert message in check_description(text, brand="Ondara")


def test_what_the_brand_itself_says_is_no_claim() -> None:
    text = GOOD.replace("Ondara", "Dr. Best 7")
    assert check_dialog(text, brand="Dr. Best 7", include_cta=False) == ()


def test_a_call_to_action_is_welcome_where_it_was_asked_for() -> None:
    text = GOOD.replace("keep it", "take a look")
    assert check_dialog(text, brand="Ondara", include_cta=True) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_holds_what_the_rules_forbid(language: str) -> None:
    spoken = language_of(language)
    tables = (spoken.hooks, spoken.attributes, spoken.calls)
    slots = {**spoken.thing_slots("bottle"), **spoken.colour_slots(("red", "blue")), "finish": "x", "brand": "Ondara"}
    slots |= dict.fromkeys(("x", "x_acc", "x_dat"), "Ondara")
    texts = [text for table in tables for group in table.values() for text in group]
    filled = [sentence(text, slots) for text in texts]
    broken = {
        text: found
        for text in filled
        if (
            found := [
                m
                for m in check_dialog(text, brand=None, include_cta=True, language=language)
                if "the dialog has" not in m
            ]
        )
    }
    assert broken == {}
    assert all(len(set(group)) == len(group) for table in tables for group in table.values())


@pytest.mark.parametrize("seed", range(20))
def test_a_brand_that_names_a_colour_or_a_thing_makes_no_claim(seed: int) -> None:
    description = "Blue Cup product, photographed in its setting.\nMostly red with dark brown details, in soft light."
    dialog = write_dialog(description, brand="Blue Cup", include_cta=False, voice="creator", seed=seed, feedback=None)
    rest = dialog.replace("Blue Cup", "").lower()
    assert "blue" not in rest
    assert "cup" not in rest
