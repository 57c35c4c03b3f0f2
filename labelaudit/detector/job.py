"""What one run of all folds needs to know, in files that its processes share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from labelaudit.core.cache import write_atomically
from labelaudit.core.columns import MISSING, Floats, Ints, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.detector.config import DetectorConfig, DetectorSettingError
from labelaudit.detector.feature_maps import Shape
from labelaudit.detector.preprocess import Size

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, eq=False, repr=False)
class NetworkBoxes(Table):
    """Boxes in pixels of the network, ordered by image."""

    image: Rows = rows_column()  # (b,) row in Images, ascending
    label: Rows = rows_column()  # (b,) index in `DatasetColumns.classes`; MISSING: none
    row: Rows = rows_column()  # (b,) row in the table that the boxes come from
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (b, 4)

    def of_image(self, image: int) -> slice:
        """Where the boxes of an image are."""
        start, stop = np.searchsorted(self.image, [image, image + 1])
        return slice(int(start), int(stop))

    def of_images(self, images: Ints) -> Ints:
        """The places of all boxes of these images, image by image in their order."""
        slices = [self.of_image(int(image)) for image in images]
        places = [np.arange(one.start, one.stop) for one in slices]
        return np.concatenate([np.zeros(0, np.int64), *places])


def network_boxes(image: Rows, label: Rows, row: Rows, xyxy: Floats) -> NetworkBoxes:
    """The table of boxes in any order, which it sorts by image.

    Parameters
    ----------
    image: (b,) row in Images.
    label: (b,) row of the class; MISSING: none.
    row: (b,) row in the table that the boxes come from.
    xyxy: (b, 4) in pixels of the network.
    """
    order = np.argsort(image, kind="stable")
    return NetworkBoxes.of(
        len(order), image=image[order], label=label[order], row=row[order], xyxy=xyxy[order]
    )


@dataclass(frozen=True)
class Job:
    """A dataset as its folds see it."""

    config: DetectorConfig
    classes: int
    input_size: Size  # height, width of the network's image
    shapes: tuple[Shape, ...]  # of the maps that the backbone makes of it
    fold: Rows  # (images,) the fold that leaves out each image; MISSING: no model looks at it
    group: Ints  # (images,) equal for near duplicates
    scale: Floats  # (images,) pixels of the network per pixel of the image; NaN if unreadable
    image_sizes: Floats  # (images, 2) width, height of each file; NaN if unreadable
    labels: NetworkBoxes  # what is learned
    regions: NetworkBoxes  # what is neither learned nor background: crowds and the like
    query: NetworkBoxes  # what is scored, labels or not
    features_folder: Path  # the folder of features, or of images if the backbone is trained

    @property
    def frozen(self) -> bool:
        """Whether all folds share the features of one backbone."""
        return self.config.trained == "frozen"

    @property
    def device(self) -> torch.device:
        """Where the networks run."""
        return device_of(self.config)

    def resized_size(self, image: int) -> Size:
        """Height and width of the part of the input that an image covers."""
        width, height = self.image_sizes[image] * self.scale[image]
        return max(1, round(float(height))), max(1, round(float(width)))

    def training_images(self, fold: int) -> Ints:
        """The images that the models of a fold learn from."""
        return np.flatnonzero((self.fold >= 0) & (self.fold != fold))

    @property
    def trainable_folds(self) -> list[int]:
        """The folds outside of which there are labels to learn from, ascending."""
        learned = np.unique(self.fold[self.labels.image])
        return [
            fold
            for fold in np.unique(self.fold).tolist()
            if fold != MISSING and (learned != fold).any()
        ]

    def validation_images(self, fold: int) -> Ints:
        """The images that the models of a fold judge."""
        return np.flatnonzero(self.fold == fold)


def device_of(config: DetectorConfig) -> torch.device:
    """Where the networks of a config run.

    Raises
    ------
    DetectorSettingError
        if this machine has no such device, or torch was built without it.
    """
    if config.device != "auto":
        check_device(config.device)
        return torch.device(config.device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def check_device(name: str) -> None:
    """Refuse a GPU that is not there; "auto" and "cpu" are everywhere."""
    is_there: Mapping[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if name in is_there and not is_there[name]():
        words = (
            f"is {name}, which torch does not find on this machine; choose cpu, or auto, which "
            "takes what there is"
        )
        raise DetectorSettingError("device", words)


def to_device(device: torch.device, network: Network) -> Network:
    """A convolutional network on a device, its weights with the channels innermost.

    A CPU is faster so, at the head above all. Maps follow the weights. Not on `mps`, where that was
    not measured.
    """
    if device.type == "mps":
        return network.to(device)
    return network.to(device).to(memory_format=torch.channels_last)


def save_job(job: Job, path: Path) -> None:
    """Write a job for other processes."""
    plain = {
        "config": asdict(job.config),
        "classes": job.classes,
        "input_size": job.input_size,
        "shapes": job.shapes,
        "features_folder": str(job.features_folder),
    }
    columns = {name: getattr(job, name) for name in ("fold", "group", "scale", "image_sizes")}
    for name in ("labels", "regions", "query"):
        table = vars(getattr(job, name))
        columns |= {f"{name}.{field}": values for field, values in table.items()}
    write_atomically(
        path, lambda file: np.savez(file, plain=np.array(json.dumps(plain)), **columns)
    )


def load_job(path: Path) -> Job:
    """The job that `save_job` wrote."""
    with np.load(path) as file:
        columns = dict(file)
    plain = json.loads(str(columns["plain"]))

    def table(name: str) -> NetworkBoxes:
        fields = {key: columns[f"{name}.{key}"] for key in ("image", "label", "row", "xyxy")}
        return NetworkBoxes.of(len(fields["image"]), **fields)

    return Job(
        DetectorConfig(**_tuples(plain["config"])),
        plain["classes"],
        (plain["input_size"][0], plain["input_size"][1]),
        tuple((shape[0], shape[1], shape[2]) for shape in plain["shapes"]),
        fold=columns["fold"],
        group=columns["group"],
        scale=columns["scale"],
        image_sizes=columns["image_sizes"],
        labels=table("labels"),
        regions=table("regions"),
        query=table("query"),
        features_folder=Path(plain["features_folder"]),
    )


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:  # Any: what JSON holds
    """Settings with tuples where JSON has made lists of them."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }
