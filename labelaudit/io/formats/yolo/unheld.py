"""What YOLO datasets say that no table holds, counted for those who convert them."""

from __future__ import annotations

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.unheld import NAMES, Unheld
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS
from labelaudit.io.formats.yolo.sixth_number import CONFIDENCE, OTHER

_READ = ("names", "nc", "path", "kpt_shape", *SPLITS, *ALIASES)
"""The keys of a data.yaml that are read."""

_ENDINGS = (".yaml", ".yml")
KEYS = f"other entries of the yaml ({NAMES}): without them"


def unheld(dataset: Dataset) -> dict[str, int]:
    """How often the files of a dataset say what is lost when it is converted, in words."""
    found = Unheld()
    for path in dataset.files.path.tolist():
        if path.lower().endswith(_ENDINGS):
            _count_keys(dataset, path, found)
    fields = dataset.problems.field
    return {
        **found.told(),
        "confidences behind boxes: without them": int((fields == CONFIDENCE).sum()),
        "other numbers behind boxes: without them": int((fields == OTHER).sum()),
    }


def _count_keys(dataset: Dataset, path: str, found: Unheld) -> None:
    from labelaudit.io.formats.yolo.document import read_document  # noqa: PLC0415  # 25 ms: YAML

    try:
        document = read_document(dataset.root / path)
    except (OSError, FormatError):  # which loading told
        return
    found.count(KEYS, [str(key) for key in document.entries if key not in _READ])
