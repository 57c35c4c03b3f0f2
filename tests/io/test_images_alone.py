"""Of images alone it is said whether they are masks, classes, or just images."""

from __future__ import annotations

import pytest

from labelaudit.io.images_alone import images_alone


@pytest.mark.parametrize(
    ("paired", "lonely", "are_masks"), [(1, 0, True), (2, 2, True), (9, 11, False), (0, 1, False)]
)
def test_masks_are_masks_if_half_of_them_have_an_image(paired, lonely, are_masks):
    names = [f"images/{number}.jpg" for number in range(paired)]
    names += [f"masks/{number}.png" for number in range(paired)]
    names += [f"masks/alone{number}.png" for number in range(lonely)]
    assert images_alone(names).startswith("there are segmentation masks") is are_masks


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.jpg", "b.jpg"], "there are only images"),
        (["train/a.jpg", "val/b.jpg"], "there are only images"),
        (["cat/a.jpg"], "there are only images"),
        (["cat/a.jpg", "dog/b.jpg"], "there are images in folders of classes (cat, dog)"),
        (["cat/a.jpg", "images/b.jpg"], "there are only images"),
    ],
)
def test_folders_are_classes_if_all_have_names_that_say_something(names, words):
    assert images_alone(names).startswith(words)
