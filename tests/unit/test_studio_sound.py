"""The voice comes from a process of its own and may fail in any way; word times and mouth follow what is heard."""

import json
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from character_flow.errors import RunCancelledError
from character_flow.studio import espeak
from character_flow.studio.cast import CAST
from character_flow.studio.loudness import true_peak
from character_flow.studio.speech import RATE, Mouth, Speech, split_words, syllable_timing, syllables
from character_flow.studio.utterance import LANGUAGES, pieces
from character_flow.studio.voice import silent, speak
from tests.unit.studio_pictures import DIALOG

SENTENCES = {
    "en": DIALOG,
    "de": "Okay, ich muss euch kurz diese Flasche zeigen.\nSie ist grün mit Weiß, und das gefällt mir.",
    "es": "Vale, tengo que enseñaros esta botella.\nEs azul con toques blancos, y me gusta.",
    "fr": "Alors, je dois vous montrer cette bouteille.\nElle est verte et blanche, et cela me plaît.",
    "it": "Allora, devo farvi vedere questa bottiglia.\nÈ verde con tocchi bianchi, e mi piace.",
    "pt": "Bom, preciso mostrar esta garrafa.\nEla é verde com toques brancos, e eu gosto disso.",
}


def _program(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _open_where_silent(speech: Speech) -> list[tuple[float, Mouth]]:
    """Moments at which nothing is heard from 60 ms before until 60 ms after, and yet the mouth is not closed."""
    block = RATE // 100
    levels = np.abs(speech.pcm[: len(speech.pcm) // block * block]).reshape(-1, block).max(axis=1)
    wrong = []
    for number in range(6, len(levels) - 6):
        at = number / 100
        if levels[number - 6 : number + 7].max() < 0.004:
            shape = [mouth for start, mouth in speech.mouths if start <= at][-1]
            if shape not in ("rest", "smile"):
                wrong.append((at, shape))
    return wrong


def _words_are_whole(speech: Speech, text: str) -> None:
    assert [word.text for word in speech.words] == [word for word, _ in split_words(text)]
    assert all(before.end <= after.start for before, after in pairwise(speech.words))
    assert all(word.start <= word.end for word in speech.words)


def test_the_voice_says_every_word_in_time() -> None:
    speech = speak(DIALOG, character=1)
    assert (speech.engine, speech.note) == ("espeak", "")
    _words_are_whole(speech, DIALOG)
    assert 4 < speech.seconds < 10
    assert 0.05 < len(speech.pcm) / RATE - speech.words[-1].end < 0.3
    assert speech.pcm.dtype == np.float32
    assert -12 < true_peak(speech.pcm) < -1
    assert {mouth for _, mouth in speech.mouths} == {"rest", "small", "open", "wide", "round", "teeth"}


def _level(speech: Speech, start: float, end: float) -> float:
    return float(np.abs(speech.pcm[round(start * RATE) : round(end * RATE)]).max())


def test_each_word_is_heard_while_it_is_marked_and_sentences_are_a_breath_apart() -> None:
    speech = speak(DIALOG, character=4)
    assert all(_level(speech, word.start, word.end) > 0.03 for word in speech.words)
    last, first = next(pair for pair in pairwise(speech.words) if pair[0].ends_sentence)
    assert 0.2 < first.start - last.end < 0.5
    assert _level(speech, last.end + 0.03, first.start - 0.03) < 0.004


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_voice_at_an_easy_pace_and_the_mouth_is_closed_where_nothing_is_heard(
    language: str,
) -> None:
    text = SENTENCES[language]
    speech = speak(text, character=3, language=language)
    assert (speech.engine, speech.note) == ("espeak", "")
    _words_are_whole(speech, text)
    spoken = sum(syllables(word.text, language) for word in speech.words) / speech.words[-1].end
    assert 3.6 < spoken < 6.0
    assert _open_where_silent(speech) == []


@pytest.mark.parametrize("character", sorted(CAST))
def test_no_character_speaks_with_a_closed_mouth_or_keeps_it_open_in_a_pause(character: int) -> None:
    speech = speak("Hello, this is it; well.\nA second line. And a third?", character=character)
    assert _open_where_silent(speech) == []
    assert len(speech.mouths) > 20


def test_without_a_voice_the_mouth_is_closed_between_the_words() -> None:
    speech = syllable_timing("Well, hello \U0001f600 there. Yes.")
    for word in speech.words:
        assert [mouth for at, mouth in speech.mouths if at <= word.end][-1] == "rest"
    smiley = speech.words[2]
    assert {mouth for at, mouth in speech.mouths if smiley.start <= at <= smiley.end} <= {"rest"}


def test_the_same_text_is_spoken_the_same_way_twice() -> None:
    first, second = speak(DIALOG, character=5), speak(DIALOG, character=5)
    assert np.array_equal(first.pcm, second.pcm)
    assert (first.words, first.mouths) == (second.words, second.mouths)


def test_voices_differ_from_character_to_character_and_from_language_to_language() -> None:
    spoken = {speak("Hello there.", character=number).pcm.tobytes() for number in CAST}
    spoken |= {speak("Hello there.", character=1, language=language).pcm.tobytes() for language in LANGUAGES[1:]}
    assert len(spoken) == len(CAST) + len(LANGUAGES) - 1


def test_a_character_keeps_its_kind_of_voice_in_every_language() -> None:
    for number, person in CAST.items():
        base, _, variant = person.voice.partition("+")
        voices = [pieces("Hi.", character=number, language=language)[0].voice for language in LANGUAGES]
        assert voices == [f"{name}+{variant}" for name in (base, "de", "es", "fr", "it", "pt-br")]


def _band(pcm: NDArray[np.float32], low: float, high: float) -> float:
    power, hertz = np.abs(np.fft.rfft(pcm)) ** 2, np.fft.rfftfreq(len(pcm), 1 / RATE)
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].sum() / power.sum() + 1e-12))


def test_the_voice_neither_rumbles_nor_hisses() -> None:
    for number in (1, 5, 6, 8):
        pcm = speak("She sells six seashells.", character=number).pcm
        assert _band(pcm, 0, 60) < -25
        assert _band(pcm, 5000, 10_000) < -8
        assert _band(pcm, 12_000, 22_050) < -50


def test_a_long_dialog_is_spoken_faster_rather_than_longer() -> None:
    text = "This is a rather long sentence about a bottle. " * 10
    speech = speak(text, character=5)
    assert speech.engine == "espeak"
    assert speech.seconds <= 27
    _words_are_whole(speech, text)


def test_what_cannot_be_said_in_27_seconds_is_not_said() -> None:
    text = "1234567890 " * 45
    speech = speak(text, character=1)
    assert speech.engine == "none"
    assert speech.note.startswith("no voice: even spoken fast the text takes ")
    assert speech.seconds <= 27
    _words_are_whole(speech, text)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 9", "no voice: ended with code 9"),
        ("kill -9 $$", "no voice: ended with code -9"),
        ("echo not json", "no voice: ended with code 0"),
        ("echo '{}'", "no voice: ended with code 0"),
        ("exec sleep 30", "the voice did not answer within 0.3 s"),
        ("sleep 30", "the voice did not answer within 0.3 s"),
        ("""printf '{"pieces": [{"words": [[0, 0.0]], '; exec sleep 30""", "the voice did not answer within 0.3 s"),
        ("""printf '{"pieces": [{"words": [[0, 0.0]], '; kill -9 $$""", "no voice: ended with code -9"),
        ("""cat > /dev/null; echo '{"error": "No module named espeakng_loader"}'""",
         "no voice: No module named espeakng_loader"),
        ("""cat > /dev/null; echo '{"pieces": [{"words": [], "phonemes": [], "bytes": 8}]}'; printf abcd""",
         "no voice: it broke off in the middle"),
        ("""cat > /dev/null; echo '{"pieces": [{"words": [], "phonemes": [], "bytes": 0}]}'""",
         "no voice: nothing in the text can be spoken"),
    ],
)  # fmt: skip
def test_without_a_voice_captions_are_timed_by_syllables_and_the_note_says_so(
    tmp_path: Path, script: str, reason: str
) -> None:
    text = "Only one sentence, said here."
    speech = speak(text, character=1, timeout_s=0.3, python=_program(tmp_path, script))
    assert speech.engine == "none"
    assert speech.note == f"{reason}; captions are timed by syllables"
    assert len(speech.pcm) == 0
    _words_are_whole(speech, text)


def test_a_cancelled_run_does_not_wait_for_a_voice_that_hangs(tmp_path: Path) -> None:
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) == 2

    with pytest.raises(RunCancelledError):
        speak(DIALOG, character=1, python=_program(tmp_path, "exec sleep 30"), cancelled=cancelled)
    assert len(asked) == 2


def test_without_the_extra_the_answer_names_it() -> None:
    request = {"pieces": [{"text": "Hi", "voice": "en-us", "pitch": 50, "range": 50, "rate": 160}], "most_s": 5}
    answer = subprocess.run(
        [sys.executable, "-S", espeak.__file__], input=json.dumps(request).encode(), capture_output=True, check=True
    )
    assert answer.stdout == b'{"error": "the extra \'voice\' is not installed"}\n'


def test_a_missing_program_is_no_voice_either(tmp_path: Path) -> None:
    speech = speak(DIALOG, character=1, python=str(tmp_path / "none"))
    assert speech.note.startswith("the voice could not be started (No such file")


SPOKEN = {
    "one word": "Hi",
    "one word of 60 letters": "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunte",
    "a dash": "Hello \u2014 you.",
    "emoji between words": "Hi \U0001f600 there \U0001f44d\U0001f3fd.",
    "Arabic": "\u0647\u0630\u0647 \u0632\u062c\u0627\u062c\u0629 \u0632\u0631\u0642\u0627\u0621",
    "Chinese": "\u4f60\u597d\u4e16\u754c\u3002",
    "Korean": "\uc774 \ubcd1\uc740",
    "mixed": "Hello, \u044d\u0442\u043e nice \u4f60\u597d bottle.",
}


@pytest.mark.parametrize("text", SPOKEN.values(), ids=list(SPOKEN))
def test_any_script_the_voice_can_read_is_spoken_in_its_own_way(text: str) -> None:
    speech = speak(text, character=1)
    assert (speech.engine, speech.note) == ("espeak", "")
    _words_are_whole(speech, text)
    assert _open_where_silent(speech) == []


def test_a_mixed_sentence_is_cut_where_the_script_changes_and_nothing_is_lost() -> None:
    text = SPOKEN["mixed"]
    cut = pieces(text, character=2)
    assert [piece.voice for piece in cut] == ["en-us+m3", "ru+m3", "en-us+m3", "cmn+m3", "en-us+m3"]
    assert "".join(piece.text for piece in cut) == text
    assert all(text[piece.at : piece.at + len(piece.text)] == piece.text for piece in cut)


def test_words_in_a_script_nobody_reads_out_get_their_time_in_silence_and_a_note() -> None:
    text = "This is \u65e5\u672c\u306e\u30dc\u30c8\u30eb from Japan."
    speech = speak(text, character=1)
    assert speech.note == "the voice leaves out words in a script it cannot read"
    _words_are_whole(speech, text)
    unread = speech.words[2]
    assert unread.end - unread.start > 0.8
    assert _level(speech, unread.start + 0.05, unread.end - 0.05) < 0.004
    assert _open_where_silent(speech) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\u3053\u306e\u30dc\u30c8\u30eb\u306f\u9752\u3044\u3067\u3059\u3002", "it cannot read this script"),
        ("\u05d6\u05d4 \u05d1\u05e7\u05d1\u05d5\u05e7", "it cannot read this script"),
        ("\U0001f600 \U0001f389", "nothing in the text can be spoken"),
        ("\u2014 ... !!!", "nothing in the text can be spoken"),
    ],
)
def test_what_no_voice_can_read_is_timed_by_syllables(text: str, reason: str) -> None:
    speech = speak(text, character=1)
    assert speech.engine == "none"
    assert speech.note == f"no voice: {reason}; captions are timed by syllables"
    _words_are_whole(speech, text)
    assert speech.seconds > 0.2


def test_three_hundred_words_without_a_voice_still_end_in_time() -> None:
    text = "word " * 300
    speech = silent(text, "the voice is switched off")
    assert speech.note == "the voice is switched off; captions are timed by syllables"
    assert speech.seconds <= 27
    _words_are_whole(speech, text)


def test_a_sentence_ends_at_its_mark_in_scripts_without_spaces_too() -> None:
    assert split_words("\u4f60\u597d\u3002\u8fd9\u662f\uff01 Hi there. Yes\nNo") == (
        ("\u4f60\u597d\u3002", True), ("\u8fd9\u662f\uff01", True), ("Hi", False), ("there.", True), ("Yes", True),
        ("No", True),
    )  # fmt: skip


def test_other_languages_are_timed_at_their_own_pace() -> None:
    text = "Allora, devo farvi vedere questa bottiglia."
    assert silent(text, "x", language="it").seconds < silent(text, "x").seconds
    assert [syllables("Flasche", "de"), syllables("seine", "de"), syllables("bottle"), syllables("spine")] == [
        2,
        2,
        2,
        1,
    ]
