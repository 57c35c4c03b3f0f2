"""How well one can see what is in images: brightness and sharpness, from what they look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.images.appearance import Appearance

BLANK = 2.0
"""Standard deviation of grey values up to which nothing is to be seen; a choice.

Noise of a camera is below 1; the least of BCCD, cards and COCO is 11.6.
"""


@dataclass(frozen=True, eq=False)
class Quality:
    """How well one can see what is in each image; NaN of one that was not decoded."""

    brightest: Floats  # (n,) of all but its brightest hundredth, in 0..1
    darkest: Floats  # (n,) of all but its darkest twentieth, in 0..1
    # (n,) variance of the Laplacian over variance, so that faint pictures are not taken for blurred
    sharpness: Floats


def quality(appearance: Appearance) -> Quality:
    """How well one can see what is in images, (n,) of them.

    Source: brightness as cleanvision has it, which takes percentiles of pixels, in grey and of the
    means of 32 x 32 parts here; the variance of the Laplacian is that of Pech-Pacheco et al.,
    "Diatom autofocusing in brightfield microscopy", 2000.
    """
    seen = np.flatnonzero(appearance.seen)
    brightest, darkest, sharpness = np.full((3, len(appearance)), np.nan)
    if len(seen):
        grey = appearance.small[seen].reshape(len(seen), -1)
        brightest[seen], darkest[seen] = np.percentile(grey, [99, 5], axis=1) / 255
        variance = appearance.contrast[seen] ** 2
        sharpness[seen] = appearance.sharpness[seen] / np.maximum(variance, 1e-9)
    return Quality(brightest, darkest, sharpness)
