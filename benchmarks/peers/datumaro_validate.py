"""Validates a COCO file with Datumaro, which wants it in `annotations` beside `images`.

This does what `datum validate -t detection` does; that command needs four more packages to start.
"""

import sys
import tempfile
from pathlib import Path

# Ignored by mypy: both live in the peers' environment.
from datumaro.components.dataset import Dataset  # type: ignore[import-not-found]
from datumaro.plugins.validators import DetectionValidator  # type: ignore[import-not-found]


def main(path: Path) -> None:
    """Validate the file at `path` through a link to it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images").mkdir()
        (folder / "annotations").mkdir()
        (folder / "annotations" / "instances_all.json").symlink_to(path.resolve())
        dataset = Dataset.import_from(name, "coco_instances")
        print(DetectionValidator().validate(dataset)["summary"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
