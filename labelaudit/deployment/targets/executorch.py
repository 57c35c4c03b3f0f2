"""ExecuTorch with XNNPACK, for the processors of phones; run by its own Python runtime."""

from __future__ import annotations

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

MOST = 8
"""Images that go in together at most where any number may: memory is planned for so many; a choice.
The runtime here gives the file more of them one part after the other."""


def export(network: DeployedDetector, path: Path, options: ExportOptions) -> None:
    """Write a network as an ExecuTorch program whose convolutions are XNNPACK's.

    Parameters
    ----------
    network: what is written.
    path: the program; its description lies beside it.
    options: none that this target knows.
    """
    del options
    with quietly():
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import (  # noqa: PLC0415
            XnnpackPartitioner,
        )
        from executorch.exir import to_edge_transform_and_lower  # noqa: PLC0415  # an extra

        try:
            program = to_edge_transform_and_lower(
                exported_program(network), partitioner=[XnnpackPartitioner()]
            ).to_executorch()
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            raise ConfigError(
                f"ExecuTorch cannot hold this network: {first_line(error)}"
            ) from error
    write_model(path, program.buffer, network.description)


def exported_program(network: DeployedDetector) -> torch.export.ExportedProgram:
    """The graph of a deployed detector that torch makes, for one number of images or any."""
    description = network.description
    height, width = description.input_size
    images = torch.zeros((description.batch or 2, 3, height, width))
    dynamic = {0: torch.export.Dim("batch", min=1, max=MOST)} if description.batch is None else None
    return torch.export.export(network, (images,), dynamic_shapes=(dynamic,))


def open_executorch(path: Path, threads: int) -> Runtime:
    """A program that `labelaudit export` wrote, in ExecuTorch's runtime.

    Raises `ConfigError` if it is damaged, or somebody else's.
    """
    content, description = read_model(path)
    program = _Program(content, threads)
    try:
        program.method()
    except RuntimeError as error:
        raise ConfigError(
            f"{path}: ExecuTorch refuses it ({first_line(error)}); {AGAIN}"
        ) from error

    def forward(images: Images) -> Outputs:
        values = program.method().execute([torch.from_numpy(images.astype(np.float32))])
        pairs = zip(description.outputs, values, strict=True)
        return {name: value.float().numpy() for name, value in pairs}

    def up_to_most(images: Images) -> Outputs:
        starts = range(0, max(len(images), 1), MOST)
        parts = [forward(images[start : start + MOST]) for start in starts]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    if description.batch is None:
        return Runtime(description, up_to_most)
    return Runtime(description, any_number(forward, description.batch))


class _Program:
    """A program with a number of threads, which belong to the process.

    What is loaded keeps the threads of that time: it is loaded again after they were exchanged for
    others, since it would use what is no more.
    """

    exchanges = 0  # of the threads of this process, by any program

    def __init__(self, content: bytes, threads: int) -> None:
        self._content, self._threads = content, threads
        self._loaded = -1  # the exchanges at the time of loading
        self._program: Any = None  # Any: as in method

    def method(self) -> Any:  # Any: the framework has no types
        """What runs images, with the threads that it is to have."""
        with quietly(), without_standard_error():
            from executorch.extension.pybindings import portable_lib  # noqa: PLC0415  # an extra
            from executorch.runtime import Runtime as Programs  # noqa: PLC0415

            if portable_lib._threadpool_get_thread_count() != self._threads:
                portable_lib._unsafe_reset_threadpool(self._threads)
                _Program.exchanges += 1
            if self._loaded != _Program.exchanges:
                self._program = Programs.get().load_program(self._content)
                self._loaded = _Program.exchanges
            # Kept by the program, whose memory has to outlive it.
            return self._program.load_method("forward")


TARGETS.add(
    "executorch",
    ExportTarget(
        name="executorch",
        title="ExecuTorch",
        suffix=".pte",
        beside=(".pte.json",),
        extra="executorch",
        to_export=("executorch",),
        to_open=("executorch",),
        export=export,
        open=open_executorch,
        costly_batch=True,
    ),
)
