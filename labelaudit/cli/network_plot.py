"""The sizes of boxes against the strides and anchors of a network, as a picture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.auditing.summary.network_summary import AnchorSet, NetworkSummary
from labelaudit.core.markup import in_plot
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.errors import ConfigError
from labelaudit.network.view import LEAST_PART, NetworkView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOXES, NOW, ADVISED, GONE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Of Okabe and Ito, which people of any colour vision tell apart."""

ENDINGS = (".png", ".svg")

MOST_CLASSES = 24
"""Classes that are drawn: those of most boxes; a choice."""

FAINT = 0.3
"""Boxes that would be white, so that one is seen; a choice."""

SPREAD = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Parts of a class's boxes that are below the ends of its lines."""


def check_plot(path: Path) -> None:
    """Raises `ConfigError` unless a picture can be drawn there."""
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(f"{path}: a plot is a {' or '.join(ENDINGS)} file")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path}: there is no such folder to write it in")
    if find_spec("matplotlib") is None:
        raise ConfigError("the plot needs matplotlib: pip install 'labelaudit[plot]'")


def draw_boxes(view: NetworkView, summary: NetworkSummary, path: Path) -> None:
    """Draw widths and heights with anchors, and the shorter sides of each class with strides.

    Parameters
    ----------
    view:
        the boxes.
    summary:
        of them.
    path:
        of the picture, .png or .svg.
    """
    boxes_figure(view, summary).savefig(path, dpi=130, format=path.suffix.lower()[1:])


def boxes_figure(view: NetworkView, summary: NetworkSummary) -> Figure:
    """What `draw_boxes` draws.

    Parameters
    ----------
    view, summary:
        see `draw_boxes`.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second, and not installed by us

    rows = min(len(summary.classes), MOST_CLASSES)
    figure = Figure(figsize=(11, max(4.8, 1.6 + 0.24 * rows)), layout="constrained")
    shapes = figure.add_subplot(1, 2, 1)
    _shapes(shapes, view, summary)
    # Below, not in a corner: there, tall and thin boxes are, or the largest anchors.
    told = shapes.get_legend_handles_labels()
    figure.legend(*told, loc="outside lower left", ncols=3, fontsize=8, frameon=False)
    _sides(figure.add_subplot(1, 2, 2), view, summary)
    name = in_plot(summary.name or "a network")
    boxes = counted(summary.boxes, "box", "boxes")
    figure.suptitle(f"{boxes} as {name} sees them at {view.settings.size_words}", fontsize=11)
    return figure


def _shapes(axes: Axes, view: NetworkView, summary: NetworkSummary) -> None:
    """Width and height of all boxes, with anchors."""
    low, high = _range(view)
    levels = [level for one in summary.anchors for level in one.anchors]
    sides = [side for level in levels for shape in level for side in shape]
    high = max([high, *(1.1 * side for side in sides)])
    if len(view):
        drawn = axes.hexbin(
            *view.size.T,
            gridsize=44,
            xscale="log",
            yscale="log",
            bins="log",
            mincnt=1,
            vmin=FAINT,
            extent=(np.log10(low), np.log10(high), np.log10(low), np.log10(high)),
            cmap="Blues",
            linewidths=0.1,
        )
        bar = axes.figure.colorbar(drawn, ax=axes, label="boxes", shrink=0.7, format="%g")
        bar.ax.minorticks_off()
    _gone(axes, summary, low, both=True)
    known = {one.name: one for one in summary.anchors}
    for name, colour, marker in (("as advised", ADVISED, "s"), ("as they are", NOW, "x")):
        if name in known:
            _draw_anchors(axes, known[name], colour, marker)
    axes.set(
        xlim=(low, high), ylim=(low, high), xlabel="width, px of the input", ylabel="height, px"
    )
    axes.set_aspect("equal")
    _plain_ticks(axes, low, high, both=True)
    axes.set_title("Boxes and anchors", fontsize=10)


def _draw_anchors(axes: Axes, one: AnchorSet, colour: str, marker: str) -> None:
    shapes = [shape for level in one.anchors for shape in level]
    axes.plot(
        *np.array(shapes).T,
        linestyle="",
        marker=marker,
        markersize=8,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=1.8,
        label=f"anchors {one.name} ({100 * one.matched:.0f} % matched)",
    )


def _sides(axes: Axes, view: NetworkView, summary: NetworkSummary) -> None:
    """The shorter sides of each class, with strides."""
    low, high = _range(view)
    shown = summary.classes[:MOST_CLASSES][::-1]
    for place, row in enumerate(shown):
        mine = view.size[view.label == view.classes.index(row.name)].min(axis=1)
        ends = np.quantile(mine, SPREAD)
        axes.plot(ends[[0, -1]], [place, place], color=BOXES, linewidth=1)
        axes.plot(ends[[1, -2]], [place, place], color=BOXES, linewidth=4, solid_capstyle="butt")
        axes.plot(ends[2], place, color="white", marker="o", markersize=4, markeredgecolor=BOXES)
    _gone(axes, summary, low, both=False)
    for place, stride in enumerate(one for one in summary.strides if one < high):
        axes.axvline(stride, color="#444444", linestyle=":", linewidth=1)
        axes.annotate(
            f"{stride}" if place else f"stride {stride}",
            (stride, 1.0),
            (2, -9),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=7,
            color="#444444",
        )
    names = [f"{in_plot(beginning(plain(row.name), 24))} ({row.boxes:,})" for row in shown]
    axes.set_yticks(range(len(shown)), names, fontsize=8)
    axes.set(
        xscale="log",
        xlim=(low, high),
        ylim=(-0.7, max(len(shown), 1) + 0.3),
        xlabel="shorter side, px of the input",
    )
    _plain_ticks(axes, low, high, both=False)
    axes.set_title("By class: median, half and nine of ten boxes", fontsize=10)


def _range(view: NetworkView) -> tuple[float, float]:
    """The sizes that are drawn: those of nearly all boxes, half of the finest stride among them."""
    least = LEAST_PART * view.settings.strides[0] / 2
    if not len(view):
        return least, float(max(view.settings.train_size))
    low, high = np.quantile(view.size, (0.001, 1.0)).tolist()
    return max(min(low * 0.8, least), 0.1), max(high * 1.25, 4 * least)


def _gone(axes: Axes, summary: NetworkSummary, low: float, *, both: bool) -> None:
    """Shade where boxes vanish."""
    end = LEAST_PART * summary.strides[0]
    axes.axvspan(low, end, color=GONE, alpha=0.2, linewidth=0, label=f"vanish: below {end:g} px")
    if both:
        axes.axhspan(low, end, color=GONE, alpha=0.2, linewidth=0)


def _plain_ticks(axes: Axes, low: float, high: float, *, both: bool) -> None:
    """Powers of two as plain numbers."""
    first, last = int(np.ceil(np.log2(low))), int(np.floor(np.log2(high)))
    places = [2.0**power for power in range(first, last + 1)]
    names = [f"{place:g}" for place in places]
    axes.set_xticks(places, names, minor=False)
    axes.set_xticks([], minor=True)
    if both:
        axes.set_yticks(places, names, minor=False)
        axes.set_yticks([], minor=True)
