from __future__ import annotations

import numpy as np

from labelaudit.dataset import OutlineFault, OutlineKind
from labelaudit.evidence import Audit
from labelaudit.findings import Severity
from labelaudit.rulemaking import Found, found, rule

FAULTS = {
    OutlineFault.UNREADABLE: (Severity.ERROR, "cannot be read"),
    OutlineFault.EMPTY: (Severity.WARNING, "has no foreground"),
    OutlineFault.NOT_FINITE: (Severity.ERROR, "has a run that is NaN or infinite"),
    OutlineFault.RLE_SIZE: (Severity.ERROR, "is not of the size of the image, {size}"),
    OutlineFault.RLE_COUNTS: (Severity.ERROR, "has runs that do not add up to its size"),
}
"""How bad each fault is, and what to say of the encoding."""


@rule(
    "GEO013",
    "invalid-rle",
    message="the run-length encoding of {label} {fault}",
    severity=Severity.ERROR,
)
def invalid_rle(audit: Audit) -> Found:
    """A mask in a run-length encoding that cannot be decoded, or not to the size of its image.

    Why it hurts: pycocotools reads and writes outside its memory when runs add up to more than the
    size, which ends the training without a message or, worse, does not. A mask of another size than
    its image has its pixels in other places; often width and height were swapped.

    Example:
        >>> from labelaudit.dataset import OutlineFault, OutlineKind, Outlines
        >>> from labelaudit.testing import one_image, with_columns
        >>> dataset = one_image("crowd 10 10 40 40 crowd")
        >>> outlines = {"box": [0], "kind": [OutlineKind.RLE], "fault": [OutlineFault.RLE_COUNTS]}
        >>> invalid_rle(Audit(with_columns(dataset, "outlines", **outlines))).message
        array(['the run-length encoding of crowd has runs that do not add up to its size'],
              dtype=StringDType())

    Fix: none; the mask has to be encoded again.
    """
    outlines = audit.dataset.outlines
    encoded = outlines.kind != OutlineKind.POLYGON
    row = np.flatnonzero(encoded & np.isin(outlines.fault, list(FAULTS)))
    faults = [FAULTS[OutlineFault(fault)] for fault in outlines.fault[row].tolist()]
    sizes = [f"{w:g} x {h:g}" for w, h in audit.image_size_of(outlines.box[row]).tolist()]
    return found(
        outlines.box[row],
        severity=[severity for severity, _ in faults],
        fault=[words.format(size=size) for (_, words), size in zip(faults, sizes, strict=True)],
    )
