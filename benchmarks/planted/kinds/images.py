"""Image files that are missing, broken, or not what the labels say of them."""

from __future__ import annotations

from io import BytesIO

from PIL import ExifTags, Image

from benchmarks.planted.places import Mark
from benchmarks.planted.planting import SceneSpot, everywhere

IMAGES = "images"


@everywhere(IMAGES, "missing-image")
def image_that_is_not_there(spot: SceneSpot) -> Mark:
    spot.image.jpeg = None
    return spot.image


@everywhere(IMAGES, "unreadable-image")
def image_cut_off(spot: SceneSpot) -> Mark:
    jpeg = spot.image.jpeg or b""
    spot.image.jpeg = jpeg[: len(jpeg) // 2]
    return spot.image


@everywhere(IMAGES, "unreadable-image")
def image_that_is_a_web_page(spot: SceneSpot) -> Mark:
    spot.image.jpeg = b"<html><body>404 Not Found</body></html>"
    return spot.image


@everywhere(IMAGES, "size-mismatch", formats=("coco", "voc"))
def image_of_another_size(spot: SceneSpot) -> Mark:
    width, height = spot.image.size
    spot.image.size = (2 * width, 2 * height)
    return spot.image


@everywhere(IMAGES, "size-mismatch", formats=("coco", "voc"))
def image_of_no_size(spot: SceneSpot) -> Mark:
    spot.image.size = (0, 0)
    return spot.image


@everywhere(IMAGES, "exif-orientation")
def image_stored_on_its_side(spot: SceneSpot) -> Mark:
    """The boxes stay where they are on the picture as it is shown."""
    picture = spot.image
    picture.size = picture.size[::-1]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    buffer = BytesIO()
    Image.new("L", picture.size).save(buffer, "JPEG", exif=exif)
    picture.jpeg = buffer.getvalue()
    return picture
