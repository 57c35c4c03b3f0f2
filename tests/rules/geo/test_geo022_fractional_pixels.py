from __future__ import annotations

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import as_format, one_image, with_columns


def voc(*boxes: str) -> Dataset:
    return as_format(one_image(*boxes), "voc")


def test_all_corners_with_decimals_are_one_finding_that_says_who_stops():
    findings = audit(voc("a 1.5 1 9 9", "a 1 1 9 9", "a 20 20 40 40.25"), select=["GEO022"])
    (message,) = findings.message.tolist()
    assert message.startswith("2 of 3 boxes in 1 file have corners that are no whole pixels: ")
    assert "int() stop with ValueError (ssd.pytorch)" in message
    assert findings.file.tolist() == [0]


def test_whole_pixels_are_fine():
    assert not len(audit(voc("a 1 1 9 9"), select=["GEO022"]))


def test_other_formats_have_decimals():
    assert not len(audit(one_image("a 1.5 1 9 9"), select=["GEO022"]))


def test_boxes_without_an_inside_or_beyond_any_image_are_left_to_others():
    beyond = voc("a 1.5 1 1.5 9", "a 1.5 1 1e10 9", "a 1.5 1 inf 9", "a nan 1 9 9")
    assert not len(audit(beyond, select=["GEO022"]))


def test_of_several_files_none_is_named():
    dataset = with_columns(voc("a 1.5 1 9 9", "a 1.5 1 9 9"), "files", path=["a.xml"])
    dataset = with_columns(dataset, "boxes", file=[0, 1])
    dataset = type(dataset)(**{**vars(dataset), "files": Files.of(2, path=["a.xml", "b.xml"])})
    assert audit(dataset, select=["GEO022"]).file.tolist() == [MISSING]


def test_the_fix_rounds_what_stays_a_box():
    dataset = voc("a 1.4 1 8.6 9", "a 20.4 20 20.45 40")
    findings = audit(dataset, select=["GEO022"])
    assert findings.fix[0].safety is Safety.UNSAFE
    fixed = apply(dataset, findings).dataset.boxes.xyxy.tolist()
    assert fixed == [[1, 1, 9, 9], [20.4, 20, 20.45, 40]]


def test_there_is_no_fix_where_nothing_would_be_left():
    (fix,) = audit(voc("a 20.4 20 20.45 40"), select=["GEO022"]).fix
    assert fix is None


def test_fractions_of_the_image_are_another_convention():
    assert not len(audit(voc("a 0.1 0.1 0.5 1"), select=["GEO022"]))
    assert len(audit(voc("a 0.1 0.1 0.5 1.1"), select=["GEO022"]))
