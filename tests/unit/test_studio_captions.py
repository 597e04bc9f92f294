"""Captions follow the words, never leave their band, and say plainly what no font can draw."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from character_flow.studio.captions import Captions, chunked
from character_flow.studio.lettering import font_for, is_right_to_left, missing_signs
from character_flow.studio.speech import Speech, syllable_timing, syllables
from tests.unit.studio_pictures import DIALOG

_WIDEST = 600
_NO_FONT_HAS = "\u0378"  # not assigned: no font draws it


def _captions(text: str) -> tuple[Captions, Speech]:
    speech = syllable_timing(text)
    return Captions(speech.words, widest=_WIDEST, size=56, accent=(30, 110, 110)), speech


def _shown(text: str) -> list[str]:
    return [" ".join(word.text for word in chunk.words) for chunk in chunked(syllable_timing(text).words)]


def test_words_are_shown_by_three_at_most_and_never_across_a_sentence() -> None:
    assert _shown("I like it. Here is the one that I keep by the window\nYes") == [
        "I like it.", "Here is", "the one that", "I keep", "by the window", "Yes",
    ]  # fmt: skip


def test_four_words_are_shared_two_and_two() -> None:
    assert _shown("one two three four") == ["one two", "three four"]


@given(st.text(alphabet="abc ,.!\u0627\u4f60\n", min_size=1, max_size=120).filter(lambda text: text.strip()))
@settings(max_examples=60)
def test_every_word_is_shown_once_in_order_and_chunks_never_overlap(text: str) -> None:
    chunks = chunked(syllable_timing(text).words)
    shown = "".join(word.text for chunk in chunks for word in chunk.words).replace("-", "")
    assert shown == "".join(text.split())
    assert all(before.end <= after.start + 1e-6 for before, after in pairwise(chunks))
    assert all(chunk.start < chunk.end for chunk in chunks)


@pytest.mark.parametrize(
    "text",
    [DIALOG, "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenantrag", "W" * 60, "\u4f60" * 60,
     "Extraordinarily incomprehensible internationalization"],
    ids=["usual", "one word of 62 letters", "wide letters", "no spaces", "three long words"],
)  # fmt: skip
def test_captions_never_grow_out_of_their_band(text: str) -> None:
    captions, _ = _captions(text)
    for chunk in captions.chunks:
        drawn = captions.at(chunk.start + 0.01)
        if drawn is not None:
            assert drawn.width <= _WIDEST
            assert drawn.height <= 3 * 56 * 1.34 + 40
            box = drawn.getchannel("A").point([0] * 32 + [255] * 224).getbbox()
            assert box is not None
            assert box[0] > 0
            assert box[2] < drawn.width


def test_the_live_word_is_marked_and_the_mark_moves_on() -> None:
    captions, speech = _captions("one two three")
    marks = []
    for word in speech.words:
        drawn = captions.at(word.start + 0.01)
        assert drawn is not None
        pixels = np.asarray(drawn)
        marked = (pixels == (30, 110, 110, 255)).all(axis=2)
        marks.append(int(np.flatnonzero(marked.any(axis=0)).mean()))
    assert marks == sorted(marks)
    assert len(set(marks)) == 3


def test_nothing_is_shown_before_the_first_and_after_the_last_word() -> None:
    captions, speech = _captions("one two three")
    assert captions.at(-0.1) is None
    assert captions.at(speech.seconds + 1) is None


def test_signs_without_a_glyph_are_left_out_and_named_never_drawn_as_boxes() -> None:
    captions, _ = _captions(f"hello {_NO_FONT_HAS} you{_NO_FONT_HAS}")
    assert captions.notes == ("captions leave out 1 sign(s) no font here can draw: U+0378",)
    assert font_for(f"you{_NO_FONT_HAS}")[1] == "you"


def test_a_dialog_of_nothing_but_signs_without_a_glyph_shows_no_caption() -> None:
    captions, _ = _captions(_NO_FONT_HAS * 3)
    assert captions.at(0.05) is None


@pytest.mark.parametrize(
    "text",
    [
        "Caf\u00e9 \u0141\u00f3d\u017a \u0218i \u0110\u1ea1t",
        "\u041f\u0440\u0438\u0432\u0435\u0442",
        "\u03b3\u03b5\u03b9\u03b1",
    ],
)
def test_latin_cyrillic_and_greek_need_no_font_of_the_system(text: str) -> None:
    assert missing_signs(text) == ()


def test_right_to_left_words_stand_in_their_own_order() -> None:
    text = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
    assert is_right_to_left(text)
    captions, speech = _captions(text)
    if missing_signs(text):
        assert captions.notes
        return
    first, second = (captions.at(word.start + 0.01) for word in speech.words)
    assert first is not None
    assert second is not None
    centres = [
        np.flatnonzero((np.asarray(d) == (30, 110, 110, 255)).all(axis=2).any(axis=0)).mean() for d in (first, second)
    ]
    assert centres[0] > centres[1], "the first word stands on the right"


@pytest.mark.parametrize(("word", "count"), [("bottle", 2), ("a", 1), ("beautiful", 3), ("hmm", 1), ("like", 1)])
def test_syllables_are_counted_by_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_long_text_is_timed_faster_rather_than_longer() -> None:
    assert syllable_timing("banana " * 70).seconds <= 27.01
