import numpy as np
import pytest

from labelaudit.boxes import overlaps as module
from labelaudit.boxes import pairs as pairs_module
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import champion, matches, max_by_row, overlaps
from labelaudit.core.columns import MISSING


def boxes(rng, count, images):
    low = rng.integers(0, 40, (count, 2)).astype(float)
    return rng.integers(0, images, count), np.hstack([low, low + rng.integers(0, 20, (count, 2))])


def every_pair(image, xyxy, other_image, other_xyxy):
    """Brute force: (box, other, overlap) of each pair in one image that overlaps."""
    for one in range(len(image)):
        for other in range(len(other_image)):
            overlap = iou(xyxy[[one]], other_xyxy[[other]])[0]
            if image[one] == other_image[other] and overlap > 0:
                yield one, other, overlap


@pytest.mark.parametrize("chunk", [1, 7, 1 << 19])
@pytest.mark.parametrize("seed", range(3))
def test_meetings_are_those_of_all_pairs(seed, chunk, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    rng = np.random.default_rng(seed)
    one, other = boxes(rng, 40, 5), boxes(rng, 30, 6)
    met = overlaps(*one, *other)
    expected = sorted(every_pair(*one, *other))
    found = sorted(zip(met.one.tolist(), met.other.tolist(), met.overlap.tolist(), strict=True))
    assert [pair[:2] for pair in found] == [pair[:2] for pair in expected]
    assert np.allclose([pair[2] for pair in found], [pair[2] for pair in expected])


def test_nothing_meets_nothing():
    none = np.zeros(0, np.int32), np.zeros((0, 4))
    some = np.zeros(1, np.int32), np.array([[0.0, 0, 9, 9]])
    assert len(overlaps(*none, *some)) == len(overlaps(*some, *none)) == 0


def test_boxes_without_numbers_meet_nothing():
    broken = np.zeros(1, np.int32), np.full((1, 4), np.nan)
    some = np.zeros(1, np.int32), np.array([[0.0, 0, 9, 9]])
    assert len(overlaps(*broken, *some)) == 0


def test_the_champion_is_the_first_of_equals_and_a_row_without_values_has_none():
    row, value = np.array([2, 0, 2, 2]), np.array([0.5, 0.0, 0.7, 0.7])
    assert champion(row, value, 4).tolist() == [1, MISSING, 2, MISSING]
    assert max_by_row(row, value, 4).tolist() == [0.0, 0.0, 0.7, 0.0]


def test_boxes_come_image_by_image_however_unlike_their_numbers_are():
    rng = np.random.default_rng(0)
    image = np.concatenate([np.zeros(300, int), np.full(3, 7), np.arange(1, 7)])
    _, xyxy = boxes(rng, len(image), 1)
    order = rng.permutation(len(image))
    some = image[order], xyxy[order]
    met = overlaps(*some, *some)
    assert sorted(zip(met.one.tolist(), met.other.tolist(), strict=True)) == [
        pair[:2] for pair in sorted(every_pair(*some, *some))
    ]
    assert (np.diff(met.one) >= 0).all()
    assert (np.diff(met.other)[np.diff(met.one) == 0] > 0).all()


def test_a_box_without_an_image_does_not_meet_the_boxes_of_the_first_or_last_image():
    image, xyxy = np.array([MISSING, 0, 2]), np.array([[0.0, 0, 9, 9]] * 3)
    met = overlaps(image[:1], xyxy[:1], image[1:], xyxy[1:])
    assert len(met) == 0


def test_boxes_without_an_image_do_not_overlap_each_other():
    image, xyxy = np.array([MISSING, 2, MISSING]), np.array([[0.0, 0, 9, 9]] * 3)
    for found in (overlaps(image, xyxy, image, xyxy), matched(image, xyxy, image, xyxy)):
        assert (found.one.tolist(), found.other.tolist()) == ([1], [1])


def matched(*tables, at_least=0.5):
    return matches(*tables, min_overlap=at_least)


BROKEN = np.array(
    [
        [np.nan, 0, 9, 9],
        [0, 0, np.inf, 9],
        [-np.inf, -np.inf, np.inf, np.inf],
        [9, 9, 0, 0],
        [0, 9, 9, 0],
        [4, 4, 4, 4],
        [0, 0, 9, 0],
    ]
)


@pytest.mark.parametrize("at_least", [1e-9, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_matches_are_all_pairs_that_overlap_enough_in_the_order_of_the_tables(seed, at_least):
    rng = np.random.default_rng(seed)
    tables = [boxes(rng, count, 5) for count in (60, 80)]
    tables = [
        (np.append(image, rng.integers(MISSING, 5, 10)), np.vstack([xyxy, xyxy[:3], BROKEN]))
        for image, xyxy in tables
    ]
    tables[1][1][:20] = tables[0][1][:20]
    with np.errstate(invalid="ignore"):
        expected = [pair for pair in every_pair(*tables[0], *tables[1]) if pair[2] >= at_least]
    expected = [pair for pair in expected if tables[0][0][pair[0]] != MISSING]
    found = matched(*tables[0], *tables[1], at_least=at_least)
    rows = zip(found.one.tolist(), found.other.tolist(), found.overlap.tolist(), strict=True)
    assert list(rows) == expected
    assert len(expected) >= 3


@pytest.mark.parametrize("compiled", [True, False])
def test_broken_boxes_match_nothing_in_a_crowd_either(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(pairs_module, "_sweep_loop", None)
    rng = np.random.default_rng(0)
    tables = [boxes(rng, 60, 1) for _ in range(2)]
    tables = [(np.append(image, [0] * 7), np.vstack([xyxy, BROKEN])) for image, xyxy in tables]
    with np.errstate(invalid="ignore"):
        expected = [pair for pair in every_pair(*tables[0], *tables[1]) if pair[2] >= 0.3]
    found = matched(*tables[0], *tables[1], at_least=0.3)
    assert list(zip(found.one.tolist(), found.other.tolist(), strict=True)) == [
        pair[:2] for pair in expected
    ]


def test_two_boxes_match_at_the_least_overlap_and_not_below():
    box, half = np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 10, 5]])
    here = np.zeros(1, np.int32)
    assert len(matched(here, box, here, half)) == 1
    assert len(matched(here, box, here, half - [0, 0, 0, 0.001])) == 0


def test_boxes_of_one_table_do_not_match_each_other():
    none = np.zeros(0, np.int32), np.zeros((0, 4))
    twice = np.zeros(2, np.int32), np.array([[0.0, 0, 9, 9]] * 2)
    assert len(matched(*twice, *none)) == len(matched(*none, *twice)) == 0


def test_a_box_at_the_end_of_the_world_matches_itself_and_hides_no_other():
    xyxy = np.array([[0.0, 0, 9, 9], [1e18, 0, 1e18 + 1e4, 9], [-1e300, -1e300, 1e300, 1e300]])
    image = np.array([0, 0, 1], np.int32)
    found = matched(image, xyxy, image, xyxy)
    assert (found.one.tolist(), found.other.tolist()) == ([0, 1], [0, 1])
