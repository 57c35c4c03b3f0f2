"""What a training shows: COCO's metrics by class, and figures by epoch as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.markup import in_plot
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.training.metrics import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from labelaudit.training.metrics import ClassMetrics, DetectionMetrics
    from labelaudit.training.model_file import TrainedDetector

HEADINGS = ("mAP", "AP50", "AP75", "small", "medium", "large")
"""Of the figures, in their order."""

MOST_LINES = 8
"""Classes that a plot has a line of; a choice."""


def tables(detector: TrainedDetector, metrics: DetectionMetrics) -> Iterator[Text | Table]:
    """The metrics of a detector for a terminal."""
    facts = detector.facts
    yield Text.assemble(
        (f"{detector.config.backbone}", "bold"),
        f" · {facts['learned']} · epoch {facts['epoch']} of {facts['epochs']}",
    )
    if not metrics.images:
        yield Text("not measured: no image validates")
        return
    what = f"{counted(metrics.images, 'image')}, {counted(metrics.boxes, 'object')}"
    yield heading("Average precision", f"{what}; mAP: IoU .50 to .95")
    table = table_of("", "objects", *HEADINGS, right=1 + len(HEADINGS))
    table.add_row(Text("all", "bold"), f"{metrics.boxes:,}", *_figures(metrics))
    for row in metrics.classes:
        name = beginning(plain(row.name), LONGEST_NAME)
        table.add_row(name, f"{row.boxes:,}", *_figures(row))
    yield table


def as_json(
    detector: TrainedDetector, metrics: DetectionMetrics, path: Path
) -> dict[str, Any]:  # Any: what JSON holds
    """The same for programs.

    Parameters
    ----------
    detector: that was trained.
    metrics: of it.
    path: its file.
    """
    return {
        "schema_version": 1,
        "model": str(path),
        "backbone": detector.config.backbone,
        "input_size": list(detector.input_size),
        "facts": detector.facts,
        "images": metrics.images,
        "boxes": metrics.boxes,
        "metrics": {name: _known(getattr(metrics, name)) for name in NAMES},
        "classes": [
            {
                "name": row.name,
                "boxes": row.boxes,
                **{name: _known(getattr(row, name)) for name in NAMES},
            }
            for row in metrics.classes
        ],
        "notes": list(metrics.notes),
    }


def training_plot(metrics: Path, picture: Path) -> None:
    """Draw loss and metrics by epoch.

    Parameters
    ----------
    metrics: JSON lines, one an epoch.
    picture: a .png or an .svg.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second, and not always installed

    lines = [json.loads(line) for line in metrics.read_text("utf-8").splitlines()]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, precision = figure.subplots(1, 2)
    _draw(loss, lines, [("loss", [line["loss"] for line in lines])])
    loss.set(title="loss", xlabel="epoch", ylim=(0, None))
    classes = list(lines[-1].get("classes", {}))
    curves = [
        ("mAP", [_of(line, "map") for line in lines]),
        ("AP50", [_of(line, "ap50") for line in lines]),
    ]
    if 1 < len(classes) <= MOST_LINES:
        curves += [
            (in_plot(name), [_of(line.get("classes", {}).get(name, {}), "map") for line in lines])
            for name in classes
        ]
    _draw(precision, lines, curves)
    precision.set(title="average precision (of a class: mAP)", xlabel="epoch", ylim=(0, 1))
    precision.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    figure.savefig(picture, dpi=150)


def _draw(
    axes: Axes, lines: list[Mapping[str, Any]], curves: Sequence[tuple[str, list[float]]]
) -> None:  # Any: what JSON holds
    """A line for each curve, a name and its values; those of classes thinner."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  # as above

    epochs = [line["epoch"] for line in lines]
    for place, (name, values) in enumerate(curves):
        width = 2 if place < 2 else 1
        axes.plot(epochs, values, label=name, linewidth=width, marker="." if len(lines) < 2 else "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)


def _of(figures: Mapping[str, Any], name: str) -> float:  # Any: what JSON holds
    value = figures.get(name)
    return math.nan if value is None else float(value)


def _figures(row: DetectionMetrics | ClassMetrics) -> list[str]:
    """The figures of a row; a dash where there is nothing to find.

    >>> from labelaudit.training.metrics import ClassMetrics
    >>> _figures(ClassMetrics("car", 3, .5, 1.0, .25, float("nan"), .5, .5))
    ['.500', '1.000', '.250', '-', '.500', '.500']
    """
    values = (getattr(row, name) for name in NAMES)
    return ["-" if math.isnan(value) else f"{value:.3f}".removeprefix("0") for value in values]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
