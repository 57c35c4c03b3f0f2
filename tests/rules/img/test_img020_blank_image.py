from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, with_image_files
from tests.noise_pictures import noise_picture

CAR = "car 10 10 40 40"


def told(folder: Path, picture: Image.Image, *boxes: str, **settings: float) -> Findings:
    dataset = with_image_files(images({"a.png": boxes, "b.png": [CAR]}), folder)
    picture.save(folder / "a.png")
    return audit(dataset, select=["IMG020"], settings={"blank-image": settings})


@pytest.mark.parametrize(
    ("grey", "colour"),
    [(0, "black"), (15, "black"), (16, "one colour"), (239, "one colour"), (240, "white")],
)
def test_an_image_of_one_colour_with_boxes_is_found_and_its_neighbour_is_not(
    tmp_path, grey, colour
):
    findings = told(tmp_path, Image.new("L", (640, 480), grey), CAR, "bus 50 50 90 90")
    assert findings.message.tolist() == [
        f"image a.png is {colour} all over: nothing can be seen in it, but it has 2 boxes"
    ]
    assert findings.image.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 0)]


def test_without_boxes_it_is_worth_knowing(tmp_path):
    findings = told(tmp_path, Image.new("L", (640, 480)))
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.message.tolist() == ["image a.png is black all over: nothing can be seen in it"]


def test_noise_of_a_camera_is_blank_and_faint_objects_are_not(tmp_path):
    assert len(told(tmp_path, noise_picture((640, 480), 3), CAR)) == 1
    faint = Image.new("L", (640, 480), 100)
    faint.paste(106, (0, 0, 320, 480))  # a standard deviation of 3
    assert len(told(tmp_path, faint, CAR)) == 0
    assert len(told(tmp_path, faint, CAR, **{"max-contrast": 2.9})) == 0
    assert len(told(tmp_path, faint, CAR, **{"max-contrast": 3.1})) == 1
