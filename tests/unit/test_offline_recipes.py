"""What the offline recipes make of a plan's facts: words in three variants, read once from one picture."""

from pathlib import Path

import pytest
from PIL import Image
from pydantic import JsonValue

from character_flow.errors import ToolError
from character_flow.shipped import plans_folder
from character_flow.studio.word_rules import check_dialog
from character_flow.tools.providers.base import Answer
from character_flow.tools.providers.offline import Job
from character_flow.tools.providers.offline_pictures import look_at, shows
from character_flow.tools.providers.offline_recipes import RECIPES

PRODUCT = plans_folder() / "assets" / "product.png"
DESCRIPTION = "A teal bottle stands upright on a light, even ground.\nIts glossy teal surface has white details."


def made(folder: Path, recipe: str, **facts: JsonValue) -> Answer:
    job = Job("p", "text", {"offline": {"recipe": recipe, "product": str(PRODUCT), **facts}}, folder)
    answer = RECIPES[recipe](job)
    assert answer.text == job.text
    return answer


def test_three_variants_differ_and_each_is_found_again_by_its_seed(tmp_path: Path) -> None:
    three = [made(tmp_path, "write_dialog", description=DESCRIPTION, variant=number) for number in (1, 2, 3)]
    seeds = [answer.facts["seed"] for answer in three]
    assert len({answer.text for answer in three}) == len(set(map(str, seeds))) == 3
    again = [made(tmp_path, "write_dialog", description=DESCRIPTION, seed=seed).text for seed in seeds]
    assert again == [answer.text for answer in three]
    assert [check_dialog(str(text), brand=None, include_cta=False) for text in again] == [()] * 3


def test_without_a_seed_the_words_are_the_products_own_and_their_seed_is_told(tmp_path: Path) -> None:
    first, zero = (
        made(tmp_path, "write_dialog", description=DESCRIPTION),
        made(tmp_path, "write_dialog", description=DESCRIPTION, seed=0),
    )
    assert first == zero
    assert made(tmp_path, "write_dialog", description=DESCRIPTION, seed=first.facts["seed"]) == first


def test_a_product_picture_is_read_once_until_it_changes(tmp_path: Path) -> None:
    picture = tmp_path / "product.png"
    with Image.open(PRODUCT) as opened:
        opened.resize((150, 200)).save(picture)
    look = look_at(picture)
    assert look_at(picture) is look
    Image.new("RGB", (160, 200), (250, 250, 250)).save(picture)
    assert look_at(picture) is not look


def test_few_of_the_stills_of_a_render_are_shown_and_they_are_small(tmp_path: Path) -> None:
    job = Job("p", "video", {}, tmp_path)
    show = shows(job)
    for shade in range(7):
        show(Image.new("RGBA", (1080, 1920), (shade, 0, 0, 255)))
    assert [path.name for path in job.previews] == [f"preview-{number}.jpg" for number in (1, 2, 3, 4)]
    with Image.open(job.previews[-1]) as last:
        assert (last.size, last.mode) == ((360, 640), "RGB")


@pytest.mark.parametrize("facts", [{"language": "tlh"}, {"description": " "}])
def test_what_cannot_be_written_is_told(tmp_path: Path, facts: dict[str, JsonValue]) -> None:
    with pytest.raises(ToolError):
        made(tmp_path, "write_dialog", **{"description": DESCRIPTION, **facts})
