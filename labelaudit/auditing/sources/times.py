"""When boxes were drawn, where the labels say it."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.sources.written import is_written, naming
from labelaudit.core.columns import MISSING, Floats
from labelaudit.dataset.fields import Fields
from labelaudit.dataset.tables import Dataset
from labelaudit.dataset.times import seconds_of

WHEN = (
    *("annotated_at", "labeled_at", "labelled_at", "drawn_at", "completed_at", "created_at"),
    *("createdat", "annotation_date", "labeled_on", "annotated_on", "updated_at", "updatedat"),
)
"""What fields are called that say when a box was drawn, the surest first; a choice, after the
exports of annotation tools. `date_captured` of COCO is not among them: it is of the picture."""

LEAST_KNOWN = 0.9
"""Share of the boxes whose time has to be known; a choice."""

_WRITTEN = naming(WHEN)


def times(dataset: Dataset) -> Floats | None:
    """When each box was drawn, (b,), in seconds since 1970, NaN if unknown; None if none says it.

    What a box does not say, its image says. By the first field that is of most boxes.
    """
    if not is_written(_WRITTEN, dataset):
        return None
    fields = Fields(dataset)
    said = {name.lower().rpartition(".")[2]: name for name in fields.called(WHEN)[::-1]}
    for name in filter(None, map(said.get, WHEN)):
        column = fields.column(name)
        seconds = np.append(seconds_of(column.values.tolist()), np.nan)
        found: Floats = np.where(column.box != MISSING, seconds[column.box], np.nan)
        if len(found) and np.isfinite(found).mean() >= LEAST_KNOWN:
            return found
    return None
