"""Images with their labels, and findings before and after their fixes, drawn by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.auditing.findings import Finding, Findings
from labelaudit.auditing.options.arguments import check_findings
from labelaudit.core.extras import check_installed
from labelaudit.core.markup import in_plot
from labelaudit.core.registry import suggestion
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.dataset.arguments import kind_of
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError, ConfigError, UnknownNameError
from labelaudit.images.shown_files import NotShownError
from labelaudit.notebook.marks import GIVEN, Extent, Mark, after, before, drawable, surroundings
from labelaudit.notebook.pictures import BLANK, Pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#f0e442", "#999999")
"""Of classes, in turn: Okabe and Ito's, without that of findings."""

LARGEST = 1600
"""Pixels of the longer side of an image that is drawn; finer than a screen shows."""

MOST_LABELLED = 60
"""Boxes of an image that are drawn with their class written at them; more hide each other."""


def plot_image(
    dataset: Dataset,
    image: int | str,
    *,
    findings: Findings | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw an image with its boxes; see `Dataset.plot`.

    Parameters
    ----------
    dataset, image, findings, axes:
        as there.
    """
    check_installed(("matplotlib",), "plot()", "plot")
    row = image_row(dataset, image)
    if findings is not None:
        check_findings(findings, "plot()")
    boxes = np.flatnonzero(dataset.boxes.image == row)
    names = [*dataset.class_names, ""]
    label = dataset.boxes.label[boxes].tolist()
    marks = [
        Mark(corners, COLOURS[one % len(COLOURS)], names[one])
        for one, corners in zip(label, map(tuple, dataset.boxes.xyxy[boxes].tolist()), strict=True)
        if drawable(corners)
    ]
    axes = _axes(axes, 7.0)
    pictures = Pictures(dataset)
    width, height = pictures.size(row)
    shown = _show(axes, pictures, row, (0, 0, math.ceil(width), math.ceil(height)))
    _outline(axes, marks, written=len(marks) <= MOST_LABELLED)
    about = findings[findings.image == row] if findings is not None else None
    if about is not None:
        wrong = [mark for one in about for mark in before(one) if mark.colour == GIVEN]
        _outline(axes, wrong, written=False, width=2.5)
        _outline(axes, [m for one in about for m in after(one) or () if m.dashed], written=True)
    parts = [in_plot(str(dataset.images.name[row])), counted(len(boxes), "box", "boxes")]
    if about is not None:
        parts.append(counted(len(about), "finding"))
    axes.set_title(", ".join(parts if shown else [*parts, "image not at hand"]), fontsize=9)
    return axes


def plot_findings(
    findings: Findings, most: int, *, columns: int = 3, width: float = 3.2
) -> list[Axes]:
    """Draw the first findings, before and after; see `Findings.plot`.

    Parameters
    ----------
    findings, most, columns, width:
        as there.
    """
    check_installed(("matplotlib",), "plot()", "plot")
    if findings.dataset is None:
        raise ArgumentError(
            "findings are drawn on the images of their dataset, which nobody gave: "
            "findings.replaced(dataset=dataset)"
        )
    if most < 1 or columns < 1:
        raise ConfigError(f"plot() draws 1 finding or more, in 1 column or more, not {most}")
    drawn = [one for one in findings[:most] if one.image is not None]
    if not drawn:
        raise ConfigError("there is no finding about an image to draw")
    from matplotlib import pyplot  # noqa: PLC0415  # half a second, and not installed by us

    columns = min(columns, len(drawn))
    rows = -(-len(drawn) // columns)
    size = (width * columns, 1.15 * width * rows)
    _, every = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    pictures = Pictures(findings.dataset)
    for axes in every.flat[len(drawn) :]:
        axes.set_axis_off()
    for axes, finding in zip(every.flat, drawn, strict=False):
        _finding(axes, pictures, finding)
    return list(every.flat[: len(drawn)])


def image_row(dataset: Dataset, image: object) -> int:
    """The row in Images of an image that is named, or given by its row.

    Raises
    ------
    UnknownNameError
        if there is none.
    ConfigError
        if several have the name.
    """
    count = len(dataset.images)
    if isinstance(image, int | np.integer) and not isinstance(image, bool):
        if not -count <= image < count:
            raise UnknownNameError(f"there is no image {image}: there are {count:,}")
        return int(image) % count
    if not isinstance(image, str):
        raise ArgumentError(f"plot() takes an image's name or row, not {kind_of(image)}")
    names: list[str] = dataset.images.name.tolist()
    rows = [row for row, name in enumerate(names) if name == image] or [
        row for row, name in enumerate(names) if name.rpartition("/")[2] == image
    ]
    if not rows:
        raise UnknownNameError(f"no image is called {image!r}{suggestion(image, names)}")
    if len(rows) > 1:
        shown = ", ".join(map(str, rows[:5]))
        raise ConfigError(f"{len(rows):,} images are called {image!r}: give a row, {shown}")
    return rows[0]


def _axes(axes: Axes | None, width: float) -> Axes:
    """The axes that were given, or new ones in a figure of their own."""
    if axes is not None:
        return axes
    from matplotlib import pyplot  # noqa: PLC0415  # half a second, and not installed by us

    return pyplot.subplots(figsize=(width, width), layout="constrained")[1]


def _finding(axes: Axes, pictures: Pictures, finding: Finding) -> None:
    """Draw a finding: the box as it is, what it is compared with and, dashed, as it would be."""
    assert finding.image is not None  # noqa: S101  # those of no image are left out
    now, then = before(finding), [mark for mark in after(finding) or () if mark.dashed]
    extent = surroundings([*now, *then], pictures.size(finding.image))
    _show(axes, pictures, finding.image, extent)
    _outline(axes, [*now, *then], written=True, width=2.0)
    name = beginning(plain((finding.image_name or "").rpartition("/")[2]), 30)
    axes.set_title(in_plot(f"{finding.name} {finding.code}") + f"\n{in_plot(name)}", fontsize=8)


def _show(axes: Axes, pictures: Pictures, image: int, extent: Extent) -> bool:
    """Show a part of an image, in its own pixels; whether it is at hand.

    Parameters
    ----------
    axes:
        that it is drawn on.
    pictures:
        of the dataset.
    image:
        row in Images.
    extent:
        the part, in pixels of the image.
    """
    left, top, right, bottom = extent
    try:
        pictures.pixels(image)
        shown = True
    except NotShownError:
        shown = False
    picture = pictures.drawn(image, extent, (), min(LARGEST, 4 * max(right - left, bottom - top)))
    axes.imshow(np.asarray(picture), extent=(left, right, bottom, top))
    axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=BLANK)
    return shown


def _outline(axes: Axes, marks: Iterable[Mark], *, written: bool, width: float = 1.5) -> None:
    """Draw boxes, with their classes written at them or not.

    Parameters
    ----------
    axes:
        that they are drawn on.
    marks:
        the boxes.
    written:
        whether their classes are.
    width:
        of the lines, in points.
    """
    from matplotlib.patches import Rectangle  # noqa: PLC0415  # not installed by us

    for mark in marks:
        left, right = sorted(mark.xyxy[::2])
        top, bottom = sorted(mark.xyxy[1::2])
        style = "--" if mark.dashed else "-"
        corner, sides = (left, top), (right - left, bottom - top)
        axes.add_patch(
            Rectangle(corner, *sides, fill=False, ec=mark.colour, lw=width, linestyle=style)
        )
        if written and mark.name:
            _write(axes, corner, mark)


def _write(axes: Axes, corner: Sequence[float], mark: Mark) -> None:
    """Write the class of a box above it, or inside where it touches the edge."""
    above = corner[1] - min(axes.get_ylim()) > 0.06 * abs(np.diff(axes.get_ylim())[0])
    axes.text(
        corner[0],
        corner[1],
        in_plot(beginning(plain(mark.name), 24)),
        fontsize=7,
        color="white",
        va="bottom" if above else "top",
        clip_on=True,
        bbox={"facecolor": mark.colour, "edgecolor": "none", "pad": 1.0},
    )
