"""How espeak-ng is asked: its C interface by ctypes; run as a script of its own, it answers one request and ends.

The library is GPL and speaks C: in a process that imports nothing else it can neither hang nor crash a run.
Request: one JSON object on stdin, `{"pieces": [{"text", "voice", "pitch", "range", "rate"}], "most_s": seconds}`.
Answer: one JSON line on stdout, `{"pieces": [{"words", "phonemes", "bytes"}]}` or `{"error": why}`, then the 16 bit
samples of all pieces at 22,050 Hz.
"""

import ctypes
import json
import signal
import sys
from ctypes import c_char, c_char_p, c_int, c_long, c_short, c_size_t, c_uint, c_void_p

# Phoneme events, named by IPA: the same signs in every language.
_RETRIEVE, _EVENTS, _UTF8 = 1, 1 | 2, 1
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
        if self._lib.espeak_Initialize(_RETRIEVE, 0, path, _EVENTS) <= 0:
            raise RuntimeError("espeak-ng does not find its voices")
        self._sound = bytearray()
        self._words: list[tuple[int, float]] = []
        self._phonemes: list[tuple[str, float]] = []
        self._callback = _Callback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(
        self, text: str, *, voice: str, pitch: int, spread: int, rate: int
    ) -> tuple[list[tuple[int, float]], list[tuple[str, float]], bytes]:
        """Return word places (letters from 0) and phonemes (IPA), both with their seconds, and the samples."""
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            self._lib.espeak_SetVoiceByName(b"en-us")
        for what, value in ((_PITCH, pitch), (_RANGE, spread), (_RATE, rate)):
            self._lib.espeak_SetParameter(what, value, 0)
        self._sound.clear()
        self._words.clear()
        self._phonemes.clear()
        self._begin_anew()
        raw = text.encode()
        code = self._lib.espeak_Synth(raw, c_size_t(len(raw) + 1), 0, 1, 0, _UTF8, None, None)
        if code != 0:
            raise RuntimeError(f"espeak-ng refused the text (code {code})")
        self._lib.espeak_Synchronize()
        return list(self._words), list(self._phonemes), bytes(self._sound)

    def _begin_anew(self) -> None:
        """The same text is to sound the same: the breath in a voice is noise, which is sown by the clock."""
        sow = getattr(self._lib, "espeak_ng_SetRandSeed", None)  # since 1.52
        if sow is not None:
            sow(c_long(1))

    def _take(self, wave: "ctypes._Pointer[c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            self._sound += ctypes.string_at(wave, count * 2)
        number = 0
        while events[number].type != _LAST:
            event = events[number]
            if event.type == _WORD:
                self._words.append((event.text_position - 1, event.audio_position / 1000))
            elif event.type == _PHONEME:
                name = bytes(event.id.string).decode("utf-8", "ignore")
                self._phonemes.append((name, event.audio_position / 1000))
            number += 1
        return 0


def main() -> int:
    """Answer one request on stdin; the exit code is 0 even where the answer is why there is no voice."""
    request = json.loads(sys.stdin.buffer.read())
    # Whoever asked may be gone by then and cannot end us: nobody is left waiting, so nothing is left running.
    signal.alarm(int(request["most_s"]) + 2)
    told, sounds = [], []
    try:
        voice = Espeak()
        for piece in request["pieces"]:
            words, phonemes, sound = voice.speak(
                piece["text"], voice=piece["voice"], pitch=piece["pitch"], spread=piece["range"], rate=piece["rate"]
            )
            told.append({"words": words, "phonemes": phonemes, "bytes": len(sound)})
            sounds.append(sound)
    except ImportError:
        sys.stdout.write(json.dumps({"error": "the extra 'voice' is not installed"}) + "\n")
        return 0
    except (OSError, RuntimeError) as error:
        sys.stdout.write(json.dumps({"error": f"{error}"}) + "\n")
        return 0
    sys.stdout.write(json.dumps({"pieces": told}) + "\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(b"".join(sounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
