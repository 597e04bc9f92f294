"""What only the ad generator does: choose the character, check pictures and copy, pack the result.

The plan `ugc_ad` calls these with `tool: function`.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import RetryableToolError, ToolError
from character_flow.tools.registry import ToolContext

CHARACTERS = 9


def choose_character(
    ctx: ToolContext, choice: str, custom: str | None, preset: int | None, portraits: str
) -> dict[str, JsonValue]:
    """The picture of the chosen character: the custom one, or a preset's portrait as an artifact of this step."""
    if choice == "custom":
        if not custom:
            raise ToolError("custom_character: a custom character needs a picture")
        return {"path": custom, "preset": None}
    if preset is None or not 1 <= preset <= CHARACTERS:
        raise ToolError(f"preset_character: {preset} is not one of 1 to {CHARACTERS}")
    return portrait(ctx, preset, portraits)


def portrait(ctx: ToolContext, preset: int, portraits: str) -> dict[str, JsonValue]:
    """The portrait of a preset character, as an artifact of this step."""
    source = _portraits(ctx, portraits) / f"{preset}.png"
    target = ctx.folder / f"character-{preset}.png"
    shutil.copyfile(source, target)
    return {**ctx.artifact(target, "image"), "preset": preset}


def _portraits(ctx: ToolContext, portraits: str) -> Path:
    """The folder of the preset portraits: beside the plan, else the one that is shipped."""
    beside = ctx.plan_folder / portraits
    if beside.is_dir():
        return beside
    from character_flow.shipped import plans_folder  # only when a plan was copied away from its assets

    return plans_folder() / portraits


def validate_product(product: str) -> dict[str, JsonValue]:
    """Size and format of the product picture; a ToolError says what is wrong with a bad one."""
    from character_flow.studio.pictures import check_picture  # PIL is loaded only by steps that need it

    width, height, kind = check_picture(Path(product))
    return {"path": product, "width": width, "height": height, "format": kind}


def check_copy(
    description: str,
    dialog: str,
    *,
    brand: str | None,
    include_cta: bool,
    is_custom: bool,
    language: str = "en",
) -> dict[str, JsonValue]:
    """Hold description and dialog against the countable rules; each broken rule is a line of the feedback.

    A dialog a person wrote is theirs: it only must not be empty.
    """
    from character_flow.studio import word_rules  # only where words are checked

    broken = word_rules.check_description(description, brand=brand, language=language)
    problems = [f"description: {problem}" for problem in broken]
    if is_custom:
        problems += [] if dialog.strip() else ["dialog: it is empty"]
    else:
        broken = word_rules.check_dialog(dialog, brand=brand, include_cta=include_cta, language=language)
        problems += [f"dialog: {problem}" for problem in broken]
    if problems:
        raise RetryableToolError("\n".join(problems))
    return {"product_description": description, "dialog": dialog, "words": len(dialog.split())}


def check_description(description: str, *, brand: str | None, language: str = "en") -> str:
    """The description, held against its countable rules; each broken rule is a line of the feedback."""
    from character_flow.studio import word_rules  # only where words are checked

    problems = word_rules.check_description(description, brand=brand, language=language)
    if problems:
        raise RetryableToolError("\n".join(problems))
    return description


def check_dialog(
    written: Mapping[str, JsonValue],
    *,
    number: int,
    brand: str | None,
    include_cta: bool,
    is_custom: bool,
    language: str = "en",
) -> dict[str, JsonValue]:
    """The dialog, its seed where it has one, and how it is offered to a person; broken rules are the feedback."""
    from character_flow.studio import word_rules  # only where words are checked

    dialog, seed = str(written["text"] or "").strip(), written.get("seed")
    problems: Sequence[str] = () if dialog else ("it is empty",)
    if not is_custom:
        problems = word_rules.check_dialog(dialog, brand=brand, include_cta=include_cta, language=language)
    if problems:
        raise RetryableToolError("\n".join(problems))
    label = f"Dialog {number}" if seed is None else f"Dialog {number} (seed {seed})"
    return {"dialog": dialog, "seed": seed, "option": {"label": label, "text": dialog}}


def pack(
    description: str,
    dialog: str,
    character: str,
    product: str,
    video: Mapping[str, JsonValue],
) -> dict[str, JsonValue]:
    """The final object of the ad generator, plus the path of the video."""
    return {
        "product_description": description,
        "dialog": dialog,
        "character_url": character,
        "product_url": product,
        "id": video["id"],
        "status": video["status"],
        "video": video["path"],
    }
