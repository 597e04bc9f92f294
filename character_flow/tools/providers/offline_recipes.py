"""What the offline provider can do, by name: a plan chooses with `with.offline.recipe`.

Recipes get their facts from the plan, never from the model's prompt, and invent nothing beyond pictures and inputs.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import RunCancelledError, ToolError
from character_flow.tools.providers.base import Answer
from character_flow.tools.providers.offline import Job, Recipe


def _text(facts: Mapping[str, JsonValue], key: str) -> str | None:
    value = facts.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _needed(facts: Mapping[str, JsonValue], key: str) -> str:
    value = _text(facts, key)
    if value is None:
        raise ToolError(f"with.offline.{key}: the recipe {facts.get('recipe')!r} needs a text here")
    return value


def _number(facts: Mapping[str, JsonValue], key: str, default: int) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def describe_product(job: Job) -> Answer:
    """Two lines about what can be seen on the product picture (`product`), with the brand where one is known."""
    from character_flow.studio.product import read_product  # PIL and numpy, only where a picture is read
    from character_flow.studio.words import describe_product as describe

    look = read_product(Path(_needed(job.facts, "product")))
    job.text = describe(look, name=_text(job.facts, "brand"))
    return Answer(text=job.text)


def write_dialog(job: Job) -> Answer:
    """Two sentences to speak, from the description and the inputs."""
    from character_flow.studio.words import write_dialog as write  # only where words are written

    facts = job.facts
    job.text = write(
        _needed(facts, "description"),
        brand=_text(facts, "brand"),
        include_cta=facts.get("include_cta") is True,
        voice=_text(facts, "voice") or "creator",
        seed=_number(facts, "seed", 0),
        feedback=_text(facts, "feedback"),
    )
    return Answer(text=job.text)


def make_avatar(job: Job) -> Answer:
    """A presenter's portrait from a custom picture (`picture`)."""
    from character_flow.studio.characters import make_avatar as make  # PIL, only where a picture is made
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

    `width`, `height` (pixels) and `fps` are 720, 1280 and 24 where the plan says nothing.
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

    facts = job.facts
    spec = AdSpec(
        character=character,
        product=Path(_needed(facts, "product")),
        dialog=_needed(facts, "dialog"),
        brand=_text(facts, "brand"),
        size=_size(facts),
        fps=_number(facts, "fps", 24),
        cuts=cuts,
    )
    ad = render_ad(spec, job.folder / name, progress=job.progress, cancelled=job.cancelled)
    if job.cancelled():
        raise RunCancelledError("the render was stopped")
    return Answer(
        files=(ad.path,),
        facts={
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
    from character_flow.studio.characters import make_avatar as make  # PIL, only where a picture is made
    from character_flow.studio.pictures import open_picture

    return make(open_picture(Path(_needed(job.facts, "picture"))), job.folder / "presenter.png")


def _preset(facts: Mapping[str, JsonValue]) -> int | None:
    preset = facts.get("preset")
    return preset if isinstance(preset, int) and not isinstance(preset, bool) else None


def _size(facts: Mapping[str, JsonValue]) -> tuple[int, int]:
    return _number(facts, "width", 720), _number(facts, "height", 1280)


RECIPES: Mapping[str, Recipe] = {
    "describe_product": describe_product,
    "write_dialog": write_dialog,
    "make_avatar": make_avatar,
    "compose_frame": compose_frame,
    "ugc_ad": ugc_ad,
    "talking_clip": talking_clip,
}
