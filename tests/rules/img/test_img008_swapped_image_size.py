from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save
from labelaudit.testing import draw, images, with_columns, with_image_files


def stated_turned(folder: Path, *boxes: str, rows: tuple[int, ...] = (0, 1, 2)) -> Dataset:
    """Four images of 200 x 100 pixels, of which some have the height stated for the width."""
    content = {f"{number}.jpg": boxes for number in range(4)}
    dataset = with_image_files(images(content, size=(200, 100)), folder)
    size = dataset.images.size.copy()
    size[list(rows)] = size[list(rows), ::-1]
    return with_columns(dataset, "images", size=size)


def test_all_images_are_one_finding_and_no_box_is_called_outside(tmp_path: Path):
    dataset = stated_turned(tmp_path, "car 110 20 160 60")
    findings = audit(dataset, select=["GEO", "IMG"])
    assert findings.message.tolist() == [
        "3 images (0.jpg, 1.jpg, 2.jpg): the labels state the height for the width; 0 of 3 boxes "
        "fit the sizes that are stated, 3 those of the image files"
    ]


def test_the_fix_states_the_true_sizes_and_keeps_every_box(tmp_path: Path):
    dataset = stated_turned(tmp_path, "car 110 20 160 60", "car 10 20 40 90")
    after = fixed(scan(dataset, Options(select=("GEO", "IMG"))), unsafe=True)
    assert after.fixed == {"swapped-image-size": 1}
    assert np.array_equal(after.dataset.images.size, [[200, 100]] * 4)
    assert np.array_equal(after.dataset.boxes.xyxy, dataset.boxes.xyxy)


def test_nothing_is_fixed_safely(tmp_path: Path):
    dataset = stated_turned(tmp_path, "car 110 20 160 60")
    assert fixed(scan(dataset, Options(select=("GEO", "IMG"))), unsafe=False).fixed == {}


def test_boxes_that_fit_the_stated_sizes_say_that_the_images_were_turned(tmp_path: Path):
    dataset = stated_turned(tmp_path, "car 10 120 60 160")
    findings = audit(dataset, select=["IMG", "GEO"])
    assert findings.code.tolist() == ["GEO004", "IMG008"]  # the first, of the image as it is
    assert findings.message[1].endswith(
        ": they were turned, or squeezed to one size, after labelling"
    )
    assert findings.fix[1] is None


def test_images_without_a_witness_go_with_the_others(tmp_path: Path):
    plain = stated_turned(tmp_path, "car 10 20 40 90")
    xyxy = plain.boxes.xyxy.copy()
    xyxy[0] = [10, 120, 60, 160]
    (message,) = audit(with_columns(plain, "boxes", xyxy=xyxy), select=["IMG"]).message.tolist()
    assert message.startswith("3 images")
    assert message.endswith("after labelling")
    xyxy[0] = [120, 10, 160, 60]
    (message,) = audit(with_columns(plain, "boxes", xyxy=xyxy), select=["IMG"]).message.tolist()
    assert message.startswith("3 images")
    assert message.endswith("those of the image files")


def test_images_that_disagree_are_two_findings(tmp_path: Path):
    plain = stated_turned(tmp_path, "car 110 20 160 60")
    xyxy = plain.boxes.xyxy.copy()
    xyxy[0] = [10, 120, 60, 160]
    findings = audit(with_columns(plain, "boxes", xyxy=xyxy), select=["IMG"])
    assert sorted(message[:8] for message in findings.message) == ["0.jpg: t", "2 images"]


def test_square_images_and_other_sizes_are_not_exchanged(tmp_path: Path):
    square = with_image_files(images({"a.jpg": ["car 1 1 9 9"]}, size=(90, 90)), tmp_path)
    assert not len(audit(square, select=["IMG008"]))
    other = with_columns(square, "images", size=[[90, 45]])
    assert audit(other, select=["IMG"]).code.tolist() == ["IMG003"]


def of_two_sizes(folder: Path, *boxes: str, third: tuple[int, int]) -> Dataset:
    """`stated_turned`, and one more image whose file is larger."""
    content = {f"{number}.jpg": boxes for number in range(5)}
    dataset = images(content, size=(200, 100))
    size = dataset.images.size.copy()
    size[4] = third
    dataset = with_image_files(with_columns(dataset, "images", size=size), folder)
    stated = dataset.images.size.copy()
    stated[:3] = stated[:3, ::-1]
    return with_columns(dataset, "images", size=stated)


def test_images_of_several_sizes_were_not_squeezed_to_one(tmp_path: Path):
    dataset = of_two_sizes(tmp_path, "car 10 120 60 160", third=(300, 200))
    (message,) = audit(dataset, select=["IMG"]).message.tolist()
    assert message.endswith(": they were turned after labelling")


@pytest.mark.parametrize(
    ("third", "expected"), [((200, 100), ["IMG008"]), ((300, 200), ["IMG003"] * 4)]
)
def test_images_that_were_resized_to_one_size_are_another_matter(
    third: tuple[int, int], expected: list[str], tmp_path: Path
):
    dataset = of_two_sizes(tmp_path, "car 10 20 60 160", third=(200, 100))
    size = dataset.images.size.copy()
    size[4] = third
    findings = audit(with_columns(dataset, "images", size=size), select=["IMG"])
    assert findings.code.tolist() == expected


def test_boxes_that_fit_the_files_alone_outweigh_that_all_are_of_one_size(tmp_path: Path):
    dataset = of_two_sizes(tmp_path, "car 110 20 160 60", third=(200, 100))
    size = dataset.images.size.copy()
    size[4] = 300, 200
    findings = audit(with_columns(dataset, "images", size=size), select=["IMG"])
    assert findings.code.tolist() == ["IMG008", "IMG003"]
    assert findings.fix[0] is not None


@pytest.mark.parametrize("third", [(200, 100), (300, 200)])
def test_without_a_witness_sizes_of_files_that_are_all_alike_are_not_stated(
    third: tuple[int, int], tmp_path: Path
):
    findings = audit(of_two_sizes(tmp_path, "car 10 20 40 90", third=third), select=["IMG008"])
    assert [fix is None for fix in findings.fix] == [third == (200, 100)]


VOC = (
    "<annotation><filename>{n}.jpg</filename><size><width>100</width><height>200</height>"
    "<depth>3</depth></size><object><name>bolt</name><bndbox><xmin>{x}</xmin><ymin>20</ymin>"
    "<xmax>180</xmax><ymax>60</ymax></bndbox></object></annotation>"
)


@pytest.mark.parametrize("some", [3, 6])
def test_sizes_in_files_of_one_image_are_mended_in_each(some: int, tmp_path: Path):
    (tmp_path / "voc/Annotations").mkdir(parents=True)
    for n in range(6):
        draw(tmp_path / f"voc/JPEGImages/{n}.jpg", (200, 100))
        text = VOC.format(n=n, x=101 + n)
        if n >= some:
            text = text.replace("100</width><height>200", "200</width><height>100")
        (tmp_path / f"voc/Annotations/{n}.xml").write_text(text)
    dataset = load(tmp_path / "voc")
    before = scan(dataset, Options(select=("GEO", "IMG")))
    assert before.findings.code.tolist() == ["IMG008"]
    after = fixed(before, unsafe=True)
    save(after.dataset, tmp_path / "out")
    mended = load(tmp_path / "out")
    assert np.array_equal(mended.images.size, [[200, 100]] * 6)
    assert np.array_equal(mended.boxes.xyxy, dataset.boxes.xyxy)


@pytest.mark.parametrize(("right", "fitting"), [(101.4, 3), (101.6, 0)])
def test_a_box_fits_a_size_up_to_a_pixel_and_a_half_beyond_it(
    right: float, fitting: int, tmp_path: Path
):
    findings = audit(stated_turned(tmp_path, f"car 10 20 {right} 60"), select=["IMG008"])
    assert f"; {fitting} of 3 boxes fit the sizes that are stated, 3" in findings.message[0]
