"""What stands in the caption files: the same short groups of words as in the picture, as SubRip and as WebVTT."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from character_flow.studio.captions import chunked
from character_flow.studio.speech import Word

_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class _Cue:
    """Text from `start` to `end`, in milliseconds of the film."""

    start: int
    end: int
    text: str


def srt(words: Sequence[Word], lead_s: float) -> str:
    """Return a SubRip file, times `lead_s` later than the words'; what players take for tags is broken invisibly."""
    cues = [
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_plain(cue.text)}\n"
        for number, cue in enumerate(_cues(words, lead_s), 1)
    ]
    return "\n".join(cues)


def vtt(words: Sequence[Word], lead_s: float) -> str:
    """Return a WebVTT file, times `lead_s` later than the words'."""
    cues = [
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_escaped(cue.text)}\n" for cue in _cues(words, lead_s)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _cues(words: Sequence[Word], lead_s: float) -> list[_Cue]:
    """Return cues in order that never overlap and last at least a millisecond."""
    whole = frozenset(word.text for word in words)
    cues: list[_Cue] = []
    for chunk in chunked(words):
        start = max(round((chunk.start + lead_s) * 1000), cues[-1].end if cues else 0)
        end = max(round((chunk.end + lead_s) * 1000), start + 1)
        line = _line([word.text for word in chunk.words], whole=whole)
        # Half a surrogate pair can stand in a text that came as JSON, but in no file.
        cues.append(_Cue(start, end, line.encode(errors="replace").decode()))
    return cues


def _line(pieces: Sequence[str], *, whole: frozenset[str]) -> str:
    """Join words by spaces; pieces that captions cut out of one long word are one word again."""
    line = pieces[0]
    for before, piece in pairwise(pieces):
        cut = before not in whole and piece not in whole
        if cut and before.endswith("-"):
            line = line[:-1] + piece
        elif cut and _is_sign(before[-1]) and _is_sign(piece[0]):
            line += piece
        else:
            line += f" {piece}"
    return line


def _is_sign(char: str) -> bool:
    """Chinese and Japanese put no space between words; Korean, above them, does."""
    return 0x2E80 < ord(char) < 0xAC00 or ord(char) >= 0xFF00


def _clock(milliseconds: int, mark: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


def _plain(text: str) -> str:
    # SubRip has no escapes: players obey <i> and drop whatever stands in braces; an arrow may be taken for a time line.
    bare = text.replace("{", "(").replace("}", ")")
    return bare.replace("<", f"<{_JOINER}").replace("-->", f"--{_JOINER}>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
