"""What is written while somebody speaks: up to three words at a time, the live one marked, always inside its band."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from character_flow.studio.colours import until_readable
from character_flow.studio.lettering import BOLD, can_shape, font, font_for, is_right_to_left, missing_signs
from character_flow.studio.paint import RGB
from character_flow.studio.speech import Word

_MOST_WORDS = 3
_MOST_LETTERS = 24
_LONGEST_PIECE = 16
_LONGEST_SIGNS = 7


@dataclass(frozen=True, slots=True)
class Chunk:
    """Words shown together, from `start` until `end` seconds."""

    words: tuple[Word, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Placed:
    text: str
    path: Path
    x: int
    y: int
    width: int
    number: int


def chunked(words: Sequence[Word]) -> tuple[Chunk, ...]:
    """Group words by three, never across a sentence's end; a chunk stays until the next one begins."""
    groups = [group for phrase in _phrases(words) for group in _balanced(phrase)]
    chunks = []
    for number, group in enumerate(groups):
        last = group[-1].end + 0.25
        until = min(last, groups[number + 1][0].start) if number + 1 < len(groups) else last
        chunks.append(Chunk(tuple(group), group[0].start, max(until, group[-1].end)))
    return tuple(chunks)


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Split at sentence ends, and at commas where both sides keep two words or more."""
    pieces = [piece for word in words for piece in _pieces(word)]
    phrases: list[list[Word]] = [[]]
    for number, piece in enumerate(pieces):
        phrases[-1].append(piece)
        rest = next((i for i, later in enumerate(pieces[number:]) if later.ends_sentence), 0)
        if piece.ends_sentence or (piece.text[-1] in ",;:" and len(phrases[-1]) > 1 and rest > 1):
            phrases.append([])
    return [phrase for phrase in phrases if phrase]


def _balanced(phrase: list[Word]) -> list[list[Word]]:
    """Share a phrase out evenly: four words are two and two, not three and one."""
    count = -(-len(phrase) // _MOST_WORDS)
    while count < len(phrase):
        groups = [phrase[len(phrase) * i // count : len(phrase) * (i + 1) // count] for i in range(count)]
        if all(sum(len(word.text) + 1 for word in group) <= _MOST_LETTERS or len(group) == 1 for group in groups):
            return groups
        count += 1
    return [[word] for word in phrase]


def _pieces(word: Word) -> list[Word]:
    """Cut what is too long to be read at once: signs written without spaces, and words of more than 16 letters."""
    signs = any(ord(char) > 0x2E80 for char in word.text)
    longest = _LONGEST_SIGNS if signs else _LONGEST_PIECE
    if len(word.text) <= longest:
        return [word]
    count = -(-len(word.text) // longest)
    size = -(-len(word.text) // count)
    parts = [word.text[at : at + size] for at in range(0, len(word.text), size)]
    step = (word.end - word.start) / len(parts)
    last = len(parts) - 1
    return [
        Word(part if signs or number == last else f"{part}-", round(word.start + number * step, 3),
             round(word.start + (number + 1) * step, 3), word.ends_sentence and number == last)
        for number, part in enumerate(parts)
    ]  # fmt: skip


class Captions:
    """Caption pictures by time. `notes` says in plain words what could not be written."""

    def __init__(
        self, words: Sequence[Word], *, widest: int, size: int, accent: RGB, highest: int | None = None
    ) -> None:
        self.chunks = chunked(words)
        self._widest, self._highest, self._size, self._accent = widest, highest, size, accent
        self._cache: dict[tuple[int, int], Image.Image | None] = {}
        self.notes = _notes(" ".join(word.text for word in words))

    def at(self, seconds: float, *, since: float = float("-inf")) -> Image.Image | None:
        """Return the caption shown at this second, RGBA, within its limits; None between the words.

        What was spoken to its end before `since` is gone, even where it would still linger: the picture has changed.
        """
        for number, chunk in enumerate(self.chunks):
            if chunk.start <= seconds < chunk.end and chunk.words[-1].end > since:
                live = max(i for i, word in enumerate(chunk.words) if word.start <= seconds or i == 0)
                return self._drawn(number, live)
        return None

    def _drawn(self, number: int, live: int) -> Image.Image | None:
        # Frames are drawn by two threads: each works on the mapping it has read, the last one is kept.
        cache = self._cache
        if (number, live) not in cache:
            cache = {known: kept for known, kept in cache.items() if abs(known[0] - number) <= 1}
            cache[number, live] = self._draw(self.chunks[number], live)
            self._cache = cache
        return cache[number, live]

    def _draw(self, chunk: Chunk, live: int) -> Image.Image | None:
        size, placed, width = self._fitted(chunk)
        if not placed:
            return None
        gap, line = round(size * 0.30), round(size * 1.34)
        height = max(word.y for word in placed) + line
        room = Image.new("RGBA", (width + 2 * gap, height + 2 * gap))
        shade = Image.new("L", room.size)
        pen, edge = ImageDraw.Draw(room), max(2, round(size * 0.09))
        for word in placed:
            ImageDraw.Draw(shade).text((gap + word.x, gap + word.y + round(size * 0.06)), word.text,
                                       font=font(word.path, size), fill=190, stroke_width=edge)  # fmt: skip
        dark = Image.new("RGBA", room.size, (8, 6, 12, 255))
        dark.putalpha(shade.filter(ImageFilter.GaussianBlur(size * 0.10)))
        room.alpha_composite(dark)
        ink = until_readable((255, 255, 255), on=self._accent)
        for word in placed:
            at = (gap + word.x, gap + word.y)
            if word.number == live:
                pad = round(size * 0.16)
                pen.rounded_rectangle((at[0] - pad, at[1] - round(size * 0.02), at[0] + word.width + pad,
                                       at[1] + round(size * 1.24)), round(size * 0.26), fill=self._accent)  # fmt: skip
                pen.text(at, word.text, font=font(word.path, size), fill=ink)
            else:
                pen.text(at, word.text, font=font(word.path, size), fill=(255, 255, 255), stroke_width=edge,
                         stroke_fill=(16, 12, 20))  # fmt: skip
        return room

    def _fitted(self, chunk: Chunk) -> tuple[int, list[_Placed], int]:
        size = self._size
        while True:
            placed, width = self._placed(chunk, size)
            gap = 2 * round(size * 0.30)
            high = max((word.y for word in placed), default=0) + round(size * 1.34) + gap
            if (width <= self._widest - gap and high <= (self._highest or high)) or size <= 9:
                return size, placed, width
            size -= 2

    def _placed(self, chunk: Chunk, size: int) -> tuple[list[_Placed], int]:
        """Lay words out in lines that fit; the last line comes out centred below the first."""
        fitting = self._widest - 2 * round(size * 0.30)
        space = round(size * 0.34)
        lines: list[list[tuple[str, Path, int, int]]] = [[]]
        for number, word in enumerate(chunk.words):
            path, text = font_for(word.text, own=BOLD)
            if not text:
                continue
            width = round(font(path, size).getlength(text))
            used = sum(other[2] + space for other in lines[-1])
            if lines[-1] and used + width > fitting:
                lines.append([])
            lines[-1].append((text, path, width, number))
        if is_right_to_left("".join(word.text for word in chunk.words)):
            lines = [line[::-1] for line in lines]
        widths = [sum(word[2] for word in line) + space * max(0, len(line) - 1) for line in lines]
        whole = max(widths, default=0)
        placed = []
        for row, line in enumerate(lines):
            x = (whole - widths[row]) // 2
            for text, path, width, number in line:
                placed.append(_Placed(text, path, x, row * round(size * 1.34), width, number))
                x += width + space
        return placed, whole


def _notes(text: str) -> tuple[str, ...]:
    notes = []
    lacking = missing_signs(text)
    if lacking:
        named = " ".join(f"U+{ord(sign):04X}" for sign in lacking[:8])
        more = f" and {len(lacking) - 8} more" if len(lacking) > 8 else ""
        notes.append(f"captions leave out {len(lacking)} sign(s) no font here can draw: {named}{more}")
    if is_right_to_left(text) and not can_shape():
        notes.append("right-to-left words stand in order, but their letters are not joined: no text shaping here")
    return tuple(notes)
