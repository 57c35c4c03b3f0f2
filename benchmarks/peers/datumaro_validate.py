"""Validates a COCO file with Datumaro, which wants it in `annotations` beside `images`.

This does what `datum validate -t detection` does; that command needs four more packages to start.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

# Ignored by mypy: both live in the peers' environment.
from datumaro.components.dataset import Dataset  # type: ignore[import-not-found]
from datumaro.plugins.validators import DetectionValidator  # type: ignore[import-not-found]


def validated(path: Path) -> dict[str, Any]:
    """What Datumaro says of the file at `path`, seen through a link, with the images beside it.

    A folder is given to it as it is.
    """
    if path.is_dir():
        return _validated(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "annotations").mkdir()
        (folder / "annotations" / "instances_all.json").symlink_to(path.resolve())
        images = path.resolve().parent / "images"
        if images.is_dir():
            (folder / "images").symlink_to(images)
        else:
            (folder / "images").mkdir()
        return _validated(folder)


def _validated(folder: Path) -> dict[str, Any]:
    dataset = Dataset.import_from(str(folder), "coco_instances")
    report: dict[str, Any] = DetectionValidator().validate(dataset)
    return report


if __name__ == "__main__":
    print(validated(Path(sys.argv[1]))["summary"])
