from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save
from tests.rules.geo.misread_boxes import edges, street, with_boxes


def codes(dataset: Dataset) -> list[str]:
    return audit(dataset, select=["GEO"]).code.tolist()


def test_a_mixed_set_is_one_finding_not_one_for_each_box():
    mixed = edges(22, 22)
    findings = audit(mixed, select=["GEO004", "GEO005", "GEO015", "GEO018"])
    assert findings.message.tolist() == [
        "22 boxes begin at pixel 0, where the format counts from 1; 22 begin at pixel 1"
    ]


def test_the_safe_fix_cuts_off_the_pixel_and_leaves_all_other_boxes():
    mixed = edges(22, 22)
    after = fixed(scan(mixed, Options(select=("GEO005", "GEO018"))), unsafe=False)
    assert after.fixed == {"pixel-0": 1}
    assert not len(after.findings)
    assert np.array_equal(after.dataset.boxes.xyxy, np.maximum(mixed.boxes.xyxy, [0, 0, 0, 0]))


def test_a_set_that_counts_from_0_is_a_wrong_convention():
    found = codes(edges(40, 2))
    assert "GEO015" in found
    assert "GEO018" not in found
    assert "GEO005" not in found


@pytest.mark.parametrize(("count", "expected"), [(2, ["GEO005", "GEO005"]), (3, ["GEO018"])])
def test_three_boxes_are_needed(count: int, expected: list[str]):
    found = audit(edges(count, 0), select=["GEO005", "GEO018"])
    assert found.code.tolist() == expected


@pytest.mark.parametrize(
    "box", [[-2.0, 50, 60, 90], [-1.5, 50, 60, 90], [-1.0, 50, 641, 90], [-1.0, 50, 1, 90]]
)
def test_a_box_that_reaches_further_stays_a_finding_of_its_own(box: list[float]):
    found = audit(edges(5, 0, [box]), select=["GEO005", "GEO018"])
    assert sorted(found.code.tolist()) == ["GEO005", "GEO018"]


@pytest.mark.parametrize("form", ["coco", "yolo"])
def test_where_pixels_count_from_0_a_pixel_before_is_outside(form: str):
    dataset = with_boxes(street(30, form=form), np.tile([-1.0, 50, 60, 90], (30, 1)))
    assert "GEO018" not in codes(dataset)


@pytest.mark.parametrize(("further", "expected"), [(4, True), (5, False)])
def test_boxes_of_whole_objects_end_a_pixel_before_their_image_by_chance(
    further: int, expected: bool
):
    boxes = [[-9.0 * n, 50, 60, 90] for n in range(1, further + 1)]
    assert ("GEO018" in codes(edges(5, 0, boxes))) == expected


VOC = (
    "<annotation><filename>{n}.jpg</filename><size><width>200</width><height>100</height>"
    "<depth>3</depth></size><object><name>car</name><bndbox><xmin>{x}</xmin><ymin>{y}</ymin>"
    "<xmax>{r}</xmax><ymax>{b}</ymax></bndbox></object></annotation>"
)


@pytest.mark.parametrize(("x", "y"), [(0, 30), (50, 0), (0, 0)])
@pytest.mark.parametrize("others", [(1, 20), (30, 1), (40, 50)])
def test_files_of_which_some_begin_at_pixel_0_are_one_finding_and_are_mended(
    x: int, y: int, others: tuple[int, int], tmp_path: Path
):
    folder = tmp_path / "in/Annotations"
    folder.mkdir(parents=True)
    for n in range(12):
        left, top = (x, y) if n < 4 else others
        text = VOC.format(n=n, x=left, y=top, r=90 + 3 * n, b=60 + 2 * n)
        (folder / f"{n:02}.xml").write_text(text)
    before = scan(load(tmp_path / "in"), Options(select=("GEO004", "GEO005", "GEO015", "GEO018")))
    assert before.findings.code.tolist() == ["GEO018"]
    save(fixed(before, unsafe=False).dataset, tmp_path / "out")
    mended = (tmp_path / "out/Annotations/00.xml").read_text()
    assert mended == VOC.format(n=0, x=max(x, 1), y=max(y, 1), r=90, b=60)
    assert (tmp_path / "out/Annotations/11.xml").read_text() == (folder / "11.xml").read_text()
