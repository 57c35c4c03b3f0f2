"""ncnn, by its converter pnnx; run by its own Python package."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from labelaudit.deployment.deployed import DeployedDetector
from labelaudit.deployment.description import AGAIN
from labelaudit.deployment.json_beside import read_model, write_model
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

WEIGHTS = ".bin"
"""What the file of weights beside the graph ends in."""

UNKNOWN = ("pnnx.", "aten::", "prim::", "torch.", "F.")
"""What names of layers begin with that pnnx could not translate and ncnn does not have."""


def export(network: DeployedDetector, path: Path, options: ExportOptions) -> None:
    """Write a network as ncnn's graph, and its weights in 32 bits beside it.

    Parameters
    ----------
    network: what is written.
    path: the graph; its weights and its description lie beside it.
    options: none that this target knows.
    """
    import pnnx  # noqa: PLC0415  # an extra

    del options
    height, width = network.description.input_size
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's: pnnx reads what it calls old
        jit: Any = torch.jit  # Any: what it has to trace with has no types
        traced = jit.trace(network, torch.zeros((1, 3, height, width)), check_trace=False)
        traced.save(f"{folder}/model.pt")
        words = [pnnx.EXEC_PATH, "model.pt", f"inputshape=[1,3,{height},{width}]f32", "fp16=0"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # ours
        graph, weights = (Path(folder) / f"model.ncnn{suffix}" for suffix in (".param", WEIGHTS))
        if done.returncode or not graph.is_file() or not weights.is_file():
            said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no word"]
            raise ConfigError(f"pnnx could not convert the network: {said[-1]}")
        unknown = _unknown_layers(graph.read_text())
        if unknown:
            raise ConfigError(f"ncnn has no layer for {', '.join(unknown)} of this network")
        others = {WEIGHTS: weights.read_bytes()}
        write_model(path, graph.read_bytes(), network.description, others)


def open_ncnn(path: Path, threads: int) -> Runtime:
    """A graph that `labelaudit export` wrote, in ncnn on the CPU, in 32 bits.

    Raises `ConfigError` if it is damaged, or somebody else's.
    """
    import ncnn  # noqa: PLC0415  # an extra

    _, description = read_model(path, (WEIGHTS,))
    network = ncnn.Net()
    network.opt.num_threads = threads
    # Phones compute in 16 bits unless told not to; here it is to say what the weights say.
    network.opt.use_fp16_packed = network.opt.use_fp16_storage = False
    network.opt.use_fp16_arithmetic = network.opt.use_bf16_storage = False
    weights = path.with_suffix(WEIGHTS)
    if network.load_param(str(path)) or network.load_model(str(weights)):
        raise ConfigError(f"{path}: ncnn refuses it; {AGAIN}")
    names = network.output_names()
    if len(names) != len(description.outputs):
        raise ConfigError(f"{path}: its outputs are not those that it names; {AGAIN}")

    def forward(images: Images) -> Outputs:
        run = network.create_extractor()
        image = np.ascontiguousarray(images[0], np.float32)  # has to outlive what is made of it
        run.input("in0", ncnn.Mat(image).clone())
        values = [run.extract(name)[1] for name in names]
        return {
            name: np.array(value, np.float32)[None]
            for name, value in zip(description.outputs, values, strict=True)
        }

    return Runtime(description, any_number(forward, 1))


def _unknown_layers(graph: str) -> list[str]:
    """The kinds of layers of a graph that ncnn does not have."""
    kinds = {line.split()[0] for line in graph.splitlines()[2:] if line.strip()}
    return sorted(kind for kind in kinds if kind.startswith(UNKNOWN))


TARGETS.add(
    "ncnn",
    ExportTarget(
        name="ncnn",
        title="ncnn",
        suffix=".param",
        beside=(WEIGHTS, ".param.json"),
        extra="ncnn",
        to_export=("pnnx", "ncnn"),
        to_open=("ncnn",),
        export=export,
        open=open_ncnn,
        any_batch=False,
    ),
)
