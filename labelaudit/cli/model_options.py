"""Options that ask a model for a second opinion."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from labelaudit.auditing.estimates.ranking import RANKING
from labelaudit.auditing.run import Options
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import MODEL, QueueOption
from labelaudit.cli.typed import settings_as_options
from labelaudit.core.durations import duration
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    from labelaudit.auditing.label_issues import JudgedBoxes, JudgedSample, LabelIssues
    from labelaudit.core.progress import StageProgress
    from labelaudit.core.ray_executor import RayExecutor
    from labelaudit.detector.config import DetectorConfig
    from labelaudit.label_errors.human_labels import HumanLabels
    from labelaudit.predictions.validate import ImportedPredictions


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
    detector_images:
        How many images the detector learns from and judges, drawn with equal chances; all if
        absent. How many labels are wrong in the others is estimated.
    detector_budget:
        As many images, instead, as the detector can learn from and judge in this time: 2h, 90m.
    cache:
        The folder that keeps features and trained models, so that the next run takes seconds.
    ray:
        Train the folds as tasks of a Ray cluster: of the one that RAY_ADDRESS names, else of one
        that is started on this machine. The results are the same.
    ray_address:
        Of the cluster, instead: HOST:PORT, ray://HOST:PORT, or auto. All its nodes have to see the
        folder of --cache.
    """

    weights: str = "pretrained"
    image_size: tuple[int, int] | None = None
    folds: int | None = None
    epochs: int | None = None
    seed: NonNegativeInt = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    detector_images: PositiveInt | None = None
    detector_budget: str | None = None
    cache: Path | None = None
    ray: bool = False
    ray_address: str | None = None

    def executor(self) -> "RayExecutor | None":
        """Where folds are trained; None on this machine, as processes of this one."""
        if not self.ray and self.ray_address is None:
            return None
        from labelaudit.core.ray_executor import ADDRESS, LOCAL, RayExecutor  # noqa: PLC0415  # Ray

        address = self.ray_address or os.environ.get(ADDRESS) or LOCAL
        return RayExecutor(address, gpus=0 if self.device == "cpu" else None)

    def config(self, backbone: str | None) -> "DetectorConfig":
        """The detector with this backbone; the default one if it is None or empty."""
        from labelaudit.detector.config import DetectorConfig  # noqa: PLC0415  # only where a model is asked

        with settings_as_options():
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
        report what it doubts.
    backbone:
        Of that detector, efficientnet_lite0 if absent: resnet50, say.
    predictions:
        Compare the labels with predictions instead: a COCO results file, a CSV table, or a folder
        of these or of YOLO text files with confidences, of a detector that was not trained on these
        images; or such a detector itself, a file of `labelaudit train` or `labelaudit export`,
        which is then asked.
    objectlab:
        Also rank labels by ObjectLab, as cleanlab computes it, and say so where it puts a finding
        among the first. It changes no probability, and takes some ten milliseconds an image.
    crops:
        With --predictions, also let a small network look at each label's crop, and compare its
        class with those of other images: wrong classes rank better. It needs the images, and some
        ten milliseconds a label. --detector does it anyway.
    """

    detector: bool = False
    backbone: str | None = None
    predictions: Path | None = None
    objectlab: bool = False
    crops: bool = False
    network: Annotated[DetectorOptions, Parameter(name="*")] = DetectorOptions()

    @property
    def wanted(self) -> bool:
        """Whether a model is asked at all."""
        return self.detector or self.predictions is not None

    def check(self) -> None:
        """Raises `ConfigError` if two models are asked, or one that cannot be built."""
        if self.detector and self.predictions is not None:
            raise ConfigError("--detector and --predictions exclude each other")
        if self.backbone is not None and not self.detector:
            raise ConfigError("--backbone is that of --detector, which is to be given, too")
        network = self.network
        if network.detector_images is not None and not self.detector:
            raise ConfigError("--detector-images are of --detector, which is to be given, too")
        if network.detector_budget is not None and not self.detector:
            raise ConfigError("--detector-budget is that of --detector, which is to be given, too")
        if network.detector_budget is not None and network.detector_images is not None:
            raise ConfigError("--detector-images and --detector-budget exclude each other")
        if network.detector_budget is not None:
            duration(network.detector_budget)
        if (network.ray or network.ray_address is not None) and not self.detector:
            raise ConfigError("--ray trains the folds of --detector, which is to be given, too")
        if self.crops and self.predictions is None:
            raise ConfigError("--crops is an option of --predictions, which is to be given, too")
        if self.detector:
            self.config()

    def config(self) -> "DetectorConfig":
        """The detector to train."""
        return self.network.config(self.backbone)

    def of(
        self, dataset: Dataset, progress: "StageProgress", human_labels: "HumanLabels | None" = None
    ) -> "LabelIssues":
        """What the model makes of the labels; the default detector if none is named."""
        # Only here, so that a scan of labels alone waits for nothing that it does not use.
        from labelaudit.label_errors.find import by_detector, by_predictions  # noqa: PLC0415

        if self.predictions is not None:
            return by_predictions(
                dataset,
                self._seen(dataset, self.predictions, progress),
                seed=self.network.seed,
                human_labels=human_labels,
                objectlab=self.objectlab,
                crops=self.crops,
                cache=self.network.cache,
                progress=progress,
            )
        executor, budget = self.network.executor(), self.network.detector_budget
        found = by_detector(
            dataset,
            self.config(),
            images=self.network.detector_images,
            budget=None if budget is None else duration(budget),
            cache=self.network.cache,
            executor=executor,
            human_labels=human_labels,
            objectlab=self.objectlab,
            progress=progress,
        )
        if executor is not None:
            note(executor.cost())
        return found

    def _seen(
        self, dataset: Dataset, path: Path, progress: "StageProgress"
    ) -> "ImportedPredictions | Path":
        """The predictions at a path; those of the model there, which is asked now, if it is one."""
        from labelaudit.cli.inference_models import is_model, opinion_of  # noqa: PLC0415  # as in `of`

        if not is_model(path):
            return path
        network = self.network
        return opinion_of(path, dataset, progress, device=network.device, cache=network.cache)


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ScoringOptions:
    """What is made of a model's opinion.

    Parameters
    ----------
    min_probability:
        Take fixes of what the model holds for wrong with at least this probability for safe; none
        is without.
    ranked:
        With --predictions and without --verdicts: so many of the labels that are doubted most are
        told, of each kind of doubt. Without it as many as stand out, 20 at most.
    verdicts:
        What a person said of a sample: of labels, of images, or both, in a file of `labelaudit
        sample` or in the queue of `labelaudit review --sample`. Without a model, it says how many
        errors there are.
    """

    opinion: Annotated[ModelOptions, Parameter(name="*")] = ModelOptions()
    min_probability: float | None = None
    ranked: PositiveInt | None = None
    verdicts: tuple[QueueOption, ...] = ()

    def check(self) -> None:
        """Raises `ConfigError` if an option is out of range or needs one that is not there."""
        self.opinion.check()
        if self.min_probability is not None and not 0 <= self.min_probability <= 1:
            raise ConfigError(
                f"--min-probability must be from 0 to 1, found {self.min_probability:g}"
            )
        if self.opinion.predictions is not None and not self.verdicts:
            self._need_probabilities(known=False)
        if self.ranked is not None and self.opinion.predictions is None:
            raise ConfigError("--ranked is an option of --predictions, which is to be given, too")

    def over(self, options: Options) -> Options:
        """`options` in which fixes that the model is sure of are safe, and so many are ranked."""
        if self.min_probability is not None:
            options = dataclasses.replace(options, safe_from=self.min_probability)
        if self.ranked is not None:
            settings = {**options.settings, RANKING: {"first": self.ranked}}
            options = dataclasses.replace(options, settings=settings)
        return options

    def of(self, dataset: Dataset, progress: "StageProgress") -> "LabelIssues | None":
        """What the model makes of the labels; None if none is asked."""
        if not self.opinion.wanted:
            return None
        if not self.verdicts:
            return self.opinion.of(dataset, progress)
        from labelaudit.cli.judged_samples import human_labels_at  # noqa: PLC0415  # as in `ModelOptions.of`

        human_labels = human_labels_at(self.verdicts, dataset)
        found = self.opinion.of(dataset, progress, human_labels)
        self._need_probabilities(known=found.boxes_calibrated)
        return found

    def judged(self, dataset: Dataset) -> "tuple[JudgedSample, ...]":
        """What the verdicts say of all labels; they must be about these."""
        if not self.verdicts:
            return ()
        from labelaudit.cli.judged_samples import estimates_at, human_labels_at  # noqa: PLC0415  # as in `ModelOptions.of`

        human_labels_at(self.verdicts, dataset)  # raises an error if they are not
        return estimates_at(self.verdicts)

    def judged_boxes(self, dataset: Dataset) -> "JudgedBoxes":
        """What the verdicts say of single labels; of several about one the last counts."""
        from labelaudit.auditing.label_issues import JudgedBoxes  # noqa: PLC0415  # as in `ModelOptions.of`

        if not self.verdicts:
            return JudgedBoxes.empty()
        from labelaudit.cli.judged_samples import human_labels_at  # noqa: PLC0415  # as in `ModelOptions.of`

        said = human_labels_at(self.verdicts, dataset).boxes
        is_wrong = dict(zip(said.box.tolist(), (said.verdict != "ok").tolist(), strict=True))
        return JudgedBoxes.of(len(is_wrong), box=list(is_wrong), is_wrong=list(is_wrong.values()))

    def _need_probabilities(self, *, known: bool) -> None:
        """Raises `ConfigError` if fixes are chosen by probabilities, and none are known."""
        if self.min_probability is not None and not known:
            raise ConfigError(
                "--min-probability needs probabilities, and predictions only rank labels until 50 "
                "labels of a sample were judged: see labelaudit sample, and give it as --verdicts"
            )
