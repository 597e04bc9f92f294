"""What is seen before the film is ready: small stills, the first one at once, from the photograph itself."""

from PIL import Image, ImageFilter

_LONGEST = 480


def small(still: Image.Image) -> Image.Image:
    """Return a still small enough to be sent while the render goes on."""
    share = min(1.0, _LONGEST / max(still.size))
    return still.resize((max(2, round(still.width * share)), max(2, round(still.height * share))), Image.Resampling.BOX)


def first_still(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the product's picture in the film's format on a ground of its own blurred colours."""
    share = min(1.0, _LONGEST / max(size))
    width, height = max(2, round(size[0] * share)), max(2, round(size[1] * share))
    photo = Image.new("RGB", picture.size, (244, 242, 240))
    photo.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    photo.thumbnail((round(width * 0.8), round(height * 0.62)), Image.Resampling.BILINEAR, reducing_gap=2.0)
    ground = photo.resize((12, 20), Image.Resampling.BOX).resize((width, height), Image.Resampling.BICUBIC)
    ground = ground.filter(ImageFilter.GaussianBlur(height / 24))
    ground.paste(photo, ((width - photo.width) // 2, (height - photo.height) // 2))
    return ground
