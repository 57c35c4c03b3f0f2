"""What findings are worth looking at: how often such findings are right, times what mending helps.

The order of lists and reports, and where the order of a review queue starts from.
"""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.core.columns import Floats

PRIOR = {Severity.ERROR: 0.95, Severity.WARNING: 0.6, Severity.INFO: 0.2}
"""How often findings of a severity are right, before anybody decided about the rule; a choice."""

WORTH = {Severity.ERROR: 1.0, Severity.WARNING: 0.8, Severity.INFO: 0.3}
"""What mending a finding of a severity does for a training, from none to all; a choice."""


def expected_value(findings: Findings) -> Floats:
    """How much each finding is worth, (n,) in [0, 1]: a model's doubt, or `PRIOR`, times `WORTH`.

    >>> found = Findings.of(2, severity=[Severity.ERROR, Severity.WARNING], doubt=[np.nan, 0.9])
    >>> expected_value(found).round(2)
    array([0.95, 0.72])
    """
    prior, worth = (np.array([table[one] for one in Severity]) for table in (PRIOR, WORTH))
    doubt = findings.model_doubt
    right = np.where(np.isnan(doubt), prior[findings.severity], doubt)
    value: Floats = right * worth[findings.severity]
    return value
