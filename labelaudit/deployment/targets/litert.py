"""LiteRT, once TensorFlow Lite, by litert-torch; run by its interpreter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from labelaudit.core.text import first_line
from labelaudit.deployment.deployed import DeployedDetector
from labelaudit.deployment.description import AGAIN
from labelaudit.deployment.json_beside import read_model, write_model
from labelaudit.deployment.quiet import quietly, without_standard_error
from labelaudit.deployment.target import (
    TARGETS,
    ExportOptions,
    ExportTarget,
    Images,
    Outputs,
    Runtime,
    any_number,
)
from labelaudit.errors import ConfigError


def export(network: DeployedDetector, path: Path, options: ExportOptions) -> None:
    """Write a network as a flat buffer of LiteRT, its input with the channels first as in torch.

    Parameters
    ----------
    network: what is written.
    path: the flat buffer; its description lies beside it.
    options: none that this target knows.
    """
    del options
    height, width = network.description.input_size
    images = torch.zeros((network.description.batch or 1, 3, height, width))
    with quietly(), without_standard_error(), tempfile.TemporaryDirectory() as folder:
        import litert_torch  # noqa: PLC0415  # an extra

        made = Path(folder) / "model.tflite"
        try:
            litert_torch.convert(network, (images,)).export(str(made))
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            raise ConfigError(f"LiteRT cannot hold this network: {first_line(error)}") from error
        content = made.read_bytes()
    write_model(path, content, network.description)


def open_litert(path: Path, threads: int) -> Runtime:
    """A flat buffer that `labelaudit export` wrote, in LiteRT's interpreter with XNNPACK.

    Raises `ConfigError` if it is damaged, or somebody else's.
    """
    content, description = read_model(path)
    with quietly(), without_standard_error():
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  # an extra

        try:
            run: Any = Interpreter(model_content=content, num_threads=threads)
            run.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ConfigError(
                f"{path}: LiteRT refuses it ({first_line(error)}); {AGAIN}"
            ) from error
    taken, given = run.get_input_details()[0]["index"], run.get_output_details()
    if len(given) != len(description.outputs):
        raise ConfigError(f"{path}: its outputs are not those that it names; {AGAIN}")

    def forward(images: Images) -> Outputs:
        run.set_tensor(taken, images.astype(np.float32))
        run.invoke()
        values = [run.get_tensor(one["index"]) for one in given]
        return dict(zip(description.outputs, values, strict=True))

    return Runtime(description, any_number(forward, description.batch))


TARGETS.add(
    "litert",
    ExportTarget(
        name="litert",
        title="LiteRT",
        suffix=".tflite",
        beside=(".tflite.json",),
        extra="litert",
        to_export=("litert_torch",),
        to_open=("ai_edge_litert",),
        export=export,
        open=open_litert,
        any_batch=False,
    ),
)
