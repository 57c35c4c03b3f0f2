"""How far runs agree, and numbers that are moved as by rounding."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.label_errors.known import known_errors
from benchmarks.machine import Machine
from benchmarks.stability import (
    MOVED,
    Held,
    Known,
    Outcome,
    move_by_rounding,
    moved_by_rounding,
    page,
)
from benchmarks.stability_measures import (
    CODES,
    Findings,
    Found,
    agreement,
    all_pairs,
    findings_of,
    in_how_many,
    jaccard,
    same,
    sure_again,
)
from labelaudit.core.columns import texts
from labelaudit.detector.feature_maps import extract_features
from labelaudit.io.load import load
from labelaudit.testing import one_image, with_label_issues

ROOT = Path(__file__).parents[2]


def labels(*boxes: int, probability: float = 0.6) -> Found:
    """Labels of one probability."""
    return Found([probability] * len(boxes), list(boxes), [], [])


def places(*left: float, image: int = 0) -> Found:
    """Squares with a side of 10."""
    return Found([0.6] * len(left), [], [image] * len(left), [[x, 0.0, x + 10, 10.0] for x in left])


NOTHING = labels()


def run(**above: Found) -> Findings:
    """A run that finds this of these kinds, also as the first."""
    found = {kind.value: above.get(kind.value, NOTHING) for kind in CODES}
    return Findings(found, found, [], 1.0)


def test_labels_are_the_same_by_row_and_places_by_overlap_each_once():
    assert same(labels(4, 2, 9), labels(9, 4)) == [(0, 1), (2, 0)]
    # 10 wide and shifted by 3, squares overlap by .54; by 4, .43.
    assert same(places(0, 50), places(3)) == [(0, 0)]
    assert same(places(0), places(4)) == []
    assert same(places(0), places(0, image=1)) == []
    assert same(places(0, 2), places(1)) in ([(0, 0)], [(1, 0)])
    assert same(places(0, 2), places(3, 1)) == [(0, 1), (1, 0)]
    assert same(places(0), labels()) == same(labels(), places(0)) == []


def test_overlap_is_what_both_have_by_what_either_has():
    assert jaccard([labels(1, 2, 3)], [labels(2, 3, 4)]) == 0.5
    assert jaccard([labels(1), places(0)], [labels(2), places(1)]) == pytest.approx(1 / 3)
    assert jaccard([labels(1)], [NOTHING]) == 0
    assert jaccard([NOTHING], [NOTHING]) is None


def test_sure_findings_of_one_run_are_looked_for_among_all_of_the_other():
    one = run(spurious=Found([0.95, 0.9, 0.89], [5, 6, 7], [], []))
    other = run(spurious=labels(5, 7, probability=0.5))
    assert sure_again(one, other) == (1, 2)
    assert sure_again(other, one) == (0, 0)


def test_agreement_is_of_all_pairs_and_counts_sure_findings_both_ways():
    runs = [run(spurious=labels(*rows, probability=0.9)) for rows in ((1, 2), (1, 2), (1, 2, 3, 4))]
    told = agreement(all_pairs(runs))
    assert told.pairs == 3
    assert told.above == told.above_by_kind["spurious"] == (pytest.approx(2 / 3), 0.5, 1)
    assert told.above_by_kind["wrong_class"] is None
    assert told.first_by_kind["spurious"] == told.above
    assert told.sure_again == (12, 16)


def test_findings_are_counted_by_how_many_runs_have_them():
    runs = [run(spurious=labels(*rows)) for rows in ((1, 2), (2, 3), (2, 1))]
    assert in_how_many(runs, "spurious") == ([2, 3, 1], [1, 2, 3])
    runs = [run(missing_box=found) for found in (places(0), places(1, 40), places(41))]
    assert in_how_many(runs, "missing_box") == ([2, 2], [])
    assert in_how_many(runs, "spurious") == ([], [])


def test_findings_of_a_run_are_those_of_the_rules_and_the_first_of_each_ranking():
    dataset = one_image("car 10 10 40 40", "bus 50 20 90 60", "bus 150 20 190 60")
    issues = with_label_issues(
        dataset,
        "0 wrong_class 0.9 bus",
        "1 wrong_class 0.4 car",
        "2 spurious 0.5",
        "missing 0.7 0 car 300 20 340 60",
        "missing 0.2 0 car 400 20 440 60",
    ).label_issues
    assert issues is not None
    found = findings_of(dataset, issues, np.array([1]), 2.04)
    assert found.above["wrong_class"] == Found([0.9], [0], [], [])
    assert found.above["spurious"] == Found([0.5], [2], [], [])
    assert found.above["loose_box"] == Found([], [], [], [])
    assert found.above["missing_box"].xyxy == [[300, 20, 340, 60]]
    assert found.first["wrong_class"].box[:2] == [0, 1]
    assert found.first["missing_box"].probability == [0.7, 0.2]
    assert found.known == [(2, 0.4)]
    assert found.cpu_s == 2.0


def test_one_in_twelve_numbers_is_moved_to_the_next_one_as_often_up_as_down():
    values = np.random.default_rng(1).normal(0, 50, 120_000).astype(np.float16)
    moved = moved_by_rounding(values, np.random.default_rng(0))
    bits = moved.view(np.int16).astype(int) - values.view(np.int16)
    assert set(bits.tolist()) == {-1, 0, 1}
    assert np.mean(moved != values) == pytest.approx(MOVED, abs=0.005)
    assert np.mean(moved > values) == pytest.approx(MOVED / 2, abs=0.005)
    ends = np.array([65504, -65504] * 500, np.float16)
    assert np.isfinite(moved_by_rounding(ends, np.random.default_rng(0))).all()


def test_features_that_were_moved_are_taken_for_whole(tmp_path: Path):
    paths = []
    for number in range(3):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.fromarray(np.full((32, 32, 3), number, np.uint8)).save(paths[-1])
    template = np.zeros((2, 600), np.float16)

    def made(pixels: np.ndarray) -> np.ndarray:
        return np.full((len(pixels), 2, 600), 1.5, np.float16)

    def never(pixels: np.ndarray) -> np.ndarray:
        raise AssertionError(f"{len(pixels)} images were looked at again")

    kept = extract_features(tmp_path / "kept", texts(paths), (32, 32), template, made)
    move_by_rounding(tmp_path / "kept", tmp_path / "moved")
    moved = extract_features(tmp_path / "moved", texts(paths), (32, 32), template, never)
    assert 0 < np.mean(moved.values != kept.values) < 0.2
    np.testing.assert_array_equal(moved.image_sizes, kept.image_sizes)


def test_of_known_errors_those_of_the_images_at_hand_are_told(tmp_path: Path):
    errors = [
        {"kind": "wrong_class", "image": "BloodImage_00113.jpg", "object_index": 12},
        {"kind": "wrong_class", "image": "elsewhere.jpg", "object_index": 0},
    ]
    (tmp_path / "known_errors.json").write_text(json.dumps({"errors": errors}))
    dataset = load(ROOT / "examples" / "bccd")
    found = known_errors(tmp_path, dataset).wrong_class
    assert dataset.boxes.record[found].tolist() == [12]


def test_the_page_tells_overlaps_counts_and_known_errors():
    runs = [run(spurious=labels(1, 2)), run(spurious=labels(1))]
    said = page(
        {
            "bccd": Outcome(
                date="2026-11-30",
                machine=Machine("Linux", 2, 8.0, "3.11", 0.1),
                versions={},
                images=364,
                labels=4888,
                compared={"2 seeds": agreement(all_pairs(runs))},
                seeds=2,
                above={"spurious": [2, 1]},
                held={"spurious": Held([1, 1], [0, 1])},
                known=[Known("a.jpg object 3", [1, 2], [0.9, 0.25])],
                cpu_s=[150.4, 120.0],
            )
        }
    )
    assert "| 2 seeds | 1 | 0.50 | none | none | 0.50 | none | 0 of 0 |" in said
    assert "| spurious | 2, 1 | 1, 0 planted | 1, 1 planted |" in said
    assert "| a.jpg object 3 | place 1, 0.90 | place 2, 0.25 |" in said
    assert "seed: 150, 120;" in said
