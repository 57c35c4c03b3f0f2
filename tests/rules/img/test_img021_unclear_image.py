from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.testing import images, with_image_files
from tests.noise_pictures import noise_picture

Spoil = Callable[[Image.Image], Image.Image]


def scene() -> Image.Image:
    return noise_picture((40, 30), 90).resize((640, 480), Image.Resampling.NEAREST)


def dark(picture: Image.Image) -> Image.Image:
    return picture.point(lambda grey: grey // 5)


def light(picture: Image.Image) -> Image.Image:
    return picture.point(lambda grey: 245 + grey // 26)


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(30)).point(lambda grey: 10 * (grey - 115))


def told(folder: Path, count: int, *spoils: Spoil, **settings: float) -> list[str]:
    """What is said of so many pictures, the first of which were spoiled."""
    dataset = with_image_files(images({f"{n}.png": [] for n in range(count)}), folder)
    for number, path in enumerate(dataset.images.path.tolist()):
        (spoils[number] if number < len(spoils) else Image.Image.copy)(scene()).save(path)
    wanted = {name.replace("_", "-"): value for name, value in settings.items()}
    found = audit(dataset, select=["IMG021"], settings={"unclear-image": wanted})
    assert set(found.severity.tolist()) <= {Severity.INFO}
    return [str(message) for message in found.message]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (dark, "dark: hardly anything in it is brighter than "),
        (light, "overexposed: nearly all of it is brighter than "),
        (blurred, "blurred: it shows no edges at 128 x 128 pixels"),
    ],
)
def test_an_image_in_which_little_can_be_seen_is_named_and_others_are_not(tmp_path, spoil, words):
    (message,) = told(tmp_path, 12, spoil)
    assert message.startswith(f"image 0.png is {words}")


def dimmed(most: int) -> Spoil:
    """A picture of which hardly anything is brighter than three quarters of that grey."""
    return lambda picture: picture.point(lambda grey: grey * most // 255)


def lit(least: int) -> Spoil:
    """A picture of which nearly all is brighter than that grey."""
    return lambda picture: picture.point(lambda grey: least + grey // 26)


def softened(radius: int) -> Spoil:
    return lambda picture: picture.filter(ImageFilter.GaussianBlur(radius))


@pytest.mark.parametrize(
    ("faulty", "right"),
    [
        (dimmed(86), dimmed(92)),  # the brightest hundredth at .31 and .33
        (lit(242), lit(240)),  # the darkest twentieth at .953 and .945
        (softened(12), softened(10)),  # a sharpness of .023 and .039
    ],
)
def test_what_is_hard_to_see_begins_at_the_defaults(tmp_path, faulty, right):
    assert [text.partition(" is ")[0] for text in told(tmp_path, 12, faulty, right)] == [
        "image 0.png"
    ]


def test_what_one_in_ten_have_in_common_is_one_finding(tmp_path):
    assert [text.partition(":")[0] for text in told(tmp_path, 20, dark, dark)] == [
        "image 0.png is dark",
        "image 1.png is dark",
    ]
    assert told(tmp_path / "more", 20, dark, dark, dark) == [
        "3 images (0.png, 1.png, 2.png), of 20, are dark"
    ]


def test_what_is_dark_or_blurred_is_a_setting(tmp_path):
    assert told(tmp_path, 12, dark, min_brightness=0.05) == []
    assert told(tmp_path, 12, light, max_brightness=0.99) == []
    assert told(tmp_path, 12, blurred, min_sharpness=0.0) == []


def test_a_blank_image_is_none_of_these(tmp_path):
    assert told(tmp_path, 3, lambda picture: Image.new("L", picture.size)) == []


def test_nothing_of_clean_pictures(tmp_path):
    assert told(tmp_path, 12) == []
