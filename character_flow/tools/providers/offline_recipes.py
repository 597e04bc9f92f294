"""What the offline provider can do, by name: a plan chooses with `with.offline.recipe`.

Recipes get their facts from the plan, never from the model's prompt, and invent nothing beyond pictures and inputs.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import RunCancelledError, ToolError
from character_flow.tools.providers.base import Answer
from character_flow.tools.providers.offline import Job, Recipe

_SHAPES: Mapping[str, tuple[int, int]] = {"9:16": (9, 16), "1:1": (1, 1), "16:9": (16, 9)}
_QUALITY_CHARS = 6


def _text(facts: Mapping[str, JsonValue], key: str) -> str | None:
    value = facts.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _needed(facts: Mapping[str, JsonValue], key: str) -> str:
    value = _text(facts, key)
    if value is None:
        raise ToolError(f"with.offline.{key}: the recipe {facts.get('recipe')!r} needs a text here")
    return value


def _word(facts: Mapping[str, JsonValue], key: str, default: str) -> str:
    return _text(facts, key) or default


def _number(facts: Mapping[str, JsonValue], key: str, default: int) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def describe_product(job: Job) -> Answer:
    """Two lines about what can be seen on the product picture (`product`), with the brand where one is known."""
    from character_flow.studio import words  # only where words are written
    from character_flow.tools.providers.offline_pictures import look_at  # PIL and numpy

    facts = job.facts
    look = look_at(Path(_needed(facts, "product")))
    job.text = words.describe_product(look, name=_text(facts, "brand"), language=_word(facts, "language", "en"))
    return Answer(text=job.text)


def write_dialog(job: Job) -> Answer:
    """Two sentences to speak, from the description and the inputs; `variant` 1, 2 and 3 are three that differ.

    Without a `seed`, or with 0, it is the product's own; the answer's facts tell which it was.
    """
    from character_flow.studio import words  # only where words are written
    from character_flow.tools.providers.offline_pictures import look_at  # PIL and numpy

    facts = job.facts
    product = _text(facts, "product")
    brand, include_cta = _text(facts, "brand"), facts.get("include_cta") is True
    voice, feedback = _word(facts, "voice", "creator"), _text(facts, "feedback")
    tone, language = _word(facts, "tone", "friendly"), _word(facts, "language", "en")
    look = look_at(Path(product)) if product else None
    description, variant = _needed(facts, "description"), _number(facts, "variant", 0)
    seed = _number(facts, "seed", 0) or words.product_seed(description, brand=brand, look=look)
    if variant:
        three = words.write_variants(
            description, brand=brand, include_cta=include_cta, voice=voice, seed=seed, feedback=feedback, tone=tone,
            language=language, look=look, count=max(3, variant),
        )  # fmt: skip
        one = three[min(variant, len(three)) - 1]
        job.text, seed = one.text, one.seed
    else:
        job.text = words.write_dialog(
            description, brand=brand, include_cta=include_cta, voice=voice, seed=seed, feedback=feedback, tone=tone,
            language=language, look=look,
        )  # fmt: skip
    return Answer(text=job.text, facts={"seed": seed})


def make_avatar(job: Job) -> Answer:
    """A presenter's portrait from a custom picture (`picture`)."""
    from character_flow.studio.avatar import make_avatar as make  # PIL, only where a picture is made
    from character_flow.studio.pictures import open_picture

    target = job.folder / "avatar.png"
    make(open_picture(Path(_needed(job.facts, "picture"))), target)
    return Answer(files=(target,), facts={"offline_draft": True})


def compose_frame(job: Job) -> Answer:
    """One picture of the character (`preset`, or `picture`) with the `product`; 720x1280 unless said otherwise."""
    from character_flow.studio.composition import compose_frame as compose  # PIL, only where a picture is made

    facts, target = job.facts, job.folder / "frame.png"
    compose(_presenter(job), Path(_needed(facts, "product")), target, size=_size(facts))
    return Answer(files=(target,), facts={"offline_draft": True})


def ugc_ad(job: Job) -> Answer:
    """The video: a preset character (`preset`) or a portrait (`avatar`) speaks the `dialog` about the `product`.

    Its size goes by `format` (9:16, 1:1, 16:9) and `quality` (its shorter side: 720p, 1080p), or is told as `width` and
    `height`; `fps` is 24 where the plan says nothing. `mood` is the music's, `seed` varies hook and music, and
    `language` is that of the dialog. Files beside the video: a thumbnail, subtitles, a contact sheet, all choices.
    """
    preset = _preset(job.facts)
    character = Path(_needed(job.facts, "avatar")) if preset is None else preset
    return _film(job, character, name="ad.mp4", cuts=True)


def talking_clip(job: Job) -> Answer:
    """One shot that begins with the picture of `compose_frame`: the character speaks the `dialog`; no cut, no card.

    Takes the facts of `compose_frame`, the `dialog` and `fps`. It is 8 seconds long, longer if the words need it.
    """
    return _film(job, _presenter(job), name="clip.mp4", cuts=False)


def _film(job: Job, character: int | Path, *, name: str, cuts: bool) -> Answer:
    from character_flow.studio.render import AdSpec, render_ad  # av, numpy and PIL, only where a video is made
    from character_flow.tools.providers.offline_pictures import shows  # PIL

    facts, mood = job.facts, _text(job.facts, "mood")
    spec = AdSpec(
        character=character,
        product=Path(_needed(facts, "product")),
        dialog=_needed(facts, "dialog"),
        brand=_text(facts, "brand"),
        size=_size(facts),
        fps=_number(facts, "fps", 24),
        cuts=cuts,
        language=_word(facts, "language", "en"),
        mood=None if mood == "auto" else mood,
        seed=_number(facts, "seed", 0),
    )
    ad = render_ad(spec, job.folder / name, progress=job.progress, cancelled=job.cancelled, preview=shows(job))
    if job.cancelled():
        raise RunCancelledError("the render was stopped")
    return Answer(
        files=(ad.path, ad.thumbnail, *ad.subtitles, ad.contact_sheet, ad.sidecar),
        facts={
            "thumbnail": ad.thumbnail.name,
            "subtitles": [path.name for path in ad.subtitles],
            "contact_sheet": ad.contact_sheet.name,
            "sidecar": ad.sidecar.name,
            "seconds": round(ad.seconds, 3),
            "width": ad.width,
            "height": ad.height,
            "voice": ad.voice,
            "notes": list(ad.notes),
            "offline_draft": True,
        },
    )


def _presenter(job: Job) -> int | Path:
    """The preset, or a presenter's portrait made of the picture; the same picture always makes the same portrait."""
    preset = _preset(job.facts)
    if preset is not None:
        return preset
    from character_flow.studio.avatar import make_avatar as make  # PIL, only where a picture is made
    from character_flow.studio.pictures import open_picture

    return make(open_picture(Path(_needed(job.facts, "picture"))), job.folder / "presenter.png")


def _preset(facts: Mapping[str, JsonValue]) -> int | None:
    preset = facts.get("preset")
    return preset if isinstance(preset, int) and not isinstance(preset, bool) else None


def _size(facts: Mapping[str, JsonValue]) -> tuple[int, int]:
    """Pixels: by format and quality, or as told."""
    shape, quality = _word(facts, "format", "9:16"), _word(facts, "quality", "720p")
    if shape not in _SHAPES:
        raise ToolError(f"with.offline.format: {shape!r} is none of {', '.join(_SHAPES)}")
    if not (quality.endswith("p") and quality[:-1].isdecimal() and len(quality) <= _QUALITY_CHARS):
        raise ToolError(f"with.offline.quality: {quality!r} is not the shorter side's pixels, such as 720p or 1080p")
    shorter, (across, down) = int(quality[:-1]), _SHAPES[shape]
    unit = min(across, down)
    return _number(facts, "width", shorter * across // unit), _number(facts, "height", shorter * down // unit)


RECIPES: dict[str, Recipe] = {
    "describe_product": describe_product,
    "write_dialog": write_dialog,
    "make_avatar": make_avatar,
    "compose_frame": compose_frame,
    "ugc_ad": ugc_ad,
    "talking_clip": talking_clip,
}
