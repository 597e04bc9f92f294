"""Pictures the studio's tests share: drawn products whose outline is known, and photographs out of scikit-image."""

from pathlib import Path

import skimage
from PIL import Image, ImageDraw

ASSETS = Path(__file__).resolve().parents[2] / "plans" / "assets"
PHOTOS = Path(skimage.__file__).parent / "data"
PRODUCT = ASSETS / "product.png"
COFFEE_BAG = ASSETS / "product_2.png"
DIALOG = "Okay, I really have to show you this bottle for a second.\nIt is teal with white touches, and I enjoy that."


def photo(name: str) -> Path:
    """A photograph nobody here took, from the files inside the scikit-image wheel."""
    return next(path for path in (PHOTOS / f"{name}.png", PHOTOS / f"{name}.jpg") if path.exists())


def drawn_product(colour: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    """A plain box, 200 x 300 at (100, 150) on a picture of 400 x 600."""
    picture = Image.new("RGB", (400, 600), ground)
    ImageDraw.Draw(picture).rectangle((100, 150, 299, 449), fill=colour)
    return picture
