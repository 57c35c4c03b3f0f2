"""A parity report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from labelaudit.cli.text_tables import heading, table_of
from labelaudit.core.terminal import ending
from labelaudit.core.text import counted, plain

if TYPE_CHECKING:
    from labelaudit.deployment.parity.differences import LayerDifference
    from labelaudit.deployment.parity.report import ParityReport

LONGEST_LAYER = 44
"""Columns of the name of a layer."""

AROUND = 2
"""Layers before and after the first beyond tolerance that are shown; a choice."""


def lines(report: ParityReport) -> Iterator[Text | Table]:
    """A report for a terminal."""
    verdict, style = ("parity", "green") if report.passes else ("no parity", "bold red")
    yield Text.assemble(
        (verdict, style),
        f" · {plain(report.target)} beside torch · {counted(report.images, 'image')}"
        f" · tolerance {report.tolerance:g} of the largest value",
    )
    for line in report.notes:
        yield Text(plain(line), "yellow")
    yield from _layer_lines(report)
    yield from _detection_lines(report)
    yield from _time_lines(report)
    yield from _cause_lines(report)


def _layer_lines(report: ParityReport) -> Iterator[Text | Table]:
    """Outputs, and of the layers those that tell something."""
    rows = [*report.layers, *report.outputs]
    beyond = sum(not row.is_within for row in rows)
    what = f"{beyond:,} of {len(rows):,} beyond tolerance" if beyond else "all within tolerance"
    yield heading("Layers and outputs", what)
    table = table_of("", "largest", "median", "of the largest value", "", right=0)
    for column in table.columns[1:4]:
        column.justify = "right"
    shown = _shown(report)
    for before, row in zip([None, *shown], shown, strict=False):
        if before is not None and rows.index(row) != rows.index(before) + 1:
            table.add_row(Text("...", "dim"))
        mark = "" if row.is_within else "first beyond" if row.name == report.first else "beyond"
        table.add_row(
            ending(plain(row.name), LONGEST_LAYER),
            f"{row.largest:.2g}",
            f"{row.typical:.2g}",
            f"{row.relative:.1e}",
            Text(mark, "red"),
        )
    yield table


def _shown(report: ParityReport) -> list[LayerDifference]:
    """The layers around the first beyond tolerance, else the one that is most off; all outputs."""
    layers = list(report.layers)
    names = [one.name for one in layers]
    if report.first in names:
        at = names.index(report.first)
        some = layers[max(at - AROUND, 0) : at + AROUND + 1]
    else:
        some = sorted(layers, key=lambda one: -one.relative)[:1]
    return [*some, *report.outputs]


def _detection_lines(report: ParityReport) -> Iterator[Text | Table]:
    """Boxes after NMS, and mAP."""
    found = report.detections
    yield heading("Detections", "after NMS, matched by class and overlap")
    alone = f"{found.only_network:,} of torch alone, {found.only_device:,} of the device alone"
    yield Text(
        f"{found.matched:,} matched, {alone}; sides differ by at most {found.largest_box:.2g} px"
        f" (median {found.typical_box:.2g}), scores by {found.largest_score:.2g}"
        f" (median {found.typical_score:.2g})"
    )
    held = report.held_out
    if held is not None:
        yield Text.assemble(
            f"mAP {held.network:.4f} of torch, {held.deployed:.4f} of the device",
            (f" ({-held.lost:+.4f})", "red" if held.lost > 0.005 else ""),
            f" on {counted(held.images, 'image')}: {plain(held.how)}",
        )
        for line in held.notes:
            yield Text(plain(line), "yellow")


def _time_lines(report: ParityReport) -> Iterator[Text | Table]:
    """Milliseconds an image."""
    if not report.times:
        return
    yield heading("Time", "an image, without decoding the file; the machine was as busy as it was")
    table = table_of("threads", report.target, "torch", "", right=4)
    for one in report.times:
        ratio = one.torch_ms / one.deployed_ms if one.deployed_ms else float("nan")
        table.add_row(
            f"{one.threads}",
            f"{one.deployed_ms:.1f} ms",
            f"{one.torch_ms:.1f} ms",
            f"{ratio:.1f} x as fast",
        )
    yield table


def _cause_lines(report: ParityReport) -> Iterator[Text | Table]:
    """What is wrong, and what to do."""
    found = report.diagnosis
    if report.passes or (not found.causes and found.unexplained is None):
        return
    yield heading("Cause", f"{counted(found.tried, 'imitation')} of known traps tried")
    for cause in found.causes:
        left = (
            "known by its numbers"
            if cause.left is None
            else f"explains {1 - min(cause.left, 1):.1%} of the difference from {cause.first} on"
        )
        yield Text.assemble((plain(cause.title), "bold"), f" ({cause.trap})")
        yield Text(f"  the device {plain(cause.what)}: {left}")
        if cause.others:
            yield Text(f"  as likely: {', '.join(cause.others)}", "yellow")
        yield Text(f"  {plain(cause.remedy)}")
    if found.unexplained is not None:
        yield Text.assemble(
            ("unknown cause", "bold"),
            f": no known trap explains {plain(found.unexplained)}, the first beyond tolerance"
            f"{' when the above is taken into account' if found.causes else ''}",
        )
