"""An exported file as a model that is asked about images."""

from __future__ import annotations

from pathlib import Path

from labelaudit.deployment.open_exported import exported_target, open_exported
from labelaudit.training.inference_model import InferenceModel, content_digest


def exported_model(path: Path) -> InferenceModel:
    """The model in an exported file, run by its framework on the CPU.

    Raises
    ------
    ConfigError
        as `open_exported`.
    """
    exported = open_exported(path)
    return InferenceModel(
        str(path),
        exported.forward,
        exported.classes,
        exported.class_ids,
        exported.input_size,
        exported_digest(path),
    )


def exported_digest(path: Path) -> str:
    """A name for what an exported file and all that belongs to it hold: others are other models."""
    target = exported_target(path)
    files = (path,) if target is None else target.files(path)
    return "-".join(content_digest(one) for one in files if one.is_file())
