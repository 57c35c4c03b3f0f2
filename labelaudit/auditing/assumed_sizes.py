"""Pixels of images whose sizes nobody says: no message tells them as a fact."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.core.columns import Rows
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.tables import Images


def with_assumptions(messages: Sequence[str], image: Rows, images: Images) -> list[str]:
    """Messages with the size that is assumed, where they speak of pixels of such an image, (n,).

    Parameters
    ----------
    messages:
        (n,) of findings.
    image:
        (n,) row in Images of each; MISSING if it is about none.
    images:
        of the dataset.
    """
    if not images.assumed.any():
        return list(messages)
    assumed = take_or_missing(images.assumed.astype(int), image) == 1
    sizes = images.size[image].tolist()
    return [
        f"{text} (in an image taken to be {width:g} x {height:g} px)"
        if unsure and " px" in text
        else text
        for text, unsure, (width, height) in zip(messages, assumed.tolist(), sizes, strict=True)
    ]
