"""The whole sound is as loud as feeds want it, never clicks or clips, and music steps back for whoever speaks."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from character_flow.studio import instruments, music, sound
from character_flow.studio.loudness import SILENCE_LUFS, limited, loudness, true_peak
from character_flow.studio.music import MOODS, Mood
from character_flow.studio.speech import RATE, Speech
from character_flow.studio.voice import silent, speak
from tests.unit.studio_ears import heard, through_aac
from tests.unit.studio_pictures import DIALOG

CUTS = (3.4, 7.0)
_NOTHING = Speech(np.zeros(0, dtype=np.float32), (), (), "none")


@cache
def _spoken() -> Speech:
    return speak(DIALOG, character=1)


def _mixed(
    speech: Speech, mood: Mood = "warm", *, seed: int = 0, cuts: tuple[float, ...] = CUTS
) -> NDArray[np.float32]:
    return sound.mix(speech, seconds=9.5, lead_s=0.25, cuts=cuts, mood=mood, seed=seed)


def _noise(seconds: float, level: float) -> NDArray[np.float32]:
    dice = np.random.default_rng(3)
    return (level * dice.standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def _tone(hertz: float, level: float, phase: float = 0.0) -> NDArray[np.float32]:
    row = level * np.sin(2 * np.pi * hertz * np.arange(4 * RATE) / RATE + phase)
    return instruments.faded(np.stack([row, row]).astype(np.float32), start=0.05, end=0.05)


_SOUNDS = {
    "a tone at full scale": _tone(997, 1.0),
    "a low tone": _tone(60, 0.5),
    "a peak between samples": _tone(RATE / 4, 0.5, np.pi / 4),
    "noise": _noise(4, 0.1),
    "half silent": np.concatenate([_noise(3, 0.05), np.zeros((2, 3 * RATE), dtype=np.float32)], axis=1),
    "one side": _noise(4, 0.1)[0],
}


@pytest.mark.parametrize("name", _SOUNDS)
def test_loudness_and_peak_are_what_a_strangers_meter_reads(name: str) -> None:
    measured = _SOUNDS[name]
    their_loudness, their_peak = heard(measured)
    assert loudness(measured) == pytest.approx(their_loudness, abs=0.1)
    assert true_peak(measured) == pytest.approx(their_peak, abs=0.5)


def test_silence_and_very_short_sounds_have_no_loudness() -> None:
    assert loudness(np.zeros((2, RATE), dtype=np.float32)) == SILENCE_LUFS
    assert loudness(_noise(0.3, 0.1)) == SILENCE_LUFS
    assert true_peak(np.zeros((2, RATE), dtype=np.float32)) == -120.0


@pytest.mark.parametrize("name", [name for name, piece in _SOUNDS.items() if piece.ndim == 2])
def test_the_limiter_keeps_the_true_peak_and_leaves_quiet_sound_alone(name: str) -> None:
    loud = _SOUNDS[name] * np.float32(4)
    # Their filter between the samples is not ours: white noise reads up to 0.3 dB higher.
    assert heard(limited(loud, ceiling_db=-2))[1] < -1.6
    quiet = _SOUNDS[name] * np.float32(0.1)
    assert limited(quiet, ceiling_db=-2) is quiet


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("spoken", [True, False], ids=["with a voice", "without"])
def test_the_mix_is_minus_16_lufs_and_its_true_peak_stays_below_minus_1_even_after_aac(
    mood: Mood, spoken: bool
) -> None:
    mixed = _mixed(_spoken() if spoken else silent(DIALOG, "no voice"), mood)
    assert mixed.shape == (2, round(9.5 * RATE))
    assert mixed.dtype == np.float32
    loud, peak = heard(mixed)
    assert loud == pytest.approx(-16, abs=0.3)
    assert peak < -1.8
    played = heard(through_aac(mixed))
    assert played[0] == pytest.approx(-16, abs=1)
    assert played[1] < -1


@pytest.mark.parametrize("character", [2, 5, 6, 8, 9])
def test_every_character_is_as_loud_as_the_others(character: int) -> None:
    mixed = _mixed(speak(DIALOG, character=character))
    assert loudness(mixed) == pytest.approx(-16, abs=0.3)
    assert true_peak(mixed) < -1


@pytest.mark.parametrize("mood", MOODS)
def test_the_mix_begins_and_ends_in_silence_without_a_click(mood: Mood) -> None:
    mixed = _mixed(_NOTHING, mood, seed=3)
    assert float(np.abs(mixed[:, [0, -1]]).max()) < 1e-4
    assert float(np.abs(mixed[:, -RATE // 50 :]).max()) < 0.01
    assert float(np.abs(mixed).max()) > 0.1


def test_a_very_loud_and_a_silent_voice_do_no_harm() -> None:
    for level in (0.0, 3.0):
        speech = Speech(np.full(3 * RATE, level, dtype=np.float32), (), (), "espeak")
        mixed = _mixed(speech)
        assert np.isfinite(mixed).all()
        assert true_peak(mixed) < -1


def test_the_same_seed_sounds_the_same_and_another_one_different() -> None:
    first = _mixed(_spoken(), "playful", seed=1)
    assert np.array_equal(first, _mixed(_spoken(), "playful", seed=1))
    assert not np.array_equal(first, _mixed(_spoken(), "playful", seed=2))
    assert np.isfinite(_mixed(_NOTHING, "playful", seed=-7)).all()


@pytest.mark.parametrize("mood", MOODS)
def test_music_stays_well_below_the_voice_and_comes_up_on_the_closing_card(mood: Mood) -> None:
    speech, card = _spoken(), slice(round(7.1 * RATE), round(9.0 * RATE))
    spoken = slice(round(0.25 * RATE), round((0.25 + speech.words[-1].end) * RATE))
    voice = sound._voice(speech, 0.25, count=round(9.5 * RATE))
    played = sound._balanced(music.bed(9.5, mood=mood, card_at=7.0), 7.0)
    under = played * sound.gain_under(voice[0])
    assert 11 < loudness(voice[:, spoken]) - loudness(under[:, spoken]) < 18
    assert loudness(played[:, card]) - loudness(under[:, spoken]) > 9
    # The card is alone with its music: about as loud as the voice was, so nobody reaches for the volume.
    mixed = _mixed(speech, mood)
    assert loudness(mixed[:, spoken]) == pytest.approx(-16, abs=0.8)
    assert -18.5 < loudness(mixed[:, card]) < -14.5


def test_music_goes_down_before_a_word_stays_down_in_short_pauses_and_comes_back_slowly() -> None:
    voice = np.zeros(8 * RATE, dtype=np.float32)
    for start, end in ((2.0, 3.0), (3.2, 5.0)):
        voice[round(start * RATE) : round(end * RATE)] = _tone(200, 0.3)[0][: round((end - start) * RATE)]
    gains = sound.gain_under(voice)
    at = {second: float(gains[round(second * RATE)]) for second in (1.5, 2.05, 2.5, 3.1, 4.5, 5.3, 5.6, 7.9)}
    assert at[1.5] == 1.0
    assert at[2.05] < 0.5
    assert at[2.5] == pytest.approx(10 ** (-10 / 20), abs=0.01)
    assert at[3.1] < 0.36, "a short pause must not let the music pump"
    assert at[4.5] == pytest.approx(10 ** (-10 / 20), abs=0.01)
    assert at[5.3] < 0.6 < at[5.6] + 0.2 < 1.0
    assert at[7.9] > 0.98
    assert float(np.abs(np.diff(gains)).max()) < 0.001, "a step in the level would be heard"


def _rms(piece: NDArray[np.float32]) -> float:
    return float(np.sqrt((piece.astype(np.float64) ** 2).mean()))


def test_each_cut_has_a_soft_sound_that_crosses_from_side_to_side() -> None:
    with_cuts = sound._cut_sounds(9 * RATE, (2.0, 5.0), seed=0)
    assert 0.05 < float(np.abs(with_cuts).max()) < 0.25
    for at in (2.0, 5.0):
        before = with_cuts[:, round((at - 0.25) * RATE) : round((at - 0.02) * RATE)]
        after = with_cuts[:, round((at + 0.08) * RATE) : round((at + 0.25) * RATE)]
        assert _rms(before) > 0.005
        ratios = [_rms(half[0]) / _rms(half[1]) for half in (before, after)]
        assert max(ratios) > 1.5 * min(ratios)
    assert float(np.abs(with_cuts[:, round(3.0 * RATE) : round(4.0 * RATE)]).max()) == 0.0


@pytest.mark.parametrize("mood", MOODS)
def test_the_music_begins_and_ends_in_silence_and_never_clicks_or_clips(mood: Mood) -> None:
    bed = music.bed(9.0, mood=mood, seed=3, card_at=6.5)
    assert bed.shape == (2, 9 * RATE)
    assert float(np.abs(bed[:, [0, -1]]).max()) < 1e-3
    assert float(np.abs(bed).max()) == pytest.approx(0.5, abs=0.01)
    assert np.array_equal(bed, music.bed(9.0, mood=mood, seed=3, card_at=6.5))


@pytest.mark.parametrize("mood", MOODS)
def test_there_is_music_from_the_first_second_to_the_last(mood: Mood) -> None:
    bed = music.bed(9.0, mood=mood, card_at=6.5)
    quietest = min(_rms(bed[:, round(at * RATE) : round((at + 0.5) * RATE)]) for at in np.arange(0, 8, 0.5))
    assert quietest > 0.12 * _rms(bed)


def _character(mood: Mood, seed: int) -> tuple[float, float, float]:
    """Onsets a second, balance of high and low, and how much is struck rather than held."""
    bed = music.bed(9.0, mood=mood, seed=seed).mean(axis=0)
    block = RATE // 50
    levels = np.sqrt((bed[: len(bed) // block * block].reshape(-1, block) ** 2).mean(axis=1))
    rises = np.diff(np.log(levels + 1e-3))
    power, hertz = np.abs(np.fft.rfft(bed)) ** 2, np.fft.rfftfreq(len(bed), 1 / RATE)
    high = 10 * np.log10(power[hertz > 1500].sum() / power.sum())
    return float((rises > 0.35).sum() / 9), float(high), float(levels.std() / levels.mean())


def test_the_four_moods_do_not_sound_alike() -> None:
    told = {mood: np.mean([_character(mood, seed) for seed in range(2)], axis=0) for mood in MOODS}
    struck = {mood: values[2] for mood, values in told.items()}
    assert struck["calm"] < struck["warm"] < struck["playful"]
    assert told["calm"][1] < told["bright"][1] < told["playful"][1]
    tempos = {style.bpm for style in music._STYLES.values()}
    assert len(tempos) == len(MOODS)
    assert min(abs(one - other) for one in tempos for other in tempos if one != other) >= 12


@pytest.mark.parametrize("note", [48, 60, 67, 74, 79, 86])
def test_plucked_strings_are_in_tune(note: int) -> None:
    sound_of = instruments.string(note, 1.2)
    padded = np.abs(np.fft.rfft(sound_of * np.hanning(len(sound_of)), n=1 << 18))
    hertz = np.fft.rfftfreq(1 << 18, 1 / RATE)
    near = np.abs(hertz / instruments.hertz(note) - 1) < 0.05
    found = float(hertz[near][np.argmax(padded[near])])
    assert 1200 * abs(np.log2(found / instruments.hertz(note))) < 8, "eight hundredths of a half tone"


def test_every_product_has_its_mood_and_where_none_is_plain_the_seed_chooses() -> None:
    shapes = ("bottle", "tube", "box", "bag", "cup", "shoe", "phone")
    assert {sound.mood_for(shape) for shape in shapes} == set(MOODS)
    assert [sound.mood_for("item", seed=seed) for seed in range(4)] == list(MOODS)
