import numpy as np
import pytest

from labelaudit.label_errors import estimators
from labelaudit.label_errors.estimators import (
    BinEdges,
    BinnedFeatures,
    gradient_boosting,
    logistic_regression,
)

pytest.importorskip("sklearn")


def test_examples_are_judged_alike_in_slices_of_any_size(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 3))
    features = BinEdges.of(values).binned(values)
    model = gradient_boosting(
        features, values[:, 0] > 0.5, np.ones(400), [1, 0, 0], max_leaf_nodes=6
    )
    whole = model(features)
    monkeypatch.setattr(estimators, "SLICE", 7)
    np.testing.assert_array_equal(model(features), whole)
    assert model(features.rows(slice(0, 0))).shape == (0,)


def test_a_probability_only_rises_with_a_column_of_known_direction():
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 2))
    bin_edges = BinEdges.of(values)
    wrong = values[:, 0] > random.normal(size=400)
    model = gradient_boosting(
        bin_edges.binned(values), wrong, np.ones(400), [1, 0], max_leaf_nodes=6
    )
    along = np.column_stack([np.linspace(-3, 3, 50), np.zeros(50)])
    assert (np.diff(model(bin_edges.binned(along))) >= 0).all()


def test_bins_hold_equally_many_examples_and_keep_the_order():
    random = np.random.default_rng(0)
    values = np.column_stack([random.normal(size=6400), random.integers(0, 3, 6400)])
    bins = BinEdges.of(values).binned(values).bins
    count = np.bincount(bins[:, 0])
    assert len(count) == estimators.BINS - 1
    assert count.min() > 90
    for column, places in zip(values.T, bins.T, strict=True):
        assert (np.diff(places[np.argsort(column)].astype(int)) >= 0).all()
    assert len(np.unique(bins[:, 1])) == 3


def test_what_lies_beyond_all_examples_is_in_the_outermost_bins():
    values = np.linspace(0, 1, 200)[:, None]
    bin_edges = BinEdges.of(values)
    beyond = bin_edges.binned(np.array([[-1e300], [1e300]])).bins
    assert beyond.ravel().tolist() == [0, bin_edges.binned(values).bins.max()]


def test_rows_and_parts_keep_values_and_bins_together():
    values = np.random.default_rng(0).normal(size=(20, 2))
    features = BinEdges.of(values).binned(values)
    parts = [features.rows(np.arange(20) < 5), features.rows(np.arange(5, 20))]
    again = BinnedFeatures.concat(parts)
    assert (again.values == features.values).all()
    assert (again.bins == features.bins).all()


def test_a_regression_is_that_of_scikit_learn_on_standardised_columns():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    values = random.normal(size=(500, 4)) * [1, 100, 1e-3, 0] + [0, 50, 1, 7]
    truth, weight = values[:, 0] > random.normal(size=500), random.uniform(0.2, 2, 500)
    features = BinEdges.of(values).binned(values)
    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=500))
    line.fit(values, truth, logisticregression__sample_weight=weight)
    found = logistic_regression(features, truth, weight, inverse_regularization=0.3)(features)
    np.testing.assert_allclose(found, line.predict_proba(values)[:, 1], atol=1e-12)
