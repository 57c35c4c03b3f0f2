"""The consensus of several people as a COCO file, which every tool reads."""

from __future__ import annotations

from pathlib import Path

from labelaudit.auditing.sources.agreement import Agreement, consensus
from labelaudit.core.columns import Ints
from labelaudit.core.text import counted
from labelaudit.core.whole_files import whole
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS, converter
from labelaudit.io.formats.coco.dictionary import NAME as COCO


def write_consensus(
    dataset: Dataset, found: Agreement, picture: Ints, path: Path, *, overwrite: bool
) -> str:
    """Write what most people say, and say how much that is.

    Parameters
    ----------
    dataset, picture:
        see `auditing.sources.agreement.agreement`.
    found:
        what people agree about.
    path:
        of the file.
    overwrite:
        whether what is there is replaced.
    """
    agreed = consensus(dataset, found, picture)
    with whole(path, overwrite=overwrite) as place:
        converter(FORMATS[COCO])(agreed, place).write()
    left = len(found.objects.picture) - len(agreed.boxes)
    return (
        f"Wrote {path}: {counted(len(agreed.images), 'image')}, "
        f"{counted(len(agreed.boxes), 'box', 'boxes')}; {counted(left, 'object')} without a "
        "majority left out"
    )
