import numpy as np
import pytest

from labelaudit.auditing.sources.agreement import (
    RESAMPLES,
    Agreement,
    _resampled,
    agreement,
    consensus,
)
from labelaudit.auditing.sources.raters import raters_of_field
from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.testing import drawn_by

pytest.importorskip("krippendorff")

# Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, example C: what four observers
# say of twelve units; alpha of nominal data is .743.
PUBLISHED = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


def people(**drawn: list[str]) -> Dataset:
    """People who each label images `0.jpg`, `1.jpg`, ...; in a `.` they never looked."""
    return drawn_by(
        {
            who: {
                f"{row}.jpg": [box for box in boxes.split("; ") if box]
                for row, boxes in enumerate(some)
                if boxes != "."
            }
            for who, some in drawn.items()
        }
    )


def agreed(dataset: Dataset) -> Agreement:
    raters = raters_of_field(dataset, "annotator")
    return agreement(dataset, raters.people, raters.asked, raters.picture)


def test_alpha_is_that_of_the_published_example():
    rows = {
        f"p{row}": ["." if v == "." else f"class{v} 10 10 40 40" for v in said.split()]
        for row, said in enumerate(PUBLISHED)
    }
    found = agreed(people(**rows))
    assert found.classes.value == pytest.approx(0.743, abs=5e-4)
    assert found.presence.value == pytest.approx(0.743, abs=5e-4)
    assert found.classes.low < 0.743 < found.classes.high
    assert found.pictures == 11  # of the last but one, two looked; of the last, one


CAR, MOVED, BUS, AWAY = "car 10 10 40 40", "car 12 10 42 40", "bus 10 10 40 40", "car 90 90 120 120"


def test_boxes_that_overlap_by_half_are_one_object_of_which_each_has_one():
    found = agreed(people(ann=[CAR], bob=[f"{MOVED}; {AWAY}"], cem=[f"{CAR}; {MOVED}"]))
    boxes = sorted((row >= 0).sum() for row in found.objects.box)
    assert boxes == [1, 2, 2]  # cem has two boxes there, so there are two objects
    half = agreed(people(ann=["car 0 0 20 10"], bob=["car 0 0 10 10"]))
    assert len(half.objects.box) == 1
    less = agreed(people(ann=["car 0 0 21 10"], bob=["car 0 0 10 10"]))
    assert len(less.objects.box) == 2


def test_pairs_say_what_both_drew_and_what_one_alone():
    found = agreed(people(ann=[f"{CAR}; {AWAY}", CAR], bob=[BUS, CAR]))
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.matched, pair.one_class) == ("ann", "bob", 2, 1)
    assert (pair.only_first, pair.only_second, pair.overlap) == (1, 0, 1.0)


def test_the_pair_that_disagrees_most_comes_first():
    found = agreed(people(ann=[CAR] * 4, bob=[CAR] * 4, eve=[BUS, BUS, CAR, CAR]))
    assert [(one.first, one.second) for one in found.pairs][-1] == ("ann", "bob")


def test_who_did_not_label_an_image_says_nothing_of_it():
    found = agreed(people(ann=[CAR, CAR], bob=[CAR, "."], cem=["car 11 10 41 40", CAR]))
    assert all(one.only_first == one.only_second == 0 for one in found.pairs)
    assert np.isnan(found.presence.value)  # all say the same


def test_an_object_that_one_overlooked_lowers_alpha_of_objects_alone():
    seen = [f"{CAR}; bus 60 60 90 90"] * 6
    missed = [f"{CAR}; bus 60 60 90 90"] * 4 + [CAR] * 2
    found = agreed(people(ann=seen, bob=missed))
    assert found.classes.value == 1
    assert 0.5 < found.presence.value < 1
    bus = next(one for one in found.by_class if one.name == "bus")
    assert (bus.objects, bus.agreed) == (6, 4)
    assert [(image, wrong, every) for image, wrong, every in found.worst] == [(4, 1, 2), (5, 1, 2)]


def test_the_consensus_is_what_more_than_half_say():
    dataset = people(
        ann=[f"{CAR}; {AWAY}", CAR],
        bob=["car 14 10 44 40", BUS],
        cem=["bus 12 10 42 40", "truck 10 10 40 40"],
    )
    found = agreed(dataset)
    whole = consensus(dataset, found, raters_of_field(dataset, "annotator").picture)
    assert len(whole.images) == 2
    assert whole.boxes.xyxy.tolist() == [[12.0, 10.0, 42.0, 40.0]]  # the median of three
    derived = DatasetColumns(whole)
    assert [derived.classes[row] for row in derived.box_class.tolist()] == ["car"]


def test_half_is_no_majority():
    dataset = people(ann=[CAR], bob=[AWAY])
    found = agreed(dataset)
    picture = raters_of_field(dataset, "annotator").picture
    assert len(consensus(dataset, found, picture).boxes) == 0


def test_people_who_share_no_image_cannot_be_compared():
    with pytest.raises(ConfigError, match="no image was labelled by two of these: ann, bob"):
        agreed(people(ann=[CAR, "."], bob=[".", CAR]))


def test_a_field_of_one_value_names_no_several_people():
    with pytest.raises(ConfigError, match="does not say of several people"):
        raters_of_field(people(ann=[CAR]), "annotator")


def test_alpha_agrees_with_counting_by_hand_on_random_labels():
    random = np.random.default_rng(3)
    said = random.integers(0, 3, (3, 40))
    rows = {f"p{who}": [f"c{v} 10 10 40 40" for v in some] for who, some in enumerate(said)}
    found = agreed(people(**rows))
    pairs = [(a, b) for unit in said.T.tolist() for i, a in enumerate(unit) for b in unit[i + 1 :]]
    observed = np.mean([a != b for a, b in pairs])
    share = np.bincount(said.ravel()) / said.size
    expected = (1 - (share**2).sum()) * said.size / (said.size - 1)
    assert found.classes.value == pytest.approx(1 - observed / expected)
    assert (found.objects.box != MISSING).all()


def test_resampled_alphas_are_those_of_the_library():
    import krippendorff

    random = np.random.default_rng(4)
    counts = random.multinomial(4, [0.6, 0.3, 0.1], 30)
    picture = np.arange(30) % 7
    times = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), RESAMPLES)
    drawn = _resampled(counts, picture)
    for row in range(5):
        chosen = np.repeat(np.arange(30), times[row][picture])
        expected = krippendorff.alpha(value_counts=counts[chosen], level_of_measurement="nominal")
        assert drawn[row] == pytest.approx(expected)
