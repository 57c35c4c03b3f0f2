"""Options of a training: the network, the classes, the labels, and how it learns."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter
from cyclopts.types import NonNegativeInt

from labelaudit.auditing.config import Config
from labelaudit.cli.parameters import QueueOption, listed
from labelaudit.cli.typed import settings_as_options
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.review.queue.places import QueuePlace

if TYPE_CHECKING:
    from labelaudit.core.columns import Floats
    from labelaudit.training.classes import ClassChoice
    from labelaudit.training.settings import TrainingSettings

NETWORK = Group.create_ordered("Network")
LEARNING = Group.create_ordered("Training")
TAUGHT = Group.create_ordered("What is learned")


@Parameter(name="*", group=NETWORK)
@dataclass(frozen=True)
class NetworkOptions:
    """The detector; what is absent is as the configuration says, or chosen.

    Parameters
    ----------
    backbone:
        efficientnet_lite0, resnet50, resnet34, mobilenet_v1, mobilenet_v2, squeezenet, or any
        network of timm.
    weights:
        Of the backbone: pretrained, random, or a file with a state dict of it.
    trained:
        How much of the backbone learns: frozen, partly or whole. Frozen is by far the fastest.
    strides:
        Levels of the pyramid, finest first: 8,16,32. One that is left out is not built.
    pyramid:
        separable (depthwise) or dense convolutions in the pyramid and the head.
    channels:
        Width of the pyramid and the head.
    norm:
        Of the pyramid and the head: group, batch, layer or none.
    head_depth:
        Convolutions of each branch of the head before its last one.
    anchor_scales:
        Sizes of anchors in strides: 4, or 4,5.04,6.35.
    anchor_ratios:
        Heights of anchors over their widths: 1, or .5,1,2.
    image_size:
        Height and width to which images are scaled; chosen from the sizes of the boxes if absent.
    like_device:
        A TOML or JSON file that says what the framework of the device does otherwise (padding,
        activation, epsilons, enlargement, scaling): the network learns with that.
    """

    backbone: str | None = None
    weights: str | None = None
    trained: Literal["frozen", "partly", "whole"] | None = None
    strides: tuple[str, ...] = ()
    pyramid: Literal["separable", "dense"] | None = None
    channels: int | None = None
    norm: Literal["group", "batch", "layer", "none"] | None = None
    head_depth: NonNegativeInt | None = None
    anchor_scales: tuple[str, ...] = ()
    anchor_ratios: tuple[str, ...] = ()
    image_size: tuple[int, int] | None = None
    like_device: Path | None = None


@Parameter(name="*", group=LEARNING)
@dataclass(frozen=True)
class LearningOptions:
    """How the detector learns; what is absent is as the configuration says, or chosen.

    Parameters
    ----------
    epochs:
        How often each image is met. Chosen from the number of labels if absent.
    batch:
        Images of a step.
    learning_rate:
        The highest of one cycle; a backbone that is trained has a tenth of it.
    weight_decay:
        Of AdamW.
    mirror:
        Learn from mirror images, too, unless --no-mirror.
    scale:
        Make images smaller and larger, and crop them. On where the backbone is trained; with a
        frozen one, images must then go through the backbone in every epoch.
    colour:
        Change colours a little. As --scale.
    validation_share:
        Part of the images that validate, where the dataset has no split.
    seed:
        Of everything that is drawn at random.
    device:
        Where to train: auto takes a GPU if there is one.
    cache:
        The folder that keeps what a frozen backbone makes of the images, for the next training.
    """

    epochs: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    mirror: Annotated[bool | None, Parameter(negative="--no-mirror")] = None
    scale: Annotated[bool | None, Parameter(negative="--no-scale")] = None
    colour: Annotated[bool | None, Parameter(negative="--no-colour")] = None
    validation_share: float | None = None
    seed: NonNegativeInt | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] | None = None
    cache: Path | None = None


@dataclass(frozen=True, eq=False)
class LearnedLabels:
    """The labels of a training."""

    dataset: Dataset
    weights: "Floats | None"  # (b,) what each box counts for; None: all the same
    what: str  # they are, for the file of the detector
    notes: tuple[str, ...]  # lines for people


@Parameter(name="*", group=TAUGHT)
@dataclass(frozen=True)
class TaughtLabels:
    """Which labels are learned, and what they count for.

    Parameters
    ----------
    queue:
        Learn the labels with the fixes that reviewers accepted in this queue.
    min_probability:
        With a queue: also apply the fixes of findings that nobody decided about and that a model
        holds for at least so probable, from 0 to 1.
    label_weights:
        Let each label count for the probability that it is right, by these findings: a file that
        `labelaudit scan --detector --output-format jsonl` wrote.
    """

    queue: QueueOption | None = None
    min_probability: float | None = None
    label_weights: Path | None = None

    def check(self) -> None:
        """Raises `ConfigError` if options contradict each other, or a file is not there."""
        if self.queue and self.label_weights:
            raise ConfigError(
                "--queue and --label-weights exclude each other: findings are about the labels as "
                "they are; write the cleaned labels with labelaudit fix, and scan those"
            )
        if self.min_probability is not None and not self.queue:
            raise ConfigError("--min-probability needs --queue")
        for path in (self.queue, self.label_weights):
            if isinstance(path, Path) and not path.is_file():
                raise ConfigError(f"{path}: no such file")

    def of(self, dataset: Dataset, classes: "ClassChoice") -> LearnedLabels:
        """What is learned of a dataset: fixed, weighted, of the chosen classes.

        Raises
        ------
        LabelauditError
            if the queue or the findings are of other labels, or a class does not exist.
        """
        from labelaudit.training.classes import chosen_classes  # noqa: PLC0415  # as below

        what, weights = "labels as they are", None
        notes: tuple[str, ...] = ()
        if self.queue:
            dataset, what, notes = _fixed(dataset, self.queue, self.min_probability)
        elif self.label_weights:
            weights, what, notes = _weighted(dataset, self.label_weights)
        chosen = chosen_classes(dataset, classes)
        kept = None if weights is None else weights[chosen.kept]
        return LearnedLabels(chosen.dataset, kept, what, notes)


def _fixed(
    dataset: Dataset, queue: QueuePlace, min_probability: float | None
) -> tuple[Dataset, str, tuple[str, ...]]:
    """A dataset with the accepted fixes of a queue, what that is, and what to say."""
    # SQLite takes other commands some milliseconds to load.
    from labelaudit.auditing.fixes.apply import apply  # noqa: PLC0415
    from labelaudit.cli.queueing import decided  # noqa: PLC0415

    done = apply(dataset, decided(dataset, queue, min_probability))
    what = f"labels with {counted(int(done.applied.sum()), 'fix', 'fixes')} of {queue}"
    return done.dataset, what, (*done.conflicts, f"Learning {what}")


def _weighted(dataset: Dataset, path: Path) -> tuple["Floats", str, tuple[str, ...]]:
    """What boxes count for by the findings in a file, what that is, and what to say."""
    from labelaudit.auditing import findings_file  # noqa: PLC0415  # other trainings need no findings
    from labelaudit.auditing.estimates.label_weights import (  # noqa: PLC0415  # likewise
        doubted_without_probability,
        label_weights,
    )

    findings = findings_file.read_lines(path.read_bytes().splitlines(), path, dataset)
    weights = label_weights(findings, dataset)
    lighter = int((weights < 1).sum())
    what = (
        f"{counted(lighter, 'label')} of {len(weights):,} weighted by {path}, "
        f"{weights.sum():,.1f} labels' worth in all"
    )
    unknown = len(doubted_without_probability(findings))
    told = f"{counted(unknown, 'label')} doubted without a probability count in full"
    return weights, what, (f"Learning {what}", *([told] if unknown else []))


def training_choices(
    config: Config, network: NetworkOptions, learning: LearningOptions
) -> "TrainingSettings":
    """The settings of a configuration with what the command line says instead.

    Parameters
    ----------
    config: of the project.
    network, learning: options.

    Raises
    ------
    ConfigError
        if a setting does not exist or fit.
    """
    # Only here: torch takes seconds, and no other command should wait for it.
    from labelaudit.detector.device_settings import read_device_settings  # noqa: PLC0415
    from labelaudit.training.settings import training_settings, with_choices  # noqa: PLC0415

    settings = training_settings(config.train, config.path)
    chosen = {
        **vars(network),
        "strides": _numbers("strides", network.strides, whole=True),
        "anchor_scales": _numbers("anchor-scales", network.anchor_scales),
        "anchor_ratios": _numbers("anchor-ratios", network.anchor_ratios),
    }
    if network.like_device is not None:
        chosen["like_device"] = read_device_settings(network.like_device)
    of_detector = {field.name for field in dataclasses.fields(settings.config)}
    rest = {name: value for name, value in vars(learning).items() if name != "cache"}
    chosen |= {name: rest.pop(name) for name in list(rest) if name in of_detector}
    with settings_as_options():
        return with_choices(settings, chosen, rest)


def _numbers(
    option: str, words: tuple[str, ...], *, whole: bool = False
) -> tuple[float, ...] | None:
    """Numbers that may be separated by commas; None where none is given."""
    try:
        numbers = tuple((int if whole else float)(word) for word in listed(words))
    except ValueError as error:
        raise ConfigError(
            f"--{option}: expected numbers such as 8,16,32, found {' '.join(words)}"
        ) from error
    return numbers or None
