import json
from pathlib import Path

import numpy as np
import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats import shapes
from labelaudit.pipeline.source import in_memory, opened
from labelaudit.testing import draw, one_image

POLYGON = [[10.0, 10, 40, 10, 40, 40]]


def coco(**changes):
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 3,
                "bbox": [10, 10, 30, 30],
                "segmentation": POLYGON,
            }
        ],
        "categories": [{"id": 3, "name": "car"}],
        **changes,
    }


def test_a_dataset_is_itself():
    dataset = one_image("car 10 10 40 40")
    with opened(dataset) as found:
        assert found is dataset


def test_a_path_is_loaded(tmp_path: Path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(coco()))
    with opened(path) as found:
        assert found.boxes.xyxy.tolist() == [[10, 10, 40, 40]]
        assert in_memory(path, found).sources == (path,)


def test_several_paths_are_the_splits_of_one_dataset(tmp_path: Path):
    paths = [tmp_path / "train.json", tmp_path / "val.json"]
    for path in paths:
        path.write_text(json.dumps(coco()))
    with opened(paths) as found:
        assert found.splits == ("train", "val")


def test_a_dictionary_is_read_as_a_file_of_it_would_be(tmp_path: Path):
    draw(tmp_path / "a.jpg", (64, 48))
    with opened(coco(), images=tmp_path) as found:
        assert found.class_names == ["car"]
        assert found.images.path.tolist() == [str(tmp_path / "a.jpg")]
        assert shapes(found)[0].polygons[0].tolist() == [[10, 10], [40, 10], [40, 40]]
        kept = in_memory(coco(), found)
    assert kept.sources == ()


def test_a_dictionary_may_hold_numbers_of_numpy_and_paths():
    box = {"id": np.int64(7), "image_id": 1, "category_id": 3, "bbox": np.array([1.0, 2, 3, 4])}
    images = [{"id": 1, "file_name": Path("sub/a.jpg"), "width": np.float32(64), "height": 48}]
    with opened(coco(annotations=[box], images=images)) as found:
        assert found.boxes.xyxy.tolist() == [[1, 2, 4, 6]]
        assert found.images.name.tolist() == ["sub/a.jpg"]
        assert found.images.size.tolist() == [[64, 48]]


def test_what_is_not_a_number_in_a_dictionary_survives_to_be_reported():
    boxes = [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [float("nan"), 2, 3, 4]}]
    with opened(coco(annotations=boxes)) as found:
        assert np.isnan(found.boxes.xyxy[0, 0])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "without images and annotations .* found nothing"),
        ({"images": [], "boxes": []}, "without annotations .* found 'images', 'boxes'"),
        (coco(annotations=[{"bbox": {1, 2}}]), "no JSON file could hold: {1, 2} is neither"),
    ],
)
def test_a_dictionary_that_is_no_coco_file_is_refused(source, message):
    with pytest.raises(FormatError, match=message), opened(source):
        pass


def test_folders_and_formats_are_not_taken_for_what_is_loaded_already(tmp_path: Path):
    with pytest.raises(FormatError, match=r"labelaudit\.load"):
        opened(one_image(), images=tmp_path).__enter__()
    with pytest.raises(FormatError, match="read as a COCO file"):
        opened(coco(), format_name="voc").__enter__()
