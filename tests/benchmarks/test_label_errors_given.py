"""How predictions from files are judged: labels with errors, measures, and tables."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.label_errors import foreign
from benchmarks.label_errors.foreign_files import write_results, write_variants
from benchmarks.label_errors.given import main, make_files, shown_images, with_errors
from benchmarks.label_errors.given_measures import (
    Doubts,
    GivenOutcome,
    KindOutcome,
    Sampled,
    given_case,
    given_outcome,
    sampled,
    sampled_images,
)
from benchmarks.label_errors.given_tables import GivenRun, comparisons, summary, tables
from benchmarks.label_errors.removed import REMOVED, without
from benchmarks.machine import this_machine
from labelaudit.core.columns import Ints
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.anchoring import anchored
from labelaudit.label_errors.find import by_predictions
from labelaudit.label_errors.human_labels import (
    OK,
    HumanBoxLabels,
    HumanImageCounts,
    HumanLabels,
)
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images
from tests.benchmarks.label_error_cases import grid

IMAGES = 40
NOISE = "noise A"


def seen(dataset: Dataset, noise: float = 4.0) -> Predictions:
    """What a good detector says: each object about in its place, and faintly something else."""
    rng, boxes = np.random.default_rng(0), dataset.boxes
    label = DatasetColumns(dataset).box_class
    count, classes = len(boxes), 3
    near = boxes.xyxy + rng.normal(0, noise, (count, 4))
    away = boxes.xyxy + np.array([30, 20, 30, 20])
    return Predictions.of(
        np.concatenate([boxes.image, boxes.image]),
        np.concatenate([label, (label + 1) % classes]),
        np.vstack([near, away]),
        np.concatenate([rng.uniform(0.5, 0.95, count), rng.uniform(0.03, 0.2, count)]),
        np.zeros((2 * count, classes), np.float32),
    )


def outcome_of(tmp_path: Path, labels: str) -> GivenOutcome:
    dataset = grid(IMAGES)
    path = write_results(dataset, seen(dataset), tmp_path / "whole.json")
    predictions = read_predictions(path, DatasetColumns(dataset))
    return given_outcome(given_case(with_errors(dataset, labels, 0), predictions, 0), 0, 5)


def by_image(dataset: Dataset) -> Ints:
    return np.bincount(dataset.boxes.image, minlength=len(dataset.images))


@pytest.mark.parametrize("how", REMOVED)
def test_labels_that_are_gone_are_told_and_all_others_stay_as_they_were(how: str):
    dataset = grid(IMAGES)
    copy = without(dataset, how, 0)
    assert len(copy.dropped) + len(copy.dataset.boxes) == len(dataset.boxes)
    assert not (copy.error != "").any()
    gone, left, before = (
        set(map(tuple, np.column_stack([boxes.image, boxes.xyxy]).tolist()))
        for boxes in (copy.dropped, copy.dataset.boxes, dataset.boxes)
    )
    assert gone | left == before
    assert len(copy.dataset.images) == IMAGES


def test_two_in_five_labels_go_one_by_one_or_with_their_images():
    dataset = grid(IMAGES)
    alone, whole = (
        without(dataset, how, 0) for how in ("two in five gone", "two in five images empty")
    )
    assert len(alone.dropped) == round(0.4 * len(dataset.boxes))
    assert (by_image(alone.dataset) > 0).all()
    left = by_image(whole.dataset)
    assert (left == 0).sum() == round(0.4 * IMAGES)
    assert (left[left > 0] == by_image(dataset)[left > 0]).all()


def test_the_commonest_class_goes_from_half_of_the_images_with_it():
    rows = {f"{n}.jpg": ["car 0 0 9 9", "car 20 20 40 40", "bus 50 50 90 90"] for n in range(4)}
    rows["e.jpg"] = ["bus 0 0 9 9"] * 3
    copy = without(images(rows), "a class gone in half", 1)
    gone = np.bincount(copy.dropped.image, minlength=5)
    assert sorted(gone[:4].tolist()) == [0, 0, 2, 2]
    assert gone[4] == 0


def test_crowds_are_not_taken_away():
    copy = without(
        images({"a.jpg": ["car 0 0 9 9", "car 0 0 90 90 crowd"]}), next(iter(REMOVED)), 0
    )
    assert copy.dataset.boxes.crowd.any()


def test_planted_errors_are_ranked_by_us_by_evidence_and_by_baselines(tmp_path: Path):
    found = outcome_of(tmp_path, NOISE)
    wrong = found.kinds["wrong_class"]
    assert wrong.doubts.errors == 24
    assert wrong.ours is not None
    assert wrong.ours > 0.8
    assert {"swap_margin", "nearest_iou_distance"} <= set(wrong.evidence)
    assert "log_area" not in wrong.evidence
    assert {
        "ObjectLab, defaults",
        "ObjectLab, calibrated",
        "CLOD",
        "FiftyOne",
        "score only",
        "1 - IoU",
    } == set(wrong.baselines)
    assert set(wrong.sampled) == {"100", "200"}
    assert found.kinds["any"].doubts.errors == 60
    assert not found.kinds["any"].sampled
    missing = found.kinds["missing_box"]
    assert missing.doubts.errors == 12
    assert {"score", "cluster_score"} <= set(missing.evidence)


def test_without_errors_nothing_is_ranked_and_doubts_are_still_added_up(tmp_path: Path):
    found = outcome_of(tmp_path, "as they stand")
    for kind in ("wrong_class", "loose_box", "spurious", "any", "missing_box"):
        one = found.kinds[kind]
        assert one.ours is None
        assert one.doubts.real == 0
    assert found.kinds["loose_box"].doubts.stated > 0
    assert found.kinds["loose_box"].doubts.bound is not None
    assert found.kinds["loose_box"].sampled["100"].honest is None


def test_a_sample_is_judged_as_verdicts_of_a_person_are(tmp_path: Path):
    dataset = grid(IMAGES)
    path = write_results(dataset, seen(dataset), tmp_path / "whole.json")
    planted = with_errors(dataset, NOISE, 0)
    doubts = by_predictions(planted.dataset, path).boxes
    rows = np.flatnonzero(doubts.was_scored)
    judged = np.random.default_rng(0).permutation(len(rows))[:100]
    verdict = [text or OK for text in planted.error[rows[judged]].tolist()]
    said = HumanLabels(HumanBoxLabels.of(100, box=rows[judged], verdict=verdict))
    counts = by_predictions(planted.dataset, path, human_labels=said).counts
    _, count = anchored(doubts.spurious[rows], judged, planted.error[rows[judged]] == "spurious")
    assert counts["spurious"].expected == pytest.approx(count.expected)
    assert counts["spurious"].high == pytest.approx(count.high)


def test_a_sample_of_images_is_judged_as_counts_of_a_person_are(tmp_path: Path):
    dataset = grid(IMAGES)
    every = seen(dataset)  # but for a third of the objects
    path = write_results(
        dataset, every.rows(np.arange(len(every)) % 3 > 0), tmp_path / "whole.json"
    )
    planted = with_errors(dataset, "two in five gone", 0)
    predictions = read_predictions(path, DatasetColumns(dataset))
    case = given_case(planted, predictions, 0)
    found = sampled_images(case, 20, 7, 1)
    judged = np.random.default_rng(7).permutation(IMAGES)[:20]
    missing = np.bincount(planted.dropped.image, minlength=IMAGES)[judged]
    said = HumanLabels(images=HumanImageCounts.of(20, image=judged, missing=missing))
    by_verdicts = by_predictions(planted.dataset, path, human_labels=said)
    count = by_verdicts.counts["missing_box"]
    assert found.stated == pytest.approx(count.expected)
    assert found.coverage == (count.low <= len(planted.dropped) <= count.high)
    places = by_verdicts.missing
    sure = (places.probability > 0.5) & ~np.isin(places.image, judged)
    assert 20 < found.real <= found.sure <= sure.sum()


def test_a_sample_of_everything_states_what_is_there_and_leaves_nothing_unjudged():
    doubt, wrong = np.linspace(0.01, 0.99, 200), np.arange(200) >= 150
    found = sampled(doubt, wrong, 200, 0, 3)
    assert found.stated == pytest.approx(50.2, abs=0.2)
    assert (found.honest, found.coverage, found.sure, found.real) == (1, 1, 0, 0)


def test_a_sample_of_everything_says_that_there_is_nothing():
    assert sampled(np.linspace(0.01, 0.99, 150), np.zeros(150, bool), 150, 0, 20).coverage == 1


def test_labels_above_a_half_are_those_that_nobody_judged():
    doubt, wrong = np.repeat([0.0001, 0.9999], 100), np.arange(200) >= 110
    found = sampled(doubt, wrong, 100, 0, 20)
    assert 35 < found.sure < 65
    assert 0.8 < found.real / found.sure < 1
    assert found.coverage > 0.8
    # A doubt that says nothing is small for all, and states about what the sample has.
    assert sampled(np.full(200, 0.3), wrong, 100, 0, 20).stated == pytest.approx(90, abs=6)


def written(folder: Path, dataset: Dataset) -> None:
    """The dataset as a COCO file in a folder."""
    derived = DatasetColumns(dataset)
    xywh = dataset.boxes.xyxy.copy()
    xywh[:, 2:] -= xywh[:, :2]
    records = {
        "images": [
            {"id": row, "file_name": name, "width": 640, "height": 480}
            for row, name in enumerate(dataset.images.name.tolist(), 1)
        ],
        "annotations": [
            {"id": row, "image_id": image + 1, "category_id": label + 1, "bbox": box}
            for row, (image, label, box) in enumerate(
                zip(
                    dataset.boxes.image.tolist(),
                    derived.box_class.tolist(),
                    xywh.tolist(),
                    strict=True,
                )
            )
        ],
        "categories": [{"id": row, "name": name} for row, name in enumerate(derived.classes, 1)],
    }
    folder.mkdir(parents=True)
    (folder / "instances.json").write_text(json.dumps(records))


def test_the_program_judges_files_that_are_there_and_records_them(tmp_path: Path):
    dataset, folder = grid(IMAGES), tmp_path / "predictions" / "strong"
    written(tmp_path / "real" / "bccd", dataset)
    write_variants(dataset, seen(dataset), folder)
    (folder / "images.json").write_text(json.dumps(dataset.images.name[1:].tolist()))
    words = [
        "--detectors",
        "strong",
        "--files",
        "cut3",
        "--seeds",
        "4",
        "--samples",
        "2",
        "--labels",
    ]
    paths = [f"--{name}={tmp_path / name}" for name in ("real", "predictions", "results")]
    main([*words, "noise B", *paths])
    main([*words, "a class gone in half", *paths])
    known = msgspec.json.decode(
        (tmp_path / "results" / "given.json").read_bytes(), type=dict[str, GivenRun]
    )
    assert list(known) == ["strong, cut3, noise B", "strong, cut3, a class gone in half"]
    for run in known.values():
        assert [(one.seed, one.images) for one in run.outcomes] == [(4, IMAGES - 1)]
    assert any("below 0.5" in note for note in known["strong, cut3, noise B"].outcomes[0].notes)
    text = (tmp_path / "results" / "given.md").read_text()
    assert "| cut3, a class gone in half |" in text


def test_files_are_made_only_where_one_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[list[str]] = []
    monkeypatch.setattr(foreign, "main", asked.append)
    dataset = grid(2)
    write_variants(dataset, seen(dataset), tmp_path)
    make_files("weak", tmp_path, tmp_path)
    assert asked == [["weak", "--out", str(tmp_path), "--real", str(tmp_path)]]
    (tmp_path / "images.json").write_text("[]")
    make_files("weak", tmp_path, tmp_path)
    assert len(asked) == 1


def test_images_that_the_detector_was_trained_on_are_left_out(tmp_path: Path):
    (tmp_path / "images.json").write_text(json.dumps(["0.jpg", "3.jpg"]))
    assert shown_images(grid(5), tmp_path).images.name.tolist() == ["0.jpg", "3.jpg"]


def run_of(labels: str, *outcomes: KindOutcome) -> GivenRun:
    """A run with one kind of error, and an outcome for each seed."""
    return GivenRun(
        "weak",
        "bccd",
        "whole",
        labels,
        "a day",
        this_machine(),
        {},
        50,
        [GivenOutcome(n, 9, 100, 80, 1.0, (), {"any": one}) for n, one in enumerate(outcomes)],
    )


def test_the_best_evidence_is_that_of_all_seeds_together():
    one = KindOutcome(Doubts(10, 5.0, 4, 2), 0.5, {"a": 0.9, "b": 0.6}, {"c": 0.4})
    other = KindOutcome(Doubts(10, 5.0, 4, 2), 0.7, {"a": 0.1, "b": 0.6}, {"c": 0.8})
    (found,) = comparisons(run_of("noise A", one, other))
    assert (found.evidence, found.baseline) == ("b", "c")
    assert found.gain == pytest.approx(0)
    assert found.gains == pytest.approx([-0.1, 0.1])


def test_tables_say_where_doubts_are_not_true_and_evidence_is_ahead():
    by_sample = {
        "100": Sampled(12.0, 0.5, 0.75, 3.0, 1.0),
        "200": Sampled(11.0, 0.6, 0.9, 2.0, 1.0),
    }
    bad = KindOutcome(Doubts(10, 2.5, 4, 1, 6.0), 0.5, {"a": 0.6}, {"c": 0.4}, by_sample)
    quiet = KindOutcome(Doubts(0, 2.5, 4, 0, 6.0), None)
    runs = [run_of("noise A", bad), run_of("as they stand", quiet)]
    text = "\n".join(tables(runs))
    assert "| whole, noise A | 80 | 2.5 / 10; 4.0 (1.0) **1 of 1** |" in text
    assert "| whole, noise A | 0.500 / **0.600** / 0.400 |" in text
    assert "| whole, noise A | any | 0.500 | a | 0.600 | -0.100 to -0.100 |" in text
    assert "| any | 10 | 12.0 | 0.50 | 0.75 | 3.0 (1.0) | 11.0 | 0.60 | 0.90 | 2.0 (1.0) |" in text
    assert (
        "| weak, whole | 5.0% | 0 of 1 | 1 of 2 | 1.20 to 1.20; 0.75 | 1.10 to 1.10; 0.90 |"
        in summary(runs)
    )
