"""How espeak-ng is asked: its C interface by ctypes, samples and events gathered; loaded in the voice process only."""

import ctypes
from ctypes import c_char, c_char_p, c_int, c_short, c_size_t, c_uint, c_void_p

_RETRIEVE, _PHONEME_EVENTS, _UTF8 = 1, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD, _PHONEME, _LAST = 1, 7, 0


class _Id(ctypes.Union):
    _fields_ = (("number", c_int), ("name", c_char_p), ("string", c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", c_int), ("unique_identifier", c_uint), ("text_position", c_int), ("length", c_int),
        ("audio_position", c_int), ("sample", c_int), ("user_data", c_void_p), ("id", _Id),
    )  # fmt: skip


_Callback = ctypes.CFUNCTYPE(c_int, ctypes.POINTER(c_short), c_int, ctypes.POINTER(_Event))


class Espeak:
    """The loaded library; raises ImportError without the extra and RuntimeError where it does not start."""

    def __init__(self) -> None:
        import espeakng_loader  # the optional extra `voice`

        self._lib = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        path = espeakng_loader.get_data_path().encode()
        if self._lib.espeak_Initialize(_RETRIEVE, 0, path, _PHONEME_EVENTS) <= 0:
            raise RuntimeError("espeak-ng does not find its voices")
        self._sound = bytearray()
        self._words: list[tuple[int, float]] = []
        self._phonemes: list[tuple[str, float]] = []
        self._callback = _Callback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(
        self, text: str, *, voice: str, pitch: int, rate: int, longest: float
    ) -> tuple[dict[str, list[tuple[int, float]] | list[tuple[str, float]]], bytes]:
        """Return word places (from 0) and phonemes with their seconds, and samples; faster where `longest` asks it."""
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            self._lib.espeak_SetVoiceByName(b"en-us")
        self._lib.espeak_SetParameter(_PITCH, pitch, 0)
        self._lib.espeak_SetParameter(_RANGE, 62, 0)
        self._once(text, rate)
        for _ in range(2):
            if self._seconds() <= longest:
                break
            rate = min(380, round(rate * self._seconds() / longest * 1.04))
            self._once(text, rate)
        return {"words": list(self._words), "phonemes": list(self._phonemes)}, bytes(self._sound)

    def _seconds(self) -> float:
        return len(self._sound) / 2 / 22_050

    def _once(self, text: str, rate: int) -> None:
        self._sound.clear()
        self._words.clear()
        self._phonemes.clear()
        self._lib.espeak_SetParameter(_RATE, rate, 0)
        raw = text.encode()
        code = self._lib.espeak_Synth(raw, c_size_t(len(raw) + 1), 0, 1, 0, _UTF8, None, None)
        if code != 0:
            raise RuntimeError(f"espeak-ng refused the text (code {code})")
        self._lib.espeak_Synchronize()

    def _take(self, wave: "ctypes._Pointer[c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            self._sound += ctypes.string_at(wave, count * 2)
        number = 0
        while events[number].type != _LAST:
            event = events[number]
            if event.type == _WORD:
                self._words.append((event.text_position - 1, event.audio_position / 1000))
            elif event.type == _PHONEME:
                name = bytes(event.id.string).decode("utf-8", "replace")
                self._phonemes.append((name, event.audio_position / 1000))
            number += 1
        return 0
