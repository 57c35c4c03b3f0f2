from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.sample import (
    Sample,
    box_sample,
    human_labels_of,
    image_sample,
    lines,
    read_sample,
    with_mean_filled,
)
from labelaudit.label_errors.human_labels import HumanLabels
from labelaudit.testing import images, with_label_issues
from tests.label_errors.evaluation.test_known_errors import grid

DATASET = images(
    {
        "a.jpg": ["car 10 10 50 50", "bus 100 100 150 150", "car 200 200 260 260 crowd"],
        "b.jpg": ["car 10 10 50 50"],
    }
)


def label_issues(*doubts: str) -> LabelIssues:
    found = with_label_issues(DATASET, *doubts).label_issues
    assert found is not None
    return found


def write(path: Path, sample: Sample, *verdicts: object) -> Path:
    for item, verdict in zip(sample.items, verdicts, strict=False):
        item.verdict = verdict  # type: ignore[assignment]  # what a person may write
    path.write_bytes(b"\n".join(lines(sample)) + b"\n\n")
    return path


def test_a_sample_of_all_labels_holds_each_once_and_no_crowd():
    sample = box_sample(DATASET, label_issues("1 spurious 0.9"), 10, seed=0)
    assert [item.record for item in sample.items] == [0, 1, 3]
    assert sample.items[1].wrong == 0.9
    assert sample.items[1].kinds["spurious"] == 0.9
    assert sample.items[1].box == [100, 100, 50, 50]
    assert sample.items[1].class_name == "bus"
    assert sample.head.expected.count == 3
    assert sample.head.expected.wrong == pytest.approx(0.3)
    assert sample.head.classes["bus"].kinds["spurious"] == pytest.approx(0.9)


def test_labels_are_drawn_whatever_the_model_says_of_them():
    dataset = grid()
    plain = with_label_issues(dataset).label_issues
    doubtful = with_label_issues(
        dataset, *(f"{row} spurious 0.9" for row in range(50))
    ).label_issues
    assert plain is not None
    assert doubtful is not None
    drawn = [
        [item.record for item in box_sample(dataset, found, 40, seed=5).items]
        for found in (plain, doubtful)
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 40


def test_every_label_is_drawn_as_often():
    found = label_issues()
    count = np.zeros(4)
    for seed in range(600):
        for item in box_sample(DATASET, found, 1, seed=seed).items:
            count[item.record] += 1
    assert count[2] == 0
    assert (np.abs(count[[0, 1, 3]] - 200) < 5 * np.sqrt(200 * 2 / 3)).all()


def test_a_label_that_was_not_judged_counts_with_the_mean():
    assert with_mean_filled(np.array([0.2, np.nan, 0.4])).tolist() == pytest.approx([0.2, 0.3, 0.4])
    assert with_mean_filled(np.array([np.nan])).tolist() == [0.0]


def test_a_sample_of_images_expects_what_a_model_misses_in_them():
    found = label_issues("missing 0.5 1 car 100 100 150 150", "missing 0.25 1 car 300 300 350 350")
    sample = image_sample(DATASET, found, 5, seed=0)
    assert [(item.image, item.wrong) for item in sample.items] == [("a.jpg", 0), ("b.jpg", 0.75)]
    assert sample.head.expected.wrong == 0.375


@pytest.mark.parametrize("unit", [box_sample, image_sample])
def test_a_sample_is_read_as_it_was_written(tmp_path: Path, unit):
    sample = unit(DATASET, label_issues("1 spurious 0.9"), 10, seed=0)
    assert read_sample(write(tmp_path / "sample.jsonl", sample)) == sample


def human_labels(path: Path, dataset: Dataset) -> HumanLabels:
    return human_labels_of(read_sample(path), dataset, path)


def test_verdicts_become_those_of_boxes(tmp_path: Path):
    sample = box_sample(DATASET, label_issues(), 10, seed=0)
    path = write(tmp_path / "sample.jsonl", sample, "OK", None, " spurious-box ")
    found = human_labels(path, DATASET).boxes
    assert found.box.tolist() == [0, 3]
    assert found.verdict.tolist() == ["ok", "spurious"]


@pytest.mark.parametrize("verdict", ["fine", 1, -1, [], 0.5])
def test_a_verdict_that_is_none_is_refused_with_its_line(tmp_path: Path, verdict):
    path = write(
        tmp_path / "s.jsonl", box_sample(DATASET, label_issues(), 9, seed=0), "ok", verdict
    )
    with pytest.raises(FormatError, match=r"s\.jsonl:3: (a verdict is one of ok|not a line)"):
        read_sample(path)


@pytest.mark.parametrize("verdict", ["ok", -1, True])
def test_a_sample_of_images_takes_numbers_only(tmp_path: Path, verdict):
    path = write(tmp_path / "s.jsonl", image_sample(DATASET, label_issues(), 9, seed=0), verdict)
    with pytest.raises(FormatError, match=r"s\.jsonl:2: (a verdict is how many|not a line)"):
        read_sample(path)


@pytest.mark.parametrize("content", ["", "{}", "7", "x", '{"line": "item"}'])
def test_what_is_no_sample_is_an_error(tmp_path: Path, content: str):
    path = tmp_path / "sample.jsonl"
    path.write_text(content)
    with pytest.raises(FormatError, match=r"sample\.jsonl"):
        read_sample(path)


def test_a_sample_that_was_saved_in_another_encoding_is_an_error(tmp_path: Path):
    sample = box_sample(images({"caf\u00e9.jpg": ["car 10 10 40 40"]}), label_issues(), 9, seed=0)
    path = write(tmp_path / "s.jsonl", sample, "ok")
    path.write_bytes(path.read_text("utf-8").replace("ok", "\u00e9").encode("latin-1"))
    with pytest.raises(FormatError, match=r"s\.jsonl:\d: not a line of a sample"):
        read_sample(path)


def test_verdicts_about_other_labels_or_images_are_refused(tmp_path: Path):
    sample = box_sample(DATASET, label_issues(), 10, seed=0)
    path = write(tmp_path / "sample.jsonl", sample, "ok")
    with pytest.raises(FormatError, match="the labels have changed since"):
        human_labels(path, images({"a.jpg": ["bus 10 10 50 50"]}))
    with pytest.raises(FormatError, match="the labels have changed since"):
        human_labels(path, images({}))
    path = write(tmp_path / "images.jsonl", image_sample(DATASET, label_issues(), 9, seed=0), 1)
    with pytest.raises(FormatError, match=r"the labels have changed since: a\.jpg"):
        human_labels(path, images({"other.jpg": ["bus 10 10 50 50"]}))


def test_counts_of_a_sample_of_images_become_those_of_images(tmp_path: Path):
    sample = image_sample(DATASET, label_issues(), 9, seed=0)
    path = write(tmp_path / "images.jsonl", sample, 3, *[None] * (len(sample.items) - 2), 0)
    found = human_labels(path, DATASET)
    names = DATASET.images.name[found.images.image].tolist()
    assert names == [sample.items[0].image, sample.items[-1].image]
    assert found.images.missing.tolist() == [3, 0]
    assert len(found.boxes) == 0
