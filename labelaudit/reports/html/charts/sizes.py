"""How large boxes are, against the strides of a network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.run import context_of
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.network.settings import STRIDES
from labelaudit.network.view import LEAST_PART
from labelaudit.reports.html.charts.svg import Chart, Drawing, powers

MOST_CLASSES = 24
"""Classes that are drawn: those of most boxes; as `labelaudit network --plot` has it."""

SPREAD = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Parts of a class's boxes that are below the ends of its lines."""

WIDTH, LEFT, RIGHT, TOP, ROW = 640, 170, 20, 34, 22
"""Of the drawing: its width, what names take, what is free on the right and above, a class."""

CELLS = 32
"""Columns and rows of the picture of widths and heights."""


@dataclass(frozen=True)
class BoxSizes:
    """The sizes of boxes as they are compared with strides."""

    size: Floats  # (m, 2) width and height
    label: Ints  # (m,) index in `classes`
    classes: tuple[str, ...]
    strides: tuple[int, ...]
    unit: str  # px of what
    anchors: tuple[tuple[float, float], ...]
    is_of_network: bool


def box_sizes(scan: Scan) -> BoxSizes:
    """The sizes of all boxes with an inside: as the network sees them, if one was named."""
    audit = context_of(scan.dataset, scan.options, scan.label_issues)
    if scan.options.network is not None:
        view = audit.network_view
        name = view.settings.name or "a network"
        unit = f"px of the input of {name} at {view.settings.size_words}"
        anchors = tuple((float(w), float(h)) for level in view.settings.anchors for w, h in level)
        return BoxSizes(
            view.size, view.label, view.classes, view.settings.strides, unit, anchors, True
        )
    derived = audit.derived
    used = derived.is_valid & derived.in_range & (derived.box_class != MISSING)
    used &= ~np.append(scan.dataset.images.assumed, False)[scan.dataset.boxes.image]
    size, label = scan.dataset.boxes.size[used], derived.box_class[used].astype(np.int64)
    return BoxSizes(size, label, tuple(derived.classes), STRIDES, "px of the images", (), False)


def sides_chart(sizes: BoxSizes) -> Chart:
    """The shorter sides of each class, with strides."""
    shorter = sizes.size.min(axis=1)
    counts = np.bincount(sizes.label, minlength=len(sizes.classes))
    order = [row for row in np.argsort(-counts, kind="stable").tolist() if counts[row]]
    shown = order[:MOST_CLASSES]
    ends = {row: np.quantile(shorter[sizes.label == row], SPREAD).tolist() for row in shown}
    low, high = _range(shorter, sizes.strides)
    height = TOP + ROW * len(shown) + 34
    drawing = Drawing(WIDTH, height)

    def x(value: float) -> float:
        part = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    gone = LEAST_PART * sizes.strides[0]
    if gone > low:
        drawing.rect((LEFT, TOP), (x(gone) - LEFT, ROW * len(shown)), "gone-area")
    for stride in sizes.strides:
        drawing.line((x(stride), TOP - 4), (x(stride), TOP + ROW * len(shown)), "stride")
        drawing.text((x(stride), TOP - 8), f"{stride}", "middle")
    drawing.text((LEFT - 8, TOP - 8), "stride", "end quiet")
    for place, row in enumerate(shown):
        y = TOP + ROW * (place + 0.5)
        least, lower, median, upper, most = map(x, ends[row])
        drawing.text((LEFT - 8, y + 4), beginning(plain(sizes.classes[row]), 24), "end")
        drawing.line((least, y), (most, y), "spread")
        drawing.line((lower, y), (upper, y), "half")
        drawing.dot((median, y), 4, "median")
    base = TOP + ROW * len(shown)
    for value in powers(low, high):
        drawing.line((x(value), base), (x(value), base + 4), "tick")
        drawing.text((x(value), base + 16), f"{value:g}", "middle quiet")
    drawing.text((LEFT, height - 3), f"shorter side, {sizes.unit}", "quiet")
    more = len(order) - len(shown)
    return Chart(
        "sides",
        "Shorter sides of boxes by class, against strides",
        f"{_below(shorter, gone)} A dot is the median, the thick line holds half of the boxes, the "
        "thin one nine of ten."
        + (f" {counted(more, 'more class', 'more classes')} not drawn." if more else "")
        + (
            ""
            if sizes.is_of_network
            else " No network was named (--train-size 320): the strides "
            "are those of most small detectors, and images as large as they are."
        ),
        drawing.markup,
        ("class", "boxes", "5 % below", "25 % below", "median", "75 % below", "95 % below"),
        tuple(
            (sizes.classes[row], f"{counts[row]:,}", *(f"{one:.1f}" for one in ends[row]))
            for row in shown
        ),
    )


def _below(shorter: Floats, limit: float) -> str:
    """How many boxes are so thin that a network cannot see them."""
    count = int(np.count_nonzero(shorter < limit))
    part = 100 * count / max(len(shorter), 1)
    return (
        f"{counted(count, 'box', 'boxes')} ({part:.1f} %) are below {limit:g} px, half of the "
        "finest stride (shaded)."
    )


def _range(shorter: Floats, strides: tuple[int, ...]) -> tuple[float, float]:
    """The sides that are drawn: those of nearly all boxes, with all strides among them."""
    low, high = np.quantile(shorter, (0.001, 1.0)).tolist()
    return max(min(low * 0.8, strides[0] / 4), 0.25), max(high * 1.25, 2.0 * strides[-1])


def shapes_chart(sizes: BoxSizes) -> Chart:
    """How many boxes there are of each width and height, with anchors."""
    edge, left, top = 360.0, 56.0, 10.0
    low, high = np.quantile(sizes.size, (0.001, 1.0)).tolist()
    low, high = max(low * 0.8, 0.5), max(high * 1.1, low * 8, 32.0)
    steps = np.geomspace(low, high, CELLS + 1)
    width, height = np.clip(sizes.size, low, high).T
    counts, _, _ = np.histogram2d(width, height, bins=[steps, steps])
    drawing, cell = Drawing(left + edge + 12, top + edge + 40), edge / CELLS
    drawing.rect((left, top), (edge, edge), "frame")
    most = counts.max(initial=1.0)
    for column, row in zip(*(one.tolist() for one in np.nonzero(counts)), strict=True):
        part = math.log1p(counts[column, row]) / math.log1p(most)
        corner = (left + column * cell, top + edge - (row + 1) * cell)
        drawing.rect(corner, (cell, cell), "heat", fill_opacity=f"{0.15 + 0.85 * part:.2f}")

    def along(value: float) -> float:
        return math.log(min(max(value, low), high) / low) / math.log(high / low) * edge

    ticks = powers(low, high)
    for value in ticks[:: 1 + (len(ticks) > 6)]:
        drawing.text((left + along(value), top + edge + 16), f"{value:g}", "middle quiet")
        drawing.text((left - 6, top + edge - along(value) + 4), f"{value:g}", "end quiet")
    for anchor in sizes.anchors:
        middle = (left + along(anchor[0]), top + edge - along(anchor[1]))
        drawing.line((middle[0] - 5, middle[1]), (middle[0] + 5, middle[1]), "anchor")
        drawing.line((middle[0], middle[1] - 5), (middle[0], middle[1] + 5), "anchor")
    drawing.text((left, top + edge + 34), "width (across) and height (up)", "quiet")
    quantiles = np.quantile(sizes.size, SPREAD, axis=0).T.tolist()
    anchors = f" Crosses are the network's {len(sizes.anchors)} anchors." if sizes.anchors else ""
    return Chart(
        "shapes",
        "Widths and heights of boxes",
        f"{counted(len(sizes.size), 'box', 'boxes')} in {sizes.unit}; the stronger the colour, the "
        f"more boxes.{anchors}",
        drawing.markup,
        ("side", "5 % below", "25 % below", "median", "75 % below", "95 % below"),
        tuple(
            (side, *(f"{one:.1f}" for one in ends))
            for side, ends in zip(("width", "height"), quantiles, strict=True)
        ),
    )
