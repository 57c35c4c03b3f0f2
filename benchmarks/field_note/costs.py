"""What the networks of the field note cost: size, multiply-adds, memory, and time by framework.

    python -m benchmarks.field_note.costs

writes each network, untrained, to each framework, and runs every file in processes of its own on an
image of noise. What was written and measured before is not done again, so a run can be stopped and
taken up. Times are worth something only on a machine that does nothing else; `--count` counts what
can be counted on any: parameters and multiply-adds.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.datasets import FOLDER
from benchmarks.field_note.plan import NETWORKS as OF_NOISE
from benchmarks.field_note.plan import PYRAMIDS
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.deployment.export import ExportPlan, export_detector
from labelaudit.deployment.target import TARGETS
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.preprocess import Size
from labelaudit.training.model_file import TrainedDetector, build_detector, save_detector

ROOT = Path(__file__).parents[1]

BACKBONES = ("resnet50", "resnet34", "mobilenet_v1", "mobilenet_v2", "squeezenet")
"""Beside the default one, with the same pyramid and head."""

NETWORKS: Mapping[str, Mapping[str, Any]] = {  # Any: choices of a detector are of any type
    **{f"Lite0, {name}": choices for name, choices in PYRAMIDS.items()},
    "Lite0, dense, strides 4 to 32": {"pyramid": "dense", "strides": (4, 8, 16, 32)},
    "Lite0, separable, strides 4 to 32": {"strides": (4, 8, 16, 32)},
    **OF_NOISE,
    "Lite1, 64 channels": {"backbone": "tf_efficientnet_lite1"},
    **{name: {"backbone": name} for name in BACKBONES},
}
"""Strides of 4 bring in the finest level of the note, which light networks leave out here."""

FRAMEWORKS = ("torch", "onnx", "openvino", "ncnn", "executorch")
THREADS = (1, 2)

SIZE: Size = (320, 320)
"""Height and width of the image: what detectors for phones are published at, SSDLite's for one
(Sandler et al. 2018, section 6.2)."""

CLASSES = 20
"""As many as Pascal VOC has."""

COUNTED, MEASURED = "size", "time and memory"
"""What results are called."""

PACKAGES = ("labelaudit", "torch", "onnxruntime", "openvino", "ncnn", "executorch")


@dataclass(frozen=True)
class CountedSize:
    """What can be counted."""

    backbone: int  # parameters
    rest: int  # parameters of pyramid and head
    backbone_macs: float  # multiply-adds of one image
    rest_macs: float


@dataclass(frozen=True)
class FileCost:
    """What one file takes on one framework."""

    ms: Mapping[int, float]  # an image, by threads; the fastest run
    peak_mb: float  # more resident memory than before the file was opened, one thread


@dataclass(frozen=True)
class NetworkCost:
    """All that was measured of one network."""

    network: str
    size: CountedSize
    files: Mapping[str, FileCost]  # by framework; none where times were not measured


@dataclass(frozen=True)
class Costs:
    """All networks."""

    date: str
    machine: Machine
    versions: dict[str, str]
    networks: list[NetworkCost]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was not measured, and write the tables."""
    parser = argparse.ArgumentParser(
        prog="costs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=FOLDER / "field_note")
    parser.add_argument("--write-only", action="store_true", help="export, and measure no time")
    parser.add_argument("--count", action="store_true", help="count, and export nothing")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    machine, work = this_machine(), options.work / "costs"
    sizes = {name: size_of(untrained(name)) for name in NETWORKS}
    counted = [NetworkCost(name, size, {}) for name, size in sizes.items()]
    record(COUNTED, costs_of(machine, counted), options.results)
    if options.count:
        return
    work.mkdir(parents=True, exist_ok=True)
    files = {name: written(name, work) for name in NETWORKS}
    if options.write_only:
        return
    found = [
        NetworkCost(name, size, {kind: cost(kind, files[name][kind]) for kind in FRAMEWORKS})
        for name, size in sizes.items()
    ]
    record(MEASURED, costs_of(machine, found), options.results)


def costs_of(machine: Machine, networks: list[NetworkCost]) -> Costs:
    """What was found today."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return Costs(today, machine, versions(Path(sys.executable), PACKAGES), networks)


def untrained(name: str) -> TrainedDetector:
    """A network with random weights, which cost what others cost."""
    config = DetectorConfig(**NETWORKS[name], weights="random", device="cpu")
    classes = tuple(f"class {number}" for number in range(CLASSES))
    network = build_detector(config, CLASSES).eval()
    return TrainedDetector(config, classes, tuple(range(CLASSES)), SIZE, network)


def written(name: str, work: Path) -> dict[str, Path]:
    """The file of a network for each framework, written if it is not there."""
    stem = "".join(letter if letter.isalnum() else "_" for letter in name)
    model = work / f"{stem}.pt"
    if not model.exists():
        save_detector(untrained(name), model)
    files = {"torch": model}
    for kind in FRAMEWORKS[1:]:
        target = TARGETS[kind]
        files[kind] = work / kind / f"{stem}{target.suffix}"
        done = files[kind].with_name(f"{files[kind].name}.whole")
        if not done.exists():
            files[kind].parent.mkdir(exist_ok=True)
            export_detector(untrained(name), files[kind], ExportPlan(target, batch=1))
            done.touch()
            print(f"{name}: written for {target.title}", file=sys.stderr, flush=True)
    return files


def size_of(detector: TrainedDetector) -> CountedSize:
    """Parameters and multiply-adds of a network, those of its backbone apart."""
    network = detector.network
    image = torch.zeros((1, 3, *detector.input_size))
    with torch.inference_mode():
        whole, backbone = _macs(network, image), _macs(network.backbone, image)
    of_all, of_backbone = (
        sum(weights.numel() for weights in module.parameters())
        for module in (network, network.backbone)
    )
    return CountedSize(of_backbone, of_all - of_backbone, backbone, whole - backbone)


def _macs(module: torch.nn.Module, image: torch.Tensor) -> float:
    """Multiply-adds of convolutions and products of matrices; torch counts each as two."""
    with FlopCounterMode(display=False) as counter:
        module(image)
    return counter.get_total_flops() / 2


def cost(kind: str, path: Path) -> FileCost:
    """What a file takes, each number of threads in a process of its own."""
    kept = path.with_name(f"{path.name}.cost.json")
    if not kept.exists():
        runs = {threads: _run(kind, path, threads) for threads in THREADS}
        made = FileCost({threads: run["ms"] for threads, run in runs.items()}, runs[1]["peak_mb"])
        kept.write_bytes(msgspec.json.encode(made))
        print(f"{path.name}: {made.ms[1]:.1f} ms", file=sys.stderr, flush=True)
    return msgspec.json.decode(kept.read_bytes(), type=FileCost)


def _run(kind: str, path: Path, threads: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.field_note.run_file", kind, path, str(threads)]
    ended = subprocess.run(command, check=True, capture_output=True, cwd=ROOT.parent)
    found: dict[str, float] = msgspec.json.decode(ended.stdout.splitlines()[-1])
    return found


def record(what: str, made: Costs, folder: Path) -> None:
    """Put what was found in place of what was before, and write the page.

    Parameters
    ----------
    what: MEASURED or COUNTED.
    made: of all networks.
    folder: of results.
    """
    path = folder / "field_note_costs"
    known = joined(path.with_suffix(".json"), {what: made}, dict[str, Costs])
    parts = [
        "# The field note, checked: costs\n",
        "Written by `python -m benchmarks.field_note.costs`; do not edit. Untrained networks of "
        f"{CLASSES} classes on an image of {SIZE[0]} x {SIZE[1]} pixels, float32, boxes decoded in "
        "the file, no NMS. ms are of one image on 1 / 2 threads, the fastest of many runs; MB are "
        "resident memory that opening and running the file took at most, on one thread.\n",
        *(page(name, one) for name, one in known.items()),
    ]
    path.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def page(what: str, made: Costs) -> str:
    """The tables of what was counted or measured."""
    table = size_table(made.networks) if what == COUNTED else time_table(made.networks)
    packages = ", ".join(f"{name} {version}" for name, version in made.versions.items())
    return f"## {what}\n\n{table}\n{made.date}; {made.machine}; {packages}.\n"


def size_table(networks: Sequence[NetworkCost]) -> str:
    """Parameters and multiply-adds, in millions."""
    lines = [
        "| network | parameters, M: backbone | pyramid and head | multiply-adds, M: backbone | "
        "pyramid and head |\n|---|--:|--:|--:|--:|"
    ]
    for one in networks:
        size = one.size
        numbers = (size.backbone, size.rest, size.backbone_macs, size.rest_macs)
        cells = [
            f"{number / 1e6:.{2 if place < 2 else 0}f}" for place, number in enumerate(numbers)
        ]
        lines.append(f"| {one.network} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def time_table(networks: Sequence[NetworkCost]) -> str:
    """Time and memory on each framework."""
    frameworks = list(dict.fromkeys(kind for one in networks for kind in one.files))
    heads = [f"{kind} ms | MB" for kind in frameworks]
    lines = [f"| network | {' | '.join(heads)} |\n|---|{'--:|' * (2 * len(frameworks))}"]
    for one in networks:
        cells = [
            f"{' / '.join(f'{ms:.1f}' for ms in file.ms.values())} | {file.peak_mb:.0f}"
            for file in (one.files[kind] for kind in frameworks)
        ]
        lines.append(f"| {one.network} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
