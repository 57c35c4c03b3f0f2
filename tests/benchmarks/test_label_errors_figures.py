"""The figures of the benchmark of wrong labels: how they are measured, recorded and shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from benchmarks.label_errors import metrics
from benchmarks.label_errors.acceptance import EXPERIMENTS, FIGURES, LEAST, MOST, checks
from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.detector_answers import as_it_is, noisy
from benchmarks.label_errors.known import Known
from benchmarks.label_errors.measures import OURS, outcome
from benchmarks.label_errors.real import against_evidence, real_outcome
from benchmarks.label_errors.sheet import CAPTION, CELL, contact_sheet
from benchmarks.label_errors.tables import RealRun, Record, Run, record
from benchmarks.machine import this_machine
from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Boxes
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images
from tests.benchmarks.label_error_cases import case_of, grid, label_issues_of, seen


def perfect(planted: KnownErrors) -> Case:
    """A case in which everything is found."""
    gone = planted.dropped
    count = len(gone)
    missing = MissingObjects.of(
        count,
        image=gone.image,
        label=np.zeros(count),
        xyxy=gone.xyxy,
        probability=np.ones(count),
        score=np.full(count, 0.5),
    )
    boxes = planted.dataset.boxes
    everywhere = Predictions.of(
        boxes.image, boxes.label, boxes.xyxy, np.full(len(boxes), 0.4), np.zeros((len(boxes), 3))
    )
    return case_of(planted, everywhere, label_issues_of(planted, missing))


def removed(*boxes: tuple[float, float, float, float]) -> KnownErrors:
    """An image without labels from which these were removed."""
    gone = Boxes.of(len(boxes), image=np.zeros(len(boxes)), xyxy=np.array(boxes))
    copy = as_it_is(images({"a.jpg": []}))
    return dataclasses.replace(copy, dropped=gone)


def places(*rows: tuple[float, float, float, float, float]) -> MissingObjects:
    """Places in one image: corners and a probability."""
    table = np.array(rows, np.float64).reshape(-1, 5)
    return MissingObjects.of(
        len(table), image=np.zeros(len(table)), xyxy=table[:, :4], probability=table[:, 4]
    )


def test_a_removed_label_is_found_once_and_one_without_a_place_is_never_found():
    found = metrics.found(
        removed((0, 0, 10, 10), (50, 50, 60, 60)),
        places((0, 0, 10, 9, 0.9), (0, 0, 10, 10, 0.8), (80, 80, 90, 90, 0.7)),
    )
    assert found.hit.tolist() == [True, False, False]
    assert found.average_precision == 0.5
    assert found.precision == 0.5


def test_precision_is_made_to_fall_only():
    found = metrics.Found(np.array([0.9, 0.8, 0.7]), np.array([False, True, True]), 2)
    assert found.average_precision == pytest.approx(2 / 3)


def test_a_queue_mixes_labels_and_places_by_doubt():
    missing = metrics.Found(np.array([0.8, 0.1]), np.array([True, True]), 2)
    error, doubt = np.array([True, False, True]), np.array([0.9, 0.85, 0.2])
    recalls = metrics.recalls(error, doubt, missing)
    assert recalls == {"0.25": 0.25, "0.5": 0.25, "1": 0.75, "1.5": 1.0, "2": 1.0}


def test_probabilities_that_are_true_have_no_calibration_error():
    error = np.arange(1000) % 10 < 3
    assert metrics.calibration(error, np.full(1000, 0.3)).ece == pytest.approx(0)
    assert metrics.calibration(error, np.full(1000, 0.8)).ece == pytest.approx(0.5)
    halves = np.where(np.arange(1000) < 500, 0.1, 0.5)
    assert metrics.calibration(error, halves).ece == pytest.approx(0.2)
    assert metrics.calibration(error, np.ones(1000)).brier == pytest.approx(0.7)


def test_good_probabilities_narrow_the_interval_of_an_audit_and_it_still_covers():
    random = np.random.default_rng(0)
    probability = random.beta(0.3, 1.2, 3000)
    sampled = metrics.sampled(random.random(3000) < probability, probability)
    assert sampled.coverage >= 0.93
    assert sampled.half_width < 0.8 * sampled.classical


def test_scores_need_three_errors_and_unjudged_labels_come_last():
    assert metrics.score(np.array([True, True, False]), np.arange(3.0)) is None
    error = np.array([True, True, True, False, False])
    score = metrics.score(error, np.array([0.9, np.nan, 0.8, 0.1, 0.2]))
    assert score is not None
    assert score.precision == pytest.approx(2 / 3)
    assert score.auroc == pytest.approx(4 / 6)


def test_a_bootstrap_draws_images_not_rows():
    values, image = np.array([0.0, 0, 0, 0, 1, 1, 1, 1]), np.repeat([0, 3], 4)
    means = np.array([values[rows].mean() for rows in metrics.drawn_anew(image)])
    assert set(means.tolist()) == {0.0, 0.5, 1.0}
    found = metrics.interval(0.5, np.append(means, np.nan))
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)


def test_what_is_found_entirely_has_full_marks_in_every_figure():
    found = outcome(perfect(noisy(grid(60), "A", 0)), "bccd", "A", 0)
    reached = {name: figure(found) for name, figure in FIGURES.items()}
    for name in ("any AUROC", "any AP", "wrong class AP", "loose box AP", "missing AP"):
        assert reached[name] == pytest.approx(1)
    assert reached["queue recall at 1"] == pytest.approx(1)
    assert reached["calibration error (ECE)"] == 0
    assert found.margin > 0
    assert all(check.met for check in checks(EXPERIMENTS[0], [found]) if "audit" not in check.name)


def test_every_figure_that_is_asked_for_is_measured():
    assert set(LEAST) | set(MOST) == set(FIGURES)


def test_an_experiment_that_nothing_is_asked_of_has_no_checks():
    assert checks("cards, noise A", []) == []


def test_a_second_run_replaces_the_first_and_keeps_other_experiments(tmp_path: Path):
    found = outcome(perfect(noisy(grid(60), "A", 0)), "digits", "A", 0)
    run = Run("2000-01-01", this_machine(), {"labelaudit": "1"}, [found])
    later = dataclasses.replace(run, date="2000-01-02")
    record(Record(planted={"digits, noise A": run, "other": run}), tmp_path)
    record(Record(planted={"digits, noise A": later}), tmp_path)
    known = msgspec.json.decode((tmp_path / "label_errors.json").read_bytes(), type=Record)
    assert {name: one.date for name, one in known.planted.items()} == {
        "digits, noise A": "2000-01-02",
        "other": "2000-01-01",
    }
    text = (tmp_path / "label_errors.md").read_text("utf-8")
    assert f"| {OURS} | 1.000 / 1.000 |" in text
    assert "| any AUROC | 1.000 | at least 0.975 | yes |" in text


def test_known_errors_are_ranked_among_all_labels_and_among_places_of_their_class():
    dataset = images({"a.jpg": ["car 0 0 9 9", "bus 20 0 29 9", "car 40 0 49 9", "van 60 0 69 9"]})
    copy = as_it_is(dataset)
    missing = MissingObjects.of(
        3,
        image=np.zeros(3),
        label=[1, 1, 0],
        xyxy=np.array([[80.0, 0, 89, 9], [100, 0, 109, 9], [200, 0, 209, 9]]),
        probability=[0.9, 0.8, 0.95],
        score=[0.1, 0.3, 0.2],
    )
    said = label_issues_of(copy, missing)
    boxes = dataclasses.replace(said.boxes, wrong_class=np.array([0.1, 0.7, 0.9, np.nan]))
    case = case_of(copy, seen("car 0 0 9 9 0.9"), dataclasses.replace(said, boxes=boxes))
    gone = Boxes.of(2, image=[0, 0], label=[1, 1], xyxy=[[101, 0, 110, 9], [300, 0, 309, 9]])
    found = real_outcome(case, "a set", Known(np.array([1]), gone, np.array([0]), "bus"))
    wrong_class, there, nowhere = found.known
    assert (wrong_class.rank, wrong_class.by_evidence, wrong_class.class_) == (
        2,
        {"place": 3},
        "bus",
    )
    assert (there.rank, there.probability, there.by_evidence) == (2, 0.8, {"score": 1})
    assert (nowhere.rank, nowhere.probability) == (None, None)
    assert found.reported["wrong_class"] == 2
    assert found.reported["missing_box"] == 3
    assert found.highest["wrong_class"] == 0.9
    assert (found.unmarked, found.unmarked_found) == (1, 1)


def test_a_run_whose_time_is_not_known_is_recorded_without_it(tmp_path: Path):
    copy = as_it_is(images({"a.jpg": ["car 0 0 9 9", "bus 20 0 29 9"]}))
    case = case_of(copy, seen("car 0 0 9 9 0.9"), label_issues_of(copy, MissingObjects.empty()))
    found = real_outcome(dataclasses.replace(case, cpu_s=float("nan")), "a set", Known())
    run = RealRun("2000-01-01", this_machine(), {"labelaudit": "1"}, found)
    for _ in range(2):
        record(Record(real={"a set": run}), tmp_path)
    assert "Time not measured" in (tmp_path / "label_errors.md").read_text("utf-8")


def test_the_combination_is_held_against_the_best_evidence_of_all():
    error = np.arange(40) % 4 == 0
    good, bad = error + 0.0, np.arange(40.0)
    versus = against_evidence("any", error, bad, {"bad": bad, "good": good}, np.arange(40) // 4)
    assert (versus.evidence, versus.best.value) == ("good", 1.0)
    assert versus.gain.value == pytest.approx(versus.ours.value - 1)
    assert versus.gain.high < 0


def test_an_object_is_ranked_by_the_surest_of_its_places():
    corners = [[left, 0, left + 10, 10] for left in (0, 1, 50, 100, 150, 200)]
    gone = Boxes.of(3, image=np.zeros(3), xyxy=np.array(corners, np.float64)[[0, 2, 3]])
    copy = dataclasses.replace(as_it_is(images({"a.jpg": []})), dropped=gone)
    missing = MissingObjects.of(
        6,
        image=np.zeros(6),
        label=np.zeros(6),
        xyxy=np.array(corners, np.float64),
        probability=[0.9, 0.1, 0.8, 0.7, 0.3, 0.2],
        score=[0.1, 0.9, 0.8, 0.2, 0.3, 0.4],
    )
    case = case_of(copy, seen(), label_issues_of(copy, missing))
    (versus,) = real_outcome(case, "a set", Known()).versus
    assert (versus.kind, versus.errors, versus.ours.value) == ("missing_box", 3, 1.0)
    # By the detector's score the second place of the first object counts, and the third is last.
    assert versus.best.value == pytest.approx((1 + 1 + 3 / 5) / 3)


def test_a_contact_sheet_has_a_cell_for_each_place(tmp_path: Path):
    picture = tmp_path / "a.png"
    Image.new("RGB", (100, 80), "grey").save(picture)
    dataset = images({"a.png": ["car 0 0 30 30"]}, size=(100, 80))
    dataset = dataclasses.replace(
        dataset, images=dataclasses.replace(dataset.images, path=texts([str(picture)]))
    )
    corners = np.tile([70.0, 50, 100, 80], (9, 1))
    missing = MissingObjects.of(
        9, image=np.zeros(9), label=np.zeros(9), xyxy=corners, probability=np.full(9, 0.5)
    )
    path = tmp_path / "sheet.png"
    contact_sheet(dataset, label_issues_of(as_it_is(dataset), missing), path)
    with Image.open(path) as sheet:
        assert sheet.size == (8 * CELL, 2 * (CELL + CAPTION))
        assert (255, 210, 0) in {colour for _, colour in sheet.convert("RGB").getcolors(10**6)}
