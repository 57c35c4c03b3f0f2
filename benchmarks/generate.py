"""Makes the datasets that the speed of labelaudit is measured on.

Run `python -m benchmarks.generate train2017 voc-pictures --folder FOLDER`. A dataset that is there
is left alone: delete it to have it made anew. The same command makes the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.coco_file import write_coco
from benchmarks.datasets import DATASETS, FOLDER, Dataset
from benchmarks.image_files import jpeg, picture
from benchmarks.scenes import Scenes, draw_scenes
from benchmarks.voc_folder import write_voc
from benchmarks.yolo_folder import write_yolo

WRITERS: dict[str, Callable[[Path, Scenes], None]] = {
    "coco polygons": partial(write_coco, polygons=True),
    "coco boxes": partial(write_coco, polygons=False),
    "voc": partial(write_voc, image=jpeg),
    "voc pictures": partial(write_voc, image=picture),
    "yolo": partial(write_yolo, image=jpeg),
    "yolo pictures": partial(write_yolo, image=picture),
}


def generate(dataset: Dataset, folder: Path) -> Path:
    """The path of `dataset` in `folder`; it is made if it is not there, and never half."""
    path = dataset.path(folder)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.unfinished")
        WRITERS[dataset.layout](unfinished, draw_scenes(dataset.images, dataset.boxes))
        unfinished.rename(path)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the datasets named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DATASETS))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go: %(default)s")
    options = parser.parse_args(arguments)
    for name in options.names or DATASETS:
        if name not in DATASETS:
            parser.error(f"no dataset is called {name!r}; there are {', '.join(DATASETS)}")
        path = generate(DATASETS[name], options.folder)
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
