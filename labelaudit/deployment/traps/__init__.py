"""Traps of conversion: one file each, which says what frameworks do otherwise and what to do then.

Adding one is one new file here that ends in `TRAPS.add(...)`. A trap makes imitations of what a
device may do; the one that answers as the device does has found the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from labelaudit.core.registry import Registry
from labelaudit.deployment.description import ModelDescription
from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.target import Outputs
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.detector.model.like_device import like_device

Edit: TypeAlias = Callable[[Imitation], Imitation]


@dataclass(frozen=True)
class TrapEvidence:
    """What is known of a deployed model that answers otherwise."""

    imitation: Imitation  # what explains it so far: at first the detector as it is
    description: ModelDescription  # of the file
    expected: Outputs  # of the imitation, layers and outputs
    observed: Outputs  # of the device, the same names


@dataclass(frozen=True)
class TrapVariant:
    """One way in which a device may do otherwise."""

    what: str  # in a few words, after "the device": "pads strided convolutions as TensorFlow does"
    edit: Edit  # from what explains so far to that


def _unsigned(_evidence: TrapEvidence) -> str:
    return ""


@dataclass(frozen=True)
class Trap:
    """A common mistake of conversion."""

    name: str
    title: str
    remedy: str  # what to do about it, in a sentence or two
    variants: Callable[[TrapEvidence], Iterable[TrapVariant]]  # none if it cannot be

    signature: Callable[[TrapEvidence], str] = _unsigned
    """What the numbers themselves say, as `TrapVariant.what`; empty if they do not. For arithmetic
    that is known by its numbers, though no imitation rounds exactly as a device does."""


TRAPS: Registry[Trap] = Registry("trap", "labelaudit.deployment.traps")


def of_settings(what: str, settings: DeviceSettings) -> TrapVariant:
    """The variant that does what a device's settings say."""
    return TrapVariant(what, partial(_with_settings, settings))


def _with_settings(settings: DeviceSettings, imitation: Imitation) -> Imitation:
    return imitation.with_network(like_device(imitation.detector.network, settings))
