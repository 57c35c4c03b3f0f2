"""An exported file as a model that is asked about images."""

from __future__ import annotations

from pathlib import Path

from labelaudit.deployment.open_exported import open_exported
from labelaudit.training.inference_model import InferenceModel, content_digest

BESIDE = (".bin", ".data", ".weights")
"""What files of weights end in that some formats put beside the file that is named."""


def exported_model(path: Path) -> InferenceModel:
    """The model in an exported file, run by its framework on the CPU.

    Raises
    ------
    ConfigError
        as `open_exported`.
    """
    exported = open_exported(path)
    beside = sorted(one for one in path.parent.glob(f"{path.stem}*") if one.suffix in BESIDE)
    return InferenceModel(
        str(path),
        exported.forward,
        exported.classes,
        exported.class_ids,
        exported.input_size,
        "-".join(content_digest(one) for one in (path, *beside)),
    )
