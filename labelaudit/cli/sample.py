from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from cyclopts.types import NonNegativeInt, PositiveInt

from labelaudit.cli import CLEAN
from labelaudit.cli.model_options import ModelOptions
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.progress_bar import stages
from labelaudit.label_errors.evaluation.sample import box_sample, image_sample, lines


def sample(
    paths: tuple[Path, ...],
    /,
    *,
    count: PositiveInt = 200,
    of: Literal["boxes", "images"] = "boxes",
    draw: NonNegativeInt = 0,
    source: DatasetSource = DatasetSource(),
    opinion: ModelOptions = ModelOptions(),
) -> int:
    """Draw labels for a person to judge, so that `labelaudit estimate` can say how many are wrong.

    Prints JSON Lines. Write to each line a verdict: ok, wrong_class, loose_box or spurious; in a
    sample of images, how many objects nobody labelled. Judge all lines, in any order: leaving out
    the hard ones spoils the estimate. A detector is trained unless --predictions are given; its
    probabilities make the interval narrower, and cannot make it wrong.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    count:
        How many to draw.
    of:
        boxes, to estimate how many labels are wrong; images, to estimate how many are missing.
    draw:
        Which are drawn: another number draws others.
    """
    opinion.check()
    drawn = {"boxes": box_sample, "images": image_sample}[of]
    with stages(quiet=False) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths)
        label_issues = opinion.of(dataset, stage.update)
    for line in lines(drawn(dataset, label_issues, count, seed=draw)):
        sys.stdout.write(line.decode() + "\n")
    return CLEAN
