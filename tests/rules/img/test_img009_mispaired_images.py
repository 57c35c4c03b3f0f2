from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw, images, with_columns, with_image_files

SIZES = [[120 + 10 * n, 90 + 7 * n] for n in range(8)]


def paired(
    folder: Path, stated: Sequence[Sequence[float]], true: Sequence[Sequence[float]] = SIZES
):
    """Images of the sizes `true` whose labels state others, with a box in half of the image."""
    content = {f"{row}.jpg": [f"car 2 2 {w / 2} {h / 2}"] for row, (w, h) in enumerate(stated)}
    dataset = with_columns(images(content), "images", size=np.array(true, float))
    dataset = with_image_files(dataset, folder)
    return with_columns(dataset, "images", size=np.array(stated, float))


def said(dataset: Dataset) -> list[str]:
    return audit(dataset, select=["IMG", "GEO", "REF"]).message.tolist()


@pytest.mark.parametrize("step", [1, 3, -1])
def test_labels_that_are_shifted_by_some_images_are_one_finding_without_a_fix(
    step: int, tmp_path: Path
):
    dataset = paired(tmp_path, SIZES[step:] + SIZES[:step])
    assert said(dataset) == [
        "labels and images are paired wrongly: 8 of 8 images are not of the size that their labels "
        "state, and 8 of these are sizes of other images"
    ]
    before = scan(dataset, Options(select=("IMG", "GEO", "REF")))
    assert fixed(before, unsafe=True).fixed == {}


def test_an_image_that_was_left_out_shifts_those_after_it(tmp_path: Path):
    stated = [*SIZES[:2], *SIZES[3:], [900, 700]]
    (message,) = said(paired(tmp_path, stated))
    assert "6 of 8 images are not of the size" in message
    assert "and 5 of these" in message


def test_a_few_images_of_another_size_are_not_paired_wrongly(tmp_path: Path):
    dataset = paired(tmp_path, [*SIZES[4:], *SIZES[4:]], SIZES)
    codes = audit(dataset, select=["IMG"]).code.tolist()
    assert codes == ["IMG003"] * 4


def test_resized_images_are_not_paired_wrongly(tmp_path: Path):
    dataset = paired(tmp_path, [[2 * side for side in size] for size in SIZES])
    assert "IMG009" not in audit(dataset, select=["IMG"]).code.tolist()


def test_turned_images_are_not_paired_wrongly(tmp_path: Path):
    dataset = paired(tmp_path, [size[::-1] for size in SIZES])
    assert audit(dataset, select=["IMG"]).code.tolist() == ["IMG008"]


@pytest.mark.parametrize(("count", "expected"), [(4, 0), (5, 1)])
def test_five_images_are_needed(count: int, expected: int, tmp_path: Path):
    stated = [*SIZES[1:count], SIZES[0], *SIZES[count:]]
    found = audit(paired(tmp_path, stated), select=["IMG009"])
    assert len(found) == expected


@pytest.mark.parametrize(("different", "expected"), [(2, 0), (3, 1)])
def test_three_sizes_are_needed(different: int, expected: int, tmp_path: Path):
    true = [SIZES[row % different] for row in range(12)]
    stated = true[1:] + true[:1]
    assert len(audit(paired(tmp_path, stated, true), select=["IMG009"])) == expected


@pytest.mark.parametrize(("strangers", "expected"), [(1, 1), (2, 0)])
def test_four_of_five_stated_sizes_must_be_of_the_images(
    strangers: int, expected: int, tmp_path: Path
):
    stated = [*SIZES[1:], SIZES[0]]
    stated[:strangers] = [[1000 + row, 900] for row in range(strangers)]
    assert len(audit(paired(tmp_path, stated), select=["IMG009"])) == expected


VOC = (
    "<annotation><filename>old{n}.jpg</filename><size><width>{w}</width><height>{h}</height>"
    "</size><object><name>bolt</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>60</xmax>"
    "<ymax>45</ymax></bndbox></object></annotation>"
)


def test_names_of_other_files_belong_to_the_finding(tmp_path: Path):
    (tmp_path / "annotations").mkdir()
    for n in range(8):
        width, height = SIZES[(n + 1) % 8]
        draw(tmp_path / f"images/{n}.jpg", SIZES[n])
        text = VOC.format(n=(n + 1) % 8, w=width, h=height)
        (tmp_path / f"annotations/{n}.xml").write_text(text)
    dataset = load(tmp_path)
    (message,) = said(dataset)
    assert message.endswith("and 8 of these are sizes of other images; 8 name another file")
    assert fixed(scan(dataset), unsafe=True).fixed == {}
