"""The table `train` of a configuration file: the detector, its classes, how it is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import msgspec

from labelaudit.core.registry import instead
from labelaudit.core.text import validation_problem
from labelaudit.detector.config import CHOICES, SETTINGS, DetectorConfig, DetectorSettingError
from labelaudit.detector.device_settings import read_device_settings
from labelaudit.errors import ConfigError
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.classes import ClassChoice
from labelaudit.training.split import SHARE

OF_THE_SECOND_OPINION = ("folds", "crop_epochs")
"""Choices of a detector that a training of one has no use for."""

OF_A_FILE = ("like_device",)
"""Choices of a detector that stand in a file of their own."""

OF_NO_FILE = ("pretrained", "random")
"""Weights that are not in a file of the user's."""


class TrainTable(msgspec.Struct, rename="kebab", frozen=True):
    """The keys of the table beside those of the detector, with their defaults."""

    merge: dict[str, tuple[str, ...]] = {}
    drop_classes: tuple[str, ...] = ()
    validation_share: float = SHARE
    mirror: bool | None = None
    scale: bool | None = None
    colour: bool | None = None
    like_device: str | None = None  # a file, see `detector.device_settings`


@dataclass(frozen=True)
class TrainingSettings:
    """What a table says, checked; None is chosen by what is trained."""

    config: DetectorConfig = field(default_factory=DetectorConfig)
    classes: ClassChoice = field(default_factory=ClassChoice)
    validation_share: float = SHARE  # of images, where the dataset has no split
    mirror: bool | None = None
    scale: bool | None = None
    colour: bool | None = None

    @property
    def augmentation(self) -> Augmentation:
        """All of it where the backbone is trained; of a frozen one, mirror images alone.

        Their features are worked out once, those of all other changes again in each epoch.
        """
        trained = self.config.trained != "frozen"
        return Augmentation(
            mirror=True if self.mirror is None else self.mirror,
            scale=trained if self.scale is None else self.scale,
            colour=trained if self.colour is None else self.colour,
        )


def training_settings(table: Mapping[str, Any], path: Path | None = None) -> TrainingSettings:
    """The settings in a table; defaults where it says nothing.

    Parameters
    ----------
    table: keys as in `image-size`; Any: a value is of any type.
    path: of the file that it is in: what it names is relative to its folder.

    Raises
    ------
    ConfigError
        if a key does not exist, or a value is not what it is to be; the message names it.
    """
    where = f"{path}: train"
    of_detector = {name.replace("_", "-"): name for name in SETTINGS}
    own = [name.replace("_", "-") for name in TrainTable.__struct_fields__]
    for name in (*OF_THE_SECOND_OPINION, *OF_A_FILE):
        del of_detector[name.replace("_", "-")]
    for key in table:
        if key not in of_detector and key not in own:
            known = [*of_detector, *own]
            raise ConfigError(f"{where}: there is no setting {key!r}{instead(key, known)}")
    for name, kind in CHOICES.items():
        word, words = table.get(name), get_args(kind)
        if isinstance(word, str) and word not in words:
            raise ConfigError(f"{where}: {name}: there is no {word!r}{instead(word, words)}")
    chosen = {of_detector[key]: value for key, value in table.items() if key in of_detector}
    rest = {key: value for key, value in table.items() if key in own}
    try:
        config = msgspec.convert(chosen, DetectorConfig)
        others = msgspec.convert(rest, TrainTable)
        classes = ClassChoice(others.merge, others.drop_classes)
    except msgspec.ValidationError as error:
        problem, place = validation_problem(str(error))
        key = f"{place.replace('_', '-')}: " if place else ""
        raise ConfigError(f"{where}: {key}{problem}") from error
    except DetectorSettingError as error:
        named = error.called(error.setting.replace("_", "-"))
        raise ConfigError(f"{where}: {named}") from error
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    if not 0 < others.validation_share < 1:
        raise ConfigError(
            f"{where}: validation-share: {others.validation_share:g} is not between 0 and 1"
        )
    config = _with_files(config, others.like_device, path)
    return TrainingSettings(
        config,
        classes,
        others.validation_share,
        mirror=others.mirror,
        scale=others.scale,
        colour=others.colour,
    )


def _with_files(config: DetectorConfig, device: str | None, path: Path | None) -> DetectorConfig:
    """A detector with what it says of files, which are relative to that of the configuration."""
    folder = Path.cwd() if path is None else path.absolute().parent
    if device:
        settings = read_device_settings(folder / device)
        config = dataclasses.replace(config, like_device=settings)
    if path is not None and config.weights not in OF_NO_FILE:
        config = dataclasses.replace(config, weights=str(folder / config.weights))
    return config


def with_choices(
    settings: TrainingSettings, detector: Mapping[str, Any], others: Mapping[str, Any]
) -> TrainingSettings:
    """Settings in which what is not None is chosen otherwise.

    Parameters
    ----------
    settings: of a file.
    detector: choices of the detector, by the names of `DetectorConfig`; Any: of any type.
    others: other settings, by their names here.

    Raises
    ------
    ConfigError
        if no detector can be built with a choice.
    """
    given = {name: value for name, value in detector.items() if value is not None}
    rest = {name: value for name, value in others.items() if value is not None}
    config = dataclasses.replace(settings.config, **given)
    return dataclasses.replace(settings, config=config, **rest)
