from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.findings_file import write
from labelaudit.auditing.run import Options, audit
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError, FixError
from labelaudit.io.load import load
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images, one_image, with_image_files, with_label_issues
from labelaudit.torch.dataset import DetectionDataset
from labelaudit.torch.trained_labels import trained_labels

BOXES = {
    "a.jpg": ["car 10 10 40 40", "car 50 20 50 60", "bus 60 20 90 60"],
    "b.jpg": ["car 5 5 30 30", "bus 40 10 80 40"],
}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return with_image_files(images(BOXES, size=(96, 64)), tmp_path)


def doubted(dataset: Dataset, *, calibrated: bool = True) -> Findings:
    """A flat box; a wrong class, p .9, of row 2; a spurious box, p .6, of row 4."""
    context = with_label_issues(dataset, "2 wrong_class 0.9 car", "4 spurious 0.6")
    issues = context.label_issues
    if not calibrated:
        issues = dataclasses.replace(issues, max_share={"wrong_class": 0.1})
    return audit(dataset, label_issues=issues, select=["GEO001", "MOD002", "MOD004"])


@pytest.fixture
def queue(tmp_path: Path, dataset: Dataset):
    with Queue.open(tmp_path / "queue.sqlite") as opened:
        enqueue(opened, doubted(dataset), dataset, Options())
        yield opened


def said(queue: Queue, rule: str, verdict: Verdict) -> None:
    (item,) = next_items(queue, "ann", Filter(rule=rule), count=9)
    decide(queue, "ann", [ItemDecision(item.fingerprint, verdict)], uuid=rule)


def test_without_a_word_labels_are_as_they_are_and_weigh_1(dataset: Dataset):
    labels = trained_labels(dataset)
    assert labels.dataset is dataset
    assert labels.weight.tolist() == [1] * 5
    assert labels.loaded_row.tolist() == [0, 1, 2, 3, 4]
    assert not labels.left_out.any()
    assert labels.notes == ()


def test_labels_weigh_what_findings_say(dataset: Dataset):
    labels = trained_labels(dataset, how="weight", evidence=doubted(dataset))
    assert labels.weight == pytest.approx([1, 0.05, 0.1, 1, 0.4])
    assert labels.notes == ("3 labels weigh less than 1, 2.5 of 5 in all",)


def test_a_fix_list_is_as_good_as_its_findings(dataset: Dataset, tmp_path: Path):
    write(tmp_path / "list.jsonl", doubted(dataset), dataset)
    labels = trained_labels(dataset, how="weight", evidence=tmp_path / "list.jsonl")
    assert labels.weight == pytest.approx([1, 0.05, 0.1, 1, 0.4])


def test_a_models_opinion_weighs_every_label(dataset: Dataset):
    issues = with_label_issues(dataset, "0 spurious 0.2", "2 wrong_class 0.9 car").label_issues
    labels = trained_labels(dataset, how="weight", evidence=issues)
    assert labels.weight == pytest.approx([0.8, 1, 0.1, 1, 1])
    ranked = dataclasses.replace(issues, max_share={"wrong_class": 0.1})
    labels = trained_labels(dataset, how="weight", evidence=ranked)
    assert labels.weight.tolist() == [1] * 5
    assert "knows no probabilities" in labels.notes[0]


def test_doubts_take_nothing_off_and_are_told_of(dataset: Dataset):
    findings = doubted(dataset, calibrated=False)
    labels = trained_labels(dataset, how="weight", evidence=findings)
    assert labels.weight == pytest.approx([1, 0.05, 1, 1, 1])
    assert labels.notes[0].startswith("2 labels are doubted without a probability")


def test_labels_that_are_more_probably_wrong_than_right_are_left_out(dataset: Dataset):
    labels = trained_labels(dataset, how="drop", evidence=doubted(dataset))
    assert labels.left_out.tolist() == [False, True, True, False, True]
    assert labels.weight.tolist() == [1] * 5
    assert "3 labels that are more probably wrong than right left out" in labels.notes[0]
    even = Findings.of(1, box=[0], code=["MOD002"], severity=[Severity.WARNING], probability=[0.5])
    assert not trained_labels(dataset, how="drop", evidence=even).left_out.any()


def test_what_reviewers_accepted_is_fixed_and_the_files_stay(queue: Queue, dataset: Dataset):
    said(queue, "GEO001", Verdict.ACCEPT)
    said(queue, "MOD002", Verdict.ACCEPT)
    add_box(queue, "ann", dataset, image=1, label=1, xyxy=(1, 2, 30, 40), uuid="drawn")
    labels = trained_labels(dataset, queue=queue)
    assert labels.loaded_row.tolist() == [0, 2, 3, 4, -1]
    assert labels.dataset.boxes.label.tolist() == [0, 0, 0, 1, 1]
    assert labels.notes[0].endswith(
        "queue.sqlite: 3 accepted fixes applied; the files stay as they are"
    )
    assert len(dataset.boxes) == 5


def test_open_findings_from_a_probability_on_can_count_as_accepted(queue: Queue, dataset: Dataset):
    fixed = trained_labels(dataset, queue=queue, min_probability=0.9)
    assert fixed.dataset.boxes.label.tolist() == [0, 0, 0, 0, 1]
    fixed = trained_labels(dataset, queue=queue, min_probability=0.91)
    assert fixed.dataset.boxes.label.tolist() == dataset.boxes.label.tolist()


def test_open_findings_of_a_queue_weigh_labels_and_decided_ones_do_not(
    queue: Queue, dataset: Dataset
):
    labels = trained_labels(dataset, queue=queue, how="weight")
    assert labels.weight == pytest.approx([1, 0.05, 0.1, 1, 0.4])
    said(queue, "MOD002", Verdict.REJECT)  # the label is right
    said(queue, "GEO001", Verdict.ACCEPT)  # the box goes
    labels = trained_labels(dataset, queue=queue, how="weight")
    assert labels.weight == pytest.approx([1, 1, 1, 0.4])


def test_findings_that_were_decided_do_not_weigh_either(queue: Queue, dataset: Dataset):
    said(queue, "MOD002", Verdict.REJECT)
    labels = trained_labels(dataset, queue=queue, how="weight", evidence=doubted(dataset))
    assert labels.weight == pytest.approx([1, 0.05, 1, 1, 0.4])


def test_a_label_that_a_person_judged_weighs_1_whatever_a_model_says(
    queue: Queue, dataset: Dataset
):
    issues = with_label_issues(dataset, "0 spurious 0.3", "2 wrong_class 0.9 car").label_issues
    said(queue, "MOD002", Verdict.REJECT)
    labels = trained_labels(dataset, queue=queue, how="weight", evidence=issues)
    assert labels.weight == pytest.approx([0.7, 1, 1, 1, 1])


def test_a_box_that_was_drawn_weighs_1(queue: Queue, dataset: Dataset):
    add_box(queue, "ann", dataset, image=1, label=1, xyxy=(1, 2, 30, 40), uuid="drawn")
    labels = trained_labels(dataset, queue=queue, how="weight")
    assert labels.weight == pytest.approx([1, 0.05, 0.1, 1, 0.4, 1])


def test_a_queue_of_another_dataset_is_refused(queue: Queue, tmp_path: Path):
    with pytest.raises(FixError, match="of another dataset"):
        trained_labels(one_image("car 1 1 9 9"), queue=queue)
    with pytest.raises(QueueError, match="no such queue"):
        trained_labels(one_image("car 1 1 9 9"), queue=tmp_path / "none.sqlite")


def test_findings_of_another_dataset_are_refused(dataset: Dataset):
    other = one_image("car 1 1 9 9")
    with pytest.raises(ConfigError, match="of another dataset"):
        trained_labels(other, how="weight", evidence=doubted(dataset))
    issues = with_label_issues(dataset).label_issues
    with pytest.raises(ConfigError, match="about 5 boxes, and the dataset has 1"):
        trained_labels(other, how="weight", evidence=issues)


def test_labels_are_not_weighed_by_nothing_nor_findings_given_for_nothing(dataset: Dataset):
    for how in ("weight", "drop"):
        with pytest.raises(ConfigError, match="needs something to weigh labels by"):
            trained_labels(dataset, how=how)
    with pytest.raises(ConfigError, match="say weight or drop"):
        trained_labels(dataset, evidence=doubted(dataset))
    with pytest.raises(ConfigError, match="keep, weight or drop, not 'half'"):
        trained_labels(dataset, how="half")


def test_a_dataset_of_torch_has_the_fixes_and_the_weights_of_a_queue(
    queue: Queue, dataset: Dataset
):
    said(queue, "MOD002", Verdict.ACCEPT)
    made = DetectionDataset(dataset, queue=queue.place, label_weights="weight")
    _, first = made[0]
    assert first["labels"].tolist() == [1, 1]  # the bus is a car, the flat box is none
    assert first["weights"].tolist() == [1, 1]
    assert made[1][1]["weights"].tolist() == pytest.approx([1, 0.4])
    dropped = DetectionDataset(dataset, queue=queue.place, label_weights="drop")
    assert dropped[1][1]["boxes"].tolist() == [[5, 5, 30, 30]]


def test_weights_of_ignored_boxes_stay_0(dataset: Dataset):
    difficult = np.array([False, False, True, False, False])
    boxes = dataset.boxes.replaced(difficult=difficult)
    labels = dataclasses.replace(dataset, boxes=boxes)
    made = DetectionDataset(labels, label_weights="weight", findings=doubted(dataset))
    assert made[0][1]["weights"].tolist() == [1, 0]


def test_a_queue_of_labels_on_disk_is_applied_to_them(tmp_path: Path):
    from labelaudit.cli import main
    from tests.torch.small_datasets import BUS, CAR, FLAT, coco

    path, queue = coco(tmp_path, CAR, BUS, FLAT), tmp_path / "queue.sqlite"
    assert main(["scan", str(path), "--queue", str(queue), "--select", "GEO001", "-q"]) == 1
    before = path.read_bytes()
    with Queue.existing(queue) as opened:
        said(opened, "GEO001", Verdict.ACCEPT)
    made = DetectionDataset(path, queue=queue)
    assert "1 accepted fix applied" in made.notes[0]
    assert not any("without an inside" in note for note in made.notes)
    assert path.read_bytes() == before
    assert len(load(path).boxes) == 3
