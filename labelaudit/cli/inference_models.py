"""Files of models on the command line: which they are, and what they see in images."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from labelaudit.core.extras import check_installed
from labelaudit.core.progress import StageProgress
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    from labelaudit.predictions.validate import ImportedPredictions
    from labelaudit.training.inference_model import InferenceModel

CHECKPOINTS = (".pt", ".pth", ".ckpt")
"""What names of checkpoints end in."""

EXPORTED = (".onnx", ".pte", ".tflite", ".param", ".xml")
"""What names of exported models end in, as `deployment.target.TARGETS` says; it imports torch."""

OF_OTHERS = MappingProxyType(
    {
        **dict.fromkeys((".engine", ".plan", ".trt"), "TensorRT"),
        **dict.fromkeys((".h5", ".hdf5", ".keras"), "Keras"),
        ".pb": "TensorFlow",
        **dict.fromkeys((".mlmodel", ".mlpackage"), "Core ML"),
        ".weights": "Darknet",
        **dict.fromkeys((".pdmodel", ".pdparams"), "PaddlePaddle"),
        ".safetensors": "weights alone",
        ".torchscript": "TorchScript",
        ".rknn": "RKNN",
        ".hef": "Hailo",
        ".mnn": "MNN",
        ".caffemodel": "Caffe",
    }
)
"""What names of models that are not run here end in, and what they are of."""

FOR_CHECKPOINTS = ("torch", "torchvision", "timm")
"""Packages, by the names they are imported by, that a checkpoint needs."""


def is_model(path: Path) -> bool:
    """Whether a path is that of a model rather than of predictions, by its name."""
    return path.suffix.lower() in (*CHECKPOINTS, *EXPORTED, *OF_OTHERS)


def opened_model(path: Path, device: str = "auto") -> InferenceModel:
    """The model in a file, ready to be asked.

    Raises
    ------
    ConfigError
        if there is none that can be run, or what it takes to run it is not installed.
    """
    _check_kind(path)
    check_installed(FOR_CHECKPOINTS, "asking a model")
    if path.suffix.lower() in EXPORTED:
        from labelaudit.deployment.exported_model import exported_model  # noqa: PLC0415  # torch

        return exported_model(path)
    from labelaudit.training.inference_model import checkpoint_model  # noqa: PLC0415  # torch

    return checkpoint_model(path, device=device)


def _check_kind(path: Path) -> None:
    """Refuse what is no model that is run here, before torch is waited for."""
    written = f"labelaudit train writes models that are ({CHECKPOINTS[0]}), and export ("
    written += ", ".join(EXPORTED) + ")"
    ending = path.suffix.lower()
    if not path.exists():
        raise ConfigError(f"{path}: no such file; labelaudit train and export write models")
    if ending in OF_OTHERS:
        raise ConfigError(
            f"{path}: a model of {OF_OTHERS[ending]}, which is not run here; {written}; what it "
            "sees goes in as a COCO results file, with scan --predictions"
        )
    if path.is_dir():
        raise ConfigError(f"{path}: a folder, where the file of a model is expected; {written}")
    if not path.stat().st_size:
        raise ConfigError(f"{path}: the file is empty; train or export the model again")


def opinion_of(
    model: Path, dataset: Dataset, progress: StageProgress, *, device: str, cache: Path | None
) -> ImportedPredictions:
    """What a model sees in the images of a dataset, as predictions that were read from a file.

    Parameters
    ----------
    model: its file.
    dataset: the labels that it is to be compared with.
    progress: told how many images are done.
    device: where it runs.
    cache: where what was seen is kept.

    Raises
    ------
    ConfigError
        if the model cannot be opened, or no image can be read.
    """
    network = opened_model(model, device)
    from labelaudit.training.block_inference import predictions_for  # noqa: PLC0415  # torch

    return predictions_for(
        network,
        DatasetColumns(dataset),
        cache=cache,
        progress=lambda done, total: progress("asking the model", done, total),
    )
