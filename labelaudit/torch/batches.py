"""Batches of images of different sizes, with different numbers of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Sample: TypeAlias = tuple[Any, dict[str, Any]]
"""An image, as transforms left it, and its target."""


def collate(samples: Sequence[Sample]) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """The images of a batch and their targets, as torchvision's detection references collate.

    For `DataLoader(dataset, collate_fn=collate)`; torchvision's detectors take lists of both.
    """
    images, targets = zip(*samples, strict=True)
    return images, targets
