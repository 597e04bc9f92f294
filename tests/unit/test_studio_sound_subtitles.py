"""Caption files are read by players as they were meant: short groups of words, in order, nothing taken for a tag."""

from io import BytesIO

import av
import pytest
from av.subtitles.subtitle import AssSubtitle

from character_flow.studio.speech import Word, syllable_timing
from character_flow.studio.subtitles import srt, vtt
from tests.unit.studio_pictures import DIALOG

WORDS = (
    Word("Hello", 0.0, 0.4), Word("you", 0.41, 0.6), Word("there.", 0.6, 1.0, ends_sentence=True),
    Word("Tom", 3599.5, 3599.7), Word("&", 3599.7, 3599.8), Word("<b>", 3599.8, 3600.2, ends_sentence=True),
)  # fmt: skip


def test_an_srt_file_counts_its_groups_and_shifts_their_times() -> None:
    assert srt(WORDS, 0.25) == (
        "1\n00:00:00,250 --> 00:00:01,500\nHello you there.\n\n"
        "2\n00:59:59,750 --> 01:00:00,700\nTom & <\u2060b>\n"
    )  # fmt: skip


def test_a_vtt_file_escapes_what_would_be_markup() -> None:
    assert vtt(WORDS, 0.25) == (
        "WEBVTT\n\n00:00:00.250 --> 00:00:01.500\nHello you there.\n\n"
        "00:59:59.750 --> 01:00:00.700\nTom &amp; &lt;b&gt;\n"
    )  # fmt: skip


def test_without_words_the_files_are_empty_but_valid() -> None:
    assert srt((), 0.25) == ""
    assert vtt((), 0.25) == "WEBVTT\n"


def _read(text: str, kind: str) -> list[tuple[float, str]]:
    """What a player reads: (start, text) of each cue."""
    with av.open(BytesIO(text.encode()), "r", format=kind) as container:
        stream = container.streams.subtitles[0]
        found = []
        for packet in container.demux(stream):
            for one in packet.decode():
                assert isinstance(one, AssSubtitle)
                assert packet.pts is not None
                assert packet.time_base is not None
                found.append((float(packet.pts * packet.time_base), one.dialogue.decode()))
        return found


TEXTS = {
    "a dialog": DIALOG,
    "markup": "Look at <i>this</i> --> now & then. 1\n2",
    "one long word": "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunte",
    "only emoji": "\U0001f600 \U0001f389\U0001f389",
    "Chinese": "\u4f60\u597d\u4e16\u754c\uff0c\u8fd9\u662f\u4e00\u4e2a\u74f6\u5b50\u3002\u5f88\u6f02\u4eae\u3002",
    "Arabic": "\u0647\u0630\u0647 \u0632\u062c\u0627\u062c\u0629 \u0632\u0631\u0642\u0627\u0621",
    "mixed": "Hello \u4f60\u597d \u05e9\u05dc\u05d5\u05dd world.",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_player_reads_back_every_word_in_order(text: str) -> None:
    words = syllable_timing(text).words
    for kind, written in (("srt", srt(words, 0.25)), ("webvtt", vtt(words, 0.25))):
        read = _read(written, kind)
        told = "".join(line for _, line in read).replace("\u2060", "")
        assert "".join(told.split()).replace("-", "") == "".join(text.split()).replace("-", "")
        assert [at for at, _ in read] == sorted(at for at, _ in read)
        assert read[0][0] == pytest.approx(0.25)


def test_braces_are_not_obeyed() -> None:
    words = syllable_timing("See {\\an8} here.").words
    assert [line for _, line in _read(srt(words, 0.0), "srt")] == ["See (\\an8) here."]
    assert "See {\\an8} here." in vtt(words, 0.0)


def test_what_no_file_can_hold_becomes_a_question_mark() -> None:
    assert "Half ? here." in srt(syllable_timing("Half \ud83d here.").words, 0.0)


def test_pieces_of_one_word_are_one_word_again() -> None:
    chinese = "\u4f60\u597d\u4e16\u754c\u8fd9\u662f\u4e00\u4e2a\u74f6\u5b50"
    assert chinese in srt(syllable_timing(chinese).words, 0.0)
    assert "Bewegungsmelder" in srt(syllable_timing("Ein Bewegungsmelder.").words, 0.0)
    halves = srt(syllable_timing("Bewegungsmelderalarm").words, 0.0)
    assert "Bewegungsmelderalarm" in halves or "Bewegungsm-\n" in halves
