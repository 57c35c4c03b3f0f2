"""Image files that are missing, broken, or not what the labels say of them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageFilter

from benchmarks.image_files import picture
from benchmarks.planted.coco import NAME, CocoSpot
from benchmarks.planted.places import FILE, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco, in_yolo
from benchmarks.planted.scene import SceneImage
from benchmarks.planted.yolo import YoloSpot

IMAGES = "images"


@everywhere(IMAGES, "missing-image")
def image_that_is_not_there(spot: SceneSpot) -> Mark:
    spot.image.jpeg = None
    return spot.image


@everywhere(IMAGES, "unreadable-image")
def image_cut_off(spot: SceneSpot) -> Mark:
    whole = spot.image.jpeg or b""
    spot.image.jpeg = whole[: len(whole) // 2]
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
    image = spot.image
    stored = Image.open(BytesIO(picture(image.size[::-1], image.number)))
    image.size = stored.size
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    buffer = BytesIO()
    stored.save(buffer, "JPEG", exif=exif)
    image.jpeg = buffer.getvalue()
    return image


def _saved(picture: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@everywhere(IMAGES, "huge-image", alone=True)
def image_that_is_a_decompression_bomb(spot: SceneSpot) -> Mark:
    """A file of some kilobytes with more pixels than Pillow agrees to decode, and no labels."""
    image = spot.scene.images[-1]
    image.size = (30_000, 6_000)
    image.jpeg = _saved(Image.new("1", image.size), "PNG")
    return image


@everywhere(IMAGES, "wrong-extension")
def image_of_another_kind_than_its_name_says(spot: SceneSpot) -> Mark:
    spot.image.jpeg = _saved(Image.open(BytesIO(spot.image.jpeg or b"")), "PNG")
    return spot.image


@everywhere(IMAGES, "high-bit-depth")
def image_of_sixteen_bits(spot: SceneSpot) -> Mark:
    width, height = spot.image.size
    values = np.arange(width * height, dtype=np.uint32).reshape(height, width) // 9
    spot.image.jpeg = _saved(Image.fromarray(values.astype(np.uint16)), "PNG")
    return spot.image


def _noise(spot: SceneSpot, kind: str) -> bytes:
    """A picture of the size of the spot's image that does not get small."""
    return _saved(Image.effect_noise(spot.image.size, 50), kind)


@everywhere(IMAGES, "corrupt-image")
def image_whose_pixels_are_damaged(spot: SceneSpot) -> Mark:
    png = _noise(spot, "PNG")
    half = len(png) // 2
    spot.image.jpeg = png[:half] + bytes(byte ^ 85 for byte in png[half:][:64]) + png[half + 64 :]
    return spot.image


@everywhere(IMAGES, "damaged-jpeg")
def image_that_lost_its_middle(spot: SceneSpot) -> Mark:
    whole = _noise(spot, "JPEG")
    spot.image.jpeg = whole[: len(whole) // 3] + whole[len(whole) // 2 :]
    return spot.image


@in_coco(IMAGES, "unlisted-images", alone=True)
def image_beside_the_others_that_no_label_names(spot: CocoSpot) -> Mark:
    spot.coco.scene.images.append(SceneImage(9999, (64, 48), picture((64, 48), 9999)))
    return Place(FILE, NAME)


@in_yolo(IMAGES, "unlabelled-image", alone=True)
def image_without_a_label_file_where_negatives_have_empty_ones(spot: YoloSpot) -> Mark:
    last = spot.yolo.scene.images[-1]
    spot.yolo.spots[last].is_written = False
    return last


@everywhere(IMAGES, "blank-image")
def image_of_one_colour_with_labels(spot: SceneSpot) -> Mark:
    spot.image.jpeg = _saved(Image.new("RGB", spot.image.size), "JPEG")
    return spot.image


@everywhere(IMAGES, "unclear-image")
def image_that_is_out_of_focus(spot: SceneSpot) -> Mark:
    sharp = Image.open(BytesIO(spot.image.jpeg or b""))
    spot.image.jpeg = _saved(sharp.filter(ImageFilter.GaussianBlur(40)), "JPEG")
    return spot.image
