"""Whether labels that a model holds for so probably wrong are wrong so often."""

from __future__ import annotations

from labelaudit.auditing.scan import Scan
from labelaudit.boxes.metrics import calibration_error, likely_shares, reliability_bins
from labelaudit.core.text import counted
from labelaudit.reports.html.charts.svg import Chart, Drawing

EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Of the ranges of probability: most labels are hardly doubted; a choice."""

LEAST = 20
"""Judged labels from which the chart says anything; a choice."""

EDGE, LEFT, TOP = 340.0, 60.0, 12.0
"""Of the drawing: the length of its axes, and what is free to the left and above."""


def calibration_chart(scan: Scan) -> Chart | None:
    """How often judged labels are wrong, by probability; None where nobody knows one of both."""
    issues, judged = scan.label_issues, scan.judged_boxes
    if issues is None or not issues.boxes_calibrated or scan.fixed:
        return None
    judged = judged.rows(issues.boxes.was_scored[judged.box])
    if len(judged) < LEAST:
        return None
    bins = reliability_bins(issues.boxes.wrong[judged.box], judged.is_wrong, EDGES)
    drawing = Drawing(LEFT + EDGE + 12, TOP + EDGE + 42)
    drawing.rect((LEFT, TOP), (EDGE, EDGE), "frame")
    drawing.line((LEFT, TOP + EDGE), (LEFT + EDGE, TOP), "diagonal")
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.text((LEFT + part * EDGE, TOP + EDGE + 16), f"{part:g}", "middle quiet")
        drawing.text((LEFT - 6, TOP + (1 - part) * EDGE + 4), f"{part:g}", "end quiet")
    rows = []
    columns = (bins.low, bins.high, bins.size, bins.expected, bins.observed)
    for low, high, size, expected, observed in zip(*(c.tolist() for c in columns), strict=True):
        least, most = likely_shares(observed, size)
        x = LEFT + expected * EDGE
        drawing.line((x, TOP + (1 - least) * EDGE), (x, TOP + (1 - most) * EDGE), "measured")
        drawing.dot((x, TOP + (1 - observed) * EDGE), 4, "median")
        limits = f"{100 * least:.0f} to {100 * most:.0f} %"
        shares = (f"{100 * expected:.0f} %", f"{100 * observed:.0f} %")
        rows.append((f"{low:g} to {high:g}", f"{size:,}", *shares, limits))
    words = "probability (across), part found wrong (up)"
    drawing.text((LEFT - 40, TOP + EDGE + 36), words, "quiet")
    return Chart(
        "calibration",
        "Probabilities against what people found",
        f"{counted(len(judged), 'judged label')} by the probability that a model gives each to be "
        "wrong; on the dashed line, both agree. Mean distance "
        f"{calibration_error(bins):.3f}; lines are 95 % limits. The same verdicts tie the "
        "probabilities down: on other labels they may be farther off.",
        drawing.markup,
        ("probability", "judged", "expected wrong", "found wrong", "95 % limits"),
        tuple(rows),
    )
