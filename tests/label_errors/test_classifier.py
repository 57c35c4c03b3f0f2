import numpy as np
import pytest

from labelaudit.label_errors.classifier import (
    BOUND_FACTOR,
    FIRST_PRIOR,
    GROUPS,
    MAX_PRIOR,
    MIN_PRIOR,
    HumanVerdicts,
    TrainingSet,
    estimate_prior,
    fit_predict,
    image_groups,
    probability_of_any,
)


def drawn(rng, count, *, wrong, strength=3.0):
    """Two columns of which the first is larger for wrong examples, and a third of no direction."""
    features = rng.normal(0, 1, (count, 3))
    features[wrong, :2] += strength
    return TrainingSet(features, rng.integers(0, GROUPS, count))


def judged(seed=0, rate=0.05, count=2000, strength=3.0, human_verdicts=None, **settings):
    rng = np.random.default_rng(seed)
    wrong = rng.random(count) < rate
    given = drawn(rng, count, wrong=wrong, strength=strength)
    errors = drawn(rng, count, wrong=np.ones(count, bool), strength=strength)
    human_verdicts = (
        human_verdicts(wrong) if human_verdicts else HumanVerdicts(np.zeros(count, bool))
    )
    options = {"rounds": 3, "seed": 0, "self_training": True} | settings
    found = fit_predict(given, {"loose_box": errors}, [1, 1, 0], human_verdicts, **options)
    return wrong, found.probability["loose_box"]


def fitted(given, errors, constraints=(1, 1, 0), human_verdicts=None, **settings):
    """The probabilities of an error "e" with three rounds of self-training, but for settings."""
    human_verdicts = human_verdicts or HumanVerdicts.nothing(len(given))
    options = {"rounds": 3, "seed": 0, "self_training": True} | settings
    return fit_predict(given, {"e": errors}, constraints, human_verdicts, **options)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.1])
def test_probabilities_are_about_as_frequent_as_errors(rate):
    wrong, probability = judged(rate=rate)
    assert probability.sum() == pytest.approx(wrong.sum(), rel=0.35)
    sure = probability > 0.8
    assert wrong[sure].mean() > 0.8
    assert wrong[probability < 0.05].mean() < 0.02


def test_where_nothing_is_wrong_hardly_anything_is_suspected():
    _, probability = judged(rate=0)
    assert (probability > 0.5).mean() < 0.005
    assert probability.sum() < 0.02 * len(probability)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.1])
def test_errors_are_counted_before_anything_is_known_of_right_labels(rate):
    rng = np.random.default_rng(0)
    # Evidence that no right label has is 1 / rate times as frequent among errors.
    ratio = np.where(rng.random(1000) < 0.5, 1 / rate, rng.uniform(0, 1 / rate, 1000))
    assert estimate_prior(ratio) == pytest.approx(rate, rel=0.01)


def test_a_count_stays_within_bounds():
    assert estimate_prior(np.full(9, 1e9)) == MIN_PRIOR
    assert estimate_prior(np.full(9, 0.1)) == MAX_PRIOR


def test_more_evidence_never_makes_an_error_less_probable_by_much():
    rng = np.random.default_rng(1)
    given = drawn(rng, 1000, wrong=np.zeros(1000, bool))
    given.features[:50] = 0
    given.features[:50, 0] = np.linspace(-3, 6, 50)
    given.group[:50] = 0  # judged by the same model
    errors = drawn(rng, 500, wrong=np.ones(500, bool))
    found = fitted(given, errors, rounds=2).probability["e"][:50]
    assert (np.diff(found) >= -1e-9).all()


def test_a_person_is_believed_and_moves_the_others():
    def half_told(wrong):
        looked = np.arange(len(wrong)) < len(wrong) // 2
        return HumanVerdicts(looked & ~wrong, {"loose_box": looked & wrong})

    wrong, without = judged(strength=1.2)
    _, human_verdicts = judged(strength=1.2, human_verdicts=half_told)
    half = len(wrong) // 2
    assert (human_verdicts[:half] == wrong[:half]).all()
    assert (human_verdicts[half:] != without[half:]).any()


def of_alike(strength, told_right=0, told_wrong=0):
    """The mean probability of 40 labels that are like 40 others, some of which a person judged."""
    rng = np.random.default_rng(0)
    given = drawn(rng, 600, wrong=np.arange(600) < 80, strength=strength)
    errors = drawn(rng, 300, wrong=np.ones(300, bool))
    human_verdicts = HumanVerdicts(np.arange(600) < told_right, {"e": np.arange(600) < told_wrong})
    found = fitted(given, errors, human_verdicts=human_verdicts)
    return found.probability["e"][40:80].mean()


def test_labels_that_a_person_called_right_weigh_more_than_those_nobody_looked_at():
    # With the weight of any other label it would be three quarters.
    assert of_alike(3.0, told_right=40) < 0.55 * of_alike(3.0)


def test_labels_that_a_person_called_wrong_weigh_more_than_synthetic_errors():
    # With the weight of one that was made up it would be a quarter more.
    assert of_alike(1.0, told_wrong=40) > 1.5 * of_alike(1.0)


def test_an_error_with_hardly_any_examples_is_not_judged():
    rng = np.random.default_rng(0)
    given = drawn(rng, 100, wrong=np.zeros(100, bool))
    few = drawn(rng, 4, wrong=np.ones(4, bool))
    assert fitted(given, few).probability == {}


def test_one_round_is_refused_as_it_only_estimates_priors():
    with pytest.raises(ValueError, match="rounds must be 2 or more, found 1"):
        judged(count=100, rounds=1)


def weak(rate, **settings):
    """What is made of labels by a detector that sees a third of right ones as badly as errors."""
    rng = np.random.default_rng(0)
    wrong = rng.random(2000) < rate
    given = drawn(rng, 2000, wrong=wrong | (rng.random(2000) < 1 / 3))
    errors = drawn(rng, 1000, wrong=np.ones(1000, bool))
    return fitted(given, errors, **settings)


def test_without_self_training_a_weak_detector_doubts_no_more_than_is_expected():
    trained, left_alone = weak(0.0), weak(0.0, self_training=False)
    assert trained.probability["e"].sum() > 0.08 * 2000
    assert left_alone.probability["e"].sum() < 1.1 * FIRST_PRIOR * 2000


def test_without_self_training_an_estimate_may_lower_what_is_expected():
    _, probability = judged(rate=0, self_training=False)
    assert probability.sum() < 0.02 * len(probability)  # below `FIRST_PRIOR`


def test_without_self_training_two_rounds_are_enough():
    two, five = (weak(0.05, self_training=False, rounds=rounds) for rounds in (2, 5))
    assert (two.probability["e"] == five.probability["e"]).all()
    trained = [weak(0.05, rounds=rounds).probability["e"] for rounds in (2, 5)]
    assert (trained[0] != trained[1]).any()


def test_a_share_that_nothing_bounds_is_not_known():
    assert np.isnan(weak(0.0).max_share["e"])
    rng = np.random.default_rng(0)
    given = drawn(rng, 1000, wrong=np.zeros(1000, bool), strength=5)
    errors = drawn(rng, 500, wrong=np.ones(500, bool), strength=5)
    share = fitted(given, errors).max_share["e"]
    assert BOUND_FACTOR * MIN_PRIOR <= share < BOUND_FACTOR * FIRST_PRIOR


def test_a_share_is_twice_what_is_estimated():
    rng = np.random.default_rng(0)
    given = drawn(rng, 1000, wrong=np.zeros(1000, bool), strength=9)
    errors = drawn(rng, 500, wrong=np.ones(500, bool), strength=9)
    assert fitted(given, errors).max_share["e"] == pytest.approx(0.02)  # twice `MIN_PRIOR`


def test_labels_of_one_image_group_only_are_no_obstacle():
    rng = np.random.default_rng(0)
    given = TrainingSet(rng.normal(0, 1, (50, 2)), np.zeros(50, int))
    errors = TrainingSet(rng.normal(2, 1, (50, 2)), np.zeros(50, int))
    assert fitted(given, errors, [1, 1]).probability["e"].tolist() == [0.0] * 50


def test_groups_have_equally_many_images():
    assert np.bincount(image_groups(52, seed=3)).tolist() == [11, 11, 10, 10, 10]


def test_any_error_is_the_contrary_of_none():
    found = {"a": np.array([0.5, 0.0]), "b": np.array([0.5, 0.2])}
    assert probability_of_any(found, 2).tolist() == pytest.approx([0.75, 0.2])
    assert probability_of_any({}, 2).tolist() == [0.0, 0.0]


def test_models_do_not_read_the_columns_that_their_error_leaves_out():
    rng = np.random.default_rng(0)
    wrong = rng.random(1500) < 0.1
    given = drawn(rng, 1500, wrong=wrong)
    errors = drawn(rng, 1500, wrong=np.ones(1500, bool))
    telling = TrainingSet(given.features[:, :2], given.group)
    only = TrainingSet(errors.features[:, :2], errors.group)
    less = fitted(telling, only, constraints=(1, 1)).probability["e"]
    masked = fitted(given, errors, constraints=(1, 1, 0), unread={"e": [2]}).probability["e"]
    assert masked == pytest.approx(less, abs=1e-6)
    other = fitted(given, errors, constraints=(1, 1, 0), unread={"another": [2]})
    assert np.abs(other.probability["e"] - less).max() > 1e-3
