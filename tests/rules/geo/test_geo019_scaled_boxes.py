from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.tables import Dataset
from labelaudit.rules.geo.geo019_scaled_boxes import scaled_boxes
from labelaudit.testing import with_columns
from tests.rules.geo.misread_boxes import street, with_boxes, with_masks, with_scenes
from tests.rules.geo.test_misread_groups import chosen, in_splits


def found(dataset: Dataset, *, min_edges: int = 10) -> Findings:
    return scaled_boxes(AuditContext(dataset), min_edges=min_edges)


def scaled(dataset: Dataset, x: float, y: float, of: Bools | None = None) -> Dataset:
    """The dataset with boxes that were drawn on images so much larger; of some images alone."""
    some = np.ones(len(dataset.images), bool) if of is None else of
    factor = np.where(some[dataset.boxes.image][:, None], [[x, y, x, y]], 1.0)
    return with_boxes(dataset, dataset.boxes.xyxy * factor)


def of_several_sizes(count: int = 400) -> Dataset:
    """A right dataset whose images are of three sizes."""
    right = street(count)
    sizes = np.array([[640, 480], [800, 600], [320, 240]])[np.arange(len(right.images)) % 3]
    size = sizes[right.boxes.image]
    xyxy = right.boxes.xyxy * np.tile(size / [640, 480], 2)
    return with_boxes(with_columns(right, "images", size=sizes), xyxy)


def to_one_size(dataset: Dataset, size: tuple[float, float]) -> Floats:
    return dataset.boxes.xyxy * np.tile(size / dataset.images.size[dataset.boxes.image], 2)


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (0.45, 0.6, "0.45 x as wide and 0.6 x as high"),
        (2, 2, "2 x as wide and 2 x as high"),
        (0.65, 0.8667, "0.65 x as wide and 0.867 x as high"),
        (1, 1.25, "1 x as wide and 1.25 x as high"),
    ],
)
def test_boxes_of_images_of_another_size_are_one_finding_and_are_mended(
    form: str, x: float, y: float, words: str
):
    right = street(400, form=form)
    wrong = scaled(right, x, y)
    findings = audit(wrong, select=["GEO004", "GEO005", "GEO015", "GEO019"])
    assert findings.code.tolist() == ["GEO019"]
    assert findings.message[0].startswith(f"400 boxes are of images {words}: ")
    at_border = int(findings.message[0].rpartition(", ")[2].split()[0])
    assert at_border < 5
    mended = apply(wrong, findings).dataset
    assert mended.boxes.xyxy == pytest.approx(right.boxes.xyxy, rel=0.01, abs=1)
    assert not len(found(mended))


def test_images_of_several_sizes_may_share_a_factor():
    wrong = scaled(of_several_sizes(), 0.5, 0.5)
    (message,) = found(wrong).message.tolist()
    assert message.startswith("400 boxes are of images 0.5 x as wide and 0.5 x as high")


@pytest.mark.parametrize("size", [(416, 416), (1024, 768)])
def test_boxes_of_images_that_were_scaled_to_one_size_are_mended(size: tuple[float, float]):
    right = of_several_sizes()
    wrong = with_boxes(right, to_one_size(right, size))
    findings = found(wrong)
    (message,) = findings.message.tolist()
    assert message.startswith(f"400 boxes are of images of {size[0]} x {size[1]} px: ")
    mended = apply(wrong, findings).dataset
    assert mended.boxes.xyxy == pytest.approx(right.boxes.xyxy, abs=1e-6)


def test_one_split_is_one_finding():
    right = street(600)
    images = chosen(right, range(40, 60))
    wrong = scaled(in_splits(right, images), 0.5, 0.5, images)
    before = scan(wrong, Options(select=("GEO019",)))
    assert before.findings.message[0].startswith("images of val: 200 boxes are of images 0.5 x")
    after = fixed(before, unsafe=True).dataset
    assert after.boxes.xyxy == pytest.approx(right.boxes.xyxy, abs=1e-6)


@pytest.mark.parametrize("form", ["coco", "voc", "yolo", "mine"])
def test_right_boxes_are_quiet(form: str):
    assert not len(found(street(400, form=form)))
    assert not len(found(of_several_sizes()))


def test_pictures_that_lie_and_stand_are_quiet():
    right = street(400)
    stands = np.arange(40) % 2 == 0
    sizes = np.where(stands[:, None], [480, 640], [640, 480])
    turned = right.boxes.xyxy[:, [1, 0, 3, 2]]
    xyxy = np.where(stands[right.boxes.image][:, None], turned, right.boxes.xyxy)
    assert not len(found(with_boxes(with_columns(right, "images", size=sizes), xyxy)))


def test_objects_that_never_reach_the_border_are_quiet():
    inner = street(400).boxes.xyxy * 0.8 + 30 + np.random.default_rng(0).uniform(0, 20, (400, 4))
    assert not len(found(with_boxes(street(400), inner)))


def edged(far: int, near: int, at_border: int = 0, beyond: int = 0) -> Dataset:
    """Boxes of images half as large, so many at their borders and at the real ones."""
    rows = [[9.0 + 4 * n, 9 + 4 * n, 320, 240] for n in range(far)]
    rows += [[0.0, 0, 60 + 4 * n, 60 + 4 * n] for n in range(near)]
    rows += [[9.0 + 4 * n, 9 + 4 * n, 640, 480] for n in range(at_border)]
    rows += [[9.0, 9, 330, 250]] * beyond
    rows += [[50.0, 50, 90, 90]] * (400 - len(rows))
    return with_boxes(street(400), np.array(rows))


@pytest.mark.parametrize(("far", "near", "expected"), [(10, 5, 1), (9, 5, 0), (10, 4, 0)])
def test_ten_far_and_five_near_edges_are_needed(far: int, near: int, expected: int):
    assert len(scaled_boxes(AuditContext(edged(far, near)))) == expected


@pytest.mark.parametrize(("beside", "expected"), [(0.9, 1), (1.1, 0)])
def test_an_edge_is_on_the_border_to_a_pixel(beside: float, expected: int):
    wrong = edged(10, 5)
    rows = wrong.boxes.xyxy.copy()
    rows[10:15, :2] = beside
    assert len(found(with_boxes(wrong, rows))) == expected


@pytest.mark.parametrize(("beyond", "expected"), [(4, 1), (5, 0), (9, 0)])
def test_hardly_a_box_may_reach_beyond(beyond: int, expected: int):
    assert len(found(edged(40, 20, beyond=beyond))) == expected


@pytest.mark.parametrize(("at_border", "expected"), [(3, 1), (4, 0)])
def test_hardly_an_edge_may_lie_on_the_real_border(at_border: int, expected: int):
    assert len(found(edged(35, 20, at_border=at_border))) == expected


@pytest.mark.parametrize(("factor", "expected"), [(0.981, 0), (0.979, 1), (0.11, 1), (0.09, 0)])
def test_a_factor_is_neither_close_to_one_nor_one_of_units(factor: float, expected: int):
    assert len(found(scaled(of_several_sizes(), factor, factor))) == expected


def test_boxes_of_objects_with_masks_are_not_moved_alone():
    wrong = with_masks(scaled(street(400), 0.5, 0.5))
    assert found(wrong).fix.tolist() == [None]


@pytest.mark.parametrize(("side", "expected"), [(1, 0), (31, 0), (32, 1)])
def test_fractions_are_no_pixels_of_a_tiny_image(side: int, expected: int):
    right = of_several_sizes()
    wrong = with_boxes(right, to_one_size(right, (side, side)))
    messages = found(wrong).message.tolist()
    assert len(messages) == expected
    assert all(f" are of images of {side} x {side} px: " in message for message in messages)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_sizes_that_were_exchanged_are_no_scale(every: int):
    right = street(400)
    sizes = np.where(np.arange(40)[:, None] % every, [640, 480], [480, 640])
    assert not len(found(with_columns(right, "images", size=sizes)))


@pytest.mark.parametrize(("step", "expected"), [(4, 1), (3, 0), (0, 0)])
def test_boxes_that_are_at_one_place_in_many_images_count_once(step: int, expected: int):
    rows = [[9.0 + step * n, 9 + step * n, 320, 240] for n in range(10)]
    rows += [[0.0, 0, 60 + 4 * n, 60 + 4 * n] for n in range(5)]
    rows += [[50.0, 50, 90, 90]] * (400 - len(rows))
    assert len(found(with_boxes(street(400), np.array(rows)))) == expected


def test_a_repeated_edge_outweighs_none_on_the_real_border():
    wrong = edged(30, 20, at_border=4)
    rows = wrong.boxes.xyxy.copy()
    rows[100:200] = [9.0, 9, 320, 240]
    assert not len(found(with_boxes(wrong, rows)))


@pytest.mark.parametrize(
    ("x", "y", "severity"),
    [
        (0.9, 0.6, Severity.INFO),
        (0.6, 0.8, Severity.ERROR),  # square
        (0.615, 0.8, Severity.INFO),  # not quite
        (0.8, 0.8, Severity.INFO),
        (0.83, 0.8, Severity.INFO),
        (1.25, 0.8, Severity.ERROR),
    ],
)
def test_a_margin_to_the_right_and_below_is_in_doubt_and_nothing_is_moved_for_it(
    x: float, y: float, severity: Severity
):
    findings = audit(scaled(street(400), x, y), select=["GEO019"])
    doubted = severity == Severity.INFO
    assert findings.severity.tolist() == [severity]
    assert findings.message[0].endswith("; or the images were padded") == doubted
    assert (findings.fix[0] is None) == (findings.explains[0] is None) == doubted


@pytest.mark.parametrize(("x", "y"), [(1, 0.75), (0.7, 1)])
def test_images_as_wide_or_as_high_as_before_were_rather_padded(x: float, y: float):
    assert not len(found(scaled(street(400), x, y)))


@pytest.mark.parametrize(("side", "expected"), [(480, 0), (470, 1)])
def test_squares_were_rather_padded(side: int, expected: int):
    wrong = scaled(street(400, size=(480, side)), 0.9, 0.6)
    assert len(found(wrong)) == expected


@pytest.mark.parametrize(
    ("real", "target", "expected"),
    [
        ((640, 480), (600, 450), 0),
        ((640, 480), (576, 432), 1),  # a margin of 64
        ((630, 480), (590, 450), 1),  # no multiple of 32
    ],
)
def test_sides_of_multiples_of_32_with_a_narrow_margin_were_padded_for_a_network(
    real: tuple[int, int], target: tuple[int, int], expected: int
):
    right = street(400, size=real)
    assert len(found(scaled(right, target[0] / real[0], target[1] / real[1]))) == expected


@pytest.mark.parametrize(("every", "severity"), [(6, Severity.INFO), (4, Severity.ERROR)])
def test_a_fifth_of_the_edges_in_images_of_other_sizes_tell(every: int, severity: Severity):
    right = street(400)
    size = np.where(np.arange(40)[:, None] % every, [640, 480], [800, 600])
    xyxy = right.boxes.xyxy * np.tile(size[right.boxes.image] / [640, 480], 2)
    right = with_boxes(with_columns(right, "images", size=size), xyxy)
    assert found(scaled(right, 0.5, 0.5)).severity.tolist() == [severity]


@pytest.mark.parametrize(("beyond", "severity"), [("scene", Severity.ERROR), ("margin", None)])
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0.45, 0.7)])
def test_pixels_tell_whether_images_were_padded(
    x: float, y: float, beyond: str, severity: Severity | None, tmp_path: Path
):
    part = (x, y) if beyond == "margin" else (1, 1)
    wrong = with_scenes(scaled(street(400), x, y), tmp_path, part=part)
    assert found(wrong).severity.tolist() == ([] if severity is None else [severity])


def test_a_part_without_labels_that_is_as_wide_as_the_image_is_in_doubt(tmp_path: Path):
    bonnet = with_scenes(scaled(street(400), 1, 0.75), tmp_path)
    assert found(bonnet).severity.tolist() == [Severity.INFO]


@pytest.mark.parametrize(("every", "expected"), [(1, 0), (2, 0), (3, 1)])
def test_images_that_differ_mostly_by_a_turn_are_no_scale(every: int, expected: int):
    right = street(400)
    sizes = np.array([[640, 480], [900, 600], [700, 800]])[np.arange(40) % every]
    right = with_columns(right, "images", size=sizes)
    xyxy = to_one_size(street(400), (480, 640))
    assert len(found(with_boxes(right, xyxy))) == expected
