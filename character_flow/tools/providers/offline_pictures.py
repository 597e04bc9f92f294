"""What recipes do with pictures: a product's is read once, and stills of a render are shown while it goes on."""

from collections.abc import Callable
from functools import lru_cache
from itertools import count
from pathlib import Path

from PIL.Image import Image

from character_flow.studio.product import ProductLook, read_product
from character_flow.tools.providers.offline import Job

_SHOWN = (1, 2, 4, 6)
"""Which of the stills a render gives are shown: few, for each is a durable file of the run."""
_LONGEST_SIDE = 640


def look_at(picture: Path) -> ProductLook:
    """What is seen on a product picture: read once, however many steps of however many variants want to know."""
    found = picture.stat()
    return _read(picture, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=2)
def _read(picture: Path, size: int, changed: int) -> ProductLook:
    return read_product(picture)


def shows(job: Job) -> Callable[[Image], None]:
    """What takes the stills of a render: some of them are seen, as large as a page shows them."""
    numbers = count(1)

    def show(still: Image) -> None:
        if next(numbers) not in _SHOWN:
            return
        path = job.folder / f"preview-{len(job.previews) + 1}.jpg"
        small = still.convert("RGB")
        small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        small.save(path, quality=80)
        job.show(path)

    return show
