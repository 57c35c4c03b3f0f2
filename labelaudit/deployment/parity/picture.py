"""A parity report as a picture: how far each layer is off, in the order in which they run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.deployment.parity.report import ParityReport
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 1e-9
"""Differences below it are drawn here: a logarithm has no 0."""

MOST = 10.0
"""Differences above it, infinite ones too, are drawn here."""


def check_drawable(path: Path) -> None:
    """Raises `ConfigError` unless matplotlib is there and the file is a .png or .svg."""
    if path.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"{path}: a plot is a .png or an .svg")
    if find_spec("matplotlib") is None:
        raise ConfigError("a plot needs matplotlib: pip install 'labelaudit[plot]'")


def parity_picture(report: ParityReport, path: Path) -> None:
    """Draw a report as a .png or .svg.

    Raises
    ------
    ConfigError
        as `check_drawable`.
    """
    check_drawable(path)
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second, and not installed by us

    figure = Figure(figsize=(9, 4.6), layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=(4, 1 if report.times else 1e-3))
    _layers(figure.add_subplot(grid[0]), report)
    if report.times:
        _times(figure.add_subplot(grid[1]), report)
    verdict = "parity" if report.passes else f"no parity, from {report.first} on"
    causes = "; ".join(f"{cause.title}: {cause.what}" for cause in report.diagnosis.causes)
    lines = [f"{report.target}: {verdict}", *([causes[:120]] if causes else [])]
    figure.suptitle("\n".join(lines), fontsize=10)
    figure.savefig(path, dpi=150)


def _layers(axes: Axes, report: ParityReport) -> None:
    """The largest and the median difference of each layer and output."""
    rows = [*report.layers, *report.outputs]
    place = np.arange(len(rows))
    for name, values, marker in (
        ("largest", [row.relative for row in rows], "o"),
        ("median", [row.typical_relative for row in rows], "."),
    ):
        axes.plot(place, np.clip(values, LEAST, MOST), marker, markersize=4, label=name)
    axes.axhline(report.tolerance, color="grey", linestyle="--", linewidth=1, label="tolerance")
    names = [row.name for row in rows]
    if report.first in names:
        at = names.index(report.first)
        axes.axvline(at, color="tab:red", linewidth=1, label="first beyond tolerance")
    for part, color in (("backbone", "0.96"), ("head", "0.90")):
        inside = [at for at, name in enumerate(names) if name.startswith(part)]
        if inside:
            axes.axvspan(inside[0] - 0.5, inside[-1] + 0.5, color=color, zorder=0)
            axes.text(inside[0], 3, f" {part}", fontsize=8, color="0.4")
    axes.set(
        yscale="log",
        ylim=(LEAST / 2, MOST * 2),
        ylabel="difference, as a part of the largest value",
        xlabel=f"layers in the order in which they run, then outputs ({report.images} images)",
    )
    axes.legend(fontsize=8, loc="lower right")


def _times(axes: Axes, report: ParityReport) -> None:
    """Milliseconds an image."""
    place = np.arange(len(report.times))
    axes.bar(place - 0.2, [one.torch_ms for one in report.times], 0.4, label="torch")
    axes.bar(place + 0.2, [one.deployed_ms for one in report.times], 0.4, label=report.target)
    axes.set_xticks(place, [f"{one.threads}" for one in report.times])
    axes.set(xlabel="threads", ylabel="ms an image")
    axes.legend(fontsize=8)
