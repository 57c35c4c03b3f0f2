from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import MaskFault, MaskKind
from labelaudit.testing import one_image, with_columns


@pytest.mark.parametrize("kind", [MaskKind.RLE, MaskKind.COMPRESSED_RLE])
@pytest.mark.parametrize(
    ("fault", "severity", "words"),
    [
        (MaskFault.UNREADABLE, Severity.ERROR, "cannot be read"),
        (MaskFault.EMPTY, Severity.WARNING, "has no foreground"),
        (MaskFault.NOT_FINITE, Severity.ERROR, "has a run that is NaN or infinite"),
        (MaskFault.RLE_SIZE, Severity.ERROR, "is not of the size of the image, 640 x 480"),
        (MaskFault.RLE_COUNTS, Severity.ERROR, "has runs that do not add up to its size"),
    ],
)
def test_each_fault_is_named_and_a_sound_encoding_is_not_found(kind, fault, severity, words):
    dataset = with_columns(
        one_image("crowd 10 10 40 40", "crowd 10 10 40 40 crowd"),
        "masks",
        box=[0, 1],
        kind=[kind, kind],
        fault=[MaskFault.NONE, fault],
    )
    findings = audit(dataset, select=["GEO013"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [severity]
    assert findings.message.tolist() == [f"the run-length encoding of crowd {words}"]


@pytest.mark.parametrize("fault", list(MaskFault))
def test_polygons_are_left_to_another_rule(fault):
    dataset = with_columns(one_image("car 10 10 40 40"), "masks", box=[0], fault=[fault])
    assert len(audit(dataset, select=["GEO013"])) == 0
