"""How far two sets of numbers are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.deployment.target import Outputs
from labelaudit.training.inference import Float32s

UNIT = ("scores", "detection_scores")
"""Outputs that are parts of 1: their differences are not divided by the largest of them."""

LEAST_SCALE = 1e-6
"""Layers that give less than this everywhere give nothing."""


@dataclass(frozen=True)
class LayerDifference:
    """A layer or an output, as the network has it and as the device does."""

    name: str
    largest: float  # difference of two values; inf where one of them is no number
    typical: float  # median difference
    scale: float  # the largest value of the network; 1 for scores
    tolerance: float  # part of the scale

    @property
    def relative(self) -> float:
        """The largest difference as a part of the scale."""
        return self.largest / self.scale

    @property
    def typical_relative(self) -> float:
        """The median difference as a part of the scale."""
        return self.typical / self.scale

    @property
    def is_within(self) -> bool:
        """Whether no difference is beyond the tolerance."""
        return self.relative <= self.tolerance


def difference(
    name: str, expected: Float32s, observed: Float32s, tolerance: float
) -> LayerDifference:
    """How far a layer or an output of the device is from the network's.

    Parameters
    ----------
    name: of the layer or output.
    expected: of the network.
    observed: of the device, of the same shape.
    tolerance: part of the scale that counts as the same.
    """
    if expected.size == 0:
        return LayerDifference(name, 0.0, 0.0, 1.0, tolerance)
    apart = gaps(expected, observed)
    return LayerDifference(
        name, float(apart.max()), float(np.median(apart)), scale_of(name, expected), tolerance
    )


def differences(expected: Outputs, observed: Outputs, tolerance: float) -> list[LayerDifference]:
    """One for each name that both have in the same shape, in the order of `expected`.

    Parameters
    ----------
    expected: of the network.
    observed: of the device.
    tolerance: part of the scale that counts as the same.
    """
    return [
        difference(name, values, observed[name], tolerance)
        for name, values in expected.items()
        if name in observed and observed[name].shape == values.shape
    ]


def gaps(expected: Float32s, observed: Float32s) -> Floats:
    """The distance of each value, flat; infinite where one of two is no number and the other is.

    Two that are not finite in the same way are 0 apart.
    """
    a, b = expected.ravel().astype(np.float64), observed.ravel().astype(np.float64)
    apart = np.full(len(a), np.inf)
    finite = np.isfinite(a) & np.isfinite(b)
    apart[finite] = np.abs(a[finite] - b[finite])
    apart[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
    return apart


def distance(expected: Float32s, observed: Float32s) -> float:
    """The mean distance of values; one that is no number counts as the largest number of all."""
    apart = gaps(expected, observed)
    if not len(apart):
        return 0.0
    finite = np.concatenate([expected.ravel(), observed.ravel()])
    finite = finite[np.isfinite(finite)]
    most = max(float(np.abs(finite).max(initial=0)), LEAST_SCALE)
    return float(np.where(np.isfinite(apart), apart, most).mean())


def scale_of(name: str, expected: Float32s) -> float:
    """What differences are measured by: 1 for scores, else the largest value of the network."""
    if name in UNIT:
        return 1.0
    finite = expected[np.isfinite(expected)]
    return max(float(np.abs(finite).max(initial=0)), LEAST_SCALE)


def concatenated(parts: list[Mapping[str, Float32s]]) -> Outputs:
    """Outputs of some images after those of others; names that all have."""
    names = [name for name in parts[0] if all(name in part for part in parts)] if parts else []
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
