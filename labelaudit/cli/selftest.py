from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from cyclopts.types import NonNegativeInt

from labelaudit.cli import CLEAN
from labelaudit.cli.model_options import ModelOptions
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.progress_bar import stages
from labelaudit.cli.quality import calibration_plot, selftest_lines
from labelaudit.cli.text_tables import write_json
from labelaudit.core.terminal import Terminal
from labelaudit.label_errors.evaluation import selftest as evaluation
from labelaudit.label_errors.evaluation.known_errors import Rates


def selftest(
    paths: tuple[Path, ...],
    /,
    *,
    rate: float = 0.05,
    draw: NonNegativeInt = 0,
    source: DatasetSource = DatasetSource(),
    opinion: ModelOptions = ModelOptions(),
    plot: Path | None = None,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Plant known errors in a copy of the labels and say how many a second opinion finds.

    Nothing is written to the dataset. A detector is trained unless --predictions are given; what it
    computed of the images once is used again by later scans.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    rate:
        Share of the labels that are made wrong: of another class, shifted, on nothing, removed.
    draw:
        Which labels are made wrong: another number draws others.
    plot:
        Draw the calibration as a picture, .png or .svg; needs matplotlib.
    output_format:
        text for people, json for programs.
    """
    opinion.check()
    rates = Rates.together(rate)
    with stages(quiet=False) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths)
        result = evaluation.selftest(
            dataset, lambda copy: opinion.of(copy, stage.update), rates=rates, seed=draw
        )
    if plot:
        calibration_plot(result, plot)
        note(f"Wrote {plot}")
    if output_format == "json":
        write_json({"schema_version": 1, **vars(result)}, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for line in selftest_lines(result):
        terminal.print(line)
    return CLEAN
