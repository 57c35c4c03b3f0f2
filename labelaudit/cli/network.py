from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from labelaudit.auditing.config import read_config
from labelaudit.auditing.context import AuditContext
from labelaudit.cli import CLEAN
from labelaudit.cli.network_options import NetworkChoice
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.cli.progress_bar import stages
from labelaudit.errors import ConfigError


def network(  # noqa: PLR0913  # options of a command
    paths: tuple[Path, ...],
    /,
    *,
    eye: NetworkChoice = NetworkChoice(),
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    config: Path | None = None,
    all_classes: bool = False,
    plot: Path | None = None,
    output_format: Literal["text", "json"] = "text",
    quiet: Annotated[bool, Parameter(alias=("-q", "--no-progress"))] = False,
) -> int:
    """Show what a network sees of the boxes, and which levels, anchors or tiles suit them better.

    labelaudit network labels.json --train-size 320 --network mobilenet_v2

    Nothing is trained: it follows from the sizes of the boxes alone. Class by class it says which
    vanish at the training size or share a cell with another, and which no anchor is matched with;
    level by level, what would be lost without it; and what anchors by k-means, fewer levels, tiles
    or merged classes would change. `labelaudit scan` has the worst of it as findings (NET) when
    the same options are given.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    config:
        The configuration file, instead of the labelaudit.toml or pyproject.toml of this folder or
        the nearest above it.
    all_classes:
        Show all classes, not only the twenty of most boxes.
    plot:
        Draw the sizes of the boxes against strides and anchors as a picture, .png or .svg; needs
        matplotlib.
    output_format:
        text for people, json for programs.
    quiet:
        Show no progress.
    """
    known = read_config(config)
    settings = eye.over(known.options).network
    if settings is None:
        raise ConfigError(
            "no network was named: --train-size 320, with --network NAME or --strides"
        )
    if plot:
        from labelaudit.cli.network_plot import check_plot  # noqa: PLC0415  # only where one draws

        check_plot(plot)
    with stages(quiet=quiet or output_format == "json") as stage:
        stage.begin("reading labels")
        dataset = source.load(paths, known, part)
        # Only here: rich, and what works out advice, take other commands some milliseconds.
        from labelaudit.auditing.summary.network_summary import network_summary  # noqa: PLC0415

        audit = AuditContext(dataset, hierarchy=known.options.hierarchy, network=settings)
        stage.begin("trying anchors")
        summary = network_summary(audit)
    if plot:
        from labelaudit.cli.network_plot import draw_boxes  # noqa: PLC0415  # as above

        draw_boxes(audit.network_view, summary, plot)
        note(f"Wrote {plot}")
    if output_format == "json":
        from labelaudit.cli.text_tables import write_json  # noqa: PLC0415  # as above

        write_json(summary, sys.stdout)
        return CLEAN
    from labelaudit.cli.network_report import MOST_CLASSES, network_lines  # noqa: PLC0415
    from labelaudit.core.terminal import Terminal  # noqa: PLC0415

    terminal = Terminal(sys.stdout)
    for line in network_lines(summary, settings, classes=None if all_classes else MOST_CLASSES):
        terminal.print(line)
    return CLEAN
