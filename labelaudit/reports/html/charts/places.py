"""Where in images boxes lie."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.scan import Scan
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.reports.html.charts.svg import Chart, Drawing

COLUMNS = (8, 32)
"""Of the map, for few boxes and for many, at three rows to four columns; a choice."""

PER_CELL = 4
"""Boxes of a cell in the mean, where columns are neither few nor many; a choice."""

WIDTH, HEIGHT = 448, 336
"""Of the drawing."""

THIRDS = (("top", "middle", "bottom"), ("left", "centre", "right"))


def places_chart(scan: Scan) -> Chart | None:
    """A map of the middles of boxes; None where no box has an image of a known size."""
    derived, boxes = DatasetColumns(scan.dataset), scan.dataset.boxes
    used = derived.is_valid & derived.in_range & np.isfinite(derived.image_size).all(axis=1)
    rows = np.flatnonzero(used)
    if not len(rows):
        return None
    middle = (boxes.xyxy[rows, :2] + boxes.xyxy[rows, 2:]) / 2 / derived.image_size_of(rows)
    inside = ((middle >= 0) & (middle <= 1)).all(axis=1)
    x, y = middle[inside].T
    columns = 4 * round(np.clip((len(rows) / PER_CELL * 4 / 3) ** 0.5, *COLUMNS) / 4)
    lines = columns * 3 // 4
    counts, _, _ = np.histogram2d(y, x, bins=(lines, columns), range=((0, 1), (0, 1)))
    drawing, size = Drawing(WIDTH, HEIGHT), (WIDTH / columns, HEIGHT / lines)
    drawing.rect((0, 0), (WIDTH, HEIGHT), "frame")
    most = counts.max(initial=1.0)
    for row, column in zip(*(one.tolist() for one in np.nonzero(counts)), strict=True):
        part = counts[row, column] / most
        corner = (column * size[0], row * size[1])
        drawing.rect(corner, size, "heat", fill_opacity=f"{0.08 + 0.92 * part:.2f}")
    thirds, _, _ = np.histogram2d(y, x, bins=(3, 3), range=((0, 1), (0, 1)))
    shares = 100 * thirds / max(thirds.sum(), 1)
    outside = int(np.count_nonzero(~inside))
    beyond = f" {counted(outside, 'middle')} beyond the image not drawn." if outside else ""
    return Chart(
        "places",
        "Where in images boxes lie",
        f"The middles of {counted(len(rows), 'box', 'boxes')}, all images scaled to one; the "
        f"fullest cell has {int(most):,}.{beyond}",
        drawing.markup,
        ("part of the image", *THIRDS[1]),
        tuple(
            (name, *(f"{share:.1f} %" for share in line))
            for name, line in zip(THIRDS[0], shares.tolist(), strict=True)
        ),
    )
