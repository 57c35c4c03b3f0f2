from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing import needs
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need, PixelPolicy, lacking
from labelaudit.auditing.rule import RULES, Found, found, rule
from labelaudit.auditing.scan import scan
from labelaudit.core.columns import texts
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Headers
from labelaudit.network.settings import network_settings
from labelaudit.testing import images, one_image, with_columns, with_image_files, with_label_issues

DATASET = one_image("car 10 10 40 40")


def test_a_dataset_with_everything_lacks_nothing(tmp_path):
    dataset = with_image_files(merged([DATASET, DATASET], ["train", "val"]), tmp_path)
    network = network_settings(train_size=320, name="mobilenet_v2")
    assert lacking(dataset, with_label_issues(DATASET).label_issues, network) == {}


def test_labels_alone_lack_images_lists_and_a_model():
    assert set(lacking(DATASET, None)) == {
        Need.IMAGE_FOLDERS,
        Need.IMAGE_FILES,
        Need.CLASS_LISTS,
        Need.SPLITS,
        Need.MODEL,
        Need.DECODED_IMAGES,
        Need.NETWORK,
        Need.ANCHORS,
    }


def test_in_a_folder_without_the_images_they_can_be_missed_but_not_opened():
    dataset = dataclasses.replace(DATASET, image_folders=(Path("photos"),))
    assert {Need.IMAGE_FOLDERS, Need.IMAGE_FILES} & set(lacking(dataset, None)) == {
        Need.IMAGE_FILES
    }


def test_two_splits_are_enough_and_one_is_none():
    assert Need.SPLITS not in lacking(merged([DATASET, DATASET], ["train", "val"]), None)
    one = dataclasses.replace(DATASET, splits=("train",))
    assert lacking(one, None)[Need.SPLITS] == "there are no splits"


def test_one_image_that_was_found_is_enough():
    dataset = with_columns(images({"a": [], "b": []}), "images", path=["", "b"])
    assert Need.IMAGE_FILES not in lacking(dataset, None)


def test_images_inside_of_label_files_are_said_to_be_there():
    dataset = dataclasses.replace(DATASET, headers=Headers.of(1, kind=texts(["PNG"])))
    assert "in the files of the labels" in lacking(dataset, None)[Need.IMAGE_FILES]


@pytest.mark.parametrize(("size", "lacks"), [([np.nan, np.nan], True), ([640, 480], False)])
def test_sizes_are_lacking_where_no_image_has_one(size, lacks):
    dataset = with_columns(images({"a": [], "b": []}), "images", size=[[np.nan] * 2, size])
    for need in (Need.IMAGE_SIZES, Need.STATED_SIZES):
        assert (need in lacking(dataset, None)) is lacks


def test_sizes_that_were_read_from_the_images_are_not_stated():
    dataset = dataclasses.replace(DATASET, headers=Headers.of(1, size=[[640, 480]]))
    lacks = lacking(dataset, None)
    assert "read from the files" in lacks[Need.STATED_SIZES]
    assert Need.IMAGE_SIZES not in lacks


@pytest.mark.parametrize(("assumed", "lacks"), [([True, True], True), ([True, False], False)])
def test_pixels_are_lacking_where_the_size_of_every_image_is_assumed(assumed, lacks):
    dataset = with_columns(images({"a": [], "b": []}), "images", assumed=assumed)
    assert (Need.PIXELS in lacking(dataset, None)) is lacks
    assert Need.IMAGE_SIZES not in lacking(dataset, None)  # fractions can be judged all the same


def test_why_a_need_is_not_met_is_said_in_full():
    nowhere = with_columns(DATASET, "images", size=[[np.nan] * 2], assumed=[True])
    inside = dataclasses.replace(DATASET, headers=Headers.of(1, kind=texts(["PNG"])))
    assert lacking(images({}), None)[Need.IMAGE_FILES] == "the labels name no image"
    assert lacking(nowhere, None) == {
        Need.IMAGE_FOLDERS: "no image was found; --images says where they are",
        Need.IMAGE_FILES: "no image was found; --images says where they are",
        Need.STATED_SIZES: "the labels state no size of an image",
        Need.IMAGE_SIZES: "the labels state no size of an image, and no image was found",
        Need.PIXELS: "boxes are fractions of images whose sizes are unknown",
        Need.CLASS_LISTS: "there are no splits with a list of classes each",
        Need.SPLITS: "there are no splits",
        Need.DECODED_IMAGES: "no image was found; --images says where they are",
        Need.MODEL: "no model was asked; --detector or --predictions FILE asks one",
        Need.NETWORK: "no network was named; --train-size 320 does",
        Need.ANCHORS: "no network was named; --train-size 320 does",
    }
    assert lacking(inside, None)[Need.IMAGE_FILES] == "the images are in the files of the labels"
    assert lacking(inside, None)[Need.STATED_SIZES] == (
        "the labels do not state the sizes of all images: they were read from the files"
    )


def test_a_rule_of_a_users_plugin_says_what_it_needs(monkeypatch):
    RULES.values()  # imports all rules
    monkeypatch.setattr(RULES, "_items", {**RULES._items})

    @rule("MINE1", "mine", message="", severity=Severity.INFO, needs=("image files", "model"))
    def mine(audit: AuditContext) -> Found:
        raise AssertionError("it must not run")

    assert mine.needs == (Need.IMAGE_FILES, Need.MODEL)
    assert mine.lacks(AuditContext(DATASET)).startswith("no image was found")
    assert len(mine(AuditContext(DATASET))) == 0
    assert "MINE1" in scan(DATASET).not_checked


def test_a_need_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="is not a valid Need"):
        rule("MINE2", "mine", message="", severity=Severity.INFO, needs="weather")(
            lambda audit: found(box=[])
        )


def test_images_are_decoded_up_to_a_number_or_as_the_user_says(monkeypatch):
    monkeypatch.setattr(needs, "MOST_DECODED", 2)
    two = with_columns(images({"a.jpg": [], "b.jpg": []}), "images", path=["/a.jpg", "/b.jpg"])
    three = images({"a.jpg": [], "b.jpg": [], "c.jpg": []}, size=(60_000, 10_000))
    three = with_columns(three, "images", path=["/a.jpg", "/b.jpg", "/c.jpg"])
    monkeypatch.setattr(needs, "cores", lambda: 2)
    assert Need.DECODED_IMAGES not in lacking(two, None)
    assert lacking(two, None, pixels=PixelPolicy.NEVER)[Need.DECODED_IMAGES] == (
        "no image is decoded: --pixels never"
    )
    assert lacking(three, None)[Need.DECODED_IMAGES] == (
        "3 images are decoded only with --pixels always, about 1 min the first time"
    )
    assert Need.DECODED_IMAGES not in lacking(three, None, pixels=PixelPolicy.ALWAYS)
