"""The whole way from labels to findings; what is judged well is measured in benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.boxes.ops import iou
from labelaudit.core import extras
from labelaudit.errors import ConfigError, FormatError
from labelaudit.label_errors import find
from labelaudit.testing import images
from tests.label_errors.evaluation.test_known_errors import grid

pytest.importorskip("sklearn")


def predicted(path: Path, dataset: labelaudit.Dataset, *, seed: int = 0) -> Path:
    """A results file of a good detector: each label's object, a little off, with a score."""
    random = np.random.default_rng(seed)
    boxes = dataset.boxes
    off = boxes.xyxy + random.normal(0, 1.5, boxes.xyxy.shape)
    rows = []
    for row, (left, top, right, bottom) in enumerate(off.tolist()):
        rows.append(
            {
                "image_id": int(boxes.image[row]) + 1,
                "category_id": int(boxes.label[row]) + 1,
                "bbox": [left, top, right - left, bottom - top],
                "score": float(random.uniform(0.6, 0.98)),
            }
        )
    path.write_text(json.dumps(rows))
    return path


SINGLE = ("missing-box", "wrong-class", "loose-box", "spurious-box")


@pytest.fixture(scope="module")
def judged(wrong: tuple[labelaudit.Dataset, Path]) -> labelaudit.LabelIssues:
    return labelaudit.by_predictions(*wrong, seed=3)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> tuple[labelaudit.Dataset, Path]:
    """Labels of which three are wrong and one is gone, and predictions of what is there."""
    from labelaudit.label_errors.evaluation.known_errors import Rates, plant_known_errors

    right = grid(40)
    path = predicted(tmp_path_factory.mktemp("predictions") / "results.json", right)
    copy = plant_known_errors(right, Rates(0.01, 0.01, 0.01, 0.01), seed=1)
    return copy.dataset, path


def test_predictions_of_another_detector_find_what_is_wrong(wrong, judged):
    dataset, path = wrong
    assert judged.source == str(path)
    assert len(judged.boxes) == len(dataset.boxes)
    lower = {name: {"min-probability": 0.15} for name in SINGLE}
    findings = labelaudit.audit(dataset, label_issues=judged, select=["MOD"], settings=lower)
    assert {"MOD001", "MOD002", "MOD003", "MOD004"} <= set(findings.code.tolist())
    fixed = labelaudit.apply(dataset, findings)
    assert fixed.conflicts == []


def test_what_is_wrong_is_most_probable(wrong, judged):
    dataset, _ = wrong
    right, boxes = grid(40), judged.boxes
    place = np.maximum(dataset.boxes.record, 0)
    same = (dataset.boxes.record >= 0) & (dataset.boxes.label == right.boxes.label[place])
    same &= iou(dataset.boxes.xyxy, right.boxes.xyxy[place]) > 0.99
    assert boxes.wrong[~same].min() > np.quantile(boxes.wrong[same], 0.95)


def test_the_same_seed_gives_the_same_label_issues(wrong, judged):
    first, second = judged, labelaudit.by_predictions(*wrong, seed=3)
    np.testing.assert_array_equal(first.boxes.wrong, second.boxes.wrong)
    np.testing.assert_array_equal(first.missing.xyxy, second.missing.xyxy)


@pytest.mark.parametrize(
    "dataset",
    [
        images({"a.jpg": ["car 10 10 40 40"]}),
        images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []}),
        images({"a.jpg": ["car nan 10 40 40", "car 1e18 1e18 2e18 2e18", "car 10 10 40 40"]}),
    ],
)
def test_few_labels_are_not_judged_and_no_crash(tmp_path: Path, dataset: labelaudit.Dataset):
    path = tmp_path / "results.json"
    rows = [{"image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "score": 0.9}]
    path.write_text(json.dumps(rows))
    label_issues = labelaudit.by_predictions(dataset, path)
    assert not label_issues.boxes.was_scored.any()
    assert (label_issues.boxes.abstention_reason[~label_issues.boxes.was_scored] != "").all()
    findings = labelaudit.audit(dataset, label_issues=label_issues, select=["MOD"])
    assert np.isfinite(findings.probability).all()


def test_a_detector_needs_images(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(find, "check_installed", lambda *_: None)
    with pytest.raises(FormatError, match="give their folder with --images"):
        labelaudit.by_detector(grid(2))


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs torch, .*: pip install 'labelaudit\[detect\]'"):
        labelaudit.by_detector(grid(2))


def test_a_plain_scan_and_the_public_names_load_nothing_heavy():
    code = (
        "import labelaudit, sys\n"
        "labelaudit.by_detector, labelaudit.DetectorConfig, labelaudit.LabelIssues\n"
        "assert not {'torch', 'sklearn', 'scipy', 'cleanlab'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def one_of_another_class(folder: Path, dataset: labelaudit.Dataset) -> tuple[Path, int]:
    """Predictions of exactly these boxes, and a row of which they have another class."""
    predictions = predicted(folder / "exact.json", dataset)
    rows = json.loads(predictions.read_text())
    for row, (left, top, right, bottom) in zip(rows, dataset.boxes.xyxy.tolist(), strict=True):
        row["bbox"] = [left, top, right - left, bottom - top]
    classes = len(dataset.categories)
    rows[7]["category_id"] = rows[7]["category_id"] % classes + 1
    predictions.write_text(json.dumps(rows))
    return predictions, 7


@pytest.mark.parametrize("count", [12, 20, 60])
def test_a_wrong_class_where_a_detection_fits_exactly_is_no_loose_and_no_spurious_box(
    count, tmp_path
):
    dataset = grid(count)
    predictions, row = one_of_another_class(tmp_path, dataset)
    boxes = labelaudit.by_predictions(dataset, predictions).boxes
    assert boxes.wrong_class[row] > max(boxes.loose_box[row], 5 * boxes.spurious[row])
    others = np.delete(boxes.wrong, row)
    assert boxes.wrong[row] > 5 * others.max()
