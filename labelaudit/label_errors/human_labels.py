"""What people said of labels, and of places where an object may be missing.

Their word is taken for true, and learnt from (docs/method.md, section 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS
from labelaudit.core.columns import TEXT, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.table import Table, column, rows_column

OK = "ok"

HUMAN_VERDICTS = (OK, *(error.value for error in BOX_ERRORS))
"""What a person may say of a label: that it is right, or its error."""


@dataclass(frozen=True, eq=False, repr=False)
class HumanBoxLabels(Table):
    """One row per label that a person looked at; of several about one label the last counts."""

    box: Rows = rows_column()  # (n,) row in Boxes
    verdict: Texts = column(TEXT, fill=OK)  # (n,) one of `HUMAN_VERDICTS`


@dataclass(frozen=True, eq=False, repr=False)
class HumanMissingLabels(Table):
    """One row per place at which a person looked for an object without a label."""

    image: Rows = rows_column()  # (n,) row in Images
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels
    is_missing: Bools = column(bool, fill=False)  # (n,) there is an object without a label


@dataclass(frozen=True, eq=False, repr=False)
class HumanImageCounts(Table):
    """One row per image, drawn with equal chances, in which a person looked for all objects."""

    image: Rows = rows_column()  # (n,) row in Images
    missing: Ints = column(np.int64, fill=0)  # (n,) objects without a label


@dataclass(frozen=True)
class HumanLabels:
    """What people said so far."""

    boxes: HumanBoxLabels = field(default_factory=HumanBoxLabels.empty)
    missing: HumanMissingLabels = field(default_factory=HumanMissingLabels.empty)
    images: HumanImageCounts = field(default_factory=HumanImageCounts.empty)

    @staticmethod
    def concat(parts: Sequence[HumanLabels]) -> HumanLabels:
        """What all `parts` say."""
        return HumanLabels(
            HumanBoxLabels.concat([part.boxes for part in parts]),
            HumanMissingLabels.concat([part.missing for part in parts]),
            HumanImageCounts.concat([part.images for part in parts]),
        )
