"""When which shot is seen: cuts on sentence ends, hook and product in turn, the closing card last."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from character_flow.studio.speech import Speech, Word

SHORTEST_S = 8.0
LONGEST_S = 30.0
LEAD_S = 0.25
_CARD_S = 2.1
_SHORTEST_SHOT_S = 1.4


@dataclass(frozen=True, slots=True)
class Cut:
    """From `start` to `end` (seconds) this kind of shot is seen; the camera comes closer or draws back."""

    kind: Literal["hook", "product", "card"]
    start: float
    end: float
    camera: Literal["in", "out"] = "in"

    def share(self, seconds: float) -> float:
        """Return how far the camera is on its way (0..1) at a second of the film."""
        gone = min(1.0, max(0.0, (seconds - self.start) / (self.end - self.start)))
        return 1 - gone if self.camera == "out" else gone


def timeline(speech: Speech, *, seed: int = 0) -> tuple[Cut, ...]:
    """Cut on sentence ends. Seeds are variants: even, the presenter opens, odd, the product; 2 and 3 draw back."""
    ends = _sentence_ends(speech)
    spoken = LEAD_S + max(speech.seconds, ends[-1])
    card = _CARD_S if spoken + _CARD_S >= SHORTEST_S else min(3.2, SHORTEST_S - spoken)
    total = min(LONGEST_S, max(SHORTEST_S, spoken + 0.1 + card))
    last = total - card
    edges = [0.0, *(LEAD_S + end + 0.08 for end in _merged(ends[:-1], last - LEAD_S)), last]
    if len(edges) == 2:
        edges = [0.0, max(edges[1] * 0.5, min(LEAD_S + speech.seconds, last - 1.5)), last]
    product_opens, camera = seed % 2, "out" if seed % 4 >= 2 else "in"
    cuts = [
        Cut("product" if (number + product_opens) % 2 else "hook", round(start, 3), round(end, 3),
            "out" if camera == "out" and (number + product_opens) % 2 == 0 else "in")
        for number, (start, end) in enumerate(pairwise(edges))
    ]  # fmt: skip
    return (*cuts, Cut("card", round(last, 3), round(total, 3)))


def one_shot(speech: Speech) -> tuple[Cut, ...]:
    """Return the presenter alone from start to end, as a model makes it from a single picture."""
    return (Cut("hook", 0.0, min(LONGEST_S, max(SHORTEST_S, LEAD_S + speech.seconds + 0.5))),)


def cut_at(cuts: Sequence[Cut], seconds: float) -> Cut:
    """Return what is seen at this second of the film."""
    return next((cut for cut in cuts if seconds < cut.end), cuts[-1])


def _sentence_ends(speech: Speech) -> list[float]:
    ends = [word.end for word in speech.words if word.ends_sentence] or [speech.seconds]
    if len(ends) == 1 and len(speech.words) > 3:
        return [_breath(speech.words), *ends]
    return ends


def _breath(words: Sequence[Word]) -> float:
    """Return where one long sentence is best cut: after a comma near its middle, else at its middle word."""
    middle = len(words) // 2 - 1
    commas = [number for number, word in enumerate(words[:-1]) if word.text[-1] in ",;:"]
    near = [number for number in commas if abs(number - middle) <= max(1, len(words) // 4)]
    return words[min(near, key=lambda number: abs(number - middle), default=middle)].end


def _merged(ends: Sequence[float], until: float) -> list[float]:
    """Leave out cuts that would make a shot too short to be seen."""
    kept: list[float] = []
    for end in ends:
        if end - (kept[-1] if kept else 0.0) >= _SHORTEST_SHOT_S and until - end >= _SHORTEST_SHOT_S:
            kept.append(end)
    return kept
