"""The voice comes from a process of its own and may fail in any way; voice and music never click or clip."""

import io
import json
import stat
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from character_flow.studio import music, voice
from character_flow.studio.speech import RATE, split_words
from character_flow.studio.voice import speak
from tests.unit.studio_pictures import DIALOG

_LOUDEST = 10 ** (-1 / 20)


def _program(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_voice_says_every_word_in_time() -> None:
    speech = speak(DIALOG, character=1)
    assert (speech.engine, speech.note) == ("espeak", "")
    assert [word.text for word in speech.words] == [word for word, _ in split_words(DIALOG)]
    assert all(before.start < after.start for before, after in pairwise(speech.words))
    assert 4 < speech.seconds < 10
    assert abs(len(speech.pcm) / RATE - speech.words[-1].end) < 0.5
    assert speech.pcm.dtype == np.float32
    assert 0.2 < float(np.abs(speech.pcm).max()) < _LOUDEST
    assert len({mouth for _, mouth in speech.mouths}) >= 5


def test_the_mouth_is_closed_where_the_voice_is_silent() -> None:
    speech = speak("Hello there.\nSecond line.", character=2)
    gap = next(word.end for word in speech.words if word.ends_sentence) + 0.08
    shape = [mouth for at, mouth in speech.mouths if at <= gap][-1]
    assert shape == "rest"


def test_the_same_text_is_spoken_the_same_way_twice() -> None:
    first, second = speak(DIALOG, character=5), speak(DIALOG, character=5)
    assert np.array_equal(first.pcm, second.pcm)
    assert first.words == second.words


def test_voices_differ_from_character_to_character() -> None:
    spoken = {speak("Hello there.", character=number).pcm.tobytes() for number in range(1, 10)}
    assert len(spoken) == 9


def test_a_long_dialog_is_spoken_faster_rather_than_longer() -> None:
    assert speak("This is a rather long sentence about a bottle. " * 10, character=1).seconds <= 27.5


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 9", "no voice: ended with code 9"),
        ("kill -9 $$", "no voice: ended with code -9"),
        ("echo not json", "no voice: ended with code 0"),
        ("exec sleep 30", "the voice did not answer within 0.3 s"),
        ("""cat > /dev/null; echo '{"error": "No module named espeakng_loader"}'""",
         "no voice: No module named espeakng_loader"),
        ("""cat > /dev/null; echo '{"words": [], "phonemes": []}'""",
         "no voice: nothing in the text can be spoken"),
    ],
)  # fmt: skip
def test_without_a_voice_captions_are_timed_by_syllables_and_the_note_says_so(
    tmp_path: Path, script: str, reason: str
) -> None:
    speech = speak(DIALOG, character=1, timeout_s=0.3, python=_program(tmp_path, script))
    assert speech.engine == "none"
    assert speech.note == f"{reason}; captions are timed by syllables"
    assert len(speech.pcm) == 0
    assert [word.text for word in speech.words] == [word for word, _ in split_words(DIALOG)]


def test_without_the_extra_the_note_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    request = {"text": "Hi", "voice": "en-us", "pitch": 50, "rate": 160, "longest": 27}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(request).encode())))
    assert voice.main() == 0
    assert capsys.readouterr().out == '{"error": "the extra \'voice\' is not installed"}\n'


def test_a_missing_program_is_no_voice_either(tmp_path: Path) -> None:
    speech = speak(DIALOG, character=1, python=str(tmp_path / "none"))
    assert speech.note.startswith("the voice could not be started (No such file")


def test_signs_nobody_can_speak_still_get_a_place_in_time() -> None:
    speech = speak("Hello \u2014 you.", character=1)
    assert [word.text for word in speech.words] == ["Hello", "\u2014", "you."]
    assert all(before.start <= after.start for before, after in pairwise(speech.words))


@pytest.mark.parametrize("seed", range(4))
def test_the_music_begins_and_ends_in_silence_and_never_clicks_or_clips(seed: int) -> None:
    bed = music.compose(9.0, seed=seed)
    assert len(bed) == 9 * RATE
    assert abs(float(bed[0])) < 1e-3
    assert abs(float(bed[-1])) < 1e-3
    assert float(np.abs(bed).max()) <= 0.5
    assert float(np.abs(np.diff(bed)).max()) < 0.12, "a step this large would be heard as a click"
    assert np.array_equal(bed, music.compose(9.0, seed=seed))


def _level(sound: NDArray[np.float32], second: float) -> float:
    piece = sound[round(second * RATE) : round((second + 0.9) * RATE)]
    return float(np.sqrt((piece**2).mean()))


def test_the_music_steps_back_under_the_voice_and_comes_back_after_it() -> None:
    bed = music.compose(8.0)
    spoken = np.zeros(8 * RATE, dtype=np.float32)
    spoken[2 * RATE : 5 * RATE] = 0.2 * np.sin(np.arange(3 * RATE) * 0.05)
    heard = music.mix_down(bed, spoken) - 0.9 * spoken
    assert _level(heard, 3.0) < 0.45 * _level(bed, 3.0)
    assert _level(heard, 0.5) > 0.9 * _level(bed, 0.5)
    assert _level(heard, 6.5) > 0.8 * _level(bed, 6.5)


@pytest.mark.parametrize("loudness", [0.0, 0.5, 1.0, 3.0])
def test_the_mix_stays_below_minus_one_decibel(loudness: float) -> None:
    spoken = np.full(3 * RATE, loudness, dtype=np.float32)
    assert float(np.abs(music.mix_down(music.compose(3.0), spoken)).max()) < _LOUDEST
