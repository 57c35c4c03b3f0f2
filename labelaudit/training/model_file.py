"""The file of a trained detector: all that it takes to ask it about images."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import torch
from torch import nn

from labelaudit.core.cache import write_whole
from labelaudit.core.text import first_line
from labelaudit.core.version import __version__
from labelaudit.detector.config import DetectorConfig, check_image_size
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.detector.job import check_device, device_of, to_device
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.model.like_device import like_device
from labelaudit.detector.preprocess import Size
from labelaudit.detector.training.loop import DAMAGED
from labelaudit.errors import ConfigError, LabelauditError

LONGEST_REASON = 200
"""Characters of what torch says of a file; it may list every tensor."""

OTHERS = "what another model sees goes in as a COCO results file"

KIND, VERSION = "labelaudit detector", 1
"""What a file says it is; the version changes when older ones can no longer be read."""


@dataclass(frozen=True)
class TrainedDetector:
    """A network, and what its numbers mean."""

    config: DetectorConfig
    classes: tuple[str, ...]  # of the logits, in order
    class_ids: tuple[int | str, ...]  # of the same classes, as the labels that it learned say
    input_size: Size  # height, width of the network's image
    network: Detector
    facts: dict[str, Any] = field(default_factory=dict)  # of its training; Any: what JSON holds

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.class_ids):
            raise ValueError(f"{len(self.classes)} classes have {len(self.class_ids)} ids")


def build_detector(config: DetectorConfig, classes: int) -> Detector:
    """The network of a config with an untrained head, on its device.

    The head is drawn from the config's seed.

    Parameters
    ----------
    config: the choices.
    classes: how many there are.

    Raises
    ------
    LabelauditError
        as `build_backbone`.
    """
    torch.manual_seed(config.seed)
    backbone = build_backbone(config)
    torch.manual_seed(config.seed)
    head = DetectionHead(config, backbone.channels, classes)
    network = like_device(Detector(backbone, head), config.like_device or DeviceSettings())
    return to_device(device_of(config), network)


def save_detector(detector: TrainedDetector, path: Path) -> None:
    """Write a detector in one step: the file is whole, or as it was before."""
    memory = io.BytesIO()
    torch.save(
        {
            "kind": KIND,
            "version": VERSION,
            "labelaudit": __version__,
            "config": asdict(detector.config),
            "classes": list(detector.classes),
            "class_ids": list(detector.class_ids),
            "input_size": list(detector.input_size),
            "facts": detector.facts,
            "state": _on_cpu(detector.network),
        },
        memory,
    )
    write_whole(path, lambda file: file.write(memory.getbuffer()))


def load_detector(path: Path, *, device: str = "auto") -> TrainedDetector:
    """The detector in a file, in evaluation mode; no weights are looked for anywhere else.

    Parameters
    ----------
    path: written by `save_detector`.
    device: "auto", "cpu", "cuda" or "mps".

    Raises
    ------
    ConfigError
        if the file is missing, damaged, something else, or of another version, or the device is
        not there; the message names it and the remedy.
    """
    check_device(device)
    kept = _read(path)
    try:
        config = DetectorConfig(**_tuples(kept["config"]))
        config = replace(config, device=device)  # type: ignore[arg-type]  # checked by the config
        height, width = kept["input_size"]
        check_image_size(height, width, config.strides[-1])
        network = build_detector(replace(config, weights="random"), len(kept["classes"]))
        network.load_state_dict(kept["state"])
        class_ids, facts = tuple(kept["class_ids"]), dict(kept["facts"])
    except (*DAMAGED, TypeError, AttributeError, LabelauditError) as error:
        reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise ConfigError(
            f"{path}: its network cannot be built ({reason}); train it again, or use labelaudit "
            f"{kept.get('labelaudit')}, which wrote it"
        ) from error
    return TrainedDetector(
        config,
        tuple(kept["classes"]),
        class_ids,
        (int(height), int(width)),
        network.eval(),
        facts,
    )


def _read(path: Path) -> dict[str, Any]:  # Any: what the file holds
    """What a file of a detector holds, its kind and version checked."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; labelaudit train writes one with -o")
    if not is_zipfile(path):  # as torch writes them
        raise ConfigError(
            f"{path}: not a detector that labelaudit has trained, or damaged; {OTHERS}"
        )
    try:
        kept: Any = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        is_foreign = isinstance(error, pickle.UnpicklingError)  # which torch explains in paragraphs
        reason = "it holds more than tensors" if is_foreign else first_line(error)[:100]
        raise ConfigError(
            f"{path}: not a detector that labelaudit has trained, or damaged ({reason}); {OTHERS}"
        ) from error
    if not isinstance(kept, dict) or kept.get("kind") != KIND:
        raise ConfigError(f"{path}: not a detector that labelaudit train has written; {OTHERS}")
    if kept.get("version") != VERSION:
        raise ConfigError(
            f"{path}: a file of version {kept.get('version')}, where this labelaudit reads "
            f"{VERSION}; train it again, or use labelaudit {kept.get('labelaudit')}"
        )
    return kept


def _on_cpu(network: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a network in plain memory, the same wherever it was trained."""
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:  # Any: what the file holds
    """Settings with tuples where a file may have lists."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }
