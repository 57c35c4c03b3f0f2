"""Writes predictions of foreign detectors, weak and strong, for `labelaudit scan --predictions`.

Run `python -m benchmarks.label_errors.foreign nanodet --out FOLDER` from the root of the repository
for NanoDet on the photographs of coco_cc; `weak`, `middling` or `strong` for our own detector on
bccd (or another dataset, `--data`) that was trained on a part of the images. `images.json` names
the images that it was not trained on, the only ones with predictions. Beside the whole file stand
the same cut off as most tools write it, and one with the scores of all classes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.label_errors.foreign_files import average_precisions, write_variants
from benchmarks.label_errors.held_out import HeldOut, held_out
from benchmarks.label_errors.nanodet import NanoDet, detect
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.io.load import load

REAL = Path(__file__).parents[3] / "shared" / "data"
WEIGHTS = Path("weights") / "nanodet_g_416" / "nanodet.json"

NANODET = "nanodet"
TRAINED: dict[str, tuple[int, int | None]] = {
    "weak": (10, 6),
    "middling": (10, None),
    "strong": (2, None),
}
"""Of how many equal parts of the images a detector knows one, and the epochs that it was trained,
None being as many as in a scan. On bccd, seed 0, their AP50 is .50, .84 and .90: what makes a
detector weak there is the short training, more than the few images.
"""

PHOTOGRAPHS, CELLS = "coco_cc", "bccd"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files that the command line asks for, and say how good they are."""
    options = _options(arguments)
    torch.set_num_threads(1)  # the files hang on it in the last digit, and more of them spin
    nanodet = options.detector == NANODET
    dataset = load(options.real / (options.data or (PHOTOGRAPHS if nanodet else CELLS)))
    seen = by_nanodet(dataset, options.real / WEIGHTS) if nanodet else _trained(dataset, options)
    paths = write_variants(dataset, seen.predictions, options.out)
    names = dataset.images.name[seen.not_trained_on].tolist()
    (options.out / "images.json").write_text(json.dumps(names, indent=0) + "\n", "utf-8")
    precision = np.nanmean(average_precisions(dataset, seen.predictions, seen.not_trained_on))
    print(
        f"{options.detector}: AP50 {precision:.3f} on {len(names)} images; "
        + ", ".join(path.name for path in paths),
        file=sys.stderr,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="foreign", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("detector", choices=(NANODET, *TRAINED), help="who predicts")
    add("--out", type=Path, required=True, help="the folder of the files")
    add("--data", help=f"a folder in --real (default {PHOTOGRAPHS} for {NANODET}, else {CELLS})")
    add("--real", type=Path, default=REAL, help="the folder with the real datasets")
    add("--seed", type=int, default=0, help="of parts and training")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where it is trained")
    add("--work", type=Path, help="a folder for features, to be used again for the same images")
    return parser.parse_args(arguments)


def _trained(dataset: Dataset, options: argparse.Namespace) -> HeldOut:
    parts, epochs = TRAINED[options.detector]
    config = DetectorConfig(seed=options.seed, epochs=epochs, device=options.device)
    with tempfile.TemporaryDirectory() as work:
        return held_out(DatasetColumns(dataset), config, parts, options.work or Path(work))


def by_nanodet(dataset: Dataset, weights: Path) -> HeldOut:
    """What NanoDet sees in a dataset of COCO's classes, in the order of their ids."""
    paths = [Path(path) for path in dataset.images.path.tolist()]
    return HeldOut(detect(paths, NanoDet(weights)), np.ones(len(paths), bool))


if __name__ == "__main__":
    main()
