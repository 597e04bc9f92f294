"""What only the plan `ugc_ad_variants` does: line up who says what, lay the videos side by side, pack them all."""

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.tools.registry import ToolContext
from character_flow.tools.ugc_ad import CHARACTERS, pack, portrait

Output = Mapping[str, JsonValue]


def line_up(
    ctx: ToolContext,
    *,
    variants: int,
    vary: str,
    character: Output,
    avatar: Output | None,
    others: str | None,
    dialogs: Sequence[Output | None],
    first: Output | None,
    seed: int,
    portraits: str,
) -> list[JsonValue]:
    """Who says what in each variant: `number`, `label`, `character` (a picture), `preset`, `dialog` and `seed`.

    `first` is the dialog a person picked: it comes first, and alone where the characters differ.
    """
    written = [dialog for dialog in dialogs if dialog is not None]
    if first is not None:
        chosen = written[int(str(first["index"]))]
        written = [chosen, *(dialog for dialog in written if dialog is not chosen)]
    preset = character["preset"]
    own = {"character": (avatar or character)["path"], "preset": preset}
    if vary == "character":
        begun = preset if isinstance(preset, int) else None
        rest = [portrait(ctx, number, portraits) for number in _others(begun, others or "", variants - 1)]
        faces = [own, *({"character": face["path"], "preset": face["preset"]} for face in rest)]
        written = written[:1]
    else:
        faces = [own] * variants
    return [
        _variant(number, faces[number], written[min(number, len(written) - 1)], _seed(written, number, vary, seed))
        for number in range(variants)
    ]


def _variant(number: int, face: Output, dialog: Output, seed: int) -> dict[str, JsonValue]:
    who = "your character" if face["preset"] is None else f"character {face['preset']}"
    label = f"Variant {number + 1}: {who}, seed {seed}"
    return {"number": number + 1, "label": label, **face, "dialog": dialog["dialog"], "seed": seed}


def _seed(written: Sequence[Output], number: int, vary: str, seed: int) -> int:
    """The seed that gave the dialog, where there is one: the plan ugc_ad makes the same video of it."""
    known = written[number]["seed"] if number < len(written) else None
    if isinstance(known, int):
        return known
    if vary == "character":
        first = written[0]["seed"]
        return first if isinstance(first, int) else seed
    return seed + number


def _others(first: int | None, said: str, count: int) -> list[int]:
    """The presets that follow: those a person named, then others far from the first in the row of nine."""
    words = re.findall(r"[^\s,;]+", said)
    wrong = next((word for word in words if not (word.isdecimal() and 1 <= int(word) <= CHARACTERS)), None)
    if wrong is not None:
        raise ToolError(f"other_characters: {wrong[:40]!r} is not one of 1 to {CHARACTERS}")
    begun = first or 1
    spread = [(begun - 1 + step) % CHARACTERS + 1 for step in ((3, 6, 1, 2) if first else (0, 3, 6, 1))]
    named = dict.fromkeys([*map(int, words), *spread])
    return [number for number in named if number != first][:count]


def posters(lined_up: Sequence[Output], videos: Sequence[Output | None]) -> list[JsonValue]:
    """What a person picks from: a picture of each video, or the video itself where no picture came with it."""
    return [
        {"label": variant["label"], "text": variant["dialog"], "file": video.get("thumbnail") or video["path"]}
        for variant, video in zip(lined_up, videos, strict=False)
        if video is not None
    ]


def pack_variants(
    description: str,
    product: str,
    lined_up: Sequence[Output],
    videos: Sequence[Output | None],
    picked: Output | None,
) -> dict[str, JsonValue]:
    """The final object of the ad generator for the variant that was picked, and all of them in `variants`."""
    packed: list[JsonValue] = []
    for variant, video in zip(lined_up, videos, strict=False):
        if video is not None:
            whole = pack(description, str(variant["dialog"]), str(variant["character"]), product, video)
            packed.append({**whole, "number": variant["number"], "seed": variant["seed"]})
    index = 0 if picked is None else int(str(picked["index"]))
    best = packed[index] if index < len(packed) else None
    if not isinstance(best, dict):
        raise ToolError("the variant that was picked was not made")
    shown = {key: value for key, value in best.items() if key not in ("number", "seed")}
    return {**shown, "picked": index + 1, "variants": packed}
