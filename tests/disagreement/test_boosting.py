import numpy as np
import pytest

from labelaudit.disagreement import boosting
from labelaudit.disagreement.boosting import boosted

pytest.importorskip("sklearn")


def test_examples_are_judged_alike_in_slices_of_any_size(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(0)
    columns = random.normal(size=(400, 3))
    model = boosted(columns, columns[:, 0] > 0.5, np.ones(400), [1, 0, 0], leaves=6)
    whole = model(columns)
    monkeypatch.setattr(boosting, "SLICE", 7)
    np.testing.assert_array_equal(model(columns), whole)
    assert model(columns[:0]).shape == (0,)


def test_a_probability_only_rises_with_a_column_of_known_direction():
    random = np.random.default_rng(0)
    columns = random.normal(size=(400, 2))
    model = boosted(
        columns, columns[:, 0] > random.normal(size=400), np.ones(400), [1, 0], leaves=6
    )
    along = np.column_stack([np.linspace(-3, 3, 50), np.zeros(50)])
    assert (np.diff(model(along)) >= 0).all()
