"""Which networks are trained on which labels to answer which question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelaudit.detector.config import DetectorConfig, Norm
from labelaudit.label_errors.evaluation.known_errors import Rates

RATES = (0.1, 0.2, 0.4)
"""Shares of the labels that are made wrong."""

SEEDS = (0, 1, 2)
"""Of the head, of the order of images and of planted errors; all networks meet the same errors."""

NETWORKS: Mapping[str, Mapping[str, Any]] = {  # Any: choices of a detector are of any type
    "Lite0, 16 channels": {"backbone": "efficientnet_lite0", "channels": 16},
    "Lite0, 64 channels": {"backbone": "efficientnet_lite0"},
    "Lite2, 64 channels": {"backbone": "tf_efficientnet_lite2"},
}
"""Networks of rising capacity: a smaller head, the default, and a larger backbone."""

NORMS: tuple[Norm, ...] = ("group", "batch", "none")
BATCHES = (2, 8, 16)
"""The default learning rate is for batches of 16; others have it times the root of their share."""

PYRAMIDS: Mapping[str, Mapping[str, Any]] = {  # Any: as above
    "as it comes: depthwise, strides 8 to 32, 1 anchor": {},
    "dense": {"pyramid": "dense"},
    "without the finest level": {"strides": (16, 32)},
    "the coarsest level alone": {"strides": (32,)},
    "3 anchors": {"anchor_ratios": (0.5, 1.0, 2.0)},
    "9 anchors": {
        "anchor_scales": (4.0, 4.0 * 2 ** (1 / 3), 4.0 * 2 ** (2 / 3)),
        "anchor_ratios": (0.5, 1.0, 2.0),
    },
    "half the channels": {"channels": 32},
}
"""Pyramids and anchors; three scales an octave as in RetinaNet, Lin et al. 2017, section 4."""

MERGED = "half the classes, merged in pairs"


@dataclass(frozen=True)
class Trial:
    """One network, trained once."""

    data: str  # digits or bccd
    network: str  # how the tables call it
    config: DetectorConfig
    noise: str = ""  # kind of planted errors; none if empty
    rate: float = 0.0  # share of the labels that are made wrong
    merged: bool = False  # classes in pairs

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        return self.config.seed

    @property
    def rates(self) -> Rates:
        """The errors to plant."""
        if self.noise == ALL:
            return Rates.together(self.rate)
        none = {"flip": 0.0, "shift": 0.0, "spawn": 0.0, "drop": 0.0}
        return Rates(**(none | ({self.noise: self.rate} if self.noise else {})))


ALL = "all kinds"
KINDS = (ALL, "flip", "shift", "spawn", "drop")
"""Planted errors: all kinds in their usual proportion, or one (`known_errors.Rates`)."""


def noise(data: str) -> Iterator[Trial]:
    """Does a smaller network lose more by the same wrong labels?"""
    for seed in SEEDS:
        for network, choices in NETWORKS.items():
            config = DetectorConfig(**choices, seed=seed, device="cpu")
            yield Trial(data, network, config)
            for kind in KINDS:
                for rate in RATES:
                    yield Trial(data, network, config, kind, rate)


def norm(data: str) -> Iterator[Trial]:
    """Is GroupNorm better than BatchNorm in the head, and does it depend on the batch?"""
    for seed in SEEDS:
        for kind in NORMS:
            for batch in BATCHES:
                rate = DetectorConfig.learning_rate * (batch / DetectorConfig.batch) ** 0.5
                config = DetectorConfig(
                    norm=kind, batch=batch, learning_rate=rate, seed=seed, device="cpu"
                )
                yield Trial(data, f"{kind}, batches of {batch}", config)


def pyramid(data: str) -> Iterator[Trial]:
    """What do cheaper pyramids, fewer anchors and fewer classes cost?"""
    for seed in SEEDS:
        for network, choices in PYRAMIDS.items():
            yield Trial(data, network, DetectorConfig(**choices, seed=seed, device="cpu"))
        yield Trial(data, MERGED, DetectorConfig(seed=seed, device="cpu"), merged=True)


QUESTIONS = {"noise": noise, "norm": norm, "pyramid": pyramid}


@dataclass(frozen=True)
class Part:
    """What of a plan is run where there is no time for all of it; None leaves nothing out."""

    seeds: int | None = None  # so many, the first ones
    networks: Sequence[str] | None = None  # by the names of the tables
    kinds: Sequence[str] | None = None  # of noise; labels as published are always in
    rates: Sequence[float] | None = None  # of noise, as above

    def holds(self, trial: Trial) -> bool:
        """Whether a trial is in it."""
        noisy = bool(trial.noise)
        return (
            (self.seeds is None or trial.seed in SEEDS[: self.seeds])
            and (self.networks is None or trial.network in self.networks)
            and (not noisy or self.kinds is None or trial.noise in self.kinds)
            and (not noisy or self.rates is None or trial.rate in self.rates)
        )
