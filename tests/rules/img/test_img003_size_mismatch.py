from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, Headers, RecordType
from labelaudit.testing import images, one_image, with_image_files, with_polygons


def mismatches(dataset: Dataset) -> Findings:
    return audit(dataset, select=["IMG003"], ignore=["IMG008"])  # which may name the cause


def stating(dataset: Dataset, *size: float) -> Dataset:
    """The dataset with another size stated for all of its images."""
    sizes = np.tile(np.array(size, np.float64), (len(dataset.images), 1))
    return dataclasses.replace(dataset, images=dataclasses.replace(dataset.images, size=sizes))


def picture(folder: Path, *size: int) -> Dataset:
    return with_image_files(one_image("car 10 10 40 40", size=size), folder)


def test_a_size_off_by_one_pixel_is_reported_and_the_right_one_is_not(tmp_path):
    dataset = picture(tmp_path, 64, 48)
    assert len(mismatches(dataset)) == 0
    findings = mismatches(stating(dataset, 64, 51))
    assert findings.image.tolist() == [0]
    assert findings.message.tolist() == ["image image.jpg is 64 x 48 px, its labels say 64 x 51"]


def test_only_the_image_that_differs_is_reported(tmp_path):
    dataset = with_image_files(images({"a.png": [], "b.png": []}, size=(64, 48)), tmp_path)
    Image.new("L", (10, 10)).save(tmp_path / "b.png")
    assert mismatches(dataset).image.tolist() == [1]


def test_a_real_size_is_corrected_only_by_a_person(tmp_path):
    fix = mismatches(stating(picture(tmp_path, 64, 48), 100, 100)).fix[0]
    values = {"field": "size", "value": [64.0, 48.0]}
    assert fix == Fix("set-field", Safety.UNSAFE, RecordType.IMAGE, 0, values)


@pytest.mark.parametrize("size", [(0, 0), (64, 0), (-64, -48)])
def test_what_is_no_size_is_corrected_safely(tmp_path, size):
    findings = mismatches(stating(picture(tmp_path, 64, 48), *size))
    assert findings.fix[0].safety is Safety.SAFE


@pytest.mark.parametrize(
    ("stated", "resized"),
    [((128, 96), True), ((128, 97), True), ((128, 99), False), ((640, 480), True)],
)
def test_an_image_resized_in_proportion_is_said_to_be(tmp_path, stated, resized):
    message = mismatches(stating(picture(tmp_path, 64, 48), *stated)).message[0]
    assert ("resized by" in message) == resized


def test_swapped_sides_are_said_to_be(tmp_path):
    findings = mismatches(stating(picture(tmp_path, 64, 48), 48, 64))
    assert findings.message[0].endswith(": width and height are swapped")
    assert findings.fix[0].safety is Safety.UNSAFE


@pytest.mark.parametrize(("orientation", "turns"), [(3, False), (5, True), (6, True), (8, True)])
def test_exif_explains_swapped_sides_if_it_lays_the_image_on_its_side(tmp_path, orientation, turns):
    dataset = stating(picture(tmp_path, 64, 48), 48, 64)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("L", (64, 48)).save(tmp_path / "image.jpg", exif=exif)
    findings = mismatches(dataset)
    assert ("EXIF" in findings.message[0]) == turns
    assert (findings.fix[0] is None) == turns


def test_a_size_that_nobody_states_is_not_compared(tmp_path):
    dataset = picture(tmp_path, 64, 48)
    assert len(mismatches(stating(dataset, np.nan, np.nan))) == 0
    stand_in = stating(dataset, 640, 640)
    assumed = dataclasses.replace(stand_in.images, assumed=np.array([True]))
    assert len(mismatches(dataclasses.replace(stand_in, images=assumed))) == 0


def test_an_image_that_cannot_be_read_is_not_compared(tmp_path):
    dataset = stating(picture(tmp_path, 64, 48), 10, 10)
    (tmp_path / "image.jpg").write_bytes(b"nothing")
    assert len(mismatches(dataset)) == 0


def test_nothing_is_compared_where_no_image_was_found(tmp_path):
    dataset = stating(picture(tmp_path, 64, 48), 10, 10)
    lost = dataset.images.replaced(path=texts([""]))
    assert len(mismatches(dataclasses.replace(dataset, images=lost))) == 0


def test_sizes_that_a_loader_took_from_the_images_cannot_disagree(tmp_path):
    dataset = stating(picture(tmp_path, 64, 48), 48, 64)  # as shown, once EXIF has turned it
    headers = Headers.of(1, size=[[64, 48]], orientation=[6])
    assert len(mismatches(dataset)) == 1
    assert len(mismatches(dataclasses.replace(dataset, headers=headers))) == 0


def resized(folder: Path, sizes: list[tuple[int, int]], to: list[tuple[int, int]]) -> Dataset:
    """Images whose labels state `sizes`, and that are of the sizes `to`."""
    names = {f"{number:02}.png": ["car 1 1 9 9"] for number in range(len(sizes))}
    dataset = with_image_files(images(names, size=(64, 48)), folder)
    for name, size in zip(names, to, strict=True):
        Image.new("L", size).save(folder / name)
    stated = dataclasses.replace(dataset.images, size=np.array(sizes, np.float64))
    return dataclasses.replace(dataset, images=stated)


SIZES = [(100 + number, 80 + 2 * number) for number in range(10)]
HALVED = [(width // 2, height // 2) for width, height in SIZES]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (HALVED, "all are resized by 0.5; give the folder of the originals with --images"),
        ([(32, 32)] * 10, "all are 32 x 32 px; give the folder"),
    ],
)
def test_images_that_are_resized_alike_are_one_finding(tmp_path, to, words):
    findings = mismatches(resized(tmp_path, SIZES, to))
    assert len(findings) == 1
    assert findings.message[0].startswith("10 images (00.png, 01.png, 02.png, ...) are not of the")
    assert words in findings.message[0]
    assert findings.fix[0] is None


@pytest.mark.parametrize(("right", "count"), [(1, 1), (2, 10)])
def test_one_in_ten_may_be_as_it_was_labelled(tmp_path, right, count):
    sizes = SIZES + [(20, 20)] * right
    findings = mismatches(resized(tmp_path, sizes, HALVED + [(20, 20)] * right))
    assert len(findings) == count


def test_fewer_than_ten_resized_images_are_told_one_by_one(tmp_path):
    dataset = resized(tmp_path, SIZES[:9], HALVED[:9])
    assert len(mismatches(dataset)) == 9
    assert len(audit(dataset, select=["IMG003"], settings={"IMG003": {"min_images": 9}})) == 1


def test_images_that_differ_each_in_its_own_way_are_told_one_by_one(tmp_path):
    to = [(width + number, height) for number, (width, height) in enumerate(SIZES, 3)]
    assert len(mismatches(resized(tmp_path, SIZES, to))) == 10
    nothing = [(0, 0)] * 10  # some tools write no size at all
    assert len(mismatches(resized(tmp_path, nothing, [(32, 32)] * 10))) == 10


def halved(folder: Path, *boxes: list[str], stated: tuple[int, int] = (128, 96)) -> Dataset:
    """Images of 64 x 48 px with boxes, whose labels say another size."""
    some = {f"{number}.png": list(one) for number, one in enumerate(boxes)}
    return stating(with_image_files(images(some, size=(64, 48)), folder), *stated)


def test_boxes_that_reach_beyond_an_image_that_was_made_smaller_are_scaled_with_it(tmp_path):
    dataset = halved(tmp_path, ["car 20 20 100 90", "car 10 10 40 40"], ["car 4 4 20 20"])
    findings = mismatches(dataset)
    assert findings.message.tolist() == [
        "image 0.png is 64 x 48 px, its labels say 128 x 96: resized by 0.5; 1 box beyond it",
        "image 1.png is 64 x 48 px, its labels say 128 x 96: resized by 0.5",
    ]
    assert {fix.safety for fix in findings.fix.tolist()} == {Safety.UNSAFE}
    fixed = apply(dataset, findings).dataset
    assert fixed.images.size.tolist() == [[64, 48], [64, 48]]
    assert fixed.boxes.xyxy.tolist() == [[10, 10, 50, 45], [5, 5, 20, 20], [2, 2, 10, 10]]
    assert not len(audit(fixed, select=["IMG003", "GEO004", "GEO005"]))


@pytest.mark.parametrize(("right", "scaled"), [(65.5, False), (65.6, True)])
def test_a_box_is_beyond_by_more_than_rounding(tmp_path, right, scaled):
    fix = mismatches(halved(tmp_path, [f"car 20 20 {right} 40"])).fix[0]
    assert (fix.kind == "together") == scaled


def test_as_many_boxes_for_the_true_size_as_for_the_stated_one_leave_them_where_they_are(tmp_path):
    wide, high = ["car 20 20 100 90"], ["car 20 20 63 47"]
    dataset = halved(tmp_path, wide, high)
    sizes = np.array([[128.0, 96], [32, 24]])  # by factors of their own
    dataset = dataclasses.replace(dataset, images=dataclasses.replace(dataset.images, size=sizes))
    assert [fix.kind for fix in mismatches(dataset).fix] == ["together", "set-field"]
    assert [fix.kind for fix in mismatches(halved(tmp_path, high, high)).fix] == ["set-field"] * 2


def test_boxes_beyond_an_image_that_was_not_resized_in_proportion_are_left_to_a_person(tmp_path):
    assert mismatches(halved(tmp_path, ["car 20 20 100 90"], stated=(128, 99))).fix[0] is None


def test_boxes_with_masks_are_not_scaled(tmp_path):
    dataset = halved(tmp_path, ["car 20 20 100 90"], ["car 20 20 100 90"])
    masked = with_polygons(dataset, [[20, 20, 100, 20, 100, 90]], None)
    assert [fix and fix.kind for fix in mismatches(masked).fix] == [None, "together"]


@pytest.mark.parametrize(("count", "expected"), [(17, 17), (18, 1)])
def test_nine_in_ten_images_must_be_resized_to_be_one_finding(tmp_path, count, expected):
    sizes = [(100 + number, 80 + 2 * number) for number in range(count)]
    half = [(width // 2, height // 2) for width, height in sizes]
    findings = mismatches(resized(tmp_path, sizes + [(20, 20)] * 2, half + [(20, 20)] * 2))
    assert len(findings) == expected
