"""Images in pixels among fractions, and in fractions among pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save
from labelaudit.testing import draw, images

OTHERS = "0 0.3 0.5 0.2 0.3\n1 0.7 0.4 0.15 0.25\n"


def yolo(folder: Path, *lines: str, others: int = 3) -> Dataset:
    """A folder of images of 640 x 480 pixels, the first with these lines."""
    for number in range(others + 1):
        draw(folder / f"images/{number}.jpg", (640, 480))
        text = folder / f"labels/{number}.txt"
        text.parent.mkdir(exist_ok=True)
        text.write_text(OTHERS if number else "".join(f"{line}\n" for line in lines))
    (folder / "data.yaml").write_text("path: .\ntrain: images\nnames: [bolt, nut]\n")
    return load(folder / "data.yaml")


@pytest.mark.parametrize(
    ("lines", "words", "boxes"),
    [
        (
            ["0 20 10 120 80", "1 500 300 610 470"],
            "left, top, right, bottom",
            [[20, 10, 120, 80], [500, 300, 610, 470]],
        ),
        (
            ["0 20 10 120 80", "1 500 300 100 120"],
            "left, top, width, height",
            [[20, 10, 140, 90], [500, 300, 600, 420]],
        ),
        (
            ["0 60 40 120 80", "1 590 300 100 120"],
            "centre, width, height",
            [[0, 0, 120, 80], [540, 240, 640, 360]],
        ),
    ],
)
def test_a_file_in_pixels_is_named_and_converted(
    lines: list[str], words: str, boxes: list[list[float]], tmp_path: Path
) -> None:
    dataset = yolo(tmp_path / "in", *lines)
    before = scan(dataset, Options(select=("GEO",)))
    assert before.findings.message.tolist() == [
        f"images/0.jpg: 2 of 2 boxes are in pixels among fractions; read as {words}, "
        "2 fit their images"
    ]
    after = fixed(before, unsafe=True)
    assert not len(after.findings)
    save(after.dataset, tmp_path / "out")
    mended = load(tmp_path / "out" / "data.yaml")
    assert mended.boxes.xyxy[:2] == pytest.approx(np.array(boxes), abs=0.01)
    assert len(mended.boxes) == len(dataset.boxes)


def test_numbers_that_fit_in_several_ways_are_named_and_left(tmp_path: Path) -> None:
    findings = audit(yolo(tmp_path, "0 100 100 150 150"), select=["GEO"])
    assert findings.message.tolist() == ["images/0.jpg: the only box is in pixels among fractions"]
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize(
    ("others", "words"),
    [(0, "2 of 2 boxes are in pixels in place of"), (1, "2 of 2 boxes are in pixels among")],
)
def test_boxes_are_among_fractions_only_where_there_are_some(
    others: int, words: str, tmp_path: Path
) -> None:
    lines = ["0 20 10 120 80", "1 500 300 610 470"]
    findings = audit(yolo(tmp_path, *lines, others=others), select=["GEO"])
    assert findings.message.tolist() == [
        f"images/0.jpg: {words} fractions; read as left, top, right, bottom, 2 fit their images"
    ]


def test_numbers_that_fit_in_no_way_are_named_and_left(tmp_path: Path) -> None:
    findings = audit(yolo(tmp_path, "0 9000 9000 1 1"), select=["GEO"])
    assert findings.code.tolist() == ["GEO015"]
    assert findings.fix.tolist() == [None]


def test_what_is_no_corner_is_centre_and_size_as_the_format_has_it(tmp_path: Path) -> None:
    findings = audit(yolo(tmp_path, "0 300 200 100 80"), select=["GEO"])
    assert "read as centre, width, height, 1 fit" in findings.message[0]
    assert findings.fix[0].safety is Safety.UNSAFE


def test_one_line_in_pixels_does_not_make_a_file(tmp_path: Path) -> None:
    findings = audit(yolo(tmp_path, "0 20 10 120 80", "0 0.3 0.3 0.1 0.1"), select=["GEO"])
    assert "GEO015" not in findings.code.tolist()


@pytest.mark.parametrize(("number", "pixels"), [("2", False), ("2.01", True)])
def test_a_number_above_2_is_no_fraction(number: str, pixels: bool, tmp_path: Path) -> None:
    findings = audit(yolo(tmp_path, f"0 0.5 0.5 {number} 1"), select=["GEO"])
    assert ("GEO015" in findings.code.tolist()) is pixels


def test_two_images_in_pixels_are_one_finding(tmp_path: Path) -> None:
    yolo(tmp_path, "0 20 10 120 80", "1 500 300 610 470", others=5)
    (tmp_path / "labels/4.txt").write_text("0 30 20 400 100\n")
    findings = audit(load(tmp_path / "data.yaml"), select=["GEO"])
    assert findings.message.tolist() == [
        "2 images (images/0.jpg, images/4.jpg): 3 of 3 boxes are in pixels among fractions; "
        "read as left, top, right, bottom, 3 fit their images"
    ]


@pytest.mark.parametrize(
    "boxes",
    [
        ["car 0.1 0.2 0.7 0.5", "car 0.6 0.6 1.2 1.1", "car 0.7 0.1 1 0.6"],  # left, top, size
        ["car 0.5 0.5 0.7 0.7", "car 0.2 0.2 0.5 0.5", "car 0.8 0.5 1 0.8"],
    ],
)
def test_an_image_in_fractions_among_pixels_is_named(boxes: list[str]) -> None:
    others = {f"{n}.jpg": ["car 10 10 90 90", "car 200 100 300 300"] for n in range(4)}
    few = audit(images(others | {"x.jpg": boxes[:2]}), select=["GEO015"])
    assert not len(few)
    findings = audit(images(others | {"x.jpg": boxes}), select=["GEO"])
    assert findings.code.tolist() == ["GEO015"]
    assert "x.jpg: 3 of 3 boxes are in fractions among pixels" in findings.message[0]


def test_fractions_alone_are_in_place_of_pixels() -> None:
    boxes = ["car 0.1 0.2 0.7 0.5", "car 0.6 0.6 1.2 1.1", "car 0.7 0.1 1 0.6"]
    (message,) = audit(images({"x.jpg": boxes}), select=["GEO015"]).message
    assert "x.jpg: 3 of 3 boxes are in fractions in place of pixels" in message


def test_tiny_boxes_of_whole_pixels_are_no_fractions() -> None:
    others = {f"{n}.jpg": ["car 10 10 90 90", "car 200 100 300 300"] for n in range(4)}
    tiny = ["car 0 0 1 1", "bus 0 0 1 1", "dog 0 0 1 1"]
    assert not len(audit(images(others | {"x.jpg": tiny}), select=["GEO015"]))


@pytest.mark.parametrize(("beyond", "count"), [(0.9e-6, 1), (1.1e-6, 0)])
def test_a_fraction_may_be_off_by_a_millionth(beyond: float, count: int) -> None:
    others = {f"{n}.jpg": ["car 10 10 90 90", "car 200 100 300 300"] for n in range(4)}
    for first in (f"car {-beyond:.7f} 0.2 0.7 0.5", f"car 0 0.2 {1 + beyond:.7f} 0.5"):
        boxes = [first, "car 0.6 0.6 1.2 1.1", "car 0.7 0.1 1 0.6"]
        findings = audit(images(others | {"x.jpg": boxes}), select=["GEO015"])
        assert len(findings) == count


@pytest.mark.parametrize(("count", "corners"), [(2, False), (3, True)])
def test_three_boxes_that_fit_as_corners_are_no_sizes_by_chance(
    count: int, corners: bool, tmp_path: Path
) -> None:
    lines = ["0 100 100 150 150", "1 120 90 170 140", "0 90 110 140 150"][:count]
    findings = audit(yolo(tmp_path, *lines), select=["GEO"])
    assert ("read as left, top, right, bottom, " in findings.message[0]) == corners
    assert (findings.fix[0] is not None) == corners
