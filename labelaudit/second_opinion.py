"""A second opinion on labels: from a detector trained on the other images, or from anybody's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.dataset import Dataset
from labelaudit.errors import ConfigError, FormatError
from labelaudit.evidence import Audit
from labelaudit.predicted.files import read_predictions
from labelaudit.predicted.heard import Heard
from labelaudit.predicted.opinion import opinion_of
from labelaudit.suspicions import Suspicions

if TYPE_CHECKING:
    from labelaudit.detect.recipe import Recipe
    from labelaudit.disagreement.verdicts import Verdicts

Watch = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

FOR_DETECTORS = ("torch", "torchvision", "timm", "sklearn", "cleanlab")
FOR_PREDICTIONS = ("sklearn", "cleanlab")


def unwatched(stage: str, done: int, total: int) -> None:
    """Takes word of progress and says nothing."""


def by_detector(
    dataset: Dataset,
    recipe: Recipe | None = None,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    verdicts: Verdicts | None = None,
    objectlab: bool = False,
    watch: Watch = unwatched,
) -> Suspicions:
    """How probable it is that each label is wrong, by a detector trained on the other images.

    Parameters
    ----------
    dataset:
        with its images at hand.
    recipe:
        the detector, with everything that is left open chosen from the data.
    cache:
        a folder for features and trained heads, so that a second run, also one after a kill,
        begins where the last one ended; that of the user if absent.
    workers:
        processes that train folds; as many as there are processors if absent.
    verdicts:
        what a person said of some labels: the ranking is fitted again with them.
    objectlab:
        whether cleanlab's scores of misplaced and swapped labels are columns of `box_evidence`.
    watch:
        told how far it is.

    Raises
    ------
    ConfigError
        if torch is not installed, or the recipe cannot be used.
    FormatError
        if no image of the dataset was found.
    """
    check_installed(FOR_DETECTORS, "a detector")
    if not (dataset.images.path != "").any():
        raise FormatError(
            "the detector looks at images, and none of this dataset was found: "
            "give their folder with --images"
        )
    from labelaudit.detect.out_of_fold import out_of_fold  # noqa: PLC0415  # torch
    from labelaudit.detect.recipe import Recipe  # noqa: PLC0415  # torch
    from labelaudit.disagreement.corruptions import corrupted  # noqa: PLC0415  # scikit-learn
    from labelaudit.disagreement.judging import suspicions  # noqa: PLC0415  # scikit-learn

    audit, recipe = Audit(dataset), recipe or Recipe()
    planted = corrupted(audit, seed=recipe.seed)
    opinion = out_of_fold(audit, planted.asked, recipe, cache=cache, workers=workers, track=watch)
    watch("judging labels", 0, 1)
    return suspicions(
        audit, opinion, planted, seed=recipe.seed, verdicts=verdicts, objectlab=objectlab
    )


def by_predictions(
    dataset: Dataset,
    predictions: Heard | Path | str,
    *,
    seed: int = 0,
    verdicts: Verdicts | None = None,
    objectlab: bool = False,
) -> Suspicions:
    """How probable it is that each label is wrong, by a detector that somebody else ran.

    Parameters
    ----------
    predictions:
        a COCO results file, a folder of YOLO text files, or what `predictions_of` made of arrays.
        Of images that this detector was not trained on.
    seed:
        of the errors that are planted to learn from.
    verdicts, objectlab:
        as in `by_detector`.

    Raises
    ------
    ConfigError
        if scikit-learn is not installed.
    FormatError
        if the predictions cannot be read, or are about another dataset.
    """
    check_installed(FOR_PREDICTIONS, "comparing labels with predictions")
    audit = Audit(dataset)
    if not isinstance(predictions, Heard):
        predictions = read_predictions(predictions, audit)
    from labelaudit.disagreement.judging import suspicions  # noqa: PLC0415  # scikit-learn

    opinion = opinion_of(audit, predictions)
    return suspicions(audit, opinion, None, seed=seed, verdicts=verdicts, objectlab=objectlab)


def check_installed(packages: Sequence[str], what: str) -> None:
    """Raises `ConfigError` unless all packages can be imported."""
    lacking = [name for name in packages if find_spec(name) is None]
    if lacking:
        raise ConfigError(f"{what} needs {', '.join(lacking)}: pip install 'labelaudit[detect]'")
