import json
from pathlib import Path

import numpy as np
import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.dictionary import write_dictionary


def test_a_dictionary_becomes_the_file_that_it_was_read_from(tmp_path: Path):
    labels = {
        "images": [{"id": np.int64(1), "file_name": Path("sub/a.jpg")}],
        "annotations": [{"bbox": np.array([1.0, 2, 3, 4])}],
    }
    write_dictionary(labels, tmp_path / "labels.json")
    assert json.loads((tmp_path / "labels.json").read_text()) == {
        "images": [{"id": 1, "file_name": "sub/a.jpg"}],
        "annotations": [{"bbox": [1, 2, 3, 4]}],
    }


def test_a_dictionary_that_holds_itself_is_refused(tmp_path: Path):
    labels: dict = {"images": [], "annotations": []}
    labels["annotations"].append(labels)
    with pytest.raises(FormatError, match="no JSON file could hold"):
        write_dictionary(labels, tmp_path / "labels.json")
