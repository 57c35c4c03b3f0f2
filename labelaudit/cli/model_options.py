"""Options that ask a model for a second opinion."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from labelaudit.auditing.run import Options
from labelaudit.cli.parameters import MODEL
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    from labelaudit.auditing.label_issues import LabelIssues
    from labelaudit.core.progress import StageProgress
    from labelaudit.detector.config import DetectorConfig
    from labelaudit.label_errors.human_labels import HumanLabels


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class DetectorOptions:
    """The detector that is trained, and where.

    Parameters
    ----------
    weights:
        Of the backbone: pretrained, random, or a file with a state dict of it.
    image_size:
        Height and width to which images are scaled; chosen from the sizes of the boxes if absent.
    folds:
        Models that are trained, each on all images but those that it judges. Chosen from the number
        of images if absent.
    epochs:
        How often a model sees each image. Chosen from the number of labels if absent.
    seed:
        Of everything that is drawn at random.
    device:
        Where to train: auto takes a GPU if there is one.
    cache:
        The folder that keeps features and trained models, so that the next run takes seconds.
    """

    weights: str = "pretrained"
    image_size: tuple[int, int] | None = None
    folds: int | None = None
    epochs: int | None = None
    seed: NonNegativeInt = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    cache: Path | None = None

    def config(self, backbone: str | None) -> "DetectorConfig":
        """The detector with this backbone; the default one if it is None or empty."""
        from labelaudit.detector.config import DetectorConfig  # noqa: PLC0415  # only where a model is asked

        return DetectorConfig(
            backbone=backbone or DetectorConfig().backbone,
            weights=self.weights,
            image_size=self.image_size,
            folds=self.folds,
            epochs=self.epochs,
            seed=self.seed,
            device=self.device,
        )


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ModelOptions:
    """Whom to ask whether labels are wrong.

    Parameters
    ----------
    detector:
        Train a light detector on the labels, each image judged by a model that never saw it, and
        report what it doubts. With another backbone than efficientnet_lite0: --detector=resnet50.
    predictions:
        Compare the labels with predictions instead: a COCO results file, or a folder of YOLO text
        files with confidences, of a detector that was not trained on these images.
    objectlab:
        Also rank labels by ObjectLab, as cleanlab computes it, and say so where it puts a finding
        among the first. It changes no probability, and takes some ten milliseconds an image.
    """

    # Zero or one word: `--detector` alone asks for the default backbone.
    detector: Annotated[tuple[str, ...] | None, Parameter(consume_multiple=(0, 1))] = None
    predictions: Path | None = None
    objectlab: bool = False
    network: Annotated[DetectorOptions, Parameter(name="*")] = DetectorOptions()

    @property
    def wanted(self) -> bool:
        """Whether a model is asked at all."""
        return self.detector is not None or self.predictions is not None

    def check(self) -> None:
        """Raises `ConfigError` if two models are asked, or one that cannot be built."""
        if self.detector is not None and self.predictions is not None:
            raise ConfigError("--detector and --predictions exclude each other")
        if self.detector is not None:
            self.config()

    def config(self) -> "DetectorConfig":
        """The detector to train."""
        return self.network.config(next(iter(self.detector or ()), None))

    def of(
        self, dataset: Dataset, progress: "StageProgress", human_labels: "HumanLabels | None" = None
    ) -> "LabelIssues":
        """What the model makes of the labels; the default detector if none is named."""
        # Only here, so that a scan of labels alone waits for nothing that it does not use.
        from labelaudit.label_errors.find import by_detector, by_predictions  # noqa: PLC0415

        if self.predictions is not None:
            return by_predictions(
                dataset,
                self.predictions,
                seed=self.network.seed,
                human_labels=human_labels,
                objectlab=self.objectlab,
            )
        return by_detector(
            dataset,
            self.config(),
            cache=self.network.cache,
            human_labels=human_labels,
            objectlab=self.objectlab,
            progress=progress,
        )


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ScoringOptions:
    """What is made of a model's opinion.

    Parameters
    ----------
    min_probability:
        Take fixes of what the model holds for wrong with at least this probability for safe; none
        is without.
    verdicts:
        What a person said of a sample (see `labelaudit sample`): of labels, of images, or both.
    """

    opinion: Annotated[ModelOptions, Parameter(name="*")] = ModelOptions()
    min_probability: float | None = None
    verdicts: tuple[Path, ...] = ()

    def check(self) -> None:
        """Raises `ConfigError` if an option is out of range or needs one that is not there."""
        self.opinion.check()
        if self.verdicts and not self.opinion.wanted:
            raise ConfigError("--verdicts needs --detector or --predictions FILE")
        if self.min_probability is not None and not 0 <= self.min_probability <= 1:
            raise ConfigError(
                f"--min-probability must be from 0 to 1, found {self.min_probability:g}"
            )
        if self.opinion.predictions is not None and not self.verdicts:
            self._need_probabilities(known=False)

    def over(self, options: Options) -> Options:
        """`options` in which fixes that the model is sure of are safe."""
        if self.min_probability is None:
            return options
        return dataclasses.replace(options, safe_from=self.min_probability)

    def of(self, dataset: Dataset, progress: "StageProgress") -> "LabelIssues | None":
        """What the model makes of the labels; None if none is asked."""
        if not self.opinion.wanted:
            return None
        if not self.verdicts:
            return self.opinion.of(dataset, progress)
        from labelaudit.label_errors.evaluation.sample import read_human_labels  # noqa: PLC0415  # as in `ModelOptions.of`
        from labelaudit.label_errors.human_labels import HumanLabels  # noqa: PLC0415  # likewise

        human_labels = HumanLabels.concat(
            [read_human_labels(path, dataset) for path in self.verdicts]
        )
        found = self.opinion.of(dataset, progress, human_labels)
        self._need_probabilities(known=found.boxes_calibrated)
        return found

    def _need_probabilities(self, *, known: bool) -> None:
        """Raises `ConfigError` if fixes are chosen by probabilities, and none are known."""
        if self.min_probability is not None and not known:
            raise ConfigError(
                "--min-probability needs probabilities, and predictions only rank labels until 50 "
                "labels of a sample were judged: see labelaudit sample, and give it as --verdicts"
            )
